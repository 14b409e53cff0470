"""How an ESME that unbinds is parted from, over memory and over sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trio
import trio.testing

from otpblue_trio.runtime.observer import CloseReason, ConnectionClosed, MessageAnswered
from otpblue_trio.smpp import (
    BindTransceiver,
    CommandStatus,
    SubmitSmResp,
    Unbind,
    UnbindResp,
    encode,
)
from otpblue_trio.testing import (
    FakePlatform,
    GatewayUnderTest,
    MemoryStream,
    account,
    open_gateway,
    read_pdus,
    submit_pdu,
    tls_pair,
    with_limits,
)

if TYPE_CHECKING:
    from trio.testing import MockClock

pytestmark = pytest.mark.usefixtures("over_both")

MESSAGE = submit_pdu("14155552671", "Your code is 482910")


async def unbound(gateway: GatewayUnderTest) -> MemoryStream:
    """Return the ESME's end of a connection that has said all it has to say."""
    stream = gateway.connect_stream()
    await bind_and_unbind(stream)
    return stream


async def bind(stream: trio.abc.Stream) -> None:
    await stream.send_all(
        encode(BindTransceiver(sequence_number=1, system_id="acme", password="secret"))
    )
    await read_pdus(stream, 1)


async def bind_and_unbind(stream: trio.abc.Stream) -> None:
    await bind(stream)
    await stream.send_all(encode(Unbind(sequence_number=2)))
    (last,) = await read_pdus(stream)
    assert isinstance(last, UnbindResp)


async def test_the_end_follows_the_response_though_the_esme_has_not_closed(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway() as gateway:
        await unbound(gateway)
        assert trio.current_time() == 0
        assert not gateway.seen(ConnectionClosed)
        assert gateway.gateway.connections == 1


async def test_the_connection_is_over_when_the_esme_closes(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        stream = await unbound(gateway)
        await stream.aclose()
        closed = await gateway.wait_for(ConnectionClosed)
        assert closed.reason is CloseReason.UNBOUND
        assert trio.current_time() == 0
        await trio.testing.wait_all_tasks_blocked()
        assert gateway.gateway.connections == 0


async def test_an_esme_that_does_not_close_is_waited_for_one_second(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway() as gateway:
        await unbound(gateway)
        closed = await gateway.wait_for(ConnectionClosed)
        assert closed.reason is CloseReason.UNBOUND
        assert trio.current_time() == pytest.approx(1)


async def test_what_comes_after_the_unbind_means_nothing(autojump_clock: MockClock) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        stream = await unbound(gateway)
        await stream.send_all(encode(MESSAGE) * 2)
        await stream.send_all(b"GET / HTTP/1.1\r\n\r\n")
        await stream.aclose()
        closed = await gateway.wait_for(ConnectionClosed)
        assert closed.reason is CloseReason.UNBOUND
        assert closed.submits == 0
    assert not platform.requests


async def test_another_session_may_bind_before_the_first_one_closes(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(accounts=[account(max_sessions=1)]) as gateway:
        await unbound(gateway)
        esme = await gateway.connect()
        response = await esme.bind_transceiver("acme", "secret")
        assert response.command_status == CommandStatus.ESME_ROK


async def test_a_stop_waits_no_longer_than_for_the_esme_to_close(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        await unbound(gateway)
        gateway.gateway.stop()
        await gateway.wait_for(ConnectionClosed)
        assert trio.current_time() == pytest.approx(1)


async def test_under_tls_the_end_is_a_goodbye(autojump_clock: MockClock) -> None:
    server, client = tls_pair()
    async with open_gateway(tls=server) as gateway:
        # This stream takes an end without a goodbye for a fault.
        stream = trio.SSLStream(
            gateway.connect_stream(), client, server_hostname="localhost", https_compatible=False
        )
        await bind_and_unbind(stream)
        await stream.aclose()
        closed = await gateway.wait_for(ConnectionClosed)
        assert closed.reason is CloseReason.UNBOUND


async def with_unread_answers(gateway: GatewayUnderTest) -> MemoryStream:
    """Return the ESME's end of a bound connection with 20 answers in it."""
    stream = gateway.connect_stream()
    await bind(stream)
    await stream.send_all(encode(MESSAGE) * 20)
    await gateway.wait_for(MessageAnswered, 20)
    return stream


# Nobody knows what the other end of a stream in memory has read.
ONLY_SOCKETS = pytest.mark.parametrize("over_both", ["sockets"], indirect=True)
LAST_WORDS = pytest.mark.parametrize(
    "last_words",
    [encode(Unbind(sequence_number=2)), b"GET / HTTP/1.1\r\n\r\n"],
    ids=["unbind", "no_smpp"],
)


@ONLY_SOCKETS
@LAST_WORDS
async def test_an_esme_that_reads_slowly_gets_all_its_answers_before_the_connection_is_closed(
    autojump_clock: MockClock, last_words: bytes
) -> None:
    async with open_gateway() as gateway:
        stream = await with_unread_answers(gateway)
        await stream.send_all(last_words)
        # Long after a connection is closed whose peer has read everything.
        await trio.sleep(5)
        await stream.send_all(encode(MESSAGE))
        responses = [pdu for pdu in await read_pdus(stream) if isinstance(pdu, SubmitSmResp)]
        assert len(responses) == 20


@ONLY_SOCKETS
@LAST_WORDS
async def test_an_esme_that_never_reads_is_not_waited_for_longer_than_for_a_write(
    autojump_clock: MockClock, last_words: bytes
) -> None:
    async with open_gateway(limits=with_limits(write_timeout=10.0)) as gateway:
        stream = await with_unread_answers(gateway)
        await stream.send_all(last_words)
        await gateway.wait_for(ConnectionClosed)
        assert 10 <= trio.current_time() <= 12
