from __future__ import annotations

import pytest

from otpblue_trio.policy.language import LANGUAGE_OF_REGION, TEMPLATE_LANGUAGES, choose_language


@pytest.mark.parametrize(
    ("regions", "language"),
    [
        ("US GB CA AU NZ IE", "en"),
        ("FR", "fr"),
        ("DE AT", "de"),
        ("ES MX", "es"),
        ("IT", "it"),
        ("PT BR", "pt"),
        ("NL BE", "nl"),
        ("PL", "pl"),
        ("SE", "sv"),
        ("NO", "no"),
        ("DK", "da"),
        ("FI", "fi"),
        ("RO MD", "ro"),
        ("BG", "bg"),
        ("UA", "uk"),
        ("RU KZ BY", "ru"),
        ("TR", "tr"),
        ("JP", "ja"),
        ("KR", "kr"),
        ("CN HK TW SG", "zh"),
        ("ID", "in"),
        ("MY", "ms"),
        ("VN", "vi"),
        ("IS", "is"),
    ],
)
def test_auto_is_the_language_of_the_destination(regions: str, language: str) -> None:
    for region in regions.split():
        assert choose_language("auto", "pl", region) == language


@pytest.mark.parametrize(
    ("language", "default_language", "region", "chosen"),
    [
        ("auto", "fr", "CH", "fr"),  # a country with several languages of its own
        ("auto", "kr", "TH", "kr"),
        ("auto", "", "TH", "en"),
        ("auto", "xx", "TH", "en"),
        ("auto", "fr", "", "fr"),
        ("de", "fr", "US", "de"),
        ("in", "en", "US", "in"),
        ("xx", "fr", "US", "fr"),
        ("ko", "fr", "KR", "fr"),  # ISO 639-1, not the platform's spelling
        ("", "fr", "US", "fr"),
        ("xx", "auto", "US", "en"),
    ],
)
def test_the_language_of_a_message(
    language: str, default_language: str, region: str, chosen: str
) -> None:
    assert choose_language(language, default_language, region) == chosen


def test_every_language_of_the_guide_has_a_template() -> None:
    assert len(TEMPLATE_LANGUAGES) == 24


def test_every_language_has_a_country() -> None:
    assert set(LANGUAGE_OF_REGION.values()) == TEMPLATE_LANGUAGES
