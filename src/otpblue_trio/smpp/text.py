"""Message octets to text, by data_coding, and text to GSM octets.

Reading never fails: a message that cannot be read as it says is still searched for its code, and
ASCII digits come out as themselves under every alphabet of one octet.

GSM 03.38 over SMPP is unpacked: one septet in each octet. Octets above 0x7F are no septets. Senders
that put them there mean UTF-8, which is tried first because hardly any other text is valid UTF-8 by
accident, or Latin-1.
"""

from __future__ import annotations

import re
from codecs import charmap_decode
from types import MappingProxyType
from typing import TYPE_CHECKING

from otpblue_trio.smpp.constants import DataCoding

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["decode_text", "encode_gsm"]

_ESCAPE = "\x1b"

# GSM 03.38, 6.2.1: the default alphabet, 16 characters a line.
_GSM_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./"
    "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO"
    "PQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmno"
    "pqrstuvwxyzäöñüà"
)
_GSM_READ = _GSM_BASIC + "\ufffd" * 32 + bytes(range(0xA0, 0x100)).decode("latin-1")

# GSM 03.38, 6.2.1.1: the extension table, by septet.
_GSM_EXTENSION = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}
# By what the septet after the escape is in the default alphabet. A second escape is reserved and
# shown as a space.
_ESCAPED = MappingProxyType(
    {_GSM_BASIC[septet]: text for septet, text in _GSM_EXTENSION.items()} | {_ESCAPE: " "}
)
_substitute_escapes = re.compile(_ESCAPE + "(.?)", re.DOTALL).sub

_GSM_WRITE = MappingProxyType(
    {text: bytes((septet,)) for septet, text in enumerate(_GSM_BASIC) if text != _ESCAPE}
    | {text: bytes((0x1B, septet)) for septet, text in _GSM_EXTENSION.items()}
)


def decode_text(octets: bytes, data_coding: int, default: str) -> str:
    """Read a message as its data_coding says; never fails.

    Octets that mean nothing in the alphabet become U+FFFD. Binary, compressed and unassigned
    data_coding values are read as ASCII. An unknown escape sequence of GSM 03.38 gives the
    character after the escape, as the standard asks of receivers.

    Spec: SMPP 3.4, 5.2.19; GSM 03.38, 4 and 6.2.1.

    Args:
      octets: the message without its user data header; any length.
      data_coding: as received, 0 to 255.
      default: what data_coding 0 and the default alphabet of the GSM 03.38 groups mean: `gsm`,
        `ascii`, `latin1` or `utf8`; anything else is taken for `gsm`.

    Returns:
      The text.
    """
    decode = _DECODERS[data_coding & 0xFF]
    if decode is None:
        return _DEFAULTS.get(default, _decode_gsm)(octets)
    return decode(octets)


def encode_gsm(text: str) -> bytes:
    """Write text in the default alphabet of GSM 03.38, unpacked, with its extension table.

    Args:
      text: what to write.

    Returns:
      One octet a character, two for those of the extension table.

    Raises:
      ValueError: a character is in neither table; the message names it and its place.
    """
    try:
        return b"".join([_GSM_WRITE[character] for character in text])
    except KeyError:
        place, wrong = next(
            (place, wrong) for place, wrong in enumerate(text) if wrong not in _GSM_WRITE
        )
        raise ValueError(f"U+{ord(wrong):04X} at {place} is not in GSM 03.38") from None


def _decode_gsm(octets: bytes) -> str:
    if not octets.isascii():
        try:
            return octets.decode()
        except UnicodeDecodeError:
            pass
    text = charmap_decode(octets, "replace", _GSM_READ)[0]
    if _ESCAPE in text:
        text = _substitute_escapes(_escaped_character, text)
    return text


def _escaped_character(found: re.Match[str]) -> str:
    return _ESCAPED.get(found[1], found[1])


def _decode_ascii(octets: bytes) -> str:
    return octets.decode("ascii", "replace")


def _decode_latin1(octets: bytes) -> str:
    return octets.decode("latin-1")


def _decode_utf8(octets: bytes) -> str:
    return octets.decode("utf-8", "replace")


def _decode_ucs2(octets: bytes) -> str:
    """Read UCS-2, or UTF-16 where there are surrogates; big-endian unless something says else.

    A byte order mark says so, and so does text whose every character would otherwise be U+xx00:
    that is Latin text of a sender that forgot to swap. An octet too many is a character that was
    cut off.
    """
    if len(octets) & 1:
        return _decode_ucs2(octets[:-1]) + "\ufffd"
    if octets.startswith(b"\xfe\xff"):
        return octets[2:].decode("utf-16-be", "replace")
    if octets.startswith(b"\xff\xfe"):
        return octets[2:].decode("utf-16-le", "replace")
    if octets and not any(octets[1::2]):
        return octets.decode("utf-16-le", "replace")
    return octets.decode("utf-16-be", "replace")


_DEFAULTS: MappingProxyType[str, Callable[[bytes], str]] = MappingProxyType(
    {
        "gsm": _decode_gsm,
        "ascii": _decode_ascii,
        "latin1": _decode_latin1,
        "utf8": _decode_utf8,
    }
)

_SMPP_DECODERS: MappingProxyType[int, Callable[[bytes], str] | None] = MappingProxyType(
    {
        DataCoding.DEFAULT: None,
        DataCoding.LATIN1: _decode_latin1,
        DataCoding.UCS2: _decode_ucs2,
    }
)


def _decoder(data_coding: int) -> Callable[[bytes], str] | None:
    """Return the decoder for a data_coding; None stands for the default alphabet."""
    alphabet = data_coding >> 2 & 0x03
    match data_coding >> 4:
        case 0x0:
            return _SMPP_DECODERS.get(data_coding, _decode_ascii)
        case 0x1 | 0x4 | 0x5:
            # General data coding, uncompressed; 0x4 and 0x5 are marked for automatic deletion.
            return (None, _decode_ascii, _decode_ucs2, _decode_ascii)[alphabet]
        case 0xC | 0xD:
            # Message waiting indication.
            return None
        case 0xE:
            return _decode_ucs2
        case 0xF:
            # Data coding and message class: bit 2 tells 8 bit data from the default alphabet.
            return _decode_ascii if data_coding & 0x04 else None
        case _:
            return _decode_ascii


_DECODERS = tuple(map(_decoder, range(256)))
