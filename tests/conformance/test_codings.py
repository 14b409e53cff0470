"""Conformance, rows 68 to 70: alphabets and data codings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from otpblue_trio.policy import Alphabet
from otpblue_trio.smpp import CommandStatus, encode_gsm
from otpblue_trio.testing import FakePlatform, account, open_gateway, submit_octets

if TYPE_CHECKING:
    from collections.abc import Iterable

    from trio.testing import MockClock

OK = CommandStatus.ESME_ROK
NO_CODE = CommandStatus.ESME_RINVMSGLEN

GENERAL = [*range(0x10, 0x14), *range(0x40, 0x44), *range(0x50, 0x54), *range(0xC0, 0xE0)]
CLASSES = [*range(0xF0, 0xF4), *range(0xF8, 0xFC)]
DEFAULT_CODINGS = [0x00, *GENERAL, *CLASSES]
UCS2_CODINGS = [
    0x08,
    *range(0x18, 0x1C),
    *range(0x48, 0x4C),
    *range(0x58, 0x5C),
    *range(0xE0, 0xF0),
]


async def codes_of(
    messages: Iterable[tuple[bytes, int]], alphabet: Alphabet = Alphabet.GSM
) -> list[str | None]:
    """Return the codes that are sent for octets in data codings, one after the other.

    None: refused. The link must be kept, and nothing be sent.
    """
    platform = FakePlatform()
    known = [account(default_alphabet=alphabet)]
    codes: list[str | None] = []
    async with open_gateway(platform=platform, accounts=known, duplicate_window=0) as gateway:
        esme = await gateway.bare_bound()
        for octets, data_coding in messages:
            before = len(platform.requests)
            response = await esme.ask(submit_octets(octets, data_coding=data_coding))
            assert response[11] in {OK, NO_CODE}
            assert len(platform.requests) - before == (response[11] == OK)
            codes.append(platform.requests[-1].code if response[11] == OK else None)
        assert await esme.is_alive()
    return codes


async def code_of(octets: bytes, data_coding: int) -> str | None:
    """Return the code that is sent for these octets; None: refused."""
    return (await codes_of([(octets, data_coding)]))[0]


@pytest.mark.row(68)
@pytest.mark.parametrize(
    "text",
    [
        "Your code is 482910",
        "Café @ Zürich: your code is 482910",
        "[Bank] {code} 482910 ~ € ^ | \\",
        "€482910 is wrong, your code is 731946",
        "Your code is:\n482910\n",
        "ΔΦΓΛΩΠΨΣΘΞ code 482910",
    ],
)
async def test_gsm_octets_and_their_escapes_are_read(text: str, autojump_clock: MockClock) -> None:
    expected = "731946" if "731946" in text else "482910"
    codes = await codes_of((encode_gsm(text), coding) for coding in DEFAULT_CODINGS)
    assert codes == [expected] * len(DEFAULT_CODINGS)


@pytest.mark.row(68)
@pytest.mark.parametrize(
    "octets",
    [
        b"Your code is 482910\x1b",
        b"\x1b\x1b Your code is 482910",
        b"\x1b\xffYour code is 482910",
        b"\x1bzYour code is 482910",
        b"\x00Your code is 482910\x00",
    ],
)
async def test_strange_escapes_do_not_hide_the_code(
    octets: bytes, autojump_clock: MockClock
) -> None:
    assert await code_of(octets, 0) == "482910"


@pytest.mark.row(68)
@pytest.mark.parametrize("inside", [b"\x1b", b"\x1b\x65", b"\x1b5"])
async def test_an_escape_within_the_code_never_gives_another(
    inside: bytes, autojump_clock: MockClock
) -> None:
    assert await code_of(b"Your code is 4829" + inside + b"10", 0) in {None, "482910", "4829510"}


@pytest.mark.row(68)
@pytest.mark.parametrize(
    ("data_coding", "encoding", "text"),
    [
        (0x01, "ascii", "Your code is 482910"),
        (0x03, "latin-1", "Ihr Code für Köln lautet 482910"),
        (0x03, "latin-1", "Votre code est 482910 à 14h30"),
        *((coding, "utf-16-be", "Ваш код: 482910") for coding in UCS2_CODINGS),
        (0x08, "utf-16-be", "您的验证码是 482910"),
        (0x08, "utf-16-be", "رمز التحقق الخاص بك هو 482910"),
        (0x08, "utf-16-be", "🔑 Your code is 482910 🔑"),
        (0x08, "utf-16-be", "Your code is ４８２９１０"),
        (0x08, "utf-16-be", "رمز التحقق الخاص بك هو ٤٨٢٩١٠"),
        (0x00, "utf-8", "Ваш код: 482910"),
    ],
)
async def test_the_code_is_found_in_every_alphabet(
    data_coding: int, encoding: str, text: str, autojump_clock: MockClock
) -> None:
    assert await code_of(text.encode(encoding), data_coding) == "482910"


@pytest.mark.row(69)
@pytest.mark.parametrize("data_coding", [0x08, 0x18, 0xE0])
@pytest.mark.parametrize(
    ("octets", "codes"),
    [
        ("Your code is 482910".encode("utf-16-le"), {"482910"}),
        ("Your code is 482910".encode("utf-16"), {"482910"}),
        (b"\xfe\xff" + "Your code is 482910".encode("utf-16-be"), {"482910"}),
        (b"\xff\xfe" + "Ваш код: 482910".encode("utf-16-le"), {"482910"}),
        ("Your code is 482910. Bye".encode("utf-16-be") + b"\0", {"482910", None}),
        ("Your code is 482910. Bye".encode("utf-16-be")[:-1], {"482910", None}),
        ("Your code is 482910".encode("utf-16-be")[:-1], {None}),
        ("Your code is 482910".encode("utf-16-be") + b"\0", {"482910", None}),
        ("Your code is 482910".encode("utf-16-be") + b"\0\0", {"482910", None}),
        ("Your code is 482910".encode("utf-16-le")[:-1], {None}),
        ("Ваш код: 482910".encode("utf-16-le"), {None}),
        (b"\0" + "Your code is 482910".encode("utf-16-be"), {None}),
        (b"Your code is 482910", {None}),
        (b"Your code is 4829100", {None}),
        (b"\x00", {None}),
        (b"\xff\xfe", {None}),
        (b"\xd8\x3d" * 20, {None}),
        ("code 4829".encode("utf-16-be") + b"\xd8\x3d" + "10".encode("utf-16-be"), {None}),
    ],
)
async def test_broken_ucs2_gives_the_code_or_a_refusal(
    octets: bytes, codes: set[str | None], data_coding: int, autojump_clock: MockClock
) -> None:
    assert await code_of(octets, data_coding) in codes


@pytest.mark.row(69)
@pytest.mark.parametrize("text", ["Your code is 482910", "Your code is 482910 ok", "482910"])
async def test_ucs2_cut_anywhere_never_gives_another_code(
    text: str, autojump_clock: MockClock
) -> None:
    """Cut between two characters it is another message; within one it must not be read."""
    octets = text.encode("utf-16-be")
    codes = await codes_of((octets[:length], 8) for length in range(1, len(octets), 2))
    assert set(codes) <= {None, "482910"}


OTHER_CODINGS = sorted({*range(256)} - {*DEFAULT_CODINGS, *UCS2_CODINGS, 0x03})


@pytest.mark.row(70)
@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (b"Your code is 482910", "482910"),
        (b"\x00\x01\xfe\xff" * 20, None),
        (b"Your code is 4829\xff10", None),
        (b"Your code is 4829\xff\xff10", None),
    ],
)
async def test_in_every_other_coding_ascii_digits_are_read_as_they_are(
    octets: bytes, code: str | None, autojump_clock: MockClock
) -> None:
    assert {0x02, 0x04, 5, 6, 7, *range(9, 15)} <= {*OTHER_CODINGS}
    codes = await codes_of((octets, coding) for coding in OTHER_CODINGS)
    assert codes == [code] * len(OTHER_CODINGS)


@pytest.mark.row(70)
@pytest.mark.parametrize("octets", [bytes(range(255)), bytes(range(1, 256)), b"", b"\xff"])
async def test_no_octets_in_any_data_coding_bring_the_link_down(
    octets: bytes, autojump_clock: MockClock
) -> None:
    assert set(await codes_of((octets, coding) for coding in range(256))) <= {None, "0123456789"}


@pytest.mark.row(111)
@pytest.mark.parametrize("alphabet", Alphabet)
@pytest.mark.parametrize(
    "octets",
    [
        b"Your code is 482910",
        "Größe: your code is 482910".encode(),
        "Größe: your code is 482910".encode("latin-1"),
        encode_gsm("Größe: your code is 482910"),
        "Ваш код: 482910".encode(),
        b"482910",
    ],
)
async def test_digits_survive_any_default_alphabet(
    octets: bytes, alphabet: Alphabet, autojump_clock: MockClock
) -> None:
    codes = await codes_of(((octets, coding) for coding in DEFAULT_CODINGS), alphabet)
    assert codes == ["482910"] * len(DEFAULT_CODINGS)
