"""The gateway: accepts connections, owns accounts, and ends in good order.

Two nurseries stand inside each other: connections outside, listeners inside. A stop closes the
inner one first, asks every connection to leave, and gives the outer one `drain_timeout` to empty.
The platform and the receipt clock live around both, so that results keep coming until the end;
the store lives around everything, so that the last results are kept, too.
"""

from __future__ import annotations

import contextlib
import itertools
import secrets
import sys
from typing import TYPE_CHECKING

import attrs
import trio

from otpblue_trio.policy.binds import BindGate, address_is_allowed
from otpblue_trio.runtime.accounts import AccountRegistry, AccountState
from otpblue_trio.runtime.binding import BindDesk
from otpblue_trio.runtime.connection import Connection
from otpblue_trio.runtime.listeners import Endpoint, Peer, accept_from
from otpblue_trio.runtime.messages import MessageDesk
from otpblue_trio.runtime.observer import (
    CloseReason,
    ConnectionRefusal,
    ConnectionRefused,
    GatewayStarted,
    GatewayStopped,
    GatewayStopping,
    ListenerStarted,
    Observer,
)
from otpblue_trio.runtime.pump import SocketPump
from otpblue_trio.runtime.receipts import PendingReceipt
from otpblue_trio.runtime.slots import ConnectionSlots
from otpblue_trio.runtime.streams import close_now

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from otpblue_trio.policy.admission import Admission
    from otpblue_trio.policy.types import IpNetwork
    from otpblue_trio.runtime.protocols import (
        AccountSource,
        GatewayLimits,
        MessageStore,
        PasswordVerifier,
        Platform,
        WallClock,
    )
    from otpblue_trio.store.records import StoredReceipt

__all__ = ["Gateway"]

_SWEEP_PERIOD = 1.0
"""Seconds between two looks at what is due again or overdue; parts of long messages are looked at
sooner, when they are due."""
_MAX_WAITING_RECEIPTS = 100_000
"""Receipts of one account that wait for a session; beyond it the oldest is given up."""


class Gateway:
    """An SMPP gateway without its surroundings: embed it, or let `otpblue-trio serve` do so.

    Args:
      limits: caps and durations.
      accounts: where accounts are found.
      admission: decides what may be sent.
      platform: sends; the gateway runs it.
      verifier: checks passwords.
      observer: is told what happens.
      wall_clock: gives the seconds since 1970, for receipts and records.
      store: keeps receipts and records; the gateway runs it. None: receipts live in memory only.
      refuse_unrecorded: while the store cannot be written, refuse messages rather than send them
        without a record.
      duplicate_window: seconds a delivered message answers for its repetitions.
      receipt_lifetime: seconds a receipt waits for a session that takes it.
      refusal_period: wrong credentials are refused a whole number of these seconds after the bind,
        so that the time does not tell whether the account had to be looked up; for account sources
        whose `find` may take long. 0: as soon as the password check has ended.
      proxy_protocol_from: networks of load balancers. Their connections must begin with a PROXY
        header, and count as the address that it tells; nobody else's header is believed.
    """

    def __init__(
        self,
        *,
        limits: GatewayLimits,
        accounts: AccountSource,
        admission: Admission,
        platform: Platform,
        verifier: PasswordVerifier,
        observer: Observer,
        wall_clock: WallClock,
        store: MessageStore | None = None,
        refuse_unrecorded: bool = False,
        duplicate_window: float = 5.0,
        receipt_lifetime: float = 86_400.0,
        refusal_period: float = 0.0,
        proxy_protocol_from: tuple[IpNetwork, ...] = (),
    ) -> None:
        self._limits = limits
        self._platform = platform
        self._observer = observer
        self._wall_clock = wall_clock
        self._store = store
        self._receipt_lifetime = receipt_lifetime
        self._restore_due = trio.Event()
        self._proxies = proxy_protocol_from
        self._sweep_due = trio.Event()
        self._registry = AccountRegistry(
            observer,
            receipt_lifetime=receipt_lifetime,
            max_waiting_receipts=_MAX_WAITING_RECEIPTS,
            on_receipt=self._want_sweep,
            on_receipt_done=store.receipt_done if store is not None else _forget,
        )
        self._binds = BindDesk(
            accounts=accounts,
            verifier=verifier,
            gate=BindGate(
                failures_before_block=limits.bind_failures_before_block,
                block_duration=limits.bind_block_duration,
                failure_decay=limits.bind_failure_decay,
            ),
            registry=self._registry,
            refusal_period=refusal_period,
        )
        self._messages = MessageDesk(
            admission=admission,
            platform=platform,
            limits=limits,
            observer=observer,
            wall_clock=wall_clock,
            store=store,
            refuse_unrecorded=refuse_unrecorded,
            duplicate_window=duplicate_window,
            on_remember=self._want_sweep,
            first_short_id=secrets.randbits(32),
        )
        # Elsewhere there is no epoll; each session then has a task that reads and one that writes.
        self._pump = SocketPump(lambda: self.in_flight) if sys.platform == "linux" else None
        self._slots: ConnectionSlots[Connection] = ConnectionSlots(limits)
        self._ids = itertools.count(1)
        self._stop = trio.Event()
        self._stop_now = trio.Event()
        self._is_accepting = False

    @property
    def is_ready(self) -> bool:
        """True from the moment every listener accepts until a stop begins."""
        return self._is_accepting and not self._stop.is_set()

    @property
    def is_stopping(self) -> bool:
        """True once a stop has begun."""
        return self._stop.is_set()

    @property
    def connections(self) -> int:
        """Connections that hold a slot."""
        return len(self._slots)

    @property
    def in_flight(self) -> int:
        """Messages that wait for their outcome, or for the store to have it."""
        return self._messages.in_flight

    @property
    def waiting_receipts(self) -> int:
        """Receipts that wait for a session to take them."""
        return self._registry.waiting_receipts

    @property
    def accounts(self) -> tuple[AccountState, ...]:
        """The state of every account that has bound."""
        return self._registry.states()

    def stop(self) -> None:
        """Begin a graceful stop: no new connections, what is in flight is answered, all unbind."""
        self._stop.set()

    def stop_now(self) -> None:
        """Cut a stop short: connections are dropped as they are."""
        self._stop.set()
        self._stop_now.set()

    def restore_receipts(self) -> None:
        """Bring receipts and store together again; to be called when the store has recovered.

        It is asked for receipts of an earlier run, and given all that are not done: those of the
        time of trouble it has never had, and of the others it may have lost some. When `serve`
        begins, receipts of an earlier run come by themselves.
        """
        self._restore_due.set()

    async def serve(
        self,
        endpoints: Sequence[Endpoint],
        *,
        task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Serve until `stop`; returns when the drain is over. Call it once.

        The endpoints' listeners are closed in any case. `started` is called when every listener
        accepts. Cancelling is a hard stop: connections are dropped, and what is in flight is
        observed as failed.

        Raises:
          ExceptionGroup: of what kept the store or the platform from running.
        """
        self._messages.begin()
        async with contextlib.AsyncExitStack() as closing:
            closing.callback(self._end_accepting)
            for endpoint in endpoints:
                closing.push_async_callback(_close_listener, endpoint.listener)
            async with self._running_store(), trio.open_nursery() as services:
                await services.start(self._platform.run)
                if self._pump is not None:
                    await services.start(self._pump.run)
                services.start_soon(self._sweep)
                try:
                    await self._serve_connections(endpoints, services, task_status)
                finally:
                    self._messages.give_up_parts()
                abandoned = self.in_flight
                services.cancel_scope.cancel()
        self._observer.observe(GatewayStopped(abandoned=abandoned))

    @contextlib.asynccontextmanager
    async def _running_store(self) -> AsyncIterator[None]:
        """Run the store around everything, and end it last, however the rest ends."""
        store = self._store
        if store is None:
            yield
            return
        # Shielded: what the platform says at a hard stop is recorded, too.
        scope = trio.CancelScope(shield=True)

        async def run(*, task_status: trio.TaskStatus[None]) -> None:
            with scope:
                await store.run(task_status=task_status)

        async with trio.open_nursery() as nursery:
            try:
                await nursery.start(run)
                await self._restore(store)
                nursery.start_soon(self._restore_when_due, store)
                yield
            finally:
                scope.cancel()
                nursery.cancel_scope.cancel()

    async def _restore_when_due(self, store: MessageStore) -> None:
        while True:
            await self._restore_due.wait()
            self._restore_due = trio.Event()
            await self._restore(store)
            store.keep(self._receipts_to_keep(store))

    def _receipts_to_keep(self, store: MessageStore) -> list[StoredReceipt]:
        """Return all receipts that are not done; those that had no id get one."""
        receipts: list[StoredReceipt] = []
        for pending in self._registry.not_done():
            if not pending.receipt.receipt_id:
                pending.receipt = attrs.evolve(pending.receipt, receipt_id=store.next_receipt_id())
            receipts.append(pending.receipt)
        return receipts

    async def _restore(self, store: MessageStore) -> None:
        """Take over the receipts that an earlier run left behind."""
        receipts = await store.pending_receipts()
        now = trio.current_time()
        boot = now - self._wall_clock()
        # A wall clock that was set back does not make them live longer than new ones.
        latest = now + self._receipt_lifetime
        self._registry.restore(
            [
                PendingReceipt(receipt, min(receipt.expires_at + boot, latest))
                for receipt in receipts
            ],
            now,
        )

    async def _serve_connections(
        self,
        endpoints: Sequence[Endpoint],
        services: trio.Nursery,
        task_status: trio.TaskStatus[None],
    ) -> None:
        async with trio.open_nursery() as connections:
            async with trio.open_nursery() as accepting:
                for endpoint in endpoints:
                    accepting.start_soon(self._accept, endpoint, connections)
                for endpoint in endpoints:
                    self._observer.observe(
                        ListenerStarted(kind=endpoint.kind, address=endpoint.address)
                    )
                self._is_accepting = True
                self._observer.observe(GatewayStarted())
                task_status.started()
                await self._stop.wait()
                accepting.cancel_scope.cancel()
            self._observer.observe(
                GatewayStopping(
                    sessions=len(self._slots),
                    in_flight=self.in_flight,
                    timeout=self._limits.drain_timeout,
                )
            )
            connections.cancel_scope.deadline = trio.current_time() + self._limits.drain_timeout
            services.start_soon(self._cut_short, connections.cancel_scope)
            for connection in tuple(self._slots):
                connection.leave(CloseReason.DRAINED)
            self._messages.part_from_all()
            # Connections that are gone have messages in flight, too; their outcomes are observed.
            await self._messages.wait_until_idle()

    def _end_accepting(self) -> None:
        self._is_accepting = False

    async def _cut_short(self, scope: trio.CancelScope) -> None:
        """Wait for `stop_now`, then drop the connections."""
        await self._stop_now.wait()
        scope.cancel()

    async def _accept(self, endpoint: Endpoint, connections: trio.Nursery) -> None:
        def take(stream: trio.abc.Stream, peer: Peer) -> None:
            connections.start_soon(self._serve_stream, endpoint, stream, peer)

        await accept_from(endpoint.listener, take)

    async def _serve_stream(self, endpoint: Endpoint, stream: trio.abc.Stream, peer: Peer) -> None:
        try:
            await self._serve_one(endpoint, stream, peer)
        finally:
            await close_now(stream)

    async def _serve_one(self, endpoint: Endpoint, stream: trio.abc.Stream, peer: Peer) -> None:
        is_proxy = bool(self._proxies) and address_is_allowed(peer.address, self._proxies)

        def enter(real: Peer) -> bool:
            refusal = self._slots.count_address(connection, real.address)
            if refusal is not None:
                refuse(real, refusal)
            return refusal is None

        def refuse(who: Peer, refusal: ConnectionRefusal) -> None:
            self._observer.observe(
                ConnectionRefused(peer=who.text, listener=endpoint.kind, refusal=refusal)
            )

        connection = Connection(
            connection_id=next(self._ids),
            stream=stream,
            peer=peer,
            listener=endpoint.kind,
            tls=endpoint.tls,
            enter=enter if is_proxy else None,
            limits=self._limits,
            binds=self._binds,
            messages=self._messages,
            observer=self._observer,
            pump=self._pump,
        )
        refusal = (
            ConnectionRefusal.DRAINING if self._stop.is_set() else self._slots.take(connection)
        )
        if refusal is not None:
            refuse(peer, refusal)
            return
        try:
            if is_proxy or enter(peer):
                await connection.serve()
        finally:
            self._slots.give_back(connection)

    def _want_sweep(self) -> None:
        self._sweep_due.set()

    async def _sweep(self) -> None:
        """While there is anything that waits or is remembered, look after it every second."""
        while True:
            await self._sweep_due.wait()
            # What begins to wait during this sleep is due after it: no part is due within a second.
            next_time = trio.current_time() + _SWEEP_PERIOD
            await trio.sleep_until(min(next_time, self._messages.next_due))
            now = trio.current_time()
            self._messages.look_after(now)
            for state in self._registry.states():
                for session in tuple(state.sessions):
                    session.expire_receipts(now - self._limits.receipt_timeout, now)
            self._registry.pump_receipts(now)
            if self._messages.is_idle and not self._registry.open_receipts:
                self._sweep_due = trio.Event()


async def _close_listener(listener: trio.abc.Listener[trio.abc.Stream]) -> None:
    # Shielded: a cancellation that came up here would hide the error by which everything ends.
    with trio.CancelScope(shield=True):
        await trio.aclose_forcefully(listener)


def _forget(_receipt_id: int) -> None:
    """Nothing keeps receipts."""
