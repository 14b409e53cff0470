"""One session from its bind to its end, as those see it who have messages and receipts for it.

Whatever a PDU leads to is here; reading and writing, deadlines and the end are the connection's
(`connection`). Nothing waits: what is answered is queued, and the writer is woken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from otpblue_trio.runtime.observer import CloseReason, IgnoredKind
from otpblue_trio.runtime.receipts import PendingReceipt
from otpblue_trio.session import (
    DeliverAnswered,
    QueryReceived,
    Refusal,
    SessionEnded,
    StreamLost,
    SubmitReceived,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from otpblue_trio.runtime.accounts import AccountState
    from otpblue_trio.runtime.listeners import Peer
    from otpblue_trio.runtime.messages import MessageDesk
    from otpblue_trio.runtime.protocols import GatewayLimits
    from otpblue_trio.runtime.telling import ConnectionTeller
    from otpblue_trio.runtime.writing import SessionWriter
    from otpblue_trio.session import SessionEvent, SmppSession
    from otpblue_trio.smpp import DataSm, SubmitSm

__all__ = ["BoundSession", "act_without_account"]


class BoundSession:
    """A session that has bound. Owned by its connection, known to its account while it lasts.

    Args:
      connection_id: of its connection.
      account: whose it is.
      session: has accepted the bind.
      writer: sends what the session queues.
      messages: answers messages.
      limits: windows.
      tell: tells the observer.
      leave: asks the connection to end, with the reason.

    Attributes:
      is_leaving: no new message may be taken: the connection or the gateway is ending.
      leave: as given.
      submits: messages it has brought.
      takes_tlvs: the ESME speaks version 3.4.
      waiting: messages that wait for their outcome; counted by the `MessageDesk`.
    """

    __slots__ = (
        "_is_heard",
        "_limits",
        "_messages",
        "_session",
        "_tell",
        "_writer",
        "account",
        "connection_id",
        "is_leaving",
        "leave",
        "submits",
        "takes_tlvs",
        "waiting",
    )

    def __init__(
        self,
        *,
        connection_id: int,
        account: AccountState,
        session: SmppSession,
        writer: SessionWriter,
        messages: MessageDesk,
        limits: GatewayLimits,
        tell: ConnectionTeller,
        leave: Callable[[CloseReason], None],
    ) -> None:
        self.connection_id = connection_id
        self.account = account
        self.leave = leave
        self.submits = 0
        self.takes_tlvs = session.takes_tlvs
        self.waiting = 0
        self.is_leaving = False
        self._is_heard = True
        self._session = session
        self._writer = writer
        self._messages = messages
        self._limits = limits
        self._tell = tell

    # ------------------------------------------------------------------ for its connection

    def enter(self, now: float) -> None:
        """Become known to the account, and ready for its receipts."""
        account = self.account
        account.sessions.add(self)
        self._tell.bind_accepted(account.account.system_id, self._session, len(account.sessions))
        if self._session.can_receive_deliver:
            account.receipts.add_receiver(self, now)

    def act(self, event: SessionEvent, now: float) -> CloseReason | None:
        """Act on what the ESME has sent; returns a reason to end the reading."""
        if isinstance(event, SubmitReceived):
            self.submits += 1
            self._messages.submit(self, event.pdu, now)
        elif isinstance(event, DeliverAnswered):
            self.take_acknowledgement(event, now)
        elif isinstance(event, QueryReceived):
            answer = self.account.final_states.answer(event.pdu.message_id)
            self._session.answer_query(event.pdu, answer)
        else:
            return act_without_account(event, self._tell)
        return None

    def take_acknowledgement(self, event: DeliverAnswered, now: float) -> None:
        """Take the answer to a receipt."""
        token = event.token
        if isinstance(token, PendingReceipt):
            self.account.receipts.answered(token, event.command_status, now)

    def end(self, *, is_heard: bool) -> None:
        """Take no new message from now on.

        Args:
          is_heard: the ESME can still acknowledge receipts.
        """
        self.is_leaving = True
        self._is_heard = is_heard

    def leave_account(self, now: float) -> None:
        """Become unknown to the account, which gets back what is not acknowledged."""
        self.account.sessions.discard(self)
        self.account.receipts.remove_receiver(
            self, _receipts(self._session.take_outstanding()), now
        )

    # ------------------------------------------------------------------ for everybody else

    @property
    def peer(self) -> Peer:
        """Who is at the other end; behind a load balancer, who its PROXY header names."""
        return self._tell.peer

    @property
    def may_submit(self) -> bool:
        """True while another message of this session would be taken."""
        return not self.is_leaving and self._session.is_bound

    @property
    def in_flight(self) -> int:
        """Messages of this session without an answer."""
        return self._session.in_flight

    @property
    def can_take_receipt(self) -> bool:
        """True while the ESME receives, can acknowledge, and its window has room."""
        session = self._session
        return (
            session.can_receive_deliver
            and session.outstanding < self._limits.receipt_window
            and self._is_heard
        )

    def answer_submit(self, pdu: SubmitSm | DataSm, command_status: int, message_id: str) -> None:
        """Queue the response to a message; it goes out with the next write."""
        self._session.answer_submit(pdu, command_status, message_id)
        self._writer.wake()

    def send_receipt(self, pending: PendingReceipt, now: float, /) -> None:
        """Queue a receipt behind everything queued so far."""
        body = self.account.receipts.body_of(pending, with_tlvs=self.takes_tlvs)
        self._session.send_deliver_body(body, pending, now)
        self._writer.wake()

    def expire_receipts(self, sent_before: float, now: float) -> None:
        """Take back receipts that the ESME has not answered in time."""
        if not self._session.outstanding:
            return
        expired = self._session.expire_delivers(sent_before)
        if expired:
            self.account.receipts.put_back(self, _receipts(expired), now)


def act_without_account(event: SessionEvent, tell: ConnectionTeller) -> CloseReason | None:
    """Act on what means the same before the bind; returns a reason to end the reading."""
    if isinstance(event, Refusal):
        tell.ignored(IgnoredKind(event.kind), event.command_id, event.command_status)
    elif isinstance(event, StreamLost):
        tell.ignored(IgnoredKind.FRAMING)
        return CloseReason.FRAMING_ERROR
    elif isinstance(event, SessionEnded):
        return CloseReason.UNBOUND
    return None


def _receipts(tokens: list[object]) -> list[PendingReceipt]:
    return [token for token in tokens if isinstance(token, PendingReceipt)]
