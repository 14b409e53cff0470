"""One connection of a load test, up to its bind: where to, TLS, and the first request."""

from __future__ import annotations

import itertools
import re
import ssl
from typing import TYPE_CHECKING

import attrs
import trio

from otpblue_trio.smpp import (
    BindTransceiver,
    EnquireLink,
    Framer,
    FramingError,
    Pdu,
    Unbind,
    decode,
    encode,
    status_name,
)

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

__all__ = [
    "FAILURES",
    "MAX_PDU_OCTETS",
    "Link",
    "LoadError",
    "Target",
    "open_bound",
    "parse_target",
    "reason_of",
    "tls_context",
]

MAX_PDU_OCTETS = 65536

_TARGET = re.compile(r"(?:(tls|tcp)://)?(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/\[\]]+)):([0-9]{1,5})")


class LoadError(Exception):
    """The run could not be made."""


FAILURES = (OSError, trio.BrokenResourceError, trio.ClosedResourceError, FramingError, LoadError)
"""What becomes of a connection that cannot be made or ends."""


def reason_of(error: BaseException) -> str:
    """Return why a connection failed, in a few words."""
    return str(error.__cause__ or error) or type(error).__name__


@attrs.frozen
class Target:
    """A gateway to be loaded."""

    name: str
    host: str
    port: int
    tls: bool


def parse_target(text: str, *, tls: bool) -> Target:
    """Read `HOST:PORT`, `tls://HOST:PORT` or `tcp://HOST:PORT`; IPv6 addresses stand in brackets.

    Args:
      text: what is read.
      tls: whether to use TLS where the text does not say.

    Raises:
      ValueError: it is none of these.
    """
    found = _TARGET.fullmatch(text)
    if found is None or not 1 <= int(found[4]) <= 65535:
        raise ValueError(f"{text!r} is not [tls://]HOST:PORT")
    return Target(text, found[2] or found[3], int(found[4]), found[1] == "tls" if found[1] else tls)


class Link:
    """A connection that is or is to be bound.

    Attributes:
      stream: where octets go and come from.
      framer: holds what was read and not used.
      sequence: of our requests.
    """

    def __init__(self, stream: trio.abc.Stream) -> None:
        self.stream = stream
        self.framer = Framer(MAX_PDU_OCTETS)
        self.sequence = itertools.count(1)

    @classmethod
    async def open(cls, target: Target, context: ssl.SSLContext | None) -> Link:
        """Connect, and shake hands where there is a context.

        Raises:
          OSError, trio.BrokenResourceError: refused or lost.
        """
        stream: trio.abc.Stream = await trio.open_tcp_stream(target.host, target.port)
        if context is not None:
            secured = trio.SSLStream(
                stream, context, server_hostname=target.host, https_compatible=True
            )
            try:
                await secured.do_handshake()
            except BaseException:
                await trio.aclose_forcefully(stream)
                raise
            stream = secured
        return cls(stream)

    async def bind(self, options: argparse.Namespace) -> int:
        """Bind as a transceiver; return the command_status.

        Raises:
          LoadError: the connection was closed, or something else came.
        """
        request = BindTransceiver(
            sequence_number=next(self.sequence),
            system_id=options.system_id,
            password=options.password,
        )
        return (await self._request(request)).command_status

    async def unbind(self) -> int:
        """Unbind; return the command_status. Raises as `bind` does."""
        return (await self._request(Unbind(sequence_number=next(self.sequence)))).command_status

    async def enquire(self) -> None:
        """Send an enquire_link and wait for its answer. Raises as `bind` does."""
        await self._request(EnquireLink(sequence_number=next(self.sequence)))

    async def _request(self, request: Pdu) -> Pdu:
        await self.stream.send_all(encode(request))
        while True:
            while (frame := self.framer.next_frame()) is None:
                octets = await self.stream.receive_some(MAX_PDU_OCTETS)
                if not octets:
                    raise LoadError("the connection was closed instead of answered")
                self.framer.feed(bytes(octets))
            response = decode(frame)
            if response.is_response and response.sequence_number == request.sequence_number:
                return response

    async def close(self) -> None:
        """Close the connection as it is."""
        await trio.aclose_forcefully(self.stream)


def tls_context(options: argparse.Namespace) -> ssl.SSLContext:
    """Return what to trust."""
    context = ssl.create_default_context(cafile=options.ca)
    if options.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


async def open_bound(
    count: int,
    at_once: int,
    limit: float,
    target: Target,
    options: argparse.Namespace,
    take: Callable[[Link], None],
) -> None:
    """Open and bind connections, some at once.

    Args:
      count: how many.
      at_once: how many at once.
      limit: seconds for each.
      target: where to.
      options: login and trust.
      take: is given each one that is bound.

    Raises:
      LoadError: one of them could not be bound; all others are the caller's to close.
    """
    context = tls_context(options) if target.tls else None
    limiter = trio.CapacityLimiter(at_once)
    problems: list[LoadError] = []

    async def one(number: int) -> None:
        async with limiter:
            try:
                with trio.fail_after(limit):
                    link = await Link.open(target, context)
                    try:
                        status = await link.bind(options)
                        if status:
                            raise LoadError(f"bind refused: {status_name(status)}")
                    except BaseException:
                        await link.close()
                        raise
                take(link)
            except (*FAILURES, trio.TooSlowError) as error:
                problems.append(LoadError(f"session {number}: {reason_of(error)}"))
                nursery.cancel_scope.cancel()

    async with trio.open_nursery() as nursery:
        for number in range(1, count + 1):
            nursery.start_soon(one, number)
    if problems:
        raise problems[0]
