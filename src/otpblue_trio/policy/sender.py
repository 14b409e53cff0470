"""The name that a message is sent under.

Only an alphanumeric source address (TON 5) is a name; a number is none, and the account's default
stands in for it.

A name comes in octets of an alphabet that nobody declares: data_coding is about the text. Octets
that every alphabet reads alike are the rule. For the others:

- Octets from 0x80 on are UTF-8 when they are valid UTF-8, else Latin-1, whatever the account's
  alphabet: GSM and ASCII have none of them, and Latin-1 names that happen to be valid UTF-8
  ("Ã©") do not exist.
- In an account whose alphabet is GSM, `$`, `@` and `_` stand for themselves although GSM 03.38 has
  them elsewhere (0x02, 0x00, 0x11; a C-Octet String cannot hold 0x00 at all) and signs that no
  name holds in their places. Everything else is GSM, so that "M~ller" is "Müller".

Basis: integration guide, "Sender Name (Alpha Name)".
"""

from __future__ import annotations

import re
import unicodedata
from enum import Enum

from otpblue_trio.policy.types import Alphabet, LongSender
from otpblue_trio.smpp import Ton, decode_text

__all__ = ["MAX_SENDER_CHARACTERS", "SenderRefusal", "choose_sender"]

MAX_SENDER_CHARACTERS = 11
"""What a sender name may have; the guide's "standard SMPP alphanumeric limit"."""

_MAX_ADDRESS_CHARACTERS = 20
"""SMPP 3.4, 4.4.1: source_addr has at most 20 octets and a NUL."""

_ALPHANUMERIC = int(Ton.ALPHANUMERIC)

# The characters that all alphabets have at the same octet. No space at either end.
_is_plain = re.compile(
    r"[A-Za-z0-9!\"#%&'()*+,./:;<=>?-]"
    r"(?:[A-Za-z0-9!\"#%&'()*+,./:;<=>? -]{0,9}[A-Za-z0-9!\"#%&'()*+,./:;<=>?-])?"
).fullmatch

# Behind an escape these octets are other characters.
_ASCII_SIGNS = re.compile(rb"(?<!\x1b)[$@_]")
_GSM_OF_ASCII_SIGN = {b"$": b"\x02", b"@": b"\x00", b"_": b"\x11"}


class SenderRefusal(Enum):
    """Why a source address is no sender name."""

    TOO_LONG = "too_long"


def choose_sender(
    source_addr: str,
    source_addr_ton: int,
    *,
    default_sender: str,
    long_sender: LongSender,
    alphabet: Alphabet,
) -> str | SenderRefusal:
    """Return the sender name for one message.

    Args:
      source_addr: as submitted, one character (U+0000 to U+00FF) for an octet.
      source_addr_ton: any octet; only 5 (alphanumeric) makes `source_addr` a name.
      default_sender: the account's, for addresses that are no name or empty.
      long_sender: what becomes of 12 to 20 characters.
      alphabet: the account's.

    Returns:
      A name of 1 to 11 characters without control characters or space around it, or
      `default_sender` as it is, or a refusal: more than 20 characters, or more than 11 where the
      account wants that. Characters are counted, not octets.
    """
    if source_addr_ton != _ALPHANUMERIC:
        return default_sender
    if _is_plain(source_addr):
        return source_addr
    name = _printable(_decoded(source_addr, alphabet)).strip()
    if not name:
        return default_sender
    if len(name) <= MAX_SENDER_CHARACTERS:
        return name
    if len(name) > _MAX_ADDRESS_CHARACTERS or long_sender is LongSender.REJECT:
        return SenderRefusal.TOO_LONG
    if long_sender is LongSender.DEFAULT:
        return default_sender
    return name[:MAX_SENDER_CHARACTERS].rstrip()


def _decoded(source_addr: str, alphabet: Alphabet) -> str:
    octets = source_addr.encode("latin-1", "replace")
    if not octets.isascii():
        try:
            return octets.decode()
        except UnicodeDecodeError:
            return octets.decode("latin-1")
    if alphabet is not Alphabet.GSM:
        return octets.decode("ascii")
    gsm = _ASCII_SIGNS.sub(lambda sign: _GSM_OF_ASCII_SIGN[sign[0]], octets)
    return decode_text(gsm, 0, Alphabet.GSM)


def _printable(text: str) -> str:
    """Make every space a plain one and drop what cannot be seen or is no character."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else " "
        for character in text
        if character.isprintable() or unicodedata.category(character) == "Zs"
    )
