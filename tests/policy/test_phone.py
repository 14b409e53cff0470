from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otpblue_trio.policy.phone import Destination, NumberReader, NumberRefusal
from otpblue_trio.policy.phone_table import PhoneTable, PhoneTableError, read_with_package

UNKNOWN, INTERNATIONAL, NATIONAL, NETWORK, SUBSCRIBER, ALPHANUMERIC, ABBREVIATED = range(7)
ISDN = 1

INVALID = NumberRefusal.INVALID
PERHAPS_NATIONAL = NumberRefusal.NATIONAL

US = Destination("+14155552671", "US")
GB = Destination("+447400123456", "GB")


@pytest.fixture(scope="module", params=[True, False], ids=["fast", "slow"])
def reader(request: pytest.FixtureRequest) -> NumberReader:
    return NumberReader(fast=request.param)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "+",
        "++14155552671",
        "1415555CODE",
        "14155552671a",
        "14155552671;ext=5",
        "tel:+14155552671",
        "+1-415-555-2671",
        "+1 415 555 2671",
        "+1(415)5552671",
        "1415555267\xb2",  # a digit to str.isdigit
        "\u0661\u0664\u0661\u0665\u0665\u0665\u0665\u0662\u0666\u0667\u0661",
        "1" * 22,
        "+" + "1" * 21,
    ],
)
def test_what_is_no_row_of_digits_is_invalid(reader: NumberReader, address: str) -> None:
    assert {reader.read(address, ton, ISDN, "US") for ton in range(256)} == {INVALID}


@pytest.mark.parametrize(
    ("national", "is_sent_to"),
    [("571123456781", True), ("5711234567814", True), ("57112345678141", False)],
)
def test_a_number_of_more_digits_than_e164_has_is_invalid(
    reader: NumberReader, national: str, is_sent_to: bool
) -> None:
    """The package takes all of these for valid."""
    assert read_with_package(f"+49{national}", None) is not None
    outcome = Destination(f"+49{national}", "DE") if is_sent_to else INVALID
    for address in (f"+49{national}", f"49{national}", f"0049{national}"):
        assert reader.read(address, INTERNATIONAL, ISDN, "") == outcome
    assert reader.read(f"0{national}", NATIONAL, ISDN, "DE") == outcome


@pytest.mark.parametrize("digits", ["2615641356", "378886377", "54111551234567"])
def test_a_number_that_the_package_would_put_digits_into_is_invalid(
    reader: NumberReader, digits: str
) -> None:
    """Of Madagascar, San Marino and Argentina, written as they are dialled at home."""
    mended = read_with_package(f"+{digits}", None)
    assert mended is not None
    assert mended[0] != f"+{digits}"
    for address in (f"+{digits}", digits, f"00{digits}"):
        assert reader.read(address, INTERNATIONAL, ISDN, "") == INVALID
    assert not isinstance(reader.read(digits, UNKNOWN, ISDN, ""), Destination)


@pytest.mark.parametrize(
    ("address", "outcome"),
    [
        ("+14155552671", US),
        ("14155552671", US),
        ("0014155552671", US),
        ("+447400123456", GB),
        ("447400123456", GB),
        ("00447400123456", GB),
        ("442079460018", Destination("+442079460018", "GB")),  # a fixed line is good enough
        ("4407400123456", GB),  # as the package mends it
        ("04155552671", INVALID),
        ("00014155552671", INVALID),
        ("+0014155552671", INVALID),
        ("+04155552671", INVALID),
        ("1415555267", INVALID),
        ("141555526711", INVALID),
        ("000000000000", INVALID),
        ("2101234567", INVALID),  # no such calling code
        ("80012345678", INVALID),  # of no country
        ("+88213123456", INVALID),
    ],
)
def test_international_numbers(
    reader: NumberReader, address: str, outcome: Destination | NumberRefusal
) -> None:
    assert reader.read(address, INTERNATIONAL, ISDN, "") == outcome


@pytest.mark.parametrize("region", ["", "US", "GB", "AU"])
@pytest.mark.parametrize("address", ["4155552671", "07400123456", "14155552671", "447400123456"])
def test_the_default_region_does_not_touch_international_numbers(
    reader: NumberReader, address: str, region: str
) -> None:
    without = reader.read(address, INTERNATIONAL, ISDN, "")
    assert reader.read(address, INTERNATIONAL, ISDN, region) == without


def test_the_prefix_00_is_not_read_where_it_may_be_another_prefix(reader: NumberReader) -> None:
    # In Australia 0011 47 98765432 calls Norway; 00 and +1 479 876 5432 would be in Arkansas.
    assert reader.read("00114798765432", INTERNATIONAL, ISDN, "") is INVALID


@pytest.mark.parametrize(
    ("address", "region", "outcome"),
    [
        ("4155552671", "US", US),
        ("14155552671", "US", US),
        ("07400123456", "GB", GB),
        ("7400123456", "GB", GB),
        ("447400123456", "GB", GB),
        ("6132345678", "US", Destination("+16132345678", "CA")),  # one numbering plan
        ("447400123456", "US", INVALID),
        ("011447400123456", "US", INVALID),  # not national at all
        ("415555267", "US", INVALID),
        ("5552671", "US", INVALID),
        ("4155552671", "", PERHAPS_NATIONAL),
        ("07400123456", "", PERHAPS_NATIONAL),
        ("14155552671", "", PERHAPS_NATIONAL),
        ("4155552671", "XX", INVALID),
    ],
)
def test_national_numbers(
    reader: NumberReader, address: str, region: str, outcome: Destination | NumberRefusal
) -> None:
    assert reader.read(address, NATIONAL, ISDN, region) == outcome


@pytest.mark.parametrize("ton", [UNKNOWN, 7, 0x17, 0x1C, 0xFF])
@pytest.mark.parametrize(
    ("address", "region", "outcome"),
    [
        ("14155552671", "", US),
        ("0014155552671", "", US),
        ("447400123456", "", GB),
        ("4155552671", "", PERHAPS_NATIONAL),
        ("07400123456", "", PERHAPS_NATIONAL),
        ("004155552671", "", INVALID),
        ("14155552671", "US", US),
        ("14155552671", "GB", US),
        ("0014155552671", "GB", US),
        ("4155552671", "US", US),
        ("07400123456", "GB", GB),
        ("447400123456", "US", GB),
        ("07400123456", "US", INVALID),
        ("123", "US", INVALID),
        ("00114798765432", "AU", Destination("+4798765432", "NO")),  # as dialled there
    ],
)
def test_numbers_of_unknown_type(
    reader: NumberReader,
    ton: int,
    address: str,
    region: str,
    outcome: Destination | NumberRefusal,
) -> None:
    assert reader.read(address, ton, ISDN, region) == outcome


@pytest.mark.parametrize(
    ("address", "region"),
    [
        ("4798765432", "US"),  # +47 98765432 in Norway, or +1 479 876 5432 in Arkansas
        ("6598123456", "US"),  # +65 98123456 in Singapore, or +1 659 812 3456 in Alabama
        ("6465551234", "US"),  # +64 65551234 in New Zealand, or +1 646 555 1234 in New York
        ("3902123456", "IT"),  # +39 02123456, or +39 3902123456
        ("3906123456", "IT"),
    ],
)
def test_a_number_with_two_readings_is_never_sent_to(
    reader: NumberReader, address: str, region: str
) -> None:
    assert reader.read(address, UNKNOWN, ISDN, region) is PERHAPS_NATIONAL
    international = reader.read(address, INTERNATIONAL, ISDN, region)
    national = reader.read(address, NATIONAL, ISDN, region)
    assert isinstance(international, Destination)
    assert isinstance(national, Destination)
    assert international != national


@pytest.mark.parametrize("ton", [UNKNOWN, INTERNATIONAL, NATIONAL, 7, 0x1C])
@pytest.mark.parametrize("region", ["", "US", "AU"])
def test_a_plus_sign_says_that_the_number_is_international(
    reader: NumberReader, ton: int, region: str
) -> None:
    assert reader.read("+447400123456", ton, ISDN, region) == GB
    assert reader.read("+4155552671", ton, ISDN, region) is INVALID


@pytest.mark.parametrize("ton", [NETWORK, SUBSCRIBER, ALPHANUMERIC, ABBREVIATED])
@pytest.mark.parametrize("address", ["+14155552671", "14155552671", "4155552671", "12345"])
def test_names_short_codes_and_extensions_are_no_destination(address: str, ton: int) -> None:
    assert NumberReader().read(address, ton, ISDN, "US") is INVALID


def test_the_npi_decides_nothing(reader: NumberReader) -> None:
    assert {reader.read("14155552671", INTERNATIONAL, npi, "") for npi in range(256)} == {US}


def test_a_destination_hides_its_last_digits() -> None:
    assert repr(US) == "Destination(e164=+1415555****, region='US')"


@given(
    st.one_of(
        st.text("0123456789", max_size=23),
        st.from_regex(r"\+?(00)?(1|44|39|49|61|55|65|47)[0-9]{6,12}", fullmatch=True),
        st.text(st.characters(max_codepoint=255), max_size=23),
    ),
    st.integers(0, 255) | st.integers(0, 2),
    st.sampled_from(["", "US", "GB", "IT", "DE", "AU", "BR", "SG", "NO", "AG"]),
)
def test_fast_and_slow_readers_agree(address: str, ton: int, region: str) -> None:
    fast = NumberReader(fast=True).read(address, ton, ISDN, region)
    assert fast == NumberReader(fast=False).read(address, ton, ISDN, region)


@given(st.text("0123456789", min_size=5, max_size=13), st.sampled_from(["US", "GB", "IT", "AU"]))
def test_national_numbers_stay_in_their_numbering_plan(digits: str, region: str) -> None:
    outcome = NumberReader().read(digits, NATIONAL, ISDN, region)
    if isinstance(outcome, Destination):
        code = phonenumbers.country_code_for_region(region)
        assert outcome.e164.startswith(f"+{code}")


def test_the_self_check_passes_with_the_package_that_is_installed(reader: NumberReader) -> None:
    was_fast = reader.is_fast
    assert reader.self_check()
    assert reader.is_fast is was_fast


def test_a_reader_whose_table_differs_goes_on_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def differ(table: PhoneTable) -> int:
        raise PhoneTableError("differs")

    monkeypatch.setattr(PhoneTable, "self_check", differ)
    reader = NumberReader()
    assert not reader.self_check()
    assert not reader.is_fast
    assert reader.read("14155552671", INTERNATIONAL, ISDN, "") == US


def test_a_table_that_cannot_be_made_costs_no_message(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(table: PhoneTable, digits: str) -> str | None:
        raise PhoneTableError("no metadata")

    monkeypatch.setattr(PhoneTable, "region_of", fail)
    reader = NumberReader()
    assert reader.read("14155552671", INTERNATIONAL, ISDN, "") == US
    assert not reader.is_fast
