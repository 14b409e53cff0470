"""What several tests of logs need."""

from __future__ import annotations


def raise_chain() -> None:
    """Raise an error with a cause; a code and a number stand in their words."""
    try:
        int("code 482910")
    except ValueError as error:
        raise RuntimeError("sending 482910 to +14155552671 failed") from error
