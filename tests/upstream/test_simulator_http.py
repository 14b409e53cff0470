"""The simulated platform on the wire, driven by an h11 client."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING, Any

import h11
import orjson
import pytest
import trio
import trio.testing

from otpblue_trio.testing import tls_pair
from otpblue_trio.upstream import SimulatorSite, serve_simulator, serve_simulator_stream

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator

SEND = "/imsg/api/v1.1/otp/send/"
REGIONS = "/imsg/api/v1/otp/available-regions/"


def make_site(**settings: Any) -> SimulatorSite:
    return SimulatorSite(
        random=Random(1),
        wall_clock=lambda: datetime(2025, 11, 1, tzinfo=UTC),
        **settings,
    )


class Client:
    """One connection to the server."""

    def __init__(self, stream: trio.abc.Stream) -> None:
        self.stream = stream
        self._connection = h11.Connection(h11.CLIENT)

    async def send(self, contact: str, **headers: str) -> tuple[h11.Response, bytes]:
        body = orjson.dumps({"contact": contact, "code": "482910"})
        return await self.exchange("POST", SEND, body, headers)

    async def exchange(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
    ) -> tuple[h11.Response, bytes]:
        """Send one request and return its whole answer."""
        if self._connection.our_state is h11.DONE:
            self._connection.start_next_cycle()
        all_headers = [("Host", "simulator"), ("Authorization", "key")]
        all_headers += [("Content-Length", str(len(body))), *(headers or {}).items()]
        for part in (
            h11.Request(method=method, target=target, headers=all_headers),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ):
            await self.stream.send_all(self._connection.send(part) or b"")
        response: h11.Response | None = None
        received = bytearray()
        while True:
            event = self._connection.next_event()
            if event is h11.NEED_DATA:
                self._connection.receive_data(bytes(await self.stream.receive_some(4096)))
            elif isinstance(event, h11.Response):
                response = event
            elif isinstance(event, h11.Data):
                received += event.data
            elif isinstance(event, h11.EndOfMessage) and response is not None:
                return response, bytes(received)


@asynccontextmanager
async def connected(**settings: Any) -> AsyncIterator[Client]:
    """Serve one memory stream and yield a client at its other end."""
    ours, theirs = trio.testing.memory_stream_pair()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(serve_simulator_stream, theirs, make_site(**settings))
        yield Client(ours)
        await ours.aclose()
        nursery.cancel_scope.cancel()


async def test_send_is_answered_as_the_platform_does(autojump_clock: object) -> None:
    async with connected() as client:
        response, body = await client.send("+14155552671")
    assert response.status_code == 200
    assert dict(response.headers)[b"content-type"] == b"application/json"
    assert orjson.loads(body)["status"] == "delivered"


async def test_connection_is_kept_for_the_next_request(autojump_clock: object) -> None:
    async with connected() as client:
        statuses = [
            (await client.send("+1415555" + ending))[0].status_code
            for ending in ("2671", "0150", "0500", "0502", "0429", "0401", "0506", "2671")
        ]
    assert statuses == [200, 400, 500, 502, 429, 401, 200, 200]


async def test_client_may_ask_for_the_end_of_the_connection(autojump_clock: object) -> None:
    async with connected() as client:
        await client.send("+14155552671", Connection="close")
        assert await client.stream.receive_some() == b""


async def test_latency_passes_before_the_answer(autojump_clock: object) -> None:
    async with connected(latency=0.5) as client:
        start = trio.current_time()
        await client.send("+14155552671")
        assert trio.current_time() - start == pytest.approx(0.5)


async def test_0504_never_answers_and_keeps_the_connection_open(autojump_clock: object) -> None:
    async with connected() as client:
        with trio.move_on_after(3600.0) as patience:
            await client.send("+14155550504")
    assert patience.cancelled_caught


async def test_0505_closes_without_an_answer(autojump_clock: object) -> None:
    async with connected() as client:
        with pytest.raises(h11.RemoteProtocolError):
            await client.send("+14155550505")


async def test_0507_drips_an_octet_every_tenth_of_a_second(autojump_clock: object) -> None:
    async with connected() as client:
        start = trio.current_time()
        response, body = await client.send("+14155550507")
        took = trio.current_time() - start
    assert response.status_code == 200
    assert orjson.loads(body)["success"] is True
    assert took > len(body) * 0.1


async def test_0508_answers_after_three_seconds(autojump_clock: object) -> None:
    async with connected() as client:
        start = trio.current_time()
        response, _ = await client.send("+14155550508")
        assert trio.current_time() - start == pytest.approx(3.0)
    assert response.status_code == 200


async def test_get_is_answered(autojump_clock: object) -> None:
    async with connected(regions={"NZ": "New Zealand"}) as client:
        _, body = await client.exchange("GET", REGIONS)
    assert orjson.loads(body) == {"regions": [{"name": "New Zealand", "code": "NZ"}]}


@pytest.mark.parametrize(
    "octets",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"NOT HTTP\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
async def test_bad_request_is_answered_400_and_closed(
    octets: bytes, autojump_clock: object
) -> None:
    async with connected() as client:
        await client.stream.send_all(octets)
        answer = bytearray()
        while part := await client.stream.receive_some():
            answer += part
    assert answer.startswith(b"HTTP/1.1 400 ")


async def test_head_without_end_is_refused(autojump_clock: object) -> None:
    async with connected() as client:
        await client.stream.send_all(b"GET / HTTP/1.1\r\nX: " + b"x" * 40_000)
        assert (await client.stream.receive_some()).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize(("octets", "status"), [(65_536, 400), (65_537, 413)])
async def test_body_is_bounded(octets: int, status: int, autojump_clock: object) -> None:
    async with connected() as client:
        response, _ = await client.exchange("POST", SEND, b"x" * octets)
    assert response.status_code == status


async def test_idle_connection_is_closed(autojump_clock: object) -> None:
    async with connected() as client:
        await client.send("+14155552671")
        assert await client.stream.receive_some() == b""


async def test_client_that_waits_for_100_continue_gets_it(autojump_clock: object) -> None:
    async with connected() as client:
        await client.stream.send_all(
            b"POST " + SEND.encode() + b" HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"
            b"Expect: 100-continue\r\n\r\n"
        )
        assert (await client.stream.receive_some()).startswith(b"HTTP/1.1 100 ")
        await client.stream.send_all(b"{}")
        assert (await client.stream.receive_some()).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("ending", ["0507", "0508", "2671"])
async def test_client_that_leaves_early_disturbs_nobody(
    ending: str, autojump_clock: object
) -> None:
    site = make_site()
    ours, theirs = trio.testing.memory_stream_pair()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(serve_simulator_stream, theirs, site)
        with trio.move_on_after(0.05):
            await Client(ours).send("+1415555" + ending)
        await ours.aclose()
    assert len(site.records) == 1


async def test_server_tells_its_real_port() -> None:
    site = make_site()
    async with trio.open_nursery() as nursery:
        host, port = await nursery.start(_serve_anywhere, site)
        async with await trio.open_tcp_stream(host, port) as stream:
            response, _ = await Client(stream).send("+14155552671")
        nursery.cancel_scope.cancel()
    assert host == "127.0.0.1"
    assert response.status_code == 200
    assert len(site.records) == 1


async def test_server_speaks_tls() -> None:
    server_context, client_context = tls_pair("127.0.0.1")
    async with trio.open_nursery() as nursery:
        host, port = await nursery.start(_serve_anywhere, make_site(), server_context)
        stream = await trio.open_ssl_over_tcp_stream(
            host, port, ssl_context=client_context, https_compatible=True
        )
        async with stream:
            response, _ = await Client(stream).send("+14155552671")
        # A client that speaks no TLS ends its own connection only.
        async with await trio.open_tcp_stream(host, port) as plain:
            await plain.send_all(b"GET / HTTP/1.1\r\n\r\n")
            while await plain.receive_some():
                pass
        stream = await trio.open_ssl_over_tcp_stream(
            host, port, ssl_context=client_context, https_compatible=True
        )
        async with stream:
            again, _ = await Client(stream).send("+14155550150")
        nursery.cancel_scope.cancel()
    assert (response.status_code, again.status_code) == (200, 400)


async def _serve_anywhere(
    site: SimulatorSite,
    ssl_context: ssl.SSLContext | None = None,
    *,
    task_status: trio.TaskStatus[tuple[str, int]] = trio.TASK_STATUS_IGNORED,
) -> None:
    await serve_simulator(
        site, host="127.0.0.1", port=0, ssl_context=ssl_context, task_status=task_status
    )
