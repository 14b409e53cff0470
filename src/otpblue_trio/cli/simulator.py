"""`otpblue-trio simulator`: the simulated platform as an HTTP server."""

from __future__ import annotations

from functools import partial
from random import SystemRandom

import click

from otpblue_trio.config import parse_duration

__all__ = ["simulator"]


def _seconds(ctx: click.Context, parameter: click.Parameter, value: str) -> float:
    del ctx, parameter
    try:
        return parse_duration(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8090, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--latency", default="120ms", show_default=True, callback=_seconds)
@click.option("--jitter", default="40ms", show_default=True, callback=_seconds)
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
        async with trio.open_nursery() as nursery:
            try:
                bound_host, bound_port = await nursery.start(
                    partial(serve_simulator, site, host=host, port=port)
                )
            except OSError as error:
                msg = f"cannot listen on {format_address(host, port)}: {error.strerror or error}"
                raise ListenError(msg) from error
            click.echo(f"listening http {format_address(bound_host, bound_port)}")
            async for _ in signals:
                break
            nursery.cancel_scope.cancel()
