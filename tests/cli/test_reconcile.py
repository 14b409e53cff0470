"""`reconcile`: what the platform's history says of messages whose outcome is unknown."""

from __future__ import annotations

import csv
import http.client
import io
import json
import signal
from contextlib import closing
from typing import TYPE_CHECKING

import attrs
import pytest
from tests.cli.conftest import write_cdrs

from otpblue_trio.app import epoch_seconds
from otpblue_trio.app.fates import SLACK
from otpblue_trio.store import CdrEntry, NumberPrivacy
from otpblue_trio.testing import cdr_entry

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from click.testing import Result

UNKNOWN = cdr_entry(
    time=0.0,
    reason="platform_timeout",
    command_status=8,
    message_id="",
    latency=10.0,
    outcome_known=False,
)


@pytest.fixture
def platform(start: Callable[..., subprocess.Popen[str]]) -> Iterator[str]:
    """The simulator as a process; gives its address."""
    with start("simulator", "--port=0", "--latency=0", "--jitter=0s") as process:
        assert process.stdout is not None
        yield f"http://{process.stdout.readline().split()[-1]}"
        process.send_signal(signal.SIGTERM)


@pytest.fixture
def configured(config: Path, platform: str) -> Path:
    """A configuration whose platform is that process; gives where its store is."""
    text = config.read_text().replace('path = ""', 'path = "var/otpblue.db"')
    history = f"{platform}/imsg/api/v1/otp/history/requests/"
    config.write_text(
        f'{text}\n[platform]\nkind = "http"\nurl = "{platform}/imsg/api/v1.1/otp/send/"\n'
        f'history_url = "{history}"\n'
    )
    return config.parent / "var" / "otpblue.db"


def send(platform: str, contact: str) -> str:
    """Send the platform a code as the gateway does; return the message's id, if it has one."""
    connection = http.client.HTTPConnection(platform.removeprefix("http://"))
    with closing(connection):
        connection.request(
            "POST",
            "/imsg/api/v1.1/otp/send/",
            json.dumps({"contact": contact, "code": "482910", "sender": "MyBank"}),
            {"Authorization": "demo-key", "Content-Type": "application/json"},
        )
        return str(json.load(connection.getresponse()).get("message_id", ""))


def keep(path: Path, *cdrs: CdrEntry, privacy: NumberPrivacy = NumberPrivacy.FULL) -> None:
    """Write records that are so old that the platform has noted what it will."""
    moment = epoch_seconds() - SLACK
    write_cdrs(path, *(attrs.evolve(cdr, time=moment) for cdr in cdrs), privacy=privacy)


def test_each_message_gets_the_platforms_word(
    run: Callable[..., Result], platform: str, configured: Path
) -> None:
    delivered = send(platform, "+14155552671")
    send(platform, "+14155550150")
    numbers = ("+14155552671", "+14155550150", "+14155552673")
    keep(configured, *(attrs.evolve(UNKNOWN, destination=number) for number in numbers))
    result = run("reconcile")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].split()[-1] == "history"
    assert [line.split()[7:] for line in lines[1:]] == [
        ["10000", "delivered", delivered],
        ["10000", "failed", "150"],
        ["10000", "absent"],
    ]
    assert result.stderr == ("3 with an unknown outcome: 1 delivered, 1 failed, 1 absent\n")


def test_no_code_and_no_whole_number_of_the_history_is_shown(
    run: Callable[..., Result], platform: str, configured: Path
) -> None:
    send(platform, "+14155552671")
    keep(configured, UNKNOWN, privacy=NumberPrivacy.MASK)
    for form in ((), ("--json",), ("--csv",)):
        result = run("reconcile", *form)
        assert "delivered" in result.stdout
        assert "482910" not in result.output
        assert "2671" not in result.output


def test_machines_get_the_record_with_what_the_history_says(
    run: Callable[..., Result], platform: str, configured: Path
) -> None:
    delivered = send(platform, "+14155552671")
    keep(configured, UNKNOWN)
    [record] = map(json.loads, run("reconcile", "--json").stdout.splitlines())
    assert (record["system_id"], record["outcome"]) == ("demo", "unknown")
    said = {name: value for name, value in record.items() if name.startswith("history")}
    assert said == {
        "history": "delivered",
        "history_code": 0,
        "history_id": delivered,
        "history_fitting": 1,
    }
    [row] = csv.DictReader(io.StringIO(run("reconcile", "--csv").stdout))
    assert (row["history"], row["history_id"]) == ("delivered", delivered)


def test_requests_of_records_that_are_known_are_not_taken_for_others(
    run: Callable[..., Result], platform: str, configured: Path
) -> None:
    known = attrs.evolve(
        UNKNOWN,
        reason="delivered",
        command_status=0,
        message_id=send(platform, "+14155552671"),
        outcome_known=True,
    )
    keep(configured, UNKNOWN, known)
    assert run("reconcile").stdout.splitlines()[1].endswith("  absent")


def test_requests_that_nobody_can_tell_apart_are_counted(
    run: Callable[..., Result], platform: str, configured: Path
) -> None:
    for _ in range(2):
        send(platform, "+14155552671")
    keep(configured, UNKNOWN)
    assert run("reconcile").stdout.splitlines()[1].endswith("  unclear, 2 fitting")


def test_only_unknown_outcomes_of_the_asked_time_and_account_are_looked_at(
    run: Callable[..., Result], configured: Path
) -> None:
    keep(configured, attrs.evolve(UNKNOWN, outcome_known=True))
    assert run("reconcile").stderr == "no messages with an unknown outcome\n"
    keep(configured, UNKNOWN)
    assert run("reconcile", "--account=other").stdout == ""
    assert run("reconcile", "--until=1h").stdout == ""


def test_an_account_without_a_key_is_named_and_fails_the_command(
    run: Callable[..., Result], platform: str, configured: Path
) -> None:
    send(platform, "+14155552671")
    keep(configured, UNKNOWN, attrs.evolve(UNKNOWN, system_id="gone"))
    result = run("reconcile")
    assert result.exit_code == 1
    assert "otpblue-trio: gone: no API key" in result.stderr
    assert result.stdout.splitlines()[2].endswith("  not asked")
    assert "  delivered " in result.stdout.splitlines()[1]


def test_a_history_that_cannot_be_had_is_told_and_fails_the_command(
    run: Callable[..., Result], config: Path, configured: Path
) -> None:
    config.write_text(config.read_text().replace("history/requests/", "no/such/"))
    keep(configured, UNKNOWN)
    result = run("reconcile")
    assert result.exit_code == 1
    assert "otpblue-trio: demo: the history was answered with HTTP status 404" in result.stderr
    assert result.stdout.splitlines()[1].endswith("  not asked")


def test_the_simulator_has_no_history(
    run: Callable[..., Result], config: Path, configured: Path
) -> None:
    config.write_text(config.read_text().replace('kind = "http"', 'kind = "simulator"'))
    keep(configured, UNKNOWN)
    result = run("reconcile")
    assert (result.exit_code, result.stdout) == (1, "")
    assert 'platform.kind is "simulator"' in result.stderr


def test_where_no_records_are_kept_there_is_nothing_to_ask_for(
    run: Callable[..., Result], config: Path
) -> None:
    result = run("reconcile")
    assert result.exit_code == 2
    assert "store.path is empty" in result.stderr


def test_json_and_csv_exclude_each_other(run: Callable[..., Result], config: Path) -> None:
    assert run("reconcile", "--json", "--csv").exit_code == 2
