"""Optional parameters (SMPP 3.4, 3.2.4): tag, length, value.

Decoding keeps unknown, vendor and repeated parameters in wire order. A known parameter of a wrong
length is refused, because the code that reads it relies on the length.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import attrs

from otpblue_trio.hot import hot_frozen
from otpblue_trio.smpp.constants import CommandStatus, TlvTag
from otpblue_trio.smpp.faults import FieldFault

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["FIXED_TLV_OCTETS", "Tlv", "encode_tlvs", "parse_tlvs", "parse_tlvs_leniently"]

_HEAD = struct.Struct(">HH")
_pack_head = _HEAD.pack
_unpack_head = _HEAD.unpack_from

FIXED_TLV_OCTETS: dict[int, int] = {
    int(tag): octets
    for octets, tags in {
        1: (
            TlvTag.DEST_ADDR_SUBUNIT,
            TlvTag.DEST_NETWORK_TYPE,
            TlvTag.DEST_BEARER_TYPE,
            TlvTag.SOURCE_ADDR_SUBUNIT,
            TlvTag.SOURCE_NETWORK_TYPE,
            TlvTag.SOURCE_BEARER_TYPE,
            TlvTag.SOURCE_TELEMATICS_ID,
            TlvTag.PAYLOAD_TYPE,
            TlvTag.MS_MSG_WAIT_FACILITIES,
            TlvTag.PRIVACY_INDICATOR,
            TlvTag.USER_RESPONSE_CODE,
            TlvTag.LANGUAGE_INDICATOR,
            TlvTag.SAR_TOTAL_SEGMENTS,
            TlvTag.SAR_SEGMENT_SEQNUM,
            TlvTag.SC_INTERFACE_VERSION,
            TlvTag.CALLBACK_NUM_PRES_IND,
            TlvTag.NUMBER_OF_MESSAGES,
            TlvTag.DPF_RESULT,
            TlvTag.SET_DPF,
            TlvTag.MS_AVAILABILITY_STATUS,
            TlvTag.DELIVERY_FAILURE_REASON,
            TlvTag.MORE_MESSAGES_TO_SEND,
            TlvTag.MESSAGE_STATE,
            TlvTag.USSD_SERVICE_OP,
            TlvTag.DISPLAY_TIME,
            TlvTag.ITS_REPLY_TYPE,
        ),
        2: (
            TlvTag.DEST_TELEMATICS_ID,
            TlvTag.USER_MESSAGE_REFERENCE,
            TlvTag.SOURCE_PORT,
            TlvTag.DESTINATION_PORT,
            TlvTag.SAR_MSG_REF_NUM,
            TlvTag.SMS_SIGNAL,
            TlvTag.ITS_SESSION_INFO,
        ),
        3: (TlvTag.NETWORK_ERROR_CODE,),
        4: (TlvTag.QOS_TIME_TO_LIVE,),
    }.items()
    for tag in tags
}
"""Octets of the parameters whose value has one length (SMPP 3.4, 5.3.2).

`ms_validity` and `alert_on_message_delivery` are left out: SMPP 5.0 gave each a second length.
"""


@hot_frozen
class Tlv:
    """One optional parameter; its repr shows the length of the value, never the value."""

    tag: int
    """0 to 0xFFFF; known ones are in `TlvTag`."""
    value: bytes = attrs.field(repr=lambda value: f"<{len(value)} octets>")
    """0 to 65535 octets."""


def parse_tlvs(octets: bytes, offset: int) -> tuple[Tlv, ...]:
    """Read the optional parameters at the end of a request.

    Up to three trailing NULs, too few for a tag and a length, are ignored: deployed clients end the
    message in a NUL and do not count it. Any other octet there may be the end of a message whose
    length was counted short, and without its last digit a code is another code.

    Args:
      octets: the whole PDU.
      offset: where the mandatory part ends.

    Returns:
      The parameters in wire order.

    Raises:
      FieldFault: ESME_RINVOPTPARSTREAM where a length runs past the end of the PDU, or octets are
        left that are no parameter; ESME_RINVPARLEN where a known parameter has a wrong length.
    """
    end = len(octets)
    found = []
    while end - offset >= 4:
        tag, length = _unpack_head(octets, offset)
        offset += 4
        stop = offset + length
        if stop > end:
            raise FieldFault(
                CommandStatus.ESME_RINVOPTPARSTREAM,
                f"optional parameter 0x{tag:04x} of {length} octets runs past the end"
                f" ({end - offset} octets left)",
            )
        if FIXED_TLV_OCTETS.get(tag, length) != length:
            raise FieldFault(
                CommandStatus.ESME_RINVPARLEN,
                f"optional parameter 0x{tag:04x} has {length} octets, not {FIXED_TLV_OCTETS[tag]}",
            )
        found.append(Tlv(tag, octets[offset:stop]))
        offset = stop
    if any(octets[offset:]):
        raise FieldFault(
            CommandStatus.ESME_RINVOPTPARSTREAM,
            f"the last {end - offset} octets are no optional parameter",
        )
    return tuple(found)


def parse_tlvs_leniently(octets: bytes, offset: int) -> tuple[Tlv, ...]:
    """Read what optional parameters there are at the end of a response; never fails.

    Args:
      octets: the whole PDU.
      offset: where the mandatory part ends.

    Returns:
      The whole parameters in wire order, of any length; what follows the last one is ignored.
    """
    end = len(octets)
    found = []
    while end - offset >= 4:
        tag, length = _unpack_head(octets, offset)
        offset += 4
        if offset + length > end:
            break
        found.append(Tlv(tag, octets[offset : offset + length]))
        offset += length
    return tuple(found)


def encode_tlvs(tlvs: Iterable[Tlv]) -> bytes:
    """Put optional parameters on the wire, in the given order.

    Args:
      tlvs: parameters; the lengths in `FIXED_TLV_OCTETS` are not enforced.

    Returns:
      Their octets.

    Raises:
      ValueError: a tag or the length of a value does not fit in 16 bits.
    """
    parts = []
    for tlv in tlvs:
        value = tlv.value
        try:
            parts.append(_pack_head(tlv.tag, len(value)))
        except struct.error:
            raise ValueError(
                f"tlvs: tag {tlv.tag} with {len(value)} octets; both are limited to 0-65535"
            ) from None
        parts.append(value)
    return b"".join(parts)
