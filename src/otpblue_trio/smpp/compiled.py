"""Straight-line readers and writers, made at import from the layout table.

Reading and writing PDUs is the gateway's most frequent work, and a loop over the table costs
several times what the work itself does. So an operation whose fields are plain gets two functions
of its own, written out from the table:

- Reading: one regular expression takes the whole mandatory part, with one group for each string
  and one for each run of integers; a run unpacks straight into its fields. Strings exclude NUL, so
  a field can end in one place only and matching takes linear time.
- Writing: one `%` makes the mandatory part as text, where `%c` is an integer of one octet; Latin-1
  turns the text into octets and refuses whatever is above 0xFF.

Neither explains a fault. What is not plain and sound goes to `walk`, which reads and writes
everything; the two agree on all the rest.
"""

from __future__ import annotations

import re
import struct
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

from otpblue_trio.smpp.constants import HEADER_OCTETS
from otpblue_trio.smpp.layout import Field, Kind, Layout
from otpblue_trio.smpp.tlv import encode_tlvs, parse_tlvs, parse_tlvs_leniently
from otpblue_trio.smpp.walk import read_pdu, write_pdu

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from otpblue_trio.smpp.pdu import Pdu

    Reader = Callable[[bytes, int, int], Pdu]
    Writer = Callable[[Pdu], bytes]

__all__ = ["compile_reader", "compile_writer"]


def compile_reader(layout: Layout) -> Reader:
    """Make the reader of one operation.

    Args:
      layout: of the operation.

    Returns:
      A function of the whole PDU, its command_status and its sequence_number that returns the PDU
      and raises `FieldFault` as `walk.read_pdu` does.
    """
    if not _is_plain(layout):
        return partial(read_pdu, layout)
    pattern = b""
    groups = []
    assignments = []
    for is_integers, run in groupby(_plain_fields(layout), _is_integer):
        fields = list(run)
        if is_integers:
            pattern += b"(.{%d})" % len(fields)
            groups.append(f"run_{fields[0].name}")
            targets = "".join(f"{_target(field)}, " for field in fields)
            assignments.append(f"{targets}= {groups[-1]}")
            continue
        for field in fields:
            text = b"[^\\0]{%d}" if field.kind is Kind.TIME else b"[^\\0]{1,%d}"
            pattern += b"(|" + text % (field.octets - 1) + b")\\0"
            groups.append(field.name)
            assignments.append(
                f"{_target(field)} = {field.name}.decode('latin-1') if {field.name} else ''"
            )
    lines = [
        "found = match(octets, HEADER_OCTETS)",
        "if found is None:",
        "    return read_pdu(layout, octets, command_status, sequence_number)",
        *([f"{', '.join(groups)}, = found.groups()"] if groups else []),
        "pdu = new(pdu_type)",
        "pdu.command_status = command_status",
        "pdu.sequence_number = sequence_number",
        *assignments,
        "end = found.end()",
    ]
    if _has_short_message(layout):
        lines += [
            "start = end",
            "end += sm_length",
            "if end > len(octets):",
            "    return read_pdu(layout, octets, command_status, sequence_number)",
            "pdu.short_message = octets[start:end]",
        ]
    if layout.has_tlvs:
        lines.append("pdu.tlvs = parse_tlvs(octets, end) if end != len(octets) else ()")
    lines.append("return pdu")
    reader: Reader = _define(
        "octets, command_status, sequence_number",
        lines,
        layout,
        match=re.compile(pattern, re.DOTALL).match,
        new=object.__new__,
        parse_tlvs=parse_tlvs_leniently if layout.is_response else parse_tlvs,
        read_pdu=read_pdu,
    )
    return reader


def compile_writer(layout: Layout) -> Writer:
    """Make the writer of one operation.

    Args:
      layout: of the operation.

    Returns:
      A function that returns the octets of a PDU and raises `ValueError` as `walk.write_pdu` does.
    """
    if not _is_plain(layout):
        return partial(write_pdu, layout)
    text = ""
    checks = []
    for field in _plain_fields(layout):
        if field.kind is Kind.INTEGER:
            text += "%c"
            continue
        text += "%s\0"
        limit = field.octets - 1
        is_wrong = f"not in (0, {limit})" if field.kind is Kind.TIME else f"> {limit}"
        checks.append(f"len({field.name}) {is_wrong} or '\\0' in {field.name}")
    names = [field.name for field in _plain_fields(layout)]
    lines = [f"{field.name} = pdu.{field.name}" for field in layout.fields]
    if layout.has_tlvs:
        lines.append("tlvs = pdu.tlvs")
    head = "pack({}, command_id, pdu.command_status, pdu.sequence_number)"
    lines.append("try:")
    if layout.is_response and layout.fields:
        absent = " and ".join(f"{field.name} is None" for field in layout.fields)
        lines += [
            f"    if {absent} and not tlvs:",
            f"        return {head.format(HEADER_OCTETS)}",
        ]
    if _has_short_message(layout):
        lines.append("    sm_length = len(short_message)")
    if checks:
        lines.append(f"    if not ({' or '.join(checks)}):")
    else:
        lines.append("    if True:")
    lines.append(
        f"        body = (text % ({''.join(f'{name}, ' for name in names)})).encode('latin-1')"
    )
    if _has_short_message(layout):
        lines.append("        body += short_message")
    if layout.has_tlvs:
        lines += [
            "        if tlvs:",
            "            body += encode_tlvs(tlvs)",
        ]
    lines += [
        f"        return {head.format('HEADER_OCTETS + len(body)')} + body",
        "except faults:",
        "    pass",
        "return write_pdu(layout, pdu)",
    ]
    writer: Writer = _define(
        "pdu",
        lines,
        layout,
        command_id=int(layout.pdu_type.command_id),
        encode_tlvs=encode_tlvs,
        faults=(ValueError, TypeError, OverflowError, struct.error),
        pack=struct.Struct(">IIII").pack,
        text=text,
        write_pdu=write_pdu,
    )
    return writer


_SM_LENGTH = Field("sm_length", Kind.INTEGER, 1)
_PLAIN_KINDS = {Kind.INTEGER, Kind.TEXT, Kind.TIME, Kind.SHORT_MESSAGE}


def _is_plain(layout: Layout) -> bool:
    """Tell whether an operation has nothing but short integers, strings and, last, its text."""
    return all(field.kind in _PLAIN_KINDS for field in layout.fields)


def _has_short_message(layout: Layout) -> bool:
    return any(field.kind is Kind.SHORT_MESSAGE for field in layout.fields)


def _plain_fields(layout: Layout) -> Sequence[Field]:
    """Return the fields up to the text, which is represented by its length."""
    return [_SM_LENGTH if f.kind is Kind.SHORT_MESSAGE else f for f in layout.fields]


def _is_integer(field: Field) -> bool:
    return field.kind is Kind.INTEGER


def _target(field: Field) -> str:
    return field.name if field is _SM_LENGTH else f"pdu.{field.name}"


# Any: what the generated function takes and returns is known to the two callers above alone.
def _define(parameters: str, lines: Sequence[str], layout: Layout, **names: Any) -> Any:
    namespace = {
        "HEADER_OCTETS": HEADER_OCTETS,
        "layout": layout,
        "pdu_type": layout.pdu_type,
        **names,
    }
    body = "\n".join(f"    {line}" for line in lines)
    source = f"def {layout.pdu_type.__name__}({parameters}):\n{body}\n"
    # The text is made of this file and the layout table alone, never of anything from outside.
    exec(compile(source, f"<{__name__} {layout.pdu_type.__name__}>", "exec"), namespace)  # noqa: S102
    return namespace[layout.pdu_type.__name__]
