"""`serve`: everything that runs in the process of `otpblue-trio serve`, put together.

Theory of operation
-------------------
The order of the start is the order of what may fail, so that a gateway that says "listening" also
serves:

    1. certificates, platform, accounts   put together, nothing is opened
    2. sockets                            all of them; one that is taken ends the process
    3. signals, admin port                /readyz says "starting"
    4. store                              opened; waiting receipts are read
    5. gateway                            "listening ..." for each listener, then "ready"
    6. what can wait                      open regions, reloads, a check of the phone tables

The end comes from a signal: the gateway drains while the admin port still answers, then everything
else is cancelled. An error in any part ends the process.

The phone tables are compared with their package after "ready", in a thread: it takes half a second
of computing, and what it looks for (a `phonenumbers` release that the tables do not fit) has
shown in tests long before.
"""

from __future__ import annotations

import contextlib
import signal
import sys
from functools import partial
from random import SystemRandom
from typing import TYPE_CHECKING, TextIO

import attrs
import trio

from otpblue_trio.app.accounts import ConfiguredAccounts, ThreadVerifier
from otpblue_trio.app.clock import epoch_seconds
from otpblue_trio.app.collector import ConnectionSweeper, calm_collector, keep_what_is_there
from otpblue_trio.app.control import make_control, make_directory, platform_context
from otpblue_trio.app.descriptors import allow_descriptors
from otpblue_trio.app.regions import keep_regions_fresh
from otpblue_trio.app.reload import Reloader
from otpblue_trio.app.tls import TlsHolder, server_context, tls_settings
from otpblue_trio.config import Config, PlatformKind, StoreFailure
from otpblue_trio.ops import AdminServer, Feed, Metrics, Readiness
from otpblue_trio.policy import Admission, CodeFinder, NumberReader, PlatformState
from otpblue_trio.runtime import Endpoint, Gateway, ListenError, open_listeners
from otpblue_trio.runtime.observer import (
    Event,
    GatewayStarted,
    ListenerStarted,
    Notice,
    ObserverGroup,
    PlatformStateChanged,
)
from otpblue_trio.store import NumberPrivacy, Store, StoreError
from otpblue_trio.upstream import HttpPlatform, Simulator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from otpblue_trio.ops import LogWriter
    from otpblue_trio.runtime import Platform

__all__ = ["serve"]

_HANGUP = signal.SIGHUP
_REFUSAL_PERIOD = 1.0
"""Seconds in whose multiples wrong credentials are refused where there is a directory: enough for a
password check, a quarter of a second, and for asking a directory that is well."""


@attrs.frozen
class _Announcer:
    """Prints what the one who started the process waits for."""

    stream: TextIO

    def taker_of(self, kind: type[Event]) -> Callable[[Event], None] | None:
        return self.observe if kind in (ListenerStarted, GatewayStarted) else None

    def observe(self, event: Event, /) -> None:
        if isinstance(event, ListenerStarted):
            self._print(f"listening {event.kind} {event.address}")
        elif isinstance(event, GatewayStarted):
            self._print("ready")

    def _print(self, line: str) -> None:
        # Whoever started the process may have gone; the clients have not.
        with contextlib.suppress(OSError):
            print(line, file=self.stream, flush=True)


async def serve(
    config: Config,
    *,
    log: LogWriter,
    reload: Callable[[], Config],
    announce: TextIO = sys.stdout,
) -> None:
    """Run a gateway until it is told to stop by SIGTERM or SIGINT; a second one stops at once.

    SIGHUP reads the configuration again. To be called in the main thread, which is where signals
    arrive. Cancelling is a hard stop: connections are dropped.

    Args:
      config: what to run.
      log: takes the gateway's events.
      reload: reads the configuration again; called in a thread; may raise `ConfigError`.
      announce: where `listening ...` and `ready` are printed.

    Raises:
      TlsError: no usable certificate, or no usable `platform.ca_file`.
      ListenError: an address that cannot be listened on.
      StoreError: the store's database must not be used.
    """
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT, _HANGUP) as signals:
        try:
            await _Service(config, log, reload, announce).run(signals)
        except BaseExceptionGroup as errors:
            error: BaseException | None = errors.subgroup(StoreError)
            if error is None:
                raise
            while isinstance(error, BaseExceptionGroup):
                error = error.exceptions[0]
            raise error from None


class _Service:
    """The parts of one process and the wires between them."""

    def __init__(
        self,
        config: Config,
        log: LogWriter,
        reload: Callable[[], Config],
        announce: TextIO,
    ) -> None:
        self._config = config
        self._log = log
        self._metrics = Metrics()
        self._observer = ObserverGroup(
            (self._metrics, log, _Announcer(announce), ConnectionSweeper())
        )
        self._tls = self._make_tls() if config.listen.tls else None
        self._platform_context = platform_context(config.platform)
        self._control = make_control(config.platform, self._platform_context)
        self._store = self._make_store()
        self._numbers = NumberReader(fast=config.policy.fast_phone)
        self._admission = Admission(self._numbers, CodeFinder())
        directory = make_directory(config, on_trouble=partial(self._notice, "warning"))
        accounts = ConfiguredAccounts(config.accounts, directory)
        self._gateway = Gateway(
            limits=config.limits,
            accounts=accounts,
            admission=self._admission,
            platform=self._make_platform(),
            verifier=ThreadVerifier(),
            observer=self._observer,
            wall_clock=epoch_seconds,
            store=self._store,
            refuse_unrecorded=config.store.on_failure is StoreFailure.REFUSE,
            duplicate_window=config.platform.duplicate_window,
            receipt_lifetime=config.store.receipt_ttl,
            refusal_period=_REFUSAL_PERIOD if config.directory is not None else 0.0,
            proxy_protocol_from=config.listen.proxy_protocol_from,
        )
        self._reloader = Reloader(
            config,
            load=reload,
            tls=self._tls,
            accounts=accounts,
            gateway=self._gateway,
            set_log_level=log.set_level,
            notice=self._notice,
        )

    def _notice(self, level: str, text: str) -> None:
        self._observer.observe(Notice(level=level, text=text))

    def _make_tls(self) -> TlsHolder:
        settings = tls_settings(self._config)
        if self._config.tls is None:
            self._notice(
                "warning",
                f"no [tls] section: using the self-signed development certificate "
                f"{settings.certificate}, which no client should trust outside a test",
            )
        return TlsHolder(server_context(settings))

    def _make_store(self) -> Store | None:
        settings = self._config.store
        if settings.path is None:
            return None
        return Store(
            settings.path,
            receipt_ttl=settings.receipt_ttl,
            cdr_retention=settings.cdr_retention,
            number_privacy=NumberPrivacy(settings.number_privacy.value),
            on_trouble=lambda reason: self._notice("error", f"the store: {reason}"),
            on_recovered=self._store_recovered,
            wall_clock=epoch_seconds,
        )

    def _store_recovered(self) -> None:
        self._notice("info", "the store can be written again")
        self._gateway.restore_receipts()

    def _make_platform(self) -> Platform:
        settings = self._config.platform
        if settings.kind is PlatformKind.SIMULATOR:
            simulated = self._config.simulator
            return Simulator(
                latency=simulated.latency,
                jitter=simulated.jitter,
                random=SystemRandom(),
                timeout=settings.timeout,
            )
        return HttpPlatform(
            url=settings.url,
            timeout=settings.timeout,
            max_connections=settings.max_connections,
            max_queue=settings.max_queue,
            ssl_context=self._platform_context,
            on_state=lambda state, detail: self._observer.observe(
                PlatformStateChanged(state=PlatformState(state), detail=detail)
            ),
        )

    # ------------------------------------------------------------------ running

    async def run(self, signals: AsyncIterator[int]) -> None:
        """Serve until a signal has ended it."""
        with calm_collector():
            await self._run(signals)

    async def _run(self, signals: AsyncIterator[int]) -> None:
        for warning in self._config.warnings:
            self._notice("warning", warning)
        shortage = allow_descriptors(self._most_sockets())
        if shortage is not None:
            self._notice("warning", shortage)
        endpoints, admin = await self._open_sockets()
        self._register_metrics()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._obey, signals)
            if admin:
                server = AdminServer(
                    render_metrics=self._metrics.render,
                    readiness=self._readiness,
                    feed=Feed(self._metrics.snapshot),
                )
                await nursery.start(server.serve, [listener for _, listener in admin])
                for address, _ in admin:
                    self._observer.observe(ListenerStarted(kind="admin", address=address))
            await nursery.start(self._serve_to_the_end, endpoints, nursery.cancel_scope)
            nursery.start_soon(self._keep_regions_fresh)
            nursery.start_soon(self._reloader.run)
            nursery.start_soon(self._check_numbers)

    def _most_sockets(self) -> int:
        config = self._config
        towards_platform = (
            config.platform.max_connections if config.platform.kind is PlatformKind.HTTP else 0
        )
        return config.limits.max_connections + towards_platform

    async def _serve_to_the_end(
        self,
        endpoints: list[Endpoint],
        everything: trio.CancelScope,
        *,
        task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Serve until the drain is over, then end everything else."""
        await self._gateway.serve(endpoints, task_status=task_status)
        everything.cancel()

    async def _open_sockets(
        self,
    ) -> tuple[list[Endpoint], list[tuple[str, trio.SocketListener]]]:
        listen = self._config.listen
        endpoints: list[Endpoint] = []
        opened: list[trio.SocketListener] = []
        try:
            for kind, addresses in (("tls", listen.tls), ("plain", listen.plain)):
                for wanted in addresses:
                    found = await open_listeners(wanted.host, wanted.port)
                    if not found:
                        self._notice("warning", f"this machine has no IPv6: not on {wanted}")
                    for address, listener in found:
                        opened.append(listener)
                        tls = self._tls.context if self._tls and kind == "tls" else None
                        endpoints.append(Endpoint(kind, address, listener, tls))
            admin = []
            if listen.admin is not None:
                admin = await open_listeners(listen.admin.host, listen.admin.port)
                opened += [listener for _, listener in admin]
            if not endpoints:
                msg = "there is no address to listen on: listen.tls and listen.plain are empty"
                raise ListenError(msg)
        except BaseException:
            for listener in opened:
                listener.socket.close()
            raise
        return endpoints, admin

    def _readiness(self) -> Readiness:
        if self._gateway.is_stopping:
            return Readiness.DRAINING
        return Readiness.READY if self._gateway.is_ready else Readiness.STARTING

    def _register_metrics(self) -> None:
        gauge = self._metrics.register_gauge
        gauge(
            "messages_in_flight",
            "Messages that wait for their outcome, or for the store to have it.",
            lambda: self._gateway.in_flight,
        )
        gauge(
            "receipts_waiting",
            "Receipts that wait for a session to take them.",
            lambda: self._gateway.waiting_receipts,
        )
        gauge(
            "tasks",
            "Tasks of the event loop: one for a connection, and the gateway's own.",
            lambda: trio.lowlevel.current_statistics().tasks_living,
        )
        store = self._store
        if store is not None:
            gauge(
                "store_writable",
                "1 while records can be written, 0 while the store is in trouble.",
                lambda: int(store.is_writable),
            )
            gauge(
                "store_waiting", "Records that are not in the database yet.", lambda: store.waiting
            )
        self._metrics.register_counter(
            "log_dropped_total",
            "Log entries dropped because the log's reader was too slow.",
            lambda: self._log.dropped,
        )

    async def _obey(self, signals: AsyncIterator[int]) -> None:
        async for number in signals:
            if number == _HANGUP:
                self._reloader.request()
            elif self._gateway.is_stopping:
                self._gateway.stop_now()
            else:
                self._gateway.stop()

    # ------------------------------------------------------------------ what can wait

    async def _check_numbers(self) -> None:
        if not self._numbers.is_fast:
            return
        agrees = await trio.to_thread.run_sync(self._numbers.self_check, abandon_on_cancel=True)
        keep_what_is_there()
        if not agrees:
            self._notice("warning", "the fast phone check differs from the library: it is off")

    async def _keep_regions_fresh(self) -> None:
        """Ask the real platform which regions are open; the simulator has the built-in list."""
        if self._control is not None:
            await keep_regions_fresh(
                self._config.platform,
                self._admission,
                self._control.get_json,
                api_key=self._regions_key,
                notice=self._notice,
            )

    def _regions_key(self) -> str:
        """Return the key for the regions call; a reload may have changed the accounts."""
        accounts = self._reloader.config.accounts
        return self._config.platform.regions_api_key or (accounts[0].api_key if accounts else "")
