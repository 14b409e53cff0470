"""One class per SMPP 3.4 operation; fields carry the names of the specification.

A C-Octet String is a `str` decoded as Latin-1, without its NUL: one character is one octet, so
nothing is lost and nothing can fail. An octet string is `bytes`. Every field has a default, so
`SubmitSm(sequence_number=1, destination_addr="14155550100")` is a complete request.

Length fields (`sm_length`, `number_of_dests`, `no_unsuccess`) are not kept; the codec takes them
from what they count. Sizes on the wire are in `layout`.

A response may come without a body. Its body fields are then None, and a response whose body fields
are all None (or empty tuples) is written as a header alone. Where only some are None those are
written as empty strings and zeros.

A repr shows neither passwords, texts nor addresses, but their lengths: addresses are phone numbers.
"""

from __future__ import annotations

from typing import ClassVar

import attrs

from otpblue_trio.hot import hot_frozen
from otpblue_trio.smpp.constants import INTERFACE_VERSION, RESPONSE_BIT, CommandId
from otpblue_trio.smpp.tlv import Tlv

__all__ = [
    "AlertNotification",
    "BindReceiver",
    "BindReceiverResp",
    "BindRequest",
    "BindResponse",
    "BindTransceiver",
    "BindTransceiverResp",
    "BindTransmitter",
    "BindTransmitterResp",
    "CancelSm",
    "CancelSmResp",
    "DataSm",
    "DataSmResp",
    "DeliverSm",
    "DeliverSmResp",
    "DistributionList",
    "EnquireLink",
    "EnquireLinkResp",
    "GenericNack",
    "Outbind",
    "Pdu",
    "QuerySm",
    "QuerySmResp",
    "ReplaceSm",
    "ReplaceSmResp",
    "SmeAddress",
    "SubmitMulti",
    "SubmitMultiResp",
    "SubmitSm",
    "SubmitSmResp",
    "Unbind",
    "UnbindResp",
    "UnsuccessSme",
]


def _octet_count(value: bytes) -> str:
    return f"<{len(value)} octets>"


def _character_count(value: str) -> str:
    return f"<{len(value)} characters>"


@hot_frozen(kw_only=True)
class Pdu:
    """What every operation has; the base class of all of them."""

    command_id: ClassVar[CommandId]

    sequence_number: int = 0
    """0 to 0xFFFFFFFF on the wire; own requests use 1 to 0x7FFFFFFF."""
    command_status: int = 0
    """Of a response; in a request it is kept as received and means nothing."""

    @property
    def is_response(self) -> bool:
        """True for responses and generic_nack."""
        return self.command_id >= RESPONSE_BIT


@hot_frozen(kw_only=True)
class _PduWithTlvs(Pdu):
    tlvs: tuple[Tlv, ...] = ()

    def tlv(self, tag: int) -> bytes | None:
        """Return the value of the first optional parameter with this tag, or None."""
        for tlv in self.tlvs:
            if tlv.tag == tag:
                return tlv.value
        return None


@hot_frozen(kw_only=True)
class BindRequest(Pdu):
    """bind_receiver, bind_transmitter or bind_transceiver (SMPP 3.4, 4.1)."""

    system_id: str = ""
    password: str = attrs.field(default="", repr=False)
    system_type: str = ""
    interface_version: int = INTERFACE_VERSION
    addr_ton: int = 0
    addr_npi: int = 0
    address_range: str = ""


@hot_frozen(kw_only=True)
class BindReceiver(BindRequest):
    """bind_receiver (SMPP 3.4, 4.1.3)."""

    command_id: ClassVar[CommandId] = CommandId.BIND_RECEIVER


@hot_frozen(kw_only=True)
class BindTransmitter(BindRequest):
    """bind_transmitter (SMPP 3.4, 4.1.1)."""

    command_id: ClassVar[CommandId] = CommandId.BIND_TRANSMITTER


@hot_frozen(kw_only=True)
class BindTransceiver(BindRequest):
    """bind_transceiver (SMPP 3.4, 4.1.5)."""

    command_id: ClassVar[CommandId] = CommandId.BIND_TRANSCEIVER


@hot_frozen(kw_only=True)
class BindResponse(_PduWithTlvs):
    """The response to any bind; `system_id` is ours (SMPP 3.4, 4.1)."""

    system_id: str | None = None


@hot_frozen(kw_only=True)
class BindReceiverResp(BindResponse):
    """bind_receiver_resp (SMPP 3.4, 4.1.4)."""

    command_id: ClassVar[CommandId] = CommandId.BIND_RECEIVER_RESP


@hot_frozen(kw_only=True)
class BindTransmitterResp(BindResponse):
    """bind_transmitter_resp (SMPP 3.4, 4.1.2)."""

    command_id: ClassVar[CommandId] = CommandId.BIND_TRANSMITTER_RESP


@hot_frozen(kw_only=True)
class BindTransceiverResp(BindResponse):
    """bind_transceiver_resp (SMPP 3.4, 4.1.6)."""

    command_id: ClassVar[CommandId] = CommandId.BIND_TRANSCEIVER_RESP


@hot_frozen(kw_only=True)
class Outbind(Pdu):
    """outbind (SMPP 3.4, 4.1.7)."""

    command_id: ClassVar[CommandId] = CommandId.OUTBIND

    system_id: str = ""
    password: str = attrs.field(default="", repr=False)


@hot_frozen(kw_only=True)
class Unbind(Pdu):
    """unbind (SMPP 3.4, 4.2.1)."""

    command_id: ClassVar[CommandId] = CommandId.UNBIND


@hot_frozen(kw_only=True)
class UnbindResp(Pdu):
    """unbind_resp (SMPP 3.4, 4.2.2)."""

    command_id: ClassVar[CommandId] = CommandId.UNBIND_RESP


@hot_frozen(kw_only=True)
class GenericNack(Pdu):
    """generic_nack (SMPP 3.4, 4.3.1)."""

    command_id: ClassVar[CommandId] = CommandId.GENERIC_NACK


@hot_frozen(kw_only=True)
class EnquireLink(Pdu):
    """enquire_link (SMPP 3.4, 4.11.1)."""

    command_id: ClassVar[CommandId] = CommandId.ENQUIRE_LINK


@hot_frozen(kw_only=True)
class EnquireLinkResp(Pdu):
    """enquire_link_resp (SMPP 3.4, 4.11.2)."""

    command_id: ClassVar[CommandId] = CommandId.ENQUIRE_LINK_RESP


@hot_frozen(kw_only=True)
class _ShortMessage(_PduWithTlvs):
    """submit_sm and deliver_sm have one body."""

    service_type: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = attrs.field(default="", repr=_character_count)
    dest_addr_ton: int = 0
    dest_addr_npi: int = 0
    destination_addr: str = attrs.field(default="", repr=_character_count)
    esm_class: int = 0
    protocol_id: int = 0
    priority_flag: int = 0
    schedule_delivery_time: str = ""
    validity_period: str = ""
    registered_delivery: int = 0
    replace_if_present_flag: int = 0
    data_coding: int = 0
    sm_default_msg_id: int = 0
    short_message: bytes = attrs.field(default=b"", repr=_octet_count)


@hot_frozen(kw_only=True)
class SubmitSm(_ShortMessage):
    """submit_sm (SMPP 3.4, 4.4.1)."""

    command_id: ClassVar[CommandId] = CommandId.SUBMIT_SM


@hot_frozen(kw_only=True)
class DeliverSm(_ShortMessage):
    """deliver_sm: a message or a delivery receipt for the ESME (SMPP 3.4, 4.6.1)."""

    command_id: ClassVar[CommandId] = CommandId.DELIVER_SM


@hot_frozen(kw_only=True)
class SubmitSmResp(_PduWithTlvs):
    """submit_sm_resp (SMPP 3.4, 4.4.2)."""

    command_id: ClassVar[CommandId] = CommandId.SUBMIT_SM_RESP

    message_id: str | None = None


@hot_frozen(kw_only=True)
class DeliverSmResp(_PduWithTlvs):
    """deliver_sm_resp; `message_id` is unused and one NUL on the wire (SMPP 3.4, 4.6.2)."""

    command_id: ClassVar[CommandId] = CommandId.DELIVER_SM_RESP

    message_id: str | None = None


@hot_frozen(kw_only=True)
class DataSm(_PduWithTlvs):
    """data_sm; the text is in the parameter message_payload (SMPP 3.4, 4.7.1)."""

    command_id: ClassVar[CommandId] = CommandId.DATA_SM

    service_type: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = attrs.field(default="", repr=_character_count)
    dest_addr_ton: int = 0
    dest_addr_npi: int = 0
    destination_addr: str = attrs.field(default="", repr=_character_count)
    esm_class: int = 0
    registered_delivery: int = 0
    data_coding: int = 0


@hot_frozen(kw_only=True)
class DataSmResp(_PduWithTlvs):
    """data_sm_resp (SMPP 3.4, 4.7.2)."""

    command_id: ClassVar[CommandId] = CommandId.DATA_SM_RESP

    message_id: str | None = None


@hot_frozen(kw_only=True)
class SmeAddress:
    """One number in submit_multi (dest_flag 1; SMPP 3.4, 4.5.1.1)."""

    dest_addr_ton: int = 0
    dest_addr_npi: int = 0
    destination_addr: str = attrs.field(default="", repr=_character_count)


@hot_frozen(kw_only=True)
class DistributionList:
    """One list in submit_multi (dest_flag 2; SMPP 3.4, 4.5.1.2)."""

    dl_name: str = ""


@hot_frozen(kw_only=True)
class SubmitMulti(_PduWithTlvs):
    """submit_multi (SMPP 3.4, 4.5.1)."""

    command_id: ClassVar[CommandId] = CommandId.SUBMIT_MULTI

    service_type: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = attrs.field(default="", repr=_character_count)
    dest_addresses: tuple[SmeAddress | DistributionList, ...] = ()
    esm_class: int = 0
    protocol_id: int = 0
    priority_flag: int = 0
    schedule_delivery_time: str = ""
    validity_period: str = ""
    registered_delivery: int = 0
    replace_if_present_flag: int = 0
    data_coding: int = 0
    sm_default_msg_id: int = 0
    short_message: bytes = attrs.field(default=b"", repr=_octet_count)


@hot_frozen(kw_only=True)
class UnsuccessSme:
    """One number that submit_multi did not reach (SMPP 3.4, 4.5.2.1)."""

    dest_addr_ton: int = 0
    dest_addr_npi: int = 0
    destination_addr: str = attrs.field(default="", repr=_character_count)
    error_status_code: int = 0


@hot_frozen(kw_only=True)
class SubmitMultiResp(_PduWithTlvs):
    """submit_multi_resp (SMPP 3.4, 4.5.2)."""

    command_id: ClassVar[CommandId] = CommandId.SUBMIT_MULTI_RESP

    message_id: str | None = None
    unsuccess_smes: tuple[UnsuccessSme, ...] = ()


@hot_frozen(kw_only=True)
class QuerySm(Pdu):
    """query_sm (SMPP 3.4, 4.8.1)."""

    command_id: ClassVar[CommandId] = CommandId.QUERY_SM

    message_id: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = attrs.field(default="", repr=_character_count)


@hot_frozen(kw_only=True)
class QuerySmResp(_PduWithTlvs):
    """query_sm_resp (SMPP 3.4, 4.8.2)."""

    command_id: ClassVar[CommandId] = CommandId.QUERY_SM_RESP

    message_id: str | None = None
    final_date: str | None = None
    message_state: int | None = None
    error_code: int | None = None


@hot_frozen(kw_only=True)
class CancelSm(Pdu):
    """cancel_sm (SMPP 3.4, 4.9.1)."""

    command_id: ClassVar[CommandId] = CommandId.CANCEL_SM

    service_type: str = ""
    message_id: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = attrs.field(default="", repr=_character_count)
    dest_addr_ton: int = 0
    dest_addr_npi: int = 0
    destination_addr: str = attrs.field(default="", repr=_character_count)


@hot_frozen(kw_only=True)
class CancelSmResp(Pdu):
    """cancel_sm_resp (SMPP 3.4, 4.9.2)."""

    command_id: ClassVar[CommandId] = CommandId.CANCEL_SM_RESP


@hot_frozen(kw_only=True)
class ReplaceSm(Pdu):
    """replace_sm (SMPP 3.4, 4.10.1)."""

    command_id: ClassVar[CommandId] = CommandId.REPLACE_SM

    message_id: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = attrs.field(default="", repr=_character_count)
    schedule_delivery_time: str = ""
    validity_period: str = ""
    registered_delivery: int = 0
    sm_default_msg_id: int = 0
    short_message: bytes = attrs.field(default=b"", repr=_octet_count)


@hot_frozen(kw_only=True)
class ReplaceSmResp(Pdu):
    """replace_sm_resp (SMPP 3.4, 4.10.2)."""

    command_id: ClassVar[CommandId] = CommandId.REPLACE_SM_RESP


@hot_frozen(kw_only=True)
class AlertNotification(_PduWithTlvs):
    """alert_notification (SMPP 3.4, 4.12.1)."""

    command_id: ClassVar[CommandId] = CommandId.ALERT_NOTIFICATION

    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = attrs.field(default="", repr=_character_count)
    esme_addr_ton: int = 0
    esme_addr_npi: int = 0
    esme_addr: str = attrs.field(default="", repr=_character_count)
