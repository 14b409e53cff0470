"""Who waits for what: submitted messages and the requests to the platform that answer them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from otpblue_trio.policy.types import Outcome, SendRequest
    from otpblue_trio.runtime.accounts import AccountState
    from otpblue_trio.runtime.bound_session import BoundSession
    from otpblue_trio.smpp import DataSm, SubmitSm

__all__ = ["Exchange", "ExchangeKey", "Waiter", "key_of"]

ExchangeKey = str
"""Equal for messages that are the same message: see `key_of`."""


def key_of(request: SendRequest) -> ExchangeKey:
    """Return what two messages have in common exactly when they are the same message.

    That is account, number, code, sender and text, of which only the text may hold a NUL.
    """
    return (
        f"{request.system_id}\0{request.contact}\0{request.code}\0{request.sender}\0{request.text}"
    )


class Waiter:
    """One submitted message that waits for its answer.

    Attributes:
      joined: True when another message's request answers it.
    """

    __slots__ = ("account", "joined", "pdu", "received_at", "session")

    def __init__(
        self,
        session: BoundSession,
        account: AccountState,
        pdu: SubmitSm | DataSm,
        received_at: float,
    ) -> None:
        self.session = session
        self.account = account
        self.pdu = pdu
        self.received_at = received_at
        self.joined = False


class Exchange:
    """One request to the platform and everybody who waits for its outcome.

    Attributes:
      request: what the platform is asked.
      waiters: those not answered yet.
      outcome: once there is one.
      short_id: the gateway's own message id, once somebody needed one.
    """

    __slots__ = ("key", "outcome", "request", "short_id", "waiters")

    def __init__(self, key: ExchangeKey, request: SendRequest, waiters: list[Waiter]) -> None:
        self.key = key
        self.request = request
        self.waiters = waiters
        self.outcome: Outcome | None = None
        self.short_id = ""
