"""The template language of a message.

Codes are the platform's own: Korean is `kr` and Indonesian `in`, not ISO 639-1.

Basis: integration guide, "Language"; the platform's table of template languages.
"""

from __future__ import annotations

__all__ = ["LANGUAGE_OF_REGION", "TEMPLATE_LANGUAGES", "choose_language"]

_LANGUAGES = "en fr de es it pt nl pl sv no da fi ro bg uk ru tr ja vi is ms kr zh in"

TEMPLATE_LANGUAGES: frozenset[str] = frozenset(_LANGUAGES.split())
"""Every language that the platform has a template in."""

_REGIONS_OF_LANGUAGE = {
    "en": "US GB CA AU NZ IE",
    "fr": "FR",
    "de": "DE AT",
    "es": "ES MX",
    "it": "IT",
    "pt": "PT BR",
    "nl": "NL BE",
    "pl": "PL",
    "sv": "SE",
    "no": "NO",
    "da": "DK",
    "fi": "FI",
    "ro": "RO MD",
    "bg": "BG",
    "uk": "UA",
    "ru": "RU KZ BY",
    "tr": "TR",
    "ja": "JP",
    "kr": "KR",
    "zh": "CN HK TW SG",
    "in": "ID",
    "ms": "MY",
    "vi": "VN",
    "is": "IS",
}

LANGUAGE_OF_REGION: dict[str, str] = {
    region: language
    for language, regions in _REGIONS_OF_LANGUAGE.items()
    for region in regions.split()
}
"""ISO 3166-1 alpha-2 region to template language."""


def choose_language(language: str, default_language: str, region: str) -> str:
    """Return the template language for one message.

    Args:
      language: the account's: `auto` (by destination country) or a template language.
      default_language: the account's, for countries without a language of their own here.
      region: ISO 3166-1 alpha-2 region of the destination.

    Returns:
      A template language of the platform. A setting that is none counts as not set; the last
      resort is `en`.
    """
    chosen = LANGUAGE_OF_REGION.get(region) if language == "auto" else language
    if chosen in TEMPLATE_LANGUAGES:
        return chosen
    return default_language if default_language in TEMPLATE_LANGUAGES else "en"
