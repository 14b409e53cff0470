"""What several tests of the platform client need."""

from __future__ import annotations

from otpblue_trio.policy.types import Failed, FailureKind, Outcome


def failure(outcome: Outcome) -> tuple[FailureKind, bool]:
    """Return what matters of a failure: its kind, and whether the message may be out."""
    assert isinstance(outcome, Failed)
    return outcome.kind, outcome.may_have_been_sent
