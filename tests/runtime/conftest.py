"""The same tests over sockets: those of a pair, which the gateway treats as it does TCP's."""

from __future__ import annotations

import ipaddress
import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
import trio

from otpblue_trio.runtime import Peer
from otpblue_trio.testing import MemoryListener, MemoryStream
from otpblue_trio.testing import gateway as testing_gateway

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(params=["memory", "sockets"])
def over_both(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run a test over memory streams, which tasks read, and over sockets, which the pump does."""
    if request.param == "memory":
        yield
        return
    with ExitStack() as sockets:

        class PairListener(MemoryListener):
            """Connects by a pair of sockets; what stalls is in memory all the same."""

            def __init__(self, *, stalling: bool = False) -> None:
                super().__init__(stalling=stalling)
                self._is_stalling = stalling

            def connect(self, address: str = "192.0.2.1") -> MemoryStream:
                if self._is_stalling:
                    return super().connect(address)
                ours, theirs = map(sockets.enter_context, socket.socketpair())
                stream = trio.SocketStream(trio.socket.from_stdlib_socket(theirs))
                peer = Peer(ipaddress.ip_address(address), self._next_port)
                self._next_port += 1
                stream.peer = peer  # type: ignore[attr-defined]  # `peer_of` looks for it
                try:
                    self._backlog_in.send_nowait(stream)  # type: ignore[arg-type]
                except trio.BrokenResourceError:
                    raise trio.ClosedResourceError from None
                return MemoryStream(trio.SocketStream(trio.socket.from_stdlib_socket(ours)), peer)

        monkeypatch.setattr(testing_gateway, "MemoryListener", PairListener)
        yield
