"""Delivery receipts from the outcome to the acknowledgement: which session, when, how often."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import attrs
import pytest
import trio
import trio.testing
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from otpblue_trio.runtime.observer import (
    CloseReason,
    ConnectionClosed,
    MessageAnswered,
    ReceiptFate,
    ReceiptSettled,
)
from otpblue_trio.runtime.receipts import PendingReceipt, ReceiptQueue
from otpblue_trio.smpp import (
    BindTransceiver,
    CommandId,
    CommandStatus,
    DeliverSm,
    GenericNack,
    encode,
    parse_receipt,
)
from otpblue_trio.testing import (
    Esme,
    EsmeClosed,
    FakePlatform,
    FakeStore,
    FixedAccounts,
    GatewayUnderTest,
    account,
    open_gateway,
    stored_receipt,
    submit_pdu,
    with_limits,
)

if TYPE_CHECKING:
    from trio.testing import MockClock

    from otpblue_trio.store import StoredReceipt

NUMBER = "14155552671"
RETRYABLE = (0x08, 0x14, 0x58, 0x64)
NOON = datetime(2026, 2, 12, 12, tzinfo=UTC).timestamp()
MAX_SENDS = 5


def a_receipt(message_id: str = "m", receipt_id: int = 0) -> StoredReceipt:
    """Return a receipt of a delivered message."""
    return stored_receipt(
        receipt_id=receipt_id,
        system_id="acme",
        message_id=message_id,
        submitted_at=NOON,
        done_at=NOON,
    )


class FakeReceiver:
    """A session with a window; the test answers."""

    def __init__(self, window: int = 100) -> None:
        self.window = window
        self.is_bound = True
        self.sent: list[tuple[float, str]] = []
        self.outstanding: list[PendingReceipt] = []

    @property
    def can_take_receipt(self) -> bool:
        return self.is_bound and len(self.outstanding) < self.window

    def send_receipt(self, pending: PendingReceipt, now: float, /) -> None:
        assert self.can_take_receipt
        self.sent.append((now, pending.receipt.message_id))
        self.outstanding.append(pending)

    @property
    def ids(self) -> list[str]:
        return [message_id for _, message_id in self.sent]


class Sink:
    """Keeps what it is told of receipts."""

    def __init__(self) -> None:
        self.settled: list[ReceiptSettled] = []
        self.done: list[int] = []

    def observe(self, event: object, /) -> None:
        assert isinstance(event, ReceiptSettled)
        self.settled.append(event)

    def fates(self, message_id: str = "m") -> list[ReceiptFate]:
        return [event.fate for event in self.settled if event.message_id == message_id]


def make_queue(sink: Sink, *, lifetime: float = 86_400.0, max_waiting: int = 100) -> ReceiptQueue:
    return ReceiptQueue(
        "acme",
        sink,
        lifetime=lifetime,
        max_waiting=max_waiting,
        on_post=lambda: None,
        on_done=sink.done.append,
    )


# ---------------------------------------------------------------------- the queue alone


def test_a_receipt_goes_through_the_session_of_its_message() -> None:
    queue = make_queue(Sink())
    other, origin = FakeReceiver(), FakeReceiver()
    queue.add_receiver(other, 0)
    queue.add_receiver(origin, 0)
    queue.post(a_receipt(), origin, 0)
    assert (other.ids, origin.ids) == ([], ["m"])


def test_a_receipt_whose_session_cannot_take_it_goes_to_another() -> None:
    queue = make_queue(Sink())
    other, origin = FakeReceiver(), FakeReceiver(window=0)
    queue.add_receiver(origin, 0)
    queue.add_receiver(other, 0)
    queue.post(a_receipt(), origin, 0)
    assert other.ids == ["m"]


def test_waiting_receipts_go_out_in_order_when_a_session_binds() -> None:
    queue = make_queue(Sink())
    transmitter = FakeReceiver(window=0)
    for number in range(5):
        queue.post(a_receipt(str(number)), transmitter, number)
    assert len(queue) == queue.open == 5
    receiver = FakeReceiver()
    queue.add_receiver(receiver, 10)
    assert receiver.ids == ["0", "1", "2", "3", "4"]
    assert (len(queue), queue.open) == (0, 5)


def test_a_new_receipt_does_not_overtake_one_that_waits() -> None:
    queue = make_queue(Sink())
    receiver = FakeReceiver(window=1)
    queue.add_receiver(receiver, 0)
    for number in range(3):
        queue.post(a_receipt(str(number)), receiver, 0)
    receiver.window = 2
    queue.post(a_receipt("3"), receiver, 0)
    assert receiver.ids == ["0", "1"]


@pytest.mark.parametrize("window", [1, 2, 3])
def test_the_window_is_filled_and_never_exceeded(window: int) -> None:
    queue = make_queue(Sink())
    receiver = FakeReceiver(window)
    queue.add_receiver(receiver, 0)
    for number in range(3):
        queue.post(a_receipt(str(number)), receiver, 0)
    assert len(receiver.sent) == window
    while receiver.outstanding:
        queue.answered(receiver.outstanding.pop(0), 0, 1)
    assert receiver.ids == ["0", "1", "2"]
    assert queue.open == 0


@pytest.mark.parametrize("command_status", RETRYABLE, ids=hex)
def test_a_temporary_refusal_is_sent_again_after_growing_pauses(command_status: int) -> None:
    sink = Sink()
    queue = make_queue(sink)
    receiver = FakeReceiver()
    queue.add_receiver(receiver, 0)
    queue.post(a_receipt(), receiver, 0)
    for halves in range(60):
        queue.pump(halves / 2)
        while receiver.outstanding:
            queue.answered(receiver.outstanding.pop(), command_status, halves / 2)
    assert [at for at, _ in receiver.sent] == [0, 1, 3, 7, 15]
    assert sink.fates() == [ReceiptFate.RETRIED] * 4 + [ReceiptFate.REJECTED]
    assert {event.command_status for event in sink.settled} == {command_status}
    assert queue.open == 0


@pytest.mark.parametrize("command_status", [0x01, 0x04, 0x0B, 0x45, 0xFE, 0xFF, 0x400], ids=hex)
def test_any_other_refusal_is_the_end(command_status: int) -> None:
    sink = Sink()
    queue = make_queue(sink)
    receiver = FakeReceiver()
    queue.add_receiver(receiver, 0)
    queue.post(a_receipt(), receiver, 0)
    queue.answered(receiver.outstanding.pop(), command_status, 1)
    queue.pump(100)
    assert sink.fates() == [ReceiptFate.REJECTED]
    assert (len(receiver.sent), queue.open) == (1, 0)


def test_a_paused_receipt_holds_up_no_other() -> None:
    queue = make_queue(Sink())
    receiver = FakeReceiver()
    queue.add_receiver(receiver, 0)
    queue.post(a_receipt("0"), receiver, 0)
    queue.answered(receiver.outstanding.pop(), 0x58, 0)
    queue.post(a_receipt("1"), receiver, 0)
    assert receiver.ids == ["0", "1"]
    assert len(queue) == 1


def test_paused_receipts_cost_nothing_until_they_are_due() -> None:
    """An ESME that refuses everything for now must not make every other receipt dear."""

    looks = 0

    class Watched(PendingReceipt):
        def __getattribute__(self, name: str) -> object:
            nonlocal looks
            looks += name == "expires_at"
            return super().__getattribute__(name)

    queue = make_queue(Sink(), max_waiting=10_000)
    receiver = FakeReceiver(10_000)
    queue.add_receiver(receiver, 0)
    queue.restore([Watched(a_receipt(), 1e9) for _ in range(1000)], 0)
    for pending in receiver.outstanding:
        queue.answered(pending, 0x58, 0)
    receiver.outstanding.clear()
    looks = 0
    for _ in range(100):
        queue.pump(0.5)
    assert looks < 1000


def test_what_a_session_left_unanswered_goes_to_another_in_order_after_a_second() -> None:
    sink = Sink()
    queue = make_queue(sink)
    lost, other = FakeReceiver(2), FakeReceiver(0)
    queue.add_receiver(lost, 0)
    queue.add_receiver(other, 0)
    for number in range(4):
        queue.post(a_receipt(str(number)), lost, 0)
    lost.is_bound, other.window = False, 100
    queue.remove_receiver(lost, lost.outstanding, 1)
    queue.pump(1.9)
    assert other.ids == ["2", "3"]
    queue.pump(2.0)
    assert other.ids == ["2", "3", "0", "1"]
    assert sink.fates("0") == sink.fates("1") == [ReceiptFate.RETRIED]
    assert sink.fates("2") == []


def test_receipts_not_answered_in_time_go_out_again_in_order_and_before_those_that_wait() -> None:
    queue = make_queue(Sink())
    first, second = FakeReceiver(2), FakeReceiver(2)
    queue.add_receiver(first, 0)
    queue.add_receiver(second, 0)
    for number in range(6):
        queue.post(a_receipt(str(number)), (first, second)[number % 2], 0)
    assert (first.ids, second.ids) == (["0", "2"], ["1", "3"])
    for receiver in (first, second):
        # Both run out in the same moment: nothing goes out in between.
        receiver.window = 0
        unanswered, receiver.outstanding = receiver.outstanding, []
        queue.put_back(receiver, unanswered, 60)
    third = FakeReceiver()
    queue.add_receiver(third, 60)
    assert third.ids == ["0", "1", "2", "3", "4", "5"]


def test_a_session_that_lets_receipts_time_out_is_asked_last() -> None:
    sink = Sink()
    queue = make_queue(sink)
    deaf, hearing = FakeReceiver(2), FakeReceiver(2)
    queue.add_receiver(deaf, 0)
    queue.add_receiver(hearing, 0)
    queue.post(a_receipt(), deaf, 0)
    queue.put_back(deaf, [deaf.outstanding.pop()], 60)
    assert (deaf.ids, hearing.ids) == (["m"], ["m"])
    queue.answered(hearing.outstanding.pop(), 0, 61)
    assert sink.fates() == [ReceiptFate.RETRIED, ReceiptFate.ACKNOWLEDGED]


def test_a_session_that_is_alone_gets_what_it_let_time_out_again() -> None:
    queue = make_queue(Sink())
    deaf = FakeReceiver()
    queue.add_receiver(deaf, 0)
    queue.post(a_receipt(), deaf, 0)
    queue.put_back(deaf, [deaf.outstanding.pop()], 60)
    assert deaf.ids == ["m", "m"]


def test_receipts_refused_for_now_come_again_in_order_and_before_those_that_wait() -> None:
    queue = make_queue(Sink())
    receiver = FakeReceiver(3)
    queue.add_receiver(receiver, 0)
    for number in range(5):
        queue.post(a_receipt(str(number)), receiver, 0)
    refused, receiver.outstanding, receiver.window = receiver.outstanding, [], 0
    for pending in reversed(refused):
        queue.answered(pending, 0x58, 0)
    receiver.window = 5
    queue.pump(1)
    assert receiver.ids[3:] == ["0", "1", "2", "3", "4"]


def test_one_accounts_overflow_touches_no_other() -> None:
    sink, other_sink = Sink(), Sink()
    queue, other = make_queue(sink, max_waiting=2), make_queue(other_sink, max_waiting=2)
    for number in range(2):
        other.post(a_receipt(str(number)), FakeReceiver(0), 0)
    for number in range(9):
        queue.post(a_receipt(str(number)), FakeReceiver(0), 0)
    assert (len(sink.settled), len(other_sink.settled)) == (7, 0)


def test_a_receipt_goes_out_five_times_at_most() -> None:
    sink = Sink()
    queue = make_queue(sink)
    sent = 0
    queue.post(a_receipt(), FakeReceiver(0), 0)
    for session in range(10):
        receiver = FakeReceiver()
        queue.add_receiver(receiver, session)
        sent += len(receiver.sent)
        receiver.is_bound = False
        queue.remove_receiver(receiver, receiver.outstanding, session)
    assert sent == MAX_SENDS
    assert sink.fates() == [ReceiptFate.RETRIED] * 4 + [ReceiptFate.EXPIRED]
    assert queue.open == 0


@pytest.mark.parametrize(
    ("at", "fates"), [(59.9, []), (60.0, [ReceiptFate.EXPIRED]), (60.1, [ReceiptFate.EXPIRED])]
)
def test_a_receipt_that_nobody_takes_is_given_up_at_its_lifetime(
    at: float, fates: list[ReceiptFate]
) -> None:
    sink = Sink()
    queue = make_queue(sink, lifetime=60)
    queue.post(a_receipt(), FakeReceiver(0), 0)
    queue.pump(at)
    assert sink.fates() == fates
    assert queue.open == len(queue) == 1 - len(fates)


def test_a_paused_receipt_is_given_up_at_its_lifetime() -> None:
    sink = Sink()
    queue = make_queue(sink, lifetime=5)
    receiver = FakeReceiver()
    queue.add_receiver(receiver, 0)
    queue.post(a_receipt(), receiver, 0)
    queue.answered(receiver.outstanding.pop(), 0x58, 4.5)
    queue.pump(5.5)
    assert sink.fates() == [ReceiptFate.RETRIED, ReceiptFate.EXPIRED]
    assert len(receiver.sent) == 1


@pytest.mark.parametrize(("posted", "lost"), [(9, 0), (10, 0), (11, 1), (15, 5)])
def test_beyond_the_bound_the_oldest_are_given_up(posted: int, lost: int) -> None:
    sink = Sink()
    queue = make_queue(sink, max_waiting=10)
    for number in range(posted):
        queue.post(a_receipt(str(number)), FakeReceiver(0), 0)
    assert [(event.message_id, event.fate) for event in sink.settled] == [
        (str(number), ReceiptFate.OVERFLOW) for number in range(lost)
    ]
    assert len(queue) == queue.open == min(posted, 10)


def test_restored_receipts_go_before_those_that_wait_and_in_their_order() -> None:
    queue = make_queue(Sink())
    queue.post(a_receipt("new"), FakeReceiver(0), 0)
    queue.restore([PendingReceipt(a_receipt(name), 60) for name in ("old", "older")], 0)
    assert len(queue) == queue.open == 3
    receiver = FakeReceiver()
    queue.add_receiver(receiver, 1)
    assert receiver.ids == ["old", "older", "new"]


def test_restored_receipts_go_to_a_session_that_is_there() -> None:
    queue = make_queue(Sink())
    receiver = FakeReceiver()
    queue.add_receiver(receiver, 0)
    queue.restore([PendingReceipt(a_receipt(), 60)], 0)
    assert receiver.ids == ["m"]


def test_a_restored_receipt_is_given_up_at_its_own_end() -> None:
    sink = Sink()
    queue = make_queue(sink, lifetime=1000)
    queue.restore([PendingReceipt(a_receipt(receipt_id=7), 60)], 0)
    queue.pump(59)
    assert sink.done == []
    queue.pump(60)
    assert (sink.fates(), sink.done) == ([ReceiptFate.EXPIRED], [7])


@pytest.mark.parametrize(("restored", "lost"), [(9, 0), (10, 1), (12, 3)])
def test_beyond_the_bound_the_oldest_restored_are_given_up(restored: int, lost: int) -> None:
    sink = Sink()
    queue = make_queue(sink, max_waiting=10)
    queue.post(a_receipt("new"), FakeReceiver(0), 0)
    queue.restore([PendingReceipt(a_receipt(str(at), at), 60) for at in range(restored)], 0)
    assert sink.done == list(range(lost))
    assert len(queue) == queue.open == min(restored + 1, 10)


@pytest.mark.parametrize(("command_status", "done"), [(0, [7]), (0x45, [7]), (0x58, [])])
def test_a_receipt_is_done_when_it_will_not_go_out_again(
    command_status: int, done: list[int]
) -> None:
    sink = Sink()
    queue = make_queue(sink)
    receiver = FakeReceiver()
    queue.add_receiver(receiver, 0)
    queue.post(a_receipt(receipt_id=7), receiver, 0)
    queue.answered(receiver.outstanding.pop(), command_status, 1)
    assert sink.done == done


def test_whoever_looks_after_receipts_is_told_when_there_is_one_again() -> None:
    told: list[int] = []
    queue = ReceiptQueue(
        "acme",
        Sink(),
        lifetime=60,
        max_waiting=10,
        on_post=lambda: told.append(1),
        on_done=lambda receipt_id: None,
    )
    receiver = FakeReceiver()
    queue.post(a_receipt(), receiver, 0)
    queue.post(a_receipt(), FakeReceiver(0), 0)
    assert len(told) == 1
    for pending in list(queue.not_done()):
        queue.answered(pending, 0, 0)
    queue.post(a_receipt(), receiver, 0)
    assert len(told) == 2


class LoggedReceiver(FakeReceiver):
    """A session that keeps a log, shared with others, of what goes out for the first time."""

    def __init__(self, window: int, log: list[str]) -> None:
        super().__init__(window)
        self.log = log

    def send_receipt(self, pending: PendingReceipt, now: float, /) -> None:
        super().send_receipt(pending, now)
        if pending.sends == 1:
            self.log.append(pending.receipt.message_id)


@settings(max_examples=60, stateful_step_count=40)
class ReceiptScript(RuleBasedStateMachine):
    """Anything that sessions, ESMEs and time may do to the queue of one account."""

    def __init__(self) -> None:
        super().__init__()
        self.sink = Sink()
        self.queue = make_queue(self.sink, lifetime=50, max_waiting=6)
        self.receivers: list[FakeReceiver] = []
        self.now = 0.0
        self.posted = 0
        self.sends: Counter[str] = Counter()
        self.in_order: list[str] = []
        """The new receipts, as they went out for the first time."""
        self.restored: set[str] = set()

    @rule(window=st.integers(0, 3))
    def bind(self, window: int) -> None:
        receiver = LoggedReceiver(window, self.in_order)
        self.receivers.append(receiver)
        self.queue.add_receiver(receiver, self.now)

    @precondition(lambda self: self.receivers)
    @rule(data=st.data())
    def lose_a_session(self, data: st.DataObject) -> None:
        receiver = data.draw(st.sampled_from(self.receivers))
        self.receivers.remove(receiver)
        self.note_sends(receiver)
        receiver.is_bound = False
        unanswered, receiver.outstanding = receiver.outstanding, []
        self.queue.remove_receiver(receiver, unanswered, self.now)

    @rule(data=st.data())
    def post(self, data: st.DataObject) -> None:
        origin = data.draw(st.sampled_from([*self.receivers, FakeReceiver(0)]))
        self.queue.post(self.new_receipt(), origin, self.now)

    @rule(count=st.integers(1, 4), lifetime=st.floats(0, 50))
    def restore(self, count: int, lifetime: float) -> None:
        pendings = [PendingReceipt(self.new_receipt(), self.now + lifetime) for _ in range(count)]
        self.restored.update(pending.receipt.message_id for pending in pendings)
        self.queue.restore(pendings, self.now)

    def new_receipt(self) -> StoredReceipt:
        self.posted += 1
        return a_receipt(str(self.posted), self.posted)

    @precondition(lambda self: any(receiver.outstanding for receiver in self.receivers))
    @rule(
        data=st.data(),
        command_status=st.sampled_from([0, 0, 0x08, 0x58, 0x45, 0xFF]),
    )
    def answer(self, data: st.DataObject, command_status: int) -> None:
        receiver = data.draw(st.sampled_from([r for r in self.receivers if r.outstanding]))
        at = data.draw(st.integers(0, len(receiver.outstanding) - 1))
        self.queue.answered(receiver.outstanding.pop(at), command_status, self.now)

    @precondition(lambda self: any(receiver.outstanding for receiver in self.receivers))
    @rule(data=st.data())
    def answer_nothing_in_time(self, data: st.DataObject) -> None:
        receiver = data.draw(st.sampled_from([r for r in self.receivers if r.outstanding]))
        count = data.draw(st.integers(1, len(receiver.outstanding)))
        expired, receiver.outstanding[:count] = receiver.outstanding[:count], []
        self.queue.put_back(receiver, expired, self.now)

    @rule(seconds=st.floats(0, 20))
    def let_time_pass(self, seconds: float) -> None:
        self.now += seconds
        self.queue.pump(self.now)

    def note_sends(self, receiver: FakeReceiver) -> None:
        self.sends.update(receiver.ids)

    @invariant()
    def every_receipt_is_counted_once(self) -> None:
        ends = [event for event in self.sink.settled if event.fate is not ReceiptFate.RETRIED]
        assert len(ends) + self.queue.open == self.posted
        assert len({event.message_id for event in ends}) == len(ends)
        assert self.sink.done == [int(event.message_id) for event in ends]
        outstanding = sum(len(receiver.outstanding) for receiver in self.receivers)
        assert self.queue.open == len(self.queue) + outstanding

    @invariant()
    def receipts_go_out_for_the_first_time_in_the_order_of_their_messages(self) -> None:
        numbers = [int(each) for each in self.in_order if each not in self.restored]
        assert numbers == sorted(numbers)

    @invariant()
    def no_receipt_goes_out_too_often_or_after_its_end(self) -> None:
        sends = Counter(self.sends)
        for receiver in self.receivers:
            sends.update(receiver.ids)
        assert all(count <= MAX_SENDS for count in sends.values())
        ended = {e.message_id for e in self.sink.settled if e.fate is not ReceiptFate.RETRIED}
        for receiver in self.receivers:
            held = [pending.receipt.message_id for pending in receiver.outstanding]
            assert len(set(held)) == len(held)
            assert not ended.intersection(held)

    @invariant()
    def nothing_waits_that_is_due_while_a_session_has_room(self) -> None:
        if len(self.queue) and any(r.can_take_receipt for r in self.receivers):
            # Whoever waits now is paused: a pump at this moment moves nothing.
            before = [len(receiver.sent) for receiver in self.receivers]
            self.queue.pump(self.now)
            assert before == [len(receiver.sent) for receiver in self.receivers]


TestReceiptScript = ReceiptScript.TestCase


# ---------------------------------------------------------------------- through a whole gateway


def receipt_id(receipt: DeliverSm) -> str:
    """Return the message id that a receipt is about."""
    return parse_receipt(receipt.short_message)["id"]


def fates(gateway: GatewayUnderTest) -> list[ReceiptFate]:
    """Return the fates that were observed, in order."""
    return [event.fate for event in gateway.events if isinstance(event, ReceiptSettled)]


async def submit(esme: Esme, code: int = 482910) -> None:
    """Submit one message that is delivered, with a receipt."""
    response = await esme.submit_sm(NUMBER, f"Your code is {code:06}")
    assert response.command_status == CommandStatus.ESME_ROK


async def test_a_transmitters_receipt_goes_to_another_session_of_the_account(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(accounts=[account("acme"), account("other")]) as gateway:
        stranger = await gateway.bound("other")
        transmitter, receiver = await gateway.connect(), await gateway.connect()
        await transmitter.bind_transmitter("acme", "secret")
        await receiver.bind_receiver("acme", "secret")
        await submit(transmitter)
        assert receipt_id(await receiver.receipt()) == "m-1"
        with trio.move_on_after(10) as scope:
            await stranger.receipt()
        assert scope.cancelled_caught


async def test_a_receipt_waits_until_a_receiver_binds(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        transmitter = await gateway.connect()
        await transmitter.bind_transmitter("acme", "secret")
        for code in range(3):
            await submit(transmitter, code)
        await trio.sleep(10)
        receiver = await gateway.connect()
        bound = await receiver.bind_receiver("acme", "secret")
        assert bound.command_status == CommandStatus.ESME_ROK
        ids = [receipt_id(await receiver.receipt()) for _ in range(3)]
        assert ids == ["m-1", "m-2", "m-3"]
        await gateway.wait_for(ReceiptSettled, 3)
        assert fates(gateway) == [ReceiptFate.ACKNOWLEDGED] * 3


async def test_a_receipt_of_a_dropped_session_goes_to_the_next_that_binds(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway() as gateway:
        lost = await gateway.bound(acknowledge=False)
        await submit(lost)
        await lost.receipt()
        await lost.aclose()
        await trio.sleep(3600)
        assert receipt_id(await (await gateway.bound()).receipt()) == "m-1"
        await gateway.wait_for(ReceiptSettled, 2)
        assert fates(gateway) == [ReceiptFate.RETRIED, ReceiptFate.ACKNOWLEDGED]


async def test_a_receipt_of_a_dropped_session_soon_goes_to_another(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway() as gateway:
        lost, other = await gateway.bound(acknowledge=False), await gateway.bound()
        await submit(lost)
        await lost.receipt()
        await lost.aclose()
        began = trio.current_time()
        assert receipt_id(await other.receipt()) == "m-1"
        assert trio.current_time() - began <= 2.5


async def test_many_sessions_lost_at_once_do_not_use_a_receipt_up(
    autojump_clock: MockClock,
) -> None:
    """A client that dies takes all its sessions along; none of them has seen it since."""
    async with open_gateway() as gateway:
        sessions = [await gateway.bound(acknowledge=False) for _ in range(8)]
        await submit(sessions[0])
        for esme in sessions:
            await esme.aclose()
        await gateway.wait_for(ConnectionClosed, 8)
        assert receipt_id(await (await gateway.bound()).receipt()) == "m-1"
        assert fates(gateway).count(ReceiptFate.RETRIED) == 1


async def test_a_half_closed_session_gets_no_receipt_that_it_cannot_acknowledge(
    autojump_clock: MockClock,
) -> None:
    platform = FakePlatform(latency=2)
    async with open_gateway(platform=platform) as gateway:
        half_closed = await gateway.bound()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(submit, half_closed)
            await platform.wait_for_requests(1)
            await half_closed.send_eof()
        with pytest.raises(EsmeClosed):
            await half_closed.receipt()
        esme = await gateway.bound()
        assert receipt_id(await esme.receipt()) == "m-1"
        await gateway.wait_for(ReceiptSettled)
        assert fates(gateway) == [ReceiptFate.ACKNOWLEDGED]


@pytest.mark.parametrize("command_status", RETRYABLE, ids=hex)
async def test_a_temporary_refusal_comes_again_after_a_pause(
    command_status: int, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bound(acknowledge=False)
        await submit(esme)
        await esme.acknowledge(await esme.receipt(), command_status)
        began = trio.current_time()
        again = await esme.receipt()
        assert receipt_id(again) == "m-1"
        assert 1 <= trio.current_time() - began <= 2.5
        await esme.acknowledge(again)
        await gateway.wait_for(ReceiptSettled, 2)
        assert fates(gateway) == [ReceiptFate.RETRIED, ReceiptFate.ACKNOWLEDGED]


@pytest.mark.parametrize("command_status", [0x45, 0x0B, 0xFF], ids=hex)
async def test_a_refusal_for_good_is_counted_and_not_repeated(
    command_status: int, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bound(acknowledge=False)
        await submit(esme)
        await esme.acknowledge(await esme.receipt(), command_status)
        with trio.move_on_after(60) as scope:
            await esme.receipt()
        assert scope.cancelled_caught
        assert fates(gateway) == [ReceiptFate.REJECTED]


async def test_a_nack_of_a_receipt_is_a_refusal_for_good(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bound(acknowledge=False)
        await submit(esme)
        receipt = await esme.receipt()
        await esme.send(GenericNack(sequence_number=receipt.sequence_number, command_status=0x03))
        await gateway.wait_for(ReceiptSettled)
        assert fates(gateway) == [ReceiptFate.REJECTED]


async def test_an_acknowledgement_with_a_body_counts(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bound(acknowledge=False)
        await submit(esme)
        receipt = await esme.receipt()
        octets = b"any body" + b"\xff" * 20
        await esme.send_octets(
            b"".join(
                value.to_bytes(4, "big")
                for value in (
                    16 + len(octets),
                    CommandId.DELIVER_SM_RESP,
                    0,
                    receipt.sequence_number,
                )
            )
            + octets
        )
        await gateway.wait_for(ReceiptSettled)
        assert fates(gateway) == [ReceiptFate.ACKNOWLEDGED]


async def test_an_esme_that_acknowledges_nothing_is_still_served(
    autojump_clock: MockClock,
) -> None:
    limits = with_limits(receipt_window=4)
    async with open_gateway(limits=limits) as gateway:
        esme = await gateway.bound(acknowledge=False)
        for code in range(20):
            await submit(esme, code)
        await trio.testing.wait_all_tasks_blocked()
        (state,) = gateway.gateway.accounts
        assert (len(state.receipts), state.receipts.open) == (16, 20)
        for number in range(20):
            receipt = await esme.receipt()
            assert receipt_id(receipt) == f"m-{number + 1}"
            await esme.acknowledge(receipt)
        await gateway.wait_for(ReceiptSettled, 20)
        assert state.receipts.open == 0


async def test_a_receipt_never_acknowledged_goes_out_five_times_and_is_given_up(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(limits=with_limits(receipt_timeout=60.0)) as gateway:
        esme = await gateway.bound(acknowledge=False)
        await submit(esme)
        began = trio.current_time()
        times = []

        async def keep_alive() -> None:
            while True:
                await trio.sleep(60)
                await esme.enquire_link()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(keep_alive)
            for _ in range(MAX_SENDS):
                await esme.receipt()
                times.append(trio.current_time() - began)
            await gateway.wait_for(ReceiptSettled, MAX_SENDS)
            nursery.cancel_scope.cancel()
        assert [round(at / 60) for at in times] == [0, 1, 2, 3, 4]
        assert fates(gateway) == [ReceiptFate.RETRIED] * 4 + [ReceiptFate.EXPIRED]
        assert not gateway.gateway.accounts[0].receipts.open


async def test_a_late_acknowledgement_of_a_repeated_receipt_is_ignored(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(limits=with_limits(receipt_timeout=5.0)) as gateway:
        esme = await gateway.bound(acknowledge=False)
        await submit(esme)
        first = await esme.receipt()
        second = await esme.receipt()
        assert first.sequence_number != second.sequence_number
        await esme.acknowledge(first)
        await esme.acknowledge(second)
        await gateway.wait_for(ReceiptSettled, 2)
        await trio.testing.wait_all_tasks_blocked()
        assert fates(gateway) == [ReceiptFate.RETRIED, ReceiptFate.ACKNOWLEDGED]


async def test_a_receipt_without_a_session_is_given_up_at_its_lifetime(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(receipt_lifetime=600) as gateway:
        transmitter = await gateway.connect()
        await transmitter.bind_transmitter("acme", "secret")
        await submit(transmitter)
        began = trio.current_time()
        await transmitter.aclose()
        await gateway.wait_for(ReceiptSettled)
        assert fates(gateway) == [ReceiptFate.EXPIRED]
        assert trio.current_time() - began == pytest.approx(600, abs=2)


async def test_receipts_are_numbered_apart_on_every_session(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bound(acknowledge=False)
        for code in range(10):
            await submit(esme, code)
        numbers = [(await esme.receipt()).sequence_number for _ in range(10)]
        assert numbers == list(range(1, 11))


async def test_an_unbind_with_receipts_outstanding_gives_them_to_the_next_session(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bound(acknowledge=False)
        await submit(esme)
        await esme.receipt()
        await esme.unbind()
        closed = await gateway.wait_for(ConnectionClosed)
        assert closed.reason is CloseReason.UNBOUND
        assert receipt_id(await (await gateway.bound()).receipt()) == "m-1"


async def test_a_receipt_through_a_session_below_34_has_no_tlvs(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway() as gateway:
        transmitter, receiver = await gateway.connect(), await gateway.connect()
        await transmitter.bind_transmitter("acme", "secret")
        await receiver.bind_receiver("acme", "secret", interface_version=0x33)
        await submit(transmitter)
        receipt = await receiver.receipt()
        (told,) = (event for event in gateway.events if isinstance(event, MessageAnswered))
        assert (receipt_id(receipt), receipt.tlvs) == (told.message_id, ())


async def test_a_receipt_that_one_session_never_answers_reaches_another(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(limits=with_limits(receipt_timeout=5.0)) as gateway:
        deaf = await gateway.bound(acknowledge=False)
        hearing = await gateway.bound()
        await submit(deaf)
        await deaf.receipt()
        assert receipt_id(await hearing.receipt()) == "m-1"
        await gateway.wait_for(ReceiptSettled, 2)
        assert fates(gateway) == [ReceiptFate.RETRIED, ReceiptFate.ACKNOWLEDGED]


@pytest.mark.parametrize("window", [1, 2, 7, 100])
async def test_receipts_come_in_the_order_of_their_responses_whatever_the_window(
    window: int, autojump_clock: MockClock
) -> None:
    async with open_gateway(limits=with_limits(receipt_window=window)) as gateway:
        esme = await gateway.bound(acknowledge=False)
        for code in range(20):
            await submit(esme, code)
        ids = []
        for _ in range(20):
            receipt = await esme.receipt()
            ids.append(receipt_id(receipt))
            await esme.acknowledge(receipt)
        assert ids == [f"m-{number}" for number in range(1, 21)]


async def test_a_receipt_that_was_queued_and_never_written_goes_to_the_next_session(
    autojump_clock: MockClock,
) -> None:
    """The session dies between the append and the write."""
    async with open_gateway(stalling=True, limits=with_limits(write_timeout=10.0)) as gateway:
        stream = gateway.connect_stream()
        await stream.send_all(
            encode(BindTransceiver(sequence_number=1, system_id="acme", password="secret"))
        )
        await stream.receive_some()
        # From here on it reads nothing: what is written for it stays in the gateway.
        message = submit_pdu(NUMBER, "Your code is 482910")
        await stream.send_all(encode(attrs.evolve(message, sequence_number=2)))
        closed = await gateway.wait_for(ConnectionClosed)
        assert closed.reason is CloseReason.WRITE_TIMEOUT
        assert receipt_id(await (await gateway.bound()).receipt()) == "m-1"
        await gateway.wait_for(ReceiptSettled, 2)
        assert fates(gateway) == [ReceiptFate.RETRIED, ReceiptFate.ACKNOWLEDGED]


@pytest.mark.parametrize("acknowledged", [0, 1, 3])
async def test_an_esme_that_acknowledges_while_the_gateway_stops_gets_nothing_twice(
    acknowledged: int, autojump_clock: MockClock
) -> None:
    store = FakeStore()
    async with open_gateway(store=store) as gateway:
        esme = await gateway.bound(acknowledge=False)
        for code in range(3):
            await submit(esme, code)
        receipts = [await esme.receipt() for _ in range(3)]
        gateway.gateway.stop()
        for receipt in receipts[:acknowledged]:
            await esme.acknowledge(receipt)
        await esme.wait_closed()
    assert [kept.message_id for kept in store.receipts.values()] == [
        receipt_id(receipt) for receipt in receipts[acknowledged:]
    ]


async def test_receipts_of_a_disabled_account_wait_until_it_is_enabled_again(
    autojump_clock: MockClock,
) -> None:
    accounts = FixedAccounts([account("acme")])
    async with open_gateway(accounts=accounts) as gateway:
        transmitter = await gateway.connect()
        await transmitter.bind_transmitter("acme", "secret")
        await submit(transmitter)
        accounts.accounts["acme"] = account("acme", enabled=False)
        (state,) = gateway.gateway.accounts
        for connection in tuple(state.sessions):
            connection.leave(CloseReason.ACCOUNT_GONE)
        await transmitter.wait_closed()
        refused = await (await gateway.connect()).bind_receiver("acme", "secret")
        assert refused.command_status == CommandStatus.ESME_RINVPASWD
        await trio.sleep(3600)
        accounts.accounts["acme"] = account("acme")
        assert receipt_id(await (await gateway.bound()).receipt()) == "m-1"


@pytest.mark.parametrize(
    ("hours", "comes"), [(23.99, True), (24.01, False)], ids=["before", "after"]
)
async def test_by_default_a_receipt_waits_for_a_day(
    hours: float, comes: bool, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        transmitter = await gateway.connect()
        await transmitter.bind_transmitter("acme", "secret")
        await submit(transmitter)
        await transmitter.unbind()
        await trio.sleep(hours * 3600)
        esme = await gateway.bound()
        with trio.move_on_after(10):
            assert receipt_id(await esme.receipt()) == "m-1"
            assert comes
        await trio.testing.wait_all_tasks_blocked()
        fate = ReceiptFate.ACKNOWLEDGED if comes else ReceiptFate.EXPIRED
        assert fates(gateway) == [fate]
