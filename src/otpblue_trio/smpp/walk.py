"""Reading and writing a body field by field from the layout table.

This is the complete reader and writer: it takes every operation and finds the field at fault. The
straight-line code in `compiled` takes the sound PDUs of the common operations and hands the rest
to here.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from otpblue_trio.smpp.constants import HEADER_OCTETS, CommandStatus
from otpblue_trio.smpp.faults import FieldFault
from otpblue_trio.smpp.layout import UNSUCCESS_FIELDS, Field, Kind, Layout
from otpblue_trio.smpp.pdu import DistributionList, SmeAddress, UnsuccessSme
from otpblue_trio.smpp.tlv import encode_tlvs, parse_tlvs, parse_tlvs_leniently

if TYPE_CHECKING:
    from collections.abc import Iterable

    from otpblue_trio.smpp.pdu import Pdu

__all__ = ["read_pdu", "write_pdu"]

_HEADER = struct.Struct(">IIII")
_DEST_FLAG_SME = 1
_DEST_FLAG_LIST = 2

_DEST_FLAG = Field("dest_flag", Kind.INTEGER, 1)
_DL_NAME = Field("dl_name", Kind.TEXT, 21, CommandStatus.ESME_RINVDLNAME)
_SME_FIELDS = UNSUCCESS_FIELDS[:-1]


class _Reader:
    """Takes fields off one PDU; `at` is the offset of the next one.

    A lenient reader takes a string of any length and lets the last one end without its NUL.
    """

    def __init__(self, octets: bytes, *, is_lenient: bool) -> None:
        self._octets = octets
        self._is_lenient = is_lenient
        self.at = HEADER_OCTETS

    @property
    def has_more(self) -> bool:
        return self.at < len(self._octets)

    # A field's type depends on its kind, which no annotation can follow: hence Any, here and below.
    def field(self, field: Field) -> Any:
        match field.kind:
            case Kind.INTEGER:
                return int.from_bytes(self._take(field.name, field.octets), "big")
            case Kind.TEXT | Kind.TIME:
                return self._string(field)
            case Kind.SHORT_MESSAGE:
                return self._short_message(field)
            case Kind.DESTINATIONS:
                count = self._take("number_of_dests", 1)[0]
                return tuple([self._destination() for _ in range(count)])
            case Kind.UNSUCCESS:
                count = self._take("no_unsuccess", 1)[0]
                return tuple([self._unsuccess() for _ in range(count)])

    def _take(self, name: str, octets: int) -> bytes:
        taken = self._octets[self.at : self.at + octets]
        if len(taken) < octets:
            raise FieldFault(CommandStatus.ESME_RINVCMDLEN, f"the body ends before {name}")
        self.at += octets
        return taken

    def _string(self, field: Field) -> str:
        if not self.has_more:
            raise FieldFault(CommandStatus.ESME_RINVCMDLEN, f"the body ends before {field.name}")
        end = self._octets.find(0, self.at)
        if end < 0:
            end = len(self._octets)
            if not self._is_lenient:
                raise FieldFault(field.status, f"{field.name} does not end in NUL")
        length = end - self.at
        if not self._is_lenient:
            fault = _length_fault(field, length)
            if fault:
                raise FieldFault(field.status, fault)
        text = self._octets[self.at : end].decode("latin-1")
        self.at = end + 1
        return text

    def _short_message(self, field: Field) -> bytes:
        length = self._take("sm_length", 1)[0]
        message = self._octets[self.at : self.at + length]
        if len(message) < length:
            raise FieldFault(
                field.status, f"sm_length is {length}, but {len(message)} octets are left"
            )
        self.at += length
        return message

    def _destination(self) -> SmeAddress | DistributionList:
        flag = self.field(_DEST_FLAG)
        if flag == _DEST_FLAG_SME:
            return SmeAddress(**{field.name: self.field(field) for field in _SME_FIELDS})
        if flag == _DEST_FLAG_LIST:
            return DistributionList(dl_name=self.field(_DL_NAME))
        raise FieldFault(CommandStatus.ESME_RINVDESTFLAG, f"dest_flag {flag} is not 1 or 2")

    def _unsuccess(self) -> UnsuccessSme:
        return UnsuccessSme(**{field.name: self.field(field) for field in UNSUCCESS_FIELDS})


def _length_fault(field: Field, length: int) -> str:
    """Return what is wrong with the length of a string, or an empty text."""
    limit = field.octets - 1
    if field.kind is Kind.TIME:
        if length not in {0, limit}:
            return f"{field.name} has {length} characters, not 0 or {limit}"
    elif length > limit:
        return f"{field.name} has {length} characters, more than {limit}"
    return ""


def read_pdu(layout: Layout, octets: bytes, command_status: int, sequence_number: int) -> Pdu:
    """Read one PDU field by field.

    A response keeps the fields that are whole; the others stay None.

    Args:
      layout: of the operation.
      octets: the whole PDU; its header is read already.
      command_status: from the header.
      sequence_number: from the header.

    Returns:
      The PDU.

    Raises:
      FieldFault: a request breaks its layout.
    """
    values: dict[str, Any] = {}
    reader = _Reader(octets, is_lenient=layout.is_response)
    try:
        for field in layout.fields:
            values[field.name] = reader.field(field)
    except FieldFault:
        if not layout.is_response:
            raise
    else:
        if layout.has_tlvs and reader.has_more:
            parse = parse_tlvs_leniently if layout.is_response else parse_tlvs
            values["tlvs"] = parse(octets, reader.at)
    return layout.pdu_type(sequence_number=sequence_number, command_status=command_status, **values)


def write_pdu(layout: Layout, pdu: Pdu) -> bytes:
    """Write one PDU field by field.

    Args:
      layout: of the operation.
      pdu: what to write.

    Returns:
      The octets, header included.

    Raises:
      ValueError: a value cannot be put on the wire; the message names field and limit.
    """
    tlvs = getattr(pdu, "tlvs", ())
    values = [(field, getattr(pdu, field.name)) for field in layout.fields]
    body = b""
    if tlvs or not layout.is_response or any(not _is_absent(value) for _, value in values):
        body = b"".join(_field_octets(field, value) for field, value in values)
        body += encode_tlvs(tlvs)
    for name in ("command_status", "sequence_number"):
        value = getattr(pdu, name)
        if not 0 <= value <= 0xFFFFFFFF:
            raise ValueError(f"{name}: {value} is not 0 to {0xFFFFFFFF}")
    return (
        _HEADER.pack(
            HEADER_OCTETS + len(body), pdu.command_id, pdu.command_status, pdu.sequence_number
        )
        + body
    )


def _is_absent(value: object) -> bool:
    return value is None or value == ()


def _field_octets(field: Field, value: Any) -> bytes:
    match field.kind:
        case Kind.INTEGER:
            return _integer_octets(field, 0 if value is None else value)
        case Kind.TEXT | Kind.TIME:
            return _string_octets(field, "" if value is None else value)
        case Kind.SHORT_MESSAGE:
            return _count_octet(field, value) + bytes(value)
        case Kind.DESTINATIONS:
            return _count_octet(field, value) + b"".join(map(_destination_octets, value))
        case Kind.UNSUCCESS:
            return _count_octet(field, value) + b"".join(
                _record_octets(UNSUCCESS_FIELDS, sme) for sme in value
            )


def _integer_octets(field: Field, value: int) -> bytes:
    highest = (1 << 8 * field.octets) - 1
    if not 0 <= value <= highest:
        raise ValueError(f"{field.name}: {value} is not 0 to {highest}")
    return value.to_bytes(field.octets, "big")


def _string_octets(field: Field, text: str) -> bytes:
    fault = _length_fault(field, len(text))
    if fault:
        raise ValueError(fault)
    try:
        octets = text.encode("latin-1")
    except UnicodeEncodeError as error:
        # `from None`: the UnicodeEncodeError would carry the text.
        raise ValueError(f"{field.name}: character {error.start} is not Latin-1") from None
    if 0 in octets:
        raise ValueError(f"{field.name} holds a NUL")
    return octets + b"\0"


def _count_octet(field: Field, value: bytes | tuple[object, ...]) -> bytes:
    if len(value) > field.octets:
        raise ValueError(f"{field.name} has length {len(value)}, more than {field.octets}")
    return bytes((len(value),))


def _record_octets(fields: Iterable[Field], record: object) -> bytes:
    return b"".join(_field_octets(field, getattr(record, field.name)) for field in fields)


def _destination_octets(destination: SmeAddress | DistributionList) -> bytes:
    if isinstance(destination, SmeAddress):
        return bytes((_DEST_FLAG_SME,)) + _record_octets(_SME_FIELDS, destination)
    return bytes((_DEST_FLAG_LIST,)) + _field_octets(_DL_NAME, destination.dl_name)
