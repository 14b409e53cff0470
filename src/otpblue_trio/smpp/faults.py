"""The two protocol errors of a reader: a lost stream and one unusable PDU."""

from __future__ import annotations

from otpblue_trio.errors import OtpBlueError
from otpblue_trio.smpp.constants import CommandStatus, command_name

__all__ = ["DecodeError", "FieldFault", "FramingError", "UnknownCommand"]


class FramingError(OtpBlueError):
    """The octet stream is lost: answer with generic_nack, then close the connection.

    Attributes:
      command_status: what to answer with; always ESME_RINVCMDLEN.
      sequence_number: what to echo; 0 when it could not be read.
    """

    command_status = CommandStatus.ESME_RINVCMDLEN

    def __init__(self, message: str, sequence_number: int = 0) -> None:
        super().__init__(message)
        self.sequence_number = sequence_number


class DecodeError(OtpBlueError):
    """One PDU cannot be used: answer it with `command_status` and go on; the stream is good.

    Only requests give this error (and `UnknownCommand` for any command_id); a response is never
    refused for its body.

    Attributes:
      command_id: of the PDU at fault; its response, or generic_nack, carries the answer.
      command_status: what to answer with.
      sequence_number: what to echo.
    """

    def __init__(
        self, command_id: int, command_status: CommandStatus, sequence_number: int, reason: str
    ) -> None:
        super().__init__(f"{command_name(command_id)}: {reason}")
        self.command_id = command_id
        self.command_status = command_status
        self.sequence_number = sequence_number


class UnknownCommand(DecodeError):
    """The command_id is none of SMPP 3.4 (ESME_RINVCMDID).

    With RESPONSE_BIT set in `command_id` it is a response to nothing and wants no answer.
    """


class FieldFault(Exception):
    """A body that breaks its layout; `decode` adds the header and raises `DecodeError`."""

    def __init__(self, command_status: CommandStatus, reason: str) -> None:
        super().__init__(reason)
        self.command_status = command_status
        self.reason = reason
