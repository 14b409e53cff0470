"""The request's body, and the reading of the platform's answer."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otpblue_trio.policy.types import (
    Delivered,
    Failed,
    FailureKind,
    Outcome,
    Refused,
    SendRequest,
)
from otpblue_trio.upstream import outcome_of_answer, request_body

MESSAGE_ID = "ac5408f5-d311-4907-a31e-16699e83b1bc"
DELIVERED = {
    "message": "...",
    "message_id": MESSAGE_ID,
    "recipient": "+13231112233",
    "status": "delivered",
    "success": True,
}
REFUSED = {
    "code": 150,
    "contact": "+13231112233",
    "message": "...",
    "status": "failed",
    "success": False,
}


def request(**changes: str) -> SendRequest:
    fields = {
        "system_id": "acme",
        "api_key": "key",
        "contact": "+13231112233",
        "region": "US",
        "code": "482910",
        "text": "",
        "sender": "MyBank",
        "language": "en",
    }
    return SendRequest(**{**fields, **changes})


def test_delivered_answer_gives_the_message_id() -> None:
    assert outcome_of_answer(200, orjson.dumps(DELIVERED)) == Delivered(MESSAGE_ID)


@pytest.mark.parametrize("code", [150, "150", " 150"[1:], "0150"])
def test_error_code_may_be_a_number_or_a_numeric_string(code: object) -> None:
    assert outcome_of_answer(400, orjson.dumps({**REFUSED, "code": code})) == Refused(150)


@pytest.mark.parametrize(
    "code", [None, True, "", "abc", "-5", -5, 0, 15.5, [150], 1_000_000, "1" * 5000, "²"]
)
def test_400_without_an_error_code_is_a_bad_answer(code: object) -> None:
    outcome = outcome_of_answer(400, orjson.dumps({**REFUSED, "code": code}))
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.BAD_ANSWER
    assert outcome.http_status == 400
    assert outcome.may_have_been_sent


@pytest.mark.parametrize("code", ["482910", 482910, 10_000, "10000"])
def test_a_one_time_password_sent_back_is_no_error_code(code: object) -> None:
    outcome = outcome_of_answer(400, orjson.dumps({"contact": "+14155552671", "code": code}))
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.BAD_ANSWER


TURNED_AWAY = [401, 403, 404, 405, 413, 415, 429]
UNCLEAR = [100, 201, 204, 301, 408, 500, 502, 503]


@pytest.mark.parametrize("status", TURNED_AWAY + UNCLEAR)
def test_any_other_status_is_a_failure_that_names_it(status: int) -> None:
    outcome = outcome_of_answer(status, orjson.dumps(DELIVERED))
    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.http_status) == (FailureKind.STATUS, status)


@pytest.mark.parametrize("status", TURNED_AWAY)
def test_request_that_was_turned_away_was_not_sent(status: int) -> None:
    outcome = outcome_of_answer(status, b"")
    assert isinstance(outcome, Failed)
    assert not outcome.may_have_been_sent


@pytest.mark.parametrize("status", UNCLEAR)
def test_other_failed_request_may_have_been_sent(status: int) -> None:
    outcome = outcome_of_answer(status, b"")
    assert isinstance(outcome, Failed)
    assert outcome.may_have_been_sent


@pytest.mark.parametrize(
    "change",
    [
        {"success": False},
        {"success": "true"},
        {"success": None},
        {"message_id": ""},
        {"message_id": None},
        {"message_id": 7},
        {"message_id": "x" * 65},
        {"message_id": "two words"},
        {"message_id": "nul\0"},
        {"message_id": "ünicode"},
    ],
)
def test_200_that_does_not_say_delivered_is_a_bad_answer(change: dict[str, Any]) -> None:
    outcome = outcome_of_answer(200, orjson.dumps({**DELIVERED, **change}))
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.BAD_ANSWER
    assert outcome.may_have_been_sent


def test_message_id_of_64_characters_fits() -> None:
    body = orjson.dumps({**DELIVERED, "message_id": "x" * 64})
    assert outcome_of_answer(200, body) == Delivered("x" * 64)


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"text"', b"{", b"\xff", b"[" * 5000])
def test_body_that_is_no_object_is_a_bad_answer(body: bytes) -> None:
    for status in (200, 400):
        outcome = outcome_of_answer(status, body)
        assert isinstance(outcome, Failed)
        assert outcome.kind is FailureKind.BAD_ANSWER


@given(status=st.integers(0, 999), body=st.binary(max_size=300))
def test_any_octets_give_an_outcome(status: int, body: bytes) -> None:
    assert isinstance(outcome_of_answer(status, body), Outcome)


_JSON = (
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.text(max_size=80)
    | st.lists(st.integers(0, 999), max_size=2)
)


@given(
    status=st.sampled_from([200, 400]),
    document=st.fixed_dictionaries(
        {}, optional={"success": _JSON, "message_id": _JSON, "code": _JSON}
    ),
)
def test_any_json_object_gives_an_outcome_that_smpp_can_carry(
    status: int, document: dict[str, object]
) -> None:
    outcome = outcome_of_answer(status, orjson.dumps(document))
    if isinstance(outcome, Delivered):
        assert 0 < len(outcome.message_id.encode("ascii")) <= 64
    elif isinstance(outcome, Refused):
        assert 0 < outcome.code < 1_000_000


def test_failure_tells_nothing_of_the_body() -> None:
    body = orjson.dumps({"message": "to +13231112233: 482910"})
    for status in (200, 400, 500):
        text = repr(outcome_of_answer(status, body))
        assert "482910" not in text
        assert "3231112233" not in text


def test_body_of_a_code_request() -> None:
    assert orjson.loads(request_body(request())) == {
        "contact": "+13231112233",
        "code": "482910",
        "sender": "MyBank",
        "language": "en",
        "source": "smpp",
    }


def test_text_takes_the_place_of_the_code() -> None:
    body = orjson.loads(request_body(request(code="", text="Your code is 482910 ✓")))
    assert body["text"] == "Your code is 482910 ✓"
    assert "code" not in body


def test_empty_sender_and_language_are_left_out() -> None:
    body = orjson.loads(request_body(request(sender="", language="")))
    assert set(body) == {"contact", "code", "source"}


@given(st.text(min_size=1, max_size=40) | st.just("half \ud83d pair"))
def test_any_text_can_be_asked_for(text: str) -> None:
    body = orjson.loads(request_body(request(code="", text=text)))
    assert body["text"] == text.encode("utf-8", "replace").decode()
