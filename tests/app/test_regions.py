"""The open regions: what the platform answers goes to the admission, and news to the operator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from otpblue_trio.app.regions import keep_regions_fresh
from otpblue_trio.config import Platform
from otpblue_trio.policy import OPEN_BY_DEFAULT, Admission, CodeFinder, NumberReader
from otpblue_trio.upstream import ControlPlaneError, JsonAnswer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

REFRESH = 60.0
SETTINGS = Platform(regions_refresh=REFRESH)


class ControlPlane:
    """Answers with the regions of a script, the last for ever; None: it is down."""

    def __init__(self, script: Iterable[Iterable[str] | None]) -> None:
        self._script = list(script)
        self.keys: list[str] = []

    async def get_json(
        self, url: str, *, api_key: str, params: Mapping[str, str] | None = None
    ) -> JsonAnswer:
        assert url == SETTINGS.regions_url
        self.keys.append(api_key)
        regions = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        if regions is None:
            raise ControlPlaneError("down")
        return JsonAnswer(200, {"regions": [{"code": code} for code in regions]})


async def kept_fresh(
    control: ControlPlane,
    *,
    settings: Platform = SETTINGS,
    keys: Iterable[str] = ("key",) * 100,
    answers: int = 3,
) -> tuple[frozenset[str], list[tuple[str, str]]]:
    """Let some answers come; return the regions that the admission has, and what was told."""
    admission = Admission(NumberReader(), CodeFinder())
    notices: list[tuple[str, str]] = []
    with trio.move_on_after(REFRESH * (answers - 0.5)):
        await keep_regions_fresh(
            settings,
            admission,
            control.get_json,
            api_key=iter(keys).__next__,
            notice=lambda level, text: notices.append((level, text)),
        )
    return admission.open_regions, notices


async def test_answer_takes_the_place_of_the_built_in_list_and_is_told_once(
    autojump_clock: object,
) -> None:
    regions, notices = await kept_fresh(ControlPlane([["NZ", "MT"]]))
    assert regions == {"NZ", "MT"}
    assert notices == [("info", "the platform has 2 regions open")]


async def test_answer_that_is_the_built_in_list_is_no_news(autojump_clock: object) -> None:
    assert await kept_fresh(ControlPlane([OPEN_BY_DEFAULT])) == (OPEN_BY_DEFAULT, [])


async def test_last_good_answer_stays_while_the_platform_fails(autojump_clock: object) -> None:
    regions, notices = await kept_fresh(ControlPlane([["NZ"], None]))
    assert regions == {"NZ"}
    assert notices[1:]
    assert set(notices[1:]) == {("warning", "the open regions are not known anew: down")}


async def test_key_is_asked_for_at_each_call(autojump_clock: object) -> None:
    control = ControlPlane([["NZ"]])
    await kept_fresh(control, keys=["looked at", "one", "two", "three"])
    assert control.keys == ["one", "two", "three"]


async def test_without_a_key_the_platform_is_not_asked(autojump_clock: object) -> None:
    control = ControlPlane([["NZ"]])
    regions, notices = await kept_fresh(control, keys=[""])
    assert (regions, control.keys) == (OPEN_BY_DEFAULT, [])
    assert [level for level, _ in notices] == ["warning"]


async def test_with_refresh_0_the_platform_is_not_asked(autojump_clock: object) -> None:
    control = ControlPlane([["NZ"]])
    told = await kept_fresh(control, settings=Platform(regions_refresh=0.0))
    assert told == (OPEN_BY_DEFAULT, [])
    assert control.keys == []
