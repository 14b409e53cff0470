"""One connection of a load test, up to its bind: where to, TLS, and the first request."""

from __future__ import annotations

import itertools
import os
import re
import socket
import ssl
from typing import TYPE_CHECKING

import attrs
import trio

from otpblue_trio.esme import secured
from otpblue_trio.smpp import (
    BindTransceiver,
    BindTransceiverResp,
    DecodeError,
    EnquireLink,
    EnquireLinkResp,
    Framer,
    FramingError,
    GenericNack,
    Pdu,
    Unbind,
    UnbindResp,
    command_name,
    decode,
    encode,
    status_name,
)

if TYPE_CHECKING:
    import argparse
    from collections import Counter
    from collections.abc import Callable

__all__ = [
    "FAILURES",
    "MAX_PDU_OCTETS",
    "UNBIND_LIMIT",
    "Link",
    "LinkLost",
    "LoadError",
    "Target",
    "open_bound",
    "parse_target",
    "reason_of",
    "tls_context",
]

MAX_PDU_OCTETS = 65536
BINDS_AT_ONCE = 32
UNBIND_LIMIT = 5.0
"""Seconds that an unbind may go unanswered."""

_TARGET = re.compile(r"(?:(tls|tcp)://)?(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/\[\]]+)):([0-9]{1,5})")


class LoadError(Exception):
    """The run could not be made."""


class LinkLost(LoadError):
    """A connection ended, or what came on it is no use.

    Attributes:
      fault: what it counts as, a name of `loadtest_books.FAULTS`.
    """

    def __init__(self, reason: str, fault: str = "closed_by_peer") -> None:
        super().__init__(reason)
        self.fault = fault


FAILURES = (OSError, trio.BrokenResourceError, trio.ClosedResourceError, LoadError)
"""What becomes of a connection that cannot be made or ends."""


def reason_of(error: BaseException) -> str:
    """Return why a connection failed, in a few words: the innermost causes, each once."""
    if isinstance(error, LoadError):
        return str(error)
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(dict.fromkeys(map(reason_of, error.exceptions)))
    if error.__cause__ is not None:
        return reason_of(error.__cause__)
    if isinstance(error, socket.gaierror):
        return error.strerror or str(error)
    if isinstance(error, OSError) and error.errno and not isinstance(error, ssl.SSLError):
        return os.strerror(error.errno)  # without the address, which the target's name is
    return str(error) or type(error).__name__


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
        raise ValueError(
            f"{text!r} is not HOST:PORT, tls://HOST:PORT or tcp://HOST:PORT with a port from 1 to "
            "65535 and IPv6 addresses in brackets"
        )
    return Target(text, found[2] or found[3], int(found[4]), found[1] == "tls" if found[1] else tls)


class Link:
    """A connection that is or is to be bound, for one request at a time.

    What comes beside the answers is counted: it is looked for when the next answer is waited for,
    in `listen`, and once more behind the answer to the unbind.

    Attributes:
      stream: where octets go and come from.
      framer: holds what was read and not used.
      sequence: of our requests.
    """

    def __init__(self, stream: trio.abc.Stream, faults: Counter[str]) -> None:
        self.stream = stream
        self.framer = Framer(MAX_PDU_OCTETS)
        self.sequence = itertools.count(1)
        self._faults = faults
        self._last_answered = 0

    @classmethod
    async def open(
        cls, target: Target, context: ssl.SSLContext | None, faults: Counter[str]
    ) -> Link:
        """Connect, and shake hands where there is a context.

        Args:
          target: where to.
          context: what to trust; None: no TLS.
          faults: where what comes unasked is counted.

        Raises:
          OSError, trio.BrokenResourceError: refused or lost.
        """
        stream: trio.abc.Stream = await trio.open_tcp_stream(target.host, target.port)
        if context is not None:
            stream = await secured(stream, context, target.host)
        return cls(stream, faults)

    async def bind(self, options: argparse.Namespace) -> int:
        """Bind as a transceiver; return the command_status.

        Raises:
          LinkLost: the connection ended, or the answer is none to a bind.
        """
        request = BindTransceiver(
            sequence_number=next(self.sequence),
            system_id=options.system_id,
            password=options.password,
        )
        return (await self._request(request, BindTransceiverResp)).command_status

    async def unbind(self) -> None:
        """Unbind, and count what stands behind the answer. Raises as `bind` does."""
        request = Unbind(sequence_number=next(self.sequence))
        if (await self._request(request, UnbindResp)).command_status:
            self._faults["unbind_refused"] += 1
        while (pdu := self._next_pdu()) is not None:
            self._count(pdu)

    async def enquire(self) -> None:
        """Send an enquire_link and wait for its answer. Raises as `bind` does."""
        await self._request(EnquireLink(sequence_number=next(self.sequence)), EnquireLinkResp)

    async def listen(self) -> None:
        """Answer and count what comes unasked, until cancelled. Raises as `bind` does."""
        while True:
            await self._take_unasked(await self._receive())

    async def _request(self, request: Pdu, answer: type[Pdu]) -> Pdu:
        await self._send(request)
        while True:
            pdu = await self._receive()
            if not pdu.is_response or pdu.sequence_number != request.sequence_number:
                await self._take_unasked(pdu)
            elif isinstance(pdu, answer):
                self._last_answered = pdu.sequence_number
                return pdu
            else:
                asked, given = command_name(request.command_id), command_name(pdu.command_id)
                raise LinkLost(f"{asked} was answered with {given}", "unexpected_pdu")

    async def _send(self, pdu: Pdu) -> None:
        try:
            await self.stream.send_all(encode(pdu))
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            raise LinkLost("the connection was closed") from error

    async def _receive(self) -> Pdu:
        while (pdu := self._next_pdu()) is None:
            try:
                octets = await self.stream.receive_some(MAX_PDU_OCTETS)
            except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
                raise LinkLost("the connection was closed") from error
            if not octets:
                raise LinkLost("the connection was closed instead of answered")
            self.framer.feed(bytes(octets))
        return pdu

    def _next_pdu(self) -> Pdu | None:
        """Return the next PDU that was read and can be; count those that cannot."""
        try:
            while (frame := self.framer.next_frame()) is not None:
                try:
                    return decode(frame)
                except DecodeError:
                    self._faults["unreadable_pdu"] += 1
        except FramingError as error:
            raise LinkLost("what came is no SMPP", "unreadable_pdu") from error
        return None

    async def _take_unasked(self, pdu: Pdu) -> None:
        if isinstance(pdu, EnquireLink):
            await self._send(EnquireLinkResp(sequence_number=pdu.sequence_number))
        elif isinstance(pdu, Unbind):
            await self._send(UnbindResp(sequence_number=pdu.sequence_number))
            raise LinkLost("the target unbound", "unbound_by_peer")
        else:
            self._count(pdu)

    def _count(self, pdu: Pdu) -> None:
        is_answer = pdu.is_response and not isinstance(pdu, GenericNack)
        if is_answer and 1 <= pdu.sequence_number <= self._last_answered:
            self._faults["duplicate_response"] += 1
        else:
            self._faults["unexpected_pdu"] += 1

    async def close(self) -> None:
        """Close the connection as it is, also when cancelled."""
        with trio.CancelScope(shield=True):
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
    target: Target,
    options: argparse.Namespace,
    faults: Counter[str],
    take: Callable[[Link], None],
) -> None:
    """Open and bind connections, some at once.

    Args:
      count: how many.
      target: where to.
      options: login, trust, and how long each may take.
      faults: where what comes unasked is counted.
      take: is given each one that is bound, to close it in the end.

    Raises:
      LoadError: one of them could not be bound. All others are closed then, as they are when this
        is cancelled.
    """
    context = tls_context(options) if target.tls else None
    limiter = trio.CapacityLimiter(BINDS_AT_ONCE)
    problems: list[LoadError] = []
    bound: list[Link] = []

    async def one(number: int) -> None:
        async with limiter:
            try:
                with trio.fail_after(options.patience):
                    link = await Link.open(target, context, faults)
                    try:
                        status = await link.bind(options)
                        if status:
                            raise LoadError(f"bind refused: {status_name(status)}")
                    except BaseException:
                        await link.close()
                        raise
                bound.append(link)
                take(link)
            except trio.TooSlowError:
                refuse(number, f"not bound within {options.patience:g} s")
            except FAILURES as error:
                refuse(number, reason_of(error))

    def refuse(number: int, reason: str) -> None:
        problems.append(LoadError(f"session {number}: {reason}"))
        nursery.cancel_scope.cancel()

    try:
        async with trio.open_nursery() as nursery:
            for number in range(1, count + 1):
                nursery.start_soon(one, number)
        if problems:
            raise problems[0]
    except BaseException:
        for link in bound:
            await link.close()
        raise
