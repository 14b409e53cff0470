"""Which regions the platform has open, fetched now and then."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import trio

from otpblue_trio.errors import OtpBlueError
from otpblue_trio.upstream.control_plane import ControlPlaneError, GetJson

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["fetch_regions", "keep_fetching"]

_REGION = re.compile(r"[A-Z]{2}", re.ASCII)
_FIRST_RETRY = 5.0
"""Seconds from a failed fetch to the next; doubles with each further one."""


async def fetch_regions(get_json: GetJson, url: str, *, api_key: str) -> frozenset[str]:
    """Ask the platform which regions are open for sending.

    Entries that are no region are passed over; codes come out in upper case.

    Args:
      get_json: fetches a document; `ControlPlane.get_json`.
      url: of the regions call.
      api_key: of any account.

    Returns:
      ISO 3166-1 alpha-2 codes, at least one.

    Raises:
      ControlPlaneError: no answer, or none with a region in it. A platform that has nothing open
        is not believed: it is likelier that the call is broken.
    """
    answer = await get_json(url, api_key=api_key)
    if answer.status != 200:
        raise ControlPlaneError(f"the regions call was answered with HTTP status {answer.status}")
    entries = answer.body.get("regions") if isinstance(answer.body, dict) else None
    if not isinstance(entries, list):
        raise ControlPlaneError("the answer of the regions call holds no list of regions")
    codes = (entry.get("code") for entry in entries if isinstance(entry, dict))
    regions = frozenset(
        code.upper() for code in codes if isinstance(code, str) and _REGION.fullmatch(code.upper())
    )
    if not regions:
        raise ControlPlaneError("the answer of the regions call holds no region")
    return regions


async def keep_fetching(
    refresh: float,
    fetch: Callable[[], Awaitable[frozenset[str]]],
    *,
    on_answer: Callable[[frozenset[str]], None],
    on_error: Callable[[OtpBlueError], None],
) -> None:
    """Fetch the regions at once and then again and again, until cancelled.

    A failed fetch is tried again after a few seconds, then after twice as long and so on, up to
    `refresh`.

    Args:
      refresh: seconds from an answer to the next fetch; more than 0.
      fetch: `fetch_regions` with its arguments.
      on_answer: told of the regions each time, whether they are others than before or not.
      on_error: told of every failed fetch.
    """
    retry = min(_FIRST_RETRY, refresh)
    while True:
        try:
            regions = await fetch()
        except OtpBlueError as error:
            on_error(error)
            await trio.sleep(retry)
            retry = min(2 * retry, refresh)
            continue
        retry = min(_FIRST_RETRY, refresh)
        on_answer(regions)
        await trio.sleep(refresh)
