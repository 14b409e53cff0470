"""The parts of long messages at run time: held until they are whole, answered together.

`policy.concatenation` knows which parts belong together and until when; here their senders wait.
Every part counts as a message in flight from its arrival to its answer. The parts of a message
share one exchange with the platform, so each gets the same answer, and its own receipt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from otpblue_trio.policy.admission import Declined
from otpblue_trio.policy.concatenation import Held, Known, LongMessage, PartStore, Spoilt, Whole
from otpblue_trio.policy.verdicts import Reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from otpblue_trio.policy.admission import AccountRules, Admission
    from otpblue_trio.policy.parts import Part
    from otpblue_trio.runtime.bound_session import BoundSession
    from otpblue_trio.runtime.exchanges import Waiter
    from otpblue_trio.runtime.messages import MessageDesk

__all__ = ["LongMessageDesk"]


class LongMessageDesk:
    """Brings the parts of long messages together; one for the gateway.

    Args:
      admission: decides what may be sent.
      desk: answers, and hands requests to the platform.
      on_hold: called when a part begins to wait or to be remembered; `refuse_due` is due after it.
    """

    def __init__(
        self, admission: Admission, desk: MessageDesk, on_hold: Callable[[], None]
    ) -> None:
        self._admission = admission
        self._desk = desk
        self._on_hold = on_hold
        self._store: PartStore[Waiter] = PartStore()

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
        elif isinstance(added, Whole):
            self._decide(added.message, waiter.account.rules, now)
        elif isinstance(added, Spoilt):
            self._refuse(added.message, added.reason, now)
        else:
            reason = added.reason if isinstance(added, Known) else Reason.ACCOUNT_IN_FLIGHT_CAP
            self._desk.decline(waiter, Declined(reason, part.destination.region))

    def refuse_due(self, now: float) -> None:
        """Refuse the messages whose time is up."""
        for message in self._store.expired(now):
            self._refuse(message, Reason.MESSAGE_INCOMPLETE, now)
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
                self._refuse(message, Reason.MESSAGE_INCOMPLETE, now)

    def give_up(self, now: float) -> None:
        """Refuse everything that waits."""
        for message in self._store.waiting():
            self._refuse(message, Reason.MESSAGE_INCOMPLETE, now)

    def _decide(self, message: LongMessage[Waiter], rules: AccountRules, now: float) -> None:
        decision = self._admission.admit_whole(message.in_order, rules)
        waiters = self._store.take(message)
        if isinstance(decision, Declined):
            for waiter in waiters:
                self._desk.decline(waiter, decision)
            return
        for waiter in waiters[1:]:
            waiter.joined = True
        self._desk.hand_over(decision, waiters, now)

    def _refuse(self, message: LongMessage[Waiter], reason: Reason, now: float) -> None:
        declined = Declined(reason, message.in_order[0].destination.region)
        for waiter in self._store.refuse(message, reason, now):
            self._desk.decline(waiter, declined)
        # What is remembered has to be forgotten, too.
        self._on_hold()
