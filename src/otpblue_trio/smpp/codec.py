"""From a frame to a PDU and back.

The layout of every operation is data in `layout`. Requests are held to it, so that whatever
decodes is safe to act upon; responses are read leniently, because they are matched on their
sequence_number alone and deployed clients put anything into their bodies.
"""

from __future__ import annotations

import struct
from types import MappingProxyType
from typing import TYPE_CHECKING

from otpblue_trio.smpp.compiled import compile_reader, compile_writer
from otpblue_trio.smpp.constants import HEADER_OCTETS, RESPONSE_BIT, CommandId, CommandStatus
from otpblue_trio.smpp.faults import DecodeError, FieldFault, UnknownCommand
from otpblue_trio.smpp.layout import LAYOUTS
from otpblue_trio.smpp.pdu import (
    DataSmResp,
    GenericNack,
    QuerySmResp,
    SubmitMultiResp,
    SubmitSmResp,
)

if TYPE_CHECKING:
    from otpblue_trio.smpp.pdu import Pdu

__all__ = ["decode", "encode", "encode_message_id", "error_response"]

_unpack_header = struct.Struct(">4xIII").unpack_from
_pack_header = struct.Struct(">IIII").pack
(_MESSAGE_ID_OCTETS,) = (field.octets for field in LAYOUTS[CommandId.SUBMIT_SM_RESP].fields)
_READERS = MappingProxyType({key: compile_reader(layout) for key, layout in LAYOUTS.items()})
_WRITERS = MappingProxyType({key: compile_writer(layout) for key, layout in LAYOUTS.items()})


def decode(frame: bytes) -> Pdu:
    """Decode one PDU.

    Octets after the last field that SMPP 3.4 knows for the operation are ignored, and so are up to
    three NULs after the last optional parameter. Unknown, vendor and repeated optional parameters
    are kept. A request keeps a command_status that is not 0.

    Spec: SMPP 3.4, 3.2 and 4.

    Args:
      frame: as `Framer.next_frame` returns it; its command_length is not looked at again.

    Returns:
      The PDU. A response without a body, or with a broken one, has None in the fields it lacks.

    Raises:
      UnknownCommand: the command_id is unknown (ESME_RINVCMDID).
      DecodeError: a request breaks its layout; `command_status` is what an ESME expects for the
        field at fault. The stream is still good.
    """
    if len(frame) < HEADER_OCTETS:
        raise DecodeError(
            0, CommandStatus.ESME_RINVCMDLEN, 0, f"{len(frame)} octets are less than a header"
        )
    command_id, command_status, sequence_number = _unpack_header(frame)
    reader = _READERS.get(command_id)
    if reader is None:
        raise UnknownCommand(
            command_id, CommandStatus.ESME_RINVCMDID, sequence_number, "unknown command_id"
        )
    try:
        return reader(frame, command_status, sequence_number)
    except FieldFault as fault:
        raise DecodeError(command_id, fault.command_status, sequence_number, fault.reason) from None


def encode(pdu: Pdu) -> bytes:
    """Encode one PDU; `decode` of the result gives an equal one.

    A response whose body fields are all None (or empty tuples), and that has no optional
    parameters, is a header alone. Where only some are None those become empty strings and zeros.

    Args:
      pdu: what to send.

    Returns:
      The octets, header included.

    Raises:
      ValueError: a value cannot be put on the wire: too long, not Latin-1, with a NUL inside, or an
        integer out of range. The message names the field and the limit, not the content.
    """
    return _WRITERS[pdu.command_id](pdu)


def encode_message_id(command_id: int, sequence_number: int, message_id: str) -> bytes:
    """Return the response that accepts a message: `encode` of it, in less than half of the time.

    Args:
      command_id: of the message: submit_sm or data_sm.
      sequence_number: of the message.
      message_id: at most 64 characters.

    Raises:
      ValueError: as `encode` raises it.
    """
    if len(message_id) >= _MESSAGE_ID_OCTETS or not message_id.isascii() or "\0" in message_id:
        response_type = SubmitSmResp if command_id == CommandId.SUBMIT_SM else DataSmResp
        return encode(response_type(sequence_number=sequence_number, message_id=message_id))
    body = f"{message_id}\0".encode()
    return (
        _pack_header(HEADER_OCTETS + len(body), command_id | RESPONSE_BIT, 0, sequence_number)
        + body
    )


def error_response(command_id: int, command_status: int, sequence_number: int) -> Pdu:
    """Return the PDU that refuses a request.

    Most error responses are a header alone, which every deployed client decodes. Those of
    query_sm, data_sm and submit_multi carry a complete, empty body: one widely used client drops
    the link without it.

    Args:
      command_id: of the request, known or not.
      command_status: not 0.
      sequence_number: of the request.

    Returns:
      The request's own response, or generic_nack for an operation that has none.
    """
    layout = LAYOUTS.get(command_id | RESPONSE_BIT)
    response_type = GenericNack if layout is None else layout.pdu_type
    if issubclass(response_type, QuerySmResp | DataSmResp | SubmitMultiResp):
        return response_type(
            sequence_number=sequence_number, command_status=command_status, message_id=""
        )
    return response_type(sequence_number=sequence_number, command_status=command_status)
