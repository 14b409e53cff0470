"""The platform client over TLS: who is believed, and what may be told from ciphertext alone."""

from __future__ import annotations

import socket
import ssl
from contextlib import asynccontextmanager, suppress
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import attrs
import orjson
import pytest
import trio
import trio.testing
import trustme
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import until
from tests.upstream.conftest import failure

from otpblue_trio.policy.types import Delivered, Failed, FailureKind, Outcome, SendRequest
from otpblue_trio.upstream.http_client import HttpPlatform
from otpblue_trio.upstream.http_tls import RecordBoundaries, make_ssl_context

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from trio.testing import MockClock

REQUEST = SendRequest("acme", "key-1", "+14155552671", "US", "482910", "", "MyBank", "en")
ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Length: 38\r\n\r\n" + b'{"success": true, "message_id":"id-1"}'
)
UNTIL_CLOSE = ANSWER.replace(b"Content-Length", b"X-Length")
DELIVERED = Delivered("id-1")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture
def server_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "api.test").configure_cert(context)
    return context


class Stream:
    """The platform's end of one TLS connection, for scripts."""

    def __init__(self, tls: trio.SSLStream[Wire]) -> None:
        self.tls = tls
        self.wire = tls.transport_stream
        self.requests = 0

    async def request(self) -> bytes:
        """Read one whole request and return its body; end the script when there is none."""
        octets = bytearray()
        length: int | None = None
        while length is None or len(octets) < length:
            more = await self.tls.receive_some()
            if not more:
                raise trio.BrokenResourceError
            octets += more
            head, mark, _ = bytes(octets[:1000]).partition(b"\r\n\r\n")
            if mark:
                body = int(head.partition(b"Content-Length: ")[2].split(b"\r\n")[0])
                length = len(head) + 4 + body
        self.requests += 1
        return bytes(octets).partition(b"\r\n\r\n")[2]

    async def send(self, octets: bytes) -> None:
        await self.tls.send_all(octets)

    def hold(self) -> None:
        """Keep what follows from the network until `let_go`."""
        self.wire.held = bytearray()

    async def let_go(self, more: bytes = b"") -> None:
        """Send what was held in one piece, with octets behind it that are not encrypted."""
        held, self.wire.held = self.wire.held, None
        assert held is not None
        await self.wire.send_all(bytes(held) + more)


class Wire(trio.abc.Stream):
    """A TCP stream that can hold back what is to be sent."""

    def __init__(self, tcp: trio.SocketStream) -> None:
        self._tcp = tcp
        self.held: bytearray | None = None
        self.holds_after_first = False

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        if self.held is None:
            await self._tcp.send_all(data)
            if self.holds_after_first:
                self.held = bytearray()
        else:
            self.held += data

    async def wait_send_all_might_not_block(self) -> None:
        await self._tcp.wait_send_all_might_not_block()

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        return await self._tcp.receive_some(max_bytes)

    async def aclose(self) -> None:
        await self._tcp.aclose()


class Rig:
    """A running client and the streams that the platform accepted."""

    def __init__(self, platform: HttpPlatform) -> None:
        self.platform = platform
        self.streams: list[Stream] = []

    async def send(self, request: SendRequest = REQUEST) -> Outcome:
        outcomes: list[Outcome] = []
        is_settled = trio.Event()

        def done(outcome: Outcome) -> None:
            outcomes.append(outcome)
            is_settled.set()

        self.platform.submit(request, done)
        await is_settled.wait()
        (outcome,) = outcomes
        return outcome

    until = staticmethod(until)


async def answering(stream: Stream) -> None:
    while True:
        await stream.request()
        await stream.send(ANSWER)


@asynccontextmanager
async def open_rig(
    server_context: ssl.SSLContext,
    client_context: ssl.SSLContext | None,
    script: Callable[[Stream], Awaitable[None]] = answering,
    host: str = "127.0.0.1",
    glues: bool = False,
    **settings: Any,
) -> AsyncIterator[Rig]:
    """Run a client against a platform that follows a script on each connection.

    `glues`: all that the platform sends behind its first flight is held until the script lets go.
    """
    listener = (await trio.open_tcp_listeners(0, host="127.0.0.1"))[0]
    port = listener.socket.getsockname()[1]

    async def serve(tcp: trio.SocketStream) -> None:
        tls = trio.SSLStream(Wire(tcp), server_context, server_side=True)
        stream = Stream(tls)
        stream.wire.holds_after_first = glues
        async with tcp:
            with suppress(trio.BrokenResourceError):
                await tls.do_handshake()
                rig.streams.append(stream)
                await script(stream)

    async with trio.open_nursery() as nursery:
        url = f"https://{host}:{port}/send/"
        rig = Rig(HttpPlatform(url=url, ssl_context=client_context, **settings))
        await nursery.start(trio.serve_listeners, serve, [listener])
        await nursery.start(rig.platform.run)
        yield rig
        nursery.cancel_scope.cancel()


class Resolver(trio.abc.HostnameResolver):
    """Every name is this machine."""

    async def getaddrinfo(  # type: ignore[override]  # only what the client asks for
        self, host: str, port: int, *_: object
    ) -> list[Any]:
        await trio.lowlevel.checkpoint()
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", port))]

    async def getnameinfo(self, sockaddr: object, flags: int) -> tuple[str, str]:
        raise OSError


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_one_connection_carries_request_after_request(
    server_context: ssl.SSLContext, ca_file: Path, version: ssl.TLSVersion
) -> None:
    server_context.minimum_version = server_context.maximum_version = version
    async with open_rig(server_context, make_ssl_context(str(ca_file))) as rig:
        for _ in range(5):
            assert await rig.send() == DELIVERED
        assert [stream.requests for stream in rig.streams] == [5]


async def test_host_name_is_verified_and_told_to_the_server(
    server_context: ssl.SSLContext, ca_file: Path
) -> None:
    names: list[str] = []

    def take_name(_object: object, name: str, _context: object) -> None:
        names.append(name)

    server_context.sni_callback = take_name
    trio.socket.set_custom_hostname_resolver(Resolver())
    async with open_rig(server_context, make_ssl_context(str(ca_file)), host="api.test") as rig:
        assert await rig.send() == DELIVERED
        assert names == ["api.test"]


async def test_certificate_of_another_name_is_refused(
    server_context: ssl.SSLContext, ca_file: Path
) -> None:
    trio.socket.set_custom_hostname_resolver(Resolver())
    async with open_rig(server_context, make_ssl_context(str(ca_file)), host="other.test") as rig:
        outcome = await rig.send()
        assert failure(outcome) == (FailureKind.CONNECT, False)
        assert isinstance(outcome, Failed)
        assert "certificate not accepted" in outcome.detail


async def test_certificate_of_an_unknown_authority_is_refused(
    server_context: ssl.SSLContext,
) -> None:
    async with open_rig(server_context, make_ssl_context(None)) as rig:
        assert failure(await rig.send()) == (FailureKind.CONNECT, False)
        assert rig.platform.connections == 0


async def test_without_a_context_the_authorities_of_the_system_decide(
    server_context: ssl.SSLContext,
) -> None:
    async with open_rig(server_context, None) as rig:
        assert failure(await rig.send()) == (FailureKind.CONNECT, False)


def test_context_asks_for_tls_1_2_at_least(ca_file: Path) -> None:
    context = make_ssl_context(str(ca_file))
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_file_without_a_certificate_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    for name in ("ca.pem", "missing.pem"):
        with pytest.raises(OSError, match=r"."):
            make_ssl_context(str(tmp_path / name))


async def test_old_tls_is_refused(server_context: ssl.SSLContext, ca_file: Path) -> None:
    client_context = make_ssl_context(str(ca_file))
    client_context.minimum_version = ssl.TLSVersion.TLSv1_3
    server_context.maximum_version = ssl.TLSVersion.TLSv1_2
    async with open_rig(server_context, client_context) as rig:
        assert failure(await rig.send()) == (FailureKind.CONNECT, False)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_second_connection_resumes_the_session_of_the_first(
    server_context: ssl.SSLContext, ca_file: Path, version: ssl.TLSVersion
) -> None:
    async def once(stream: Stream) -> None:
        await stream.request()
        await stream.send(ANSWER.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))

    server_context.minimum_version = server_context.maximum_version = version
    async with open_rig(server_context, make_ssl_context(str(ca_file)), once) as rig:
        for _ in range(3):
            assert await rig.send() == DELIVERED
        assert [stream.tls.session_reused for stream in rig.streams] == [False, True, True]


async def test_goodbye_on_a_resting_connection_is_noticed(
    server_context: ssl.SSLContext, ca_file: Path
) -> None:
    async def leave(stream: Stream) -> None:
        await stream.request()
        await stream.send(ANSWER)
        await stream.tls.unwrap()

    async with open_rig(server_context, make_ssl_context(str(ca_file)), leave) as rig:
        for _ in range(3):
            assert await rig.send() == DELIVERED
            await rig.until(lambda: rig.platform.connections == 0)
        assert [stream.requests for stream in rig.streams] == [1, 1, 1]


async def test_unsolicited_answer_is_not_taken_for_the_answer_to_the_next_request(
    server_context: ssl.SSLContext, ca_file: Path
) -> None:
    async def eager(stream: Stream) -> None:
        await stream.request()
        await stream.send(ANSWER)
        await stream.send(ANSWER.replace(b"id-1", b"old!"))
        await stream.request()

    async with open_rig(server_context, make_ssl_context(str(ca_file)), eager) as rig:
        for _ in range(3):
            assert await rig.send() == DELIVERED
            await rig.until(lambda: rig.platform.connections == 0)


async def test_connection_with_half_a_record_on_it_carries_no_other_request(
    server_context: ssl.SSLContext, ca_file: Path
) -> None:
    async def half_a_record(stream: Stream) -> None:
        await stream.request()
        stream.hold()
        await stream.send(ANSWER)
        await stream.let_go(b"\x17\x03\x03\x00\x40" + bytes(10))
        await stream.request()

    async with open_rig(server_context, make_ssl_context(str(ca_file)), half_a_record) as rig:
        for _ in range(3):
            assert await rig.send() == DELIVERED
        assert [stream.requests for stream in rig.streams] == [1, 1, 1]


async def test_platform_that_speaks_first_is_not_asked(
    server_context: ssl.SSLContext, ca_file: Path
) -> None:
    async def eager(stream: Stream) -> None:
        await stream.send(ANSWER)
        await stream.let_go()
        await stream.request()

    server_context.maximum_version = ssl.TLSVersion.TLSv1_2
    client_context = make_ssl_context(str(ca_file))
    async with open_rig(server_context, client_context, eager, glues=True) as rig:
        assert failure(await rig.send()) == (FailureKind.CONNECT, False)


@pytest.mark.parametrize(
    "behind", [b"\x17\x03\x03\x00\x20" + bytes(32), b"\x15\x03\x03\x00\x02\x02\x50", b"HTTP/"]
)
async def test_whole_answer_stands_whatever_comes_behind_it(
    server_context: ssl.SSLContext, ca_file: Path, behind: bytes
) -> None:
    async def script(stream: Stream) -> None:
        await stream.request()
        stream.hold()
        await stream.send(ANSWER)
        await stream.let_go(behind)
        await stream.request()

    async with open_rig(server_context, make_ssl_context(str(ca_file)), script) as rig:
        for _ in range(2):
            assert await rig.send() == DELIVERED
        assert [stream.requests for stream in rig.streams] == [1, 1]


async def test_body_without_length_and_junk_is_cut_short(
    server_context: ssl.SSLContext, ca_file: Path
) -> None:
    async def script(stream: Stream) -> None:
        await stream.request()
        stream.hold()
        await stream.send(UNTIL_CLOSE)
        await stream.let_go(b"\x17\x03\x03\x00\x20" + bytes(32))

    async with open_rig(server_context, make_ssl_context(str(ca_file)), script) as rig:
        assert failure(await rig.send()) == (FailureKind.DISCONNECTED, True)


@given(lengths=st.lists(st.integers(0, 300), max_size=5), data=st.data())
def test_ends_of_records_are_found_however_the_stream_is_cut(
    lengths: list[int], data: st.DataObject
) -> None:
    stream = b"".join(b"\x17\x03\x03" + n.to_bytes(2, "big") + bytes(n) for n in lengths)
    ends = {0, *accumulate(5 + n for n in lengths)}
    records, at = RecordBoundaries(), 0
    while at < len(stream):
        assert records.are_whole == (at in ends)
        step = data.draw(st.integers(1, len(stream) - at))
        records.follow(stream[at : at + step])
        at += step
    assert records.are_whole


async def test_client_says_goodbye(server_context: ssl.SSLContext, ca_file: Path) -> None:
    last: list[bytes | bytearray] = []

    async def script(stream: Stream) -> None:
        await stream.request()
        await stream.send(ANSWER.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        last.append(await stream.tls.receive_some())

    async with open_rig(server_context, make_ssl_context(str(ca_file)), script) as rig:
        assert await rig.send() == DELIVERED
        await rig.until(lambda: bool(last))
    assert last == [b""]


async def test_body_without_length_ends_with_the_goodbye(
    server_context: ssl.SSLContext, ca_file: Path
) -> None:
    async def script(stream: Stream) -> None:
        await stream.request()
        await stream.send(UNTIL_CLOSE)
        await stream.tls.unwrap()

    async with open_rig(server_context, make_ssl_context(str(ca_file)), script) as rig:
        assert await rig.send() == DELIVERED


async def test_body_without_length_and_goodbye_is_cut_short(
    server_context: ssl.SSLContext, ca_file: Path
) -> None:
    async def script(stream: Stream) -> None:
        await stream.request()
        await stream.send(UNTIL_CLOSE)

    async with open_rig(server_context, make_ssl_context(str(ca_file)), script) as rig:
        assert failure(await rig.send()) == (FailureKind.DISCONNECTED, True)


async def test_request_and_answer_of_many_records_are_whole(
    server_context: ssl.SSLContext, ca_file: Path
) -> None:
    async def script(stream: Stream) -> None:
        text = orjson.loads(await stream.request())["text"]
        assert len(text) == 5_000_000
        body = b'{"success": true, "message_id": "id-1"}' + b" " * 60_000
        await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        await stream.request()

    large = attrs.evolve(REQUEST, code="", text="x" * 5_000_000)
    async with open_rig(server_context, make_ssl_context(str(ca_file)), script) as rig:
        assert await rig.send(large) == DELIVERED


async def test_close_after_the_request_is_a_disconnection(
    server_context: ssl.SSLContext, ca_file: Path
) -> None:
    async def script(stream: Stream) -> None:
        await stream.request()

    async with open_rig(server_context, make_ssl_context(str(ca_file)), script) as rig:
        assert failure(await rig.send()) == (FailureKind.DISCONNECTED, True)
        assert [stream.requests for stream in rig.streams] == [1]


@asynccontextmanager
async def open_tcp_rig(
    handle: Callable[[trio.SocketStream], Awaitable[None]],
) -> AsyncIterator[Rig]:
    """Run a client against something that does not finish a TLS handshake."""
    async with trio.open_nursery() as nursery:
        listener = (await trio.open_tcp_listeners(0, host="127.0.0.1"))[0]
        port = listener.socket.getsockname()[1]
        rig = Rig(HttpPlatform(url=f"https://127.0.0.1:{port}/", ssl_context=None))
        await nursery.start(trio.serve_listeners, handle, [listener])
        await nursery.start(rig.platform.run)
        yield rig
        nursery.cancel_scope.cancel()


async def test_server_without_tls_is_unreachable() -> None:
    async def plain(stream: trio.SocketStream) -> None:
        await stream.receive_some()
        await stream.send_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        await stream.aclose()

    async with open_tcp_rig(plain) as rig:
        assert failure(await rig.send()) == (FailureKind.CONNECT, False)


async def test_close_in_the_handshake_is_unreachable() -> None:
    async def close(stream: trio.SocketStream) -> None:
        await stream.receive_some()
        await stream.aclose()

    async with open_tcp_rig(close) as rig:
        assert failure(await rig.send()) == (FailureKind.CONNECT, False)


async def test_silence_in_the_handshake_ends_at_the_connect_timeout(mock_clock: MockClock) -> None:
    hello = trio.Event()

    async def silent(stream: trio.SocketStream) -> None:
        await stream.receive_some()
        hello.set()
        await trio.sleep_forever()

    async with open_tcp_rig(silent) as rig, trio.open_nursery() as nursery:

        async def expect_failure() -> None:
            assert failure(await rig.send()) == (FailureKind.CONNECT, False)
            assert trio.current_time() - began == pytest.approx(3.0)

        began = trio.current_time()
        nursery.start_soon(expect_failure)
        await hello.wait()
        mock_clock.jump(2.99)
        await trio.testing.wait_all_tasks_blocked()
        assert rig.platform.connections == 1
        mock_clock.jump(0.01)
