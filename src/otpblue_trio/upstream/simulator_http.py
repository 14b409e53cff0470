"""The simulated platform as an HTTP/1.1 server: the same API, the same outcomes, real failures.

`SimulatorSite` holds what the server knows; `serve_simulator` puts it on a port,
`serve_simulator_stream` on one stream of any kind. Calls:

- `POST /imsg/api/v1.1/otp/send/`
- `GET /imsg/api/v1/otp/available-regions/`
- `GET /imsg/api/v1/otp/history/requests/`
- `GET /imsg/api/v1/smpp/auth/` (the account directory)
- `GET /simulator/requests`: a list of every send that it remembers, for tests. It tells keys and
  codes, so the server belongs on a loopback address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import h11
import trio

from otpblue_trio.upstream.simulator_rules import DRIP_INTERVAL, Manner
from otpblue_trio.upstream.simulator_site import SimulatorSite, SiteAnswer, SiteRequest

if TYPE_CHECKING:
    import ssl

__all__ = ["serve_simulator", "serve_simulator_stream"]

_MAX_HEAD_OCTETS: Final = 16 * 1024
_MAX_BODY_OCTETS: Final = 64 * 1024
_READ_OCTETS: Final = 16 * 1024
_IDLE_TIMEOUT: Final = 75.0
"""Seconds in which the next whole request must arrive; nginx's default for idle connections."""


async def serve_simulator(
    site: SimulatorSite,
    *,
    host: str,
    port: int,
    ssl_context: ssl.SSLContext | None = None,
    task_status: trio.TaskStatus[tuple[str, int]] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve the simulated platform on a TCP port until cancelled.

    Args:
      site: what is served; several servers may share one.
      host: an address of this machine, e.g. `127.0.0.1`.
      port: 0 takes a free one.
      ssl_context: serve HTTPS with it; None: plain HTTP.
      task_status: `started` gets the address and the real port once connections are accepted.

    Raises:
      OSError: the port cannot be bound.
    """

    async def handle(stream: trio.abc.Stream) -> None:
        await serve_simulator_stream(stream, site)

    tcp = await trio.open_tcp_listeners(port, host=host)
    bound = tcp[0].socket.getsockname()
    async with trio.open_nursery() as nursery:
        if ssl_context is None:
            await nursery.start(trio.serve_listeners, handle, tcp)
        else:
            tls = [trio.SSLListener(each, ssl_context, https_compatible=True) for each in tcp]
            await nursery.start(trio.serve_listeners, handle, tls)
        task_status.started((bound[0], bound[1]))


async def serve_simulator_stream(stream: trio.abc.Stream, site: SimulatorSite) -> None:
    """Serve one connection until either side closes it; the stream is closed on return.

    A peer that leaves, breaks TLS or speaks no HTTP ends its own connection and nothing else.
    """
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=_MAX_HEAD_OCTETS)
    try:
        async with stream:
            while await _serve_one(connection, stream, site):
                connection.start_next_cycle()
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        pass  # the peer is gone


async def _serve_one(
    connection: h11.Connection, stream: trio.abc.Stream, site: SimulatorSite
) -> bool:
    """Answer one request; return whether another one may follow on this connection."""
    try:
        with trio.fail_after(_IDLE_TIMEOUT):
            request = await _receive(connection, stream)
    except trio.TooSlowError:
        return False
    except h11.RemoteProtocolError as error:
        if connection.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            body = b'{"message": "request not understood", "success": false}'
            answer = SiteAnswer(error.error_status_hint, "application/json", body)
            await stream.send_all(_octets(connection, answer, closing=True))
        return False
    if request is None:
        return False
    answer = site.answer(request)
    if answer.manner is Manner.SILENCE:
        while await stream.receive_some(_READ_OCTETS):
            pass
        return False
    await trio.sleep(answer.delay)
    if answer.manner is Manner.CLOSE:
        return False
    octets = _octets(connection, answer)
    if answer.manner is Manner.DRIP:
        for i in range(len(octets)):
            await stream.send_all(octets[i : i + 1])
            await trio.sleep(DRIP_INTERVAL)
    else:
        await stream.send_all(octets)
    return connection.our_state is h11.DONE


async def _receive(connection: h11.Connection, stream: trio.abc.Stream) -> SiteRequest | None:
    """Read one whole request; None when the peer has closed instead.

    Raises:
      h11.RemoteProtocolError: no HTTP, or more of it than the bounds allow.
    """
    head: h11.Request | None = None
    body = bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            if connection.they_are_waiting_for_100_continue:
                interim = connection.send(h11.InformationalResponse(status_code=100, headers=[]))
                await stream.send_all(interim or b"")
            connection.receive_data(bytes(await stream.receive_some(_READ_OCTETS)))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            if len(body) + len(event.data) > _MAX_BODY_OCTETS:
                raise h11.RemoteProtocolError("body too long", error_status_hint=413)
            body += event.data
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            return SiteRequest(
                head.method.decode("ascii"),
                head.target.decode("latin-1"),
                {name.decode("ascii"): value.decode("latin-1") for name, value in head.headers},
                bytes(body),
            )
        else:
            return None


def _octets(connection: h11.Connection, answer: SiteAnswer, *, closing: bool = False) -> bytes:
    """Return a whole response as it goes on the wire."""
    headers = [("Content-Type", answer.content_type), ("Content-Length", str(len(answer.body)))]
    if closing:
        headers.append(("Connection", "close"))
    return b"".join(
        connection.send(event) or b""
        for event in (
            h11.Response(status_code=answer.status, headers=headers),
            h11.Data(data=answer.body),
            h11.EndOfMessage(),
        )
    )
