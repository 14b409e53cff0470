"""Asking the platform what became of messages whose outcome is unknown."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING

from otpblue_trio.app.clock import epoch_seconds
from otpblue_trio.app.control import make_control, make_directory, platform_context
from otpblue_trio.app.fates import Requests, Windows, find_fates
from otpblue_trio.errors import OtpBlueError
from otpblue_trio.store import CdrQuery, find_cdrs, find_key
from otpblue_trio.upstream import ControlPlaneError, DirectoryDown, fetch_history

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from otpblue_trio.app.fates import Fate
    from otpblue_trio.config import Config
    from otpblue_trio.store import CdrEntry
    from otpblue_trio.upstream import AccountDirectory

__all__ = ["NoHistoryError", "reconcile"]

_MOST_PAGES = 10_000
"""Of a thousand requests each, and some tenths of a second to fetch."""
_NUMBERS_AT_ONCE = 10_000
"""Numbers in one query; SQLite takes 32,766."""
_hashed = re.compile("[0-9a-f]{32}").fullmatch


class NoHistoryError(OtpBlueError):
    """There is nobody to ask."""


async def reconcile(
    config: Config,
    database: Path,
    unknown: Sequence[CdrEntry],
    *,
    on_trouble: Callable[[str], None],
    on_page: Callable[[int, int], None],
) -> list[Fate | None]:
    """Ask the platform's history what became of messages.

    The history comes by whole days, account by account. Cancelling loses what was fetched.

    Args:
      config: of the gateway: where the platform is, and the accounts' keys.
      database: where the records are.
      unknown: those whose outcome is unknown.
      on_trouble: told in one sentence of each account whose history could not be had.
      on_page: told after each page of a history which one it was and how many there are.

    Returns:
      What became of each, in the order of the records; None where the history could not be had.

    Raises:
      NoHistoryError: the configuration has the simulator for a platform.
      TlsError: the platform's CA file cannot be used.
      StoreError: the records cannot be read.
    """
    control = make_control(config.platform, platform_context(config.platform))
    if control is None:
        raise NoHistoryError('platform.kind is "simulator": it has no history of requests')
    longest = config.platform.timeout
    key = find_key(database)
    asked = [n for n, record in enumerate(unknown) if key is not None or not _is_hash(record)]
    if len(asked) < len(unknown):
        count = len(unknown) - len(asked)
        on_trouble(f"{database}.key is not there: hashed numbers of {count} messages are not known")
    directory = make_directory(config, on_trouble=on_trouble)
    keys = _Keys(config, directory)
    fates: dict[int, Fate] = {}
    by_key: dict[str, list[int]] = {}
    for n in asked:
        api_key = await keys.find(unknown[n].system_id)
        if api_key is not None:
            by_key.setdefault(api_key, []).append(n)
    for name in sorted(keys.missing):
        on_trouble(f"{name}: no API key: neither the configuration nor the directory has one")
    for api_key, mine in by_key.items():
        records = [unknown[n] for n in mine]
        windows = Windows(records, longest)
        try:
            items = await fetch_history(
                control.get_json,
                config.platform.history_url,
                api_key=api_key,
                from_date=_day(windows.first),
                to_date=_day(windows.last),
                wanted=partial(windows.may_have, key=key),
                on_page=on_page,
                max_pages=_MOST_PAGES,
            )
        except ControlPlaneError as error:
            names = ", ".join(sorted({record.system_id for record in records}))
            on_trouble(f"{names}: {error}")
            continue
        requests = Requests(items, longest, key)
        others = [
            record
            for record in _others(database, windows, requests)
            if await keys.find(record.system_id) == api_key
        ]
        # Those that nobody asked about may have made the same requests.
        shown = set(records)
        every = records + [r for r in others if not r.outcome_known and r not in shown]
        known = [record for record in others if record.outcome_known]
        found = find_fates(every, known, requests, now=epoch_seconds())
        fates.update(zip(mine, found, strict=False))
    return [fates.get(n) for n in range(len(unknown))]


def _is_hash(record: CdrEntry) -> bool:
    return _hashed(record.destination) is not None


def _others(database: Path, windows: Windows, requests: Requests) -> Iterator[CdrEntry]:
    """Yield all records that some requests may be of."""
    numbers = requests.numbers
    for start in range(0, len(numbers), _NUMBERS_AT_ONCE):
        some = tuple(numbers[start : start + _NUMBERS_AT_ONCE])
        query = CdrQuery(since=windows.first, until=windows.last_answer, destinations=some)
        yield from filter(requests.may_be_of, find_cdrs(database, query))


class _Keys:
    """The API keys of accounts, in the configuration or the directory.

    Attributes:
      missing: accounts that have none.
    """

    def __init__(self, config: Config, directory: AccountDirectory | None) -> None:
        self._keys: dict[str, str | None] = {
            account.system_id: account.api_key for account in config.accounts
        }
        self._directory = directory
        self.missing: set[str] = set()

    async def find(self, system_id: str) -> str | None:
        """Return the key of an account; None: it is not to be had."""
        if system_id not in self._keys:
            self._keys[system_id] = await self._ask(system_id)
        if self._keys[system_id] is None:
            self.missing.add(system_id)
        return self._keys[system_id]

    async def _ask(self, system_id: str) -> str | None:
        if self._directory is None:
            return None
        try:
            found = await self._directory.find(system_id)
        except DirectoryDown:
            return None
        return found.api_key if found is not None else None


def _day(moment: float) -> date:
    return datetime.fromtimestamp(moment, UTC).date()
