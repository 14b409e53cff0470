"""What the simulated platform answers, call by call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otpblue_trio.policy.regions import OPEN_BY_DEFAULT
from otpblue_trio.upstream import SimulatorSite
from otpblue_trio.upstream.simulator_rules import Manner
from otpblue_trio.upstream.simulator_site import SiteAnswer, SiteRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

SEND = "/imsg/api/v1.1/otp/send/"
REGIONS = "/imsg/api/v1/otp/available-regions/"
HISTORY = "/imsg/api/v1/otp/history/requests/"
DIRECTORY = "/imsg/api/v1/smpp/auth/"
REQUESTS = "/simulator/requests"
NOON = datetime(2025, 11, 1, 12, tzinfo=UTC)


class Wall:
    """A wall clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def site(**settings: Any) -> SimulatorSite:
    random = Random(1)
    return SimulatorSite(**{"random": random, "wall_clock": Wall(), **settings})


def get(where: SimulatorSite, target: str, key: str = "key") -> SiteAnswer:
    return where.answer(SiteRequest("GET", target, {"authorization": key}, b""))


def post(where: SimulatorSite, key: str = "key", **fields: object) -> SiteAnswer:
    body = orjson.dumps({"contact": "+14155552671", "code": "482910", **fields})
    return where.answer(SiteRequest("POST", SEND, {"authorization": key}, body))


def document(answer: SiteAnswer) -> Any:
    return orjson.loads(answer.body)


def test_send_is_delivered() -> None:
    answer = post(site())
    assert answer.status == 200
    assert document(answer)["success"] is True
    assert document(answer)["recipient"] == "+14155552671"
    assert len(document(answer)["message_id"]) == 36


def test_refusal_has_the_form_of_the_platform() -> None:
    answer = post(site(), contact="+14155550150")
    assert answer.status == 400
    assert {k: document(answer)[k] for k in ("code", "contact", "status", "success")} == {
        "code": 150,
        "contact": "+14155550150",
        "status": "failed",
        "success": False,
    }


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"contact": 14155552671}, 1600),
        ({"contact": None}, 1205),
        ({"code": 482910}, 1210),
        ({"code": None}, 1205),
        ({"sender": ["MyBank"]}, 1220),
        ({"language": 7}, 1230),
        ({"code": "12345678901"}, 1215),
    ],
)
def test_field_of_a_wrong_type_is_refused(fields: dict[str, Any], code: int) -> None:
    answer = post(site(), **fields)
    assert answer.status == 400
    assert document(answer)["code"] == code


def test_send_without_a_key_is_refused_as_1110() -> None:
    answer = post(site(), key="")
    assert (answer.status, document(answer)["code"]) == (400, 1110)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff"])
def test_send_without_a_json_object_is_a_bad_request(body: bytes) -> None:
    answer = site().answer(SiteRequest("POST", SEND, {"authorization": "key"}, body))
    assert (answer.status, document(answer)["code"]) == (400, 100)


def test_latency_delays_sends_and_nothing_else() -> None:
    where = site(latency=0.12)
    assert post(where).delay == 0.12
    assert get(where, REGIONS).delay == 0.0


def test_0508_has_its_own_delay() -> None:
    assert post(site(latency=0.12), contact="+14155550508").delay == 3.0


def test_jitter_stays_within_its_bounds() -> None:
    where = site(latency=0.12, jitter=0.04)
    delays = [post(where).delay for _ in range(200)]
    assert 0.08 <= min(delays) < 0.09
    assert 0.15 < max(delays) <= 0.16


def test_manner_is_passed_on() -> None:
    assert post(site(), contact="+14155550504").manner is Manner.SILENCE


def test_regions_call_lists_the_open_regions() -> None:
    answer = get(site(regions={"NZ": "New Zealand"}), REGIONS)
    assert document(answer) == {"regions": [{"name": "New Zealand", "code": "NZ"}]}


def test_default_regions_are_those_open_by_default_with_their_names() -> None:
    regions = document(get(site(), REGIONS))["regions"]
    assert {region["code"] for region in regions} == OPEN_BY_DEFAULT
    assert {"name": "Côte d'Ivoire", "code": "CI"} in regions
    assert all(len(region["name"]) > 2 for region in regions)


@pytest.mark.parametrize("target", [REGIONS, HISTORY])
def test_calls_of_the_platform_need_a_key(target: str) -> None:
    answer = get(site(), target, key="")
    assert (answer.status, document(answer)["code"]) == (400, 1110)


def test_directory_serves_its_accounts_as_they_are() -> None:
    where = site(accounts={"acme": {"systemId": "acme", "odd": [1, None]}})
    assert document(get(where, DIRECTORY + "?system_id=acme")) == {
        "systemId": "acme",
        "odd": [1, None],
    }


def test_directory_answers_404_for_any_other_account() -> None:
    where = site(accounts={"acme": {}})
    assert get(where, DIRECTORY + "?system_id=other").status == 404
    assert get(where, DIRECTORY).status == 404


def test_directory_reads_an_escaped_system_id() -> None:
    where = site(accounts={"a b&c": {}})
    assert get(where, DIRECTORY + "?system_id=a+b%26c").status == 200


def test_directory_refuses_a_wrong_key() -> None:
    where = site(accounts={"acme": {}}, directory_key="right")
    assert get(where, DIRECTORY + "?system_id=acme", key="wrong").status == 401
    assert get(where, DIRECTORY + "?system_id=acme", key="right").status == 200
    assert get(site(accounts={"acme": {}}), DIRECTORY + "?system_id=acme", key="").status == 401


def test_history_has_the_form_of_the_platform() -> None:
    where = site(region_of=lambda contact: "CI")
    post(where, contact="+2250151940150", code="9797184", sender="1xBet", language="en")
    answer = document(get(where, HISTORY + "?from_date=2025-11-01&to_date=2025-11-30"))
    [item] = answer["items"]
    assert item.pop("id")
    assert item == {
        "create_date": "2025-11-01T12:00:00Z",
        "region": "CI",
        "contact": "+2250151940150",
        "sender": "1xBet",
        "status": "failed",
        "text": "9797184",
        "language": "en",
        "error_code": 150,
    }
    assert (answer["count"], answer["num_pages"], answer["page"]) == (1, 1, 1)


def test_history_id_is_the_message_id_of_the_send() -> None:
    where = site()
    message_id = document(post(where))["message_id"]
    [item] = document(get(where, HISTORY))["items"]
    assert item["id"] == message_id
    assert (item["status"], item["error_code"]) == ("delivered", None)


def test_history_holds_both_days_of_the_span_and_none_outside() -> None:
    wall = Wall()
    where = site(wall_clock=wall)
    for day in range(5):
        wall.now = NOON + timedelta(days=day)
        post(where, code=f"{day}000")
    items = document(get(where, HISTORY + "?from_date=2025-11-02&to_date=2025-11-04"))["items"]
    assert [item["text"] for item in items] == ["3000", "2000", "1000"]


def test_history_comes_in_pages() -> None:
    where = site()
    for number in range(5):
        post(where, code=f"{number}000")
    pages = [document(get(where, HISTORY + f"?per_page=2&page={page}")) for page in (1, 2, 3, 4)]
    assert [len(page["items"]) for page in pages] == [2, 2, 1, 0]
    assert {(page["count"], page["num_pages"]) for page in pages} == {(5, 3)}


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("per_page=1000", 200),
        ("per_page=1001", 400),
        ("per_page=1", 200),
        ("per_page=0", 400),
        ("page=0", 400),
        ("page=x", 400),
    ],
)
def test_history_bounds_its_pages(query: str, status: int) -> None:
    assert get(site(), HISTORY + "?" + query).status == status


def test_requests_lists_every_send_that_was_seen() -> None:
    where = site(region_of=lambda contact: "US")
    headers: Mapping[str, str] = {"authorization": "key", "content-type": "application/json"}
    body = {
        "contact": "+14155550150",
        "code": "482910",
        "sender": "MyBank",
        "language": "en",
        "source": "smpp",
    }
    where.answer(SiteRequest("POST", SEND, {**headers, "x-other": "y"}, orjson.dumps(body)))
    [seen] = document(get(where, REQUESTS, key=""))
    assert seen.pop("message_id")
    assert seen == {
        **body,
        "text": "",
        "region": "US",
        "headers": headers,
        "http_status": 400,
        "error_code": 150,
        "delivered": False,
    }


def test_only_the_latest_sends_are_kept() -> None:
    where = site(keep=2)
    for code in ("1111", "2222", "3333"):
        post(where, code=code)
    assert [seen["code"] for seen in document(get(where, REQUESTS))] == ["2222", "3333"]
    assert [record.fields.code for record in where.records] == ["2222", "3333"]


def test_path_without_its_slash_is_not_found() -> None:
    assert get(site(), REGIONS.rstrip("/")).status == 404


def test_wrong_method_is_not_allowed() -> None:
    assert get(site(), SEND).status == 405


@given(
    method=st.sampled_from(["GET", "POST", "PUT"]),
    path=st.sampled_from([SEND, REGIONS, HISTORY, DIRECTORY, REQUESTS, "/"]),
    query=st.text(max_size=30),
    body=st.binary(max_size=60),
)
def test_any_request_is_answered(method: str, path: str, query: str, body: bytes) -> None:
    answer = site().answer(SiteRequest(method, f"{path}?{query}", {"authorization": "k"}, body))
    assert 200 <= answer.status < 600
    orjson.loads(answer.body)


@given(
    st.dictionaries(
        st.sampled_from(["contact", "code", "text", "sender", "language", "source"]),
        st.none() | st.booleans() | st.integers(0, 99) | st.text(max_size=20),
    )
)
def test_any_json_object_is_answered(fields: dict[str, Any]) -> None:
    answer = post(site(), **fields)
    assert answer.status in (200, 400)
    assert isinstance(document(answer)["success"], bool)
