"""Reading answers, in every shape that HTTP/1.1 allows and in some that it does not."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otpblue_trio.upstream.http_answer import (
    MAX_ANSWER_OCTETS,
    MAX_BODY_OCTETS,
    AnswerError,
    AnswerReader,
)

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n"
)
TRAILER = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n"
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + PLAIN
CLOSING = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"
OLD = b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello"
OLD_KEPT = b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello"
BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 5\r\n\r\nhello"

WHOLE = [
    (PLAIN, 200, True),
    (CHUNKED, 200, True),
    (TRAILER, 200, True),
    (INTERIM, 200, True),
    (BAD_REQUEST, 400, True),
    (OLD_KEPT, 200, True),
    (OLD, 200, False),
    (CLOSING, 200, False),
]

UNTIL_CLOSE = [
    b"HTTP/1.1 200 OK\r\n\r\nhello",
    b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nhello",
    b"HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\nhello",
]


@pytest.mark.parametrize(("octets", "status", "is_reusable"), WHOLE)
def test_whole_answer_is_read(octets: bytes, status: int, is_reusable: bool) -> None:
    reader = AnswerReader()
    assert reader.feed(octets)
    assert (reader.status, reader.body, reader.is_reusable) == (status, b"hello", is_reusable)


@given(st.sampled_from(WHOLE), st.lists(st.integers(1, 160), max_size=12))
def test_any_split_gives_the_same_answer(whole: tuple[bytes, int, bool], cuts: list[int]) -> None:
    octets, status, is_reusable = whole
    reader = AnswerReader()
    edges = sorted({0, len(octets), *(cut for cut in cuts if cut < len(octets))})
    pieces = [octets[a:b] for a, b in pairwise(edges)]
    assert [reader.feed(piece) for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    assert (reader.status, reader.body, reader.is_reusable) == (status, b"hello", is_reusable)


def test_one_reader_reads_answer_after_answer() -> None:
    reader = AnswerReader()
    for octets in (PLAIN, CHUNKED, BAD_REQUEST, PLAIN):
        reader.begin()
        assert reader.feed(octets[:20]) is False
        assert reader.feed(octets[20:])
        assert (reader.body, reader.is_reusable) == (b"hello", True)


@pytest.mark.parametrize("octets", UNTIL_CLOSE)
def test_body_without_length_ends_with_the_connection(octets: bytes) -> None:
    reader = AnswerReader()
    assert not reader.feed(octets[:-2])
    assert not reader.feed(octets[-2:])
    assert reader.finish()
    assert (reader.status, reader.body, reader.is_reusable) == (200, b"hello", False)


@pytest.mark.parametrize(("octets", "_status", "_is_reusable"), WHOLE)
def test_answer_cut_short_is_not_completed_by_the_end(
    octets: bytes, _status: int, _is_reusable: bool
) -> None:
    for cut in range(len(octets)):
        reader = AnswerReader()
        assert not reader.feed(octets[:cut])
        assert not reader.finish()


@pytest.mark.parametrize("junk", [b"x", b"HTTP/1.1 2", PLAIN, b"\0", CLOSING])
@pytest.mark.parametrize("octets", [PLAIN, CHUNKED, CLOSING])
def test_answer_stands_before_junk_but_its_connection_is_done(octets: bytes, junk: bytes) -> None:
    reader = AnswerReader()
    assert reader.feed(octets + junk)
    assert (reader.status, reader.body, reader.is_reusable) == (200, b"hello", False)


@pytest.mark.parametrize(
    "octets",
    [
        b"<html><body>502 Bad Gateway</body></html>",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 9999 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        b"HTTP/1.1 200 OK\r\nBad Header\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
    ],
)
def test_octets_that_are_no_answer_are_an_error(octets: bytes) -> None:
    with pytest.raises(AnswerError):
        AnswerReader().feed(octets)


@pytest.mark.parametrize("framing", [b"Content-Length: %d\r\n", b"X: %d\r\n"])
def test_body_up_to_the_bound_passes_and_one_octet_more_does_not(framing: bytes) -> None:
    for length, fits in ((MAX_BODY_OCTETS, True), (MAX_BODY_OCTETS + 1, False)):
        reader = AnswerReader()
        octets = b"HTTP/1.1 200 OK\r\n" + framing % length + b"\r\n" + b"x" * length
        try:
            assert reader.feed(octets) or reader.finish()
            assert len(reader.body) == length
        except AnswerError:
            assert not fits
        else:
            assert fits


def feed_for_ever(reader: AnswerReader, octets: bytes) -> None:
    for _ in range(MAX_ANSWER_OCTETS):
        reader.feed(octets)


@pytest.mark.parametrize("octets", [b"X: y\r\n", b"\r\nHTTP/1.1 102 Processing\r\n"])
def test_head_without_end_is_bounded(octets: bytes) -> None:
    reader = AnswerReader()
    reader.feed(b"HTTP/1.1 102 Processing\r\n")
    with pytest.raises(AnswerError):
        feed_for_ever(reader, octets)


@given(st.binary(max_size=200), st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", PLAIN[:-3]]))
def test_any_octets_are_an_answer_or_the_documented_error(octets: bytes, start: bytes) -> None:
    reader = AnswerReader()
    try:
        reader.feed(start)
        reader.feed(octets)
        reader.finish()
    except AnswerError:
        pass
