"""What the load test sends, and how it tells what it saw."""

from __future__ import annotations

import itertools
import os
import socket
import ssl
import sys
import time
from array import array
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import loadtest
import phonenumbers
import pytest
import trio
from loadtest_books import FAULTS, Tally
from loadtest_comparison import compare
from loadtest_html import as_html
from loadtest_link import LinkLost, Target, parse_target, reason_of
from loadtest_messages import KINDS, SPECIAL_ENDINGS, messages, parse_mix
from loadtest_options import parse_arguments
from loadtest_result import as_text, percentiles, report
from loadtest_run import process_figures

from otpblue_trio.smpp import CommandStatus
from otpblue_trio.upstream.simulator_rules import BEHAVIOURS

if TYPE_CHECKING:
    from pathlib import Path


def test_numbers_are_distinct_valid_and_meet_no_special_outcome() -> None:
    numbers = [one.destination for one in itertools.islice(messages(), 3000)]
    assert len(set(numbers)) == len(numbers)
    assert all(phonenumbers.is_valid_number(phonenumbers.parse("+" + one)) for one in numbers)
    assert not {one[-4:] for one in numbers} & SPECIAL_ENDINGS


def test_every_ending_of_the_simulator_is_a_kind() -> None:
    assert set(BEHAVIOURS) == SPECIAL_ENDINGS


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if kind.ending])
def test_kind_with_an_ending_has_valid_numbers_with_it(kind: str) -> None:
    numbers = [one.destination for one in itertools.islice(messages(mix={kind: 1}), 100)]
    assert all(one.endswith(KINDS[kind].ending) for one in numbers)
    assert all(phonenumbers.is_valid_number(phonenumbers.parse("+" + one)) for one in numbers)


def test_shares_of_a_mix_are_kept() -> None:
    mix = {"delivered": 40.0, "no_imessage": 55.0, "no_capacity": 5.0}
    kinds = [one.kind for one in itertools.islice(messages(mix=mix), 10_000)]
    for kind, share in mix.items():
        assert kinds.count(kind) == pytest.approx(share * 100, rel=0.15)


def test_another_seed_sends_other_codes() -> None:
    texts = [[one.text for one in itertools.islice(messages(seed=s), 50)] for s in (0, 1)]
    assert texts[0] != texts[1]


@pytest.mark.parametrize("sides", [2, 3, 4])
def test_sides_send_the_same_texts_to_numbers_of_their_own(sides: int) -> None:
    mix = {"delivered": 2.0, "no_imessage": 1.0, "no_code": 1.0}
    sent = [
        list(itertools.islice(messages(mix=mix, seed=5, side=side, sides=sides), 500))
        for side in range(sides)
    ]
    wordings = [[(one.kind, one.sender, one.text) for one in each] for each in sent]
    assert all(each == wordings[0] for each in wordings)
    numbers = [{one.destination for one in each} for each in sent]
    assert len(set().union(*numbers)) == sum(map(len, numbers)) == 500 * sides


def test_two_runs_have_seeds_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds = []
    for second in (0, 1):
        date = datetime(2026, 1, 1, 12, 0, second, tzinfo=UTC)
        monkeypatch.setattr("loadtest_options.wall_clock", lambda date=date: date)
        seeds.append(parse_arguments(["--password=x"]).seed)
    assert seeds[0] != seeds[1]
    assert parse_arguments(["--password=x", "--seed=3"]).seed == 3


def test_mix_is_read() -> None:
    assert parse_mix("delivered=40, no_imessage") == {"delivered": 40.0, "no_imessage": 1.0}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "is none of delivered, "),
        ("delivred=1", "'delivred' is none of delivered, "),
        ("delivered=x", "delivered=x: 'x' is no number"),
        ("delivered=-1", "delivered=-1: a weight is from 0 to 1000000000"),
        ("delivered=0", "every weight is 0"),
        ("delivered=1,slow,delivered=2", "delivered is named twice"),
    ],
)
def test_mix_that_is_none_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_mix(text)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("127.0.0.1:2775", ("127.0.0.1", 2775, False)),
        ("tls://gateway.example:2776", ("gateway.example", 2776, True)),
        ("tcp://[::1]:1", ("::1", 1, False)),
    ],
)
def test_target_is_read(text: str, target: tuple[str, int, bool]) -> None:
    assert parse_target(text, tls=False) == Target(text, *target)


@pytest.mark.parametrize("text", ["host", "host:0", "host:65536", "http://h:1", "::1:5", "h:1/x"])
def test_target_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"HOST:PORT.*tcp://.*65535.*brackets"):
        parse_target(text, tls=False)


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            caused(
                OSError("all attempts to connect to a:1 failed"),
                ExceptionGroup(
                    "several",
                    [
                        caused(OSError(111, "to ::1"), ConnectionRefusedError(111, "refused")),
                        ConnectionRefusedError(111, "to 127.0.0.1"),
                        OSError(113, "to 10.0.0.1"),
                    ],
                ),
            ),
            "Connection refused; No route to host",
        ),
        (socket.gaierror(-2, "Name or service not known"), "Name or service not known"),
        (
            caused(trio.BrokenResourceError(), ssl.SSLError(1, "[SSL: WRONG_VERSION] wrong")),
            "[SSL: WRONG_VERSION] wrong",
        ),
        (caused(LinkLost("what came is no SMPP"), ValueError("x")), "what came is no SMPP"),
        (trio.BrokenResourceError(), "BrokenResourceError"),
    ],
    ids=["several addresses", "host", "TLS", "ours", "nothing said"],
)
def test_reason_is_the_innermost_cause(error: Exception, reason: str) -> None:
    assert reason_of(error) == reason


def test_tls_holds_for_targets_that_do_not_say() -> None:
    options = parse_arguments(
        ["--password=x", "--tls", "--target=a:1", "--target=tcp://b:2", "--seconds=1"]
    )
    assert [one.tls for one in options.targets] == [True, False]


@pytest.mark.parametrize("given", [["--password", "hush-1"], ["--password=hush-1"]])
def test_password_is_struck_out_of_the_command(given: list[str]) -> None:
    command = parse_arguments(["--port", "1", *given, "--sessions", "2"]).command
    assert "hush-1" not in command
    assert "***" in command
    assert command.endswith("--sessions 2")


BIND, IDLE, TWO = "--mode=bind", ["--mode=idle", "--seconds=1"], ["--target=a:1", "--target=b:1"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--mode=idle"], "--mode idle needs --seconds"),
        (["--mode=idle", "--messages=5"], "--messages means nothing with --mode idle"),
        (["--target=a:1", "--port=2"], "stands instead of --host and --port"),
        (["--target=a:1", "--host=b"], "stands instead of --host and --port"),
        (["--target=a"], "HOST:PORT"),
        ([*TWO, "--cpu-of=5"], "once for each target"),
        ([*TWO, "--cpu-of=5", "--cpu-of=5", "--compare=parallel"], "cannot be told apart"),
        (["--mix=nothing=1"], "is none of"),
        (["--sessions=0"], "argument --sessions: '0' is not a whole number from 1 to 20000"),
        (["--sessions=abc"], "argument --sessions: 'abc' is not a whole number from 1 to 20000"),
        (["--messages=1e3"], "'1e3' is not a whole number from 1 to 10000000"),
        (["--rate=nan"], "'nan' is not a number from 0.01 to 100000"),
        (["--passw=x"], "unrecognized"),
        ([f"--system-id={'x' * 25}"], "system_id has 25 characters, more than 15"),
        ([f"--password={'x' * 80}"], "password has 80 characters, more than 64"),
        (["--password=\u20ac"], "password: character 0 is not Latin-1"),
        (["--tls", "--ca=/nonexistent.pem"], "--ca /nonexistent.pem: No such file"),
        (["--tls", f"--ca={__file__}"], ".py: there is no PEM certificate in it"),
        (["--insecure"], "mean nothing without TLS"),
        (["--target=tcp://a:1", "--tls", f"--ca={__file__}"], "mean nothing without TLS"),
        ([BIND, "--mix=slow"], "--mix means nothing with --mode bind"),
        ([BIND, "--window=2"], "--window means nothing"),
        ([BIND, "--no-receipts"], "--receipts means nothing"),
        ([BIND, "--enquire-interval=1"], "--enquire-interval means nothing"),
        ([*IDLE, "--rate=5"], "--rate means nothing with --mode idle"),
        (["--rounds=2"], "mean nothing with one target"),
        (["--compare=parallel"], "mean nothing with one target"),
        ([*TWO, "--compare=parallel", "--rounds=2"], "--rounds means nothing"),
        (["--report="], "--report .: is a directory"),
        (["--report=/nonexistent/x.html"], "--report /nonexistent/x.html: there is no directory"),
    ],
)
def test_wrong_usage_is_told(
    capsys: pytest.CaptureFixture[str], arguments: list[str], complaint: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        parse_arguments(["--password=hush-1", *arguments])
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert complaint in told
    assert "hush-1" not in told
    assert "\u20ac" not in told


def test_empty_password_in_the_environment_is_none(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMPP_PASSWORD", "")
    with pytest.raises(SystemExit):
        parse_arguments([])
    assert "--password or SMPP_PASSWORD is needed" in capsys.readouterr().err


def test_report_that_can_be_written_is_accepted_and_not_touched_yet(tmp_path: Path) -> None:
    report = tmp_path / "load.html"
    assert parse_arguments(["--password=x", f"--report={report}"]).report == report
    assert not report.exists()


def test_help_tells_defaults_examples_faults_and_exit_codes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        parse_arguments(["--help"], about=loadtest.__doc__ or "")
    told = capsys.readouterr().out
    for said in (
        "session; default: 16",
        "tcp://",
        "Exit codes: 0",
        "130",
        "- duplicate:",
        "--mix ",
    ):
        assert said in told


def test_percentiles_are_nearest_ranks() -> None:
    seconds = array("d", [n / 1000 for n in range(1000, 0, -1)])
    assert percentiles(seconds) == {"p50": 500, "p90": 900, "p99": 990, "p99.9": 999, "max": 1000}
    assert percentiles(array("d", [0.5])) == dict.fromkeys(
        ("p50", "p90", "p99", "p99.9", "max"), 500
    )
    assert percentiles(array("d")) == {}


def tally_of(latencies: list[float], interval: float = 0.1) -> Tally:
    """Return a tally of messages sent at even times; latencies in seconds."""
    tally = Tally()
    tally.begin_round(100.0)
    for place, latency in enumerate(latencies):
        due = 100.0 + place * interval
        tally.went_out(due, due)
        tally.came_back(due, due + latency)
        tally.statuses[CommandStatus.ESME_ROK] += 1
    tally.end_round(200.0)
    return tally


def test_every_response_is_in_one_column_of_the_histogram() -> None:
    result = report(tally_of([0.0004, 0.0009, 0.0011, 0.25, 0.25]), mode="submit", target="t")
    columns = {one["to_ms"]: one["count"] for one in result["histogram"]}
    assert (columns[0.5], columns[1], columns[1.5], columns[300]) == (1, 1, 1, 2)
    assert sum(columns.values()) == 5


def test_series_holds_every_message_in_its_step() -> None:
    result = report(tally_of([0.01] * 50), mode="submit", target="t")
    series = result["series"]
    assert series["step_seconds"] == 0.1
    assert sum(series["sent"]) == sum(series["answered"]) == 50
    assert max(series["answered"]) <= 2
    assert all(value == 10 for value in series["p99_ms"] if value is not None)


def test_long_run_has_longer_steps() -> None:
    result = report(tally_of([0.01] * 900, interval=1.0), mode="submit", target="t")
    assert result["series"]["step_seconds"] == 10
    assert sum(result["series"]["answered"]) == 900


def test_clock_stands_still_between_rounds() -> None:
    tally = tally_of([0.01] * 10)
    tally.begin_round(1000.0)
    tally.went_out(1000.0, 1000.0)
    tally.came_back(1000.0, 1000.5)
    tally.end_round(1001.0)
    assert tally.response_at[-1] == pytest.approx(100.5)
    assert tally.duration == pytest.approx(0.91 + 0.5)


def test_comparison_tells_ratios_to_the_first() -> None:
    results = [
        report(tally_of([latency] * 10), mode="submit", target=name)
        for name, latency in (("a", 0.01), ("b", 0.02))
    ]
    rows = {row["measure"]: row for row in compare(results)}
    assert rows["response p50, ms"]["values"] == [10, 20]
    assert rows["response p50, ms"]["ratios"] == [1, 2]
    assert "receipt p50, ms" not in rows
    assert "server CPU each, us" not in rows
    assert "x 2.00" in as_text(results, seed=0)


def result_of(
    name: str,
    *,
    rate: float | None = None,
    refused: int = 0,
    faults: int = 0,
    latency: float = 0.01,
) -> dict[str, Any]:
    tally = tally_of([latency] * 10)
    tally.statuses[CommandStatus.ESME_ROK] -= refused
    tally.statuses[CommandStatus.ESME_RTHROTTLED] += refused
    tally.faults["lost_receipt"] += faults
    return report(tally, mode="submit", target=name, rate=rate)


def rows_of(*results: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["measure"]: row for row in compare(results)}


def test_throughput_of_a_given_rate_is_not_compared() -> None:
    assert "per second" in rows_of(result_of("a"), result_of("b", latency=0.3))
    assert "per second" not in rows_of(
        result_of("a", rate=10), result_of("b", rate=10, latency=0.3)
    )


def test_target_that_refuses_more_is_not_called_better_for_its_speed() -> None:
    results = result_of("a"), result_of("b", refused=10, latency=0.001)
    rows = rows_of(*results)
    assert rows["accepted, share"]["values"] == [1, 0]
    assert rows["accepted, share"]["is_better"] == [None, False]
    assert rows["response p50, ms"]["is_better"] == [None, None]
    assert "b accepted another share of the messages than a" in as_text(results, seed=0)


def test_faults_are_compared_also_with_none() -> None:
    assert rows_of(result_of("a"), result_of("b", faults=3))["faults"]["is_better"] == [None, False]
    assert rows_of(result_of("a", faults=3), result_of("b"))["faults"]["is_better"] == [None, True]


def test_each_target_is_judged_by_its_own_figures() -> None:
    results = [
        result_of("a"),
        result_of("b", faults=1, latency=0.02),
        result_of("c", latency=0.005),
        result_of("d"),
    ]
    assert rows_of(*results)["response p50, ms"]["is_better"] == [None, False, True, None]
    html = as_html(
        results, date="today", command="loadtest", seed=0, interrupted=False, versions={}
    )
    assert (
        '<td>response p50, ms</td><td>10</td><td class="bad">20</td><td class="good">5</td>'
        "<td>10</td><td>x 2.00 x 0.50 x 1.00</td>"
    ) in html
    assert (
        '<td>lost</td><td class="good">0</td><td class="bad">lost receipt 1</td>'
        '<td class="good">0</td><td class="good">0</td>'
    ) in html


def test_cpu_time_is_told_for_each_message() -> None:
    tally = tally_of([0.01] * 10)
    tally.cpu = 0.001
    assert report(tally, mode="submit", target="t")["cpu"]["us_each"] == 100


def test_memory_is_told_for_each_idle_session_alone() -> None:
    tally = tally_of([0.01])
    tally.memory = 4 * 10 * 1024
    assert report(tally, mode="idle", target="t", sessions=4)["memory"]["kib_each"] == 10
    assert "memory" not in report(tally, mode="submit", target="t", sessions=4)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_figures_of_this_process_are_read() -> None:
    used, memory = process_figures(os.getpid())
    assert used == pytest.approx(time.process_time(), abs=1.0)
    assert 10 * 1024 * 1024 < memory < 10 * 1024**3
    assert process_figures(None) == (0.0, 0)


def test_shares_of_a_core_are_of_the_whole_time_that_it_was_used_in() -> None:
    tally = tally_of([0.009] * 10)  # in a round of 100 s
    tally.cpu_of_loader, tally.cpu = 2.25, 50.0
    result = report(tally, mode="submit", target="t")
    assert (result["loader_cpu_share"], result["cpu"]["share"]) == (0.022, 0.5)
    assert "this program was the bottleneck" not in as_text([result], seed=0)


def test_text_shows_bars_and_names_the_bottleneck() -> None:
    tally = tally_of([0.009] * 8 + [0.1])
    tally.cpu_of_loader = 100.0
    tally.faults["lost_receipt"] = 3
    text = as_text([report(tally, mode="submit", target="t")], seed=7)
    assert "<= 10        88.889% ████" in text
    assert text.endswith("seed       7")
    assert "this program was the bottleneck" in text
    assert "lost 3" in text
    assert "lost_receipt 3" in text


def test_every_fault_belongs_to_one_group() -> None:
    names = list(itertools.chain.from_iterable(FAULTS.values()))
    assert len(set(names)) == len(names)
