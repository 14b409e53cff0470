"""What a command_status means to an aggregator, in the words of the integration guide."""

from __future__ import annotations

from types import MappingProxyType

from otpblue_trio.smpp import CommandStatus, status_name

__all__ = ["describe_status"]

_MEANINGS = MappingProxyType(
    {
        CommandStatus.ESME_ROK: "success",
        CommandStatus.ESME_RSUBMITFAIL: "no iMessage: fail over to SMS",
        CommandStatus.ESME_RTHROTTLED: (
            "rate limit exceeded or no capacity: retry later, or fail over"
        ),
        CommandStatus.ESME_RINVDSTADR: "invalid or unsupported phone number: drop the message",
        CommandStatus.ESME_RINVSRCADR: "invalid sender name",
        CommandStatus.ESME_RSYSERR: "temporary system error: retry, or fail over",
        CommandStatus.ESME_RINVMSGLEN: "no code of 4-10 digits in the message, or over 512 octets",
        CommandStatus.ESME_RINVSCHED: "a one-time password cannot be scheduled",
        CommandStatus.ESME_RINVBNDSTS: "not bound, or bound in the wrong mode",
        CommandStatus.ESME_RINVPASWD: "authentication failed: check system_id and password",
        CommandStatus.ESME_RBINDFAIL: (
            "bind failed: address or certificate not allowed, address blocked, or too many sessions"
        ),
    }
)


def describe_status(command_status: int) -> str:
    """Return e.g. `0x45 ESME_RSUBMITFAIL (no iMessage: fail over to SMS)`.

    A status that SMPP 3.4 does not know is a number alone, e.g. `0x00000400`.
    """
    try:
        status = CommandStatus(command_status)
    except ValueError:
        return status_name(command_status)
    text = f"0x{status:02X} {status.name}"
    meaning = _MEANINGS.get(status)
    return f"{text} ({meaning})" if meaning else text
