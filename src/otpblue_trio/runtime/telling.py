"""What one connection tells the observer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from otpblue_trio.runtime.observer import (
    BindAccepted,
    BindRefused,
    CloseReason,
    ConnectionClosed,
    ConnectionOpened,
    ConnectionTrouble,
    PduIgnored,
)

if TYPE_CHECKING:
    from otpblue_trio.policy.client_certificates import ClientCertificate
    from otpblue_trio.policy.verdicts import Reason
    from otpblue_trio.runtime.listeners import Peer
    from otpblue_trio.runtime.observer import IgnoredKind, Observer
    from otpblue_trio.session import SmppSession

__all__ = ["ConnectionTeller"]


class ConnectionTeller:
    """Tells the observer what happens on one connection, which begins now.

    Args:
      observer: is told.
      connection_id: of the connection.
      peer: who is at the other end.
      listener: the kind of listener.

    Attributes:
      peer: who is at the other end; its owner may learn better.
      opened_at: Trio time when it began.
    """

    __slots__ = ("_connection_id", "_has_opened", "_listener", "_observe", "opened_at", "peer")

    def __init__(self, observer: Observer, connection_id: int, peer: Peer, listener: str) -> None:
        self._observe = observer.observe
        self._connection_id = connection_id
        self._listener = listener
        self._has_opened = False
        self.peer = peer
        self.opened_at = trio.current_time()

    def opened(self) -> None:
        """Tell that it is open, once it is known who is there."""
        self._has_opened = True
        self._observe(
            ConnectionOpened(
                connection_id=self._connection_id, peer=self.peer.text, listener=self._listener
            )
        )

    def closed(self, reason: CloseReason, *, system_id: str, submits: int, detail: str) -> None:
        """Tell that it is closed, and first that it was open if nobody knows.

        Args:
          reason: what ended it.
          system_id: of the account it was bound with, or empty.
          submits: messages it has brought.
          detail: more about the reason, or empty.
        """
        if not self._has_opened:
            self.opened()
        self._observe(
            ConnectionClosed(
                connection_id=self._connection_id,
                peer=self.peer.text,
                system_id=system_id,
                reason=reason,
                duration=trio.current_time() - self.opened_at,
                submits=submits,
                detail=detail,
            )
        )

    def trouble(self, error: BaseException) -> None:
        """Tell of an accident that ends it."""
        self._observe(
            ConnectionTrouble(connection_id=self._connection_id, peer=self.peer.text, error=error)
        )

    def bind_refused(
        self,
        system_id: str,
        reason: Reason,
        command_status: int,
        certificate: ClientCertificate | None,
    ) -> None:
        """Tell of a bind that was refused, and what certificate the ESME had shown."""
        self._observe(
            BindRefused(
                connection_id=self._connection_id,
                peer=self.peer.text,
                system_id=system_id,
                reason=reason,
                command_status=command_status,
                certificate=certificate.fingerprint if certificate is not None else "",
            )
        )

    def bind_accepted(self, system_id: str, session: SmppSession, sessions: int) -> None:
        """Tell of a bind that was accepted, the last of so many sessions of its account."""
        self._observe(
            BindAccepted(
                connection_id=self._connection_id,
                peer=self.peer.text,
                system_id=system_id,
                bind_mode=session.state.value,
                interface_version=session.interface_version,
                sessions=sessions,
            )
        )

    def ignored(self, kind: IgnoredKind, command_id: int = 0, command_status: int = 0) -> None:
        """Tell of octets that were not acted upon."""
        self._observe(
            PduIgnored(
                connection_id=self._connection_id,
                kind=kind,
                command_id=command_id,
                command_status=command_status,
            )
        )
