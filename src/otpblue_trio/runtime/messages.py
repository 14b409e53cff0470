"""The path of one message: caps, rate, admission, platform, answer, receipt.

Theory of operation
-------------------
`MessageDesk.submit` is called by a connection's reader for each message and never awaits. What is
refused is answered on the spot. What is admitted becomes an `Exchange`, and `_settle` is the `done`
of the platform: called once, synchronously, whenever the outcome is there. The answer is
written as soon as that is safe (`answers`). The parts of long messages wait for each other first
(`long_messages`).

Senders retry. While an exchange waits, the same message (`exchanges.key_of`) joins it, and a
delivered one is remembered for `duplicate_window` seconds: one call to the platform, one message on
the phone, the same answer for everyone.

A connection may be gone when its outcome comes. The answer then goes nowhere, the outcome is still
observed, and the receipt, if one was asked for, finds another session.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import trio

from otpblue_trio.policy.admission import Admission, Declined
from otpblue_trio.policy.parts import Part, may_be_part
from otpblue_trio.policy.types import Delivered, Failed, FailureKind, Outcome
from otpblue_trio.policy.verdicts import Reason, verdict_of_outcome
from otpblue_trio.readiness import Batch, current_batch
from otpblue_trio.runtime.answers import AnswerDesk
from otpblue_trio.runtime.exchanges import Exchange, Waiter, key_of
from otpblue_trio.runtime.long_messages import LongMessageDesk
from otpblue_trio.runtime.repetitions import Repetitions

if TYPE_CHECKING:
    from collections.abc import Callable

    from otpblue_trio.policy.types import SendRequest
    from otpblue_trio.runtime.accounts import AccountState
    from otpblue_trio.runtime.bound_session import BoundSession
    from otpblue_trio.runtime.exchanges import ExchangeKey
    from otpblue_trio.runtime.observer import Observer
    from otpblue_trio.runtime.protocols import (
        GatewayLimits,
        MessageStore,
        Platform,
        WallClock,
    )
    from otpblue_trio.smpp import DataSm, SubmitSm

__all__ = ["MessageDesk"]

_MAX_REMEMBERED = 200_000
"""Delivered messages that answer for their repetitions, a quarter of a kilobyte each; beyond it the
oldest answers no more."""

_ACCIDENT = Failed(
    FailureKind.UNAVAILABLE, may_have_been_sent=True, detail="the platform client raised"
)


class MessageDesk:
    """Answers every message of every session; one for the gateway.

    Args:
      admission: decides what may be sent.
      platform: sends.
      limits: caps on messages in flight.
      observer: gets one `MessageAnswered` for each message.
      wall_clock: gives the seconds since 1970, for receipts and records.
      store: keeps receipts and records; None: nothing is kept.
      refuse_unrecorded: take no message, and tell of no success, that the store does not keep.
      duplicate_window: seconds a delivered message answers for its repetitions; 0: not at all.
      on_remember: called when the first of those begins to be remembered, and when a part of a
        long message begins to wait; `look_after` is due until `is_idle`.
      first_short_id: where the gateway's own 8-digit message ids begin.
    """

    def __init__(
        self,
        *,
        admission: Admission,
        platform: Platform,
        limits: GatewayLimits,
        observer: Observer,
        wall_clock: WallClock,
        store: MessageStore | None,
        refuse_unrecorded: bool,
        duplicate_window: float,
        on_remember: Callable[[], None],
        first_short_id: int,
    ) -> None:
        self._admission = admission
        self._platform = platform
        self._answers = AnswerDesk(
            observer=observer,
            wall_clock=wall_clock,
            store=store,
            refuse_unrecorded=refuse_unrecorded,
            on_answered=self._answered,
            first_short_id=first_short_id,
        )
        self._session_cap = limits.max_in_flight_per_session
        self._account_cap = limits.max_in_flight_per_account
        self._gateway_cap = limits.max_in_flight
        self._duplicate_window = duplicate_window
        self._on_remember = on_remember
        self._open: dict[ExchangeKey, Exchange] = {}
        self._delivered = Repetitions(duplicate_window, _MAX_REMEMBERED)
        self._batch = Batch()
        self._to_ask: list[Exchange] = []
        """Those of the batch being handled."""
        self._long = LongMessageDesk(admission, self, on_remember)
        self._in_flight = 0
        self._all_answered: trio.Event | None = None

    def begin(self) -> None:
        """Take messages, in the event loop that is running; call it once."""
        self._batch = current_batch()
        self._answers.begin()

    @property
    def in_flight(self) -> int:
        """Messages that wait for their outcome, or for the store to have it."""
        return self._in_flight

    @property
    def is_idle(self) -> bool:
        """True when `look_after` has nothing to do."""
        return not self._delivered and self._long.is_idle

    @property
    def next_due(self) -> float:
        """When `look_after` must be called at the latest; infinity when it need not be soon."""
        return self._long.next_due

    def submit(self, session: BoundSession, pdu: SubmitSm | DataSm, now: float) -> None:
        """Take one message of a bound session; its answer is appended now or later, once."""
        account = session.account
        waiter = Waiter(session, account, pdu, now)
        is_part = may_be_part(pdu)
        refusal = self._not_now(session, account)
        if refusal is None and not is_part and not account.bucket.take(now):
            refusal = Reason.RATE_LIMIT
        if refusal is not None:
            self._answers.refuse(waiter, refusal, "")
            return
        admitted = self._admission.admit(pdu, account.rules)
        if is_part:
            # A long message counts once: by the first of its parts.
            is_counted = isinstance(admitted, Part) and self._long.continues(admitted, now)
            if not is_counted and not account.bucket.take(now):
                admitted = Declined(Reason.RATE_LIMIT)
        if isinstance(admitted, Declined):
            self._answers.refuse(waiter, admitted.reason, admitted.region)
            return
        session.waiting += 1
        account.in_flight += 1
        self._in_flight += 1
        if isinstance(admitted, Part):
            self._long.take(admitted, waiter, now)
        else:
            self.hand_over(admitted, [waiter], now)

    def _not_now(self, session: BoundSession, account: AccountState) -> Reason | None:
        if session.is_leaving:
            return Reason.DRAINING
        if self._answers.refuses:
            return Reason.STORE_DOWN
        if session.waiting >= self._session_cap:
            return Reason.SESSION_IN_FLIGHT_CAP
        if account.in_flight >= self._account_cap:
            return Reason.ACCOUNT_IN_FLIGHT_CAP
        if self._in_flight >= self._gateway_cap:
            return Reason.GATEWAY_IN_FLIGHT_CAP
        return None

    # ------------------------------------------------------------------ from waiting to answered

    def hand_over(self, request: SendRequest, waiters: list[Waiter], now: float) -> None:
        """Ask the platform for waiting messages, unless the same was asked already."""
        key = key_of(request)
        exchange = self._open.get(key)
        if exchange is None and self._delivered:
            exchange = self._delivered.recall(key, request, now)
        if exchange is None:
            exchange = self._open[key] = Exchange(key, request, waiters)
            self._to_ask.append(exchange)
            if not self._batch.is_on:
                self._ask_gathered()
            elif len(self._to_ask) == 1:
                self._batch.at_end(self._ask_gathered)
            return
        for waiter in waiters:
            waiter.joined = True
        if exchange.outcome is None:
            exchange.waiters += waiters
            return
        told = verdict_of_outcome(exchange.outcome)
        for waiter in waiters:
            self._answers.give(waiter, told, exchange, now)
        self._delivered.keep_id(exchange)

    def _ask_gathered(self) -> None:
        """Ask the platform for all that the batch being handled has for it."""
        gathered, self._to_ask = self._to_ask, []
        for exchange in gathered:
            try:
                self._platform.submit(exchange.request, partial(self._settle, exchange))
            except Exception as error:
                # Against its promise. Whoever waits is told all the same; nothing is sent again.
                for waiter in exchange.waiters[:1]:
                    self._answers.tell_accident(waiter, error)
                if exchange.outcome is None:
                    self._settle(exchange, _ACCIDENT)

    def decline(self, waiter: Waiter, declined: Declined) -> None:
        """Refuse a waiting message."""
        try:
            self._answers.refuse(waiter, declined.reason, declined.region)
        except Exception as error:
            self._answers.tell_accident(waiter, error)
        self._answered(waiter)

    def _settle(self, exchange: Exchange, outcome: Outcome) -> None:
        """Answer everybody who waits for an exchange."""
        del self._open[exchange.key]
        exchange.outcome = outcome
        told = verdict_of_outcome(outcome)
        now = self._batch.time()
        waiters, exchange.waiters = exchange.waiters, []
        for waiter in waiters:
            self._answers.give(waiter, told, exchange, now)
        if self._duplicate_window and isinstance(outcome, Delivered):
            if not self._delivered:
                self._on_remember()
            self._delivered.remember(exchange, outcome, now)

    def _answered(self, waiter: Waiter) -> None:
        """Take a message out of flight."""
        self._in_flight -= 1
        waiter.account.in_flight -= 1
        waiter.session.waiting -= 1
        if self._all_answered is not None and not self._in_flight:
            self._all_answered.set()

    async def wait_until_idle(self) -> None:
        """Return when no message is in flight; for one task at a time."""
        while self._in_flight:
            self._all_answered = trio.Event()
            await self._all_answered.wait()

    # ------------------------------------------------------------------ in the course of time

    def look_after(self, now: float) -> None:
        """Forget what `duplicate_window` no longer keeps, refuse parts whose time is up."""
        self._delivered.forget(now)
        self._long.refuse_due(now)

    def part_from(self, session: BoundSession) -> None:
        """Do not let a session wait that ends, or sends no more, for parts nobody will send."""
        if session.in_flight:
            self._long.part_from(session, trio.current_time())

    def part_from_all(self) -> None:
        """Refuse every part that waits for others, now that every connection ends."""
        self._long.part_from(None, trio.current_time())

    def give_up_parts(self) -> None:
        """Refuse every part that waits for others."""
        self._long.give_up(trio.current_time())
