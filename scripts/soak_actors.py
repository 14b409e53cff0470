"""Who takes part in the soak: steady sessions that carry the load, and everybody who misbehaves.

Every actor repeats one small piece of conduct with a pause between. What the gateway must do about
it is checked on the spot; what it does to messages the ledger knows.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

import attrs
import trio
from soak_client import GONE, Client, Login
from soak_gateway import PRE_BIND, ROUGH, STEADY, STORM, GatewayProcess, PlatformProcess
from soak_ledger import Lane, Ledger

from otpblue_trio.smpp import (
    BindReceiver,
    BindRequest,
    BindTransceiver,
    BindTransmitter,
    CommandStatus,
    SubmitSm,
    Ton,
    encode,
)

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Awaitable, Callable

__all__ = ["Field", "act", "carry_load", "one_loss"]

_KEEPALIVE = 20.0
_UNBIND_LIMIT = 30.0
_NO_LOGIN = frozenset({CommandStatus.ESME_RINVPASWD, CommandStatus.ESME_RBINDFAIL})


@attrs.define
class Field:
    """What all actors share.

    Attributes:
      pause: the mean seconds between two rounds of an actor.
      done: how often each thing was done.
      marks: second, name of the greater events.
      over: set when no new round is to begin.
    """

    gateway: GatewayProcess
    platform: PlatformProcess
    ledger: Ledger
    nursery: trio.Nursery
    chance: random.Random
    pause: float
    began: float
    done: Counter[str] = attrs.field(factory=Counter)
    marks: list[tuple[float, str]] = attrs.field(factory=list)
    submitters: list[Client] = attrs.field(factory=list)
    steady: list[Client] = attrs.field(factory=list)
    configuring: trio.Lock = attrs.field(factory=trio.Lock)
    over: trio.Event = attrs.field(factory=trio.Event)

    @property
    def is_over(self) -> bool:
        """True when no new round is to begin."""
        return self.over.is_set()

    def mark(self, name: str) -> None:
        """Remember when something happened."""
        self.marks.append((trio.current_time() - self.began, name))

    async def client(
        self,
        login: Login = ROUGH,
        *,
        tls: bool | None = None,
        kind: type[BindRequest] = BindTransceiver,
        address: str = "127.0.0.1",
        receive_buffer: int = 0,
    ) -> Client:
        """Return a bound client; over TLS, plain, or either.

        Raises:
          trio.BrokenResourceError: it was not let in.
        """
        if tls is None:
            tls = self.chance.random() < 0.5
        context: ssl.SSLContext | None = self.gateway.tls_context if tls else None
        port = self.gateway.tls if tls else self.gateway.plain
        client = await Client.connect(
            port, self.ledger, tls=context, address=address, receive_buffer=receive_buffer
        )
        try:
            status = await client.bind(login, kind)
        except BaseException:
            await client.close()
            raise
        if status:
            await client.close()
            raise trio.BrokenResourceError
        return client

    def submit_some(self, client: Client, most: int) -> None:
        """Submit a few messages that may lose their connection."""
        for _ in range(self.chance.randint(1, most)):
            client.submit(self.ledger.next_message(), Lane.ROUGH)


# ---------------------------------------------------------------------- the load


async def carry_load(field: Field, rate: float) -> None:
    """Keep the steady sessions and submit over them, `rate` messages a second, until it is over."""
    kinds = (BindTransceiver, BindTransceiver, BindTransmitter)
    for tls, kind in itertools.product((True, False), kinds):
        field.nursery.start_soon(_stay, field, STEADY, tls, kind)
    field.nursery.start_soon(_stay, field, STEADY, True, BindReceiver)
    field.nursery.start_soon(_stay, field, ROUGH, False, BindReceiver)
    due = trio.current_time()
    for turn in itertools.count():
        if field.is_over:
            return
        # Due times are fixed; what falls due while nobody is there to take it is left out.
        due += 1 / rate
        await trio.sleep_until(due)
        # A session that has just ended takes a moment to be taken out.
        there = [client for client in field.submitters if not client.ended.is_set()]
        if there:
            there[turn % len(there)].submit(field.ledger.next_message(), Lane.STEADY)
        else:
            due = trio.current_time()


async def _stay(field: Field, login: Login, tls: bool, kind: type[BindRequest]) -> None:
    """Be bound all the time; only a kill of the gateway is a reason not to be."""
    while not field.is_over:
        await field.gateway.wait_until_up()
        kills = field.gateway.kills
        try:
            client = await field.client(login, tls=tls, kind=kind)
        except (*GONE, trio.TooSlowError):
            if kills == field.gateway.kills and not field.is_over:
                field.ledger.problem("steady_session_not_let_in")
            await trio.sleep(0.2)
            continue
        field.steady.append(client)
        if login is STEADY and kind is not BindReceiver:
            field.submitters.append(client)
        field.nursery.start_soon(_keep_alive, client)
        await client.run()
        field.steady.remove(client)
        if client in field.submitters:
            field.submitters.remove(client)
        if kills == field.gateway.kills:
            field.ledger.problem("lost_response", client.abandoned)
            if not field.is_over:
                field.ledger.problem("steady_session_lost")


async def _keep_alive(client: Client) -> None:
    while not client.ended.is_set():
        with trio.move_on_after(_KEEPALIVE):
            await client.ended.wait()
        if not client.ended.is_set():
            client.enquire()


# ---------------------------------------------------------------------- those who misbehave


async def act(field: Field, minutes: float) -> None:
    """Let everybody misbehave until it is over; returns when the last round has ended."""
    actors: dict[str, tuple[float, Callable[[Field], Awaitable[None]]]] = {
        "reset": (1, _reset),
        "half_close": (1, _half_close),
        "slow_reader": (2, _slow_reader),
        "never_reader": (5, _never_reader),
        "malformed_unbound": (1, _malformed_unbound),
        "malformed_bound": (1, _malformed_bound),
        "bind_storm": (5, _bind_storm),
        "wrong_password": (1, _wrong_password),
        "silent": (5, _silent),
        "reload": (4, _reload),
        "outage": (max(minutes * 60 / 6 / field.pause, 1), partial(_outage, minutes=minutes)),
    }
    async with trio.open_nursery() as nursery:
        for name, (rarity, conduct) in actors.items():
            nursery.start_soon(_repeat, field, name, rarity * field.pause, conduct)


async def _repeat(
    field: Field, name: str, pause: float, conduct: Callable[[Field], Awaitable[None]]
) -> None:
    while True:
        await _sleep(field, pause * field.chance.uniform(0.5, 1.5))
        if field.is_over:
            return
        await field.gateway.wait_until_up()
        kills = field.gateway.kills
        try:
            await conduct(field)
        except (*GONE, trio.TooSlowError):
            # Clean clients must be let in and heard, whatever the others do.
            if kills == field.gateway.kills:
                field.ledger.problem(f"{name}_failed")
        field.done[name] += 1


async def _sleep(field: Field, seconds: float) -> None:
    """Sleep, but not beyond the end of the run."""
    with trio.move_on_after(seconds):
        await field.over.wait()


def _finish(field: Field, client: Client, kills: int) -> None:
    """Nothing may be left of a client that waited for all its answers."""
    if kills == field.gateway.kills:
        field.ledger.problem("lost_response", client.abandoned)


async def _reset(field: Field) -> None:
    client = await field.client()
    field.nursery.start_soon(client.run)
    field.submit_some(client, 20)
    await trio.sleep(field.chance.uniform(0.0, 0.3))
    await client.reset()


async def _half_close(field: Field) -> None:
    kills = field.gateway.kills
    client = await field.client(tls=False)
    try:
        field.submit_some(client, 20)
        await client.half_close()
        with trio.fail_after(_UNBIND_LIMIT):
            await client.run()
    finally:
        await client.close()
    _finish(field, client, kills)


async def _slow_reader(field: Field) -> None:
    kills = field.gateway.kills
    client = await field.client(receive_buffer=4096)
    try:
        field.submit_some(client, 100)
        await client.flush()
        await _sleep(field, 6.0)
        field.nursery.start_soon(client.run)
        if not await client.unbind(_UNBIND_LIMIT) and kills == field.gateway.kills:
            field.ledger.problem("unbind_without_end")
    finally:
        await client.close()
    _finish(field, client, kills)


async def _never_reader(field: Field) -> None:
    """Ask a hundred thousand times whether the link is alive, and never listen."""
    client = await field.client(tls=False, receive_buffer=4096)
    questions = b"".join(
        (16).to_bytes(4) + (0x15).to_bytes(4) + bytes(4) + number.to_bytes(4)
        for number in range(10, 1010)
    )
    try:
        with trio.move_on_after(15):
            for _ in range(100):
                await client.send_octets(questions)
    except GONE:
        field.done["never_reader_cut_off"] += 1
    await client.close()


def _submit(number: str, text: bytes) -> bytes:
    return encode(
        SubmitSm(
            sequence_number=77,
            source_addr="Soak",
            source_addr_ton=Ton.ALPHANUMERIC,
            dest_addr_ton=Ton.INTERNATIONAL,
            destination_addr=number,
            short_message=text,
        )
    )


_GREETINGS = (
    bytes(16),
    (15).to_bytes(4) + bytes(11),
    (0x7FFFFFFF).to_bytes(4) + bytes(12),
    (0xFFFFFFFF).to_bytes(4) + bytes(12),
    b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"AMQP\x00\x00\x09\x01",
    bytes.fromhex("16030100c8010000c40303"),
    (40).to_bytes(4) + (9).to_bytes(4),  # the header of a bind, and then nothing
    _submit("14155552671", b"Your code is 482910"),  # before a bind
)


async def _malformed_unbound(field: Field) -> None:
    tls = field.chance.random() < 0.3
    greeting = field.chance.choice((*_GREETINGS, field.chance.randbytes(64)))
    port = field.gateway.tls if tls else field.gateway.plain
    client = await Client.connect(port, field.ledger, address="127.0.0.5")
    try:
        await client.send_octets(greeting)
        await client.wait_for_end(1.0)
    except GONE:
        pass  # closed in the middle of it, as it should be
    finally:
        await client.close()


async def _malformed_bound(field: Field) -> None:
    whole = _submit("14155552671", b"Your code is 482910")
    cut = field.chance.randrange(16, len(whole))
    broken = (
        cut.to_bytes(4) + whole[4:cut],
        _submit("14155552671", b"There is no code in this"),
        _submit("1415555267x", b"Your code is 482910"),
        _submit("999999999", b"Your code is 482910"),
        (16).to_bytes(4) + (0x999).to_bytes(4) + bytes(8),
        (16).to_bytes(4) + (0x80000004).to_bytes(4) + bytes(8),
        (len(whole) + 3).to_bytes(4) + whole[4:-20] + b"\xff" + whole[-19:] + b"\x15\0\7",
    )
    kills = field.gateway.kills
    client = await field.client(address="127.0.0.6")
    try:
        is_alive = await client.answers_behind(field.chance.choice(broken))
        if not is_alive and kills == field.gateway.kills:
            field.ledger.problem("link_lost_by_malformed_pdu")
    finally:
        await client.close()


@asynccontextmanager
async def one_loss() -> AsyncIterator[None]:
    """Raise one `trio.BrokenResourceError` for all connections that tasks within have lost."""
    is_lost = False
    try:
        yield
    except* GONE:
        # Raised here, it would come out as a group again.
        is_lost = True
    if is_lost:
        raise trio.BrokenResourceError


async def _bind_storm(field: Field) -> None:
    async def storm() -> None:
        until = trio.current_time() + field.pause
        while trio.current_time() < until and not field.is_over:
            client = await field.client(STORM, address="127.0.0.3")
            field.nursery.start_soon(client.run)
            if not await client.unbind(_UNBIND_LIMIT):
                field.ledger.problem("unbind_without_end")
            field.done["storm_binds"] += 1

    async with one_loss(), trio.open_nursery() as nursery:
        for _ in range(8):
            nursery.start_soon(storm)


async def _wrong_password(field: Field) -> None:
    """Guess; after ten times the address is blocked, and that must not concern anybody else."""
    address = f"127.0.0.{field.chance.randint(10, 13)}"
    login = Login(field.chance.choice(("steady", "nobody")), f"guess{field.chance.randrange(99)}")
    client = await Client.connect(field.gateway.plain, field.ledger, address=address)
    try:
        status = await client.bind(login)
    except GONE:
        # On a machine that is short of time a guess may still be checked when the deadline is over.
        field.done["wrong_password_cut_off"] += 1
        return
    finally:
        await client.close()
    if status not in _NO_LOGIN:
        field.ledger.problem("wrong_password_let_in")


async def _silent(field: Field) -> None:
    """Connect and say nothing: the slots come back at the deadline."""

    async def one(port: int) -> None:
        kills = field.gateway.kills
        client = await Client.connect(port, field.ledger, address="127.0.0.4")
        if not await client.wait_for_end(PRE_BIND + 5.0) and kills == field.gateway.kills:
            field.ledger.problem("silent_connection_kept")
        await client.close()

    async with one_loss(), trio.open_nursery() as nursery:
        for _ in range(10):
            nursery.start_soon(one, field.gateway.plain)
            nursery.start_soon(one, field.gateway.tls)


# ---------------------------------------------------------------------- what the operator does


async def _reload(field: Field) -> None:
    """Reload a changed configuration; now and then one with a mistake, which changes nothing."""
    async with field.configuring:
        if field.chance.random() < 0.3:
            field.gateway.spoil()
            field.gateway.hang_up()
            await trio.sleep(1.0)
        field.gateway.configure(field.done["reload"])
        field.gateway.hang_up()


async def _outage(field: Field, minutes: float) -> None:
    """Let the platform answer nobody for a while."""
    seconds = min(minutes * 60 / 20, 8.0)
    now = trio.current_time()
    field.ledger.outage(now, now + seconds)
    await field.platform.outage(seconds)
    field.mark("platform down")
