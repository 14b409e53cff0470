"""Integration guide, "Language": by destination country, or one for the account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import phonenumbers
import pytest
from tests.guide.conftest import mobile_number

from otpblue_trio.policy import OPEN_BY_DEFAULT
from otpblue_trio.smpp import CommandStatus
from otpblue_trio.testing import FakePlatform, account, open_gateway

if TYPE_CHECKING:
    from trio.testing import MockClock

# The guide's list in its order: the platform's code, and the countries that speak it by default.
LANGUAGES = {
    "English": ("en", "US GB CA AU NZ IE"),
    "French": ("fr", "FR"),
    "German": ("de", "DE AT"),
    "Spanish": ("es", "ES MX"),
    "Italian": ("it", "IT"),
    "Portuguese": ("pt", "PT BR"),
    "Dutch": ("nl", "NL BE"),
    "Polish": ("pl", "PL"),
    "Swedish": ("sv", "SE"),
    "Norwegian": ("no", "NO"),
    "Danish": ("da", "DK"),
    "Finnish": ("fi", "FI"),
    "Romanian": ("ro", "RO MD"),
    "Bulgarian": ("bg", "BG"),
    "Ukrainian": ("uk", "UA"),
    "Russian": ("ru", "RU KZ BY"),
    "Turkish": ("tr", "TR"),
    "Japanese": ("ja", "JP"),
    "Korean": ("kr", "KR"),
    "Chinese": ("zh", "HK TW SG"),
    "Indonesian": ("in", "ID"),
    "Malay": ("ms", "MY"),
    "Vietnamese": ("vi", "VN"),
    "Icelandic": ("is", "IS"),
}
BY_COUNTRY = [
    pytest.param(region, code, id=f"{region} {language}")
    for language, (code, regions) in LANGUAGES.items()
    for region in regions.split()
]
COUNTRIES_WITHOUT = ["GH", "KE", "CH", "CZ", "IL"]


async def language_of(region: str, **settings: Any) -> str:
    """Submit a message to a country, all of them open; return the language it is sent in."""
    platform = FakePlatform()
    regions = OPEN_BY_DEFAULT | set(phonenumbers.SUPPORTED_REGIONS)
    known = account(**settings)
    async with open_gateway(platform=platform, accounts=[known], open_regions=regions) as gateway:
        esme = await gateway.bound()
        response = await esme.submit_sm(mobile_number(region), "Your code is 482910")
        assert response.command_status == CommandStatus.ESME_ROK
    (request,) = platform.requests
    assert request.region == region
    return request.language


@pytest.mark.parametrize(("region", "code"), BY_COUNTRY)
async def test_language_is_selected_by_the_destinations_country_code(
    region: str, code: str, autojump_clock: MockClock
) -> None:
    # A default that is no language of the country, so that it cannot be taken for one.
    default = "fi" if code != "fi" else "is"
    assert await language_of(region, language="auto", default_language=default) == code


@pytest.mark.parametrize("region", COUNTRIES_WITHOUT)
@pytest.mark.parametrize("default", ["en", "fr"])
async def test_country_without_a_language_gets_the_accounts_default(
    region: str, default: str, autojump_clock: MockClock
) -> None:
    assert await language_of(region, language="auto", default_language=default) == default


@pytest.mark.parametrize("code", [code for code, _ in LANGUAGES.values()], ids=list(LANGUAGES))
async def test_supported_language_may_be_configured_for_an_account(
    code: str, autojump_clock: MockClock
) -> None:
    assert await language_of("DE", language=code) == code
    assert await language_of("FR", language=code) == code


async def test_without_any_setting_the_language_is_english_or_the_countrys(
    autojump_clock: MockClock,
) -> None:
    assert await language_of("US") == "en"
    assert await language_of("KE") == "en"
    assert await language_of("FR") == "fr"
