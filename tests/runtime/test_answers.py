"""Answers and the store: nothing is promised that is not kept, and nothing kept is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import pytest
import trio
import trio.testing

from otpblue_trio.policy import Delivered, Failed, FailureKind, FailureMode, Outcome, Refused
from otpblue_trio.runtime.observer import (
    Accident,
    AccidentPlace,
    GatewayStopped,
    MessageAnswered,
    ReceiptSettled,
)
from otpblue_trio.smpp import (
    BindTransceiver,
    CommandStatus,
    DeliverSm,
    Framer,
    Pdu,
    SubmitSmResp,
    decode,
    encode,
    parse_receipt,
)
from otpblue_trio.store import CdrEntry
from otpblue_trio.testing import (
    Esme,
    EsmeClosed,
    FakePlatform,
    FakeStore,
    account,
    open_gateway,
    submit_pdu,
    with_limits,
)
from otpblue_trio.testing.gateway import EPOCH

if TYPE_CHECKING:
    from collections.abc import Callable

    from trio.testing import MockClock

    from otpblue_trio.policy import Account
    from otpblue_trio.store import StoredReceipt
    from otpblue_trio.testing import GatewayUnderTest

NUMBER = "14155552671"
TEXT = "Your code is 482910"
NO_CODE = "Hello"

ROK = CommandStatus.ESME_ROK
RSYSERR = CommandStatus.ESME_RSYSERR
RSUBMITFAIL = CommandStatus.ESME_RSUBMITFAIL
RTHROTTLED = CommandStatus.ESME_RTHROTTLED
RINVMSGLEN = CommandStatus.ESME_RINVMSGLEN

SENT_AND_UNKNOWN = Failed(FailureKind.TIMEOUT, may_have_been_sent=True, detail="why")
RECEIPT_ONLY = account(failure_mode=FailureMode.RECEIPT_ONLY)


class Later:
    """A message whose response is awaited in the background."""

    def __init__(self) -> None:
        self.response: Pdu | None = None


def submit_later(nursery: trio.Nursery, esme: Esme, text: str = TEXT) -> Later:
    later = Later()

    async def submit() -> None:
        later.response = await esme.submit_sm(NUMBER, text)

    nursery.start_soon(submit)
    return later


def message_id(response: Pdu | None) -> str:
    assert isinstance(response, SubmitSmResp)
    return response.message_id or ""


def receipt_id(receipt: DeliverSm) -> str:
    return parse_receipt(receipt.short_message)["id"]


async def no_receipt(esme: Esme) -> None:
    """Make sure that none comes within a minute."""
    with trio.move_on_after(60) as scope:
        await esme.receipt()
    assert scope.cancelled_caught


def reasons(gateway: GatewayUnderTest) -> list[str]:
    return [event.reason for event in gateway.seen(MessageAnswered)]


# ---------------------------------------------------------------------- before the response


async def test_nothing_is_answered_before_it_is_committed(autojump_clock: MockClock) -> None:
    store = FakeStore(holds=True)
    async with open_gateway(store=store) as gateway, trio.open_nursery() as nursery:
        esme = await gateway.bound()
        later = submit_later(nursery, esme)
        await store.wait_for_waiting(1)
        await no_receipt(esme)
        assert later.response is None
        assert gateway.seen(MessageAnswered) == []
        store.release()
        await trio.sleep(1)
        assert message_id(later.response) == "m-1"
        assert receipt_id(await esme.receipt()) == "m-1"


async def test_a_receipt_follows_its_committed_response_in_the_same_write(
    autojump_clock: MockClock,
) -> None:
    store = FakeStore(holds=True)
    async with open_gateway(store=store, stalling=True) as gateway:
        stream = gateway.connect_stream()
        await stream.send_all(encode(BindTransceiver(system_id="acme", password="secret")))
        await stream.receive_some()
        for code in range(3):
            await stream.send_all(encode(submit_pdu(NUMBER, f"Your code is {code:06}")))
        await store.wait_for_waiting(3)
        store.release()
        framer = Framer(65536)
        framer.feed(bytes(await stream.receive_some(65536)))
        pdus = [decode(frame) for frame in iter(framer.next_frame, None)]
        assert [type(pdu) for pdu in pdus] == [SubmitSmResp, DeliverSm] * 3
        await stream.aclose()


async def test_a_refusal_promises_nothing_and_waits_for_no_commit(
    autojump_clock: MockClock,
) -> None:
    store = FakeStore(holds=True)
    async with open_gateway(store=store) as gateway:
        esme = await gateway.bound()
        assert (await esme.submit_sm(NUMBER, NO_CODE)).command_status == RINVMSGLEN
        assert store.waiting == 1
    assert [cdr.reason for cdr in store.cdrs] == ["no_code"]


async def test_messages_that_wait_for_their_commit_count_against_the_caps(
    autojump_clock: MockClock,
) -> None:
    store = FakeStore(holds=True)
    limits = with_limits(max_in_flight_per_account=2)
    async with open_gateway(store=store, limits=limits) as gateway, trio.open_nursery() as nursery:
        esme = await gateway.bound()
        for code in range(2):
            submit_later(nursery, esme, f"Your code is {code:06}")
        await store.wait_for_waiting(2)
        assert gateway.gateway.in_flight == 2
        assert (await esme.submit_sm(NUMBER, TEXT)).command_status == RTHROTTLED
        store.release()
        assert gateway.gateway.in_flight == 0


async def test_a_stop_waits_for_commits(autojump_clock: MockClock) -> None:
    store = FakeStore(holds=True)
    async with trio.open_nursery() as nursery, open_gateway(store=store) as gateway:
        esme = await gateway.bound()
        later = submit_later(nursery, esme)
        await store.wait_for_waiting(1)
        gateway.gateway.stop()
        await trio.sleep(1)
        assert later.response is None
        store.release()
        await esme.wait_closed()
        assert message_id(later.response) == "m-1"
        assert esme.unbind_received


async def test_a_hard_stop_still_records_what_the_platform_says_last(
    autojump_clock: MockClock,
) -> None:
    store = FakeStore()
    platform = FakePlatform(holds=True)
    async with open_gateway(store=store, platform=platform) as gateway:
        esme = await gateway.bound()
        await esme.send(attrs.evolve(submit_pdu(NUMBER, TEXT), sequence_number=9))
        await platform.wait_for_requests(1)
        gateway.gateway.stop_now()
    [cdr] = store.cdrs
    assert (cdr.reason, cdr.outcome_known) == ("platform_unavailable", False)
    assert isinstance(gateway.events[-1], GatewayStopped)


async def test_a_cancelled_gateway_still_records_what_the_platform_says_last(
    autojump_clock: MockClock,
) -> None:
    store = FakeStore(holds=True)
    platform = FakePlatform(holds=True)
    with trio.CancelScope() as scope:
        async with open_gateway(store=store, platform=platform) as gateway:
            esme = await gateway.bound()
            await esme.send(attrs.evolve(submit_pdu(NUMBER, TEXT), sequence_number=9))
            await platform.wait_for_requests(1)
            scope.cancel()
            await trio.sleep_forever()
    assert [cdr.reason for cdr in store.cdrs] == ["platform_unavailable"]
    assert gateway.gateway.in_flight == 0


async def test_a_store_that_cannot_be_used_ends_the_gateway(autojump_clock: MockClock) -> None:
    class Unusable(FakeStore):
        async def run(
            self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
        ) -> None:
            raise OSError("in use")

    with pytest.RaisesGroup(OSError, flatten_subgroups=True):
        async with open_gateway(store=Unusable()):
            pass


async def test_an_accident_with_one_answer_does_not_keep_the_others_waiting(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FakeStore(holds=True)
    async with trio.open_nursery() as nursery, open_gateway(store=store) as gateway:
        first, second = await gateway.bound(), await gateway.bound()
        lost = submit_later(nursery, first, "Your code is 111111")
        await store.wait_for_waiting(1)
        later = submit_later(nursery, second)
        await store.wait_for_waiting(2)
        (state,) = gateway.gateway.accounts

        def break_once(*_: object) -> None:
            monkeypatch.undo()
            raise ZeroDivisionError

        monkeypatch.setattr(type(state.receipts), "post", break_once)
        store.release()
        await trio.sleep(1)
        assert message_id(later.response) == "m-2"
        assert gateway.gateway.in_flight == state.in_flight == 0
        [accident] = gateway.seen(Accident)
        assert accident.place is AccidentPlace.MESSAGE
        assert isinstance(accident.error, ZeroDivisionError)
        assert lost.response is not None


# ---------------------------------------------------------------------- what is recorded


async def test_a_record_tells_what_became_of_a_message(autojump_clock: MockClock) -> None:
    store = FakeStore()
    async with open_gateway(store=store, platform=FakePlatform(latency=2)) as gateway:
        esme = await gateway.bound()
        await esme.submit_sm(NUMBER, TEXT, source="MyBank")
    began = store.cdrs[0].time - 2
    assert abs(began - EPOCH.timestamp()) < 1
    assert store.cdrs == [
        CdrEntry(
            time=began + 2,
            system_id="acme",
            connection_id=1,
            sequence_number=2,
            destination=f"+{NUMBER}",
            region="US",
            sender="MyBank",
            reason="delivered",
            command_status=0,
            platform_code=0,
            message_id="m-1",
            latency=2.0,
            joined=False,
        )
    ]


async def test_a_refused_message_is_recorded_as_it_was_submitted(
    autojump_clock: MockClock,
) -> None:
    store = FakeStore()
    async with open_gateway(store=store) as gateway:
        esme = await gateway.bound()
        await esme.submit_sm("12", TEXT, source="MyBank")
    [cdr] = store.cdrs
    assert (cdr.destination, cdr.sender, cdr.region) == ("12", "MyBank", "")
    assert (cdr.reason, cdr.command_status) == ("destination_invalid", 0x0B)


@pytest.mark.parametrize(
    ("outcome", "platform_code", "is_known"),
    [
        (Delivered("abc"), 0, True),
        (Refused(150), 150, True),
        (Failed(FailureKind.STATUS, http_status=503, may_have_been_sent=True), 503, False),
        (Failed(FailureKind.CONNECT), 0, True),
        (SENT_AND_UNKNOWN, 0, False),
    ],
)
async def test_a_record_tells_whether_the_outcome_is_known(
    outcome: Outcome, platform_code: int, is_known: bool, autojump_clock: MockClock
) -> None:
    store = FakeStore()
    async with open_gateway(store=store, platform=FakePlatform(answer=outcome)) as gateway:
        await (await gateway.bound()).submit_sm(NUMBER, TEXT)
    [cdr] = store.cdrs
    assert (cdr.platform_code, cdr.outcome_known) == (platform_code, is_known)


async def test_a_repetition_has_a_record_and_a_receipt_of_its_own(
    autojump_clock: MockClock,
) -> None:
    store = FakeStore()
    async with open_gateway(store=store) as gateway:
        esme = await gateway.bound(acknowledge=False)
        for _ in range(2):
            await esme.submit_sm(NUMBER, TEXT)
        assert len(store.receipts) == 2
    assert [(cdr.message_id, cdr.joined) for cdr in store.cdrs] == [("m-1", False), ("m-1", True)]


# ---------------------------------------------------------------------- what cannot be recorded


async def test_by_default_what_is_not_kept_is_answered_all_the_same(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(store=FakeStore(keeps=False)) as gateway:
        esme = await gateway.bound()
        response = await esme.submit_sm(NUMBER, TEXT)
        assert message_id(response) == "m-1"
        assert receipt_id(await esme.receipt()) == "m-1"


async def test_by_default_messages_are_sent_while_the_store_is_down(
    autojump_clock: MockClock,
) -> None:
    store = FakeStore()
    store.is_writable = False
    async with open_gateway(store=store) as gateway:
        esme = await gateway.bound()
        assert (await esme.submit_sm(NUMBER, TEXT)).command_status == ROK
        assert receipt_id(await esme.receipt()) == "m-1"


async def test_while_the_store_is_down_messages_can_be_refused_before_they_are_sent(
    autojump_clock: MockClock,
) -> None:
    store = FakeStore()
    platform = FakePlatform()
    async with open_gateway(store=store, platform=platform, refuse_unrecorded=True) as gateway:
        esme = await gateway.bound()
        store.is_writable = False
        assert (await esme.submit_sm(NUMBER, TEXT)).command_status == RSYSERR
        assert platform.requests == []
        store.is_writable = True
        assert (await esme.submit_sm(NUMBER, TEXT)).command_status == ROK
        assert reasons(gateway) == ["store_down", "delivered"]


async def test_a_delivery_that_is_not_kept_can_be_refused_and_its_repetition_sends_nothing(
    autojump_clock: MockClock,
) -> None:
    store = FakeStore(keeps=False)
    platform = FakePlatform()
    async with open_gateway(store=store, platform=platform, refuse_unrecorded=True) as gateway:
        esme = await gateway.bound()
        refused = await esme.submit_sm(NUMBER, TEXT)
        assert (refused.command_status, message_id(refused)) == (RSYSERR, "")
        store.keeps = True
        repeated = await esme.submit_sm(NUMBER, TEXT)
        assert message_id(repeated) == "m-1"
        assert receipt_id(await esme.receipt()) == "m-1"
        await no_receipt(esme)
        assert len(platform.requests) == 1
        [told, _] = gateway.seen(MessageAnswered)
        assert (told.reason, told.message_id, told.wants_receipt) == ("store_down", "", False)
        assert told.detail == "not recorded: delivered"


class LateStore(FakeStore):
    """Commits what it has declined: a disk that stopped answering and came back."""

    def record(
        self, cdr: CdrEntry, receipt: StoredReceipt | None, committed: Callable[[bool], None], /
    ) -> None:
        super().record(cdr, receipt, lambda kept: committed(False))


@pytest.mark.parametrize(("refuses", "kept"), [(False, [1]), (True, [])])
async def test_a_receipt_that_was_refused_is_not_kept_and_one_that_was_promised_is(
    refuses: bool, kept: list[int], autojump_clock: MockClock
) -> None:
    store = LateStore()
    async with open_gateway(store=store, refuse_unrecorded=refuses) as gateway:
        transmitter = await gateway.connect()
        await transmitter.bind_transmitter("acme", "secret")
        response = await transmitter.submit_sm(NUMBER, TEXT)
        assert response.command_status == (RSYSERR if refuses else ROK)
        assert list(store.receipts) == kept


@pytest.mark.parametrize(
    ("known", "command_status", "reason"),
    [(account(), RSUBMITFAIL, "no_imessage"), (RECEIPT_ONLY, RSYSERR, "store_down")],
)
async def test_a_failure_is_told_though_it_is_not_kept_unless_a_receipt_had_to_tell_it(
    known: Account, command_status: int, reason: str, autojump_clock: MockClock
) -> None:
    async with open_gateway(
        store=FakeStore(keeps=False),
        platform=FakePlatform(code=150),
        accounts=[known],
        refuse_unrecorded=True,
    ) as gateway:
        esme = await gateway.bound()
        response = await esme.submit_sm(NUMBER, TEXT)
        assert response.command_status == command_status
        assert reasons(gateway) == [reason]
        await no_receipt(esme)


# ---------------------------------------------------------------------- after a restart


async def test_an_acknowledged_receipt_is_done(autojump_clock: MockClock) -> None:
    store = FakeStore()
    async with open_gateway(store=store) as gateway:
        esme = await gateway.bound()
        await esme.submit_sm(NUMBER, TEXT)
        await gateway.wait_for(ReceiptSettled)
        assert store.receipts == {}


async def test_receipts_that_nobody_took_come_after_a_restart(autojump_clock: MockClock) -> None:
    store = FakeStore()
    async with open_gateway(store=store) as gateway:
        transmitter = await gateway.connect()
        await transmitter.bind_transmitter("acme", "secret")
        ids = [
            message_id(await transmitter.submit_sm(NUMBER, f"Your code is {code:06}"))
            for code in range(3)
        ]
    again = FakeStore(receipts=store.receipts.values())
    async with open_gateway(store=again) as gateway:
        assert gateway.gateway.waiting_receipts == 3
        esme = await gateway.bound()
        assert [receipt_id(await esme.receipt()) for _ in range(3)] == ids
        await gateway.wait_for(ReceiptSettled, 3)
        assert again.receipts == {}
        assert gateway.gateway.waiting_receipts == 0


async def test_a_receipt_that_was_not_acknowledged_comes_again_after_a_restart(
    autojump_clock: MockClock,
) -> None:
    store = FakeStore()
    platform = FakePlatform(code=150)
    async with open_gateway(store=store, platform=platform, accounts=[RECEIPT_ONLY]) as gateway:
        esme = await gateway.bound(acknowledge=False)
        await esme.submit_sm(NUMBER, TEXT, source="MyBank")
        first = await esme.receipt()
        await esme.aclose()
    async with open_gateway(store=FakeStore(receipts=store.receipts.values())) as gateway:
        esme = await gateway.bound()
        second = await esme.receipt()
        assert attrs.evolve(second, sequence_number=0) == attrs.evolve(first, sequence_number=0)
        assert parse_receipt(second.short_message)["stat"] == "UNDELIV"


async def test_receipts_of_a_restart_go_to_their_own_account_only(
    autojump_clock: MockClock,
) -> None:
    store = FakeStore()
    async with open_gateway(store=store) as gateway:
        transmitter = await gateway.connect()
        await transmitter.bind_transmitter("acme", "secret")
        await transmitter.submit_sm(NUMBER, TEXT)
    accounts = [account("acme"), account("other")]
    again = FakeStore(receipts=store.receipts.values())
    async with open_gateway(store=again, accounts=accounts) as gateway:
        await no_receipt(await gateway.bound("other"))
        assert receipt_id(await (await gateway.bound("acme")).receipt()) == "m-1"


async def test_receipts_that_come_to_light_late_go_to_sessions_that_are_bound(
    autojump_clock: MockClock,
) -> None:
    store = FakeStore()
    async with open_gateway(store=store) as gateway:
        transmitter = await gateway.connect()
        await transmitter.bind_transmitter("acme", "secret")
        await transmitter.submit_sm(NUMBER, TEXT)
    late = FakeStore()
    async with open_gateway(store=late) as gateway:
        esme = await gateway.bound()
        late.inherit(store.receipts.values())
        gateway.gateway.restore_receipts()
        assert receipt_id(await esme.receipt()) == "m-1"


async def test_receipts_of_the_time_of_trouble_are_kept_when_the_store_has_recovered(
    autojump_clock: MockClock,
) -> None:
    store = FakeStore()
    async with open_gateway(store=store) as gateway:
        transmitter = await gateway.connect()
        await transmitter.bind_transmitter("acme", "secret")
        await transmitter.submit_sm(NUMBER, TEXT)
        esme = await gateway.bound(acknowledge=False)
        outstanding = await esme.receipt()
        await esme.unbind()
        # The database is lost; nothing is kept for a while, and one receipt has not even an id.
        store.receipts.clear()
        store.is_writable, store.gives_ids = False, False
        await transmitter.submit_sm(NUMBER, "Your code is 482911")
        store.gives_ids = True
        await transmitter.submit_sm(NUMBER, "Your code is 482912")
        assert store.receipts == {}
        store.is_writable = True
        gateway.gateway.restore_receipts()
        await trio.testing.wait_all_tasks_blocked()
        kept = {receipt.message_id for receipt in store.receipts.values()}
        assert kept == {receipt_id(outstanding), "m-2", "m-3"}
    again = FakeStore(receipts=store.receipts.values())
    async with open_gateway(store=again) as gateway:
        esme = await gateway.bound()
        assert {receipt_id(await esme.receipt()) for _ in range(3)} == kept
        await gateway.wait_for(ReceiptSettled, 3)
        assert again.receipts == {}


async def test_receipts_that_are_done_are_not_kept_again(autojump_clock: MockClock) -> None:
    store = FakeStore()
    async with open_gateway(store=store) as gateway:
        esme = await gateway.bound()
        await esme.submit_sm(NUMBER, TEXT)
        await esme.receipt()
        await gateway.wait_for(ReceiptSettled)
        gateway.gateway.restore_receipts()
        await trio.testing.wait_all_tasks_blocked()
        assert store.receipts == {}


async def test_inherited_receipts_of_accounts_that_are_not_bound_are_kept_again(
    autojump_clock: MockClock,
) -> None:
    store = FakeStore()
    async with open_gateway(store=store) as gateway:
        transmitter = await gateway.connect()
        await transmitter.bind_transmitter("acme", "secret")
        await transmitter.submit_sm(NUMBER, TEXT)
    again = FakeStore(receipts=store.receipts.values())
    async with open_gateway(store=again) as gateway:
        again.receipts.clear()
        gateway.gateway.restore_receipts()
        await trio.testing.wait_all_tasks_blocked()
        assert [receipt.message_id for receipt in again.receipts.values()] == ["m-1"]


@pytest.mark.parametrize(("pause", "comes"), [(3000.0, True), (3700.0, False)])
async def test_a_restart_does_not_lengthen_the_life_of_a_receipt(
    pause: float, comes: bool, autojump_clock: MockClock
) -> None:
    store = FakeStore(receipt_ttl=3600)
    async with open_gateway(store=store) as gateway:
        transmitter = await gateway.connect()
        await transmitter.bind_transmitter("acme", "secret")
        await transmitter.submit_sm(NUMBER, TEXT)
    again = FakeStore(receipts=store.receipts.values())
    async with open_gateway(store=again) as gateway:  # its wall clock begins anew
        await trio.sleep(pause)
        esme = await gateway.bound()
        if comes:
            assert receipt_id(await esme.receipt()) == "m-1"
        else:
            await no_receipt(esme)
            assert again.receipts == {}


@pytest.mark.parametrize(("pause", "comes"), [(3000.0, True), (3700.0, False)])
async def test_a_clock_that_was_set_back_does_not_lengthen_the_life_of_a_receipt(
    pause: float, comes: bool, autojump_clock: MockClock
) -> None:
    store = FakeStore(receipt_ttl=3600.0 + 10 * 86_400.0)
    async with open_gateway(store=store) as gateway:
        transmitter = await gateway.connect()
        await transmitter.bind_transmitter("acme", "secret")
        await transmitter.submit_sm(NUMBER, TEXT)
    again = FakeStore(receipts=store.receipts.values())
    async with open_gateway(store=again, receipt_lifetime=3600) as gateway:
        await trio.sleep(pause)
        esme = await gateway.bound()
        if comes:
            assert receipt_id(await esme.receipt()) == "m-1"
        else:
            await no_receipt(esme)


async def test_a_session_lost_before_the_commit_loses_no_receipt(
    autojump_clock: MockClock,
) -> None:
    store = FakeStore(holds=True)
    async with open_gateway(store=store) as gateway, trio.open_nursery() as nursery:
        lost = await gateway.bound()

        async def submit_in_vain() -> None:
            with pytest.raises(EsmeClosed):
                await lost.submit_sm(NUMBER, TEXT)

        nursery.start_soon(submit_in_vain)
        await store.wait_for_waiting(1)
        await lost.aclose()
        await trio.sleep(5)
        store.release()
        esme = await gateway.bound()
        assert receipt_id(await esme.receipt()) == "m-1"
