"""Asking the platform what became of messages whose outcome is unknown."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from otpblue_trio.app.control import make_control, make_directory, platform_context
from otpblue_trio.app.fates import Windows, find_fates
from otpblue_trio.errors import OtpBlueError
from otpblue_trio.store import CdrQuery, find_cdrs, find_key
from otpblue_trio.upstream import ControlPlaneError, DirectoryDown, fetch_history

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from otpblue_trio.app.fates import Fate
    from otpblue_trio.config import Config
    from otpblue_trio.store import CdrEntry
    from otpblue_trio.upstream import AccountDirectory, GetJson, HistoryItem

__all__ = ["NoHistoryError", "reconcile"]

_MOST_PAGES = 10_000
"""Of a thousand requests each, and some tenths of a second to fetch."""


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
    known = _known(database, Windows(unknown, longest), longest)
    directory = make_directory(config, on_trouble=on_trouble)
    accounts = {record.system_id for record in (*unknown, *known)}
    keys = {name: await _api_key(config, directory, name) for name in sorted(accounts)}
    fates: dict[int, Fate] = {}
    for api_key in dict.fromkeys(keys[record.system_id] for record in unknown):
        mine = [n for n, record in enumerate(unknown) if keys[record.system_id] == api_key]
        records = [unknown[n] for n in mine]
        names = ", ".join(sorted({record.system_id for record in records}))
        if api_key is None:
            on_trouble(f"{names}: no API key: neither the configuration nor the directory has one")
            continue
        try:
            items = await _history(
                control.get_json,
                config.platform.history_url,
                api_key,
                Windows(records, longest),
                key=key,
                on_page=on_page,
            )
        except ControlPlaneError as error:
            on_trouble(f"{names}: {error}")
            continue
        others = (record for record in known if keys[record.system_id] == api_key)
        found = find_fates(records, others, items, longest=longest, key=key)
        fates.update(zip(mine, found, strict=True))
    return [fates.get(n) for n in range(len(unknown))]


def _known(database: Path, windows: Windows, longest: float) -> list[CdrEntry]:
    """Return the records with a known outcome to the same numbers around the same time."""
    query = CdrQuery(
        since=windows.first,
        # A request of that time may have been answered so much later.
        until=windows.last + longest,
        destinations=tuple(windows.numbers),
    )
    return [
        record
        for record in find_cdrs(database, query)
        if record.outcome_known and windows.may_rival(record)
    ]


async def _api_key(
    config: Config, directory: AccountDirectory | None, system_id: str
) -> str | None:
    for account in config.accounts:
        if account.system_id == system_id:
            return account.api_key
    if directory is None:
        return None
    try:
        found = await directory.find(system_id)
    except DirectoryDown:
        return None
    return found.api_key if found is not None else None


async def _history(
    get_json: GetJson,
    url: str,
    api_key: str,
    windows: Windows,
    *,
    key: bytes | None,
    on_page: Callable[[int, int], None],
) -> tuple[HistoryItem, ...]:
    """Return what the history has to the numbers of records around their time."""
    return await fetch_history(
        get_json,
        url,
        api_key=api_key,
        from_date=_day(windows.first),
        to_date=_day(windows.last),
        wanted=lambda item: windows.may_have(item, key),
        on_page=on_page,
        max_pages=_MOST_PAGES,
    )


def _day(moment: float) -> date:
    return datetime.fromtimestamp(moment, UTC).date()
