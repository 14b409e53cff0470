"""`open_gateway`: a whole gateway in memory, for tests of the gateway and of what embeds it."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import TYPE_CHECKING, TypeVar

import attrs
import trio

from otpblue_trio.config import Limits
from otpblue_trio.esme import Esme, secured
from otpblue_trio.policy import (
    OPEN_BY_DEFAULT,
    Account,
    Admission,
    CodeFinder,
    NumberReader,
    verify_password,
)
from otpblue_trio.runtime import Endpoint, Gateway
from otpblue_trio.smpp import CommandId
from otpblue_trio.testing.memory import MemoryListener, MemoryStream
from otpblue_trio.testing.platform import FakePlatform
from otpblue_trio.testing.wire import BareEsme

if TYPE_CHECKING:
    import ssl

    from otpblue_trio.runtime.observer import Event
    from otpblue_trio.runtime.protocols import (
        AccountSource,
        GatewayLimits,
        MessageStore,
        PasswordVerifier,
        Platform,
    )

__all__ = [
    "EventRecorder",
    "FixedAccounts",
    "GatewayUnderTest",
    "InlineVerifier",
    "account",
    "open_gateway",
    "with_limits",
]

_EventT = TypeVar("_EventT")

EPOCH = datetime(2026, 2, 12, 14, 30, tzinfo=UTC)
"""What the wall clock of a gateway under test shows when Trio's clock shows its first moment."""


def account(system_id: str = "acme", **settings: object) -> Account:
    """Return an account for tests: password `secret`, no TPS limit unless given."""
    defaults: dict[str, object] = {
        "system_id": system_id,
        "password": "secret",
        "api_key": f"key-of-{system_id}",
        "tps": math.inf,
    }
    return Account(**(defaults | settings))  # type: ignore[arg-type]


class FixedAccounts:
    """An account source that holds what it is given; change `accounts` at will."""

    def __init__(self, accounts: Sequence[Account]) -> None:
        self.accounts = {known.system_id: known for known in accounts}

    async def find(self, system_id: str, /) -> Account | None:
        """Return the enabled account of that name."""
        await trio.lowlevel.checkpoint()
        known = self.accounts.get(system_id)
        return known if known is not None and known.enabled else None


class InlineVerifier:
    """Checks passwords in the event loop: the autojump clock does not see threads."""

    async def verify(self, account: Account | None, given: str, /) -> bool:
        """Tell whether the password is right."""
        await trio.lowlevel.checkpoint()
        return account is not None and verify_password(account.password, given)


class EventRecorder:
    """An observer that keeps everything it is told.

    Attributes:
      events: in order.
    """

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._told = trio.Event()

    def observe(self, event: Event, /) -> None:
        """Keep an event."""
        self.events.append(event)
        self._told.set()
        self._told = trio.Event()

    async def wait_for(self, kind: type[_EventT], count: int = 1) -> _EventT:
        """Return the `count`-th event of one type, as soon as there is one."""
        while len(found := [event for event in self.events if isinstance(event, kind)]) < count:
            await self._told.wait()
        return found[count - 1]


class GatewayUnderTest:
    """A running gateway with its memory listener.

    Attributes:
      gateway: the gateway itself.
      listener: connects raw streams.
      events: everything the gateway has told its observer, in order.
    """

    def __init__(
        self,
        gateway: Gateway,
        listener: MemoryListener,
        recorder: EventRecorder,
        nursery: trio.Nursery,
    ) -> None:
        self.gateway = gateway
        self.listener = listener
        self.events = recorder.events
        self._recorder = recorder
        self._nursery = nursery

    def connect_stream(self, address: str = "192.0.2.1") -> MemoryStream:
        """Connect and return the client's bare end of the connection."""
        return self.listener.connect(address)

    def bare(self, address: str = "192.0.2.1") -> BareEsme:
        """Connect an ESME that sends and shows octets as they are; it is not bound yet."""
        return BareEsme(self.listener.connect(address))

    async def bare_bound(
        self, command_id: int = CommandId.BIND_TRANSCEIVER, *, address: str = "192.0.2.1"
    ) -> BareEsme:
        """Connect an ESME of octets and bind it as `acme` with the password `secret`."""
        esme = self.bare(address)
        await esme.bind(command_id)
        return esme

    async def connect(
        self,
        address: str = "192.0.2.1",
        *,
        acknowledge: bool = True,
        tls: ssl.SSLContext | None = None,
        server_hostname: str = "localhost",
    ) -> Esme:
        """Connect an ESME that is not bound yet; it reads in the background.

        Args:
          address: where it comes from.
          acknowledge: answer every deliver_sm with success at once; else the test does.
          tls: the client's side of TLS (`tls_pair`), for a gateway that speaks it.
          server_hostname: the name in the gateway's certificate.

        Raises:
          trio.BrokenResourceError: the TLS handshake failed.
        """
        stream: trio.abc.Stream = self.listener.connect(address)
        if tls is not None:
            stream = await secured(stream, tls, server_hostname)
        esme = Esme(stream, acknowledge=acknowledge)
        await self._nursery.start(esme.run)
        return esme

    async def bound(
        self,
        system_id: str = "acme",
        password: str = "secret",  # noqa: S107  the test account's
        *,
        address: str = "192.0.2.1",
        acknowledge: bool = True,
        tls: ssl.SSLContext | None = None,
        server_hostname: str = "localhost",
    ) -> Esme:
        """Connect an ESME and bind it as transceiver; see `connect`.

        Raises:
          RuntimeError: the bind was refused.
          trio.BrokenResourceError: the TLS handshake failed.
        """
        esme = await self.connect(
            address, acknowledge=acknowledge, tls=tls, server_hostname=server_hostname
        )
        response = await esme.bind_transceiver(system_id, password)
        if response.command_status:
            msg = f"the bind was refused with 0x{response.command_status:02X}"
            raise RuntimeError(msg)
        return esme

    async def wait_for(self, kind: type[_EventT], count: int = 1) -> _EventT:
        """Return the `count`-th event of one type, as soon as there is one; 1 is the first.

        It waits for as long as that takes; cancelling loses nothing.
        """
        return await self._recorder.wait_for(kind, count)

    def seen(self, kind: type[_EventT]) -> list[_EventT]:
        """Return the events of one type, in order."""
        return [event for event in self.events if isinstance(event, kind)]


@asynccontextmanager
async def open_gateway(
    *,
    platform: Platform | None = None,
    accounts: Sequence[Account] | AccountSource | None = None,
    limits: GatewayLimits | None = None,
    verifier: PasswordVerifier | None = None,
    store: MessageStore | None = None,
    refuse_unrecorded: bool = False,
    duplicate_window: float = 5.0,
    receipt_lifetime: float = 86_400.0,
    refusal_period: float = 0.0,
    stalling: bool = False,
    proxy_protocol_from: Sequence[str] = (),
    tls: ssl.SSLContext | None = None,
    open_regions: Collection[str] = OPEN_BY_DEFAULT,
) -> AsyncIterator[GatewayUnderTest]:
    """Run a gateway in memory for the length of a `with` block.

    Args:
      platform: what delivers; by default a `FakePlatform` that delivers everything.
      accounts: by default one, `account()`: system_id `acme`, password `secret`.
      limits: by default those of an empty config.toml.
      verifier: by default an `InlineVerifier`.
      store: by default none: receipts live in memory.
      refuse_unrecorded: refuse messages while the store cannot be written.
      duplicate_window: seconds a delivered message answers for its repetitions.
      receipt_lifetime: seconds a receipt waits for a session that takes it.
      refusal_period: see `Gateway`.
      stalling: see `MemoryListener`.
      proxy_protocol_from: networks, such as `10.0.0.0/8`, whose connections begin with a PROXY
        header.
      tls: makes every connection begin with a TLS handshake. `tls_pair` makes this context and the
        client's, for `GatewayUnderTest.connect` or for `trio.SSLStream` around what
        `connect_stream` returns.
      open_regions: ISO regions that the platform has open.

    The gateway is stopped gracefully at the end of the block, unless that ends by an exception:
    then connections are dropped, and the exception comes out as it is.
    The wall clock runs with Trio's, so the autojump clock moves both.

    Raises:
      ExceptionGroup: the gateway itself failed; what the block raised is in it, too.
    """
    if accounts is None:
        accounts = [account()]
    recorder = EventRecorder()
    admission = Admission(NumberReader(), CodeFinder())
    admission.open_regions = frozenset(open_regions)
    began = trio.current_time()
    gateway = Gateway(
        limits=limits or Limits(),
        accounts=FixedAccounts(accounts) if isinstance(accounts, Sequence) else accounts,
        admission=admission,
        platform=platform or FakePlatform(),
        verifier=verifier or InlineVerifier(),
        observer=recorder,
        wall_clock=lambda: EPOCH.timestamp() + trio.current_time() - began,
        store=store,
        refuse_unrecorded=refuse_unrecorded,
        duplicate_window=duplicate_window,
        receipt_lifetime=receipt_lifetime,
        refusal_period=refusal_period,
        proxy_protocol_from=tuple(map(ip_network, proxy_protocol_from)),
    )
    listener = MemoryListener(stalling=stalling)
    endpoint = Endpoint("memory", "memory", listener, (lambda: tls) if tls else None)
    failure: BaseException | None = None
    try:
        async with trio.open_nursery() as nursery:
            await nursery.start(gateway.serve, [endpoint])
            try:
                yield GatewayUnderTest(gateway, listener, recorder, nursery)
            except (trio.Cancelled, KeyboardInterrupt):
                raise
            except BaseException as error:
                # pytest's own failures are no `Exception`.
                failure = error
                raise
            gateway.stop()
    except BaseExceptionGroup as group:
        if group.exceptions != (failure,):
            raise
    if failure is not None:
        # Here rather than in the handler, so that the group does not become its context.
        raise failure


def with_limits(**limits: object) -> Limits:
    """Return the default limits with some changed."""
    return attrs.evolve(Limits(), **limits)  # type: ignore[arg-type]
