from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otpblue_trio.policy.sender import SenderRefusal, choose_sender
from otpblue_trio.policy.types import Alphabet, LongSender

ALPHANUMERIC = 5
TOO_LONG = SenderRefusal.TOO_LONG


def sender_of(
    octets: bytes,
    ton: int = ALPHANUMERIC,
    *,
    long_sender: LongSender = LongSender.TRUNCATE,
    alphabet: Alphabet = Alphabet.GSM,
) -> str | SenderRefusal:
    return choose_sender(
        octets.decode("latin-1"),
        ton,
        default_sender="Default",
        long_sender=long_sender,
        alphabet=alphabet,
    )


@pytest.mark.parametrize("alphabet", Alphabet)
@pytest.mark.parametrize(
    "name", ["MyBank", "Acme", "1xBet", "A", "My Bank", "H&M", "12345", "Any-Bank.co", "a" * 11]
)
def test_an_alphanumeric_source_is_the_sender(name: str, alphabet: Alphabet) -> None:
    assert sender_of(name.encode(), alphabet=alphabet) == name


@pytest.mark.parametrize("ton", [0, 1, 2, 3, 4, 6, 7, 0x15, 0x1C, 0xFF])
@pytest.mark.parametrize("octets", [b"MyBank", b"14155550100", b"", b"\xff" * 30])
def test_another_type_of_number_is_no_name(octets: bytes, ton: int) -> None:
    assert sender_of(octets, ton) == "Default"


@pytest.mark.parametrize("octets", [b"", b" ", b"    ", b"\t", b"\r\n", b"\x7f", b"\xc2\xa0"])
@pytest.mark.parametrize("alphabet", [Alphabet.ASCII, Alphabet.LATIN1, Alphabet.UTF8])
def test_an_empty_name_is_none(octets: bytes, alphabet: Alphabet) -> None:
    assert sender_of(octets, alphabet=alphabet) == "Default"


@pytest.mark.parametrize(
    ("characters", "truncate", "default", "reject"),
    [
        (10, "abcdefghij", "abcdefghij", "abcdefghij"),
        (11, "abcdefghijk", "abcdefghijk", "abcdefghijk"),
        (12, "abcdefghijk", "Default", TOO_LONG),
        (19, "abcdefghijk", "Default", TOO_LONG),
        (20, "abcdefghijk", "Default", TOO_LONG),
        (21, TOO_LONG, TOO_LONG, TOO_LONG),
        (200, TOO_LONG, TOO_LONG, TOO_LONG),
    ],
)
def test_a_long_name_is_treated_as_the_account_wants(
    characters: int,
    truncate: str | SenderRefusal,
    default: str | SenderRefusal,
    reject: str | SenderRefusal,
) -> None:
    octets = (b"abcdefghijklmnopqrstuvwxyz" * 8)[:characters]
    assert sender_of(octets, long_sender=LongSender.TRUNCATE) == truncate
    assert sender_of(octets, long_sender=LongSender.DEFAULT) == default
    assert sender_of(octets, long_sender=LongSender.REJECT) == reject


def test_characters_are_counted_and_not_octets() -> None:
    name = "МойБанкПлюс"
    assert len(name.encode()) > 20
    assert sender_of(name.encode(), long_sender=LongSender.REJECT) == name


def test_an_escape_sequence_counts_as_one_character() -> None:
    assert sender_of(b"\x1b\x65" + b"a" * 10, long_sender=LongSender.REJECT) == "€" + "a" * 10


@pytest.mark.parametrize(
    ("octets", "name"),
    [
        (b"  MyBank", "MyBank"),
        (b"MyBank  ", "MyBank"),
        (b" MyBank" + b" " * 13, "MyBank"),
        (b"MyBank" + b" " * 20, "MyBank"),
        (b"My Bank", "My Bank"),
        (b"First Bank of", "First Bank"),  # nor does the cut leave one
    ],
)
def test_no_space_stands_around_a_name(octets: bytes, name: str) -> None:
    assert sender_of(octets) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("My\nBank", "MyBank"),
        ("My\tBank", "MyBank"),
        ("My\x7fBank", "MyBank"),
        ("My\u200bBank", "MyBank"),
        ("\u202eMyBank", "MyBank"),
        ("My\u00a0Bank", "My Bank"),
        ("My\u2028Bank", "MyBank"),
    ],
)
def test_nothing_invisible_gets_into_a_name(text: str, name: str) -> None:
    assert sender_of(text.encode(), alphabet=Alphabet.UTF8) == name


@pytest.mark.parametrize(
    ("octets", "alphabet", "name"),
    [
        # What GSM has elsewhere than ASCII, written either way.
        (b"My_Bank", Alphabet.GSM, "My_Bank"),
        (b"My\x11Bank", Alphabet.GSM, "My_Bank"),
        (b"Ca$h", Alphabet.GSM, "Ca$h"),
        (b"Ca\x02h", Alphabet.GSM, "Ca$h"),
        (b"@home", Alphabet.GSM, "@home"),
        (b"\x00home", Alphabet.GSM, "@home"),
        (b"M~ller", Alphabet.GSM, "Müller"),
        (b"Stra\x1ee", Alphabet.GSM, "Straße"),
        (b"\x1b\x65uro", Alphabet.GSM, "€uro"),
        (b"a\x1b\x40b", Alphabet.GSM, "a|b"),
        (b"\x18hm\x1b", Alphabet.GSM, "Σhm"),
        # The same octets elsewhere.
        (b"My_Bank", Alphabet.ASCII, "My_Bank"),
        (b"My\x11Bank", Alphabet.ASCII, "MyBank"),
        (b"M~ller", Alphabet.LATIN1, "M~ller"),
        (b"[x]", Alphabet.UTF8, "[x]"),
        # Above 0x7F.
        (b"M\xfcller", Alphabet.GSM, "Müller"),
        (b"M\xfcller", Alphabet.ASCII, "Müller"),
        (b"M\xfcller", Alphabet.LATIN1, "Müller"),
        (b"M\xfcller", Alphabet.UTF8, "Müller"),
        ("Müller".encode(), Alphabet.GSM, "Müller"),
        ("Müller".encode(), Alphabet.ASCII, "Müller"),
        ("Müller".encode(), Alphabet.LATIN1, "Müller"),
        ("Müller".encode(), Alphabet.UTF8, "Müller"),
        ("Мой Банк".encode(), Alphabet.LATIN1, "Мой Банк"),
        ("银行".encode(), Alphabet.GSM, "银行"),
        (b"caf\xc3", Alphabet.UTF8, "cafÃ"),  # cut off
    ],
)
def test_names_are_read_in_the_alphabet_they_are_written_in(
    octets: bytes, alphabet: Alphabet, name: str
) -> None:
    assert sender_of(octets, alphabet=alphabet) == name


@given(
    st.binary(max_size=40),
    st.sampled_from(LongSender),
    st.sampled_from(Alphabet),
)
def test_any_octets_give_a_fit_name_or_a_refusal(
    octets: bytes, long_sender: LongSender, alphabet: Alphabet
) -> None:
    name = sender_of(octets, long_sender=long_sender, alphabet=alphabet)
    if not isinstance(name, SenderRefusal):
        assert 1 <= len(name) <= 11
        assert name.isprintable()
        assert name == name.strip()
