"""The straight-line functions agree with the walk over the table."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otpblue_trio.smpp import Pdu, SubmitSm, SubmitSmResp, encode
from otpblue_trio.smpp.compiled import compile_reader, compile_writer
from otpblue_trio.smpp.faults import FieldFault
from otpblue_trio.smpp.layout import LAYOUTS
from otpblue_trio.smpp.walk import read_pdu, write_pdu
from otpblue_trio.testing.strategies import mutated, pdus

untimed = settings(deadline=None)


COMPILED = {
    layout.pdu_type: (layout, compile_reader(layout), compile_writer(layout))
    for layout in LAYOUTS.values()
}


def outcome(read: Callable[[], Pdu]) -> object:
    try:
        return read()
    except FieldFault as fault:
        return fault.command_status, fault.reason


@untimed
@given(pdus())
def test_writers_agree(pdu: Pdu) -> None:
    layout, _, write = COMPILED[type(pdu)]
    assert write(pdu) == write_pdu(layout, pdu)


@untimed
@given(st.data())
def test_readers_agree_on_sound_and_on_broken_octets(data: st.DataObject) -> None:
    layout, read, _ = data.draw(st.sampled_from(list(COMPILED.values())))
    sound = pdus(layout.pdu_type).map(encode)
    octets = data.draw(sound | mutated(sound) | st.binary(max_size=40).map(bytes(16).__add__))
    assert outcome(lambda: read(octets, 1, 2)) == outcome(lambda: read_pdu(layout, octets, 1, 2))


@pytest.mark.parametrize(
    "pdu",
    [
        SubmitSm(source_addr_ton=0x100),
        SubmitSm(source_addr_ton=-1),
        SubmitSm(source_addr_ton=0x110000),
        SubmitSm(short_message=bytes(256)),
        SubmitSm(service_type="код"),
        SubmitSm(sequence_number=-1),
        SubmitSmResp(command_status=0x100000000),
    ],
    ids=str,
)
def test_writers_leave_faults_to_the_walk(pdu: Pdu) -> None:
    layout, _, write = COMPILED[type(pdu)]
    with pytest.raises(ValueError, match=r"[a-z_]+(:| has) ") as walked:
        write_pdu(layout, pdu)
    with pytest.raises(ValueError, match=r"[a-z_]+(:| has) ") as written:
        write(pdu)
    assert str(written.value) == str(walked.value)
