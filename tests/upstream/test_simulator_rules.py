"""The table of endings, and the platform's own checks."""

from __future__ import annotations

from random import Random

import attrs
import orjson
import pytest

from otpblue_trio.policy.types import Delivered, Failed, FailureKind, Outcome, Refused
from otpblue_trio.upstream.outcomes import outcome_of_answer
from otpblue_trio.upstream.simulator_rules import (
    BEHAVIOURS,
    Manner,
    SendFields,
    SimulatedAnswer,
    behaviour_of,
    decide,
)

SEND = SendFields("key", "+14155552671", "482910", "", "MyBank", "en", "smpp", "US")


def seeded(seed: int) -> Random:
    return Random(seed)


def answer(**changes: str) -> SimulatedAnswer:
    return decide(attrs.evolve(SEND, **changes), random=seeded(1))


def outcome(**changes: str) -> Outcome:
    given = answer(**changes)
    return outcome_of_answer(given.status, given.body)


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        ("0150", 150),
        ("0280", 280),
        ("0720", 720),
        ("0110", 110),
        ("1155", 1155),
        ("1250", 1250),
        ("1900", 1900),
        ("1210", 1210),
        ("1220", 1220),
    ],
)
def test_ending_refuses_with_its_code(ending: str, code: int) -> None:
    assert outcome(contact="+1415555" + ending) == Refused(code)


@pytest.mark.parametrize(
    ("ending", "status"), [("0500", 500), ("0502", 502), ("0429", 429), ("0401", 401)]
)
def test_ending_fails_with_its_status(ending: str, status: int) -> None:
    failed = outcome(contact="+1415555" + ending)
    assert isinstance(failed, Failed)
    assert (failed.kind, failed.http_status) == (FailureKind.STATUS, status)


def test_502_is_an_html_page() -> None:
    given = answer(contact="+14155550502")
    assert given.content_type == "text/html"
    assert given.body.startswith(b"<html>")


def test_0506_is_broken_json() -> None:
    given = answer(contact="+14155550506")
    assert given.status == 200
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(given.body)


@pytest.mark.parametrize(
    ("ending", "manner"),
    [("0504", Manner.SILENCE), ("0505", Manner.CLOSE), ("0507", Manner.DRIP)],
)
def test_ending_has_its_manner(ending: str, manner: Manner) -> None:
    assert answer(contact="+1415555" + ending).manner is manner


def test_0508_is_delivered_after_three_seconds() -> None:
    assert answer(contact="+14155550508").delay == 3.0
    assert isinstance(outcome(contact="+14155550508"), Delivered)


def test_any_other_ending_is_delivered() -> None:
    assert isinstance(outcome(), Delivered)
    assert behaviour_of("+14155550151") == behaviour_of("+4915112345678")


def test_only_the_end_of_the_number_counts() -> None:
    assert isinstance(outcome(contact="+10150555267"), Delivered)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"api_key": ""}, 1110),
        ({"contact": ""}, 1205),
        ({"code": ""}, 1205),
        ({"contact": "14155552671"}, 1600),
        ({"contact": "+1415"}, 1600),
        ({"contact": "+1415555267x"}, 1600),
        ({"code": "12345678901"}, 1215),
        ({"sender": "x" * 17}, 1225),
    ],
)
def test_platform_refuses_a_request_out_of_order(changes: dict[str, str], code: int) -> None:
    assert outcome(**changes) == Refused(code)


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "1234567890"},
        {"sender": "x" * 16},
        {"sender": ""},
        {"language": "xx"},
        {"language": ""},
        {"code": "", "text": "Your code is 482910"},
    ],
)
def test_platform_takes_a_request_in_order(changes: dict[str, str]) -> None:
    assert isinstance(outcome(**changes), Delivered)


def test_faulty_request_is_refused_whatever_its_ending() -> None:
    assert outcome(contact="+14155550500", api_key="") == Refused(1110)


def test_record_tells_what_was_answered() -> None:
    refused = answer(contact="+14155550150").send
    assert (refused.status, refused.error_code, refused.delivered) == (400, 150, False)
    delivered = answer().send
    assert (delivered.status, delivered.error_code, delivered.delivered) == (200, 0, True)
    assert answer(contact="+14155550504").send.status == 0


def test_message_ids_differ_and_are_reproducible() -> None:
    random = seeded(7)
    first, second = (decide(SEND, random=random).send.message_id for _ in range(2))
    assert first != second
    assert decide(SEND, random=seeded(7)).send.message_id == first
    assert len(first) == 36


def test_records_hide_numbers_codes_and_keys() -> None:
    given = answer(api_key="secret-key")
    for text in (repr(given), repr(given.send)):
        assert "482910" not in text
        assert "4155552671" not in text
        assert "secret-key" not in text


def test_table_holds_the_documented_endings() -> None:
    refusals = {"0150", "0280", "0720", "0110", "1155", "1250", "1900", "1210", "1220"}
    accidents = {"0500", "0502", "0429", "0401", "0504", "0505", "0506", "0507", "0508"}
    assert set(BEHAVIOURS) == refusals | accidents
