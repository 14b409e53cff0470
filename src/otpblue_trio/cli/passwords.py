"""Secrets on the command line: made, typed or piped, and never an argument that `ps` shows."""

from __future__ import annotations

import secrets
import sys

import click

from otpblue_trio.smpp import MAX_PASSWORD_CHARACTERS

__all__ = ["ask_secret", "new_password", "piped_password"]

_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
"""Without 0/o and 1/l: passwords are read to each other over the telephone."""


def new_password() -> str:
    """Return a random password of 8 letters and digits (40 bits)."""
    return "".join(secrets.choice(_LETTERS) for _ in range(MAX_PASSWORD_CHARACTERS))


def piped_password() -> str:
    """Return the first line of standard input as a new password.

    Raises:
      click.UsageError: it is none that an SMPP client can send.
    """
    password = sys.stdin.readline().rstrip("\r\n")
    if not (1 <= len(password) <= MAX_PASSWORD_CHARACTERS) or not _is_printable_ascii(password):
        msg = (
            f"the password on standard input has {len(password)} characters; SMPP 3.4 takes 1 to "
            f"{MAX_PASSWORD_CHARACTERS} printable ASCII characters"
        )
        raise click.UsageError(msg)
    return password


def ask_secret(prompt: str, *, otherwise: str) -> str:
    """Ask for a secret on the terminal without showing it.

    Args:
      prompt: what is asked for.
      otherwise: how to give it where there is no terminal.

    Raises:
      click.UsageError: there is no terminal.
      click.Abort: Ctrl-C or the end of input.
    """
    if sys.stdin is None or not sys.stdin.isatty():
        msg = f"there is no terminal to ask for the {prompt.lower()} on: {otherwise}"
        raise click.UsageError(msg)
    answer = click.prompt(prompt, hide_input=True, type=str)
    return str(answer)


def _is_printable_ascii(text: str) -> bool:
    return text.isascii() and text.isprintable()
