"""Where connections come from, and who is at the other end."""

from __future__ import annotations

import contextlib
import errno
import socket
from ipaddress import ip_address

import pytest
import trio
import trio.testing

from otpblue_trio.runtime import ListenError, Peer, open_listeners
from otpblue_trio.runtime.listeners import accept_from, format_address, peer_of
from otpblue_trio.testing import MemoryListener

HAS_IPV6 = socket.has_ipv6
NOBODY = Peer(ip_address(0), 0)


@pytest.mark.parametrize(
    ("host", "port", "text"),
    [
        ("192.0.2.1", 2775, "192.0.2.1:2775"),
        ("2001:db8::1", 2775, "[2001:db8::1]:2775"),
        ("localhost", 0, "localhost:0"),
    ],
)
def test_an_address_is_written_with_its_port(host: str, port: int, text: str) -> None:
    assert format_address(host, port) == text


@pytest.mark.parametrize(
    ("address", "text"), [("192.0.2.1", "192.0.2.1:9"), ("2001:db8::1", "[2001:db8::1]:9")]
)
def test_a_peer_is_written_like_an_address(address: str, text: str) -> None:
    assert Peer(ip_address(address), 9).text == text


async def test_port_zero_takes_a_free_port_and_tells_it() -> None:
    ((address, listener),) = await open_listeners("127.0.0.1", 0)
    async with listener:
        host, _, port = address.rpartition(":")
        assert host == "127.0.0.1"
        assert int(port) == listener.socket.getsockname()[1] > 0


async def test_the_peer_of_a_socket_is_its_other_end() -> None:
    ((address, listener),) = await open_listeners("127.0.0.1", 0)
    async with listener:
        client = await trio.open_tcp_stream("127.0.0.1", int(address.rpartition(":")[2]))
        async with client, await listener.accept() as server:
            assert peer_of(server) == Peer(ip_address("127.0.0.1"), client.socket.getsockname()[1])


@pytest.mark.skipif(not HAS_IPV6, reason="Python was built without IPv6")
async def test_an_ipv4_peer_of_an_ipv6_listener_is_an_ipv4_peer() -> None:
    listening = trio.socket.socket(trio.socket.AF_INET6)
    listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    try:
        await listening.bind(("::", 0))
    except OSError as error:
        listening.close()
        pytest.skip(f"no IPv6 here: {error.strerror}")
    listening.listen()
    async with trio.SocketListener(listening) as listener:
        client = await trio.open_tcp_stream("127.0.0.1", listening.getsockname()[1])
        async with client, await listener.accept() as server:
            assert peer_of(server).address == ip_address("127.0.0.1")


async def test_a_memory_stream_tells_its_peer() -> None:
    async with MemoryListener() as listener:
        client = listener.connect("2001:db8::1")
        async with client, await listener.accept() as server:
            assert peer_of(server).address == ip_address("2001:db8::1")


async def test_a_stream_that_tells_nothing_has_no_address() -> None:
    stream, other = trio.testing.memory_stream_pair()
    async with stream, other:
        assert peer_of(stream) == NOBODY


async def test_a_unix_socket_has_no_address() -> None:
    ours, theirs = (
        trio.SocketStream(trio.socket.from_stdlib_socket(end)) for end in socket.socketpair()
    )
    async with ours, theirs:
        assert peer_of(ours) == NOBODY


async def test_a_peer_that_has_reset_before_we_looked_has_no_address() -> None:
    ((address, listener),) = await open_listeners("127.0.0.1", 0)
    async with listener:
        client = await trio.open_tcp_stream("127.0.0.1", int(address.rpartition(":")[2]))
        async with await listener.accept() as server:
            linger = (1).to_bytes(4, "little") + (0).to_bytes(4, "little")
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            await client.aclose()
            with pytest.raises(trio.BrokenResourceError):
                await server.receive_some()
            assert peer_of(server) == NOBODY


async def test_an_address_in_use_is_said_in_words() -> None:
    ((address, listener),) = await open_listeners("127.0.0.1", 0)
    async with listener:
        port = int(address.rpartition(":")[2])
        with pytest.raises(ListenError, match=rf"cannot listen on 127\.0\.0\.1:{port}: Addr"):
            await open_listeners("127.0.0.1", port)


async def test_a_name_that_nobody_has_is_said_in_words() -> None:
    class NoNames(trio.abc.HostnameResolver):
        async def getaddrinfo(self, *args: object, **kwargs: object) -> list[object]:  # type: ignore[override]
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        async def getnameinfo(self, *args: object) -> tuple[str, str]:
            raise NotImplementedError

    trio.socket.set_custom_hostname_resolver(NoNames())
    with pytest.raises(ListenError, match=r"nowhere\.example:2775: Name or service not known"):
        await open_listeners("nowhere.example", 2775)


@pytest.mark.parametrize("number", [errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL])
async def test_a_machine_without_ipv6_has_no_listener_for_all_of_it(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*args: object, **kwargs: object) -> list[trio.SocketListener]:
        raise OSError(number, "no IPv6")

    monkeypatch.setattr(trio, "open_tcp_listeners", refuse)
    assert await open_listeners("::", 2776) == []
    with pytest.raises(ListenError):
        await open_listeners("127.0.0.1", 2776)


class FailingListener(trio.abc.Listener[trio.abc.Stream]):
    """Accepts what it is given, or fails with it, and then waits."""

    def __init__(self, *results: trio.abc.Stream | OSError) -> None:
        self.results = list(results)
        self.is_closed = False

    async def accept(self) -> trio.abc.Stream:
        await trio.lowlevel.checkpoint()
        if not self.results:
            await trio.sleep_forever()
        result = self.results.pop(0)
        if isinstance(result, OSError):
            raise result
        return result

    async def aclose(self) -> None:
        self.is_closed = True


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM])
async def test_connections_wait_while_the_system_has_no_room_for_them(
    number: int, autojump_clock: trio.testing.MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    stream, _ = trio.testing.memory_stream_pair()
    error = OSError(number, "")
    listener = FailingListener(error, error, stream)
    taken: list[trio.abc.Stream] = []
    times: list[float] = []

    def take(accepted: trio.abc.Stream, peer: Peer) -> None:
        assert peer == NOBODY
        taken.append(accepted)
        times.append(trio.current_time())

    with trio.move_on_after(1):
        await accept_from(listener, take)
    assert taken == [stream]
    assert times == [pytest.approx(0.2)]
    assert listener.is_closed
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"]


async def test_a_listener_that_does_not_work_any_more_is_heard_of() -> None:
    listener = FailingListener(OSError(errno.EINVAL, "Invalid argument"))
    with pytest.raises(OSError, match="Invalid argument"):
        await accept_from(listener, lambda stream, peer: None)
    assert listener.is_closed


async def test_all_who_wait_are_accepted_with_their_addresses() -> None:
    ((address, listener),) = await open_listeners("127.0.0.1", 0)
    port = int(address.rpartition(":")[2])
    expected: set[Peer] = set()
    accepted: list[Peer] = []
    async with contextlib.AsyncExitStack() as streams:
        for _ in range(20):
            client = await trio.open_tcp_stream("127.0.0.1", port)
            await streams.enter_async_context(client)
            expected.add(Peer(ip_address("127.0.0.1"), client.socket.getsockname()[1]))
        with trio.CancelScope() as accepting:

            def take(stream: trio.abc.Stream, peer: Peer) -> None:
                streams.push_async_exit(stream)
                accepted.append(peer)
                if len(accepted) == len(expected):
                    accepting.cancel()

            await accept_from(listener, take)
        assert set(accepted) == expected


async def test_accepting_ends_when_the_listener_is_closed() -> None:
    ((_, listener),) = await open_listeners("127.0.0.1", 0)

    async def accept() -> None:
        with pytest.raises(trio.ClosedResourceError):
            await accept_from(listener, lambda stream, peer: None)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(accept)
        await trio.testing.wait_all_tasks_blocked()
        await listener.aclose()
