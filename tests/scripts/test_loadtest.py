"""The load test counts right, also against a server that does not."""

from __future__ import annotations

import importlib
import itertools
import json
import sys
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

import phonenumbers
import pytest
import trio

from otpblue_trio.smpp import (
    BindTransceiver,
    BindTransceiverResp,
    DeliverSm,
    EnquireLink,
    EnquireLinkResp,
    Framer,
    GenericNack,
    Pdu,
    SubmitSm,
    SubmitSmResp,
    Tlv,
    TlvTag,
    Unbind,
    UnbindResp,
    decode,
    encode,
)

SCRIPTS = Path(__file__).parents[2] / "scripts"
MESSAGES = 20
LIED_TO = 7  # which message the server lies about


class Lie(StrEnum):
    """What the server does wrong, once."""

    NONE = "none"
    NO_RESPONSE = "no_response"
    NO_RECEIPT = "no_receipt"
    RESPONSE_TWICE = "response_twice"
    RECEIPT_TWICE = "receipt_twice"
    RECEIPT_AFTER_ALL = "receipt_after_all"
    SAME_ID = "same_id"
    EMPTY_ID = "empty_id"
    RECEIPT_FIRST = "receipt_first"
    UNKNOWN_SEQUENCE = "unknown_sequence"
    UNKNOWN_ID = "unknown_id"
    WRONG_NUMBER = "wrong_number"
    WRONG_STATE = "wrong_state"
    NACK = "nack"
    HANG_UP = "hang_up"
    NO_UNBIND_RESP = "no_unbind_resp"


class Server:
    """An SMPP server that delivers everything and tells one lie."""

    def __init__(self, lie: Lie) -> None:
        self._lie = lie
        self._count = itertools.count(1)

    async def serve(self, stream: trio.SocketStream) -> None:
        framer = Framer(65536)
        first: SubmitSm | None = None
        async for octets in stream:
            framer.feed(bytes(octets))
            while (frame := framer.next_frame()) is not None:
                pdu = decode(frame)
                answers: list[Pdu] = []
                match pdu:
                    case BindTransceiver():
                        answers = [BindTransceiverResp(sequence_number=pdu.sequence_number)]
                    case EnquireLink():
                        answers = [EnquireLinkResp(sequence_number=pdu.sequence_number)]
                    case SubmitSm():
                        first = first or pdu
                        count = next(self._count)
                        lie = self._lie if count == LIED_TO else Lie.NONE
                        if lie is Lie.HANG_UP:
                            return
                        answers = answers_to(pdu, count, lie)
                    case Unbind() if self._lie is Lie.NO_UNBIND_RESP:
                        return
                    case Unbind():
                        if self._lie is Lie.RECEIPT_AFTER_ALL and first is not None:
                            answers = [receipt_of(first, 1)]
                        answers.append(UnbindResp(sequence_number=pdu.sequence_number))
                await stream.send_all(b"".join(map(encode, answers)))


def receipt_of(
    submit: SubmitSm, count: int, *, number: str = "", message_id: str = "", state: bytes = b"\2"
) -> DeliverSm:
    message_id = message_id or f"id-{count}"
    return DeliverSm(
        sequence_number=count,
        source_addr=number or submit.destination_addr,
        destination_addr=submit.source_addr,
        esm_class=0x04,
        short_message=f"id:{message_id} sub:001 dlvrd:001 stat:DELIVRD err:000 text:".encode(),
        tlvs=(
            Tlv(TlvTag.RECEIPTED_MESSAGE_ID, message_id.encode() + b"\0"),
            Tlv(TlvTag.MESSAGE_STATE, state),
        ),
    )


def answers_to(submit: SubmitSm, count: int, lie: Lie) -> list[Pdu]:
    sequence_number = submit.sequence_number
    message_id = f"id-{count}"
    response = SubmitSmResp(sequence_number=sequence_number, message_id=message_id)
    receipt = receipt_of(submit, count)
    told: dict[Lie, list[Pdu]] = {
        Lie.NO_RESPONSE: [],
        Lie.NO_RECEIPT: [response],
        Lie.RESPONSE_TWICE: [response, response, receipt],
        Lie.RECEIPT_TWICE: [response, receipt, receipt],
        Lie.SAME_ID: [SubmitSmResp(sequence_number=sequence_number, message_id="id-1")],
        Lie.EMPTY_ID: [SubmitSmResp(sequence_number=sequence_number, message_id="")],
        Lie.RECEIPT_FIRST: [receipt, response],
        Lie.UNKNOWN_SEQUENCE: [
            SubmitSmResp(sequence_number=sequence_number + 1000, message_id="other"),
            response,
            receipt,
        ],
        Lie.UNKNOWN_ID: [response, receipt, receipt_of(submit, count, message_id="other")],
        Lie.WRONG_NUMBER: [response, receipt_of(submit, count, number="14155550199")],
        Lie.WRONG_STATE: [response, receipt_of(submit, count, state=b"\5")],
        Lie.NACK: [response, receipt, GenericNack(sequence_number=sequence_number)],
    }
    return told.get(lie, [response, receipt])


async def load(port: int, *options: str) -> tuple[int, dict[str, Any]]:
    """Run the load test; return its exit code and what it printed."""
    command = [sys.executable, str(SCRIPTS / "loadtest.py"), f"--port={port}", "--password=pw"]
    command += ["--json", "--quiet", *options]
    with trio.fail_after(30):
        ended = await trio.run_process(command, capture_stdout=True, check=False)
    return ended.returncode, json.loads(ended.stdout)


async def load_lying_server(
    nursery: trio.Nursery, lie: Lie, *options: str
) -> tuple[int, dict[str, Any]]:
    listeners = await nursery.start(partial(trio.serve_tcp, Server(lie).serve, 0, host="127.0.0.1"))
    port = listeners[0].socket.getsockname()[1]
    if lie in {Lie.NO_RESPONSE, Lie.NO_RECEIPT}:
        options = (*options, "--patience=1")  # it would wait for the missing one much longer
    return await load(port, f"--messages={MESSAGES}", "--window=4", *options)


@pytest.mark.parametrize("options", [(), ("--sessions=3",), ("--rate=1000",)], ids=str)
async def test_honest_server_passes(nursery: trio.Nursery, options: tuple[str, ...]) -> None:
    code, result = await load_lying_server(nursery, Lie.NONE, *options)
    assert result["faults"] == {}
    assert (result["sent"], result["answered"], result["receipts"]) == (MESSAGES,) * 3
    assert result["statuses"] == {"ESME_ROK": MESSAGES}
    assert code == 0


async def test_receipts_that_were_not_asked_for_are_unexpected(nursery: trio.Nursery) -> None:
    code, result = await load_lying_server(nursery, Lie.NONE, "--no-receipts")
    assert result["faults"] == {"unexpected_receipt": MESSAGES}
    assert code == 1


@pytest.mark.parametrize(
    ("lie", "group", "faults"),
    [
        (Lie.NO_RESPONSE, "lost", {"lost_response": 1}),
        (Lie.NO_RECEIPT, "lost", {"lost_receipt": 1}),
        (Lie.RESPONSE_TWICE, "duplicate", {"duplicate_response": 1}),
        (Lie.RECEIPT_TWICE, "duplicate", {"duplicate_receipt": 1}),
        (Lie.RECEIPT_AFTER_ALL, "duplicate", {"duplicate_receipt": 1}),
        (Lie.SAME_ID, "duplicate", {"duplicate_message_id": 1}),
        (Lie.EMPTY_ID, "unexpected", {"empty_message_id": 1}),
        (Lie.RECEIPT_FIRST, "out_of_order", {"receipt_before_response": 1}),
        (Lie.UNKNOWN_SEQUENCE, "out_of_order", {"response_to_unknown_sequence": 1}),
        (Lie.UNKNOWN_ID, "unexpected", {"unexpected_receipt": 1}),
        (Lie.WRONG_NUMBER, "unexpected", {"wrong_receipt": 1}),
        (Lie.WRONG_STATE, "unexpected", {"wrong_receipt": 1}),
        (Lie.NACK, "unexpected", {"unexpected_pdu": 1}),
        (Lie.NO_UNBIND_RESP, "unexpected", {"closed_by_peer": 1}),
    ],
)
async def test_a_lie_is_found_and_named(
    nursery: trio.Nursery, lie: Lie, group: str, faults: dict[str, int]
) -> None:
    code, result = await load_lying_server(nursery, lie)
    assert result["faults"] == faults
    assert {name: result[name] for name in ("lost", "duplicate", "out_of_order", "unexpected")} == {
        **dict.fromkeys(("lost", "duplicate", "out_of_order", "unexpected"), 0),
        group: 1,
    }
    assert code == 1


async def test_messages_in_flight_when_the_server_hangs_up_are_lost(nursery: trio.Nursery) -> None:
    code, result = await load_lying_server(nursery, Lie.HANG_UP)
    assert result["faults"]["closed_by_peer"] == 1
    assert result["lost"] == result["sent"] - result["receipts"] > 0
    assert code == 1


async def test_port_without_a_server_is_told_in_one_line() -> None:
    with trio.socket.socket() as unused:
        await unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        command = [sys.executable, str(SCRIPTS / "loadtest.py"), f"--port={port}", "--password=pw"]
        ended = await trio.run_process(
            command, capture_stdout=True, capture_stderr=True, check=False
        )
    assert ended.returncode == 1
    assert ended.stderr.startswith(b"loadtest: session 1: ")
    assert ended.stderr.count(b"\n") == 1


@pytest.fixture
def loadtest_messages(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(SCRIPTS)
    return importlib.import_module("loadtest_messages")


def test_numbers_are_distinct_valid_and_meet_no_special_outcome(loadtest_messages: Any) -> None:
    numbers = [one.destination for one in itertools.islice(loadtest_messages.messages(), 3000)]
    assert len(set(numbers)) == len(numbers)
    assert all(phonenumbers.is_valid_number(phonenumbers.parse("+" + one)) for one in numbers)
    assert not {one[-4:] for one in numbers} & loadtest_messages.SPECIAL_ENDINGS


def test_share_without_imessage_has_valid_numbers_too(loadtest_messages: Any) -> None:
    source = loadtest_messages.messages(no_imessage_percent=100)
    numbers = [one.destination for one in itertools.islice(source, 500)]
    assert all(one.endswith("0150") for one in numbers)
    assert all(phonenumbers.is_valid_number(phonenumbers.parse("+" + one)) for one in numbers)


def test_another_seed_sends_other_codes(loadtest_messages: Any) -> None:
    texts = [
        [one.text for one in itertools.islice(loadtest_messages.messages(seed=seed), 50)]
        for seed in (0, 1)
    ]
    assert texts[0] != texts[1]
