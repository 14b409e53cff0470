from __future__ import annotations

import logging

from otpblue_trio.ops.log_lines import Line, Repeat
from otpblue_trio.ops.log_repeat import RepeatGate


def _line(at: float, repeat: Repeat | None, number: int = 0) -> Line:
    return Line(at, logging.INFO, "refused", {"number": number}, repeat=repeat)


def test_lines_up_to_the_limit_pass_and_the_next_does_not() -> None:
    gate = RepeatGate()
    repeat = Repeat("a", limit=3, period=1.0)
    assert [gate.admits(_line(0.1 * i, repeat)) for i in range(4)] == [True, True, True, False]


def test_lines_without_a_repeat_always_pass() -> None:
    gate = RepeatGate()
    assert all(gate.admits(_line(0.0, None)) for _ in range(100))


def test_keys_are_counted_apart() -> None:
    gate = RepeatGate()
    assert gate.admits(_line(0.0, Repeat("a", limit=1)))
    assert gate.admits(_line(0.0, Repeat("b", limit=1)))
    assert not gate.admits(_line(0.0, Repeat("a", limit=1)))


def test_a_new_period_passes_lines_again() -> None:
    gate = RepeatGate()
    repeat = Repeat("a", limit=1, period=1.0)
    assert gate.admits(_line(0.0, repeat))
    assert gate.admits(_line(1.0, repeat))


def test_summary_tells_the_number_and_the_last_of_the_suppressed() -> None:
    gate = RepeatGate()
    repeat = Repeat("a", limit=1, period=1.0)
    for number in range(5):
        gate.admits(_line(0.0, repeat, number))
    [summary] = gate.summaries(1.0)
    assert (summary.message, summary.fields) == ("refused", {"number": 4, "suppressed": 4})


def test_there_is_no_summary_before_the_period_is_over() -> None:
    gate = RepeatGate()
    repeat = Repeat("a", limit=1, period=1.0)
    for _ in range(2):
        gate.admits(_line(0.0, repeat))
    assert gate.summaries(0.999) == []
    assert gate.has_suppressed


def test_there_is_no_summary_when_nothing_was_suppressed() -> None:
    gate = RepeatGate()
    gate.admits(_line(0.0, Repeat("a")))
    assert not gate.has_suppressed
    assert gate.summaries(10.0) == []


def test_the_end_of_the_log_brings_every_summary_out() -> None:
    gate = RepeatGate()
    repeat = Repeat("a", limit=1, period=60.0)
    for _ in range(3):
        gate.admits(_line(0.0, repeat))
    [summary] = gate.summaries(0.5, final=True)
    assert summary.fields["suppressed"] == 2
    assert not gate.has_suppressed


def test_a_summary_counts_as_a_line_of_the_next_period() -> None:
    gate = RepeatGate()
    repeat = Repeat("a", limit=1, period=60.0)
    for _ in range(2):
        gate.admits(_line(0.0, repeat))
    assert len(gate.summaries(60.0)) == 1
    assert not gate.admits(_line(61.0, repeat))


def test_endless_repetition_gives_at_most_limit_lines_a_period() -> None:
    gate = RepeatGate()
    repeat = Repeat("a", limit=2, period=1.0)
    written = 0
    for tick in range(1000):  # ten seconds
        now = tick / 100
        written += len(gate.summaries(now))
        written += gate.admits(_line(now, repeat))
    assert 10 <= written <= 22


def test_remembered_keys_are_bounded_and_the_oldest_is_forgotten() -> None:
    gate = RepeatGate(max_keys=2)
    for key in ("a", "b", "c"):
        assert gate.admits(_line(0.0, Repeat(key, limit=1)))
    assert gate.admits(_line(0.0, Repeat("a", limit=1)))
    assert not gate.admits(_line(0.0, Repeat("c", limit=1)))


def test_forgetting_a_key_forgets_what_it_suppressed() -> None:
    gate = RepeatGate(max_keys=1)
    for _ in range(3):
        gate.admits(_line(0.0, Repeat("a", limit=1)))
    gate.admits(_line(0.0, Repeat("b", limit=1)))
    assert not gate.has_suppressed


def test_a_clock_set_back_silences_nothing() -> None:
    gate = RepeatGate()
    repeat = Repeat("a", limit=1, period=1.0)
    for _ in range(3):
        gate.admits(_line(100_000.0, repeat))
    [summary] = gate.summaries(10.0)
    assert summary.fields["suppressed"] == 2
    assert gate.admits(_line(12.0, repeat))
    assert gate.admits(_line(3.0 - 60.0, repeat))


def test_a_clock_set_forward_silences_nothing() -> None:
    gate = RepeatGate()
    repeat = Repeat("a", limit=1, period=1.0)
    for _ in range(3):
        gate.admits(_line(10.0, repeat))
    [summary] = gate.summaries(100_000.0)
    assert summary.fields["suppressed"] == 2
    assert gate.admits(_line(100_002.0, repeat))


def test_old_lines_behind_a_stalled_reader_are_still_counted() -> None:
    gate = RepeatGate()
    repeat = Repeat("a", limit=1, period=1.0)
    for _ in range(2):
        gate.admits(_line(10.0, repeat))
    assert gate.summaries(40.0)
    assert not gate.admits(_line(10.5, repeat))
