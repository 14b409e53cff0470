"""Names for integers off the wire."""

import pytest

from otpblue_trio.smpp import RESPONSE_BIT, CommandId, CommandStatus, command_name, status_name


@pytest.mark.parametrize(
    ("command_id", "name"),
    [
        (0x00000004, "submit_sm"),
        (0x80000009, "bind_transceiver_resp"),
        (0x80000000, "generic_nack"),
        (0x00000999, "0x00000999"),
        (0xFFFFFFFF, "0xffffffff"),
    ],
)
def test_command_name_prints_any_command_id(command_id: int, name: str) -> None:
    assert command_name(command_id) == name


@pytest.mark.parametrize(
    ("command_status", "name"),
    [(0x00, "ESME_ROK"), (0x58, "ESME_RTHROTTLED"), (0x999, "0x00000999")],
)
def test_status_name_prints_any_command_status(command_status: int, name: str) -> None:
    assert status_name(command_status) == name


def test_every_response_is_its_request_with_the_response_bit() -> None:
    for command in CommandId:
        if command.name.endswith("_RESP"):
            request = CommandId[command.name.removesuffix("_RESP")]
            assert command == request | RESPONSE_BIT


def test_no_status_number_has_two_names() -> None:
    assert len(CommandStatus.__members__) == len(CommandStatus)
