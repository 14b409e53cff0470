"""From a stream of octets to whole PDUs.

The picture: `_octets` is what is being read, from `_start` on; `_tail` is what arrived while
`_octets` still held something unread. In the usual case every read ends on a PDU boundary, `_tail`
stays empty, and a PDU costs one slice.

The two are joined only when the next PDU cannot be served from `_octets` and both together hold
`_wanted` octets, that is four (command_length) and then the whole PDU. So every octet is copied a
bounded number of times, whatever the split of the stream.

command_length is judged as soon as its four octets are there: a peer cannot make the framer keep
more than one read beyond `max_pdu_octets`.
"""

from __future__ import annotations

import struct

from otpblue_trio.smpp.constants import HEADER_OCTETS
from otpblue_trio.smpp.faults import FramingError

__all__ = ["Framer"]

_unpack_length = struct.Struct(">I").unpack_from
_LENGTH_OCTETS = 4
_SEQUENCE_NUMBER_AT = 12


class Framer:
    """Cuts one stream into PDUs; any split of the stream gives the same ones.

    Spec: SMPP 3.4, 3.2 (PDU format), 5.1.1 (command_length).

    Usage: `feed` what was read, then call `next_frame` until it returns None.

    Args:
      max_pdu_octets: the largest PDU that is taken, header included; at least 16.
    """

    __slots__ = ("_failure", "_max_pdu_octets", "_octets", "_start", "_tail", "_wanted")

    def __init__(self, max_pdu_octets: int) -> None:
        if max_pdu_octets < HEADER_OCTETS:
            raise ValueError(f"max_pdu_octets: {max_pdu_octets} is less than {HEADER_OCTETS}")
        self._max_pdu_octets = max_pdu_octets
        self._octets = b""
        self._start = 0
        self._tail = bytearray()
        self._wanted = _LENGTH_OCTETS
        self._failure: FramingError | None = None

    def feed(self, octets: bytes) -> None:
        """Take octets from the stream; the next frames come from `next_frame`.

        After a `FramingError` the octets are dropped.

        Args:
          octets: as read from the stream; any length, may be empty. Never changed; kept without a
            copy where that is possible.
        """
        if self._failure is not None:
            return
        if self._tail or self._start < len(self._octets):
            self._tail += octets
        else:
            self._octets = octets
            self._start = 0

    def next_frame(self) -> bytes | None:
        """Return the next whole PDU.

        Returns:
          One PDU of 16 to `max_pdu_octets` octets, header included; None when more octets are
          needed.

        Raises:
          FramingError: command_length outside that range (ESME_RINVCMDLEN). The stream is lost:
            every later call raises the same again.
        """
        start = self._start
        octets = self._octets
        size = len(octets)
        if self._wanted == _LENGTH_OCTETS and size - start >= HEADER_OCTETS:
            # The usual case, in few steps: a whole PDU with another one or nothing behind it.
            (length,) = _unpack_length(octets, start)
            end = start + length
            if HEADER_OCTETS <= length <= self._max_pdu_octets and end <= size:
                self._start = end
                return octets[start:end]
        return self._next_of_pieces(start, octets)

    def _next_of_pieces(self, start: int, octets: bytes) -> bytes | None:
        if self._failure is not None:
            raise self._failure.with_traceback(None)
        if len(octets) - start < self._wanted:
            if not self._join():
                if start == len(octets):
                    # An idle connection holds no read buffer.
                    self._octets = b""
                    self._start = 0
                return None
            start = 0
            octets = self._octets
        if self._wanted == _LENGTH_OCTETS:
            (length,) = _unpack_length(octets, start)
            if not HEADER_OCTETS <= length <= self._max_pdu_octets:
                raise self._fail(length)
            self._wanted = length
            if len(octets) - start < length:
                if not self._join():
                    return None
                start = 0
                octets = self._octets
        end = start + self._wanted
        self._wanted = _LENGTH_OCTETS
        self._start = end
        return octets[start:end]

    def _join(self) -> bool:
        """Move the tail to the octets being read if that gives `_wanted` of them."""
        if not self._tail or self.buffered_octets < self._wanted:
            return False
        self._octets = self._octets[self._start :] + self._tail
        self._start = 0
        self._tail.clear()
        return True

    def _fail(self, length: int) -> FramingError:
        header = self._octets[self._start :] + self._tail
        sequence_number = 0
        if len(header) >= HEADER_OCTETS:
            (sequence_number,) = _unpack_length(header, _SEQUENCE_NUMBER_AT)
        self._failure = FramingError(
            f"command_length {length} is not {HEADER_OCTETS} to {self._max_pdu_octets}",
            sequence_number,
        )
        self._octets = b""
        self._start = 0
        self._tail.clear()
        return self._failure

    @property
    def buffered_octets(self) -> int:
        """Octets taken that no frame has returned yet; 0 after a `FramingError`.

        After `next_frame` gave None they are the beginning of one PDU.
        """
        return len(self._octets) - self._start + len(self._tail)
