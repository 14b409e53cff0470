"""Deterministic mutations: the same seed gives the same inputs, on every machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from fuzz_targets import Target

__all__ = ["mutated", "with_length"]

_MOST_MUTATIONS = 6
_INTERESTING = (0x00, 0x01, 0x0F, 0x10, 0x20, 0x30, 0x39, 0x7F, 0x80, 0xFE, 0xFF)
_WORDS = (0, 1, 4, 15, 16, 17, 255, 256, 1024, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_COMMANDS = (
    *(0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0B, 0x15, 0x21, 0x102, 0x103, 0x999),
    *(0x80000000, 0x80000004, 0x80000005, 0x80000006, 0x80000009, 0x80000015, 0x80000999),
)
_HEADER_OCTETS = 16


def with_length(frame: bytes) -> bytes:
    """Return a PDU whose command_length is right."""
    return len(frame).to_bytes(4, "big") + frame[4:]


def mutated(corpus: Sequence[bytes], target: Target, random: Random) -> bytes:
    """Return a new input for a target, made from those of its corpus."""
    octets = bytearray(random.choice(corpus))
    for _ in range(random.randint(1, _MOST_MUTATIONS)):
        _mutate(octets, corpus, target, random)
    del octets[target.most_octets :]
    if target.has_frames and random.random() < 0.8:
        return _mended(bytes(octets), random)
    return bytes(octets)


def _mutate(octets: bytearray, corpus: Sequence[bytes], target: Target, random: Random) -> None:
    """Change octets in one of many ways."""
    at = random.randint(0, len(octets))
    end = min(len(octets), at + random.randint(1, 1 << random.randint(0, 6)))
    way = random.randrange(9)
    if way == 0 and at < len(octets):
        octets[at] ^= 1 << random.randrange(8)
    elif way == 1 and at < len(octets):
        octets[at] = random.choice(_INTERESTING)
    elif way == 2:
        width = random.choice((2, 4))
        octets[at : at + width] = (random.choice(_WORDS) & (1 << 8 * width) - 1).to_bytes(width)
    elif way == 3:
        del octets[at:end]
    elif way == 4:
        octets[at:at] = octets[at:end] * random.randint(1, 8)
    elif way == 5:
        octets[at:at] = random.randbytes(random.randint(1, 8))
    elif way == 6:
        other = random.choice(corpus)
        octets[at:] = other[random.randint(0, len(other)) :]
    elif way == 7 and target.tokens:
        octets[at:at] = random.choice(target.tokens)
    else:
        octets += random.choice(corpus)


def _mended(octets: bytes, random: Random) -> bytes:
    """Cut octets into PDUs of the lengths that they claim, and make the last length right."""
    frames = []
    while len(octets) >= _HEADER_OCTETS:
        length = int.from_bytes(octets[:4], "big")
        if not _HEADER_OCTETS <= length <= len(octets):
            length = len(octets)
        frame, octets = octets[:length], octets[length:]
        if random.random() < 0.1:
            frame = frame[:4] + random.choice(_COMMANDS).to_bytes(4, "big") + frame[8:]
        frames.append(with_length(frame))
    return b"".join(frames)
