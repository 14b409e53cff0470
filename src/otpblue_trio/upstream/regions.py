"""Which regions the platform has open, fetched now and then; the last good answer stays."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import trio

from otpblue_trio.errors import OtpBlueError
from otpblue_trio.upstream.control_plane import ControlPlaneError, GetJson

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["RegionBook", "fetch_regions"]

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


class RegionBook:
    """Knows the open regions, and keeps that knowledge fresh.

    Args:
      initial: what is open until the platform has answered for the first time.
    """

    def __init__(self, initial: frozenset[str]) -> None:
        self._open_regions = initial

    @property
    def open_regions(self) -> frozenset[str]:
        """ISO codes of the last good answer."""
        return self._open_regions

    async def keep_fresh(
        self,
        refresh: float,
        fetch: Callable[[], Awaitable[frozenset[str]]],
        *,
        on_change: Callable[[frozenset[str]], None],
        on_error: Callable[[OtpBlueError], None],
        task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Fetch the regions at once and then again and again, until cancelled.

        A failed fetch changes nothing; it is tried again after a few seconds, then after twice as
        long and so on, up to `refresh`.

        Args:
          refresh: seconds from a good answer to the next fetch; with 0 the initial regions stay
            and the function returns at once.
          fetch: `fetch_regions` with its arguments; an empty answer changes nothing.
          on_change: told of the regions when they are others than before.
          on_error: told of every failed fetch.
          task_status: `started` at once, as there is an answer from the beginning.
        """
        task_status.started()
        if refresh <= 0:
            return
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
            if regions and regions != self._open_regions:
                self._open_regions = regions
                on_change(regions)
            await trio.sleep(refresh)
