"""The open regions: reading the platform's answer, and keeping it fresh."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trio

from otpblue_trio.errors import OtpBlueError
from otpblue_trio.upstream import ControlPlaneError, JsonAnswer, RegionBook, fetch_regions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

URL = "https://api.example.com/imsg/api/v1/otp/available-regions/"


class Answering:
    """A control plane with one answer for every call."""

    def __init__(self, body: object, status: int = 200) -> None:
        self._answer = JsonAnswer(status, body)

    async def __call__(
        self, url: str, *, api_key: str, params: Mapping[str, str] | None = None
    ) -> JsonAnswer:
        assert (url, api_key) == (URL, "key")
        return self._answer


async def fetched(body: object, status: int = 200) -> frozenset[str]:
    return await fetch_regions(Answering(body, status), URL, api_key="key")


async def test_codes_are_read_from_the_list() -> None:
    body = {"regions": [{"name": "New Zealand", "code": "NZ"}, {"name": "Malta", "code": "mt"}]}
    assert await fetched(body) == {"NZ", "MT"}


async def test_what_is_no_region_is_passed_over() -> None:
    entries = [{"code": "NZ"}, {"code": "NZL"}, {"code": 7}, {}, "MT", None, {"code": "ßA"}]
    assert await fetched({"regions": entries}) == {"NZ"}


@pytest.mark.parametrize(
    "body", [None, [], {}, {"regions": None}, {"regions": []}, {"regions": [{"code": "NZL"}]}]
)
async def test_answer_without_a_region_is_not_believed(body: object) -> None:
    with pytest.raises(ControlPlaneError):
        await fetched(body)


async def test_other_status_is_not_believed() -> None:
    with pytest.raises(ControlPlaneError, match="401"):
        await fetched({"regions": [{"code": "NZ"}]}, 401)


class Platform:
    """Answers `fetch` from a script, the last entry for ever; notes when it was asked."""

    def __init__(self, script: Sequence[frozenset[str] | OtpBlueError]) -> None:
        self._script = list(script)
        self.asked_at: list[float] = []

    async def fetch(self) -> frozenset[str]:
        self.asked_at.append(trio.current_time())
        answer = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        if isinstance(answer, OtpBlueError):
            raise answer
        return answer


INITIAL = frozenset({"US"})
DOWN = ControlPlaneError("down")


async def kept_fresh(
    book: RegionBook, platform: Platform, *, refresh: float, duration: float
) -> tuple[list[frozenset[str]], list[OtpBlueError]]:
    """Keep a book fresh for a while; return the changes and errors that it told."""
    changes: list[frozenset[str]] = []
    errors: list[OtpBlueError] = []

    async def keep(task_status: trio.TaskStatus[None]) -> None:
        await book.keep_fresh(
            refresh,
            platform.fetch,
            on_change=changes.append,
            on_error=errors.append,
            task_status=task_status,
        )

    with trio.move_on_after(duration):
        async with trio.open_nursery() as nursery:
            await nursery.start(keep)
    return changes, errors


async def test_initial_regions_serve_until_the_first_answer() -> None:
    assert RegionBook(INITIAL).open_regions == INITIAL


async def test_answer_replaces_the_regions_and_is_told(autojump_clock: object) -> None:
    book = RegionBook(INITIAL)
    new = frozenset({"NZ", "MT"})
    changes, errors = await kept_fresh(book, Platform([new]), refresh=60.0, duration=1.0)
    assert book.open_regions == new
    assert (changes, errors) == ([new], [])


async def test_same_answer_is_no_change(autojump_clock: object) -> None:
    platform = Platform([INITIAL])
    changes, _ = await kept_fresh(RegionBook(INITIAL), platform, refresh=60.0, duration=200.0)
    assert changes == []
    assert len(platform.asked_at) == 4


async def test_last_good_answer_stays_while_the_platform_fails(autojump_clock: object) -> None:
    book = RegionBook(INITIAL)
    new = frozenset({"NZ"})
    changes, errors = await kept_fresh(book, Platform([new, DOWN]), refresh=60.0, duration=3600.0)
    assert book.open_regions == new
    assert changes == [new]
    assert errors
    assert all(error is DOWN for error in errors)


async def test_empty_answer_changes_nothing(autojump_clock: object) -> None:
    book = RegionBook(INITIAL)
    changes, _ = await kept_fresh(book, Platform([frozenset()]), refresh=60.0, duration=1.0)
    assert book.open_regions == INITIAL
    assert changes == []


async def test_failed_fetch_is_tried_again_sooner_and_then_less_often(
    autojump_clock: object,
) -> None:
    platform = Platform([DOWN] * 6 + [INITIAL])
    await kept_fresh(RegionBook(INITIAL), platform, refresh=60.0, duration=300.0)
    gaps = [b - a for a, b in zip(platform.asked_at, platform.asked_at[1:], strict=False)]
    assert gaps == pytest.approx([5, 10, 20, 40, 60, 60, 60])


async def test_good_answer_makes_the_next_retry_soon_again(autojump_clock: object) -> None:
    platform = Platform([DOWN, DOWN, INITIAL, DOWN, INITIAL])
    await kept_fresh(RegionBook(INITIAL), platform, refresh=60.0, duration=90.0)
    gaps = [b - a for a, b in zip(platform.asked_at, platform.asked_at[1:], strict=False)]
    assert gaps == pytest.approx([5, 10, 60, 5])


async def test_refresh_0_keeps_the_initial_regions(autojump_clock: object) -> None:
    platform = Platform([frozenset({"NZ"})])
    book = RegionBook(INITIAL)
    await kept_fresh(book, platform, refresh=0.0, duration=100.0)
    assert book.open_regions == INITIAL
    assert platform.asked_at == []
