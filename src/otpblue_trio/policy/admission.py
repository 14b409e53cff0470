"""From a submitted message to a request for the platform, or the reason why not.

Everything is decided here before the first octet goes to the platform, in the order of cost and
of what the sender can do about it: limits and times, then who gets it, then who it is from, then
what it says. Nothing is guessed: what cannot be decided surely is refused, and the aggregator
falls back to SMS at once.

Basis: integration guide, "Sending OTP Messages" and "Input Limits".
"""

from __future__ import annotations

import attrs

from otpblue_trio.hot import hot_frozen
from otpblue_trio.policy.language import choose_language
from otpblue_trio.policy.otp import (
    CodeFinder,
    CodeFound,
    CodePatterns,
    NoCodeReason,
    compile_patterns,
)
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
    UdhError,
    decode_text,
    parse_smpp_time,
    split_udh,
)

__all__ = ["MAX_MESSAGE_OCTETS", "AccountRules", "Admission", "Declined"]

MAX_MESSAGE_OCTETS = 512
"""Integration guide, "Input Limits"; the user data header counts."""

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

    def admit(self, submit: SubmitSm | DataSm, rules: AccountRules) -> SendRequest | Declined:
        """Decide about one message.

        Args:
          submit: as decoded; a data_sm carries its text in message_payload.
          rules: of the account that the session is bound with.

        Returns:
          What the platform is to be asked, or the reason why it is not.
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
            if payload is not None:
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
        if isinstance(sender, SenderRefusal):
            return Declined(Reason.SENDER_INVALID, region)

        if submit.esm_class & ESM_CLASS_UDHI:
            try:
                header, octets = split_udh(octets)
            except UdhError:
                return Declined(Reason.MESSAGE_UNREADABLE, region)
            if header.concat is not None and header.concat.total > 1:
                # A code may be cut in two at the boundary: half of one is a wrong code.
                return Declined(Reason.MESSAGE_INCOMPLETE, region)
        if submit.tlvs and _is_sar_part(submit):
            return Declined(Reason.MESSAGE_INCOMPLETE, region)
        text = decode_text(octets, submit.data_coding, account.default_alphabet)

        code = ""
        if account.allow_send_text:
            if not text.strip():
                return Declined(Reason.NO_CODE, region)
        else:
            found = self._codes.find(text, rules.patterns)
            if not isinstance(found, CodeFound):
                return Declined(_REASON_OF_NO_CODE[found.reason], region)
            code = found.code
            text = ""
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


def _is_smpp_time(text: str) -> bool:
    try:
        parse_smpp_time(text)
    except ValueError:
        return False
    return True


def _is_sar_part(submit: SubmitSm | DataSm) -> bool:
    total = submit.tlv(TlvTag.SAR_TOTAL_SEGMENTS)
    return total is not None and total[0] > 1
