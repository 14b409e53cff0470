"""What `otpblue-trio send` says about a command_status."""

import pytest

from otpblue_trio.esme import describe_status
from otpblue_trio.smpp import CommandStatus


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (0x00, "0x00 ESME_ROK (success)"),
        (0x45, "0x45 ESME_RSUBMITFAIL (no iMessage: fail over to SMS)"),
        (0x0E, "0x0E ESME_RINVPASWD (authentication failed: check system_id and password)"),
    ],
)
def test_status_of_the_guide_is_explained(status: int, text: str) -> None:
    assert describe_status(status) == text


# The integration guide, "Response Handling".
@pytest.mark.parametrize("status", [0x00, 0x01, 0x04, 0x08, 0x0B, 0x0D, 0x0E, 0x45, 0x58])
def test_every_status_of_the_guide_has_a_meaning(status: int) -> None:
    assert describe_status(status).endswith(")")


def test_other_status_is_named() -> None:
    assert describe_status(CommandStatus.ESME_RMSGQFUL) == "0x14 ESME_RMSGQFUL"


@pytest.mark.parametrize(("status", "text"), [(0x400, "0x00000400"), (0xFFFFFFFF, "0xffffffff")])
def test_unknown_status_is_a_number(status: int, text: str) -> None:
    assert describe_status(status) == text
