"""A process that records as fast as it can, says what is committed, and waits to be killed.

Started by test_kill.py with the path of a database, the number of the generation, and `journal` or
`commit`: what makes a record safe. It writes one line for each thing that it promises:
`pending ID`, `committed ID`, `done ID`.
"""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path

import trio

from otpblue_trio.store import CdrEntry, NumberPrivacy, Store, StoredReceipt
from otpblue_trio.testing import cdr_entry, stored_receipt

_OUTSTANDING = 32
AT = 1795452001.0


def _say(word: str, message_id: str) -> None:
    # Straight to the pipe: what stays in a buffer was never said.
    os.write(1, f"{word} {message_id}\n".encode())


def _fail(reason: str) -> None:
    _say("trouble", reason)


class _Sender:
    """Keeps some messages outstanding, for ever."""

    def __init__(self, store: Store, generation: str) -> None:
        self._store = store
        self._generation = generation
        self._random = random.Random(generation)
        self._count = 0
        self._settled = trio.Semaphore(_OUTSTANDING)

    async def run(self) -> None:
        while True:
            await self._settled.acquire()
            self._send()

    def _send(self) -> None:
        self._count += 1
        message_id = f"{self._generation}-{self._count}"
        receipt_id = self._store.next_receipt_id()

        def committed(kept: bool) -> None:
            if not kept:
                _fail("refused")
                return
            _say("committed", message_id)
            if self._random.random() < 0.5:
                _say("done", message_id)
                self._store.receipt_done(receipt_id)
            self._settled.release()

        self._store.record(_cdr(message_id), _receipt(receipt_id, message_id), committed)


def _cdr(message_id: str) -> CdrEntry:
    return cdr_entry(time=AT, message_id=message_id)


def _receipt(receipt_id: int, message_id: str) -> StoredReceipt:
    return stored_receipt(receipt_id=receipt_id, message_id=message_id, submitted_at=AT, done_at=AT)


async def _main(path: Path, generation: str, safety: str) -> None:
    store = Store(
        path,
        receipt_ttl=1e6,
        cdr_retention=1e6,
        number_privacy=NumberPrivacy.MASK,
        on_trouble=_fail,
        on_recovered=lambda: None,
        wall_clock=lambda: AT,
        survives_power_loss=safety == "commit",
    )
    async with trio.open_nursery() as nursery:
        await nursery.start(store.run)
        for receipt in await store.pending_receipts():
            _say("pending", receipt.message_id)
        _say("ready", generation)
        await _Sender(store, generation).run()


if __name__ == "__main__":
    trio.run(_main, Path(sys.argv[1]), sys.argv[2], sys.argv[3])
