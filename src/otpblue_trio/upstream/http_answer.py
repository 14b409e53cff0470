"""Reading answers: octets of a connection in, status and body out.

`httptools` (the parser of Node.js) does the reading, one parser for the life of a connection. What
this module adds is what a client that must never mistake one answer for another needs:

- An interim answer (1xx) is read over; it is not the answer.
- A whole answer stands even when junk follows it, but then the connection is not used again.
- An answer without a length ends with the connection. The parser does not tell that case from an
  answer cut short, so the octets of an unfinished answer are kept, and at the end of the stream a
  second parser looks for the headers that frame a body. Whole answers, which is nearly all of them,
  pay nothing for it: no call for each header.
- Everything is bounded.
"""

from __future__ import annotations

import httptools

from otpblue_trio.errors import OtpBlueError

__all__ = ["MAX_ANSWER_OCTETS", "MAX_BODY_OCTETS", "AnswerError", "AnswerReader"]

MAX_BODY_OCTETS = 65_536
"""A real answer has about 200; pages of proxies a few thousand."""
MAX_ANSWER_OCTETS = 2 * MAX_BODY_OCTETS
"""Head, interim answers, chunk framing and body together."""

_FRAMING_HEADERS = frozenset({b"content-length", b"transfer-encoding"})


class AnswerError(OtpBlueError):
    """These octets are no HTTP answer, or one that is too large; the stream is lost."""


class AnswerReader:
    """Reads one answer after another: `begin`, then `feed` until it returns True.

    `status`, `body` and `is_reusable` hold from then until the next `begin`.
    """

    __slots__ = (
        "_has_head",
        "_is_complete",
        "_is_interim",
        "_parser",
        "_received",
        "body",
        "is_reusable",
        "status",
    )

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self.begin()

    def end(self) -> None:
        """Read nothing more; what was read stays.

        Reader and parser hold each other, and with them the last answer, until the garbage
        collector comes, which is rare in a gateway.
        """
        del self._parser

    def begin(self) -> None:
        """Get ready for the answer to the next request."""
        self._received = b""
        self._has_head = self._is_complete = self._is_interim = False
        self.status = 0
        """The status of the answer, 0 while its head is incomplete."""
        self.body: bytes | bytearray = b""
        """The body as far as it came, freed from its transfer coding."""
        self.is_reusable = False
        """True when the connection may carry another request after this answer."""

    def feed(self, octets: bytes) -> bool:
        """Take octets from the stream; return True once the answer is whole.

        Raises:
          AnswerError: no HTTP/1.x answer, contradictory lengths, a switch to another protocol, or
            an answer beyond the bounds. The connection cannot be used again.
        """
        try:
            self._parser.feed_data(octets)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            if not self._is_complete:
                raise AnswerError("not an HTTP answer") from error
            self.is_reusable = False
        if len(self.body) > MAX_BODY_OCTETS:
            raise AnswerError(f"body over {MAX_BODY_OCTETS} octets")
        if self._is_complete:
            return True
        self._received += octets
        if len(self._received) > MAX_ANSWER_OCTETS:
            raise AnswerError(f"answer over {MAX_ANSWER_OCTETS} octets")
        return False

    def finish(self) -> bool:
        """Take note of the end of the stream; return True when that completes the answer.

        It does so only for a body framed by the end of the connection (RFC 9112, 6.3, rule 8).
        """
        if not self._has_head or self._parser.should_keep_alive():
            return False
        framing = _Framing()
        httptools.HttpResponseParser(framing).feed_data(self._received)
        return not framing.is_told

    def on_message_begin(self) -> None:
        """Parser callback: the first octet of an answer."""
        if self._is_complete:
            self.is_reusable = False

    def on_headers_complete(self) -> None:
        """Parser callback: status and headers are read."""
        if self._is_complete:
            return
        status = self._parser.get_status_code()
        if 100 <= status < 200:
            self._is_interim = True
        else:
            self.status = status
            self._has_head = True

    def on_body(self, octets: bytes) -> None:
        """Parser callback: a piece of the body."""
        if self._is_complete:
            return
        if not self.body:
            # Nearly always the only piece.
            self.body = octets
            return
        if isinstance(self.body, bytes):
            self.body = bytearray(self.body)
        self.body += octets

    def on_message_complete(self) -> None:
        """Parser callback: an answer, interim or final, is whole."""
        if self._is_interim:
            self._is_interim = False
        elif not self._is_complete:
            self._is_complete = True
            self.is_reusable = self._parser.should_keep_alive()


class _Framing:
    """Finds out whether an answer's head says where its body ends."""

    __slots__ = ("is_told",)

    def on_message_begin(self) -> None:
        self.is_told = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() in _FRAMING_HEADERS:
            self.is_told = True
