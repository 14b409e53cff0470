"""The user data header in front of a message text (GSM 03.40, 9.2.3.24)."""

from __future__ import annotations

import attrs

from otpblue_trio.errors import OtpBlueError
from otpblue_trio.hot import hot_frozen

__all__ = ["Concat", "Udh", "UdhError", "split_udh"]

_CONCAT_8_BIT = 0x00
_CONCAT_16_BIT = 0x08


class UdhError(OtpBlueError, ValueError):
    """The message says that it has a user data header, and has none that can be read."""


@hot_frozen
class Concat:
    """Which part of which long message this is."""

    reference: int
    """The same in all parts; 0 to 255 or 0 to 65535."""
    total: int
    """1 to 255."""
    part: int
    """1 to `total`."""
    reference_octets: int = 1
    """1 or 2: references of 8 and of 16 bits number for themselves."""


@hot_frozen
class Udh:
    """A user data header."""

    elements: tuple[tuple[int, bytes], ...] = attrs.field(
        repr=lambda elements: f"<{len(elements)} elements>"
    )
    """Identifier and data of the information elements, in wire order, unknown ones included."""

    @property
    def concat(self) -> Concat | None:
        """The first sound concatenation element (8 or 16 bit reference); None without one.

        An element of a wrong length, or with a part that is not 1 to total, is passed over.
        """
        for identifier, data in self.elements:
            if identifier == _CONCAT_8_BIT and len(data) == 3:
                reference = data[0]
            elif identifier == _CONCAT_16_BIT and len(data) == 4:
                reference = data[0] << 8 | data[1]
            else:
                continue
            total, part = data[-2:]
            if 1 <= part <= total:
                return Concat(reference, total, part, len(data) - 2)
        return None

    @property
    def has_broken_concat(self) -> bool:
        """True when a concatenation element is there and none is sound.

        The standard asks to ignore it and to show what there is. A person sees that it is half a
        message; whoever looks for a code in it does not. Elements of one part or none count as
        sound.
        """
        if self.concat is not None:
            return False
        lengths = {_CONCAT_8_BIT: 3, _CONCAT_16_BIT: 4}
        return any(
            identifier in lengths and (len(data) != lengths[identifier] or data[-2] > 1)
            for identifier, data in self.elements
        )


def split_udh(octets: bytes) -> tuple[Udh, bytes]:
    """Split a message whose esm_class has the UDHI bit into its header and its text.

    Args:
      octets: short_message or message_payload, from the header's length octet on.

    Returns:
      The header and the octets after it.

    Raises:
      UdhError: the header runs past the message, or an element past the header.
    """
    if not octets:
        raise UdhError("the message has no octet for the header's length")
    end = 1 + octets[0]
    if end > len(octets):
        raise UdhError(f"the header has {end - 1} octets, {len(octets) - 1} are left")
    elements = []
    at = 1
    while at < end:
        start = at + 2
        at = start + octets[at + 1] if start <= end else start
        if at > end:
            raise UdhError(f"an element runs past the header of {end - 1} octets")
        elements.append((octets[start - 2], octets[start:at]))
    return Udh(tuple(elements)), octets[end:]
