"""The judgement of a soak: what had to hold, by ledger, platform, store and log."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from soak_gateway import API_KEY, ROUGH, STEADY, STORM
from soak_report import Check, judge_memory

from otpblue_trio.app import wall_clock
from otpblue_trio.smpp import CommandStatus
from otpblue_trio.store import read_cdrs

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from soak_run import Soak

__all__ = ["judge", "log_tells_error", "log_tells_secret"]

LOGINS = (STEADY, ROUGH, STORM)


async def judge(soak: Soak, ended: int | None, began_at: datetime) -> list[Check]:
    """Return everything that had to hold, and whether it did.

    Args:
      soak: a run that is over.
      ended: the gateway's exit code.
      began_at: when the run began.
    """
    ledger = soak.ledger
    assert soak.base is not None  # noqa: S101 - for mypy
    ledger.compare_sends(await soak.stub.sends())
    stub = await soak.stub.summary()
    ledger.problem("wrong_code", stub["wrong_codes"])
    ledger.problem("malformed_send", stub["malformed"])
    ledger.compare_records(_recorded_ids(soak.gateway.database, began_at))
    ledger.problem("error_in_log", _count_lines(soak.gateway.log, log_tells_error))
    ledger.problem("secret_in_log", _count_lines(soak.gateway.log, log_tells_secret))
    problems = ledger.problems

    def none_of(name: str, *kinds: str) -> Check:
        count = sum(problems[kind] for kind in kinds)
        return Check(name, str(count), not count)

    known = ("lost_response", "lost_receipt", "duplicate_response", "duplicate_receipt")
    sends = ("sent_twice", "wrong_code", "sent_to_unknown_number", "accepted_but_not_sent")
    records = ("missing_record", "error_in_log", "secret_in_log")
    others = set(problems) - {*known, *sends, *records, "wrong_status"}
    base, last = soak.base, soak.last
    return [
        none_of("responses lost", "lost_response"),
        none_of("receipts lost", "lost_receipt"),
        none_of("responses twice", "duplicate_response"),
        none_of("receipts twice, where no session was lost", "duplicate_receipt"),
        none_of("messages sent twice", "sent_twice"),
        none_of("wrong code or number sent", "wrong_code", "sent_to_unknown_number"),
        none_of("accepted and not sent", "accepted_but_not_sent"),
        none_of("answers that are not the platform's", "wrong_status"),
        none_of("accepted and without a record", "missing_record"),
        none_of("errors in the log", "error_in_log"),
        none_of("numbers, passwords and keys in the log", "secret_in_log"),
        none_of("anything else", *others),
        judge_memory(soak.samples),
        Check(
            "files, threads, connections and messages back at base",
            f"{base.descriptors} files and {base.threads} threads at first, "
            f"{last.descriptors} and {last.threads} at last"
            if last
            else "nobody there",
            soak.is_at_base,
        ),
        Check("exit code after SIGTERM", str(ended), ended == 0),
    ]


def _recorded_ids(database: Path, began_at: datetime) -> set[int]:
    """Return the hash of the message_id of every record with success, a minute at a time."""
    found: set[int] = set()
    since, until = began_at.timestamp() - 60, wall_clock().timestamp() + 60
    while since < until:
        found.update(
            hash(cdr.message_id)
            for cdr in read_cdrs(database, since=since, until=since + 60, limit=10_000_000)
            if cdr.command_status == CommandStatus.ESME_ROK
        )
        since += 60
    return found


_SECRETS = re.compile(
    "|".join(
        [
            *(re.escape(login.password) + r"(?!\d)" for login in LOGINS),
            re.escape(API_KEY),
            r'"\d{9,15}"',
        ]
    ).encode()
)


def log_tells_error(line: bytes) -> bool:
    """Tell whether a line of the gateway's log is about something that should not happen."""
    # The operator's own mistakes are part of the run.
    is_told = b'"level":"error"' in line or not line.startswith(b"{")
    return is_told and b'"message":"not reloaded: ' not in line


def log_tells_secret(line: bytes) -> bool:
    """Tell whether a line of the gateway's log holds a password, a key or a whole number."""
    return _SECRETS.search(line) is not None


def _count_lines(log: Path, is_such: Callable[[bytes], bool]) -> int:
    with log.open("rb") as lines:
        return sum(map(is_such, lines))
