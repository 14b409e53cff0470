"""The load test counts right, also against a server that does not."""

from __future__ import annotations

import itertools
import json
import signal
import subprocess
import sys
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio

from otpblue_trio.smpp import (
    BindTransceiver,
    BindTransceiverResp,
    CommandStatus,
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
STALL = 1.0


class Lie(StrEnum):
    """What the server does wrong, once."""

    NONE = "none"
    NO_RESPONSE = "no_response"
    NEVER_A_RESPONSE = "never_a_response"
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
    STALL = "stall"
    NO_ENQUIRE_RESP = "no_enquire_resp"
    CLOSE_IDLE = "close_idle"
    REFUSE_LATER_BINDS = "refuse_later_binds"
    CLOSE_LATER_BINDS = "close_later_binds"


class Server:
    """An SMPP server that delivers everything and tells one lie."""

    def __init__(self, lie: Lie) -> None:
        self.was_loaded = trio.Event()
        self._lie = lie
        self._count = itertools.count(1)
        self._binds = itertools.count()

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
                        is_later = next(self._binds) > 0
                        if is_later and self._lie is Lie.CLOSE_LATER_BINDS:
                            return
                        refused = is_later and self._lie is Lie.REFUSE_LATER_BINDS
                        status = CommandStatus.ESME_RBINDFAIL if refused else 0
                        answers = [
                            BindTransceiverResp(
                                sequence_number=pdu.sequence_number, command_status=status
                            )
                        ]
                    case EnquireLink() if self._lie is Lie.CLOSE_IDLE:
                        return
                    case EnquireLink() if self._lie is Lie.NO_ENQUIRE_RESP:
                        pass
                    case EnquireLink():
                        answers = [EnquireLinkResp(sequence_number=pdu.sequence_number)]
                    case SubmitSm():
                        self.was_loaded.set()
                        first = first or pdu
                        count = next(self._count)
                        lie = self._lie if count == LIED_TO else Lie.NONE
                        if self._lie is Lie.NEVER_A_RESPONSE:
                            continue
                        if lie is Lie.HANG_UP:
                            return
                        if lie is Lie.STALL:
                            await trio.sleep(STALL)
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
    if not any(option.startswith(("--messages", "--seconds")) for option in options):
        options = (f"--messages={MESSAGES}", *options)
    if not any(option.startswith("--mode") for option in options):
        options = ("--window=4", *options)
    return await load(port, *options)


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


async def test_messages_that_the_server_hangs_up_before_are_lost(nursery: trio.Nursery) -> None:
    code, result = await load_lying_server(nursery, Lie.HANG_UP)
    assert result["faults"]["closed_by_peer"] == 1
    assert result["faults"]["unsent"] == MESSAGES - result["sent"]
    assert result["lost"] == MESSAGES - result["receipts"] > 0
    assert code == 1


async def test_status_that_a_kind_of_message_cannot_get_is_unexpected(
    nursery: trio.Nursery,
) -> None:
    code, result = await load_lying_server(nursery, Lie.NONE, "--mix=no_imessage")
    assert result["faults"] == {"wrong_status": MESSAGES}
    assert code == 1


async def test_stall_is_counted_for_every_message_that_was_due_meanwhile(
    nursery: trio.Nursery,
) -> None:
    code, result = await load_lying_server(
        nursery, Lie.STALL, "--rate=100", "--messages=60", "--window=1"
    )
    late = sum(one["count"] for one in result["histogram"] if one["to_ms"] > STALL * 500)
    # A closed loop would show the one message that met the stall.
    assert late >= STALL * 100 / 2 - 1
    assert result["response_ms"]["max"] >= STALL * 1000
    assert code == 0


@pytest.mark.parametrize(
    ("lie", "faults"),
    [
        (Lie.REFUSE_LATER_BINDS, {"bind_refused": MESSAGES}),
        (Lie.CLOSE_LATER_BINDS, {"closed_by_peer": MESSAGES}),
        (Lie.NO_UNBIND_RESP, {"closed_by_peer": MESSAGES}),
    ],
)
async def test_bind_cycle_that_fails_is_a_fault(
    nursery: trio.Nursery, lie: Lie, faults: dict[str, int]
) -> None:
    code, result = await load_lying_server(nursery, lie, "--mode=bind", "--sessions=3")
    assert result["faults"] == faults
    assert (result["sent"], result["answered"]) == (MESSAGES, 0)
    assert code == 1


async def test_bind_cycles_fall_due_at_their_rate(nursery: trio.Nursery) -> None:
    code, result = await load_lying_server(
        nursery, Lie.NONE, "--mode=bind", "--sessions=3", "--rate=100"
    )
    assert (result["sent"], result["answered"], result["faults"]) == (MESSAGES, MESSAGES, {})
    assert result["seconds"] >= (MESSAGES - 1) / 100
    assert code == 0


@pytest.mark.parametrize(
    ("lie", "faults"),
    [
        (Lie.CLOSE_IDLE, {"closed_by_peer": 2}),
        (Lie.NO_ENQUIRE_RESP, {"lost_response": 2}),
        (Lie.NO_UNBIND_RESP, {"unbind_unanswered": 2}),
    ],
)
async def test_idle_session_that_ends_or_is_not_answered_is_a_fault(
    nursery: trio.Nursery, lie: Lie, faults: dict[str, int]
) -> None:
    code, result = await load_lying_server(
        nursery,
        lie,
        *("--mode=idle", "--sessions=2", "--seconds=0.9"),
        *("--enquire-interval=0.4", "--patience=0.3"),
    )
    assert result["faults"] == faults
    assert code == 1


@pytest.mark.parametrize(
    ("lie", "signals", "fault"), [(Lie.NONE, 1, ""), (Lie.NEVER_A_RESPONSE, 2, "lost_response")]
)
async def test_interrupt_ends_the_run_with_its_result_and_a_second_one_drops_the_sessions(
    nursery: trio.Nursery, lie: Lie, signals: int, fault: str
) -> None:
    server = Server(lie)
    listeners = await nursery.start(partial(trio.serve_tcp, server.serve, 0, host="127.0.0.1"))
    port = listeners[0].socket.getsockname()[1]
    command = [sys.executable, str(SCRIPTS / "loadtest.py"), f"--port={port}", "--password=pw"]
    command += ["--json", "--quiet", "--rate=50", "--seconds=600", "--patience=600"]
    process = await trio.lowlevel.open_process(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with trio.fail_after(30):
        await server.was_loaded.wait()
        told = b""
        for _ in range(signals):
            process.send_signal(signal.SIGINT)
            told += await process.stderr.receive_some()  # it has heard it
        printed = b"".join([octets async for octets in process.stdout])
        told += b"".join([octets async for octets in process.stderr])
        assert await process.wait() == 130
    result = json.loads(printed)
    assert result["interrupted"] is True
    assert result["sent"] >= 1
    assert set(result["faults"]) == ({fault} if fault else set())
    assert b"Traceback" not in told


async def test_port_without_a_server_is_told_in_one_line() -> None:
    with trio.socket.socket() as unused:
        await unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        command = [sys.executable, str(SCRIPTS / "loadtest.py"), f"--port={port}", "--password=pw"]
        ended = await trio.run_process(
            command, capture_stdout=True, capture_stderr=True, check=False
        )
    assert ended.returncode == 1
    complaint = f"loadtest: 127.0.0.1:{port}: session 1: Connection refused\n"
    assert ended.stderr.decode() == complaint
