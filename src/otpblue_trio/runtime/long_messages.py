"""The parts of long messages at run time: held until they are whole, answered together.

`policy.concatenation` knows which parts belong together and until when; here their senders wait.
Every part counts as a message in flight from its arrival to its answer. The parts of a message
share one exchange with the platform, so each gets the same answer, and its own receipt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from otpblue_trio.policy.admission import Declined
from otpblue_trio.policy.concatenation import Held, Known, LongMessage, NoRoom, PartStore, Whole
from otpblue_trio.policy.types import Delivered
from otpblue_trio.policy.verdicts import Reason
from otpblue_trio.runtime.exchanges import Exchange, Waiter

if TYPE_CHECKING:
    from collections.abc import Callable

    from otpblue_trio.policy.admission import Admission
    from otpblue_trio.policy.parts import Part
    from otpblue_trio.policy.types import SendRequest
    from otpblue_trio.runtime.bound_session import BoundSession
    from otpblue_trio.runtime.messages import MessageDesk

__all__ = ["LongMessageDesk"]

_Fate = Exchange | Declined


class LongMessageDesk:
    """Brings the parts of long messages together; one for the gateway.

    Args:
      admission: decides what may be sent.
      desk: answers, and hands requests to the platform.
      on_hold: called when a part begins to wait; `refuse_due` is due after it.
    """

    def __init__(
        self, admission: Admission, desk: MessageDesk, on_hold: Callable[[], None]
    ) -> None:
        self._admission = admission
        self._desk = desk
        self._on_hold = on_hold
        self._store: PartStore[Waiter, _Fate] = PartStore(answers_repeats=_answers_repeats)

    @property
    def next_due(self) -> float:
        """When `refuse_due` has something to refuse; infinity when nothing waits."""
        return self._store.next_due

    @property
    def is_idle(self) -> bool:
        """True when nothing waits and nothing is remembered."""
        return not self._store.held and not self._store.remembered

    def continues(self, part: Part, now: float) -> bool:
        """Tell whether a part belongs to a message that the rate limit has counted already."""
        return self._store.continues(part, now)

    def take(self, part: Part, waiter: Waiter, now: float) -> None:
        """Take a part whose sender counts as waiting; it is answered now or later, once."""
        added = self._store.add(part, waiter, now)
        if isinstance(added, Held):
            self._on_hold()
        elif isinstance(added, Known):
            if isinstance(added.fate, Declined):
                self._desk.decline(waiter, added.fate)
            else:
                self._desk.share(added.fate, waiter)
        elif isinstance(added, NoRoom):
            declined = Declined(Reason.ACCOUNT_IN_FLIGHT_CAP, part.destination.region)
            self._desk.decline(waiter, declined)
        elif isinstance(added, Whole):
            message = added.message
            decision = self._admission.admit_whole(message.in_order, waiter.account.rules)
            self._decide(message, decision, now)
        else:
            self._decide(added.message, Declined(added.reason, part.destination.region), now)

    def refuse_due(self, now: float) -> None:
        """Refuse the messages whose time is up."""
        for message in self._store.expired(now):
            self._refuse(message, now)
        self._store.forget(now)

    def part_from(self, session: BoundSession | None, now: float) -> None:
        """Refuse the messages that nobody is left to complete.

        Args:
          session: only those of its account; None: of all accounts.
          now: the time.
        """
        system_id = session.account.account.system_id if session is not None else None
        for message in self._store.waiting(system_id):
            if not any(waiter.session.may_submit for waiter in message.waiters):
                self._refuse(message, now)

    def give_up(self, now: float) -> None:
        """Refuse everything that waits."""
        for message in self._store.waiting():
            self._refuse(message, now)

    def _refuse(self, message: LongMessage[Waiter], now: float) -> None:
        region = message.in_order[0].destination.region
        self._decide(message, Declined(Reason.MESSAGE_INCOMPLETE, region), now)

    def _decide(
        self, message: LongMessage[Waiter], decision: SendRequest | Declined, now: float
    ) -> None:
        waiters = self._store.take(message)
        fate: _Fate
        if isinstance(decision, Declined):
            fate = decision
            for waiter in waiters:
                self._desk.decline(waiter, decision)
        else:
            for waiter in waiters[1:]:
                waiter.joined = True
            fate = self._desk.hand_over(decision, waiters, now)
        self._store.remember(message, fate, now)
        self._on_hold()


def _answers_repeats(fate: _Fate) -> bool:
    """A repetition of what is on its way or delivered is answered by it; after a failure, not."""
    return isinstance(fate, Exchange) and (
        fate.outcome is None or isinstance(fate.outcome, Delivered)
    )
