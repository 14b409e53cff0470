"""Who waits for what: submitted messages and the requests to the platform that answer them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from otpblue_trio.policy.types import Outcome
    from otpblue_trio.runtime.accounts import AccountState
    from otpblue_trio.runtime.bound_session import BoundSession
    from otpblue_trio.smpp import DataSm, SubmitSm

__all__ = ["Exchange", "ExchangeKey", "Waiter"]

ExchangeKey = tuple[str, str, str, str, str]
"""system_id, number, code, text, sender: equal for messages that are the same message."""


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
      contact: the number, in E.164.
      sender: the sender shown.
      region: ISO region of the number.
      waiters: those not answered yet.
      outcome: once there is one.
      short_id: the gateway's own message id, once somebody needed one.
      answers_until: when it is forgotten, once it is remembered for its repetitions.
    """

    __slots__ = (
        "answers_until",
        "contact",
        "key",
        "outcome",
        "region",
        "sender",
        "short_id",
        "waiters",
    )

    def __init__(self, key: ExchangeKey, region: str, waiters: list[Waiter]) -> None:
        self.key = key
        _, self.contact, _, _, self.sender = key
        self.region = region
        self.waiters = waiters
        self.answers_until = 0.0
        self.outcome: Outcome | None = None
        self.short_id = ""
