"""The account directory: OTP Blue's back office as a cached source of accounts.

What an entry of the cache knows is either an account or that there is none. It is fresh for a while
(`ttl`, or `NEGATIVE_TTL` for an absence), then asked for again. While the directory is down, an
account that was ever seen goes on serving; it is tried again after `RETRY_AFTER`, so that an outage
costs its clients one time-out now and then instead of one per bind. An absence is not carried over
an outage: the account may have been created since.

One call per system_id is under way at a time; whoever asks meanwhile shares its answer. When the
task that calls is cancelled, one of those who wait calls in its place.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import TYPE_CHECKING

import attrs
import trio

from otpblue_trio.errors import OtpBlueError
from otpblue_trio.policy.types import Account
from otpblue_trio.smpp.constants import MAX_SYSTEM_ID_CHARACTERS
from otpblue_trio.upstream.control_plane import ControlPlaneError, GetJson, JsonAnswer
from otpblue_trio.upstream.directory_reply import BadReply, account_of_reply

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["AccountDirectory", "DirectoryDown"]

NEGATIVE_TTL = 60.0
"""Seconds for which an absent account is not asked for again: a new one can bind a minute later."""

RETRY_AFTER = 30.0
"""Seconds for which a known account is served without asking again after the directory failed."""

_PATH = "/imsg/api/v1/smpp/auth/"


class DirectoryDown(OtpBlueError):
    """The directory does not answer and nothing is known of the account asked for."""


@attrs.define
class _Entry:
    """What is known of one system_id; `account` None: there is none."""

    account: Account | None
    fresh_until: float


@attrs.define(eq=False)
class _Call:
    """One call under way; `answer` is None while it is, and when its task was cancelled."""

    ended: trio.Event = attrs.field(factory=trio.Event)
    answer: _Entry | DirectoryDown | None = None
    is_stale: bool = False
    """True when the account was invalidated meanwhile: the answer may be older than that."""


class AccountDirectory:
    """Finds accounts by system_id.

    Args:
      get_json: fetches a document; `ControlPlane.get_json`.
      base_url: where the directory is, e.g. `https://backend.example.com`.
      key: the directory's own key.
      clock: the time in seconds; `trio.current_time`.
      ttl: seconds for which an account is served from memory; 0 asks every time.
      defaults: an account whose settings stand where a reply has none; its identity is not used.
      plain_passwords: False: an account whose password is no hash is none.
      on_trouble: told in one sentence, free of secrets, of replies that hold no valid account and
        of calls that failed.
      max_accounts: how many entries are remembered; the least recently used are forgotten.

    Attributes:
      defaults: as given; another one holds for replies from then on.
    """

    def __init__(
        self,
        get_json: GetJson,
        *,
        base_url: str,
        key: str,
        clock: Callable[[], float],
        ttl: float = 1800.0,
        defaults: Account | None = None,
        plain_passwords: bool = True,
        on_trouble: Callable[[str], None] | None = None,
        max_accounts: int = 10_000,
    ) -> None:
        self._get_json = get_json
        self._url = base_url.rstrip("/") + _PATH
        self._key = key
        self._clock = clock
        self._ttl = ttl
        self.defaults = defaults or Account(system_id="", password="", api_key="")
        self._plain_passwords = plain_passwords
        self._on_trouble = on_trouble
        self._max_accounts = max_accounts
        # Absences are kept apart, so that guesses at names cannot push accounts out.
        self._accounts: OrderedDict[str, _Entry] = OrderedDict()
        self._absences: OrderedDict[str, _Entry] = OrderedDict()
        self._calls: dict[str, _Call] = {}

    async def find(self, system_id: str) -> Account | None:
        """Return an account, or None when the directory has none of that name.

        A disabled account is returned as it is. Cancelling loses nothing: others who wait for the
        same account are not disturbed.

        Args:
          system_id: as a client gave it.

        Raises:
          DirectoryDown: no answer came and the account was never seen.
        """
        if not 0 < len(system_id) <= MAX_SYSTEM_ID_CHARACTERS:
            return None
        while True:
            entry = self._fresh(system_id)
            if entry is not None:
                return entry.account
            call = self._calls.get(system_id)
            if call is None:
                call = self._calls[system_id] = _Call()
                await self._call(system_id, call)
            else:
                await call.ended.wait()
            if call.answer is not None and not call.is_stale:
                return _account_of(call.answer)

    def invalidate(self, system_id: str | None = None) -> None:
        """Have an account, or with None all of them, asked for again at the next `find`.

        What is known still serves while the directory is down.
        """
        if system_id is None:
            self._absences.clear()
            entries = list(self._accounts.values())
            calls = list(self._calls.values())
        else:
            self._absences.pop(system_id, None)
            calls = [self._calls[system_id]] if system_id in self._calls else []
            entries = [self._accounts[system_id]] if system_id in self._accounts else []
        for entry in entries:
            entry.fresh_until = -math.inf
        for call in calls:
            call.is_stale = True

    def _fresh(self, system_id: str) -> _Entry | None:
        now = self._clock()
        for entries in (self._accounts, self._absences):
            entry = entries.get(system_id)
            if entry is not None and now < entry.fresh_until:
                entries.move_to_end(system_id)
                return entry
        return None

    async def _call(self, system_id: str, call: _Call) -> None:
        """Ask the directory, and let everybody who waits for this account know the answer."""
        try:
            call.answer = await self._ask(system_id)
            if call.is_stale:
                self.invalidate(system_id)
        finally:
            del self._calls[system_id]
            call.ended.set()

    async def _ask(self, system_id: str) -> _Entry | DirectoryDown:
        try:
            answer = await self._get_json(
                self._url, api_key=self._key, params={"system_id": system_id}
            )
        except ControlPlaneError as error:
            return self._unanswered(system_id, str(error))
        if answer.status not in (200, 404):
            return self._unanswered(system_id, f"HTTP status {answer.status}")
        return self._answered(system_id, answer)

    def _answered(self, system_id: str, answer: JsonAnswer) -> _Entry:
        account = None
        if answer.status == 200:
            try:
                account = account_of_reply(
                    answer.body, system_id, self.defaults, plain_passwords=self._plain_passwords
                )
            except BadReply as error:
                self._trouble(
                    f"the account directory sent no valid account for {system_id!r}: {error}"
                )
        if account is None:
            self._accounts.pop(system_id, None)
            return self._keep(self._absences, system_id, _Entry(None, self._clock() + NEGATIVE_TTL))
        self._absences.pop(system_id, None)
        return self._keep(self._accounts, system_id, _Entry(account, self._clock() + self._ttl))

    def _unanswered(self, system_id: str, reason: str) -> _Entry | DirectoryDown:
        self._trouble(f"the account directory does not answer: {reason}")
        entry = self._accounts.get(system_id)
        if entry is None:
            return DirectoryDown("the account directory does not answer")
        entry.fresh_until = self._clock() + RETRY_AFTER
        return entry

    def _keep(self, entries: OrderedDict[str, _Entry], system_id: str, entry: _Entry) -> _Entry:
        entries[system_id] = entry
        entries.move_to_end(system_id)
        while len(entries) > self._max_accounts:
            entries.popitem(last=False)
        return entry

    def _trouble(self, text: str) -> None:
        if self._on_trouble is not None:
            self._on_trouble(text)


def _account_of(answer: _Entry | DirectoryDown) -> Account | None:
    if isinstance(answer, DirectoryDown):
        # A new one each time: several tasks may raise the answer of one call.
        raise DirectoryDown(*answer.args)
    return answer.account
