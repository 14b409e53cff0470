"""The request history, page by page."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime
from random import Random
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otpblue_trio.upstream import (
    ControlPlaneError,
    HistoryItem,
    JsonAnswer,
    SimulatorSite,
    fetch_history,
)
from otpblue_trio.upstream.simulator_site import SiteRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

URL = "https://api.example.com/imsg/api/v1/otp/history/requests/"
ITEM = {
    "id": "92c08440-0000-4000-8000-000000000000",
    "create_date": "2025-11-30T23:29:59Z",
    "region": "CI",
    "contact": "+2250151944376",
    "sender": "1xBet",
    "status": "failed",
    "text": "9797184",
    "language": "en",
    "error_code": 150,
}


class Pages:
    """A platform with these pages; notes the queries."""

    def __init__(self, *pages: object, status: int = 200) -> None:
        self._pages = pages
        self._status = status
        self.queries: list[Mapping[str, str]] = []

    async def __call__(
        self, url: str, *, api_key: str, params: Mapping[str, str] | None = None
    ) -> JsonAnswer:
        assert (url, api_key) == (URL, "key")
        query = params or {}
        self.queries.append(query)
        return JsonAnswer(self._status, self._pages[int(query["page"]) - 1])


def page(*items: Mapping[str, object], num_pages: int = 1) -> dict[str, object]:
    return {"count": len(items), "items": list(items), "num_pages": num_pages, "page": 1}


async def fetched(pages: Pages, max_pages: int = 100) -> tuple[HistoryItem, ...]:
    return await fetch_history(
        pages,
        URL,
        api_key="key",
        from_date=date(2025, 11, 1),
        to_date=date(2025, 11, 30),
        max_pages=max_pages,
    )


async def test_item_is_read_as_the_platform_writes_it() -> None:
    assert await fetched(Pages(page(ITEM))) == (
        HistoryItem(
            message_id="92c08440-0000-4000-8000-000000000000",
            created=datetime(2025, 11, 30, 23, 29, 59, tzinfo=UTC),
            contact="+2250151944376",
            status="failed",
            region="CI",
            sender="1xBet",
            text="9797184",
            language="en",
            error_code=150,
        ),
    )


async def test_query_names_the_days_and_the_largest_page() -> None:
    pages = Pages(page())
    await fetched(pages)
    assert pages.queries == [
        {"from_date": "2025-11-01", "to_date": "2025-11-30", "page": "1", "per_page": "1000"}
    ]


async def test_missing_and_null_fields_take_their_defaults() -> None:
    item = {"id": "x", "create_date": "2025-11-30T23:29:59", "contact": "+1", "status": "delivered"}
    [read] = await fetched(Pages(page({**item, "error_code": None, "sender": None, "new": 1})))
    assert (read.error_code, read.sender, read.status) == (0, "", "delivered")
    assert read.created.tzinfo is UTC


async def test_all_pages_are_fetched_in_order() -> None:
    pages = Pages(*(page({**ITEM, "id": str(n)}, num_pages=3) for n in range(3)))
    assert [item.message_id for item in await fetched(pages)] == ["0", "1", "2"]


async def test_item_that_moved_to_the_next_page_is_given_once() -> None:
    first, second = {**ITEM, "id": "1"}, {**ITEM, "id": "2"}
    pages = Pages(page(first, second, num_pages=2), page(second, num_pages=2))
    assert [item.message_id for item in await fetched(pages)] == ["1", "2"]


async def test_unwanted_items_are_left_out_of_what_is_kept() -> None:
    pages = Pages(*(page({**ITEM, "id": str(n)}, num_pages=2) for n in range(2)))
    told: list[tuple[int, int]] = []
    items = await fetch_history(
        pages,
        URL,
        api_key="key",
        from_date=date(2025, 11, 1),
        to_date=date(2025, 11, 30),
        wanted=lambda item: item.message_id == "1",
        on_page=lambda *place: told.append(place),
    )
    assert [item.message_id for item in items] == ["1"]
    assert told == [(1, 2), (2, 2)]


@pytest.mark.parametrize("count", [2, 1500])
async def test_fewer_items_than_the_platform_counts_are_a_failure(count: int) -> None:
    with pytest.raises(ControlPlaneError, match=f"has {count} items and gave 1"):
        await fetched(Pages({**page(ITEM), "count": count}))


async def test_empty_page_before_the_last_is_a_failure_where_items_are_missing() -> None:
    pages = Pages({**page(num_pages=3), "count": 2}, page(ITEM, num_pages=3))
    with pytest.raises(ControlPlaneError, match="has 2 items and gave 0"):
        await fetched(pages)


async def test_empty_page_is_the_last() -> None:
    pages = Pages(page(ITEM, num_pages=9), page(num_pages=9))
    assert len(await fetched(pages)) == 1


@pytest.mark.parametrize(("max_pages", "fits"), [(1, False), (2, True), (3, True)])
async def test_pages_are_bounded(max_pages: int, fits: bool) -> None:
    pages = Pages(*(page({**ITEM, "id": str(n)}, num_pages=2) for n in range(2)))
    if fits:
        assert len(await fetched(pages, max_pages)) == 2
    else:
        with pytest.raises(ControlPlaneError, match="2 pages"):
            await fetched(pages, max_pages)


async def test_other_status_is_a_failure() -> None:
    with pytest.raises(ControlPlaneError, match="500"):
        await fetched(Pages(page(ITEM), status=500))


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        7,
        "text",
        {},
        {"items": {}, "num_pages": 1},
        {"items": [7], "num_pages": 1},
        {"items": [], "num_pages": "x"},
        page({**ITEM, "id": 7}),
        page({**ITEM, "create_date": "yesterday"}),
        page({**ITEM, "error_code": [150]}),
    ],
)
async def test_page_that_is_not_as_agreed_is_a_failure(body: object) -> None:
    with pytest.raises(ControlPlaneError) as caught:
        await fetched(Pages(body))
    assert "+2250151944376" not in str(caught.value)
    assert "9797184" not in str(caught.value)


_JSON: st.SearchStrategy[object] = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.just([]) | st.just({})
)


@given(
    st.fixed_dictionaries(
        {}, optional={"num_pages": _JSON, "items": _JSON | st.lists(_JSON, max_size=2)}
    )
)
async def test_any_page_is_read_or_refused(body: dict[str, Any]) -> None:
    with suppress(ControlPlaneError):
        assert isinstance(await fetched(Pages(body), max_pages=1), tuple)


async def test_simulated_platform_is_understood() -> None:
    site = SimulatorSite(
        random=Random(1),
        wall_clock=lambda: datetime(2025, 11, 30, tzinfo=UTC),
    )
    headers = {"authorization": "key"}
    for ending in ("2671", "0150"):
        body = orjson.dumps({"contact": "+1415555" + ending, "code": "482910"})
        site.answer(SiteRequest("POST", "/imsg/api/v1.1/otp/send/", headers, body))

    async def get_json(
        url: str, *, api_key: str, params: Mapping[str, str] | None = None
    ) -> JsonAnswer:
        target = "/imsg/api/v1/otp/history/requests/?" + urlencode(params or {})
        answer = site.answer(SiteRequest("GET", target, headers, b""))
        return JsonAnswer(answer.status, orjson.loads(answer.body))

    items = await fetch_history(
        get_json, URL, api_key="key", from_date=date(2025, 11, 30), to_date=date(2025, 11, 30)
    )
    assert [(item.status, item.error_code) for item in items] == [
        ("failed", 150),
        ("delivered", 0),
    ]


async def test_item_hides_number_and_text() -> None:
    [item] = await fetched(Pages(page(ITEM)))
    assert "944376" not in repr(item)
    assert "9797184" not in repr(item)
