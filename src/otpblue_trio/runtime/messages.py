"""The path of one message: caps, rate, admission, platform, answer, receipt.

Theory of operation
-------------------
`MessageDesk.submit` is called by a connection's reader for each message and never awaits. What is
refused is answered on the spot. What is admitted becomes an `Exchange`, whose `settle` is the
`done` of the platform: called once, synchronously, whenever the outcome is there. It appends the
response, and the receipt right behind it, to the session's outgoing data in one step, and wakes
the writer. The parts of long messages wait for each other first (`long_messages`).

Senders retry. While an exchange waits, the same message (account, number, code, sender) joins it,
and a delivered one is remembered for `duplicate_window` seconds: one call to the platform, one
message on the phone, the same answer for everyone.

A connection may be gone when its outcome comes. The answer then goes nowhere, the outcome is still
observed, and the receipt, if one was asked for, finds another session.
"""

from __future__ import annotations

import itertools
import re
from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING

import trio

from otpblue_trio.policy.admission import Admission, Declined
from otpblue_trio.policy.parts import Part, may_be_part
from otpblue_trio.policy.types import (
    Delivered,
    Failed,
    FailureMode,
    MessageIdFormat,
    Outcome,
    Refused,
    mask_number,
)
from otpblue_trio.policy.verdicts import Reason, Verdict, verdict, verdict_of_outcome
from otpblue_trio.runtime.exchanges import Exchange, Waiter
from otpblue_trio.runtime.long_messages import LongMessageDesk
from otpblue_trio.runtime.observer import ConnectionTrouble, MessageAnswered, Observer
from otpblue_trio.runtime.receipts import Receipt
from otpblue_trio.smpp import (
    REGISTERED_DELIVERY_ALWAYS,
    REGISTERED_DELIVERY_FAILURE,
    REGISTERED_DELIVERY_RECEIPT_MASK,
    REGISTERED_DELIVERY_SUCCESS,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from otpblue_trio.policy.types import SendRequest
    from otpblue_trio.runtime.accounts import AccountState
    from otpblue_trio.runtime.connection import Connection
    from otpblue_trio.runtime.exchanges import ExchangeKey
    from otpblue_trio.runtime.protocols import GatewayLimits, Platform, WallClock
    from otpblue_trio.smpp import DataSm, SubmitSm

__all__ = ["MessageDesk"]

_ON_SUCCESS = frozenset({REGISTERED_DELIVERY_ALWAYS, REGISTERED_DELIVERY_SUCCESS})
_ON_FAILURE = frozenset({REGISTERED_DELIVERY_ALWAYS, REGISTERED_DELIVERY_FAILURE})

# SMPP 3.4, 4.4.2: at most 64 characters and a NUL; a blank would end the id in a receipt's text.
_is_message_id = re.compile(r"[!-~]{1,64}").fullmatch


class MessageDesk:
    """Answers every message of every connection; one for the gateway.

    Args:
      admission: decides what may be sent.
      platform: sends.
      limits: caps on messages in flight.
      observer: gets one `MessageAnswered` for each message.
      wall_clock: for the dates in receipts.
      duplicate_window: seconds a delivered message answers for its repetitions; 0: not at all.
      on_remember: called when one begins to be remembered, and when a part of a long message
        begins to wait; `look_after` is due after it.
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
        duplicate_window: float,
        on_remember: Callable[[], None],
        first_short_id: int,
    ) -> None:
        self._admission = admission
        self._platform = platform
        self._observe = observer.observe
        self._wall_clock = wall_clock
        self._session_cap = limits.max_in_flight_per_session
        self._account_cap = limits.max_in_flight_per_account
        self._duplicate_window = duplicate_window
        self._on_remember = on_remember
        self._short_ids = itertools.count(first_short_id)
        self._open: dict[ExchangeKey, Exchange] = {}
        self._delivered: dict[ExchangeKey, Exchange] = {}
        self._delivered_until: deque[tuple[float, ExchangeKey]] = deque()
        self._long = LongMessageDesk(admission, self, on_remember)
        self._in_flight = 0
        self._all_answered: trio.Event | None = None

    @property
    def in_flight(self) -> int:
        """Messages that wait for their outcome."""
        return self._in_flight

    @property
    def is_idle(self) -> bool:
        """True when `look_after` has nothing to do."""
        return not self._delivered_until and self._long.is_idle

    @property
    def next_due(self) -> float:
        """When `look_after` must be called at the latest; infinity when it need not be soon."""
        return self._long.next_due

    def submit(self, connection: Connection, pdu: SubmitSm | DataSm, now: float) -> None:
        """Take one message of a bound session; its answer is appended now or later, once."""
        account = connection.account
        waiter = Waiter(connection, account, pdu, now)
        is_part = may_be_part(pdu)
        refusal = self._over_cap(connection, account)
        if refusal is None and not is_part and not account.bucket.take(now):
            refusal = Reason.RATE_LIMIT
        if refusal is not None:
            self._answer(waiter, verdict(refusal), "", None)
            return
        admitted = self._admission.admit(pdu, account.rules)
        if is_part:
            # A long message counts once: by the first of its parts.
            is_counted = isinstance(admitted, Part) and self._long.continues(admitted, now)
            if not is_counted and not account.bucket.take(now):
                admitted = Declined(Reason.RATE_LIMIT)
        if isinstance(admitted, Declined):
            self._answer(waiter, verdict(admitted.reason), admitted.region, None)
            return
        account.in_flight += 1
        self._in_flight += 1
        if isinstance(admitted, Part):
            self._long.take(admitted, waiter, now)
        else:
            self.hand_over(admitted, [waiter], now)

    def _over_cap(self, connection: Connection, account: AccountState) -> Reason | None:
        if connection.is_leaving:
            return Reason.DRAINING
        # The session counts the message being decided about.
        if connection.in_flight > self._session_cap:
            return Reason.SESSION_IN_FLIGHT_CAP
        if account.in_flight >= self._account_cap:
            return Reason.ACCOUNT_IN_FLIGHT_CAP
        return None

    # ------------------------------------------------------------------ from waiting to answered

    def hand_over(self, request: SendRequest, waiters: list[Waiter], now: float) -> Exchange:
        """Ask the platform for waiting messages, unless the same was asked already."""
        key = (request.system_id, request.contact, request.code, request.text, request.sender)
        exchange = None
        if self._delivered_until:
            self._forget_delivered(now)
            exchange = self._delivered.get(key)
        if exchange is None:
            exchange = self._open.get(key)
        if exchange is None:
            exchange = self._open[key] = Exchange(key, request.region, waiters, self.settle)
            self._platform.submit(request, exchange.settle)
        else:
            for waiter in waiters:
                self.share(exchange, waiter)
        return exchange

    def share(self, exchange: Exchange, waiter: Waiter) -> None:
        """Let an exchange's outcome answer one more waiting message."""
        waiter.joined = True
        if exchange.outcome is None:
            exchange.waiters.append(waiter)
        else:
            self._finish(waiter, verdict_of_outcome(exchange.outcome), exchange.region, exchange)

    def decline(self, waiter: Waiter, declined: Declined) -> None:
        """Refuse a waiting message."""
        self._finish(waiter, verdict(declined.reason), declined.region, None)

    def settle(self, exchange: Exchange, outcome: Outcome) -> None:
        """Answer everybody who waits for an exchange."""
        del self._open[exchange.key]
        exchange.outcome = outcome
        told = verdict_of_outcome(outcome)
        if self._duplicate_window and isinstance(outcome, Delivered):
            self._delivered[exchange.key] = exchange
            self._delivered_until.append(
                (trio.current_time() + self._duplicate_window, exchange.key)
            )
            self._on_remember()
        waiters, exchange.waiters = exchange.waiters, []
        for waiter in waiters:
            self._finish(waiter, told, exchange.region, exchange)

    def _finish(
        self, waiter: Waiter, told: Verdict, region: str, exchange: Exchange | None
    ) -> None:
        """Answer a waiting message; an accident with one must not keep the others waiting."""
        self._in_flight -= 1
        waiter.account.in_flight -= 1
        try:
            self._answer(waiter, told, region, exchange)
        except Exception as error:
            self._observe(
                ConnectionTrouble(
                    connection_id=waiter.connection.connection_id,
                    peer="",
                    error=error,
                )
            )
        if self._all_answered is not None and not self._in_flight:
            self._all_answered.set()

    def _answer(
        self, waiter: Waiter, told: Verdict, region: str, exchange: Exchange | None
    ) -> None:
        """Append the response, and the receipt behind it where one is due."""
        now = trio.current_time()
        outcome = exchange.outcome if exchange is not None else None
        connection = waiter.connection
        account = waiter.account
        pdu = waiter.pdu
        wish = pdu.registered_delivery & REGISTERED_DELIVERY_RECEIPT_MASK
        command_status: int = told.command_status
        message_id = ""
        receipt_due = False
        if exchange is not None:
            if told.is_delivered:
                message_id = self._message_id(exchange, connection, account)
                receipt_due = wish in _ON_SUCCESS
            elif account.account.failure_mode is FailureMode.RECEIPT_ONLY:
                command_status = 0
                message_id = self._message_id(exchange, connection, account)
                receipt_due = wish in _ON_FAILURE
        connection.answer_submit(pdu, command_status, message_id)
        latency = now - waiter.received_at
        if receipt_due:
            done_at = self._wall_clock()
            account.receipts.post(
                Receipt(message_id, told, pdu, done_at - timedelta(seconds=latency), done_at),
                connection,
                now,
            )
        platform_code = 0
        detail = ""
        if isinstance(outcome, Refused):
            platform_code = outcome.code
        elif isinstance(outcome, Failed):
            platform_code = outcome.http_status
            detail = outcome.detail
        self._observe(
            MessageAnswered(
                connection.connection_id,
                account.account.system_id,
                pdu.sequence_number,
                mask_number(pdu.destination_addr),
                region,
                told.reason,
                command_status,
                platform_code,
                message_id,
                latency,
                receipt_due,
                waiter.joined,
                detail,
            )
        )

    def _message_id(self, exchange: Exchange, connection: Connection, account: AccountState) -> str:
        """Return what a message is called: the same for everybody who joined an exchange."""
        outcome = exchange.outcome
        if (
            isinstance(outcome, Delivered)
            # An ESME below version 3.4 holds no more than eight hexadecimal digits.
            and connection.takes_tlvs
            and account.account.message_id_format is MessageIdFormat.PLATFORM
            and _is_message_id(outcome.message_id)
        ):
            return outcome.message_id
        if not exchange.short_id:
            exchange.short_id = f"{next(self._short_ids) & 0xFFFFFFFF:08X}"
        return exchange.short_id

    async def wait_until_idle(self) -> None:
        """Return when no message waits for its outcome; for one task at a time."""
        while self._in_flight:
            self._all_answered = trio.Event()
            await self._all_answered.wait()

    # ------------------------------------------------------------------ in the course of time

    def look_after(self, now: float) -> None:
        """Forget what `duplicate_window` no longer keeps, decide about parts that are due."""
        self._forget_delivered(now)
        self._long.decide_due(now)

    def part_from(self, connection: Connection) -> None:
        """Do not let a connection wait that ends, or sends no more, for parts nobody will send."""
        if connection.in_flight:
            self._long.part_from(connection, trio.current_time())

    def part_from_all(self) -> None:
        """Decide about every part that waits, now that every connection ends."""
        self._long.part_from(None, trio.current_time())

    def give_up_parts(self) -> None:
        """Refuse every part that waits for others."""
        self._long.give_up(trio.current_time())

    def _forget_delivered(self, now: float) -> None:
        """Drop what `duplicate_window` no longer keeps."""
        until = self._delivered_until
        while until and until[0][0] <= now:
            self._delivered.pop(until.popleft()[1], None)
