"""Hypothesis strategies for SMPP: PDUs of every operation, broken ones, and split streams.

They are made from the codec's own layout table, so that a new field is tested from its first day.
Hypothesis has to be installed to import this module; nothing else in the package needs it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from otpblue_trio.smpp import (
    DistributionList,
    Pdu,
    SmeAddress,
    Tlv,
    TlvTag,
    UnsuccessSme,
)
from otpblue_trio.smpp.layout import LAYOUTS, Field, Kind, Layout
from otpblue_trio.smpp.tlv import FIXED_TLV_OCTETS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hypothesis.strategies import SearchStrategy

__all__ = ["chunked", "mutated", "pdus", "tlvs"]

_MAX_TLVS = 3
_MAX_TLV_OCTETS = 40
_MAX_RECORDS = 3
_UINT8 = st.integers(0, 0xFF)
_UINT16 = st.integers(0, 0xFFFF)
_UINT32 = st.integers(0, 0xFFFFFFFF)


def _c_octets(min_size: int, max_size: int) -> SearchStrategy[str]:
    return st.text(
        st.characters(min_codepoint=0x01, max_codepoint=0xFF), min_size=min_size, max_size=max_size
    )


def tlvs() -> SearchStrategy[Tlv]:
    """Return a strategy for optional parameters, known and unknown ones, of the right lengths."""

    def with_value(tag: int) -> SearchStrategy[Tlv]:
        octets = FIXED_TLV_OCTETS.get(tag)
        least, most = (0, _MAX_TLV_OCTETS) if octets is None else (octets, octets)
        return st.builds(Tlv, st.just(tag), st.binary(min_size=least, max_size=most))

    return (st.sampled_from([int(tag) for tag in TlvTag]) | _UINT16).flatmap(with_value)


def pdus(*pdu_types: type[Pdu]) -> SearchStrategy[Pdu]:
    """Return a strategy for PDUs within every limit: `decode(encode(pdu)) == pdu`.

    Args:
      pdu_types: which operations; none: all of them.
    """
    return st.one_of(
        [
            _operation(layout)
            for layout in LAYOUTS.values()
            if not pdu_types or layout.pdu_type in pdu_types
        ]
    )


def mutated(pdus_as_octets: SearchStrategy[bytes]) -> SearchStrategy[bytes]:
    """Return a strategy for encoded PDUs that are cut short or have one octet changed.

    The header is left whole but for its command_length, which fits the result.

    Args:
      pdus_as_octets: whole PDUs.
    """

    @st.composite
    def mutate(draw: st.DrawFn) -> bytes:
        octets = bytearray(draw(pdus_as_octets))
        at = draw(st.integers(16, len(octets)))
        if at == len(octets) or draw(st.booleans()):
            del octets[at:]
        else:
            octets[at] = draw(_UINT8)
        octets[:4] = len(octets).to_bytes(4, "big")
        return bytes(octets)

    return mutate()


def chunked(octets: bytes) -> SearchStrategy[list[bytes]]:
    """Return a strategy for the ways to split a stream; empty chunks are among them.

    Args:
      octets: the stream; the chunks of every example give it when joined.
    """

    def split(cuts: Iterable[int]) -> list[bytes]:
        edges = [0, *sorted(cuts), len(octets)]
        return [octets[a:b] for a, b in pairwise(edges)]

    return st.lists(st.integers(0, len(octets)), max_size=20).map(split)


def _operation(layout: Layout) -> SearchStrategy[Pdu]:
    header = {"sequence_number": _UINT32, "command_status": _UINT32}
    body = {field.name: _value(field) for field in layout.fields}
    if layout.has_tlvs:
        body["tlvs"] = st.lists(tlvs(), max_size=_MAX_TLVS).map(tuple)
    whole: SearchStrategy[Pdu] = st.builds(layout.pdu_type, **header, **body)
    if not (layout.is_response and layout.fields):
        return whole
    return whole | st.builds(layout.pdu_type, **header)


# Any: the value's type depends on the field's kind.
def _value(field: Field) -> SearchStrategy[Any]:
    match field.kind:
        case Kind.INTEGER:
            return _UINT8 if field.octets == 1 else _UINT32
        case Kind.TEXT:
            return _c_octets(0, field.octets - 1)
        case Kind.TIME:
            return st.just("") | _c_octets(field.octets - 1, field.octets - 1)
        case Kind.SHORT_MESSAGE:
            return st.binary(max_size=field.octets)
        case Kind.DESTINATIONS:
            destinations = st.builds(SmeAddress, **_number()) | st.builds(
                DistributionList, dl_name=_c_octets(0, 20)
            )
            return st.lists(destinations, max_size=_MAX_RECORDS).map(tuple)
        case Kind.UNSUCCESS:
            failures = st.builds(UnsuccessSme, **_number(), error_status_code=_UINT32)
            return st.lists(failures, max_size=_MAX_RECORDS).map(tuple)


def _number() -> dict[str, SearchStrategy[Any]]:
    return {
        "dest_addr_ton": _UINT8,
        "dest_addr_npi": _UINT8,
        "destination_addr": _c_octets(0, 21),
    }
