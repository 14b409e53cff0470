"""Conformance, rows 71 to 74: long messages in parts, octet for octet."""

from __future__ import annotations

from itertools import permutations, product
from typing import TYPE_CHECKING

import pytest
import trio

from otpblue_trio.smpp import CommandStatus
from otpblue_trio.testing import (
    BareEsme,
    FakePlatform,
    GatewayUnderTest,
    account,
    open_gateway,
    pdu_octets,
    submit_octets,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from trio.testing import MockClock

    Maker = Callable[..., bytes]

OK = CommandStatus.ESME_ROK
REFUSED = CommandStatus.ESME_RINVMSGLEN
FULL = CommandStatus.ESME_RTHROTTLED
UDHI = 0x40
TEXT = b"Dear customer, your MyBank code is 482910. It is valid for 15 minutes."
HALF_CODE = b"Your code is 4829"


def udh(header: bytes, text: bytes, sequence_number: int = 2, **fields: object) -> bytes:
    """Return a message with this user data header."""
    return submit_octets(
        bytes([len(header)]) + header + text,
        esm_class=UDHI,
        sequence_number=sequence_number,
        **fields,  # type: ignore[arg-type]
    )


def udh_8(text: bytes, total: int, number: int, reference: int = 7, **fields: object) -> bytes:
    """Return a part with a reference of 8 bits."""
    return udh(bytes([0, 3, reference, total, number]), text, 100 + number, **fields)


def udh_16(text: bytes, total: int, number: int, reference: int = 7, **fields: object) -> bytes:
    """Return a part with a reference of 16 bits."""
    header = bytes([8, 4, 0x12, reference, total, number])
    return udh(header, text, 100 + number, **fields)


def udh_later(text: bytes, total: int, number: int, reference: int = 7, **fields: object) -> bytes:
    """Return a part whose concatenation element stands behind others."""
    header = bytes.fromhex("05040b8423f0 2400") + bytes([0, 3, reference, total, number])
    return udh(header, text, 100 + number, **fields)


def sar(text: bytes, total: int, number: int, reference: int = 7, **fields: object) -> bytes:
    """Return a part by optional parameters."""
    more = b"\x02\x0c\0\2\0%c\x02\x0e\0\1%c\x02\x0f\0\1%c" % (reference, total, number)
    return submit_octets(text, more=more, sequence_number=100 + number, **fields)  # type: ignore[arg-type]


MAKERS = [udh_8, udh_16, udh_later, sar]


def cut(make: Maker, *places: int, text: bytes = TEXT, **fields: object) -> list[bytes]:
    """Return a text in parts, cut at these places."""
    edges = [0, *places, len(text)]
    total = len(places) + 1
    return [make(text[edges[n - 1] : edges[n]], total, n, **fields) for n in range(1, total + 1)]


async def answers(esme: BareEsme, parts: Iterable[bytes]) -> dict[int, bytes]:
    """Send messages in one write; return their responses by sequence number."""
    parts = list(parts)
    await esme.send(b"".join(parts))
    taken = await esme.take(len(parts))
    return {int.from_bytes(one[12:16], "big"): one for one in taken}


def response(number: int, status: int = OK, message_id: bytes = b"m-1") -> bytes:
    """Return the response to a part."""
    body = b"" if status else message_id + b"\0"
    return pdu_octets(0x80000004, body, command_status=status, sequence_number=100 + number)


@pytest.mark.row(71, 72)
@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("order", list(permutations((0, 1, 2))))
async def test_parts_in_any_order_are_one_call_and_one_answer(
    make: Maker, order: tuple[int, ...], autojump_clock: MockClock
) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bare_bound()
        parts = cut(make, 30, 38)  # the code itself is cut in two
        taken = await answers(esme, (parts[place] for place in order))
        assert taken == {100 + n: response(n) for n in (1, 2, 3)}
        assert [request.code for request in platform.requests] == ["482910"]


@pytest.mark.row(71, 72)
@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize(
    ("code", "status"), [(150, 0x45), (720, 0x58), (1600, 0x0B), (1210, 0x01), (100, 0x08)]
)
async def test_a_failure_is_the_answer_to_every_part(
    make: Maker, code: int, status: int, autojump_clock: MockClock
) -> None:
    platform = FakePlatform(code=code)
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bare_bound()
        taken = await answers(esme, cut(make, 30, 38))
        assert taken == {100 + n: response(n, status) for n in (1, 2, 3)}
        assert len(platform.requests) == 1


@pytest.mark.row(71, 72, 50)
@pytest.mark.parametrize("make", MAKERS)
async def test_a_cut_at_any_octet_gives_the_whole_code(
    make: Maker, autojump_clock: MockClock
) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform, duplicate_window=0) as gateway:
        esme = await gateway.bare_bound()
        for place in range(len(TEXT) + 1):
            parts = cut(make, place, reference=place)
            taken = await answers(esme, parts if place % 2 else reversed(parts))
            message_id = b"m-%d" % (place + 1)
            assert taken == {100 + n: response(n, OK, message_id) for n in (1, 2)}
        assert {request.code for request in platform.requests} == {"482910"}


@pytest.mark.row(71, 72)
@pytest.mark.parametrize("make", MAKERS)
async def test_ucs2_cut_within_a_character_is_whole_again(
    make: Maker, autojump_clock: MockClock
) -> None:
    platform = FakePlatform()
    text = "🔑 код: 482910.".encode("utf-16-be")
    async with open_gateway(platform=platform, duplicate_window=0) as gateway:
        esme = await gateway.bare_bound()
        for place in range(1, len(text)):
            parts = cut(make, place, text=text, reference=place, data_coding=8)
            taken = await answers(esme, parts)
            assert {one[11] for one in taken.values()} == {OK}
        assert {request.code for request in platform.requests} == {"482910"}


@pytest.mark.row(71)
async def test_parts_over_several_sessions_are_one_message(autojump_clock: MockClock) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        esmes = [await gateway.bare_bound() for _ in range(3)]
        for esme, part in zip(esmes, cut(udh_8, 30, 38), strict=True):
            await esme.send(part)
        for number, esme in enumerate(esmes, 1):
            assert await esme.next() == response(number)
        assert len(platform.requests) == 1


@pytest.mark.row(71, 72)
@pytest.mark.parametrize(
    ("first", "second"),
    [
        (cut(udh_8, 38), cut(udh_8, 38, text=TEXT.replace(b"482910", b"731946"), reference=8)),
        (cut(udh_8, 38), cut(udh_16, 38, text=TEXT.replace(b"482910", b"731946"))),
        (cut(udh_8, 38), cut(sar, 38, text=TEXT.replace(b"482910", b"731946"))),
        (
            cut(udh_8, 38),
            cut(
                udh_8,
                38,
                text=TEXT.replace(b"482910", b"731946"),
                dest_addr=b"\x01\x0114155552672\0",
            ),
        ),
        (
            cut(udh_8, 38),
            cut(
                udh_8,
                38,
                text=TEXT.replace(b"482910", b"731946"),
                source_addr=b"\x05\x00Other\0",
            ),
        ),
    ],
    ids=["reference", "16 bits", "sar", "destination", "source"],
)
async def test_parts_of_two_messages_are_never_mixed(
    first: list[bytes], second: list[bytes], autojump_clock: MockClock
) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bare_bound()
        for one, other in zip(first, second, strict=True):
            await esme.send(one + other)
        assert {answer[11] for answer in await esme.take(4)} == {OK}
        assert sorted(request.code for request in platform.requests) == ["482910", "731946"]


@pytest.mark.row(71)
async def test_parts_of_two_accounts_are_never_mixed(autojump_clock: MockClock) -> None:
    platform = FakePlatform()
    known = [account(), account("other")]
    async with open_gateway(platform=platform, accounts=known) as gateway:
        esme = await gateway.bare_bound()
        other = await gateway.bound("other")
        first, second = cut(udh_8, 38)
        await esme.send(first)
        await other.send_octets(second)
        await trio.sleep(0.5)
        assert platform.requests == []
        assert await esme.ask(second) is not None
        assert [(one.system_id, one.code) for one in platform.requests] == [("acme", "482910")]


@pytest.mark.row(71, 72)
@pytest.mark.parametrize("make", MAKERS)
async def test_a_repeated_part_gets_the_same_answer_and_sends_nothing(
    make: Maker, autojump_clock: MockClock
) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bare_bound()
        first, second = cut(make, 38)
        await esme.send(first + first + second)
        assert sorted(await esme.take(3)) == [response(1), response(1), response(2)]
        # All of it again is a repeated message.
        await esme.send(second + first)
        assert sorted(await esme.take(2)) == [response(1), response(2)]
        assert len(platform.requests) == 1


@pytest.mark.row(71, 72)
@pytest.mark.parametrize("make", MAKERS)
async def test_512_octets_over_all_parts_are_accepted_and_one_more_is_not(
    make: Maker, autojump_clock: MockClock
) -> None:
    async with open_gateway(duplicate_window=0) as gateway:
        for octets, status in ((512, OK), (513, REFUSED)):
            esme = await gateway.bare_bound()
            parts = cut(make, 130, 260, 390, text=TEXT.ljust(octets, b"x"), reference=octets % 256)
            taken = await answers(esme, parts)
            assert {one[11] for one in taken.values()} == {status}


# ---------------------------------------------------------------------- parts that never come


@pytest.mark.row(73)
@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("missing", [1, 2, 3])
async def test_a_missing_part_is_never_guessed(
    make: Maker, missing: int, autojump_clock: MockClock
) -> None:
    """The code may only be sent where no missing octet could change it."""
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bare_bound()
        parts = cut(make, 30, 38)
        del parts[missing - 1]
        began = trio.current_time()
        taken = await answers(esme, parts)
        assert trio.current_time() - began == pytest.approx(15, abs=1.1)
        assert {one[11] for one in taken.values()} == {REFUSED}
        assert all(len(one) == 16 for one in taken.values())
        assert platform.requests == []
        assert await esme.is_alive()


@pytest.mark.row(73)
async def test_parts_held_are_bounded_for_each_account(autojump_clock: MockClock) -> None:
    known = [account(), account("other")]
    async with open_gateway(platform=FakePlatform(), accounts=known) as gateway:
        esmes = [await gateway.bare_bound() for _ in range(3)]
        began = trio.current_time()
        for place, esme in enumerate(esmes):
            dest_addr = b"\x01\x01141555526%02d\0" % place
            await esme.send(
                b"".join(
                    udh_8(b"part", 3, 1 + n % 2, reference=n // 2, dest_addr=dest_addr)
                    for n in range(450)
                )
            )
            await trio.testing.wait_all_tasks_blocked()
        # A thousand of these 1350 wait; the others are told at once.
        refused = await esmes[2].take(350)
        assert trio.current_time() == began
        assert {(one[11], len(one)) for one in refused} == {(FULL, 16)}
        other = await gateway.bound("other")
        assert (await other.submit_sm("14155552671", "code 7777")).command_status == OK
        for esme, waiting in zip(esmes, (450, 450, 100), strict=True):
            assert {one[11] for one in await esme.take(waiting)} == {REFUSED}
            assert await esme.is_alive()
        assert trio.current_time() - began == pytest.approx(15, abs=1.1)


# ---------------------------------------------------------------------- broken headers


async def status_of(gateway: GatewayUnderTest, octets: bytes) -> int:
    """Return the status of one message, on a link that stays."""
    esme = await gateway.bare_bound()
    status = (await esme.ask(octets))[11]
    assert await esme.is_alive()
    return status


@pytest.mark.row(74)
@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\x05",
        b"\xff" + TEXT,
        bytes([len(TEXT) + 1]) + TEXT,
        b"\x05\x00\x03\x07\x02",
        b"\x05\x00\x04\x07\x02\x01" + TEXT,
        b"\x02\x00\x03" + TEXT,
        b"\x01\x00" + TEXT,
        b"\x06\x00\x03\x07\x02\x01\x00" + TEXT,
        b"\xff" * 255,
    ],
)
async def test_a_header_past_the_end_is_refused_and_nothing_is_sent(
    octets: bytes, autojump_clock: MockClock
) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        assert await status_of(gateway, submit_octets(octets, esm_class=UDHI)) == REFUSED
        assert platform.requests == []


@pytest.mark.row(71, 74)
@pytest.mark.parametrize(
    "octets",
    [
        udh(bytes([0, 3, 7, 2, 0]), HALF_CODE),
        udh(bytes([0, 3, 7, 2, 3]), HALF_CODE),
        udh(bytes([0, 3, 7, 255, 0]), HALF_CODE),
        udh(bytes([8, 4, 0, 7, 2, 0]), HALF_CODE),
        udh(bytes([8, 4, 0, 7, 2, 3]), HALF_CODE),
        udh(bytes([0, 2, 7, 2]), HALF_CODE),
        udh(bytes([0, 4, 0, 7, 2, 1]), HALF_CODE),
        udh(bytes([8, 3, 7, 2, 1]), HALF_CODE),
        submit_octets(HALF_CODE, more=b"\x02\x0e\0\1\2"),
        submit_octets(HALF_CODE, more=b"\x02\x0c\0\2\0\7\x02\x0e\0\1\2"),
        submit_octets(HALF_CODE, more=b"\x02\x0c\0\2\0\7\x02\x0f\0\1\1"),
        submit_octets(HALF_CODE, more=b"\x02\x0f\0\1\2"),
        submit_octets(HALF_CODE, more=b"\x02\x0c\0\2\0\7\x02\x0e\0\1\2\x02\x0f\0\1\0"),
        submit_octets(HALF_CODE, more=b"\x02\x0c\0\2\0\7\x02\x0e\0\1\2\x02\x0f\0\1\3"),
        # Whoever forgets the UDHI bit sends a part all the same.
        submit_octets(b"\x05\x00\x03\x07\x02\x01" + HALF_CODE),
        submit_octets(b"\x06\x08\x04\x00\x07\x02\x01" + HALF_CODE),
    ],
)
async def test_a_part_that_does_not_say_which_is_no_message_of_its_own(
    octets: bytes, autojump_clock: MockClock
) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        assert await status_of(gateway, octets) == REFUSED
        assert platform.requests == []


@pytest.mark.row(71, 72)
@pytest.mark.parametrize(
    "octets",
    [
        udh(b"", TEXT),
        udh(bytes.fromhex("05040b8423f0"), TEXT),
        udh(bytes.fromhex("700401020304"), TEXT),
        udh(bytes([0, 3, 7, 1, 1]), TEXT),
        udh(bytes([8, 4, 0, 7, 1, 1]), TEXT),
        submit_octets(TEXT, more=b"\x02\x0c\0\2\0\7\x02\x0e\0\1\1\x02\x0f\0\1\1"),
        submit_octets(TEXT, more=b"\x02\x0c\0\2\0\7"),
    ],
)
async def test_a_message_of_one_part_is_a_message(octets: bytes, autojump_clock: MockClock) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        assert await status_of(gateway, octets) == OK
        assert [request.code for request in platform.requests] == ["482910"]


@pytest.mark.row(71, 74)
async def test_no_user_data_header_sends_half_a_code(autojump_clock: MockClock) -> None:
    """Every header of five octets whose fields are at or beside their limits."""
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bare_bound()
        for fields in product((0, 8, 0x70), (2, 3, 4), (7,), (0, 1, 2), (0, 1, 2, 3)):
            total, part = fields[-2:]
            if fields[:2] == (0, 3) and 1 <= part <= total:
                continue  # a sound part, which waits, or a whole message
            header = bytes(fields)
            if fields[:2] == (0x70, 3) or (fields[0] == 0 and total < 2):
                continue  # no concatenation at all: a whole message
            status = (await esme.ask(udh(header, HALF_CODE)))[11]
            assert status == REFUSED, header.hex()
        assert platform.requests == []
