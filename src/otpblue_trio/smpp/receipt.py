"""The text of a delivery receipt (SMPP 3.4, appendix B; integration guide, "Delivery Receipts")."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["format_receipt", "parse_receipt"]

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


def _date(moment: datetime) -> str:
    # strftime takes three times as long, and a receipt has two dates.
    return "%02d%02d%02d%02d%02d" % (  # noqa: UP031
        moment.year % 100,
        moment.month,
        moment.day,
        moment.hour,
        moment.minute,
    )


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
