"""A fast way to the verdict of the `phonenumbers` package about international numbers.

Theory of operation. For digits behind a plus sign the package (1) splits off the calling code,
which is found in the first three digits; (2) strips a national prefix that does not belong there,
by the metadata of the calling code's main region; (3) asks the regions of that calling code in
order, by `leading_digits` where a region has them, else by its number types, whose number it is;
(4) holds the number against the types of that region. Steps 3 and 4 are regular expressions and
lists of lengths and nothing else, so for one calling code and one length they can be written as
one expression, with an empty group for each region that tells which one matched. Where step 2
could change the number, the table declines and the package is asked. What is left leaves the
digits as they are, so E.164 is the digits themselves.

Expressions are made on first use, one for a calling code and a length. The table leans on
attributes of the package's metadata; `PhoneTable.self_check` compares it with the package itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import phonenumbers
from phonenumbers.phonemetadata import PhoneMetadata

from otpblue_trio.errors import OtpBlueError

if TYPE_CHECKING:
    from phonenumbers.phonemetadata import PhoneNumberDesc

__all__ = ["PhoneTable", "PhoneTableError", "read_with_package"]

_MAX_NATIONAL_DIGITS = 17
"""What the package takes for a national number; 15 is E.164's, some German ones are longer."""

_TYPES = (
    "mobile",
    "fixed_line",
    "premium_rate",
    "toll_free",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
)

_Match = Callable[[str], re.Match[str] | None]


class PhoneTableError(OtpBlueError):
    """The table cannot be made from this version of `phonenumbers`, or differs from it."""


class _Plan(NamedTuple):
    """What numbers of one calling code and one length may be."""

    match: _Match
    regions: tuple[str, ...]
    """By the number of the group that matched, less one."""


class _CallingCode:
    """One calling code; `plans` is filled on first use, by length of the national number."""

    __slots__ = ("code", "digits", "is_known", "match_prefix", "plans", "regions")

    def __init__(self, code: int) -> None:
        self.code = code
        self.digits = len(str(code))
        self.regions: tuple[str, ...] = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]
        self.plans: dict[int, _Plan | None] = {}
        self.match_prefix: _Match | None = None
        self.is_known = False
        """The metadata has been read."""

    def learn(self) -> None:
        """Read the metadata of the main region."""
        main = _metadata(self.code, self.regions[0])
        if main is None:
            raise PhoneTableError(f"no metadata for calling code {self.code}")
        if main.national_prefix_for_parsing:
            self.match_prefix = re.compile(main.national_prefix_for_parsing).match
        self.is_known = True


class PhoneTable:
    """Tells the region of a valid international number, as `phonenumbers` would."""

    def __init__(self) -> None:
        codes = {str(code): _CallingCode(code) for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE}
        self._by_start: dict[str, _CallingCode] = {}
        for start in map(str, range(100, 1000)):
            for length in (1, 2, 3):
                code = codes.get(start[:length])
                if code is not None:
                    self._by_start[start] = code
                    break

    def region_of(self, digits: str) -> str | None:
        """Return the region of a number, or say that the package must be asked.

        Args:
          digits: ASCII digits, a whole number without plus sign or international prefix.

        Returns:
          An ISO 3166-1 alpha-2 region, or `001` for a calling code of no country: the number is
          valid, and its E.164 form is these digits. Empty: not valid. None: ask the package.

        Raises:
          PhoneTableError: the package's metadata is not what this module knows.
        """
        code = self._by_start.get(digits[:3])
        if code is None:
            return ""
        if not code.is_known:
            with _metadata_as_known():
                code.learn()
        number = digits[code.digits :]
        if code.match_prefix is not None:
            prefix = code.match_prefix(number)
            # An empty match without groups changes nothing.
            if prefix is not None and (prefix.end() or prefix.lastindex):
                return None
        try:
            plan = code.plans[len(number)]
        except KeyError:
            if len(number) > _MAX_NATIONAL_DIGITS:
                return None
            with _metadata_as_known():
                plan = code.plans[len(number)] = _plan(code, len(number))
        if plan is None:
            return ""
        match = plan.match(number)
        if match is None:
            return ""
        return plan.regions[(match.lastindex or 1) - 1]

    def self_check(self) -> int:
        """Compare the table with the package on the examples of every region, and near them.

        Makes every expression that common numbers need; takes about half a second. It may run in
        a thread while the table is in use.

        Returns:
          How many numbers were compared.

        Raises:
          PhoneTableError: they differ, or the metadata is not what this module knows.
        """
        compared = 0
        with _metadata_as_known():
            examples = list(_examples())
        for digits in examples:
            region = self.region_of(digits)
            if region is None:
                continue
            expected = read_with_package("+" + digits, None)
            if expected != (("+" + digits, region) if region else None):
                raise PhoneTableError(
                    f"differs from phonenumbers {phonenumbers.__version__} "
                    f"for calling code {self._by_start[digits[:3]].code}"
                )
            compared += 1
        return compared


def read_with_package(text: str, region: str | None) -> tuple[str, str] | None:
    """Read a number with `phonenumbers` itself.

    Args:
      text: a plus sign and digits, or digits as dialled in `region`.
      region: an ISO 3166-1 alpha-2 region, or None when there is a plus sign.

    Returns:
      E.164 with the plus sign and the region (`001`: no country), or None when it is not valid.
    """
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    found = phonenumbers.region_code_for_number(number)
    if found is None or not phonenumbers.is_valid_number_for_region(number, found):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), found


@contextmanager
def _metadata_as_known() -> Iterator[None]:
    """Translate what happens when the package's metadata has another shape."""
    try:
        yield
    except (AttributeError, re.error) as error:
        raise PhoneTableError(
            f"the metadata of phonenumbers {phonenumbers.__version__} is of an unknown shape"
        ) from error


def _plan(code: _CallingCode, length: int) -> _Plan | None:
    """Write what numbers of one length may be; None when there are none of that length."""
    alternatives: list[str] = []
    regions: list[str] = []
    # The package takes the first region whose leading_digits match, and no other after it.
    not_before = ""
    for region in code.regions:
        metadata = _metadata(code.code, region)
        if metadata is None:
            continue
        body = _body(metadata, length)
        leading = metadata.leading_digits if len(code.regions) > 1 else None
        if body is not None:
            wanted = f"(?={leading})" if leading else ""
            alternatives.append(f"{not_before}{wanted}{body}()")
            regions.append(region)
        if leading:
            not_before += f"(?!{leading})"
    if not alternatives:
        return None
    pattern = re.compile("|".join(alternatives))
    if pattern.groups != len(regions):
        raise PhoneTableError(f"a pattern of calling code {code.code} has groups of its own")
    return _Plan(pattern.fullmatch, tuple(regions))


def _body(metadata: PhoneMetadata, length: int) -> str | None:
    """Write what a region's valid numbers of one length look like; None when it has none."""
    general = _pattern(metadata.general_desc, length)
    # Where the two share a pattern, the package looks at the fixed line one only.
    types = [
        pattern
        for name in _TYPES
        if not (name == "mobile" and metadata.same_mobile_and_fixed_line_pattern)
        and (pattern := _pattern(getattr(metadata, name), length)) is not None
    ]
    if general is None or not types:
        return None
    return f"(?=(?:{general})\\Z)(?:{'|'.join(dict.fromkeys(types))})"


def _pattern(desc: PhoneNumberDesc | None, length: int) -> str | None:
    if desc is None or not desc.national_number_pattern:
        return None
    if desc.possible_length and length not in desc.possible_length:
        return None
    return desc.national_number_pattern


def _metadata(code: int, region: str) -> PhoneMetadata | None:
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
    if metadata is not None and metadata.country_code != code:
        raise PhoneTableError(f"region {region} does not belong to calling code {code}")
    return metadata


def _examples() -> Iterator[str]:
    """Yield the package's example numbers, each also with one digit changed."""
    for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items():
        for region in regions:
            metadata = _metadata(code, region)
            if metadata is None:
                continue
            for name in _TYPES:
                desc: PhoneNumberDesc | None = getattr(metadata, name)
                if desc is not None and desc.example_number:
                    digits = f"{code}{desc.example_number}"
                    yield digits
                    middle = len(str(code)) + 1
                    changed = (int(digits[middle]) + 1) % 10
                    yield f"{digits[:middle]}{changed}{digits[middle + 1 :]}"
