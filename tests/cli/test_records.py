"""`records`: what became of messages, for a person at night and for machines."""

from __future__ import annotations

import csv
import io
import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import attrs
import pytest
from tests.cli.conftest import write_cdrs

from otpblue_trio.app import epoch_seconds
from otpblue_trio.store import NumberPrivacy
from otpblue_trio.testing import cdr_entry

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

NIGHT = datetime(2026, 11, 27, 3, 0, tzinfo=UTC).timestamp()
FIRST = cdr_entry(time=NIGHT + 0.25, message_id="m-1", latency=0.1553)
JOINED = attrs.evolve(FIRST, time=NIGHT + 60, joined=True)
NO_IMESSAGE = attrs.evolve(
    FIRST,
    time=NIGHT + 120,
    system_id="other",
    destination="+447700900123",
    region="GB",
    reason="no_imessage",
    command_status=0x45,
    platform_code=150,
    message_id="",
)
UNKNOWN = attrs.evolve(
    FIRST,
    time=NIGHT + 180,
    reason="platform_timeout",
    command_status=8,
    message_id="",
    latency=10.0,
    outcome_known=False,
)
REFUSED = attrs.evolve(
    FIRST,
    time=NIGHT + 240,
    destination="14155552671",
    region="",
    reason="no_code",
    command_status=1,
    message_id="",
)
ALL = (FIRST, JOINED, NO_IMESSAGE, UNKNOWN, REFUSED)


@pytest.fixture
def database(config: Path) -> Path:
    """The store of the configuration, with five records of one night."""
    config.write_text(config.read_text().replace('path = ""', 'path = "var/otpblue.db"'))
    path = config.parent / "var" / "otpblue.db"
    write_cdrs(path, *ALL)
    return path


def found(run: Callable[..., Result], *arguments: str) -> list[dict[str, object]]:
    """Return what `records --json` writes, once it has written nothing else."""
    result = run("records", *arguments, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    return [json.loads(line) for line in result.stdout.splitlines()]


def reasons(run: Callable[..., Result], *arguments: str) -> list[object]:
    return [record["reason"] for record in found(run, *arguments)]


# ---------------------------------------------------------------------- shapes


@pytest.mark.parametrize(
    "option", ["--account=\udcff", "--number=\udcff", "--message-id=\udcff", f"--limit={10**19}"]
)
def test_what_stands_in_no_record_is_wrong_usage(
    run: Callable[..., Result], database: Path, option: str
) -> None:
    result = run("records", option)
    assert result.exit_code == 2
    assert option.partition("=")[0] in result.stderr


def test_a_table_is_aligned_and_says_what_is_not_known(
    run: Callable[..., Result], database: Path
) -> None:
    result = run("records", "config.toml")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0].split() == [
        *("time", "(UTC)", "account", "number", "region", "sender", "reason"),
        *("status", "code", "ms", "message_id", "note"),
    ]
    assert lines[1].split() == [
        *("2026-11-27", "03:00:00.250", "demo", "+14155552671", "US", "MyBank"),
        *("delivered", "0x00", "155", "m-1"),
    ]
    assert lines[2].endswith("  joined")
    assert lines[3].split()[6:] == ["no_imessage", "0x45", "150", "155"]
    assert lines[4].endswith("  outcome unknown")
    assert lines[4].split()[-5:] == ["platform_timeout", "0x08", "10000", "outcome", "unknown"]
    columns = {
        line.index(word) for line, word in zip(lines[1:3], ("MyBank", "MyBank"), strict=True)
    }
    assert columns == {lines[0].index("sender")}


def test_a_json_line_has_every_field_under_the_names_of_the_log(
    run: Callable[..., Result], database: Path
) -> None:
    first, *_, unknown, _ = found(run)
    assert first == {
        "time": "2026-11-27T03:00:00.250Z",
        "system_id": "demo",
        "connection": 12,
        "sequence_number": 7,
        "destination": "+14155552671",
        "region": "US",
        "sender": "MyBank",
        "reason": "delivered",
        "status": "ESME_ROK",
        "command_status": "0x00000000",
        "platform_code": 0,
        "message_id": "m-1",
        "latency_ms": 155.3,
        "joined": False,
        "outcome": "known",
    }
    assert (unknown["outcome"], unknown["status"]) == ("unknown", "ESME_RSYSERR")


def test_csv_has_a_line_of_names_and_the_same_fields(
    run: Callable[..., Result], database: Path
) -> None:
    write_cdrs(database, attrs.evolve(FIRST, time=NIGHT + 300, sender='My "Bank", Ltd\n'))
    result = run("records", "--csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert list(rows[0]) == list(found(run)[0])
    assert [row["outcome"] for row in rows].count("unknown") == 1
    assert (rows[1]["joined"], rows[-1]["sender"]) == ("true", 'My "Bank", Ltd\n')


def test_a_sender_cannot_move_the_cursor(run: Callable[..., Result], database: Path) -> None:
    write_cdrs(database, attrs.evolve(FIRST, time=NIGHT + 300, sender="\x1b[2J\u202e"))
    shown = run("records", "--limit", "1").stdout
    assert "\\x1b[2J\\u202e" in shown
    assert "\x1b" not in shown


def test_no_records_is_said(run: Callable[..., Result], database: Path) -> None:
    result = run("records", "--account", "nobody")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "no records\n")
    assert found(run, "--account", "nobody") == []


# ---------------------------------------------------------------------- which ones


@pytest.mark.parametrize(("limit", "shown"), [(1, 1), (4, 4), (5, 5), (6, 5)])
def test_the_newest_are_shown_up_to_the_limit_and_others_are_spoken_of(
    run: Callable[..., Result], database: Path, limit: int, shown: int
) -> None:
    result = run("records", "--limit", str(limit))
    times = [line[:23] for line in result.stdout.splitlines()[1:]]
    assert len(times) == shown
    assert times == sorted(times)
    assert times[-1] == "2026-11-27 03:04:00.000"
    assert bool(result.stderr) == (shown < 5)
    assert len(found(run, "--limit", str(limit))) == shown


def test_a_table_is_a_hundred_lines_unless_more_are_asked_for(
    run: Callable[..., Result], database: Path
) -> None:
    write_cdrs(database, *(attrs.evolve(FIRST, time=NIGHT + 300 + n) for n in range(200)))
    assert len(run("records").stdout.splitlines()) == 101
    assert len(run("records", "--limit", "150").stdout.splitlines()) == 151
    assert len(found(run)) == 205


def test_a_table_that_does_not_fit_into_memory_is_refused(
    run: Callable[..., Result], database: Path
) -> None:
    assert run("records", "--limit", "10000").exit_code == 0
    result = run("records", "--limit", "10001")
    assert result.exit_code == 2
    assert "--csv or --json" in result.stderr
    assert len(found(run, "--limit", "10001")) == 5


def test_records_are_found_by_account_message_and_reason(
    run: Callable[..., Result], database: Path
) -> None:
    assert reasons(run, "--account", "other") == ["no_imessage"]
    assert reasons(run, "--message-id", "m-1") == ["delivered", "delivered"]
    assert reasons(run, "--reason", "no_code") == ["no_code"]
    assert reasons(run, "--reason", "no_code", "--account", "other") == []


def test_those_with_an_unknown_outcome_are_found(
    run: Callable[..., Result], database: Path
) -> None:
    assert reasons(run, "--unknown") == ["platform_timeout"]


@pytest.mark.parametrize(
    ("since", "until", "minutes"),
    [
        ("2026-11-27T03:02:00", "2026-11-27T03:04:00", [2, 3]),
        ("2026-11-27 03:02Z", "2026-11-27T04:04:00.001+01:00", [2, 3, 4]),
        ("2026-11-27", "2026-11-28", [0, 1, 2, 3, 4]),
        ("2026-11-28", "2026-11-29", []),
    ],
)
def test_a_time_includes_its_first_moment_and_not_the_one_after_the_last(
    run: Callable[..., Result], database: Path, since: str, until: str, minutes: list[int]
) -> None:
    times = [str(record["time"]) for record in found(run, "--since", since, "--until", until)]
    assert [int(time[14:16]) for time in times] == minutes


def test_an_age_is_counted_from_now(run: Callable[..., Result], database: Path) -> None:
    now = epoch_seconds()
    write_cdrs(database, *(attrs.evolve(REFUSED, time=now - age) for age in (7300, 7100, 100)))
    assert len(found(run, "--since", "2h", "--reason", "no_code")) == 2
    assert len(found(run, "--since", "2h", "--until", "1h", "--reason", "no_code")) == 1


@pytest.mark.parametrize(
    "number",
    ["+14155552671", "14155552671", "0014155552671", "+1 (415) 555-2671", "1.415.555.2671"],
)
@pytest.mark.parametrize("privacy", list(NumberPrivacy))
def test_a_number_is_found_however_it_was_kept(
    run: Callable[..., Result], database: Path, privacy: NumberPrivacy, number: str
) -> None:
    database.unlink()
    write_cdrs(database, *ALL, privacy=privacy)
    every = found(run)
    assert (every[0]["destination"] == "+14155552671") == (privacy is NumberPrivacy.FULL)
    wanted = [record for record in every if record["reason"] != "no_imessage"]
    assert found(run, "--number", number) == wanted


def test_a_number_is_found_by_what_stands_in_the_records(
    run: Callable[..., Result], database: Path
) -> None:
    database.unlink()
    write_cdrs(database, *ALL, privacy=NumberPrivacy.HASH)
    kept = str(found(run, "--account", "other")[0]["destination"])
    assert reasons(run, "--number", kept) == ["no_imessage"]


# ---------------------------------------------------------------------- beside a gateway


def test_a_database_is_read_without_a_configuration(
    run: Callable[..., Result], database: Path, config: Path
) -> None:
    config.unlink()
    assert len(found(run, "--database", "var/otpblue.db")) == 5


def test_records_come_while_the_gateway_runs(
    start: Callable[..., subprocess.Popen[str]], run: Callable[..., Result], database: Path
) -> None:
    with start("serve") as gateway:
        assert gateway.stdout is not None
        port = gateway.stdout.readline().rpartition(":")[2].strip()
        assert gateway.stdout.readline() == "ready\n"
        where = ("--plain", "--port", port, "--system-id", "demo")
        sent = run(
            "send", *where, "14155552672", "Your code is 482910", env={"OTPBLUE_PASSWORD": "secret"}
        )
        assert sent.exit_code == 0
        # It comes from the journal into the database in a moment.
        looks = (found(run, "--number", "+14155552672") for _ in range(5000))
        records = next(filter(None, looks), [])
        gateway.terminate()
        assert gateway.wait(timeout=30) == 0
    [record] = records
    assert (record["reason"], record["destination"]) == ("delivered", "+1415555****")
    assert str(record["message_id"]) in sent.stdout
    assert not any(path.stat().st_mode & 0o077 for path in database.parent.iterdir())


# ---------------------------------------------------------------------- errors


def test_a_store_without_a_path_keeps_no_records(run: Callable[..., Result], config: Path) -> None:
    result = run("records")
    assert result.exit_code == 2
    assert result.stderr == "config.toml: store.path is empty: no records are kept\n"


def test_a_missing_database_is_said(run: Callable[..., Result], database: Path) -> None:
    database.unlink()
    result = run("records")
    assert result.exit_code == 1
    assert result.stderr.endswith("otpblue.db cannot be read: there is no such file\n")
    assert not database.exists()


def test_what_is_no_database_is_said(run: Callable[..., Result], database: Path) -> None:
    result = run("records", "--database", "config.toml")
    assert result.exit_code == 1
    assert "config.toml cannot be read: file is not a database" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--since", "yesterday"),
        ("--since", "15"),
        ("--until", "2026-13-01"),
        ("--reason", "bad_luck"),
        ("--limit", "0"),
        ("--json", "--csv"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(
    run: Callable[..., Result], database: Path, arguments: tuple[str, ...]
) -> None:
    result = run("records", *arguments)
    assert result.exit_code == 2
    assert "Usage: " in result.stderr


def test_a_key_that_is_not_whole_is_said(run: Callable[..., Result], database: Path) -> None:
    database.with_name("otpblue.db.key").write_bytes(b"short")
    result = run("records", "--number", "+14155552671")
    assert result.exit_code == 1
    assert "otpblue.db.key has 5 octets, not 32" in result.stderr


def test_a_reader_that_leaves_ends_the_command(
    start: Callable[..., subprocess.Popen[str]], database: Path
) -> None:
    write_cdrs(database, *(attrs.evolve(FIRST, time=NIGHT + 300 + n) for n in range(3000)))
    reading, writing = os.pipe()
    os.close(reading)
    with start("records", "--json", stdout=writing) as process:
        os.close(writing)
        assert process.stderr is not None
        assert process.stderr.read() == ""
        assert process.wait(timeout=30) == 1
