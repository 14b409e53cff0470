"""The platform client over real sockets, against a platform that follows a script."""

from __future__ import annotations

import errno
import gc
import os
import socket
from contextlib import asynccontextmanager, suppress
from random import Random
from struct import pack
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import attrs
import orjson
import pytest
import trio
import trio.testing
from tests.conftest import until
from tests.upstream.conftest import failure

from otpblue_trio.policy.types import (
    Delivered,
    Failed,
    FailureKind,
    Outcome,
    Refused,
    SendRequest,
)
from otpblue_trio.upstream import http_connection
from otpblue_trio.upstream.http_answer import AnswerReader
from otpblue_trio.upstream.http_client import HttpPlatform
from otpblue_trio.upstream.http_connection import Connection

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence

    from trio.testing import MockClock

    from otpblue_trio.upstream import Platform
    from otpblue_trio.upstream.http_connection import Exchange

TARGET = "/imsg/api/v1.1/otp/send/"
REQUEST = SendRequest("acme", "key-1", "+14155552671", "US", "482910", "", "MyBank", "en")


def http(body: bytes, status: bytes = b"200 OK", *headers: bytes) -> bytes:
    lines = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers, b"", body]
    return b"\r\n".join(lines)


def delivered(message_id: str = "id-1", *headers: bytes) -> bytes:
    return http(orjson.dumps({"success": True, "message_id": message_id}), b"200 OK", *headers)


NO_IMESSAGE = http(b'{"code": 150, "success": false}', b"400 Bad Request")
SERVER_ERROR = http(b"oops", b"500 Internal Server Error")


class Peer:
    """The platform's end of one connection."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self.stream = stream
        self.requests: list[bytes] = []
        self._octets = bytearray()

    async def request(self) -> bytes:
        """Read one whole request and return its body; end the script when there is none."""
        await self._read_to(lambda: b"\r\n\r\n" in self._octets)
        head = bytes(self._octets.partition(b"\r\n\r\n")[0])
        start = len(head) + 4
        end = start + int(head.partition(b"Content-Length: ")[2].split(b"\r\n")[0])
        await self._read_to(lambda: len(self._octets) >= end)
        self.requests.append(head)
        body = bytes(self._octets[start:end])
        del self._octets[:end]
        return body

    async def _read_to(self, is_enough: Callable[[], bool]) -> None:
        while not is_enough():
            more = await self.stream.receive_some()
            if not more:
                raise trio.BrokenResourceError
            self._octets += more

    async def send(self, octets: bytes) -> None:
        await self.stream.send_all(octets)

    def send_now(self, octets: bytes) -> None:
        """Send without letting the client's task run."""
        assert os.write(self.stream.socket.fileno(), octets) == len(octets)

    def close_now(self) -> None:
        """Close without letting the client's task run."""
        self.stream.socket.shutdown(socket.SHUT_RDWR)

    async def closed(self) -> None:
        """Wait until the client has closed."""
        with suppress(trio.BrokenResourceError):
            while await self.stream.receive_some():
                pass

    def reset(self) -> None:
        self.stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, pack("ii", 1, 0))
        self.stream.socket.close()


if TYPE_CHECKING:
    Script = Callable[[Peer], Awaitable[None]]


def answering(*answers: bytes) -> Script:
    """Answer each request with the next of these, the last one again and again."""

    async def script(peer: Peer) -> None:
        for octets in answers:
            await peer.request()
            await peer.send(octets)
        while True:
            await peer.request()
            await peer.send(answers[-1])

    return script


async def silent(peer: Peer) -> None:
    """Read requests and never answer."""
    while True:
        await peer.request()


class Rig:
    """A running client and the platform that it talks to."""

    def __init__(self, platform: HttpPlatform, nursery: trio.Nursery, port: int) -> None:
        self.platform = platform
        self.port = port
        self.nursery = nursery
        self.peers: list[Peer] = []
        self.states: list[str] = []
        self.defects: list[Exception] = []

    @property
    def requests(self) -> int:
        """How many requests the platform has read."""
        return sum(len(peer.requests) for peer in self.peers)

    async def send(self, request: SendRequest = REQUEST) -> Outcome:
        return await self.submit(request).outcome()

    def submit(self, request: SendRequest = REQUEST) -> Ticket:
        ticket = Ticket()
        self.platform.submit(request, ticket.take)
        return ticket

    until = staticmethod(until)


class Ticket:
    """Takes one outcome, and not another."""

    def __init__(self) -> None:
        self._outcome: Outcome | None = None
        self._is_there = trio.Event()

    def take(self, outcome: Outcome) -> None:
        assert self._outcome is None
        self._outcome = outcome
        self._is_there.set()

    @property
    def is_taken(self) -> bool:
        return self._outcome is not None

    async def outcome(self) -> Outcome:
        await self._is_there.wait()
        assert self._outcome is not None
        return self._outcome


@asynccontextmanager
async def open_rig(
    *scripts: Script, host: str = "127.0.0.1", name: str = "", **settings: Any
) -> AsyncIterator[Rig]:
    """Run a client against a platform whose nth connection follows the nth script.

    Further connections follow the last one. `name` is what the client is told to connect to.
    """
    listener = (await trio.open_tcp_listeners(0, host=host))[0]
    port = listener.socket.getsockname()[1]
    shown = name or (f"[{host}]" if ":" in host else host)
    rig: Rig

    async def serve(stream: trio.SocketStream) -> None:
        peer = Peer(stream)
        rig.peers.append(peer)
        async with stream:
            with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
                await scripts[min(len(rig.peers), len(scripts)) - 1](peer)

    def on_state(state: str, _detail: str) -> None:
        rig.states.append(state)

    def on_defect(error: Exception) -> None:
        rig.defects.append(error)

    is_real = not isinstance(trio.lowlevel.current_clock(), trio.testing.MockClock)
    async with trio.open_nursery() as nursery:
        settings = {"on_state": on_state, "on_defect": on_defect} | settings
        url = f"http://{shown}:{port}{TARGET}"
        rig = Rig(HttpPlatform(url=url, ssl_context=None, **settings), nursery, port)
        await nursery.start(trio.serve_listeners, serve, [listener])
        await nursery.start(rig.platform.run)
        with trio.fail_after(20 if is_real else 1e6):
            yield rig
        nursery.cancel_scope.cancel()


def test_it_is_a_platform() -> None:
    platform: Platform = HttpPlatform(url="http://127.0.0.1/", ssl_context=None)
    assert platform.in_flight == 0


@pytest.mark.parametrize(
    "setting",
    [
        {"timeout": 0},
        {"connect_timeout": -1},
        {"idle_lifetime": 0},
        {"max_age": 0},
        {"resolve_interval": 0},
        {"probe_interval": 0},
        {"down_after": -1},
        {"max_connections": 0},
        {"max_queue": 0},
        {"down_after_failures": 0},
        {"url": "ftp://127.0.0.1/"},
    ],
)
def test_setting_out_of_range_is_refused(setting: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"platform|url"):
        HttpPlatform(**({"url": "http://127.0.0.1/", "ssl_context": None} | setting))


# One request, one answer.


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_request_reaches_the_platform_and_its_answer_comes_back(host: str) -> None:
    bodies = []

    async def script(peer: Peer) -> None:
        bodies.append(await peer.request())
        await peer.send(delivered("ac5408f5"))
        await peer.closed()

    async with open_rig(script, host=host) as rig:
        assert await rig.send() == Delivered("ac5408f5")
        head = rig.peers[0].requests[0].split(b"\r\n")
        assert head[0] == b"POST /imsg/api/v1.1/otp/send/ HTTP/1.1"
        assert b"Authorization: key-1" in head
        assert orjson.loads(bodies[0])["contact"] == "+14155552671"


async def test_refusal_comes_back_with_its_code() -> None:
    async with open_rig(answering(NO_IMESSAGE)) as rig:
        assert await rig.send() == Refused(150)


async def test_one_connection_carries_request_after_request() -> None:
    async with open_rig(answering(delivered())) as rig:
        for _ in range(5):
            assert await rig.send() == Delivered("id-1")
        assert [len(peer.requests) for peer in rig.peers] == [5]


async def test_requests_at_the_same_time_do_not_wait_for_each_other() -> None:
    async with open_rig(silent) as rig:
        for _ in range(10):
            rig.submit()
        await rig.until(lambda: rig.requests == 10)
        assert rig.platform.in_flight == 10
        assert rig.platform.connections == 10


async def test_answers_belong_to_their_requests() -> None:
    async def echo(peer: Peer) -> None:
        while True:
            code = orjson.loads(await peer.request())["code"]
            await peer.send(delivered(f"id-{code}"))

    async with open_rig(echo, max_connections=7) as rig:
        codes = [str(10_000 + n) for n in range(200)]
        tickets = [rig.submit(attrs.evolve(REQUEST, code=code)) for code in codes]
        outcomes = [await ticket.outcome() for ticket in tickets]
        assert outcomes == [Delivered(f"id-{code}") for code in codes]
        assert len(rig.peers) == 7


async def test_connection_used_last_is_used_first() -> None:
    async with open_rig(answering(delivered())) as rig:
        first, second = rig.submit(), rig.submit()
        await first.outcome()
        await second.outcome()
        for _ in range(5):
            await rig.send()
        assert sorted(len(peer.requests) for peer in rig.peers) == [1, 6]


@pytest.mark.parametrize(
    "octets",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b'8\r\n{"succes\r\n16\r\ns":true,"message_id":"\r\n6\r\nid-1"}\r\n0\r\n\r\n',
        b"HTTP/1.1 100 Continue\r\n\r\n" + delivered(),
        delivered("id-1", b"Connection: keep-alive"),
    ],
)
async def test_connection_lives_on_after_a_whole_answer_of_any_shape(octets: bytes) -> None:
    async with open_rig(answering(octets)) as rig:
        assert await rig.send() == Delivered("id-1")
        assert await rig.send() == Delivered("id-1")
        assert len(rig.peers) == 1


@pytest.mark.parametrize(
    "octets",
    [
        delivered("id-1", b"Connection: close"),
        delivered().replace(b"HTTP/1.1", b"HTTP/1.0"),
        delivered() + b"junk",
        delivered() + delivered("stale"),
    ],
)
async def test_answer_stands_but_its_connection_is_not_used_again(octets: bytes) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(octets)
        await peer.closed()

    async with open_rig(script) as rig:
        for _ in range(2):
            assert await rig.send() == Delivered("id-1")
        assert [len(peer.requests) for peer in rig.peers] == [1, 1]


async def test_body_without_length_ends_with_the_connection() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(delivered().replace(b"Content-Length", b"X-Length"))

    async with open_rig(script) as rig:
        assert await rig.send() == Delivered("id-1")


async def test_answer_in_single_octets_is_read() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        for octet in delivered():
            await peer.send(bytes([octet]))
        await peer.closed()

    async with open_rig(script) as rig:
        assert await rig.send() == Delivered("id-1")


@pytest.mark.parametrize(
    "octets",
    [
        b"<html>502 Bad Gateway</html>",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        http(b"x" * 65_537),
    ],
)
async def test_bad_answer_costs_the_connection(octets: bytes) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(octets)
        await peer.closed()

    async with open_rig(script) as rig:
        assert failure(await rig.send()) == (FailureKind.BAD_ANSWER, True)
        assert rig.platform.connections == 0
        assert rig.requests == 1


async def test_broken_json_is_a_bad_answer_that_leaves_the_connection() -> None:
    async with open_rig(answering(http(b'{"success": tr'), delivered())) as rig:
        assert failure(await rig.send()) == (FailureKind.BAD_ANSWER, True)
        assert await rig.send() == Delivered("id-1")
        assert len(rig.peers) == 1


async def test_octets_of_an_answer_never_wait_for_the_rest_of_a_large_request() -> None:
    async def script(peer: Peer) -> None:
        await peer.stream.receive_some(1)
        await peer.send(NO_IMESSAGE)
        await peer.closed()

    async with open_rig(script) as rig:
        large = attrs.evolve(REQUEST, code="", text="x" * 20_000_000)
        assert await rig.send(large) == Refused(150)
        assert rig.platform.connections == 0


async def test_request_larger_than_the_socket_takes_is_sent_whole() -> None:
    async def script(peer: Peer) -> None:
        assert len(orjson.loads(await peer.request())["text"]) == 20_000_000
        await peer.send(delivered())
        await peer.closed()

    async with open_rig(script) as rig:
        large = attrs.evolve(REQUEST, code="", text="x" * 20_000_000)
        assert await rig.send(large) == Delivered("id-1")
        assert rig.platform.connections == 1


# At most once.


async def test_request_is_not_sent_again_after_the_connection_closed_on_it() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()

    async with open_rig(script) as rig:
        assert failure(await rig.send()) == (FailureKind.DISCONNECTED, True)
        assert rig.requests == 1


async def test_request_on_a_used_connection_is_not_sent_again_either() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(delivered())
        await peer.request()

    async with open_rig(script, answering(delivered())) as rig:
        assert await rig.send() == Delivered("id-1")
        assert failure(await rig.send()) == (FailureKind.DISCONNECTED, True)
        assert rig.requests == 2


async def test_reset_instead_of_an_answer_is_a_disconnection() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        peer.reset()

    async with open_rig(script) as rig:
        assert failure(await rig.send()) == (FailureKind.DISCONNECTED, True)
        assert rig.requests == 1


@pytest.mark.parametrize("octets_sent", [1, 20, 60])
async def test_half_an_answer_is_a_disconnection(octets_sent: int) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(delivered()[:octets_sent])

    async with open_rig(script) as rig:
        assert failure(await rig.send()) == (FailureKind.DISCONNECTED, True)
        assert rig.requests == 1


async def test_resting_connection_found_closed_is_replaced_silently() -> None:
    async with open_rig(answering(delivered("id-1")), answering(delivered("id-2"))) as rig:
        assert await rig.send() == Delivered("id-1")
        rig.peers[0].close_now()
        assert await rig.send() == Delivered("id-2")
        assert [len(peer.requests) for peer in rig.peers] == [1, 1]


async def test_many_resting_connections_found_closed_are_replaced_silently() -> None:
    async with open_rig(answering(delivered())) as rig:
        tickets = [rig.submit() for _ in range(50)]
        for ticket in tickets:
            await ticket.outcome()
        for peer in rig.peers:
            peer.close_now()
        assert await rig.send() == Delivered("id-1")
        assert (rig.requests, rig.platform.connections) == (51, 1)


async def test_close_of_a_resting_connection_is_noticed_at_once() -> None:
    async with open_rig(answering(delivered())) as rig:
        await rig.send()
        await rig.peers[0].stream.send_eof()
        await rig.until(lambda: rig.platform.connections == 0)


async def test_unsolicited_answer_is_not_taken_for_the_answer_to_the_next_request() -> None:
    async with open_rig(answering(delivered("id-1")), answering(delivered("id-2"))) as rig:
        assert await rig.send() == Delivered("id-1")
        rig.peers[0].send_now(delivered("stale"))
        assert await rig.send() == Delivered("id-2")
        assert [len(peer.requests) for peer in rig.peers] == [1, 1]


async def test_answer_before_any_request_costs_the_connection() -> None:
    async def eager(peer: Peer) -> None:
        await peer.request()
        await peer.send(delivered("id-1"))
        await peer.send(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
        await peer.closed()

    async with open_rig(eager, answering(delivered("id-2"))) as rig:
        assert await rig.send() == Delivered("id-1")
        await rig.until(lambda: rig.platform.connections == 0)
        assert await rig.send() == Delivered("id-2")


async def test_queued_request_does_not_use_a_connection_that_ended_with_the_last_answer() -> None:
    async def once(peer: Peer) -> None:
        await peer.request()
        peer.send_now(delivered())
        peer.close_now()

    async with open_rig(once, max_connections=1) as rig:
        tickets = [rig.submit() for _ in range(10)]
        assert [await ticket.outcome() for ticket in tickets] == [Delivered("id-1")] * 10
        assert [len(peer.requests) for peer in rig.peers] == [1] * 10


async def test_stale_answer_behind_an_answer_is_seen_before_the_next_request_goes_out() -> None:
    async def eager(peer: Peer) -> None:
        await peer.request()
        # As long as one read of the client, so that the rest waits for the next one.
        padding = b" " * (16_384 - len(delivered()) - len("X-Padding: \r\n"))
        peer.send_now(delivered("id-1", b"X-Padding: " + padding) + delivered("stale"))
        await peer.closed()

    async with open_rig(eager, max_connections=1) as rig:
        tickets = [rig.submit() for _ in range(3)]
        assert [await ticket.outcome() for ticket in tickets] == [Delivered("id-1")] * 3


def let_start_fail(monkeypatch: pytest.MonkeyPatch, *calls: int) -> None:
    """Let connections die between the look at them and the first octet, in these calls."""
    start = Connection.start
    number = 0

    def start_or_die(self: Connection, exchange: Exchange) -> bool:
        nonlocal number
        number += 1
        if number in calls:
            self.close()
            return False
        return start(self, exchange)

    monkeypatch.setattr(Connection, "start", start_or_die)


async def test_connection_that_dies_at_the_first_octet_is_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    let_start_fail(monkeypatch, 2)
    async with open_rig(answering(delivered())) as rig:
        assert await rig.send() == Delivered("id-1")
        assert await rig.send() == Delivered("id-1")
        assert [len(peer.requests) for peer in rig.peers] == [1, 1]


async def test_queued_request_keeps_its_place_when_its_connection_dies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    let_start_fail(monkeypatch, 2)
    seen = []

    async def script(peer: Peer) -> None:
        while True:
            seen.append(orjson.loads(await peer.request())["code"])
            await peer.send(delivered())

    async with open_rig(script, max_connections=1) as rig:
        codes = ["1111", "2222", "3333"]
        tickets = [rig.submit(attrs.evolve(REQUEST, code=code)) for code in codes]
        assert [await ticket.outcome() for ticket in tickets] == [Delivered("id-1")] * 3
        assert seen == codes


async def test_new_connection_that_dies_at_the_first_octet_fails_its_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    let_start_fail(monkeypatch, 1)
    async with open_rig(answering(delivered())) as rig:
        assert failure(await rig.send()) == (FailureKind.CONNECT, False)
        assert rig.requests == 0


@pytest.mark.parametrize("seed", range(5))
async def test_no_fault_makes_a_message_two_or_loses_an_outcome(seed: int) -> None:
    chance = Random(seed)
    seen: list[str] = []
    answered: set[str] = set()

    async def faulty(peer: Peer) -> None:
        while True:
            code = orjson.loads(await peer.request())["code"]
            seen.append(code)
            answer = delivered(f"id-{code}")
            fault = chance.randrange(12)
            if fault == 0:
                return
            if fault == 1:
                peer.reset()
                return
            if fault == 2:
                await peer.send(answer[: chance.randrange(len(answer))])
                return
            answered.add(code)
            if fault == 3:
                peer.send_now(answer)
                peer.close_now()
                return
            await peer.send(answer + {4: b"junk", 5: delivered("stale")}.get(fault, b""))
            if fault == 6:
                return

    async with open_rig(faulty, max_connections=20) as rig:
        codes = [str(10_000 + n) for n in range(300)]
        tickets = {code: rig.submit(attrs.evolve(REQUEST, code=code)) for code in codes}
        outcomes = {code: await ticket.outcome() for code, ticket in tickets.items()}
    assert len(seen) == len(set(seen))
    for code, outcome in outcomes.items():
        if isinstance(outcome, Failed):
            assert outcome.may_have_been_sent or code not in seen
        else:
            assert outcome == Delivered(f"id-{code}")
            assert code in answered


# Deadlines.


async def test_request_without_an_answer_times_out_at_its_deadline(mock_clock: MockClock) -> None:
    async with open_rig(silent, timeout=10.0) as rig:
        ticket = rig.submit()
        await rig.until(lambda: rig.requests == 1)
        mock_clock.jump(9.99)
        await trio.testing.wait_all_tasks_blocked()
        assert not ticket.is_taken
        mock_clock.jump(0.01)
        assert failure(await ticket.outcome()) == (FailureKind.TIMEOUT, True)


async def test_connection_of_a_timed_out_request_is_closed(mock_clock: MockClock) -> None:
    async with open_rig(silent, answering(delivered("id-2"))) as rig:
        ticket = rig.submit()
        await rig.until(lambda: rig.requests == 1)
        mock_clock.jump(10)
        await ticket.outcome()
        assert rig.platform.connections == 0
        assert await rig.send() == Delivered("id-2")


async def test_each_request_has_its_own_deadline(mock_clock: MockClock) -> None:
    async with open_rig(silent, timeout=10.0) as rig:
        first = rig.submit()
        await rig.until(lambda: rig.requests == 1)
        mock_clock.jump(4)
        second = rig.submit()
        await rig.until(lambda: rig.requests == 2)
        mock_clock.jump(6)
        await first.outcome()
        assert not second.is_taken
        mock_clock.jump(4)
        assert failure(await second.outcome()) == (FailureKind.TIMEOUT, True)


async def test_deadline_is_kept_after_a_long_quiet_time(mock_clock: MockClock) -> None:
    async with open_rig(silent, timeout=10.0) as rig:
        mock_clock.jump(86_403.7)
        await trio.testing.wait_all_tasks_blocked()
        mock_clock.jump(2.9)
        ticket = rig.submit()
        await rig.until(lambda: rig.requests == 1)
        mock_clock.jump(9.99)
        await trio.testing.wait_all_tasks_blocked()
        assert not ticket.is_taken
        mock_clock.jump(0.01)
        await ticket.outcome()


async def test_drip_is_bounded_by_the_deadline(mock_clock: MockClock) -> None:
    async def drip(peer: Peer) -> None:
        await peer.request()
        for octet in delivered():
            await peer.send(bytes([octet]))
            await trio.sleep(0.5)

    async with open_rig(drip, timeout=10.0) as rig:
        ticket = rig.submit()
        await rig.until(lambda: rig.requests == 1)
        for _ in range(20):
            assert not ticket.is_taken
            await trio.testing.wait_all_tasks_blocked()
            mock_clock.jump(0.5)
        assert failure(await ticket.outcome()) == (FailureKind.TIMEOUT, True)


async def test_waiting_for_a_connection_counts_and_nothing_was_sent(mock_clock: MockClock) -> None:
    async with open_rig(silent, max_connections=1) as rig:
        first, second = rig.submit(), rig.submit()
        await rig.until(lambda: rig.requests == 1)
        mock_clock.jump(10)
        assert failure(await first.outcome()) == (FailureKind.TIMEOUT, True)
        assert failure(await second.outcome()) == (FailureKind.TIMEOUT, False)
        assert rig.requests == 1


async def test_time_out_frees_its_connection_for_those_who_wait(mock_clock: MockClock) -> None:
    async with open_rig(silent, answering(delivered()), max_connections=1) as rig:
        first = rig.submit()
        await rig.until(lambda: rig.requests == 1)
        mock_clock.jump(5)
        second = rig.submit()
        mock_clock.jump(5)
        assert failure(await first.outcome()) == (FailureKind.TIMEOUT, True)
        assert await second.outcome() == Delivered("id-1")


async def test_answer_that_came_in_time_is_told_though_it_is_read_late(
    mock_clock: MockClock,
) -> None:
    async with open_rig(silent, timeout=10.0) as rig:
        # Which of two tasks that are ready runs first, Trio leaves to chance.
        for round_ in range(1, 13):
            ticket = rig.submit()
            await rig.until(lambda wanted=round_: rig.requests == wanted)  # type: ignore[misc]
            rig.peers[-1].send_now(delivered())
            mock_clock.jump(11)
            assert await ticket.outcome() == Delivered("id-1")


async def test_request_with_hardly_any_time_left_is_not_sent(mock_clock: MockClock) -> None:
    async with open_rig(silent, timeout=10.0, max_connections=1) as rig:
        rig.submit()
        second = rig.submit()
        await rig.until(lambda: rig.requests == 1)
        mock_clock.jump(9.7)
        rig.peers[0].send_now(delivered())
        await rig.until(lambda: second.is_taken)
        assert failure(await second.outcome()) == (FailureKind.TIMEOUT, False)
        assert rig.requests == 1


# Bounds.


async def test_request_beyond_the_queue_is_busy() -> None:
    async with open_rig(silent, max_connections=1, max_queue=2) as rig:
        tickets = [rig.submit()]
        await rig.until(lambda: rig.requests == 1)
        tickets += [rig.submit(), rig.submit()]
        assert failure(await rig.send()) == (FailureKind.BUSY, False)
        assert not any(ticket.is_taken for ticket in tickets)


async def test_queue_is_first_in_first_out() -> None:
    seen = []

    async def script(peer: Peer) -> None:
        while True:
            seen.append(orjson.loads(await peer.request())["code"])
            await peer.send(delivered())

    async with open_rig(script, max_connections=1) as rig:
        codes = [str(1000 + n) for n in range(20)]
        tickets = [rig.submit(attrs.evolve(REQUEST, code=code)) for code in codes]
        for ticket in tickets:
            await ticket.outcome()
        assert seen == codes


async def test_connections_never_exceed_their_bound() -> None:
    async with open_rig(silent, max_connections=3) as rig:
        for _ in range(10):
            rig.submit()
        await rig.until(lambda: rig.requests == 3)
        await trio.testing.wait_all_tasks_blocked()
        assert (len(rig.peers), rig.platform.connections) == (3, 3)


async def test_burst_beyond_the_attempts_at_once_is_served() -> None:
    async with open_rig(answering(delivered())) as rig:
        tickets = [rig.submit() for _ in range(400)]
        assert [await ticket.outcome() for ticket in tickets] == [Delivered("id-1")] * 400


@pytest.mark.parametrize(("rest", "is_kept"), [(24.9, True), (25.0, False)])
async def test_connection_rests_no_longer_than_its_idle_lifetime(
    mock_clock: MockClock, rest: float, is_kept: bool
) -> None:
    async with open_rig(answering(delivered()), idle_lifetime=25.0) as rig:
        await rig.send()
        mock_clock.jump(rest)
        await trio.testing.wait_all_tasks_blocked()
        assert rig.platform.connections == is_kept


@pytest.mark.parametrize(("age", "connections"), [(99.0, 1), (100.0, 2)])
async def test_connection_over_its_age_carries_no_other_request(
    mock_clock: MockClock, age: float, connections: int
) -> None:
    async with open_rig(answering(delivered()), max_age=100.0, idle_lifetime=1e9) as rig:
        await rig.send()
        mock_clock.jump(age)
        await rig.send()
        await rig.send()
        assert len(rig.peers) == connections


# What stays behind.


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def alive(kind: type) -> int:
    return sum(type(thing) is kind for thing in gc.get_objects())


async def test_closed_connections_leave_nothing_to_the_garbage_collector(
    no_collector: None,
) -> None:
    async with open_rig(answering(delivered("id-1", b"Connection: close"))) as rig:
        for _ in range(5):
            await rig.send()
        assert rig.platform.connections == 0
        # The readiness set still holds what it handled last.
        assert max(alive(AnswerReader), alive(Connection)) <= 1


async def test_time_outs_leave_nothing_to_the_garbage_collector(
    no_collector: None, mock_clock: MockClock
) -> None:
    async with open_rig(silent) as rig:
        tickets = [rig.submit() for _ in range(5)]
        await rig.until(lambda: rig.requests == 5)
        mock_clock.jump(10)
        for ticket in tickets:
            await ticket.outcome()
        assert rig.platform.connections == 0
        # The readiness set still holds what it handled last.
        assert max(alive(AnswerReader), alive(Connection)) <= 1


# Where to connect.


class Resolver(trio.abc.HostnameResolver):
    """Knows what it is told."""

    def __init__(self, *addresses: str) -> None:
        self.addresses: Sequence[str] = addresses
        self.questions = 0

    async def getaddrinfo(  # type: ignore[override]  # only what the client asks for
        self, host: str, port: int, *_: object
    ) -> list[Any]:
        await trio.lowlevel.checkpoint()
        self.questions += 1
        if not self.addresses:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [
            (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port))
            for address in self.addresses
        ]

    async def getnameinfo(self, sockaddr: object, flags: int) -> tuple[str, str]:
        raise OSError


def resolve(*addresses: str) -> Resolver:
    resolver = Resolver(*addresses)
    trio.socket.set_custom_hostname_resolver(resolver)
    return resolver


async def test_nothing_sent_when_nobody_listens() -> None:
    async with open_rig(silent) as rig:
        platform = HttpPlatform(url="http://127.0.0.1:1/", ssl_context=None)
        await rig.nursery.start(platform.run)
        ticket = Ticket()
        platform.submit(REQUEST, ticket.take)
        assert failure(await ticket.outcome()) == (FailureKind.CONNECT, False)
        assert platform.connections == platform.in_flight == 0


async def test_name_is_resolved_once_for_many_requests() -> None:
    resolver = resolve("127.0.0.1")
    async with open_rig(answering(delivered()), name="api.test") as rig:
        tickets = [rig.submit() for _ in range(20)]
        assert [await ticket.outcome() for ticket in tickets] == [Delivered("id-1")] * 20
        assert resolver.questions == 1
        assert b"\r\nHost: api.test:" in rig.peers[0].requests[0]


async def test_next_address_is_tried_when_the_first_is_dead() -> None:
    resolve("127.0.0.2", "127.0.0.3", "127.0.0.1")
    async with open_rig(answering(delivered()), name="api.test") as rig:
        assert await rig.send() == Delivered("id-1")


async def test_request_begins_behind_the_address_that_failed_last(mock_clock: MockClock) -> None:
    resolve("127.0.0.2", "127.0.0.1")
    async with open_rig(answering(delivered()), name="api.test", timeout=2.0) as rig:
        with socket.socket() as deaf, socket.socket() as first, socket.socket() as second:
            deaf.bind(("127.0.0.2", rig.port))
            deaf.listen(0)
            for client in (first, second):  # these are all that it lets in
                client.setblocking(False)
                client.connect_ex(deaf.getsockname())
            ticket = rig.submit()
            await rig.until(lambda: rig.platform.connections == 1)
            mock_clock.jump(2)
            assert failure(await ticket.outcome()) == (FailureKind.TIMEOUT, False)
            mock_clock.jump(1)
            await rig.until(lambda: rig.platform.connections == 0)
            ticket = rig.submit()
            await rig.until(lambda: ticket.is_taken)
            assert await ticket.outcome() == Delivered("id-1")


async def test_request_waits_for_a_connection_when_no_descriptor_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_descriptor(*_: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    async with open_rig(silent) as rig:
        first = rig.submit()
        await rig.until(lambda: rig.requests == 1)
        without = SimpleNamespace(**vars(socket) | {"socket": no_descriptor})
        monkeypatch.setattr(http_connection, "socket", without)
        second = rig.submit()
        for message_id in ("id-1", "id-2"):
            rig.peers[0].send_now(delivered(message_id))
            await rig.until(lambda: rig.requests == 2)
        assert await first.outcome() == Delivered("id-1")
        assert await second.outcome() == Delivered("id-2")


async def test_next_address_is_tried_when_the_first_fails_at_once() -> None:
    resolve("224.0.0.1", "127.0.0.1")  # nobody can connect to a multicast address
    async with open_rig(answering(delivered()), name="api.test") as rig:
        assert await rig.send() == Delivered("id-1")


@pytest.mark.parametrize("addresses", [("224.0.0.1",), ("127.0.0.2", "224.0.0.1")])
async def test_address_that_fails_at_once_fails_the_request(addresses: Sequence[str]) -> None:
    resolve(*addresses)
    async with open_rig(silent, name="api.test") as rig:
        tickets = [rig.submit() for _ in range(3)]
        for ticket in tickets:
            assert failure(await ticket.outcome()) == (FailureKind.CONNECT, False)


async def test_connect_fails_after_the_last_address() -> None:
    resolve("127.0.0.2", "127.0.0.3")
    async with open_rig(silent, name="api.test") as rig:
        outcome = await rig.send()
        assert failure(outcome) == (FailureKind.CONNECT, False)
        assert isinstance(outcome, Failed)
        assert outcome.detail == "127.0.0.3: Connection refused"


async def test_unknown_name_fails_every_waiting_request() -> None:
    resolve()
    async with open_rig(silent, name="api.test") as rig:
        tickets = [rig.submit() for _ in range(3)]
        for ticket in tickets:
            assert failure(await ticket.outcome()) == (FailureKind.CONNECT, False)


async def test_name_is_looked_up_again_after_a_while(mock_clock: MockClock) -> None:
    resolver = resolve("127.0.0.1")
    async with open_rig(
        answering(delivered("id-1", b"Connection: close")), name="api.test", resolve_interval=60.0
    ) as rig:
        for seconds, questions in ((0, 1), (59, 1), (1, 2), (59, 2)):
            mock_clock.jump(seconds)
            assert await rig.send() == Delivered("id-1")
            await trio.testing.wait_all_tasks_blocked()
            assert resolver.questions == questions


async def test_last_good_address_serves_while_the_resolver_fails(mock_clock: MockClock) -> None:
    resolver = resolve("127.0.0.1")
    async with open_rig(answering(delivered("id-1", b"Connection: close")), name="api.test") as rig:
        assert await rig.send() == Delivered("id-1")
        resolver.addresses = ()
        for _ in range(3):
            mock_clock.jump(100)
            assert await rig.send() == Delivered("id-1")
        assert resolver.questions == 4


async def test_change_of_address_is_followed(mock_clock: MockClock) -> None:
    resolver = resolve("127.0.0.1")
    async with open_rig(answering(delivered("id-1", b"Connection: close")), name="api.test") as rig:
        assert await rig.send() == Delivered("id-1")
        resolver.addresses = ("127.0.0.2",)
        mock_clock.jump(60)
        assert await rig.send() == Delivered("id-1")
        await trio.testing.wait_all_tasks_blocked()
        assert failure(await rig.send()) == (FailureKind.CONNECT, False)


# Life of the client.


def test_request_before_it_runs_is_unavailable() -> None:
    outcomes: list[Outcome] = []
    HttpPlatform(url="http://127.0.0.1/", ssl_context=None).submit(REQUEST, outcomes.append)
    assert [failure(outcome) for outcome in outcomes] == [(FailureKind.UNAVAILABLE, False)]


async def test_cancellation_settles_what_is_open_and_closes_all_sockets() -> None:
    tickets: list[Ticket] = []
    peers: list[Peer] = []

    async def script(peer: Peer) -> None:
        peers.append(peer)
        await silent(peer)

    async with open_rig(script, max_connections=1) as rig:
        tickets += [rig.submit(), rig.submit()]
        await rig.until(lambda: rig.requests == 1)
    assert failure(await tickets[0].outcome()) == (FailureKind.UNAVAILABLE, True)
    assert failure(await tickets[1].outcome()) == (FailureKind.UNAVAILABLE, False)
    assert (rig.platform.in_flight, rig.platform.connections) == (0, 0)


async def test_request_after_it_ran_is_unavailable() -> None:
    async with open_rig(silent) as rig:
        pass
    assert failure(await rig.send()) == (FailureKind.UNAVAILABLE, False)


async def test_request_from_the_last_done_is_unavailable() -> None:
    tickets: list[Ticket] = []
    async with open_rig(silent) as rig:
        rig.platform.submit(REQUEST, lambda _outcome: tickets.append(rig.submit()))
        await rig.until(lambda: rig.requests == 1)
    assert failure(await tickets[0].outcome()) == (FailureKind.UNAVAILABLE, False)


async def test_it_runs_once() -> None:
    async with open_rig(silent) as rig:
        with pytest.raises(RuntimeError):
            await rig.platform.run()


async def test_done_may_submit_the_next_request() -> None:
    finished = trio.Event()
    left = 500

    def done(outcome: Outcome) -> None:
        nonlocal left
        assert outcome == Delivered("id-1")
        left -= 1
        if left:
            rig.platform.submit(REQUEST, done)
        else:
            finished.set()

    async with open_rig(answering(delivered())) as rig:
        rig.platform.submit(REQUEST, done)
        await finished.wait()
        assert [len(peer.requests) for peer in rig.peers] == [500]


async def test_done_that_submits_again_at_every_refusal_keeps_nobody_from_running() -> None:
    left = 5_000

    def done(outcome: Outcome) -> None:
        nonlocal left
        left -= 1
        if left:
            rig.platform.submit(REQUEST, done)

    async with open_rig(silent, max_connections=1, max_queue=1) as rig:
        rig.submit()
        await rig.until(lambda: rig.requests == 1)
        rig.submit()
        rig.platform.submit(REQUEST, done)
        await trio.lowlevel.checkpoint()
        assert left > 0
        await rig.until(lambda: left == 0)


async def test_done_is_not_called_from_within_submit() -> None:
    async with open_rig(silent) as rig:
        ticket = rig.submit(attrs.evolve(REQUEST, api_key="\r\n"))
        assert not ticket.is_taken
        assert failure(await ticket.outcome()) == (FailureKind.UNAVAILABLE, False)
        assert rig.peers == []


async def test_done_that_raises_costs_nobody_else() -> None:
    def broken(_outcome: Outcome) -> None:
        raise LookupError("the caller's own")

    async with open_rig(answering(delivered())) as rig:
        rig.platform.submit(REQUEST, broken)
        assert await rig.send() == Delivered("id-1")
        assert [type(defect) for defect in rig.defects] == [LookupError]


async def test_defect_of_the_caller_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    def broken(_outcome: Outcome) -> None:
        raise LookupError("the caller's own")

    async with open_rig(answering(delivered()), on_defect=None) as rig:
        rig.platform.submit(REQUEST, broken)
        assert await rig.send() == Delivered("id-1")
    assert "the caller's own" in caplog.text


# The circuit breaker at work; its rules are tested with it.


async def drive_down(rig: Rig, clock: MockClock) -> None:
    for _ in range(20):
        await rig.send()
        clock.jump(0.2)


async def test_platform_that_fails_throughout_is_left_alone(mock_clock: MockClock) -> None:
    async with open_rig(answering(SERVER_ERROR)) as rig:
        await drive_down(rig, mock_clock)
        assert rig.states == ["down"]
        assert failure(await rig.send()) == (FailureKind.UNAVAILABLE, False)
        assert rig.requests == 20


async def test_one_probe_a_second_finds_out_when_it_is_back(mock_clock: MockClock) -> None:
    async with open_rig(answering(*[SERVER_ERROR] * 21, NO_IMESSAGE)) as rig:
        await drive_down(rig, mock_clock)
        for seconds, outcome in (
            (0.7, (FailureKind.UNAVAILABLE, False)),
            (0.1, (FailureKind.STATUS, True)),
            (0.9, (FailureKind.UNAVAILABLE, False)),
        ):
            mock_clock.jump(seconds)
            assert failure(await rig.send()) == outcome
        mock_clock.jump(0.1)
        assert await rig.send() == Refused(150)
        assert rig.states == ["down", "probing", "up"]
        assert await rig.send() == Refused(150)


async def test_server_errors_too_large_to_read_are_an_outage_too(mock_clock: MockClock) -> None:
    page = http(b"x" * 70_000, b"502 Bad Gateway")
    async with open_rig(answering(page)) as rig:
        await drive_down(rig, mock_clock)
        assert rig.states == ["down"]


@pytest.mark.parametrize("answer", [NO_IMESSAGE, http(b"", b"429 Too Many Requests")])
async def test_answers_about_a_message_or_a_key_are_no_outage(
    mock_clock: MockClock, answer: bytes
) -> None:
    async with open_rig(answering(answer)) as rig:
        for _ in range(50):
            await rig.send()
            mock_clock.jump(0.2)
        assert rig.states == []


async def test_some_numbers_that_time_out_do_not_stop_the_others(mock_clock: MockClock) -> None:
    async def script(peer: Peer) -> None:
        while True:
            if orjson.loads(await peer.request())["code"] != "0504":
                await peer.send(delivered())

    async with open_rig(script) as rig:
        for _ in range(15):
            read = rig.requests
            stuck = [rig.submit(attrs.evolve(REQUEST, code="0504")) for _ in range(10)]
            await rig.until(lambda: rig.requests == read + 10)  # noqa: B023  called at once
            mock_clock.jump(9)
            assert await rig.send() == Delivered("id-1")
            mock_clock.jump(1)
            for ticket in stuck:
                assert failure(await ticket.outcome())[0] is FailureKind.TIMEOUT
        assert rig.states == []


async def test_waiting_requests_are_refused_when_the_platform_goes_down(
    mock_clock: MockClock,
) -> None:
    async with open_rig(silent, max_connections=1, down_after_failures=1, down_after=0.0) as rig:
        first = rig.submit()
        await rig.until(lambda: rig.requests == 1)
        mock_clock.jump(5)
        second = rig.submit()
        mock_clock.jump(5)
        assert failure(await first.outcome())[0] is FailureKind.TIMEOUT
        assert failure(await second.outcome()) == (FailureKind.UNAVAILABLE, False)


async def test_a_late_request_that_goes_down_with_the_platform_is_settled_once(
    mock_clock: MockClock,
) -> None:
    async with open_rig(silent, max_connections=1, down_after_failures=1, down_after=0.0) as rig:
        first, second = rig.submit(), rig.submit()
        await rig.until(lambda: rig.requests == 1)
        mock_clock.jump(10)
        assert failure(await first.outcome())[0] is FailureKind.TIMEOUT
        assert failure(await second.outcome()) == (FailureKind.UNAVAILABLE, False)
        assert rig.defects == []


async def test_observer_of_states_that_raises_costs_nothing(mock_clock: MockClock) -> None:
    def broken(state: str, _detail: str) -> None:
        raise LookupError(str(state))

    async with open_rig(answering(SERVER_ERROR), on_state=broken) as rig:
        await drive_down(rig, mock_clock)
        assert failure(await rig.send()) == (FailureKind.UNAVAILABLE, False)
        assert [repr(defect) for defect in rig.defects] == ["LookupError('down')"]
