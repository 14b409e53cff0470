"""SMPP clients of other makers bind, send, get their receipt and unbind, over TLS and plain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.clients

CLIENTS = ["npm smpp", "smpplib", "smpp34", "kannel"]
# smpp34 sends enquire_link on a timer of its own, which cannot be set and outlasts a test.
CLIENTS_WITH_ENQUIRE_LINK = ["npm smpp", "smpplib", "kannel"]
TRANSPORTS = ["plain", "tls"]


def over_both(clients: list[str]) -> list[Any]:
    return [
        pytest.param((client, transport), id=f"{client} {transport}")
        for client in clients
        for transport in TRANSPORTS
    ]


@pytest.fixture(scope="module", params=over_both(CLIENTS))
def conversation(
    request: pytest.FixtureRequest,
    hold_conversation: Callable[[str, str], list[dict[str, Any]]],
) -> list[dict[str, Any]]:
    """Hold one client's conversation once for all tests; what it saw, in order."""
    client, transport = request.param
    return hold_conversation(client, transport)


def only(conversation: list[dict[str, Any]], event: str) -> dict[str, Any]:
    (found,) = [one for one in conversation if one["event"] == event]
    return found


def response_to(conversation: list[dict[str, Any]], destination: str) -> dict[str, Any]:
    (found,) = [
        one
        for one in conversation
        if one["event"] == "response" and one["destination"] == destination
    ]
    return found


def test_bind_is_accepted(conversation: list[dict[str, Any]]) -> None:
    assert only(conversation, "bound")["status"] == 0


def test_delivered_message_is_answered_with_its_id(
    conversation: list[dict[str, Any]], numbers: dict[str, str]
) -> None:
    response = response_to(conversation, numbers["delivered"])
    assert response["status"] == 0
    assert response["message_id"]


def test_receipt_names_the_message_and_says_delivered(
    conversation: list[dict[str, Any]], numbers: dict[str, str]
) -> None:
    message_id = response_to(conversation, numbers["delivered"])["message_id"]
    receipt = only(conversation, "receipt")
    assert receipt["message_id"] == message_id
    assert receipt["text_id"] == message_id
    assert receipt["stat"] == "DELIVRD"
    assert receipt["message_state"] == 2
    assert receipt["esm_class"] == 4


def test_receipt_has_the_addresses_swapped(
    conversation: list[dict[str, Any]], numbers: dict[str, str]
) -> None:
    receipt = only(conversation, "receipt")
    assert receipt["source"] == numbers["delivered"]
    assert receipt["destination"] == numbers["sender"]


def test_receipt_follows_its_response(
    conversation: list[dict[str, Any]], numbers: dict[str, str]
) -> None:
    response = response_to(conversation, numbers["delivered"])
    assert conversation.index(response) < conversation.index(only(conversation, "receipt"))


def test_number_without_imessage_is_refused_with_submitfail(
    conversation: list[dict[str, Any]], numbers: dict[str, str]
) -> None:
    response = response_to(conversation, numbers["refused"])
    assert response["status"] == 0x45
    assert not response["message_id"]


@pytest.mark.parametrize("conversation", over_both(CLIENTS_WITH_ENQUIRE_LINK), indirect=True)
def test_enquire_link_is_answered(conversation: list[dict[str, Any]]) -> None:
    assert only(conversation, "enquire_link")["status"] == 0


def test_unbind_is_answered(conversation: list[dict[str, Any]]) -> None:
    assert only(conversation, "unbound")["status"] == 0
    assert conversation[-1]["event"] == "unbound"
