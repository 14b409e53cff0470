"""Random lives of a store against a model of what it owes."""

from __future__ import annotations

import tempfile
from pathlib import Path

import attrs
import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from otpblue_trio.store import NumberPrivacy, Store, StoredReceipt, read_cdrs
from otpblue_trio.testing import cdr_entry

AT = 1795452001.0
TTL = 3600.0

CDR = cdr_entry(time=AT, message_id="0b7f6a8e")

texts = st.text(st.characters(min_codepoint=1, max_codepoint=0xFF), max_size=20)
octet_values = st.integers(0, 255)
receipts = st.builds(
    StoredReceipt,
    receipt_id=st.just(0),
    system_id=texts,
    message_id=texts,
    source_addr_ton=octet_values,
    source_addr_npi=octet_values,
    source_addr=texts,
    dest_addr_ton=octet_values,
    dest_addr_npi=octet_values,
    destination_addr=texts,
    reason=texts,
    receipt_error=texts.map(lambda text: text[:3]),
    receipt_stat=texts.map(lambda text: text[:7]),
    message_state=octet_values,
    submitted_at=st.floats(0.0, AT),
    done_at=st.floats(AT - TTL + 1.0, AT),
    expires_at=st.just(0.0),
)


@attrs.frozen
class Record:
    """A message, perhaps with a receipt."""

    receipt: StoredReceipt | None


@attrs.frozen
class Done:
    """The receipt that is this far from the oldest one is done."""

    place: int


@attrs.frozen
class Breathe:
    """Everything recorded is waited for."""


scripts = st.lists(
    st.lists(
        st.builds(Record, receipts | st.none())
        | st.builds(Done, st.integers(0, 20))
        | st.just(Breathe()),
        max_size=30,
    ),
    min_size=1,
    max_size=4,
)


def _store(path: Path, troubles: list[str], survives_power_loss: bool) -> Store:
    return Store(
        path,
        receipt_ttl=TTL,
        cdr_retention=TTL,
        number_privacy=NumberPrivacy.FULL,
        on_trouble=troubles.append,
        on_recovered=lambda: None,
        wall_clock=lambda: AT,
        survives_power_loss=survives_power_loss,
    )


class _Life:
    """One run of a store, from its opening to its end."""

    def __init__(self, store: Store, owed: dict[int, StoredReceipt]) -> None:
        self._store = store
        self._owed = owed
        self._waited_for = 0
        self._told = trio.Event()
        self.records = 0

    async def play(self, script: list[Record | Done | Breathe]) -> None:
        for step in script:
            match step:
                case Record(receipt):
                    self._record(receipt)
                case Done(place):
                    ids = sorted(self._owed)
                    if place < len(ids):
                        del self._owed[ids[place]]
                        self._store.receipt_done(ids[place])
                case Breathe():
                    while self._waited_for:
                        await self._told.wait()

    def _record(self, receipt: StoredReceipt | None) -> None:
        if receipt is not None:
            receipt_id = self._store.next_receipt_id()
            assert receipt_id not in self._owed
            receipt = attrs.evolve(receipt, receipt_id=receipt_id)
            self._owed[receipt_id] = attrs.evolve(receipt, expires_at=receipt.done_at + TTL)
        self._waited_for += 1
        self.records += 1
        self._store.record(CDR, receipt, self._committed)

    def _committed(self, kept: bool) -> None:
        assert kept
        self._waited_for -= 1
        self._told.set()
        self._told = trio.Event()


async def _live(
    path: Path, lives: list[list[Record | Done | Breathe]], survives_power_loss: bool
) -> None:
    owed: dict[int, StoredReceipt] = {}
    troubles: list[str] = []
    records = 0
    for script in [*lives, []]:
        store = _store(path, troubles, survives_power_loss)
        async with trio.open_nursery() as nursery:
            await nursery.start(store.run)
            assert await store.pending_receipts() == [owed[key] for key in sorted(owed)]
            assert len(read_cdrs(path, since=0.0, until=AT + 1, limit=10_000)) == records
            life = _Life(store, owed)
            await life.play(script)
            nursery.cancel_scope.cancel()
        records += life.records
    assert troubles == []


@pytest.mark.parametrize("survives_power_loss", [False, True])
@settings(max_examples=50)
@given(lives=scripts)
def test_a_restart_finds_exactly_what_is_owed(
    lives: list[list[Record | Done | Breathe]], survives_power_loss: bool
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        trio.run(_live, Path(directory) / "otpblue.db", lives, survives_power_loss)
