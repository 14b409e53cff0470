"""`FakeStore` keeps the promises of a store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import pytest
import trio

from otpblue_trio.testing import FakeStore, cdr_entry, stored_receipt

if TYPE_CHECKING:
    from trio.testing import MockClock

    from otpblue_trio.runtime import MessageStore
    from otpblue_trio.store import StoredReceipt

CDR = cdr_entry(system_id="acme", message_id="m-1")


def receipt(receipt_id: int) -> StoredReceipt:
    return stored_receipt(
        receipt_id=receipt_id, system_id="acme", message_id="m-1", submitted_at=1e9, done_at=1e9
    )


@pytest.mark.parametrize("keeps", [True, False])
def test_a_record_is_kept_or_declined_at_once(keeps: bool) -> None:
    store: MessageStore = FakeStore(keeps=keeps)
    told: list[bool] = []
    store.record(CDR, receipt(store.next_receipt_id()), told.append)
    assert told == [keeps]
    assert isinstance(store, FakeStore)
    assert (len(store.cdrs), len(store.receipts)) == (keeps, keeps)


def test_what_is_held_waits_for_its_release() -> None:
    store = FakeStore(holds=True)
    told: list[bool] = []
    store.record(CDR, None, told.append)
    assert (told, store.cdrs, store.waiting) == ([], [], 1)
    store.release()
    assert (told, store.cdrs, store.waiting) == ([True], [CDR], 0)


def test_while_it_is_not_writable_nothing_is_kept() -> None:
    store = FakeStore(holds=True)
    store.is_writable = False
    told: list[bool] = []
    store.record(CDR, None, told.append)
    assert (told, store.cdrs) == ([False], [])


def test_a_done_receipt_is_forgotten() -> None:
    store = FakeStore(receipt_ttl=60)
    store.record(CDR, receipt(1), lambda kept: None)
    assert store.receipts == {1: attrs.evolve(receipt(1), expires_at=1e9 + 60)}
    store.receipt_done(1)
    store.receipt_done(0)
    assert store.receipts == {}


async def test_receipts_of_an_earlier_run_are_told_once_and_their_ids_are_not_used_again() -> None:
    store = FakeStore(receipts=[receipt(3), receipt(7)])
    assert await store.pending_receipts() == [receipt(3), receipt(7)]
    assert await store.pending_receipts() == []
    assert store.next_receipt_id() == 8


async def test_the_end_of_its_run_commits_what_is_held(autojump_clock: MockClock) -> None:
    store = FakeStore(holds=True)
    told: list[bool] = []
    async with trio.open_nursery() as nursery:
        await nursery.start(store.run)
        store.record(CDR, None, told.append)
        nursery.cancel_scope.cancel()
    assert told == [True]
    assert not store.is_writable


def test_receipts_are_kept_again_unless_they_have_no_id() -> None:
    store: MessageStore = FakeStore()
    store.keep([receipt(0), receipt(7)])
    assert isinstance(store, FakeStore)
    assert list(store.receipts) == [7]
