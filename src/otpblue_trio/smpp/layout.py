"""The body of every operation as data: the one place for order, kind and size of fields.

Both directions are made from this table (`walk` reads and writes it field by field, `compiled`
turns it into straight-line code), and so are the test strategies.

Limits are those of SMPP 3.4 but for two: a destination_addr may have 21 characters (integration
guide, "Input Limits"; the specification says 20), a password 64 (the specification says 8).
"""

from __future__ import annotations

from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING

import attrs

from otpblue_trio.smpp import pdu
from otpblue_trio.smpp.constants import MAX_SYSTEM_ID_CHARACTERS, CommandStatus
from otpblue_trio.smpp.pdu import Pdu

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LAYOUTS", "UNSUCCESS_FIELDS", "Field", "Kind", "Layout"]


class Kind(Enum):
    """How a field stands on the wire."""

    INTEGER = "integer"
    """Unsigned; `Field.octets` says 1 or 4."""
    TEXT = "C-Octet String"
    """Latin-1 and a NUL; at most `Field.octets`, NUL included."""
    TIME = "time"
    """A C-Octet String that is empty or has exactly `Field.octets`, NUL included."""
    SHORT_MESSAGE = "short_message"
    """sm_length, one octet, and as many octets."""
    DESTINATIONS = "dest_addresses"
    """number_of_dests, one octet, and as many `SmeAddress` or `DistributionList`."""
    UNSUCCESS = "unsuccess_smes"
    """no_unsuccess, one octet, and as many `UnsuccessSme`."""


@attrs.frozen
class Field:
    """One mandatory parameter."""

    name: str
    kind: Kind
    octets: int
    """The limit, or for an integer the size."""
    status: CommandStatus = CommandStatus.ESME_RINVCMDLEN
    """What a request is answered with when this field is there and broken."""


@attrs.frozen
class Layout:
    """The body of one operation."""

    pdu_type: type[Pdu]
    fields: tuple[Field, ...] = ()
    has_tlvs: bool = False
    """False: octets after the last field are ignored."""

    @property
    def is_response(self) -> bool:
        """True for responses and generic_nack, whose bodies are read leniently."""
        return self.pdu_type.command_id.name.endswith(("_RESP", "_NACK"))


def _integers(*names: str) -> tuple[Field, ...]:
    return tuple(Field(name, Kind.INTEGER, 1) for name in names)


def _text(name: str, octets: int, status: CommandStatus) -> tuple[Field, ...]:
    return (Field(name, Kind.TEXT, octets, status),)


def _source(octets: int = 21) -> tuple[Field, ...]:
    return (
        *_integers("source_addr_ton", "source_addr_npi"),
        *_text("source_addr", octets, CommandStatus.ESME_RINVSRCADR),
    )


def _destination(octets: int = 22) -> tuple[Field, ...]:
    return (
        *_integers("dest_addr_ton", "dest_addr_npi"),
        *_text("destination_addr", octets, CommandStatus.ESME_RINVDSTADR),
    )


_SERVICE_TYPE = _text("service_type", 6, CommandStatus.ESME_RINVSERTYP)
_MESSAGE_ID = _text("message_id", 65, CommandStatus.ESME_RINVMSGID)
_TIMES = (
    Field("schedule_delivery_time", Kind.TIME, 17, CommandStatus.ESME_RINVSCHED),
    Field("validity_period", Kind.TIME, 17, CommandStatus.ESME_RINVEXPIRY),
)
_SHORT_MESSAGE = (Field("short_message", Kind.SHORT_MESSAGE, 255, CommandStatus.ESME_RINVMSGLEN),)
_SYSTEM_ID = _text("system_id", MAX_SYSTEM_ID_CHARACTERS + 1, CommandStatus.ESME_RINVSYSID)
_PASSWORD = _text("password", 65, CommandStatus.ESME_RINVPASWD)

_BIND = (
    *_SYSTEM_ID,
    *_PASSWORD,
    *_text("system_type", 13, CommandStatus.ESME_RINVSYSTYP),
    *_integers("interface_version", "addr_ton", "addr_npi"),
    *_text("address_range", 41, CommandStatus.ESME_RBINDFAIL),
)

_MESSAGE_TAIL = (
    *_integers("esm_class", "protocol_id", "priority_flag"),
    *_TIMES,
    *_integers(
        "registered_delivery", "replace_if_present_flag", "data_coding", "sm_default_msg_id"
    ),
    *_SHORT_MESSAGE,
)
_MESSAGE = (*_SERVICE_TYPE, *_source(), *_destination(), *_MESSAGE_TAIL)

UNSUCCESS_FIELDS = (*_destination(), Field("error_status_code", Kind.INTEGER, 4))
"""One `UnsuccessSme`."""

_LAYOUTS = (
    Layout(pdu.GenericNack),
    Layout(pdu.BindReceiver, _BIND),
    Layout(pdu.BindReceiverResp, _SYSTEM_ID, has_tlvs=True),
    Layout(pdu.BindTransmitter, _BIND),
    Layout(pdu.BindTransmitterResp, _SYSTEM_ID, has_tlvs=True),
    Layout(pdu.BindTransceiver, _BIND),
    Layout(pdu.BindTransceiverResp, _SYSTEM_ID, has_tlvs=True),
    Layout(pdu.Outbind, (*_SYSTEM_ID, *_PASSWORD)),
    Layout(pdu.Unbind),
    Layout(pdu.UnbindResp),
    Layout(pdu.EnquireLink),
    Layout(pdu.EnquireLinkResp),
    Layout(pdu.SubmitSm, _MESSAGE, has_tlvs=True),
    Layout(pdu.SubmitSmResp, _MESSAGE_ID, has_tlvs=True),
    Layout(pdu.DeliverSm, _MESSAGE, has_tlvs=True),
    Layout(pdu.DeliverSmResp, _MESSAGE_ID, has_tlvs=True),
    Layout(
        pdu.SubmitMulti,
        (
            *_SERVICE_TYPE,
            *_source(),
            Field("dest_addresses", Kind.DESTINATIONS, 255, CommandStatus.ESME_RINVNUMDESTS),
            *_MESSAGE_TAIL,
        ),
        has_tlvs=True,
    ),
    Layout(
        pdu.SubmitMultiResp,
        (*_MESSAGE_ID, Field("unsuccess_smes", Kind.UNSUCCESS, 255)),
        has_tlvs=True,
    ),
    Layout(
        pdu.DataSm,
        (
            *_SERVICE_TYPE,
            *_source(65),
            *_destination(65),
            *_integers("esm_class", "registered_delivery", "data_coding"),
        ),
        has_tlvs=True,
    ),
    Layout(pdu.DataSmResp, _MESSAGE_ID, has_tlvs=True),
    Layout(pdu.QuerySm, (*_MESSAGE_ID, *_source())),
    Layout(
        pdu.QuerySmResp,
        (
            *_MESSAGE_ID,
            Field("final_date", Kind.TIME, 17),
            *_integers("message_state", "error_code"),
        ),
        has_tlvs=True,
    ),
    Layout(pdu.CancelSm, (*_SERVICE_TYPE, *_MESSAGE_ID, *_source(), *_destination())),
    Layout(pdu.CancelSmResp),
    Layout(
        pdu.ReplaceSm,
        (
            *_MESSAGE_ID,
            *_source(),
            *_TIMES,
            *_integers("registered_delivery", "sm_default_msg_id"),
            *_SHORT_MESSAGE,
        ),
    ),
    Layout(pdu.ReplaceSmResp),
    Layout(
        pdu.AlertNotification,
        (
            *_source(65),
            *_integers("esme_addr_ton", "esme_addr_npi"),
            *_text("esme_addr", 65, CommandStatus.ESME_RINVDSTADR),
        ),
        has_tlvs=True,
    ),
)

LAYOUTS: Mapping[int, Layout] = MappingProxyType(
    {int(layout.pdu_type.command_id): layout for layout in _LAYOUTS}
)
"""command_id to the body of the operation."""
