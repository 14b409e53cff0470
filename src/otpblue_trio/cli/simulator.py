"""`otpblue-trio simulator`: the simulated platform as an HTTP server."""

from __future__ import annotations

import contextlib
from functools import partial
from random import SystemRandom

import click

from otpblue_trio.cli.parameters import duration

__all__ = ["simulator"]


@click.command(short_help="Serve the simulated platform over HTTP.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8090,
    show_default=True,
    help="Where it listens; 0 takes a free port, which is printed.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="On which address.")
@click.option(
    "--latency",
    callback=duration,
    default="120ms",
    show_default=True,
    help="How long an answer takes on average.",
)
@click.option(
    "--jitter",
    callback=duration,
    default="40ms",
    show_default=True,
    help="How far a single answer may be from that.",
)
def simulator(port: int, host: str, latency: float, jitter: float) -> None:
    """Serve the OTP Blue API without sending anything, for tests of the real client.

    The outcome follows the last four digits of the number: 0150 has no iMessage, 0720 no capacity,
    0500 fails, and so on. GET /simulator/requests lists what was sent. Ends with SIGINT or SIGTERM.
    """
    import trio

    trio.run(_serve, host, port, latency, jitter)


async def _serve(host: str, port: int, latency: float, jitter: float) -> None:
    import signal

    import trio

    from otpblue_trio.app import wall_clock
    from otpblue_trio.policy import Destination, NumberReader
    from otpblue_trio.runtime.listeners import ListenError, format_address
    from otpblue_trio.upstream import SimulatorSite, serve_simulator

    numbers = NumberReader()

    def region_of(contact: str) -> str:
        read = numbers.read(contact, 1, 1, "")
        return read.region if isinstance(read, Destination) else ""

    site = SimulatorSite(
        latency=latency,
        jitter=jitter,
        random=SystemRandom(),
        wall_clock=wall_clock,
        region_of=region_of,
    )
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        refusal = ""
        async with trio.open_nursery() as nursery:
            serving = partial(serve_simulator, site, host=host, port=port)
            try:
                bound_host, bound_port = await nursery.start(serving)
            except (OSError, UnicodeError) as error:
                refusal = getattr(error, "strerror", None) or str(error)
            else:
                # Whoever started the process may have gone; the clients have not.
                with contextlib.suppress(OSError):
                    click.echo(f"listening http {format_address(bound_host, bound_port)}")
                async for _ in signals:
                    break
            nursery.cancel_scope.cancel()
    # Raised here: a nursery would make a group of it.
    if refusal:
        msg = f"cannot listen on {format_address(host, port)}: {refusal}"
        raise ListenError(msg)
