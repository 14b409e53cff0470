"""docs/compliance.md says of the protocol what the program does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from otpblue_trio import smpp
from otpblue_trio.policy import Reason, verdict
from otpblue_trio.session import SessionState, SmppSession
from otpblue_trio.session.matrix import LEGAL_STATES, UNSUPPORTED
from otpblue_trio.smpp import (
    RESPONSE_BIT,
    BindReceiver,
    BindRequest,
    BindTransceiver,
    BindTransmitter,
    CommandId,
    CommandStatus,
    Framer,
    GenericNack,
    Pdu,
    TlvTag,
    command_name,
    decode,
    decode_text,
    encode,
)
from otpblue_trio.smpp.layout import LAYOUTS

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "compliance.md").read_text()
PDU_TYPES = {int(command_id): layout.pdu_type for command_id, layout in LAYOUTS.items()}

BINDS = {
    "transmitter": BindTransmitter,
    "receiver": BindReceiver,
    "transceiver": BindTransceiver,
    "unbinding": BindTransceiver,
}


def table(heading: str) -> list[list[str]]:
    """Return the rows of the first table under a heading, the first one with the columns' names."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert rows, heading
    return [rows[0], *rows[2:]]


def session_in(state: str) -> SmppSession:
    """Bring a session into a state."""
    session = SmppSession(system_id="OTPBLUE", max_pdu_octets=65536)
    if state in BINDS:
        for _ in session.receive(encode(BINDS[state](sequence_number=1))):
            session.accept_bind()
    if state == "unbinding":
        session.send_unbind()
    session.data_to_send()
    assert session.state is SessionState(state)
    return session


def cell_of(octets: bytes, state: str) -> str:
    """Send a request in a state and say what happens in the words of the matrix."""
    session = session_in(state)
    next(session.receive(octets), None)
    framer = Framer(65536)
    framer.feed(session.data_to_send())
    frame = framer.next_frame()
    if frame is None:
        is_taken = int.from_bytes(octets[4:8], "big") in LEGAL_STATES
        return "yes" if is_taken else "ignored"
    answer = decode(frame)
    if answer.command_status == 0:
        return "yes"
    nack = "nack " if isinstance(answer, GenericNack) else ""
    return f"{nack}0x{answer.command_status:02X}"


_, *_STATES = table("Operations by state")[0]
MATRIX = {row[0].strip("`"): row[1:] for row in table("Operations by state")[1:]}
REQUESTS = {
    command_name(command_id): pdu_type
    for command_id, pdu_type in PDU_TYPES.items()
    if not command_id & RESPONSE_BIT
}


def test_the_matrix_has_every_request_and_every_state() -> None:
    assert set(MATRIX) == {*REQUESTS, "any other"}
    assert [state.value for state in SessionState if state is not SessionState.CLOSED] == _STATES


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_is_answered_as_the_matrix_says(name: str) -> None:
    octets = encode(REQUESTS[name](sequence_number=7))
    assert MATRIX[name] == [cell_of(octets, state) for state in _STATES]


def test_an_unknown_request_is_answered_as_the_matrix_says() -> None:
    octets = bytes.fromhex("00000010 00000999 00000000 00000007")
    assert MATRIX["any other"] == [cell_of(octets, state) for state in _STATES]


def test_every_pdu_has_a_row_with_its_section() -> None:
    rows = {row[0].strip("`"): row[1] for row in table("PDU by PDU")[1:]}
    assert set(rows) == {command_name(command_id) for command_id in CommandId}
    for command_id, pdu_type in PDU_TYPES.items():
        section = re.search(r"SMPP 3\.4, ([\d.]+)\)", pdu_type.__doc__ or "")
        assert section is not None
        assert rows[command_name(command_id)] == section[1], command_name(command_id)


def statuses_of_broken_fields() -> set[CommandStatus]:
    """Return what the fields of those requests that may be carried out can be refused with."""
    found: set[CommandStatus] = set()
    for command_id, states in LEGAL_STATES.items():
        layout = LAYOUTS[command_id]
        is_bind = issubclass(layout.pdu_type, BindRequest)
        if states and not is_bind and command_id not in UNSUPPORTED:
            found |= {field.status for field in layout.fields}
    return found


def test_the_statuses_are_all_that_can_be_sent_and_no_others() -> None:
    rows = {row[0].strip("`"): int(row[1], 16) for row in table("Statuses")[1:]}
    sent = {CommandStatus(verdict(reason).command_status) for reason in Reason}
    sent |= set(UNSUPPORTED.values()) | statuses_of_broken_fields()
    sent |= {
        CommandStatus.ESME_RINVCMDLEN,
        CommandStatus.ESME_RINVCMDID,
        CommandStatus.ESME_RINVBNDSTS,
        CommandStatus.ESME_RALYBND,
        CommandStatus.ESME_RQUERYFAIL,
        CommandStatus.ESME_RINVOPTPARSTREAM,
        CommandStatus.ESME_RINVPARLEN,
    }
    assert rows == {status.name: status.value for status in sent}


def test_the_optional_parameters_are_those_that_the_program_uses() -> None:
    rows = {row[0].strip("`"): int(row[1], 16) for row in table("Optional parameters")[1:]}
    source = Path(smpp.__file__).parents[1]
    used = set()
    for pattern in ("session/*.py", "policy/*.py", "runtime/*.py", "smpp/receipt.py"):
        for module in source.glob(pattern):
            used |= set(re.findall(r"TlvTag\.(\w+)", module.read_text()))
    assert rows == {name.lower(): TlvTag[name].value for name in used}


def reading_of(data_coding: int) -> str:
    """Say in the words of the page how a message is read, by octets that no two readings share."""
    return {"@é": "default", "\x00é": "Latin-1", "é": "UCS-2", "\x00\ufffd": "ASCII"}[
        decode_text(b"\x00\xe9", data_coding, "gsm")
    ]


def test_the_data_codings_are_read_as_the_page_says() -> None:
    said: dict[int, str] = {}
    for codings, reading in table("Data codings")[1:]:
        word = "default" if "default_alphabet" in reading else reading.partition(",")[0]
        if codings == "all others":
            said |= {coding: word for coding in range(256) if coding not in said}
        for coding_range in re.findall(r"0x(\w\w)(?:-0x(\w\w))?", codings):
            first, last = (int(end or coding_range[0], 16) for end in coding_range)
            said |= dict.fromkeys(range(first, last + 1), word)
    assert said == {coding: reading_of(coding) for coding in range(256)}


@pytest.mark.parametrize(
    ("pdu", "field", "characters"),
    [
        pytest.param(BindTransceiver, "password", 64, id="password"),
        pytest.param(smpp.SubmitSm, "destination_addr", 21, id="destination_addr"),
    ],
)
def test_a_field_that_deviates_has_the_length_that_the_page_says(
    pdu: type[Pdu], field: str, characters: int
) -> None:
    (row,) = [
        row for row in table("Deliberate deviations") if row[0].startswith(f"`{field}` has at most")
    ]
    assert str(characters) == row[1]
    (limit,) = [one.octets - 1 for one in LAYOUTS[pdu.command_id].fields if one.name == field]
    assert limit == characters
