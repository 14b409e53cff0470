"""From a submitted message to a request for the platform, or the reason why not.

Everything is decided here before the first octet goes to the platform, in the order of cost and
of what the sender can do about it: limits and times, then who gets it, then who it is from, then
what it says. Nothing is guessed: what cannot be decided surely is refused, and the aggregator
falls back to SMS at once.

A part of a long message goes the same way up to its text; what the parts say together is decided
when all of them are there.

Basis: integration guide, "Sending OTP Messages" and "Input Limits".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import attrs

from otpblue_trio.hot import hot_frozen
from otpblue_trio.policy.concatenation import MAX_MESSAGE_OCTETS
from otpblue_trio.policy.language import choose_language
from otpblue_trio.policy.otp import (
    CodeFinder,
    CodeFound,
    CodePatterns,
    NoCodeReason,
    compile_patterns,
)
from otpblue_trio.policy.parts import Part, join_text, may_be_part, place_of
from otpblue_trio.policy.phone import Destination, NumberReader, NumberRefusal
from otpblue_trio.policy.regions import OPEN_BY_DEFAULT, may_send
from otpblue_trio.policy.sender import SenderRefusal, choose_sender
from otpblue_trio.policy.types import Account, SendRequest
from otpblue_trio.policy.verdicts import Reason
from otpblue_trio.smpp import (
    ESM_CLASS_UDHI,
    DataSm,
    SubmitSm,
    TlvTag,
    Udh,
    UdhError,
    decode_text,
    parse_smpp_time,
    split_udh,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["AccountRules", "Admission", "Declined"]

_MAX_SOURCE_OCTETS = 20
"""SMPP 3.4, 4.4.1 and 4.6.1, less the NUL."""
_HEADERS_OF_PARTS = (b"\x05\x00\x03", b"\x06\x08\x04")
_TORN_NUMBER = re.compile(r"\d\ufffd+(?:\d|\Z)")
_REASON_OF_NUMBER = {
    NumberRefusal.INVALID: Reason.DESTINATION_INVALID,
    NumberRefusal.NATIONAL: Reason.DESTINATION_NATIONAL,
}
_REASON_OF_NO_CODE = {
    NoCodeReason.NONE: Reason.NO_CODE,
    NoCodeReason.AMBIGUOUS: Reason.CODE_AMBIGUOUS,
    NoCodeReason.LETTERS: Reason.CODE_LETTERS,
    NoCodeReason.LENGTH: Reason.CODE_LENGTH,
}


@attrs.frozen
class AccountRules:
    """An account with what is compiled from it once."""

    account: Account
    patterns: CodePatterns | None

    @classmethod
    def of(cls, account: Account) -> AccountRules:
        """Compile an account's rules.

        Raises:
          PatternError: one of `code_patterns` does not compile; configuration is checked for
            that before it gets here.
        """
        patterns = compile_patterns(account.code_patterns) if account.code_patterns else None
        return cls(account, patterns)


@hot_frozen
class Declined:
    """A message that goes nowhere."""

    reason: Reason
    region: str = ""
    """ISO region of the destination where it was read before the refusal."""


class Admission:
    """Turns submits into requests; one for the gateway.

    Args:
      numbers: reads destinations.
      codes: finds codes.

    Attributes:
      open_regions: ISO regions that the platform has open; replaced whenever the platform tells.
    """

    def __init__(self, numbers: NumberReader, codes: CodeFinder) -> None:
        self._numbers = numbers
        self._codes = codes
        self.open_regions: frozenset[str] = OPEN_BY_DEFAULT

    def admit(
        self, submit: SubmitSm | DataSm, rules: AccountRules
    ) -> SendRequest | Part | Declined:
        """Decide about one message.

        Args:
          submit: as decoded; a data_sm carries its text in message_payload.
          rules: of the account that the session is bound with.

        Returns:
          What the platform is to be asked, or the reason why it is not; of a long message a part,
          which only says something together with the others.
        """
        account = rules.account
        octets = b""
        if isinstance(submit, SubmitSm):
            octets = submit.short_message
            if submit.schedule_delivery_time:
                return Declined(Reason.SCHEDULED)
            if submit.validity_period and not _is_smpp_time(submit.validity_period):
                return Declined(Reason.VALIDITY_INVALID)
        if submit.tlvs:
            payload = submit.tlv(TlvTag.MESSAGE_PAYLOAD)
            if payload:
                if octets:
                    return Declined(Reason.MESSAGE_TWICE)
                octets = payload
        if len(octets) > MAX_MESSAGE_OCTETS:
            return Declined(Reason.MESSAGE_TOO_LONG)

        destination = self._numbers.read(
            submit.destination_addr,
            submit.dest_addr_ton,
            submit.dest_addr_npi,
            account.default_region,
        )
        if not isinstance(destination, Destination):
            return Declined(_REASON_OF_NUMBER[destination])
        region = destination.region
        if not may_send(region, open_regions=self.open_regions, account_regions=account.regions):
            return Declined(Reason.REGION_CLOSED, region)

        sender = choose_sender(
            submit.source_addr,
            submit.source_addr_ton,
            default_sender=account.default_sender,
            long_sender=account.long_sender,
            alphabet=account.default_alphabet,
        )
        # A data_sm could hold more, but not the deliver_sm that its receipt comes in.
        if isinstance(sender, SenderRefusal) or len(submit.source_addr) > _MAX_SOURCE_OCTETS:
            return Declined(Reason.SENDER_INVALID, region)

        if may_be_part(submit):
            header: Udh | None = None
            if submit.esm_class & ESM_CLASS_UDHI:
                try:
                    header, octets = split_udh(octets)
                except UdhError:
                    return Declined(Reason.MESSAGE_UNREADABLE, region)
            place = place_of(submit, header, account.system_id)
            if isinstance(place, Reason):
                return Declined(place, region)
            if place is not None:
                return Part(*place, octets, submit.data_coding, destination, sender)
        elif octets.startswith(_HEADERS_OF_PARTS):
            # The sender forgot to say that there is a header. No text begins so.
            return Declined(Reason.MESSAGE_INCOMPLETE, region)
        text = decode_text(octets, submit.data_coding, account.default_alphabet)
        return self._decide(text, destination, sender, rules)

    def admit_whole(self, parts: Sequence[Part], rules: AccountRules) -> SendRequest | Declined:
        """Decide about a long message.

        Args:
          parts: all of them, in order.
          rules: of the account.
        """
        text = join_text(parts, rules.account.default_alphabet)
        return self._decide(text, parts[0].destination, parts[0].sender, rules)

    def _decide(
        self, text: str, destination: Destination, sender: str, rules: AccountRules
    ) -> SendRequest | Declined:
        if _is_torn(text):
            return Declined(Reason.MESSAGE_UNREADABLE, destination.region)
        if rules.account.allow_send_text:
            if not text.strip():
                return Declined(Reason.NO_CODE, destination.region)
            return _request("", text, destination, sender, rules.account)
        found = self._codes.find(text, rules.patterns)
        if not isinstance(found, CodeFound):
            return Declined(_REASON_OF_NO_CODE[found.reason], destination.region)
        return _request(found.code, "", destination, sender, rules.account)


def _request(
    code: str, text: str, destination: Destination, sender: str, account: Account
) -> SendRequest:
    region = destination.region
    return SendRequest(
        account.system_id,
        account.api_key,
        destination.e164,
        region,
        code,
        text,
        sender,
        choose_language(account.language, account.default_language, region),
    )


def _is_torn(text: str) -> bool:
    """Tell whether a number lost digits: what cannot be read stands inside or cut its end off."""
    return "\ufffd" in text and _TORN_NUMBER.search(text) is not None


def _is_smpp_time(text: str) -> bool:
    try:
        parse_smpp_time(text)
    except ValueError:
        return False
    return True
