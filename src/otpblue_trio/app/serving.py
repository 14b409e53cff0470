"""`serve`: everything that runs in the process of `otpblue-trio serve`, put together.

The order of the start is the order of what may fail: certificates and sockets first, before a word
is said to anybody; then the admin port, so that `/readyz` can say "starting"; then the gateway.
"""

from __future__ import annotations

import signal
import sys
from functools import partial
from random import SystemRandom
from typing import TYPE_CHECKING, TextIO

import attrs
import trio

from otpblue_trio.app.accounts import ConfiguredAccounts, ThreadVerifier
from otpblue_trio.app.clock import wall_clock
from otpblue_trio.app.tls import TlsError, TlsHolder, development_tls
from otpblue_trio.config import (
    Config,
    ConfigError,
    PlatformKind,
    Tls,
    changes_needing_restart,
)
from otpblue_trio.ops import AdminServer, Feed, Metrics, Readiness
from otpblue_trio.policy import OPEN_BY_DEFAULT, Admission, CodeFinder, NumberReader
from otpblue_trio.runtime import Endpoint, Gateway, ListenError, open_listeners
from otpblue_trio.runtime.observer import (
    CloseReason,
    Event,
    GatewayStarted,
    ListenerStarted,
    Notice,
    ObserverGroup,
    PlatformStateChanged,
)
from otpblue_trio.upstream import (
    AccountDirectory,
    ControlPlane,
    HttpPlatform,
    RegionBook,
    Simulator,
    fetch_regions,
    make_ssl_context,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from otpblue_trio.errors import OtpBlueError
    from otpblue_trio.ops import LogWriter
    from otpblue_trio.runtime import Platform

__all__ = ["serve"]

_HANGUP = signal.SIGHUP


@attrs.frozen
class _Announcer:
    """Prints what the one who started the process waits for."""

    stream: TextIO

    def observe(self, event: Event, /) -> None:
        if isinstance(event, ListenerStarted):
            print(f"listening {event.kind} {event.address}", file=self.stream, flush=True)
        elif isinstance(event, GatewayStarted):
            print("ready", file=self.stream, flush=True)


async def serve(
    config: Config,
    *,
    log: LogWriter,
    reload: Callable[[], Config],
    announce: TextIO = sys.stdout,
) -> None:
    """Run a gateway until it is told to stop by SIGTERM or SIGINT; a second one stops at once.

    SIGHUP reads the configuration again.

    Args:
      config: what to run.
      log: takes the gateway's events.
      reload: reads the configuration again; may raise `ConfigError`.
      announce: where `listening ...` and `ready` are printed.

    Raises:
      TlsError: no usable certificate.
      ListenError: an address that cannot be listened on.
    """
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT, _HANGUP) as signals:
        await _Service(config, log, reload, announce).run(signals)


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
        self._load_again = reload
        self._metrics = Metrics()
        self._observer = ObserverGroup((self._metrics, log, _Announcer(announce)))
        platform = config.platform
        self._control = ControlPlane(
            timeout=platform.timeout,
            ca_file=str(platform.ca_file) if platform.ca_file else None,
        )
        numbers = NumberReader(fast=config.policy.fast_phone)
        if config.policy.fast_phone and not numbers.self_check():
            self._notice("warning", "the fast phone check differs from the library: it is off")
        self._admission = Admission(numbers, CodeFinder())
        self._accounts = ConfiguredAccounts(config.accounts, self._directory())
        self._platform = self._make_platform()
        self._gateway = Gateway(
            limits=config.limits,
            accounts=self._accounts,
            admission=self._admission,
            platform=self._platform,
            verifier=ThreadVerifier(),
            observer=self._observer,
            wall_clock=wall_clock,
            duplicate_window=config.platform.duplicate_window,
            receipt_lifetime=config.store.receipt_ttl,
        )
        self._tls = TlsHolder(self._tls_settings(config)) if config.listen.tls else None

    def _notice(self, level: str, text: str) -> None:
        self._observer.observe(Notice(level=level, text=text))

    def _tls_settings(self, config: Config) -> Tls:
        if config.tls is not None:
            return config.tls
        settings = development_tls(config.base_dir / "var" / "tls", now=wall_clock())
        self._notice(
            "warning",
            f"no [tls] section: using the self-signed development certificate "
            f"{settings.certificate}, which no client should trust outside a test",
        )
        return settings

    def _directory(self) -> AccountDirectory | None:
        settings = self._config.directory
        if settings is None:
            return None
        return AccountDirectory(
            ControlPlane(timeout=settings.timeout).get_json,
            base_url=settings.url,
            key=settings.key,
            clock=trio.current_time,
            ttl=settings.ttl,
            defaults=self._config.defaults,
            on_trouble=partial(self._notice, "warning"),
        )

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
            ssl_context=make_ssl_context(str(settings.ca_file) if settings.ca_file else None),
            on_state=lambda state, detail: self._observer.observe(
                PlatformStateChanged(state=state, detail=detail)
            ),
        )

    # ------------------------------------------------------------------ running

    async def run(self, signals: AsyncIterator[int]) -> None:
        for warning in self._config.warnings:
            self._notice("warning", warning)
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
            nursery.start_soon(self._keep_regions_fresh)
            await self._gateway.serve(endpoints)
            nursery.cancel_scope.cancel()

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
            "Messages that wait for their outcome.",
            lambda: self._gateway.in_flight,
        )
        gauge(
            "receipts_waiting",
            "Receipts that wait for a session to take them.",
            lambda: sum(len(state.receipts) for state in self._gateway.accounts),
        )
        self._metrics.register_counter(
            "log_dropped_total",
            "Log entries dropped because the log's reader was too slow.",
            lambda: self._log.dropped,
        )

    async def _obey(self, signals: AsyncIterator[int]) -> None:
        async for number in signals:
            if number == _HANGUP:
                self._reload()
            elif self._gateway.is_stopping:
                self._gateway.stop_now()
            else:
                self._gateway.stop()

    async def _keep_regions_fresh(self) -> None:
        """Ask the real platform which regions are open; the simulator has the built-in list."""
        settings = self._config.platform
        accounts = self._config.accounts
        key = settings.regions_api_key or (accounts[0].api_key if accounts else "")
        if settings.kind is not PlatformKind.HTTP or not key:
            return
        book = RegionBook(OPEN_BY_DEFAULT)

        def changed(regions: frozenset[str]) -> None:
            self._admission.open_regions = regions
            self._notice("info", f"the platform has {len(regions)} regions open")

        def failed(error: OtpBlueError) -> None:
            self._notice("warning", f"the open regions are not known anew: {error}")

        await book.keep_fresh(
            settings.regions_refresh,
            lambda: fetch_regions(self._control.get_json, settings.regions_url, api_key=key),
            on_change=changed,
            on_error=failed,
        )

    # ------------------------------------------------------------------ reloading

    def _reload(self) -> None:
        """Read the configuration again; what is wrong with it changes nothing."""
        try:
            new = self._load_again()
            if self._tls is not None:
                self._tls.replace(self._tls_settings(new))
        except ConfigError as error:
            for problem in error.problems:
                self._notice("error", f"not reloaded: {problem}")
            return
        except TlsError as error:
            self._notice("error", f"not reloaded: {error}")
            return
        old, self._config = self._config, new
        self._log.set_level(new.log.level)
        self._accounts.replace(new.accounts)
        now = trio.current_time()
        by_name = {account.system_id: account for account in new.accounts}
        gone = {account.system_id for account in old.accounts} - by_name.keys()
        for state in self._gateway.accounts:
            system_id = state.account.system_id
            account = by_name.get(system_id)
            if system_id in gone or (account is not None and not account.enabled):
                for connection in tuple(state.sessions):
                    connection.leave(CloseReason.ACCOUNT_GONE)
            elif account is not None:
                state.apply(account, now)
        for warning in new.warnings:
            self._notice("warning", warning)
        for key in changes_needing_restart(old, new):
            self._notice("warning", f"{key} has changed: it takes a restart to apply")
        self._notice("info", f"reloaded: {len(new.accounts)} accounts")
