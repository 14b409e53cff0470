"""A wall clock that is set, forward, back, or to 1970: nothing but dates may follow it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import attrs
import pytest
import trio
import trio.testing

from otpblue_trio.config import Limits
from otpblue_trio.policy import Admission, CodeFinder, NumberReader
from otpblue_trio.runtime import Endpoint, Gateway
from otpblue_trio.runtime.observer import CloseReason, ConnectionClosed, MessageAnswered
from otpblue_trio.smpp import CommandStatus, SubmitSmResp, parse_receipt
from otpblue_trio.testing import (
    Esme,
    EventRecorder,
    FakePlatform,
    FakeStore,
    FixedAccounts,
    InlineVerifier,
    MemoryListener,
    account,
)

if TYPE_CHECKING:
    from trio.testing import MockClock

START = datetime(2026, 2, 12, 14, 30, tzinfo=UTC)
NUMBER = "14155552671"
JUMPS = {
    "an-hour-back": timedelta(hours=-1),
    "an-hour-forward": timedelta(hours=1),
    "ten-years-back": timedelta(days=-3650),
    "ten-years-forward": timedelta(days=3650),
    "to-1970": datetime(1970, 1, 1, tzinfo=UTC) - START,
}


@attrs.define
class WallClock:
    """Runs with Trio's clock until it is set."""

    offset: timedelta = timedelta()
    began: float = attrs.field(factory=trio.current_time)

    def __call__(self) -> datetime:
        return START + self.offset + timedelta(seconds=trio.current_time() - self.began)


async def connect(listener: MemoryListener, nursery: trio.Nursery, *, bind: bool = True) -> Esme:
    esme = Esme(listener.connect())
    await nursery.start(esme.run)
    if bind:
        assert (await esme.bind_transceiver("acme", "secret")).command_status == 0
    return esme


async def submit(esme: Esme, code: int) -> SubmitSmResp:
    response = await esme.submit_sm(NUMBER, f"Your code is {code}")
    assert isinstance(response, SubmitSmResp)
    return response


@pytest.mark.parametrize("jump", JUMPS.values(), ids=JUMPS)
async def test_a_wall_clock_that_is_set_moves_no_deadline_rate_window_or_receipt(
    jump: timedelta, autojump_clock: MockClock
) -> None:
    wall_clock = WallClock()
    platform = FakePlatform(latency=2)
    store = FakeStore()
    recorder = EventRecorder()
    gateway = Gateway(
        limits=Limits(),
        accounts=FixedAccounts([account(tps=5)]),
        admission=Admission(NumberReader(), CodeFinder()),
        platform=platform,
        verifier=InlineVerifier(),
        observer=recorder,
        wall_clock=lambda: wall_clock().timestamp(),
        store=store,
    )
    listener = MemoryListener()
    async with trio.open_nursery() as nursery:
        await nursery.start(gateway.serve, [Endpoint("memory", "memory", listener)])
        began = trio.current_time()
        silent = await connect(listener, nursery, bind=False)
        esme = await connect(listener, nursery)
        responses: list[SubmitSmResp] = []

        async def in_flight(code: int) -> None:
            responses.append(await submit(esme, code))

        async with trio.open_nursery() as sending:
            for code in range(1000, 1005):
                sending.start_soon(in_flight, code)
            await platform.wait_for_requests(5)
            wall_clock.offset = jump
        assert [one.command_status for one in responses] == [CommandStatus.ESME_ROK] * 5
        dates = {parse_receipt((await esme.receipt()).short_message)["done date"] for _ in range(5)}
        assert dates == {f"{wall_clock():%y%m%d%H%M}"}
        assert all(event.latency == pytest.approx(2) for event in answered(recorder))
        assert all(cdr.latency == pytest.approx(2) for cdr in store.cdrs)
        # The window for repetitions is five seconds of the other clock.
        assert (await submit(esme, 1000)).message_id in {one.message_id for one in responses}
        assert len(platform.requests) == 5
        # The bucket holds five and fills by five a second.
        await trio.sleep(1)
        burst = [await submit(esme, 1000) for _ in range(6)]
        assert [one.command_status for one in burst] == [0] * 5 + [CommandStatus.ESME_RTHROTTLED]
        await silent.wait_closed()
        assert trio.current_time() - began == pytest.approx(30)
        last = trio.current_time()
        await esme.enquire_link()
        await esme.wait_closed()
        assert trio.current_time() - last == pytest.approx(90)
        await recorder.wait_for(ConnectionClosed, 2)
        closed = [event.reason for event in recorder.events if isinstance(event, ConnectionClosed)]
        assert closed == [CloseReason.PRE_BIND_TIMEOUT, CloseReason.INACTIVITY]
        assert not store.receipts
        gateway.stop()


def answered(recorder: EventRecorder) -> list[MessageAnswered]:
    return [event for event in recorder.events if isinstance(event, MessageAnswered)]


@pytest.mark.parametrize("jump", JUMPS.values(), ids=JUMPS)
async def test_receipts_that_wait_outlast_a_wall_clock_that_is_set(
    jump: timedelta, autojump_clock: MockClock
) -> None:
    wall_clock = WallClock()
    store = FakeStore()
    gateway = Gateway(
        limits=Limits(),
        accounts=FixedAccounts([account()]),
        admission=Admission(NumberReader(), CodeFinder()),
        platform=FakePlatform(),
        verifier=InlineVerifier(),
        observer=EventRecorder(),
        wall_clock=lambda: wall_clock().timestamp(),
        store=store,
    )
    listener = MemoryListener()
    async with trio.open_nursery() as nursery:
        await nursery.start(gateway.serve, [Endpoint("memory", "memory", listener)])
        esme = Esme(listener.connect())
        await nursery.start(esme.run)
        await esme.bind_transmitter("acme", "secret")
        await submit(esme, 482910)
        wall_clock.offset = jump
        await esme.unbind()
        await trio.sleep(3600)
        taker = await connect(listener, nursery)
        assert parse_receipt((await taker.receipt()).short_message)["stat"] == "DELIVRD"
        await trio.testing.wait_all_tasks_blocked()
        assert not store.receipts
        gateway.stop()
