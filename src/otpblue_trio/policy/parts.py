"""One part of a long message: which part of which message it is, and what parts say together.

A long message comes as parts that share a reference: in a user data header, of 8 or 16 bits, or in
the `sar_*` parameters. How parts find each other is told in `concatenation`.

Spec: GSM 03.40, 9.2.3.24.1 and 9.2.3.24.8; SMPP 3.4, 5.3.2.22-24.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import attrs

from otpblue_trio.hot import hot_frozen
from otpblue_trio.policy.phone import Destination
from otpblue_trio.policy.verdicts import Reason
from otpblue_trio.smpp import ESM_CLASS_UDHI, TlvTag, decode_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from otpblue_trio.smpp import DataSm, SubmitSm, Udh

__all__ = [
    "Part",
    "PartKey",
    "ReferenceKind",
    "join_text",
    "may_be_part",
    "place_of",
]


class ReferenceKind(StrEnum):
    """Where the reference of a long message stands; each kind numbers for itself."""

    UDH_8_BIT = "udh_8_bit"
    UDH_16_BIT = "udh_16_bit"
    SAR = "sar"


@attrs.frozen
class PartKey:
    """What the parts of one long message have in common."""

    system_id: str
    destination_addr: str = attrs.field(repr=False)
    source_addr: str
    kind: ReferenceKind
    reference: int
    total: int
    """How many parts there are: 2 to 255."""


@hot_frozen
class Part:
    """One part that could be sent if it were whole: destination and sender are in order."""

    key: PartKey
    number: int
    """1 to `key.total`."""
    octets: bytes = attrs.field(repr=False)
    """The text without the user data header."""
    data_coding: int
    destination: Destination
    sender: str

    def has_text_of(self, other: Part) -> bool:
        """Tell whether two parts say the same."""
        return self.octets == other.octets and self.data_coding == other.data_coding


def may_be_part(submit: SubmitSm | DataSm) -> bool:
    """Tell whether a message may be part of a long one; quick, for every message."""
    return bool(
        submit.esm_class & ESM_CLASS_UDHI
        or (
            submit.tlvs
            and (
                submit.tlv(TlvTag.SAR_TOTAL_SEGMENTS) is not None
                or submit.tlv(TlvTag.SAR_SEGMENT_SEQNUM) is not None
            )
        )
    )


def place_of(
    submit: SubmitSm | DataSm, header: Udh | None, system_id: str
) -> tuple[PartKey, int] | Reason | None:
    """Tell which part of which long message this is.

    Args:
      submit: the message.
      header: its user data header, if it has one; it goes before the `sar_*` parameters.
      system_id: of the account.

    Returns:
      The key and the part's number; None for a message that is whole; the reason for a refusal
      when it says that it is a part, and not which.
    """
    concat = header.concat if header is not None else None
    if concat is not None and concat.total > 1:
        is_wide = concat.reference_octets == 2
        kind = ReferenceKind.UDH_16_BIT if is_wide else ReferenceKind.UDH_8_BIT
        reference, total, number = concat.reference, concat.total, concat.part
    elif header is not None and header.has_broken_concat:
        return Reason.MESSAGE_INCOMPLETE
    else:
        segments = submit.tlv(TlvTag.SAR_TOTAL_SEGMENTS)
        segment = submit.tlv(TlvTag.SAR_SEGMENT_SEQNUM)
        if segments is None:
            return Reason.MESSAGE_INCOMPLETE if segment is not None else None
        if segments[0] < 2:
            return None
        reference_octets = submit.tlv(TlvTag.SAR_MSG_REF_NUM)
        if reference_octets is None or segment is None or not 1 <= segment[0] <= segments[0]:
            return Reason.MESSAGE_INCOMPLETE
        kind = ReferenceKind.SAR
        reference = int.from_bytes(reference_octets, "big")
        total, number = segments[0], segment[0]
    key = PartKey(system_id, submit.destination_addr, submit.source_addr, kind, reference, total)
    return key, number


# ---------------------------------------------------------------------- parts to text


def join_text(parts: Sequence[Part], default_alphabet: str) -> str:
    """Return the text of parts.

    A character may be cut at the boundary (a surrogate pair, an escape sequence), so octets of one
    alphabet are joined before they are read.

    Args:
      parts: in their order.
      default_alphabet: what data_coding 0 means, as in `decode_text`.
    """
    data_coding = parts[0].data_coding
    if all(part.data_coding == data_coding for part in parts):
        return decode_text(b"".join([part.octets for part in parts]), data_coding, default_alphabet)
    return "".join([decode_text(part.octets, part.data_coding, default_alphabet) for part in parts])
