"""Deciding a bind: address, certificate, password, session cap, so that an attacker learns little.

Basis: integration guide, "Authentication & IP Security". The address and the client certificate are
judged before the password, so whoever lacks one of them learns nothing about it; a failure is
counted before the password check starts, so any number of pipelined or parallel binds tries no more
passwords than the block allows; an unknown system_id takes as long as a wrong password, and costs
the same work. Where accounts may have to be looked up elsewhere, which takes a time of its own, the
refusal of either is put off to the next full `refusal_period`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from otpblue_trio.policy.binds import (
    BindGate,
    address_is_allowed,
    check_bind_fields,
    subject_of,
)
from otpblue_trio.policy.client_certificates import certificate_is_accepted
from otpblue_trio.policy.verdicts import Reason
from otpblue_trio.runtime.protocols import AccountsUnavailable

if TYPE_CHECKING:
    from otpblue_trio.policy.client_certificates import ClientCertificate
    from otpblue_trio.policy.types import Account, IpAddress
    from otpblue_trio.runtime.accounts import AccountRegistry, AccountState
    from otpblue_trio.runtime.protocols import AccountSource, PasswordVerifier
    from otpblue_trio.smpp import BindRequest

__all__ = ["BindDesk"]


class BindDesk:
    """Decides every bind; one for the gateway.

    Args:
      accounts: where accounts are found.
      verifier: checks passwords off the event loop.
      gate: counts failures of addresses.
      registry: holds the state of those who got in.
      refusal_period: wrong credentials are refused a whole number of these seconds after the bind,
        at least one; 0: as soon as that is known. The wait is the client's alone: it holds no
        password check, and the failure counts before it.
    """

    def __init__(
        self,
        *,
        accounts: AccountSource,
        verifier: PasswordVerifier,
        gate: BindGate,
        registry: AccountRegistry,
        refusal_period: float,
    ) -> None:
        self._accounts = accounts
        self._verifier = verifier
        self._gate = gate
        self._registry = registry
        self._refusal_period = refusal_period
        self._decided: trio.Event | None = None
        """Not before somebody waits for what becomes of another's attempt."""

    async def decide(
        self, pdu: BindRequest, address: IpAddress, certificate: ClientCertificate | None
    ) -> AccountState | Reason:
        """Return the account to bind with, or the reason to refuse.

        Args:
          pdu: the bind.
          address: where it comes from.
          certificate: what the client has shown in the TLS handshake.

        Cancelling abandons the password check; the attempt stays counted as a failure.
        """
        began = trio.current_time()
        decision = await self._judge(pdu, address, certificate)
        period = self._refusal_period
        if decision is Reason.BAD_CREDENTIALS and period:
            await trio.sleep(period - (trio.current_time() - began) % period)
        return decision

    async def _judge(
        self, pdu: BindRequest, address: IpAddress, certificate: ClientCertificate | None
    ) -> AccountState | Reason:
        fault = check_bind_fields(pdu.system_id, pdu.password, pdu.system_type, pdu.address_range)
        if fault is not None:
            return self.refuse_unreadable(address, fault)
        gate = self._gate
        subject = subject_of(address)
        if gate.is_blocked(subject, trio.current_time()) and await self._stays_blocked(subject):
            return Reason.ADDRESS_BLOCKED
        try:
            account = await self._accounts.find(pdu.system_id)
        except AccountsUnavailable:
            return Reason.DIRECTORY_DOWN
        # Other connections of this address may have failed meanwhile.
        if gate.is_blocked(subject, trio.current_time()) and await self._stays_blocked(subject):
            return Reason.ADDRESS_BLOCKED
        gate.attempt(subject, trio.current_time())
        is_right = False
        try:
            if account is not None:
                unfit = _unfit(account, address, certificate)
                if unfit is not None:
                    return unfit
            is_right = await self._verifier.verify(account, pdu.password)
        finally:
            now = trio.current_time()
            if is_right:
                gate.succeeded(subject, now)
            else:
                gate.failed(subject)
            if self._decided is not None:
                self._decided.set()
                self._decided = None
        if account is None or not is_right:
            return Reason.BAD_CREDENTIALS
        return await self._enter(account, address, certificate)

    async def _enter(
        self, checked: Account, address: IpAddress, certificate: ClientCertificate | None
    ) -> AccountState | Reason:
        """Let an ESME in under the account as it is by now, which a reload may have changed."""
        try:
            account = await self._accounts.find(checked.system_id)
        except AccountsUnavailable:
            account = checked
        if account is None or account.password != checked.password:
            return Reason.BAD_CREDENTIALS
        unfit = _unfit(account, address, certificate)
        if unfit is not None:
            return unfit
        state = self._registry.enter(account, trio.current_time())
        if len(state.sessions) >= account.max_sessions:
            return Reason.TOO_MANY_SESSIONS
        return state

    async def _stays_blocked(self, subject: int) -> bool:
        """Wait while a block hangs on checks that still run, then tell whether it stands.

        Many good sessions that reconnect at once look like as many guesses until their passwords
        are checked.
        """
        gate = self._gate
        while gate.is_undecided(subject, trio.current_time()):
            if self._decided is None:
                self._decided = trio.Event()
            await self._decided.wait()
        return gate.is_blocked(subject, trio.current_time())

    def refuse_unreadable(self, address: IpAddress, reason: Reason) -> Reason:
        """Count a bind whose fields cannot be used, and return why it is refused."""
        gate = self._gate
        subject = subject_of(address)
        now = trio.current_time()
        if gate.is_blocked(subject, now):
            return Reason.ADDRESS_BLOCKED
        gate.attempt(subject, now)
        gate.failed(subject)
        return reason


def _unfit(
    account: Account, address: IpAddress, certificate: ClientCertificate | None
) -> Reason | None:
    """Return why a connection may not bind as an account, whatever its password; None if it may."""
    if not address_is_allowed(address, account.allowed_ips):
        return Reason.ADDRESS_NOT_ALLOWED
    if not certificate_is_accepted(certificate, account):
        return Reason.CERTIFICATE_NOT_ACCEPTED
    return None
