from __future__ import annotations

import random
from typing import TYPE_CHECKING

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers.phonemetadata import PhoneMetadata

from otpblue_trio.policy.phone_table import PhoneTable, PhoneTableError, read_with_package

if TYPE_CHECKING:
    from collections.abc import Iterator

CALLING_CODES = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
NUMBERS_TO_COMPARE = 200_000


@pytest.fixture(scope="module")
def table() -> PhoneTable:
    return PhoneTable()


def expected_region(digits: str) -> str:
    """Return what the table must say; a number that the package mends is none of the table's."""
    found = read_with_package("+" + digits, None)
    if found is None:
        return ""
    e164, region = found
    return region if e164[1:] == digits else f"mended: {region}"


def national_examples(code: int, region: str) -> list[str]:
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
    assert metadata is not None
    descs = (
        metadata.fixed_line,
        metadata.mobile,
        metadata.toll_free,
        metadata.premium_rate,
        metadata.shared_cost,
        metadata.personal_number,
        metadata.voip,
        metadata.pager,
        metadata.uan,
        metadata.voicemail,
    )
    return [desc.example_number for desc in descs if desc is not None and desc.example_number]


def digits_like(rng: random.Random, count: int) -> str:
    return "".join(rng.choices("0123456789", k=count))


def variants(rng: random.Random, code: int, example: str, prefix: str) -> Iterator[str]:
    """Yield numbers near an example and far from it."""
    kept = rng.randint(0, len(example))
    yield f"{code}{example[:kept]}{digits_like(rng, len(example) - kept)}"
    place = rng.randrange(len(example))
    yield f"{code}{example[:place]}{rng.choice('0123456789')}{example[place + 1 :]}"
    yield f"{code}{example[:-1]}{rng.choice('0123456789')}"
    yield f"{code}{prefix}{example}"
    yield f"{code}{example[: rng.randint(0, len(example))]}"
    yield f"{code}{example}{digits_like(rng, rng.randint(1, 4))}"
    yield f"{code}{digits_like(rng, rng.randint(1, 14))}"


def numbers_to_compare() -> Iterator[str]:
    rng = random.Random(34)
    examples = [
        (code, region, example)
        for code, regions in CALLING_CODES.items()
        for region in regions
        for example in national_examples(code, region)
    ]
    rounds = NUMBERS_TO_COMPARE // (7 * len(examples)) + 1
    # One region after the other: the package's expressions then stay in the cache of `re`.
    for code, region, example in examples:
        metadata = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
        prefix = (metadata and metadata.national_prefix) or rng.choice("0189")
        yield f"{code}{example}"
        for _ in range(rounds):
            yield from variants(rng, code, example, prefix)


def test_the_table_says_what_the_package_says(table: PhoneTable) -> None:
    compared = declined = valid = 0
    regions = set()
    for digits in numbers_to_compare():
        region = table.region_of(digits)
        compared += 1
        if region is None:
            declined += 1
            continue
        expected = expected_region(digits)
        assert region == expected, f"calling code {digits[:3]}, {len(digits)} digits"
        valid += bool(region)
        regions.add(region)
    assert compared >= NUMBERS_TO_COMPARE
    assert valid > compared / 5
    assert declined < compared / 5
    # The package gives Western Sahara's numbers to Morocco, which comes first.
    assert regions >= phonenumbers.SUPPORTED_REGIONS - {"EH"}


@given(st.text("0123456789", max_size=25))
def test_any_digits_get_the_verdict_of_the_package(digits: str) -> None:
    region = PhoneTable().region_of(digits)
    assert region is None or region == expected_region(digits)


@given(st.sampled_from(sorted(CALLING_CODES)), st.text("0123456789", max_size=18))
def test_any_digits_behind_any_calling_code_get_the_verdict_of_the_package(
    code: int, number: str
) -> None:
    digits = f"{code}{number}"
    region = PhoneTable().region_of(digits)
    assert region is None or region == expected_region(digits)


@pytest.mark.parametrize(
    ("digits", "region"),
    [
        ("14155552671", "US"),
        ("16135550123", "CA"),
        ("17872345678", "PR"),  # a region that is told by its leading digits
        ("393123456789", "IT"),
        ("390669812345", "VA"),  # leading digits within Italy's own
        ("37677612345", ""),
        ("80012345678", "001"),
        ("1415555267", ""),
        ("141555526711", ""),
        ("04155552671", ""),
        ("2101234567", ""),  # no such calling code
        ("14", ""),
        ("1", ""),
        ("", ""),
    ],
)
def test_regions_of_well_known_numbers(table: PhoneTable, digits: str, region: str) -> None:
    assert table.region_of(digits) == region


def test_the_table_declines_numbers_with_a_national_prefix(table: PhoneTable) -> None:
    assert table.region_of("4407911123456") is None


def test_the_self_check_compares_every_region(table: PhoneTable) -> None:
    assert table.self_check() > len(phonenumbers.SUPPORTED_REGIONS)


class TableOfOtherMetadata(PhoneTable):
    """A table that would result from metadata with another meaning."""

    def region_of(self, digits: str) -> str | None:
        region = super().region_of(digits)
        return "" if region == "MC" else region


def test_the_self_check_finds_a_table_that_differs() -> None:
    with pytest.raises(PhoneTableError, match=r"calling code 377$"):
        TableOfOtherMetadata().self_check()


def test_metadata_of_another_shape_is_an_error_of_the_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(PhoneMetadata, "metadata_for_region_or_calling_code", lambda *_: object())
    with pytest.raises(PhoneTableError, match="unknown shape"):
        PhoneTable().self_check()
    with pytest.raises(PhoneTableError, match="unknown shape"):
        PhoneTable().region_of("14155552671")
