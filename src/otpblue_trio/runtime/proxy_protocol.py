"""The PROXY protocol: a load balancer tells who is at the other end of a connection it relays.

A header of version 1 (a line of text) or 2 (binary) stands before everything else, TLS included.
`parse_proxy_header` looks at the octets so far and says how many more may be read without going
past the header; `read_proxy_header` reads exactly those. So nothing of what follows is taken, and
the stream can be given to TLS as it is.

Whether a header is to be believed is not decided here: anybody can send one.

Basis: "The PROXY protocol, versions 1 & 2" (HAProxy), sections 2.1 and 2.2.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Final

import attrs

from otpblue_trio.errors import OtpBlueError
from otpblue_trio.policy.binds import plain_address
from otpblue_trio.runtime.listeners import Peer

if TYPE_CHECKING:
    import trio

__all__ = [
    "MAX_V2_ADDRESS_OCTETS",
    "NeedMore",
    "ProxyHeader",
    "ProxyHeaderError",
    "parse_proxy_header",
    "read_proxy_header",
]

_V1_SIGNATURE: Final = b"PROXY "
_V2_SIGNATURE: Final = b"\r\n\r\n\0\r\nQUIT\n"
_FIRST_OCTETS: Final = len(_V2_SIGNATURE)
"""No header is shorter: the shortest line of version 1 has 15 octets."""

_MAX_V1_OCTETS: Final = 107
_V1_END: Final = b"\r\n"
_V1_LINE: Final = re.compile(
    r"PROXY (?:(?P<unknown>UNKNOWN)(?: .*)?"
    r"|TCP(?P<version>[46]) (?P<source>[0-9A-Fa-f.:]+) (?P<destination>[0-9A-Fa-f.:]+)"
    r" (?P<source_port>0|[1-9][0-9]{0,4}) (?P<destination_port>0|[1-9][0-9]{0,4}))",
    re.DOTALL,
)
_MAX_PORT: Final = 0xFFFF

_V2_FIXED_OCTETS: Final = 16
MAX_V2_ADDRESS_OCTETS: Final = 4096
"""The most that may follow the fixed part of version 2. Addresses take 216 at most; the rest are
additions (TLVs), of which balancers send some hundred octets. The number is taken from nowhere."""
_LOCAL: Final = 0x20
_PROXY: Final = 0x21
_TCP4: Final = 0x11
_TCP6: Final = 0x21
_TCP4_OCTETS: Final = 12
_TCP6_OCTETS: Final = 36


class ProxyHeaderError(OtpBlueError, ValueError):
    """What came is no PROXY header; the stream is of no use."""


@attrs.frozen
class NeedMore:
    """The header has not ended."""

    octets: int
    """How many more may be read without going past its end; at least 1."""


@attrs.frozen
class ProxyHeader:
    """A whole header."""

    source: Peer | None
    """Who connected to the load balancer. None when it speaks for itself (a health check), or when
    the connection is neither TCP over IPv4 nor over IPv6: then the balancer is the peer."""
    octets: int
    """How long the header is."""


def parse_proxy_header(octets: bytes) -> NeedMore | ProxyHeader:
    """Look for a header at the beginning of a stream.

    Args:
      octets: everything received so far, from the first octet on. What stands behind the header
        does not matter.

    Returns:
      The header, or how much more of it may be read. Following `NeedMore` never reads past it.

    Raises:
      ProxyHeaderError: no header begins like this.
    """
    if octets.startswith(_V2_SIGNATURE):
        return _parse_v2(octets)
    if octets.startswith(_V1_SIGNATURE):
        return _parse_v1(octets)
    if _V2_SIGNATURE.startswith(octets) or _V1_SIGNATURE.startswith(octets):
        return NeedMore(_FIRST_OCTETS - len(octets))
    msg = "the connection does not begin with a PROXY header"
    raise ProxyHeaderError(msg)


def _parse_v1(octets: bytes) -> NeedMore | ProxyHeader:
    end = octets.find(_V1_END, 0, _MAX_V1_OCTETS)
    if end < 0:
        if len(octets) >= _MAX_V1_OCTETS:
            msg = f"the PROXY line does not end within {_MAX_V1_OCTETS} octets"
            raise ProxyHeaderError(msg)
        # Where the line ends is not known, so beyond the first octets it goes one by one.
        return NeedMore(max(1, _FIRST_OCTETS - len(octets)))
    length = end + len(_V1_END)
    line = _V1_LINE.fullmatch(octets[:end].decode("latin-1"))
    if line is None:
        msg = f"a PROXY line of {length} octets is malformed"
        raise ProxyHeaderError(msg)
    if line["unknown"]:
        return ProxyHeader(None, length)
    address_type = ipaddress.IPv4Address if line["version"] == "4" else ipaddress.IPv6Address
    try:
        source = address_type(line["source"])
        address_type(line["destination"])
    except ValueError as error:
        msg = "an address in the PROXY line is malformed"
        raise ProxyHeaderError(msg) from error
    port = int(line["source_port"])
    if max(port, int(line["destination_port"])) > _MAX_PORT:
        msg = f"a port in the PROXY line is above {_MAX_PORT}"
        raise ProxyHeaderError(msg)
    return ProxyHeader(Peer(plain_address(source), port), length)


def _parse_v2(octets: bytes) -> NeedMore | ProxyHeader:
    missing = _V2_FIXED_OCTETS - len(octets)
    if missing > 0:
        return NeedMore(missing)
    command = octets[12]
    family = octets[13]
    announced = octets[14] << 8 | octets[15]
    if command not in (_LOCAL, _PROXY):
        msg = f"the PROXY header has version and command 0x{command:02X}"
        raise ProxyHeaderError(msg)
    if announced > MAX_V2_ADDRESS_OCTETS:
        msg = f"the PROXY header announces {announced} octets, limit {MAX_V2_ADDRESS_OCTETS}"
        raise ProxyHeaderError(msg)
    needed = 0
    if command == _PROXY:
        needed = {_TCP4: _TCP4_OCTETS, _TCP6: _TCP6_OCTETS}.get(family, 0)
    if announced < needed:
        msg = f"the PROXY header has {announced} octets for addresses of {needed}"
        raise ProxyHeaderError(msg)
    length = _V2_FIXED_OCTETS + announced
    if len(octets) < length:
        return NeedMore(length - len(octets))
    if not needed:
        return ProxyHeader(None, length)
    addresses = octets[_V2_FIXED_OCTETS : _V2_FIXED_OCTETS + needed]
    port = int.from_bytes(addresses[-4:-2], "big")
    source = ipaddress.ip_address(addresses[: (needed - 4) // 2])
    return ProxyHeader(Peer(plain_address(source), port), length)


async def read_proxy_header(stream: trio.abc.ReceiveStream) -> ProxyHeader | None:
    """Read a header from a fresh stream, and nothing behind it.

    Cancelling loses what was read of the header; the stream is then of no use.

    Returns:
      The header; None when the other side closed without sending anything, as a balancer's
      health check may do.

    Raises:
      ProxyHeaderError: what came is no header, or only the beginning of one.
      trio.BrokenResourceError: as of the stream.
    """
    octets = b""
    while isinstance(read := parse_proxy_header(octets), NeedMore):
        more = await stream.receive_some(read.octets)
        if not more:
            if not octets:
                return None
            msg = f"the connection ended after {len(octets)} octets of the PROXY header"
            raise ProxyHeaderError(msg)
        octets += more
    return read
