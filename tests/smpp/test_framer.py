"""From a stream of octets to whole PDUs."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otpblue_trio.smpp import CommandStatus, Framer, FramingError
from otpblue_trio.testing.strategies import chunked

untimed = settings(deadline=None)


MAX = 64


def frame_of(octets: int, fill: bytes = b"x") -> bytes:
    return struct.pack(">IIII", octets, 0x15, 0, 7) + fill * (octets - 16)


def frames_of(framer: Framer, *chunks: bytes) -> list[bytes]:
    frames = []
    for chunk in chunks:
        framer.feed(chunk)
        while (frame := framer.next_frame()) is not None:
            frames.append(frame)
    return frames


def test_frames_come_out_in_wire_order() -> None:
    stream = [frame_of(16), frame_of(20), frame_of(17)]
    assert frames_of(Framer(MAX), b"".join(stream)) == stream


def test_frame_comes_out_of_single_octets() -> None:
    frame = frame_of(30)
    assert frames_of(Framer(MAX), *[bytes((octet,)) for octet in frame]) == [frame]


@untimed
@given(st.data())
def test_any_split_gives_the_same_frames(data: st.DataObject) -> None:
    lengths = data.draw(st.lists(st.integers(16, MAX), max_size=8))
    stream = [frame_of(length, bytes((length,))) for length in lengths]
    chunks = data.draw(chunked(b"".join(stream)))
    assert frames_of(Framer(MAX), *chunks) == stream


@untimed
@given(st.data())
def test_frames_come_out_alike_when_they_are_asked_for_late(data: st.DataObject) -> None:
    lengths = data.draw(st.lists(st.integers(16, MAX), max_size=8))
    stream = [frame_of(length, bytes((length,))) for length in lengths]
    framer = Framer(MAX)
    for chunk in data.draw(chunked(b"".join(stream))):
        framer.feed(chunk)
        if data.draw(st.booleans()):
            break_early = framer.next_frame()
            if break_early is not None:
                assert break_early == stream.pop(0)
    assert frames_of(framer, b"") == stream


def test_stream_split_in_single_octets_is_copied_a_bounded_number_of_times() -> None:
    joined = 0

    class CountingFramer(Framer):
        def _join(self) -> bool:
            nonlocal joined
            done = super()._join()
            joined += done
            return done

    frame = frame_of(65536)
    framer = CountingFramer(65536)
    assert frames_of(framer, *[bytes((octet,)) for octet in frame]) == [frame]
    assert joined == 2


@pytest.mark.parametrize("length", [0, 1, 4, 8, 15, MAX + 1, 0x7FFFFFFF, 0xFFFFFFFF])
def test_command_length_outside_the_limits_is_refused(length: int) -> None:
    framer = Framer(MAX)
    framer.feed(struct.pack(">I", length))
    with pytest.raises(FramingError) as caught:
        framer.next_frame()
    assert caught.value.command_status == CommandStatus.ESME_RINVCMDLEN


@pytest.mark.parametrize("length", [16, 17, MAX - 1, MAX])
def test_command_length_at_the_limits_is_taken(length: int) -> None:
    assert frames_of(Framer(MAX), frame_of(length)) == [frame_of(length)]


def test_framing_error_echoes_the_sequence_number_of_a_whole_header() -> None:
    framer = Framer(MAX)
    framer.feed(struct.pack(">IIII", MAX + 1, 4, 0, 99))
    with pytest.raises(FramingError) as caught:
        framer.next_frame()
    assert caught.value.sequence_number == 99


def test_framing_error_has_sequence_number_0_for_part_of_a_header() -> None:
    framer = Framer(MAX)
    framer.feed(struct.pack(">III", 4, 4, 0))
    with pytest.raises(FramingError) as caught:
        framer.next_frame()
    assert caught.value.sequence_number == 0


def test_sequence_number_is_found_where_the_header_came_in_two_reads() -> None:
    header = struct.pack(">IIII", MAX + 1, 4, 0, 99)
    framer = Framer(MAX)
    framer.feed(header[:2])
    assert framer.next_frame() is None
    framer.feed(header[2:])
    with pytest.raises(FramingError) as caught:
        framer.next_frame()
    assert caught.value.sequence_number == 99


@pytest.mark.parametrize(
    "opening",
    [
        b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n",
        bytes.fromhex("16030102000100fc0303"),
        b"AMQP\x00\x00\x09\x01",
        bytes.fromhex("0300001300000000000000000000000000"),
    ],
    ids=["http", "tls", "amqp", "rdp"],
)
def test_other_protocols_are_refused_from_their_first_octets(opening: bytes) -> None:
    framer = Framer(65536)
    framer.feed(opening)
    with pytest.raises(FramingError):
        framer.next_frame()


def test_framer_stays_failed_and_keeps_nothing() -> None:
    framer = Framer(MAX)
    framer.feed(frame_of(16) + bytes(16) + frame_of(16))
    assert framer.next_frame() == frame_of(16)
    for _ in range(2):
        with pytest.raises(FramingError):
            framer.next_frame()
        framer.feed(frame_of(16))
        assert framer.buffered_octets == 0


def test_incomplete_pdu_is_reported() -> None:
    framer = Framer(MAX)
    framer.feed(frame_of(20)[:18])
    assert framer.next_frame() is None
    assert framer.buffered_octets == 18


@pytest.mark.parametrize("chunks", [[], [b""], [frame_of(20)], [frame_of(20)[:18], b"xx"]])
def test_nothing_is_incomplete_between_pdus(chunks: list[bytes]) -> None:
    framer = Framer(MAX)
    frames_of(framer, *chunks)
    assert framer.buffered_octets == 0


def test_limit_below_a_header_is_refused() -> None:
    Framer(16)
    with pytest.raises(ValueError, match="max_pdu_octets"):
        Framer(15)
