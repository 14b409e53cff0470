"""The open regions of a running gateway: asked for, and told to the admission."""

from __future__ import annotations

from typing import TYPE_CHECKING

from otpblue_trio.upstream import fetch_regions, keep_fetching

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from otpblue_trio.config import Platform
    from otpblue_trio.errors import OtpBlueError
    from otpblue_trio.policy import Admission
    from otpblue_trio.upstream import GetJson

__all__ = ["keep_regions_fresh"]


async def keep_regions_fresh(
    settings: Platform,
    admission: Admission,
    get_json: GetJson,
    *,
    api_key: Callable[[], str],
    notice: Callable[[str, str], None],
) -> None:
    """Ask the platform again and again which regions are open, until cancelled.

    The last good answer stays while the platform fails. Returns at once where it is not to be
    asked, and where there is no key to ask with.

    Args:
      settings: where to ask and how often.
      admission: has the regions that are known, and gets those of each answer.
      get_json: `ControlPlane.get_json`.
      api_key: the key to ask with, for each call anew; empty: there is none.
      notice: takes a level and a text for the operator.
    """
    if not settings.regions_refresh:
        return
    if not api_key():
        notice(
            "warning",
            "the open regions are those of this release: there is no platform.regions_api_key "
            "and no configured account to ask the platform with",
        )
        return

    def answered(regions: frozenset[str]) -> None:
        if regions != admission.open_regions:
            admission.open_regions = regions
            notice("info", f"the platform has {len(regions)} regions open")

    def failed(error: OtpBlueError) -> None:
        notice("warning", f"the open regions are not known anew: {error}")

    def fetch() -> Awaitable[frozenset[str]]:
        return fetch_regions(get_json, settings.regions_url, api_key=api_key())

    await keep_fetching(settings.regions_refresh, fetch, on_answer=answered, on_error=failed)
