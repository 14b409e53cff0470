"""The same tests over sockets: those of a pair, which the gateway treats as it does TCP's."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
import trio

from otpblue_trio.testing import MemoryListener
from otpblue_trio.testing import gateway as testing_gateway

if TYPE_CHECKING:
    from collections.abc import Iterator

    from otpblue_trio.runtime import Peer


@pytest.fixture(params=["memory", "sockets"])
def over_both(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run a test over memory streams, which tasks read, and over sockets, which the pump does."""
    if request.param == "memory":
        yield
        return
    with ExitStack() as sockets:

        def new_pair() -> tuple[trio.SocketStream, trio.SocketStream]:
            ours, theirs = map(sockets.enter_context, socket.socketpair())
            from_socket = trio.socket.from_stdlib_socket
            return trio.SocketStream(from_socket(ours)), trio.SocketStream(from_socket(theirs))

        class PairListener(MemoryListener):
            """Connects by a pair of sockets; what stalls is in memory all the same."""

            def __init__(self, *, stalling: bool = False) -> None:
                super().__init__(stalling=stalling)
                if not stalling:
                    self._new_pair = new_pair

            def _server_end(self, halves: Any, peer: Peer) -> Any:
                if not isinstance(halves, trio.SocketStream):
                    return super()._server_end(halves, peer)
                halves.peer = peer  # type: ignore[attr-defined]  # `peer_of` looks for it
                return halves

        monkeypatch.setattr(testing_gateway, "MemoryListener", PairListener)
        yield
