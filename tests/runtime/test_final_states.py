"""What a query_sm finds: an account's own last messages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from otpblue_trio.policy import Delivered, FailureMode
from otpblue_trio.runtime.final_states import FinalStates
from otpblue_trio.smpp import CommandStatus, MessageState, QuerySm, QuerySmResp, SubmitSmResp
from otpblue_trio.testing import FakePlatform, account, open_gateway

if TYPE_CHECKING:
    from trio.testing import MockClock

NUMBER = "14155552671"
TEXT = "Your code is 482910"
NOON = datetime(2026, 2, 12, 12, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(("count", "is_kept"), [(2, True), (3, True), (4, False)])
def test_the_oldest_is_forgotten_beyond_the_bound(count: int, is_kept: bool) -> None:
    states = FinalStates(3)
    for number in range(count):
        states.keep(f"m-{number}", MessageState.DELIVERED, NOON)
    assert (states.answer("m-0") is not None) is is_kept
    assert states.answer(f"m-{count - 1}") is not None


def test_the_last_word_on_a_message_stands_and_keeps_its_place() -> None:
    states = FinalStates(2)
    states.keep("m-0", MessageState.UNDELIVERABLE, NOON)
    states.keep("m-1", MessageState.DELIVERED, NOON)
    states.keep("m-0", MessageState.DELIVERED, NOON + 60)
    answer = states.answer("m-0")
    assert answer is not None
    assert answer.message_state == MessageState.DELIVERED
    assert answer.final_date == "260212120100000+"
    states.keep("m-2", MessageState.DELIVERED, NOON)
    assert states.answer("m-0") is None
    assert states.answer("m-1") is not None


@pytest.mark.parametrize("tenth", range(10))
def test_a_date_is_told_to_the_tenth_of_a_second(tenth: int) -> None:
    states = FinalStates(2)
    states.keep("m-1", MessageState.DELIVERED, NOON + tenth / 10 + 0.09)
    answer = states.answer("m-1")
    assert answer is not None
    assert answer.final_date == f"260212120000{tenth}00+"


def test_what_is_not_kept_has_no_answer() -> None:
    assert FinalStates(3).answer("m-1") is None


async def test_a_query_tells_the_final_state_and_its_date(autojump_clock: MockClock) -> None:
    async with open_gateway(platform=FakePlatform(latency=60)) as gateway:
        esme = await gateway.bound()
        await esme.submit_sm(NUMBER, TEXT)
        response = await esme.request(QuerySm(message_id="m-1"))
        assert isinstance(response, QuerySmResp)
        assert response.command_status == CommandStatus.ESME_ROK
        assert (response.message_id, response.message_state) == ("m-1", MessageState.DELIVERED)
        assert (response.final_date or "")[:10] == "2602121431"
        assert response.error_code == 0


async def test_a_query_finds_a_failure_that_was_told_by_receipt(autojump_clock: MockClock) -> None:
    known = account(failure_mode=FailureMode.RECEIPT_ONLY)
    async with open_gateway(platform=FakePlatform(code=150), accounts=[known]) as gateway:
        esme = await gateway.bound()
        submitted = await esme.submit_sm(NUMBER, TEXT)
        assert isinstance(submitted, SubmitSmResp)
        response = await esme.request(QuerySm(message_id=submitted.message_id or ""))
        assert isinstance(response, QuerySmResp)
        assert response.message_state == MessageState.UNDELIVERABLE


async def test_a_query_finds_no_message_of_another_account(autojump_clock: MockClock) -> None:
    platform = FakePlatform(answer=Delivered("abc"))
    accounts = [account("acme"), account("other")]
    async with open_gateway(platform=platform, accounts=accounts) as gateway:
        await (await gateway.bound("acme")).submit_sm(NUMBER, TEXT)
        esme = await gateway.bound("other")
        response = await esme.request(QuerySm(message_id="abc"))
        assert isinstance(response, QuerySmResp)
        assert response.command_status == CommandStatus.ESME_RQUERYFAIL
        assert (response.message_id, response.message_state) == ("", 0)
