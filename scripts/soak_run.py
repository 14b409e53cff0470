"""The course of a soak: start, load and faults, kills, settling, and a look at it now and then."""

from __future__ import annotations

import math
import random
import sys
from typing import TYPE_CHECKING

import attrs
import trio
from soak_actors import Field, act, carry_load
from soak_report import Sample

if TYPE_CHECKING:
    import argparse

    from soak_client import Client
    from soak_gateway import GatewayProcess, PlatformProcess, Reading
    from soak_ledger import Ledger

__all__ = ["Soak"]

SETTLE_LIMIT = 90.0
"""Seconds for the last answers and receipts; one of a lost session may pause and try again."""
BASE_LIMIT = 60.0
"""Seconds for connections that say nothing, and for threads that wait for work, to end."""
UNBIND_LIMIT = 30.0
SPARE_DESCRIPTORS = 8
SPARE_THREADS = 8
"""The gateway's thread pool keeps threads for a while."""


class Soak:
    """One run: load, faults, samples.

    Attributes:
      ledger: of every message.
      stub: the platform.
      gateway: what is tried.
      samples: what was seen of it over time.
      field: what the actors share; None before the run.
      base: the gateway before the load; None before the run.
      last: the gateway behind everything.
      is_at_base: nothing was left over at the end.
    """

    def __init__(
        self,
        options: argparse.Namespace,
        ledger: Ledger,
        stub: PlatformProcess,
        gateway: GatewayProcess,
    ) -> None:
        self.ledger = ledger
        self.stub = stub
        self.gateway = gateway
        self.samples: list[Sample] = []
        self.base: Reading | None = None
        self.last: Reading | None = None
        self.is_at_base = False
        self.field: Field | None = None
        self._options = options
        self._sampling = trio.CancelScope()
        self._receipts = 0
        self._submitted = 0

    async def run(self) -> None:
        """Run from the first connection to the last."""
        options = self._options
        seconds = options.minutes * 60
        self.base = await self.gateway.read()
        async with trio.open_nursery() as nursery:
            self.field = field = Field(
                gateway=self.gateway,
                platform=self.stub,
                ledger=self.ledger,
                nursery=nursery,
                chance=random.Random(options.seed),  # noqa: S311 - a run that can be repeated
                pause=min(max(seconds / 60, 0.5), 6.0),
                began=trio.current_time(),
            )
            nursery.start_soon(self._sample)
            nursery.start_soon(carry_load, field, options.rate)
            nursery.start_soon(self._kill, seconds)
            nursery.start_soon(self._show_progress, seconds)
            async with trio.open_nursery() as acting:
                acting.start_soon(act, field, options.minutes)
                with trio.move_on_after(seconds):
                    await field.over.wait()
                field.over.set()
            await self._settle(field)
            nursery.cancel_scope.cancel()

    async def _settle(self, field: Field) -> None:
        """Wait for what is outstanding, let everybody go, and see what is left."""
        with trio.move_on_after(SETTLE_LIMIT):
            while not await self._is_settled():  # noqa: ASYNC110 - another process
                await trio.sleep(0.2)
        self._sampling.cancel()
        async with trio.open_nursery() as nursery:
            for client in list(field.steady):
                nursery.start_soon(self._unbind, client)
        self.ledger.close()
        if self.gateway.has_died:
            self.ledger.problem("gateway_died")
            return
        with trio.move_on_after(BASE_LIMIT):
            while not await self._is_at_base():  # noqa: ASYNC110 - another process
                await trio.sleep(1.0)
            self.is_at_base = True

    async def _is_settled(self) -> bool:
        """Tell whether nothing is waited for, receipts that nobody here knows of included."""
        if not self.ledger.is_settled or self.gateway.has_died:
            return self.gateway.has_died
        now = await self.gateway.read()
        return not now.in_flight and not now.receipts_waiting

    async def _unbind(self, client: Client) -> None:
        if not await client.unbind(UNBIND_LIMIT):
            self.ledger.problem("unbind_without_end")

    async def _is_at_base(self) -> bool:
        """Look at the gateway; its resting connections to the platform are no leftovers."""
        assert self.base is not None  # noqa: S101 - for mypy
        resting = (await self.stub.summary())["connections"] - 1
        now = await self.gateway.read()
        self.last = attrs.evolve(now, descriptors=now.descriptors - resting)
        return (
            self.last.descriptors <= self.base.descriptors + SPARE_DESCRIPTORS
            and now.threads <= self.base.threads + SPARE_THREADS
            and not now.in_flight
            and not now.receipts_waiting
            and not now.connections
        )

    # ------------------------------------------------------------------ beside the load

    async def _kill(self, seconds: float) -> None:
        """Kill the gateway a few times in the first half, so that the last life is a long one."""
        assert self.field is not None  # noqa: S101 - for mypy
        field = self.field
        for count in range(self._options.kills):
            await trio.sleep_until(
                field.began + seconds * (0.1 + 0.4 * count / self._options.kills)
            )
            async with field.configuring:
                self.ledger.killed(trio.current_time())
                field.mark("kill -9")
                await self.gateway.kill()
                await self.gateway.start()

    async def _sample(self) -> None:
        assert self.field is not None  # noqa: S101 - for mypy
        interval = self._options.interval
        with self._sampling:
            await self._sample_every(interval, self.field)

    async def _sample_every(self, interval: float, field: Field) -> None:
        while True:
            await trio.sleep(interval)
            if self.gateway.has_died:
                field.over.set()
                return
            if not self.gateway.is_up:
                continue
            kills = self.gateway.kills
            try:
                reading = await self.gateway.read()
            except (OSError, trio.BrokenResourceError, trio.TooSlowError, KeyError):
                self.ledger.problem("admin_port_silent", self._lives_on(kills))
                continue
            self.samples.append(self._sample_of(reading, kills, interval))

    def _lives_on(self, kills: int) -> bool:
        """Tell whether the gateway is up, and has been since so many kills."""
        return self.gateway.is_up and kills == self.gateway.kills

    def _sample_of(self, reading: Reading, kills: int, interval: float) -> Sample:
        assert self.field is not None  # noqa: S101 - for mypy
        ledger = self.ledger
        latencies = sorted(ledger.take_latencies())
        submitted, receipts = ledger.submitted_count, ledger.receipts
        fresh = submitted - self._submitted, receipts - self._receipts
        self._submitted, self._receipts = submitted, receipts
        return Sample(
            second=round(trio.current_time() - self.field.began, 1),
            life=kills,
            rss=reading.rss,
            descriptors=reading.descriptors,
            threads=reading.threads,
            in_flight=reading.in_flight,
            receipts_waiting=reading.receipts_waiting,
            connections=reading.connections,
            cpu=reading.cpu,
            submitted_per_second=round(fresh[0] / interval, 1),
            receipts_per_second=round(fresh[1] / interval, 1),
            p50_ms=_rank(latencies, 0.5),
            p99_ms=_rank(latencies, 0.99),
        )

    async def _show_progress(self, seconds: float) -> None:
        """Show how far the run is on standard error, now and then."""
        assert self.field is not None  # noqa: S101 - for mypy
        if self._options.quiet:
            return
        pause = 1.0 if sys.stderr.isatty() else 30.0
        while True:
            await trio.sleep(pause)
            passed = trio.current_time() - self.field.began
            share = min(passed / seconds, 1.0)
            bar = "#" * round(share * 30)
            ledger = self.ledger
            line = (
                f"[{bar:.<30}] {share:4.0%} {ledger.submitted_count} submitted, "
                f"{ledger.unanswered} in flight, {ledger.owed} receipts owed, "
                f"{ledger.problems.total()} problems"
            )
            sys.stderr.write(f"\r{line}\x1b[K" if pause == 1.0 else f"{line}\n")
            sys.stderr.flush()


def _rank(ordered: list[float], share: float) -> float:
    """Return a percentile in milliseconds by nearest rank; NaN of nothing."""
    if not ordered:
        return math.nan
    return round(ordered[math.ceil(share * len(ordered)) - 1] * 1000, 2)
