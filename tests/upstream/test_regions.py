"""The open regions: reading the platform's answer, and asking for it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trio

from otpblue_trio.errors import OtpBlueError
from otpblue_trio.upstream import ControlPlaneError, JsonAnswer, fetch_regions, keep_fetching

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


OPEN = frozenset({"US"})
DOWN = ControlPlaneError("down")


async def fetched_again(
    platform: Platform, *, duration: float
) -> tuple[list[frozenset[str]], list[OtpBlueError]]:
    """Fetch every minute for a while; return the answers and errors that were told."""
    answers: list[frozenset[str]] = []
    errors: list[OtpBlueError] = []
    with trio.move_on_after(duration):
        await keep_fetching(60.0, platform.fetch, on_answer=answers.append, on_error=errors.append)
    return answers, errors


async def test_every_answer_is_told_again(autojump_clock: object) -> None:
    new = frozenset({"NZ", "MT"})
    told = await fetched_again(Platform([OPEN, new]), duration=130.0)
    assert told == ([OPEN, new, new], [])


async def test_every_failure_is_told(autojump_clock: object) -> None:
    told = await fetched_again(Platform([OPEN, DOWN]), duration=70.0)
    assert told == ([OPEN], [DOWN, DOWN])


async def test_failed_fetch_is_tried_again_sooner_and_then_less_often(
    autojump_clock: object,
) -> None:
    platform = Platform([DOWN] * 6 + [OPEN])
    await fetched_again(platform, duration=300.0)
    gaps = [b - a for a, b in zip(platform.asked_at, platform.asked_at[1:], strict=False)]
    assert gaps == pytest.approx([5, 10, 20, 40, 60, 60, 60])


async def test_good_answer_makes_the_next_retry_soon_again(autojump_clock: object) -> None:
    platform = Platform([DOWN, DOWN, OPEN, DOWN, OPEN])
    await fetched_again(platform, duration=90.0)
    gaps = [b - a for a, b in zip(platform.asked_at, platform.asked_at[1:], strict=False)]
    assert gaps == pytest.approx([5, 10, 60, 5])
