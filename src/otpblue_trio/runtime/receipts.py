"""Delivery receipts of one account, from the outcome of a message to the ESME's acknowledgement.

A receipt is done when its deliver_sm_resp came. Until then it is either outstanding on a session
or waiting here: for a session that can receive, for room in a session's window, or for the end of
a pause after a temporary refusal or the loss of its session. It goes to the session that submitted
the message if that one can take it, else to any other session of the account that can; a session
that let receipts time out is asked last.

Receipts that wait go out in the order in which they came. One that comes again holds up no other:
those that a window had room for meanwhile are ahead of it.

Receipts that an earlier run of the gateway left in its store come in by `restore`; a receipt of
which the store has been told `done` does not come back.

Every fate is told to the observer, so receipts can be counted: posted + restored = acknowledged +
rejected + expired + overflow + still here.
"""

from __future__ import annotations

import itertools
from collections import deque
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Protocol

from otpblue_trio.policy.verdicts import receipt_is_retryable
from otpblue_trio.runtime.observer import Observer, ReceiptFate, ReceiptSettled
from otpblue_trio.smpp import ReceiptEncoder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from otpblue_trio.store.records import StoredReceipt

__all__ = ["PendingReceipt", "ReceiptQueue", "Receiver"]

# See `hot`.
_ACKNOWLEDGED = ReceiptFate.ACKNOWLEDGED
_RETRIED = ReceiptFate.RETRIED

_MAX_SENDS = 5
"""How often a receipt goes out before it is given up; a number taken from nowhere."""
_FIRST_PAUSE = 1.0
"""Seconds before a temporarily refused receipt goes out again; doubles each time."""
_LOSS_PAUSE = 1.0
"""Seconds before a receipt of a lost session goes to another. When a client dies all its sessions
do, one after the other: a receipt must not wander through them and use up its tries."""

_LOWEST_NUMBER = -(1 << 62)
"""Restored receipts are numbered from here on: all of them before all new ones."""


class PendingReceipt:
    """A receipt on its way, with how often it went out. Owned by its `ReceiptQueue`."""

    __slots__ = ("expires_at", "number", "receipt", "sends")

    def __init__(self, receipt: StoredReceipt, expires_at: float) -> None:
        self.receipt = receipt
        self.expires_at = expires_at
        self.number = 0
        """Its place in the order of the account's receipts; given by the queue."""
        self.sends = 0


class Receiver(Protocol):
    """A session that receipts can go to."""

    @property
    def can_take_receipt(self) -> bool:
        """True while it is bound to receive and its window has room."""

    def send_receipt(self, pending: PendingReceipt, now: float, /) -> None:
        """Append the receipt to the session's outgoing data; only while `can_take_receipt`."""


class ReceiptQueue:
    """The receipts of one account that are not done.

    Args:
      system_id: of the account, for events.
      observer: is told every fate.
      lifetime: seconds after which a receipt that nobody took is given up.
      max_waiting: how many may wait; beyond it the oldest is given up.
      on_post: called when a receipt comes and there is no other, so that somebody looks after them
        from then on, until none is `open`.
      on_done: called with the `receipt_id` of every receipt that will not go out again.
    """

    def __init__(
        self,
        system_id: str,
        observer: Observer,
        *,
        lifetime: float,
        max_waiting: int,
        on_post: Callable[[], None],
        on_done: Callable[[int], None],
    ) -> None:
        self._system_id = system_id
        self._observe = observer.observe
        self._lifetime = lifetime
        self._max_waiting = max_waiting
        self._on_post = on_post
        self._on_done = on_done
        self._open: set[PendingReceipt] = set()
        self._waiting: deque[PendingReceipt] = deque()
        # By the end of the pause, then by its beginning. Apart from those that wait for a session,
        # so that an ESME which refuses everything for now does not make every look at them long.
        self._paused: list[tuple[float, int, PendingReceipt]] = []
        self._pauses = itertools.count()
        self._numbers = itertools.count()
        self._restored_numbers = itertools.count(_LOWEST_NUMBER)
        self._receivers: list[Receiver] = []
        self._encode = ReceiptEncoder().encode

    def body_of(self, pending: PendingReceipt, *, with_tlvs: bool) -> bytes:
        """Return the body of a receipt's deliver_sm; its dates are in UTC.

        Args:
          pending: the receipt.
          with_tlvs: False for an ESME that bound with a version below 3.4.
        """
        receipt = pending.receipt
        return self._encode(
            receipt.source_addr_ton,
            receipt.source_addr_npi,
            receipt.source_addr,
            receipt.dest_addr_ton,
            receipt.dest_addr_npi,
            receipt.destination_addr,
            receipt.message_id,
            receipt.submitted_at,
            receipt.done_at,
            receipt.receipt_stat,
            receipt.receipt_error,
            receipt.message_state,
            with_tlvs,
        )

    def __len__(self) -> int:
        """How many receipts wait, for a session or for the end of a pause."""
        return len(self._waiting) + len(self._paused)

    @property
    def open(self) -> int:
        """How many receipts are not done: waiting here, or sent and not answered."""
        return len(self._open)

    def not_done(self) -> Iterable[PendingReceipt]:
        """Return the receipts that are not done, in any order; for a look, not for keeping."""
        return self._open

    def add_receiver(self, receiver: Receiver, now: float) -> None:
        """Let a session that has just bound take receipts; those waiting go out at once."""
        self._receivers.append(receiver)
        self.pump(now)

    def remove_receiver(
        self, receiver: Receiver, unanswered: Iterable[PendingReceipt], now: float
    ) -> None:
        """Let a session go; what it left unanswered goes to another one after a pause."""
        if receiver in self._receivers:
            self._receivers.remove(receiver)
        for pending in self._take_back(unanswered):
            self._pause(pending, now + _LOSS_PAUSE)

    def restore(self, receipts: Sequence[PendingReceipt], now: float) -> None:
        """Take receipts that an earlier run left behind, before all that wait here.

        Args:
          receipts: oldest first.
          now: the time.
        """
        if not receipts:
            return
        self._open.update(receipts)
        self._on_post()
        for pending in receipts:
            pending.number = next(self._restored_numbers)
        self._enqueue(receipts)
        self._shed(spared=0)
        self.pump(now)

    def post(self, receipt: StoredReceipt, origin: Receiver, now: float) -> None:
        """Send a new receipt, through `origin` if that can take it, or keep it."""
        pending = PendingReceipt(receipt, now + self._lifetime)
        pending.number = next(self._numbers)
        if not self._open:
            self._on_post()
        self._open.add(pending)
        if not self._waiting:
            if origin.can_take_receipt:
                pending.sends = 1
                origin.send_receipt(pending, now)
                return
            if self._send_through_any(pending, now):
                return
        self._waiting.append(pending)
        self._shed(spared=1)
        self.pump(now)

    def answered(self, pending: PendingReceipt, command_status: int, now: float) -> None:
        """Take the ESME's answer to a receipt."""
        if command_status == 0:
            self._settle(pending, _ACKNOWLEDGED)
        elif receipt_is_retryable(command_status) and pending.sends < _MAX_SENDS:
            self._pause(pending, now + _FIRST_PAUSE * 2 ** (pending.sends - 1))
            self._settle(pending, ReceiptFate.RETRIED, command_status)
        else:
            self._settle(pending, ReceiptFate.REJECTED, command_status)
        if self._waiting:
            self.pump(now)

    def put_back(
        self, receiver: Receiver, unanswered: Iterable[PendingReceipt], now: float
    ) -> None:
        """Take receipts back that a session has not answered in time; they go out again."""
        if receiver in self._receivers:
            # Else it would get them again, and again, while others might answer.
            self._receivers.remove(receiver)
            self._receivers.append(receiver)
        self._enqueue(self._take_back(unanswered))
        self.pump(now)

    def pump(self, now: float) -> None:
        """Send what can go out now and give up what is too old; cheap when nothing waits."""
        due: list[PendingReceipt] = []
        while self._paused and self._paused[0][0] <= now:
            due.append(heappop(self._paused)[2])
        self._enqueue(due)
        while self._waiting:
            pending = self._waiting[0]
            if pending.expires_at <= now:
                self._waiting.popleft()
                self._settle(pending, ReceiptFate.EXPIRED)
            elif self._send_through_any(pending, now):
                self._waiting.popleft()
            else:
                break

    def _enqueue(self, pendings: Iterable[PendingReceipt]) -> None:
        """Let receipts wait in their places among those that do; most are older than all these."""
        coming = sorted(pendings, key=_number)
        if not coming:
            return
        ahead: list[PendingReceipt] = []
        while self._waiting and self._waiting[0].number < coming[-1].number:
            ahead.append(self._waiting.popleft())
        self._waiting.extendleft(sorted(ahead + coming, key=_number, reverse=True))

    def _shed(self, spared: int) -> None:
        """Give up the oldest beyond the bound, but while others are there not the newest."""
        while len(self) > self._max_waiting:
            from_pause = self._paused and len(self._waiting) <= spared
            oldest = heappop(self._paused)[2] if from_pause else self._waiting.popleft()
            self._settle(oldest, ReceiptFate.OVERFLOW)

    def _take_back(self, unanswered: Iterable[PendingReceipt]) -> list[PendingReceipt]:
        """Return those that may go out once more; the others are given up."""
        kept: list[PendingReceipt] = []
        for pending in unanswered:
            if pending.sends < _MAX_SENDS:
                self._settle(pending, ReceiptFate.RETRIED)
                kept.append(pending)
            else:
                self._settle(pending, ReceiptFate.EXPIRED)
        return kept

    def _pause(self, pending: PendingReceipt, until: float) -> None:
        heappush(self._paused, (until, next(self._pauses), pending))

    def _send_through_any(self, pending: PendingReceipt, now: float) -> bool:
        for receiver in self._receivers:
            if receiver.can_take_receipt:
                pending.sends += 1
                receiver.send_receipt(pending, now)
                return True
        return False

    def _settle(self, pending: PendingReceipt, fate: ReceiptFate, command_status: int = 0) -> None:
        if fate is not _RETRIED:
            self._open.discard(pending)
            self._on_done(pending.receipt.receipt_id)
        self._observe(
            ReceiptSettled(self._system_id, pending.receipt.message_id, fate, command_status)
        )


def _number(pending: PendingReceipt) -> int:
    return pending.number
