"""What the simulated platform answers to each HTTP request, without any I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

import attrs
import orjson

from otpblue_trio.upstream.simulator_regions import OPEN_REGIONS
from otpblue_trio.upstream.simulator_rules import Manner, SendFields, SimulatedSend, decide

if TYPE_CHECKING:
    from random import Random

__all__ = ["SimulatorSite", "SiteAnswer", "SiteRequest"]

_HEADERS_OF_INTEREST: Final = ("authorization", "content-type", "user-agent", "host", "connection")
_MAX_PER_PAGE: Final = 1000


@attrs.frozen
class SiteRequest:
    """One complete HTTP request."""

    method: str
    target: str = attrs.field(repr=False)
    """Path and query as on the request line."""
    headers: Mapping[str, str] = attrs.field(repr=False)
    """Names in lower case."""
    body: bytes = attrs.field(repr=False)


@attrs.frozen
class SiteAnswer:
    """One HTTP answer, and how it is to be given."""

    status: int
    content_type: str
    body: bytes = attrs.field(repr=False)
    manner: Manner = Manner.ANSWER
    delay: float = 0.0
    """Seconds from the request to the answer's first octet."""


@attrs.frozen
class _Seen:
    """One send with what only the HTTP server knows of it."""

    send: SimulatedSend
    created: datetime
    headers: Mapping[str, str] = attrs.field(repr=False)


class SimulatorSite:
    """The state of the simulated platform and its answer to each request.

    Args:
      random: source of jitter and message ids; a seeded one makes a run reproducible.
      wall_clock: returns the time as an aware datetime, for the history.
      latency: usual seconds to the answer of a send.
      jitter: the answer comes up to this many seconds earlier or later.
      accounts: what the account directory serves: system_id to JSON document, as it is.
      directory_key: the only key that the directory accepts; empty: any that is not empty.
      regions: what the regions call lists: ISO code to name.
      region_of: returns the ISO region of a number, for the records; empty where unknown.
      keep: how many sends are remembered; the oldest are forgotten.
    """

    def __init__(
        self,
        *,
        random: Random,
        wall_clock: Callable[[], datetime],
        latency: float = 0.0,
        jitter: float = 0.0,
        accounts: Mapping[str, object] | None = None,
        directory_key: str = "",
        regions: Mapping[str, str] = OPEN_REGIONS,
        region_of: Callable[[str], str] | None = None,
        keep: int = 10_000,
    ) -> None:
        self._random = random
        self._wall_clock = wall_clock
        self._latency = latency
        self._jitter = jitter
        self.accounts: dict[str, object] = dict(accounts or {})
        """What the directory serves; may be changed at any time."""
        self._directory_key = directory_key
        self.regions: dict[str, str] = dict(regions)
        """What the regions call lists; may be changed at any time."""
        self._region_of = region_of
        self._seen: deque[_Seen] = deque(maxlen=keep)
        self._routes: dict[str, tuple[str, Callable[[SiteRequest], SiteAnswer]]] = {
            "/imsg/api/v1.1/otp/send/": ("POST", self._send),
            "/imsg/api/v1/otp/available-regions/": ("GET", self._regions),
            "/imsg/api/v1/otp/history/requests/": ("GET", self._history),
            "/imsg/api/v1/smpp/auth/": ("GET", self._account),
            "/simulator/requests": ("GET", self._requests),
        }

    @property
    def records(self) -> tuple[SimulatedSend, ...]:
        """The latest sends, oldest first."""
        return tuple(seen.send for seen in self._seen)

    def answer(self, request: SiteRequest) -> SiteAnswer:
        """Answer one request; never raises, whatever it holds."""
        method, handle = self._routes.get(request.target.partition("?")[0], ("", None))
        if handle is None:
            return _error(404, "no such resource")
        if request.method != method:
            return _error(405, f"{method} only")
        return handle(request)

    def _send(self, request: SiteRequest) -> SiteAnswer:
        try:
            document = orjson.loads(request.body)
        except orjson.JSONDecodeError:
            document = None
        if not isinstance(document, dict):
            return _platform_error(100, "the body is no JSON object")
        fields, refusal = self._fields(request, document)
        answer = decide(fields, random=self._random, refusal=refusal)
        headers = {
            name: request.headers[name] for name in _HEADERS_OF_INTEREST if name in request.headers
        }
        self._seen.append(_Seen(answer.send, self._wall_clock(), headers))
        delay = self._usual_delay() if answer.delay is None else answer.delay
        return SiteAnswer(answer.status, answer.content_type, answer.body, answer.manner, delay)

    def _fields(
        self, request: SiteRequest, document: Mapping[str, object]
    ) -> tuple[SendFields, int]:
        """Return the fields of a send, and the error code where one is of a wrong type, else 0."""
        refusal = 0
        values = {}
        for name, code in _REFUSAL_OF_TYPE.items():
            value = document.get(name)
            if value is not None and not isinstance(value, str):
                refusal = refusal or code
            values[name] = value if isinstance(value, str) else ""
        region = self._region_of(values["contact"]) if self._region_of is not None else ""
        return SendFields(_key(request), **values, region=region), refusal

    def _regions(self, request: SiteRequest) -> SiteAnswer:
        if not _key(request):
            return _platform_error(1110, "credentials are missing")
        return _json(
            200, {"regions": [{"name": name, "code": code} for code, name in self.regions.items()]}
        )

    def _history(self, request: SiteRequest) -> SiteAnswer:
        if not _key(request):
            return _platform_error(1110, "credentials are missing")
        query = _query(request)
        try:
            page, per_page = int(query.get("page", "1")), int(query.get("per_page", "100"))
        except ValueError:
            return _platform_error(100, "page and per_page are numbers")
        if page < 1 or not 1 <= per_page <= _MAX_PER_PAGE:
            return _platform_error(100, f"per_page is 1 to {_MAX_PER_PAGE}")
        # ISO dates compare as text.
        first, last = query.get("from_date", ""), query.get("to_date", "9999-12-31")
        found = [s for s in reversed(self._seen) if first <= s.created.date().isoformat() <= last]
        return _json(
            200,
            {
                "count": len(found),
                "items": [_history_item(s) for s in found[(page - 1) * per_page :][:per_page]],
                "num_pages": max(1, -(-len(found) // per_page)),
                "page": page,
                "per_page": per_page,
            },
        )

    def _account(self, request: SiteRequest) -> SiteAnswer:
        key = _key(request)
        if not key or (self._directory_key and key != self._directory_key):
            return _error(401, "key not accepted")
        system_id = _query(request).get("system_id", "")
        if system_id not in self.accounts:
            return _error(404, "no such account")
        return _json(200, self.accounts[system_id])

    def _requests(self, _request: SiteRequest) -> SiteAnswer:
        return _json(200, [_request_item(seen) for seen in self._seen])

    def _usual_delay(self) -> float:
        if not self._jitter:
            return self._latency
        return max(0.0, self._latency + self._random.uniform(-self._jitter, self._jitter))


_REFUSAL_OF_TYPE: Final = {
    "contact": 1600,
    "code": 1210,
    "text": 1210,
    "sender": 1220,
    "language": 1230,
    "source": 100,
}


def _key(request: SiteRequest) -> str:
    return request.headers.get("authorization", "").strip()


def _query(request: SiteRequest) -> dict[str, str]:
    return dict(parse_qsl(request.target.partition("?")[2], keep_blank_values=True))


def _history_item(seen: _Seen) -> dict[str, object]:
    fields = seen.send.fields
    return {
        "id": seen.send.message_id,
        "create_date": seen.created.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "region": fields.region,
        "contact": fields.contact,
        "sender": fields.sender,
        "status": "delivered" if seen.send.delivered else "failed",
        "text": fields.code or fields.text,
        "language": fields.language or "en",
        "error_code": seen.send.error_code or None,
    }


def _request_item(seen: _Seen) -> dict[str, object]:
    fields = seen.send.fields
    return {
        "contact": fields.contact,
        "code": fields.code,
        "text": fields.text,
        "sender": fields.sender,
        "language": fields.language,
        "source": fields.source,
        "region": fields.region,
        "headers": dict(seen.headers),
        "message_id": seen.send.message_id,
        "http_status": seen.send.status,
        "error_code": seen.send.error_code,
        "delivered": seen.send.delivered,
    }


def _json(status: int, document: object) -> SiteAnswer:
    return SiteAnswer(status, "application/json", orjson.dumps(document))


def _platform_error(code: int, message: str) -> SiteAnswer:
    return _json(400, {"code": code, "message": message, "status": "failed", "success": False})


def _error(status: int, message: str) -> SiteAnswer:
    return _json(status, {"message": message, "success": False})
