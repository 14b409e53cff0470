"""The wire format of one send: the request's body, and the reading of the platform's answer.

Every client of the platform, and the simulator, goes through these two functions, so that an answer
means the same thing everywhere. Basis: the platform's REST API v1.1.
"""

from __future__ import annotations

from typing import Any

import orjson

from otpblue_trio.policy.types import (
    Delivered,
    Failed,
    FailureKind,
    Outcome,
    Refused,
    SendRequest,
    is_message_id,
)

__all__ = ["outcome_of_answer", "request_body"]

_MAX_CODE = 9999
"""No real code is longer than four digits. `code` is also what the request calls the one-time
password: a platform that sends the request back must not get that into logs and records."""


_TURNED_AWAY = frozenset({401, 403, 404, 405, 413, 415, 429})
"""Statuses of a request that was not carried out: the key, the path, its form, a limit."""


def request_body(request: SendRequest) -> bytes:
    """Return the JSON body that asks the platform for one send.

    `code` or `text`, whichever the request has; empty `sender` and `language` are left out. A lone
    surrogate in a text, which JSON cannot carry, becomes `?`.
    """
    fields = {"contact": request.contact, "source": "smpp"}
    if request.text:
        fields["text"] = request.text
    else:
        fields["code"] = request.code
    if request.sender:
        fields["sender"] = request.sender
    if request.language:
        fields["language"] = request.language
    try:
        return orjson.dumps(fields)
    except orjson.JSONEncodeError:
        return orjson.dumps(
            {name: value.encode("utf-8", "replace").decode() for name, value in fields.items()}
        )


def outcome_of_answer(status: int, body: bytes | bytearray) -> Outcome:
    """Return what one complete HTTP answer to a send means.

    Delivered only when the platform says so with an id that SMPP can carry. Never raises, whatever
    the octets; nothing of the body gets into the outcome but the id and the code.

    Args:
      status: the HTTP status of the final response.
      body: the whole body, already freed from its transfer coding.

    Returns:
      `Delivered` for 200 with `success` and a `message_id`; `Refused` for 400 with a code;
      `Failed(STATUS)` for any other status; else `Failed(BAD_ANSWER)`. Failures have
      `may_have_been_sent` set, because the platform has seen the request, but for statuses that
      say that it was turned away.
    """
    if status == 200:
        answer = _json_object(body)
        message_id = answer.get("message_id")
        if answer.get("success") is not True:
            return _bad_answer(200, "200 without success")
        if not isinstance(message_id, str) or not is_message_id(message_id):
            return _bad_answer(200, "200 without a usable message_id")
        return Delivered(message_id)
    if status == 400:
        code = _error_code(_json_object(body).get("code"))
        return _bad_answer(400, "400 without an error code") if code is None else Refused(code)
    return Failed(
        FailureKind.STATUS,
        http_status=status,
        may_have_been_sent=status not in _TURNED_AWAY,
        detail=f"HTTP status {status}",
    )


def _error_code(code: object) -> int | None:
    """Read an error code, which arrives as a number or as a numeric string."""
    if isinstance(code, str) and code.isascii() and code.isdigit() and len(code) <= 6:
        code = int(code)
    if isinstance(code, int) and not isinstance(code, bool) and 0 < code <= _MAX_CODE:
        return code
    return None


# `Any`: values of JSON that nobody has looked at yet.
def _json_object(body: bytes | bytearray) -> dict[str, Any]:
    """Return the body's JSON object, or an empty one for anything else."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _bad_answer(status: int, detail: str) -> Failed:
    return Failed(
        FailureKind.BAD_ANSWER, http_status=status, may_have_been_sent=True, detail=detail
    )
