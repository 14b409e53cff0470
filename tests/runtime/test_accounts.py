"""The live view of accounts: what stays over reconnects, and what a change puts in force."""

from __future__ import annotations

import pytest

from otpblue_trio.policy import PatternError
from otpblue_trio.runtime.accounts import AccountRegistry
from otpblue_trio.runtime.receipts import PendingReceipt
from otpblue_trio.testing import EventRecorder, account, stored_receipt


def new_registry() -> AccountRegistry:
    """Return a registry whose receipts go nowhere."""
    return AccountRegistry(
        EventRecorder(),
        receipt_lifetime=60,
        max_waiting_receipts=10,
        on_receipt=lambda: None,
        on_receipt_done=lambda receipt_id: None,
    )


async def test_an_account_has_one_state_for_good() -> None:
    registry = new_registry()
    state = registry.enter(account("acme"), 0)
    assert registry.enter(account("acme"), 5) is state
    assert registry.enter(account("other"), 5) is not state
    assert [each.account.system_id for each in registry.states()] == ["acme", "other"]


async def test_the_bucket_outlives_a_reconnect() -> None:
    registry = new_registry()
    state = registry.enter(account(tps=2.0), 0)
    assert [state.bucket.take(0) for _ in range(3)] == [True, True, False]
    assert not registry.enter(account(tps=2.0), 0.1).bucket.take(0.1)


async def test_changed_settings_are_in_force_at_once_without_a_fresh_burst() -> None:
    registry = new_registry()
    state = registry.enter(account(tps=2.0), 0)
    assert [state.bucket.take(0) for _ in range(2)] == [True, True]
    state.apply(account(tps=10.0, code_patterns=(r"(\d{4})",)), 0)
    assert state.account.tps == 10.0
    assert state.rules.patterns is not None
    assert not state.bucket.take(0)
    assert state.bucket.take(0.1)


async def test_the_same_settings_change_nothing() -> None:
    state = new_registry().enter(account(), 0)
    rules = state.rules
    state.apply(account(), 1)
    assert state.rules is rules


async def test_settings_that_do_not_compile_leave_the_old_ones_in_force() -> None:
    state = new_registry().enter(account(tps=2.0), 0)
    with pytest.raises(PatternError):
        state.apply(account(tps=5.0, code_patterns=("(",)), 1)
    assert state.account.tps == state.bucket.rate == 2.0


def restored(system_id: str, message_id: str) -> PendingReceipt:
    """Return a receipt of an earlier run, which lives for a minute."""
    receipt = stored_receipt(
        system_id=system_id, message_id=message_id, submitted_at=1e9, done_at=1e9
    )
    return PendingReceipt(receipt, 60)


async def test_restored_receipts_wait_for_their_account() -> None:
    registry = new_registry()
    registry.restore([restored("acme", "a"), restored("other", "b"), restored("acme", "c")], 0)
    assert registry.waiting_receipts == 3
    assert len(registry.enter(account("acme"), 0).receipts) == 2
    assert len(registry.enter(account("third"), 0).receipts) == 0
    assert registry.waiting_receipts == 3


async def test_restored_receipts_of_an_account_that_is_there_need_not_wait() -> None:
    registry = new_registry()
    state = registry.enter(account("acme"), 0)
    registry.restore([restored("acme", "a")], 0)
    assert len(state.receipts) == registry.waiting_receipts == 1


@pytest.mark.parametrize(("at", "left"), [(59.9, 1), (60.0, 0)])
async def test_a_restored_receipt_whose_account_never_binds_is_given_up_at_its_end(
    at: float, left: int
) -> None:
    events = EventRecorder()
    done: list[int] = []
    registry = AccountRegistry(
        events,
        receipt_lifetime=60,
        max_waiting_receipts=10,
        on_receipt=lambda: None,
        on_receipt_done=done.append,
    )
    registry.restore([restored("acme", "a")], 0)
    registry.pump_receipts(at)
    assert registry.waiting_receipts == registry.open_receipts == left
    assert len(done) == len(events.events) == 1 - left
