"""Delivery receipts (SMPP 3.4, appendix B; integration guide, "Delivery Receipts").

A receipt is a deliver_sm like any other: `format_receipt` makes its text and `parse_receipt` reads
one. Nearly every message that is delivered is owed one, so a `ReceiptEncoder` writes the gateway's
own receipts in one step, without a `DeliverSm` in between, in an eighth of the time.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from otpblue_trio.smpp.constants import ESM_CLASS_DELIVERY_RECEIPT, MessageState, TlvTag

__all__ = ["ReceiptEncoder", "format_receipt", "parse_receipt"]

_STAT_CHARACTERS = 7
_ERR_CHARACTERS = 3
_TEXT_CHARACTERS = 20

_find_keys = re.compile(
    r"(?:^|\s)(id|sub|dlvrd|submit[ _]date|done[ _]date|stat|err|text):", re.IGNORECASE
).finditer


def format_receipt(
    *,
    message_id: str,
    submitted: int = 1,
    delivered: bool,
    submit_date: datetime,
    done_date: datetime,
    stat: str,
    err: str,
    text: str = "",
) -> bytes:
    """Write the short_message of a delivery receipt, for data_coding 0.

    Args:
      message_id: as in the response to the message.
      submitted: how many messages were submitted, 0 to 999.
      delivered: True: all of them were delivered; False: none.
      submit_date: written as YYMMDDhhmm in its own time zone.
      done_date: likewise.
      stat: exactly 7 characters, e.g. `DELIVRD`.
      err: exactly 3 characters, e.g. `000`.
      text: the beginning of the message, at most 20 characters are written.

    Returns:
      The octets, Latin-1; other characters become `?`.

    Raises:
      ValueError: `submitted`, `stat` or `err` does not have its form.
    """
    if not 0 <= submitted <= 999:
        raise ValueError(f"submitted: {submitted} is not 0 to 999")
    if len(stat) != _STAT_CHARACTERS:
        raise ValueError(f"stat has {len(stat)} characters, not {_STAT_CHARACTERS}")
    if len(err) != _ERR_CHARACTERS:
        raise ValueError(f"err has {len(err)} characters, not {_ERR_CHARACTERS}")
    return (
        f"id:{message_id} sub:{submitted:03} dlvrd:{submitted if delivered else 0:03}"
        f" submit date:{_date(submit_date)} done date:{_date(done_date)}"
        f" stat:{stat} err:{err} text:{text[:_TEXT_CHARACTERS]}"
    ).encode("latin-1", "replace")


_DELIVERED = MessageState.DELIVERED
_FIXED_OCTETS = len(
    "id: sub:001 dlvrd:000 submit date:YYMMDDhhmm done date:YYMMDDhhmm stat: err: text:"
)
"""What is in the text besides message_id, stat and err."""
_ESM_CLASS = chr(ESM_CLASS_DELIVERY_RECEIPT)
# Their tags and lengths, as far as they are the same in every receipt.
_RECEIPTED_MESSAGE_ID = f"\0{TlvTag.RECEIPTED_MESSAGE_ID:c}\0"
_MESSAGE_STATE = f"{TlvTag.MESSAGE_STATE >> 8:c}{TlvTag.MESSAGE_STATE & 0xFF:c}\0\1"


class ReceiptEncoder:
    """Writes receipts, and remembers how the last minute is written: many come within one.

    Spec: SMPP 3.4, 4.6.1, 5.3.2.12 (receipted_message_id), 5.3.2.35 (message_state).
    """

    __slots__ = ("_date", "_minute")

    def __init__(self) -> None:
        self._minute = -1.0
        self._date = ""

    def encode(
        self,
        source_addr_ton: int,
        source_addr_npi: int,
        source_addr: str,
        dest_addr_ton: int,
        dest_addr_npi: int,
        destination_addr: str,
        message_id: str,
        submitted_at: float,
        done_at: float,
        stat: str,
        err: str,
        message_state: int,
        with_tlvs: bool,
    ) -> bytes:
        """Return the body of a receipt's deliver_sm, the octets behind the header.

        The same as `encode` makes of a `DeliverSm` with the text of `format_receipt`. The addresses
        are those of a decoded message, swapped; their lengths are not looked at again.

        Args:
          source_addr_ton: and the next five, as they go into the deliver_sm.
          source_addr_npi: likewise.
          source_addr: likewise.
          dest_addr_ton: likewise.
          dest_addr_npi: likewise.
          destination_addr: likewise.
          message_id: as in the response to the message.
          submitted_at: seconds since 1970; written in UTC, to the minute.
          done_at: likewise.
          stat: exactly 7 characters.
          err: exactly 3 characters.
          message_state: of the message.
          with_tlvs: False for an ESME that bound with a version below 3.4.

        Raises:
          ValueError: a character is not Latin-1, or the text is too long for its length octet.
        """
        minute = done_at // 60.0
        if minute != self._minute:
            self._date = _date_of_minute(minute)
            self._minute = minute
        done_date = submit_date = self._date
        if submitted_at // 60.0 != minute:
            submit_date = _date_of_minute(submitted_at // 60.0)
        delivered = "001" if message_state == _DELIVERED else "000"
        # All of it as Latin-1 text: service_type and addresses; esm_class, eight empty fields and
        # sm_length; the text.
        body = (
            f"\0{chr(source_addr_ton)}{chr(source_addr_npi)}{source_addr}\0"
            f"{chr(dest_addr_ton)}{chr(dest_addr_npi)}{destination_addr}\0"
            f"{_ESM_CLASS}\0\0\0\0\0\0\0\0"
            f"{chr(_FIXED_OCTETS + len(message_id) + len(stat) + len(err))}"
            f"id:{message_id} sub:001 dlvrd:{delivered} submit date:{submit_date}"
            f" done date:{done_date} stat:{stat} err:{err} text:"
        )
        if with_tlvs:
            # A C-Octet String: it ends in NUL, else one widely used client rejects the receipt.
            body += (
                f"{_RECEIPTED_MESSAGE_ID}{chr(len(message_id) + 1)}{message_id}\0"
                f"{_MESSAGE_STATE}{chr(message_state)}"
            )
        return body.encode("latin-1")


def _date_of_minute(minute: float) -> str:
    return _date(datetime.fromtimestamp(minute * 60.0, UTC))


def _date(moment: datetime) -> str:
    return f"{moment:%y%m%d%H%M}"


def parse_receipt(octets: bytes) -> dict[str, str]:
    """Read the text of a delivery receipt of any maker; never fails.

    Args:
      octets: the short_message.

    Returns:
      What was found of `id`, `sub`, `dlvrd`, `submit date`, `done date`, `stat`, `err` and `text`,
      in wire order, without surrounding blanks; of a repeated key the first. Keys are found in any
      order and case; all that follows `text:` is its value.
    """
    receipt = octets.decode("latin-1")
    values: dict[str, str] = {}
    key = ""
    start = 0
    for found in _find_keys(receipt):
        if key:
            values.setdefault(key, receipt[start : found.start()].strip())
        key = found[1].lower().replace("_", " ")
        start = found.end()
        if key == "text":
            break
    if key:
        values.setdefault(key, receipt[start:].strip())
    return values
