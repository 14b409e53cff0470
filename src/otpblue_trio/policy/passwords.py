"""Passwords: plain ones, their hashes, and a memory of good ones.

Everything here is CPU work of up to a second: the caller runs it in a thread, except for the
cache, which costs microseconds.

Accepted forms of a stored password: bcrypt (`$2a$`, `$2b$`, `$2y$`), argon2 (`$argon2id$`,
`$argon2i$`, `$argon2d$`), scrypt (`$scrypt$ln=16,r=8,p=1$salt$digest`, base64 without padding),
and, for development, the plain password. What begins with `$` and is none of these is no password
at all: it may be a hash of a kind unknown here, and whoever reads it must not get in by sending it.

A client sends octets. They are compared as sent and, where they are not ASCII, also as the UTF-8
form of the same characters, since clients send either.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets

import argon2
import attrs
import bcrypt

__all__ = [
    "DUMMY_HASH",
    "PasswordCache",
    "check_hash",
    "hash_password",
    "is_hash",
    "verify",
    "verify_nothing",
]

_BCRYPT_COST = 12
"""About a quarter of a second on a server of 2025."""

DUMMY_HASH = "$2b$12$oUwOmMDnzUGo8jJfOfXSSeyR5qCbbQCrqY4H0q1nC0pIh1Bxh7b0S"
"""A hash of the usual cost, for logins that nobody has; no password is known for it."""

_MAX_BCRYPT_OCTETS = 72
"""bcrypt looks at no more of a password than this."""

# Hashes come from an operator, who may err, or from the account directory. These bounds keep one
# bind below some seconds of CPU and 256 MiB; the defaults of every library are well within them.
_MAX_BCRYPT_COST = 16
_MAX_MEBIBYTES = 256
_MAX_ARGON2_WORK = 1024
"""Mebibytes times passes."""
_MAX_ARGON2_LANES = 16

_MIN_DIGEST_OCTETS = 16
"""A shorter digest would let too many passwords in."""
_MAX_DIGEST_OCTETS = 128
_MIN_SALT_OCTETS = 8
"""The least that the argon2 library takes."""

# The 22nd character holds the last two bits of the salt.
_BCRYPT = re.compile(r"\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{31}")
_SCRYPT = re.compile(
    r"\$scrypt\$ln=([0-9]{1,2}),r=([0-9]{1,6}),p=([0-9]{1,6})"
    r"\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)"
)
_ARGON2 = re.compile(
    r"\$(argon2id|argon2i|argon2d)(?:\$v=(?:16|19))?\$m=([0-9]{1,9}),t=([0-9]{1,9}),p=([0-9]{1,9})"
    r"\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)"
)
_ARGON2_TYPES = {
    "argon2id": argon2.Type.ID,
    "argon2i": argon2.Type.I,
    "argon2d": argon2.Type.D,
}


@attrs.frozen
class _Scrypt:
    """A scrypt hash in its parts."""

    cost_exponent: int
    block: int
    lanes: int
    salt: bytes = attrs.field(repr=False)
    digest: bytes = attrs.field(repr=False)


def is_hash(password: str) -> bool:
    """Tell whether a stored password is a hash that `verify` can check."""
    return password.startswith("$") and check_hash(password) is None


def check_hash(stored: str) -> str | None:
    """Return what is wrong with a stored password, as a phrase for a configuration error.

    Returns:
      None for a hash that can be checked, and for everything that does not begin with `$`, which
      is a plain password. Never a part of `stored`.
    """
    if not stored.startswith("$"):
        return None
    kind = stored.split("$", 2)[1]
    if kind in ("2a", "2b", "2y"):
        return _check_bcrypt(stored)
    if kind in _ARGON2_TYPES:
        return _check_argon2(stored)
    if kind == "scrypt":
        return _check_scrypt(stored)
    return "a text that begins with $ and is no bcrypt, argon2 or scrypt hash"


def verify(stored: str, given: str) -> bool:
    """Tell whether a password is the right one. Blocks for up to a second.

    Args:
      stored: a hash, or the plain password.
      given: as the client sent it, one character (U+0000 to U+00FF) for an octet, or as text.

    Returns:
      Always False when either is empty, and when `stored` begins with `$` and is no hash that can
      be checked.
    """
    if not stored.startswith("$"):
        expected = stored.encode(errors="surrogatepass")
        found = [hmac.compare_digest(expected, octets) for octets in _spellings(given)]
    elif check_hash(stored) is None:
        found = [_matches(stored, octets) for octets in _spellings(given)]
    else:
        return False
    # Last, so that an empty password takes as long as any other.
    return any(found) and given != ""


def verify_nothing(given: str, after: str = "") -> bool:
    """Take as long as a check of a bcrypt hash of cost 12 takes in all. Blocks.

    Whoever guesses must not learn from the time whether there is such a login, so this follows
    every `verify` that was False, and stands in for it where nobody has that system_id.

    Args:
      given: as the client sent it.
      after: the stored password that was checked before, if any. A bcrypt hash of a lower cost is
        filled up to cost 12; a higher cost, argon2 and scrypt add nothing; what costs nothing to
        check adds all.

    Returns:
      False.
    """
    costs = range(_BCRYPT_COST, _BCRYPT_COST + 1)
    if is_hash(after):
        match = _BCRYPT.fullmatch(after)
        # Twice a cost is the next: c, c, c + 1, ..., 11 make one 12.
        costs = range(int(match[1]) if match is not None else _BCRYPT_COST, _BCRYPT_COST)
    for cost in costs:
        stored = DUMMY_HASH.replace(f"${_BCRYPT_COST}$", f"${cost:02d}$")
        for octets in _spellings(given):
            _matches(stored, octets)
    return False


def hash_password(password: str) -> str:
    """Return a hash to store: bcrypt, or argon2id for more than 72 octets. Blocks.

    Raises:
      ValueError: the password is empty.
    """
    if not password:
        raise ValueError("the password is empty")
    octets = password.encode()
    if len(octets) > _MAX_BCRYPT_OCTETS:
        return argon2.PasswordHasher().hash(octets)
    return bcrypt.hashpw(octets, bcrypt.gensalt(_BCRYPT_COST)).decode()


class PasswordCache:
    """Remembers the last good password of each account, so that a reconnect storm is cheap.

    Only keyed digests are kept, under a key that lives as long as this object. An entry is good
    for one stored password: a changed hash is checked anew.

    Args:
      max_accounts: how many accounts are remembered; beyond it the one that has not been used for
        the longest time is forgotten.
    """

    def __init__(self, *, max_accounts: int = 10_000) -> None:
        self._max_accounts = max_accounts
        self._key = secrets.token_bytes(32)
        self._digests: dict[str, bytes] = {}

    def __len__(self) -> int:
        return len(self._digests)

    def is_known_good(self, system_id: str, stored: str, given: str) -> bool:
        """Tell whether exactly this password was found good for this stored one."""
        digest = self._digests.get(system_id)
        if digest is None or not hmac.compare_digest(
            digest, self._digest(system_id, stored, given)
        ):
            return False
        # The end of the dictionary is what was used last.
        del self._digests[system_id]
        self._digests[system_id] = digest
        return True

    def remember(self, system_id: str, stored: str, given: str) -> None:
        """Remember a password that `verify` has just found good."""
        self._digests.pop(system_id, None)
        while len(self._digests) >= self._max_accounts:
            del self._digests[next(iter(self._digests))]
        self._digests[system_id] = self._digest(system_id, stored, given)

    def _digest(self, *parts: str) -> bytes:
        state = hashlib.blake2b(key=self._key, digest_size=32)
        for part in parts:
            octets = part.encode(errors="surrogatepass")
            # With lengths, so that no two triples give the same octets.
            state.update(len(octets).to_bytes(8, "big") + octets)
        return state.digest()


def _spellings(given: str) -> tuple[bytes, ...]:
    """Return the octets that a given password may stand for: as sent, then in UTF-8."""
    if given.isascii():
        return (given.encode(),)
    try:
        return (given.encode("latin-1"), given.encode())
    except UnicodeEncodeError:
        return (given.encode(errors="surrogatepass"),)


def _matches(stored: str, octets: bytes) -> bool:
    kind = stored.split("$", 2)[1]
    if kind in _ARGON2_TYPES:
        try:
            return argon2.low_level.verify_secret(stored.encode(), octets, _ARGON2_TYPES[kind])
        except argon2.exceptions.VerificationError:
            return False
    if kind == "scrypt":
        scrypt = _read_scrypt(stored)
        return scrypt is not None and hmac.compare_digest(scrypt.digest, _scrypt(scrypt, octets))
    # bcrypt 5 raises above 72 octets where bcrypt 4 looked at the first 72 only.
    is_right = bcrypt.checkpw(octets[:_MAX_BCRYPT_OCTETS], stored.encode())
    return is_right and len(octets) <= _MAX_BCRYPT_OCTETS


def _check_bcrypt(stored: str) -> str | None:
    match = _BCRYPT.fullmatch(stored)
    if match is None:
        return "a bcrypt hash that is cut off or damaged"
    cost = int(match[1])
    if not 4 <= cost <= _MAX_BCRYPT_COST:
        return f"a bcrypt hash of cost {cost} (4 to {_MAX_BCRYPT_COST})"
    return None


def _check_argon2(stored: str) -> str | None:
    match = _ARGON2.fullmatch(stored)
    if match is None or _salt_and_digest(match[5], match[6]) is None:
        return "an argon2 hash that is cut off or damaged"
    kibibytes, passes, lanes = (int(match[group]) for group in (2, 3, 4))
    if passes < 1 or lanes < 1 or kibibytes < 8 * lanes:
        return f"an argon2 hash with m={kibibytes}, t={passes}, p={lanes}, which cannot be"
    if (
        kibibytes > _MAX_MEBIBYTES * 1024
        or kibibytes * passes > _MAX_ARGON2_WORK * 1024
        or lanes > _MAX_ARGON2_LANES
    ):
        return (
            f"an argon2 hash with m={kibibytes}, t={passes}, p={lanes} (at most "
            f"{_MAX_MEBIBYTES} MiB, {_MAX_ARGON2_WORK} MiB over all passes, p={_MAX_ARGON2_LANES})"
        )
    return None


def _check_scrypt(stored: str) -> str | None:
    scrypt = _read_scrypt(stored)
    if scrypt is None:
        return "a scrypt hash that is cut off or damaged"
    shown = f"ln={scrypt.cost_exponent}, r={scrypt.block}, p={scrypt.lanes}"
    # RFC 7914, 6: N is less than 2 ** (128 * r / 8).
    if not (1 <= scrypt.cost_exponent < 16 * scrypt.block and scrypt.lanes):
        return f"a scrypt hash with {shown}, which cannot be"
    # RFC 7914, 5: 128 * r octets for each of N blocks, p times over.
    if (scrypt.block * scrypt.lanes) << (scrypt.cost_exponent + 7) > _MAX_MEBIBYTES << 20:
        return f"a scrypt hash with {shown} (at most {_MAX_MEBIBYTES} MiB over all p)"
    return None


def _read_scrypt(stored: str) -> _Scrypt | None:
    match = _SCRYPT.fullmatch(stored)
    if match is None:
        return None
    octets = _salt_and_digest(match[4], match[5])
    if octets is None:
        return None
    exponent, block, lanes = (int(match[group]) for group in (1, 2, 3))
    return _Scrypt(exponent, block, lanes, *octets)


def _scrypt(like: _Scrypt, octets: bytes) -> bytes:
    return hashlib.scrypt(
        octets,
        salt=like.salt,
        n=1 << like.cost_exponent,
        r=like.block,
        p=like.lanes,
        # The library wants room for its own tables besides.
        maxmem=2 * _MAX_MEBIBYTES << 20,
        dklen=len(like.digest),
    )


def _salt_and_digest(salt: str, digest: str) -> tuple[bytes, bytes] | None:
    """Decode the ends of an argon2 or scrypt hash; None when they cannot be what they should."""
    salt_octets, digest_octets = _octets_of_base64(salt), _octets_of_base64(digest)
    if (
        salt_octets is None
        or digest_octets is None
        or len(salt_octets) < _MIN_SALT_OCTETS
        or not _MIN_DIGEST_OCTETS <= len(digest_octets) <= _MAX_DIGEST_OCTETS
    ):
        return None
    return salt_octets, digest_octets


def _octets_of_base64(text: str) -> bytes | None:
    try:
        octets = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        return None
    # Python overlooks bits that are too many at the end; the argon2 library does not.
    return octets if base64.b64encode(octets).rstrip(b"=") == text.encode() else None
