"""The platform's own list of past requests, read page by page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

import attrs
from cattrs import Converter
from cattrs.errors import BaseValidationError
from cattrs.gen import make_dict_structure_fn, override

from otpblue_trio.upstream.control_plane import ControlPlaneError, GetJson

__all__ = ["HistoryItem", "fetch_history"]

_PER_PAGE: Final = 1000
"""The most that the platform gives in one page."""


@attrs.frozen(kw_only=True)
class HistoryItem:
    """One request as the platform remembers it."""

    message_id: str
    """`id` in the platform's answer: what the send call returned, when it was delivered."""
    created: datetime
    """With its time zone."""
    contact: str = attrs.field(repr=False)
    status: str
    """`delivered` or `failed`, as the platform writes it."""
    region: str = ""
    sender: str = ""
    text: str = attrs.field(default="", repr=False)
    language: str = ""
    error_code: int = 0
    """The platform's error code; 0: none."""


async def fetch_history(
    get_json: GetJson,
    url: str,
    *,
    api_key: str,
    from_date: date,
    to_date: date,
    wanted: Callable[[HistoryItem], bool] = lambda _item: True,
    on_page: Callable[[int, int], None] = lambda _page, _pages: None,
    max_pages: int = 100,
) -> tuple[HistoryItem, ...]:
    """Fetch the requests of a span of days, page after page.

    Items that a request of the meantime has moved to a later page are given once. Cancelling loses
    what was fetched.

    Args:
      get_json: fetches a document; `ControlPlane.get_json`.
      url: of the history call.
      api_key: of the account.
      from_date: the first day, inclusive.
      to_date: the last day, inclusive.
      wanted: tells which items are kept; a day may have more than memory should hold.
      on_page: told after each page which one it was and how many there are.
      max_pages: the most pages of 1000 items that are fetched.

    Returns:
      The wanted items in the platform's order.

    Raises:
      ControlPlaneError: a page did not come or is not as agreed, there are more than `max_pages`
        (ask for a shorter span), or fewer items came than the platform says there are.
    """
    items: dict[str, HistoryItem] = {}
    came = promised = 0
    page = 1
    while True:
        answer = await get_json(
            url,
            api_key=api_key,
            params={
                "from_date": from_date.isoformat(),
                "to_date": to_date.isoformat(),
                "page": str(page),
                "per_page": str(_PER_PAGE),
            },
        )
        if answer.status != 200:
            raise ControlPlaneError(f"the history was answered with HTTP status {answer.status}")
        read = _page(answer.body)
        for item in filter(wanted, read.items):
            items.setdefault(item.message_id, item)
        on_page(page, read.num_pages)
        came += len(read.items)
        promised = promised or read.count
        if page >= read.num_pages or not read.items:
            if came < promised:
                raise ControlPlaneError(f"the history has {promised} items and gave {came}")
            return tuple(items.values())
        if page >= max_pages:
            raise ControlPlaneError(
                f"the history has {read.num_pages} pages and {max_pages} are fetched at most"
            )
        page += 1


@attrs.frozen(kw_only=True)
class _Page:
    count: int
    items: tuple[HistoryItem, ...]
    num_pages: int


# `Any`: values of JSON that nobody has looked at yet, and types as cattrs hands them to hooks.
def _text(value: Any, _type: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _number(value: Any, _type: Any) -> int:
    if not isinstance(value, int | str) or isinstance(value, bool):
        raise TypeError
    return int(value)


def _moment(value: Any, _type: Any) -> datetime:
    moment = datetime.fromisoformat(_text(value, _type))
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _items(value: Any, _type: Any) -> tuple[HistoryItem, ...]:
    if not isinstance(value, list):
        raise TypeError
    return tuple(_CONVERTER.structure(_without_nulls(each), HistoryItem) for each in value)


def _without_nulls(value: Any) -> Any:
    if not isinstance(value, Mapping):
        raise TypeError
    return {name: each for name, each in value.items() if each is not None}


def _make_converter() -> Converter:
    converter = Converter()
    converter.register_structure_hook(str, _text)
    converter.register_structure_hook(int, _number)
    converter.register_structure_hook(datetime, _moment)
    converter.register_structure_hook(
        HistoryItem,
        make_dict_structure_fn(
            HistoryItem,
            converter,
            message_id=override(rename="id"),
            created=override(rename="create_date"),
        ),
    )
    converter.register_structure_hook(
        _Page, make_dict_structure_fn(_Page, converter, items=override(struct_hook=_items))
    )
    return converter


_CONVERTER: Final = _make_converter()


def _page(body: object) -> _Page:
    try:
        return _CONVERTER.structure(body, _Page)
    except (BaseValidationError, TypeError, AttributeError, LookupError):
        # Not chained: the causes carry numbers and codes.
        raise ControlPlaneError("the history's answer is not as agreed") from None
