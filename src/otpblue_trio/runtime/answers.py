"""What a message is answered: response, record, receipt, and the event that tells of it.

Theory of operation
-------------------
A response with a message_id promises a receipt, so it is written after the store has made that
receipt safe: whoever was told ESME_ROK gets the receipt even when the process is killed right
behind the response. `AnswerDesk.give` therefore decides everything about an answer at once,
records it, and writes the response when the store calls back; only then the message is out of
flight and told of, which in a batch (`readiness`) comes when the kernel has the response. Response
and receipt are appended to the session's outgoing data in one step, in that order. Answers of one
session need not come in the order of its messages.

A refusal by the gateway itself promises nothing. It is answered on the spot, and its record
follows when it can.

Without a store, and with one that keeps nothing, all of this happens within one call.
"""

from __future__ import annotations

import itertools
from functools import partial
from typing import TYPE_CHECKING

from otpblue_trio.policy.types import (
    Delivered,
    Failed,
    FailureMode,
    MessageIdFormat,
    is_message_id,
    mask_number,
)
from otpblue_trio.policy.verdicts import Reason, Verdict, verdict
from otpblue_trio.readiness import Batch, current_batch
from otpblue_trio.runtime.observer import Accident, AccidentPlace, MessageAnswered, Observer
from otpblue_trio.smpp import (
    REGISTERED_DELIVERY_ALWAYS,
    REGISTERED_DELIVERY_FAILURE,
    REGISTERED_DELIVERY_RECEIPT_MASK,
    REGISTERED_DELIVERY_SUCCESS,
)
from otpblue_trio.store.records import CdrEntry, StoredReceipt

if TYPE_CHECKING:
    from collections.abc import Callable

    from otpblue_trio.policy.types import Outcome
    from otpblue_trio.runtime.accounts import AccountState
    from otpblue_trio.runtime.bound_session import BoundSession
    from otpblue_trio.runtime.exchanges import Exchange, Waiter
    from otpblue_trio.runtime.protocols import MessageStore, WallClock

__all__ = ["AnswerDesk"]

_PLATFORM_ID = MessageIdFormat.PLATFORM
_ON_SUCCESS = frozenset({REGISTERED_DELIVERY_ALWAYS, REGISTERED_DELIVERY_SUCCESS})
_ON_FAILURE = frozenset({REGISTERED_DELIVERY_ALWAYS, REGISTERED_DELIVERY_FAILURE})


class _Answer:
    """One answer on its way: decided, then recorded, then written.

    Attributes:
      at: when it was decided, in seconds since 1970.
      written_at: Trio time when the response was queued.
    """

    __slots__ = (
        "at",
        "command_status",
        "detail",
        "exchange",
        "message_id",
        "receipt",
        "told",
        "waiter",
        "written_at",
    )

    def __init__(self, waiter: Waiter, told: Verdict, exchange: Exchange, at: float) -> None:
        self.waiter = waiter
        self.told = told
        self.exchange = exchange
        self.at = at
        self.command_status: int = told.command_status
        self.message_id = ""
        self.receipt: StoredReceipt | None = None
        self.written_at = 0.0
        self.detail = ""


class AnswerDesk:
    """Answers messages, once it is safe to; one for the gateway.

    Args:
      observer: gets one `MessageAnswered` for each message.
      wall_clock: gives the seconds since 1970, for receipts and records.
      store: keeps receipts and records; None: nothing is kept.
      refuse_unrecorded: tell nobody of a success that the store does not keep.
      on_answered: called for each message given to `give`, when it is answered.
      first_short_id: where the gateway's own 8-digit message ids begin.
    """

    def __init__(
        self,
        *,
        observer: Observer,
        wall_clock: WallClock,
        store: MessageStore | None,
        refuse_unrecorded: bool,
        on_answered: Callable[[Waiter], None],
        first_short_id: int,
    ) -> None:
        self._observe = observer.observe
        self._wall_clock = wall_clock
        self._store = store
        self._refuse_unrecorded = refuse_unrecorded
        self._on_answered = on_answered
        self._short_ids = itertools.count(first_short_id)
        self._batch = Batch()
        self._written: list[_Answer] = []
        """Those of the batch being handled."""

    def begin(self) -> None:
        """Answer messages, in the event loop that is running; call it once."""
        self._batch = current_batch()

    @property
    def refuses(self) -> bool:
        """True while no new message may be taken, because it could not be recorded."""
        return self._refuse_unrecorded and self._store is not None and not self._store.is_writable

    def refuse(self, waiter: Waiter, reason: Reason, region: str) -> None:
        """Answer a message of which nothing was sent, at once.

        Args:
          waiter: the message.
          reason: why.
          region: of its number, where that was understood.
        """
        told = verdict(reason)
        latency = self._batch.time() - waiter.received_at
        if self._store is not None:
            at = self._wall_clock()
            cdr = self._record(waiter, told, region, None, told.command_status, "", at, latency)
            self._store.record(cdr, None, _promised_nothing)
        waiter.session.answer_submit(waiter.pdu, told.command_status, "")
        self._tell(waiter, reason, region, None, told.command_status, "", latency, False, "")

    def give(self, waiter: Waiter, told: Verdict, exchange: Exchange, now: float) -> None:
        """Answer a message by an exchange's outcome, as soon as the store has it; never raises."""
        try:
            account = waiter.account
            answer = _Answer(waiter, told, exchange, self._wall_clock())
            latency = now - waiter.received_at
            if told.is_delivered or account.account.failure_mode is FailureMode.RECEIPT_ONLY:
                answer.command_status = 0
                answer.message_id = self._message_id(exchange, waiter.session, account)
                wish = waiter.pdu.registered_delivery & REGISTERED_DELIVERY_RECEIPT_MASK
                if wish in (_ON_SUCCESS if told.is_delivered else _ON_FAILURE):
                    answer.receipt = self._receipt(answer, latency)
            store = self._store
            if store is None:
                self._write(answer, True)
                return
            cdr = self._record(
                waiter,
                told,
                exchange.request.region,
                exchange,
                answer.command_status,
                answer.message_id,
                answer.at,
                latency,
            )
            store.record(cdr, answer.receipt, partial(self._write, answer))
        except Exception as error:
            # An accident with one must not keep the others waiting.
            self.tell_accident(waiter, error)
            self._on_answered(waiter)

    def _write(self, answer: _Answer, kept: bool) -> None:
        """Write an answer, now that the store has it or will not have it; never raises."""
        waiter = answer.waiter
        try:
            if not kept and self._refuse_unrecorded and answer.command_status == 0:
                self._take_back(answer)
            session = waiter.session
            session.answer_submit(waiter.pdu, answer.command_status, answer.message_id)
            answer.written_at = now = self._batch.time()
            receipt = answer.receipt
            if receipt is not None:
                waiter.account.receipts.post(receipt, session, now)
        except Exception as error:
            # An accident with one must not keep the others waiting.
            self.tell_accident(waiter, error)
            self._on_answered(waiter)
            return
        if not self._batch.is_on:
            self._wind_up(answer)
            return
        if not self._written:
            self._batch.afterwards(self._wind_up_gathered)
        self._written.append(answer)

    def _take_back(self, answer: _Answer) -> None:
        """Tell of no success, because it is not on record.

        The sender tries again; within `duplicate_window` nothing goes out a second time.
        """
        answer.detail = f"not recorded: {answer.told.reason}"
        answer.told = verdict(Reason.STORE_DOWN)
        answer.command_status = answer.told.command_status
        answer.message_id = ""
        receipt, answer.receipt = answer.receipt, None
        if receipt is not None and self._store is not None:
            # A disk that had stopped answering may still bring it.
            self._store.receipt_done(receipt.receipt_id)

    def _wind_up_gathered(self) -> None:
        written, self._written = self._written, []
        for answer in written:
            self._wind_up(answer)

    def _wind_up(self, answer: _Answer) -> None:
        """Do what is left to do about an answer, and what its ESME need not wait for."""
        waiter = answer.waiter
        try:
            told = answer.told
            message_id = answer.message_id
            if message_id:
                waiter.account.final_states.keep(message_id, told.message_state, answer.at)
            exchange = answer.exchange
            self._tell(
                waiter,
                told.reason,
                exchange.request.region,
                exchange.outcome,
                answer.command_status,
                message_id,
                answer.written_at - waiter.received_at,
                answer.receipt is not None,
                answer.detail,
            )
        except Exception as error:
            self.tell_accident(waiter, error)
        self._on_answered(waiter)

    def tell_accident(self, waiter: Waiter, error: Exception) -> None:
        """Tell the observer of an accident with a message."""
        connection_id = waiter.session.connection_id
        self._observe(
            Accident(place=AccidentPlace.MESSAGE, connection_id=connection_id, error=error)
        )

    def _tell(
        self,
        waiter: Waiter,
        reason: Reason,
        region: str,
        outcome: Outcome | None,
        command_status: int,
        message_id: str,
        latency: float,
        wants_receipt: bool,
        detail: str,
    ) -> None:
        if isinstance(outcome, Failed) and not detail:
            detail = outcome.detail
        pdu = waiter.pdu
        self._observe(
            MessageAnswered(
                waiter.session.connection_id,
                waiter.account.account.system_id,
                pdu.sequence_number,
                mask_number(pdu.destination_addr),
                region,
                reason,
                command_status,
                outcome.platform_code if outcome is not None else 0,
                message_id,
                latency,
                wants_receipt,
                waiter.joined,
                detail,
            )
        )

    # ------------------------------------------------------------------ what is kept

    def _record(
        self,
        waiter: Waiter,
        told: Verdict,
        region: str,
        exchange: Exchange | None,
        command_status: int,
        message_id: str,
        at: float,
        latency: float,
    ) -> CdrEntry:
        outcome = exchange.outcome if exchange is not None else None
        pdu = waiter.pdu
        return CdrEntry(
            at,
            waiter.account.account.system_id,
            waiter.session.connection_id,
            pdu.sequence_number,
            exchange.request.contact if exchange is not None else pdu.destination_addr,
            region,
            exchange.request.sender if exchange is not None else pdu.source_addr,
            told.word,
            command_status,
            outcome.platform_code if outcome is not None else 0,
            message_id,
            latency,
            waiter.joined,
            not (isinstance(outcome, Failed) and outcome.may_have_been_sent),
        )

    def _receipt(self, answer: _Answer, latency: float) -> StoredReceipt:
        """Return the receipt of a message; its addresses are the message's own, swapped."""
        waiter = answer.waiter
        told = answer.told
        pdu = waiter.pdu
        return StoredReceipt(
            self._store.next_receipt_id() if self._store is not None else 0,
            waiter.account.account.system_id,
            answer.message_id,
            pdu.dest_addr_ton,
            pdu.dest_addr_npi,
            pdu.destination_addr,
            pdu.source_addr_ton,
            pdu.source_addr_npi,
            pdu.source_addr,
            told.word,
            told.receipt_error,
            told.receipt_stat,
            told.message_state,
            answer.at - latency,
            answer.at,
        )

    def _message_id(self, exchange: Exchange, session: BoundSession, account: AccountState) -> str:
        """Return what a message is called: the same for everybody who joined an exchange."""
        outcome = exchange.outcome
        if (
            isinstance(outcome, Delivered)
            # An ESME below version 3.4 holds no more than eight hexadecimal digits.
            and session.takes_tlvs
            and account.account.message_id_format is _PLATFORM_ID
            and is_message_id(outcome.message_id)
        ):
            return outcome.message_id
        if not exchange.short_id:
            exchange.short_id = f"{next(self._short_ids) & 0xFFFFFFFF:08X}"
        return exchange.short_id


def _promised_nothing(_kept: bool) -> None:
    """Take note that a refusal is on record, or not."""
