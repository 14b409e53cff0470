from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING

import argon2
import bcrypt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otpblue_trio.policy.passwords import (
    DUMMY_HASH,
    PasswordCache,
    check_hash,
    hash_password,
    is_hash,
    verify,
    verify_nothing,
)

if TYPE_CHECKING:
    from collections.abc import Callable

# As cheap as each kind gets.
SALT = b"0123456789abcdef"


def base64_of(octets: bytes) -> str:
    return base64.b64encode(octets).decode().rstrip("=")


def bcrypt_of(octets: bytes, prefix: str = "$2b$") -> str:
    return bcrypt.hashpw(octets, bcrypt.gensalt(4)).decode().replace("$2b$", prefix)


def argon2_of(octets: bytes, kind: argon2.Type = argon2.Type.ID) -> str:
    hasher = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1, type=kind)
    return hasher.hash(octets)


def scrypt_of(octets: bytes, digest_octets: int = 32) -> str:
    digest = hashlib.scrypt(octets, salt=SALT, n=4, r=2, p=1, dklen=digest_octets)
    return f"$scrypt$ln=2,r=2,p=1${base64_of(SALT)}${base64_of(digest)}"


KINDS: dict[str, Callable[[bytes], str]] = {
    "2a": lambda octets: bcrypt_of(octets, "$2a$"),
    "2b": bcrypt_of,
    "2y": lambda octets: bcrypt_of(octets, "$2y$"),
    "argon2id": argon2_of,
    "argon2i": lambda octets: argon2_of(octets, argon2.Type.I),
    "argon2d": lambda octets: argon2_of(octets, argon2.Type.D),
    "scrypt": scrypt_of,
    "plain": lambda octets: octets.decode(),
}
HASHES = {kind: make(b"secret") for kind, make in KINDS.items() if kind != "plain"}

ARGON2_ENDS = f"${base64_of(SALT)}${base64_of(bytes(32))}"
BROKEN = [
    "$",
    "$$",
    "$ecret",
    "$1$salt$digest",
    "$6$rounds=5000$salt$digest",
    "$2b$",
    "$2x$12$" + "a" * 53,
    "$2b$12$" + "a" * 53,  # bits that no salt has
    DUMMY_HASH[:-1],
    DUMMY_HASH + "a",
    DUMMY_HASH + "\n",
    DUMMY_HASH.replace("$12$", "$03$"),
    DUMMY_HASH.replace("$12$", "$17$"),
    DUMMY_HASH.replace("$12$", "$31$"),
    DUMMY_HASH.replace("$12$", "$4$"),
    "$argon2id$",
    "$argon2id",
    "$argon2x$v=19$m=65536,t=3,p=4" + ARGON2_ENDS,
    "$argon2id$v=18$m=65536,t=3,p=4" + ARGON2_ENDS,
    "$argon2id$v=19$m=65536,t=3,p=4" + ARGON2_ENDS + "aa",
    "$argon2id$v=19$m=65536,t=3,p=4" + ARGON2_ENDS[:-1] + "B",
    f"$argon2id$v=19$m=65536,t=3,p=4${base64_of(SALT)}$",
    f"$argon2id$v=19$m=65536,t=3,p=4${base64_of(SALT)}${base64_of(bytes(15))}",
    f"$argon2id$v=19$m=65536,t=3,p=4${base64_of(bytes(7))}${base64_of(bytes(32))}",
    "$argon2id$v=19$m=65536,t=0,p=4" + ARGON2_ENDS,
    "$argon2id$v=19$m=65536,t=3,p=0" + ARGON2_ENDS,
    "$argon2id$v=19$m=31,t=3,p=4" + ARGON2_ENDS,
    "$argon2id$v=19$m=262145,t=1,p=4" + ARGON2_ENDS,
    "$argon2id$v=19$m=262144,t=5,p=4" + ARGON2_ENDS,
    "$argon2id$v=19$m=65536,t=1,p=17" + ARGON2_ENDS,
    "$scrypt$",
    "$scrypt$ln=14,r=8,p=1",
    f"$scrypt$ln=14,r=8,p=1${base64_of(SALT)}$",
    f"$scrypt$ln=14,r=8,p=1${base64_of(SALT)}${base64_of(bytes(15))}",
    f"$scrypt$ln=14,r=8,p=1${base64_of(SALT)}${base64_of(bytes(129))}",
    "$scrypt$ln=0,r=8,p=1" + ARGON2_ENDS,
    "$scrypt$ln=14,r=0,p=1" + ARGON2_ENDS,
    "$scrypt$ln=14,r=8,p=0" + ARGON2_ENDS,
    "$scrypt$ln=16,r=1,p=1" + ARGON2_ENDS,
    "$scrypt$ln=19,r=8,p=1" + ARGON2_ENDS,
    "$scrypt$ln=18,r=8,p=2" + ARGON2_ENDS,
    "$scrypt$ln=99,r=999999,p=999999" + ARGON2_ENDS,
]
SOUND = [
    DUMMY_HASH,
    DUMMY_HASH.replace("$12$", "$04$"),
    DUMMY_HASH.replace("$12$", "$16$"),
    "$argon2id$v=19$m=65536,t=3,p=4" + ARGON2_ENDS,
    "$argon2id$v=16$m=65536,t=3,p=4" + ARGON2_ENDS,
    "$argon2i$m=65536,t=3,p=4" + ARGON2_ENDS,
    "$argon2id$v=19$m=32,t=1,p=4" + ARGON2_ENDS,
    "$argon2id$v=19$m=262144,t=4,p=16" + ARGON2_ENDS,
    "$scrypt$ln=15,r=1,p=1" + ARGON2_ENDS,
    "$scrypt$ln=18,r=8,p=1" + ARGON2_ENDS,
    "$scrypt$ln=14,r=8,p=16" + ARGON2_ENDS,
    *HASHES.values(),
]


@pytest.mark.parametrize("kind", KINDS)
def test_the_right_password_is_right(kind: str) -> None:
    assert verify(KINDS[kind](b"secret"), "secret")


@pytest.mark.parametrize("given", ["Secret", "secret ", "secre", "secrets", "s\xe9cret", "x" * 64])
@pytest.mark.parametrize("kind", KINDS)
def test_another_password_is_wrong(kind: str, given: str) -> None:
    assert not verify(KINDS[kind](b"secret"), given)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("given", ["p\xe4ss", "p\xc3\xa4ss"], ids=["latin1", "utf8"])
def test_a_password_beyond_ascii_may_come_in_either_coding(kind: str, given: str) -> None:
    assert verify(KINDS[kind]("päss".encode()), given)


@pytest.mark.parametrize("kind", KINDS)
def test_a_password_beyond_latin1_may_come_as_text(kind: str) -> None:
    assert verify(KINDS[kind]("пароль".encode()), "пароль")


@pytest.mark.parametrize("kind", HASHES)
def test_a_hash_does_not_open_by_itself(kind: str) -> None:
    assert not verify(HASHES[kind], HASHES[kind])


@pytest.mark.parametrize("given", ["$6$salt$digest", "$6$salt", "anything"])
def test_a_hash_of_an_unknown_kind_opens_to_nothing(given: str) -> None:
    assert not verify("$6$salt$digest", given)


@pytest.mark.parametrize("kind", KINDS)
def test_no_empty_password_is_right(kind: str) -> None:
    assert not verify(KINDS[kind](b""), "")


@pytest.mark.parametrize(("octets", "is_right"), [(71, True), (72, True), (73, False)])
def test_bcrypt_judges_no_more_than_72_octets(octets: int, is_right: bool) -> None:
    stored = bcrypt_of(b"a" * min(octets, 72))
    assert verify(stored, "a" * octets) is is_right


@pytest.mark.parametrize("digest_octets", [16, 32, 64, 128])
def test_scrypt_digests_may_have_any_usual_length(digest_octets: int) -> None:
    assert verify(scrypt_of(b"secret", digest_octets), "secret")


def test_scrypt_gives_the_result_of_its_rfc() -> None:
    # RFC 7914, 12: scrypt("pleaseletmein", "SodiumChloride", N=16384, r=8, p=1, 64 octets).
    digest = bytes.fromhex(
        "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
        "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
    )
    stored = f"$scrypt$ln=14,r=8,p=1${base64_of(b'SodiumChloride')}${base64_of(digest)}"
    assert verify(stored, "pleaseletmein")


@pytest.mark.parametrize("stored", BROKEN)
def test_what_is_no_hash_is_found(stored: str) -> None:
    trouble = check_hash(stored)
    assert trouble is not None
    assert re.match(r"an? (bcrypt|argon2|scrypt) hash|a text", trouble)
    assert not is_hash(stored)


@pytest.mark.parametrize("stored", SOUND)
def test_hashes_within_the_bounds_are_sound(stored: str) -> None:
    assert check_hash(stored) is None
    assert is_hash(stored)


@pytest.mark.parametrize("stored", ["", "secret", "2b$12$", " $2b$12$", "sec$ret"])
def test_what_does_not_begin_like_a_hash_is_a_plain_password(stored: str) -> None:
    assert check_hash(stored) is None
    assert not is_hash(stored)


def test_an_error_text_shows_nothing_of_the_hash() -> None:
    assert "hunter2" not in str(check_hash("$hunter2"))
    assert "hunter2" not in str(check_hash("$2b$12$hunter2"))


@given(
    st.text(max_size=60).map(lambda text: "$" + text)
    | st.from_regex(r"\$2[aby]\$0[4-5]\$[./A-Za-z0-9]{53}", fullmatch=True)
    | st.from_regex(
        r"\$argon2(i|d|id)\$v=19\$m=(8|9|99),t=[0-2],p=[0-2](\$[A-Za-z0-9+/]{20,24}){2}",
        fullmatch=True,
    )
    | st.from_regex(
        r"\$scrypt\$ln=[0-9],r=[0-9],p=[0-9](\$[A-Za-z0-9+/]{20,24}){2}", fullmatch=True
    ),
    st.text(st.characters(max_codepoint=255), max_size=80),
)
def test_no_hash_that_is_called_sound_raises(stored: str, password: str) -> None:
    if check_hash(stored) is None:
        assert not verify(stored, password)


def test_new_hashes_cost_what_unknown_logins_do() -> None:
    assert DUMMY_HASH.startswith("$2b$12$")
    assert hash_password("secret").startswith("$2b$12$")


class CountedBcrypt:
    """Stands in for the package's check: takes no time, and counts what it would take."""

    def __init__(self) -> None:
        self.rounds = 0

    def __call__(self, octets: bytes, stored: bytes) -> bool:
        self.rounds += 1 << int(stored.split(b"$")[2])
        return False


@pytest.mark.parametrize("given", ["guess", "", "a" * 64, "\xe4" * 64])
@pytest.mark.parametrize(
    "stored",
    [
        None,
        "",
        "plain",
        "$6$salt$digest",
        DUMMY_HASH.replace("$12$", "$04$"),
        DUMMY_HASH.replace("$12$", "$10$"),
        DUMMY_HASH.replace("$12$", "$11$"),
        DUMMY_HASH,
    ],
)
def test_a_wrong_login_costs_the_same_whether_it_exists_or_not(
    monkeypatch: pytest.MonkeyPatch, stored: str | None, given: str
) -> None:
    counted = CountedBcrypt()
    monkeypatch.setattr(bcrypt, "checkpw", counted)
    if stored is not None:
        assert not verify(stored, given)
    assert not verify_nothing(given, stored or "")
    spellings = 1 if given.isascii() else 2
    assert counted.rounds == spellings << 12


@pytest.mark.parametrize("kind", ["argon2id", "scrypt"])
def test_a_slow_hash_of_another_kind_is_slow_enough(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    counted = CountedBcrypt()
    monkeypatch.setattr(bcrypt, "checkpw", counted)
    assert not verify_nothing("guess", HASHES[kind])
    assert counted.rounds == 0


def test_nothing_is_never_right() -> None:
    assert not verify_nothing("secret")
    assert not verify_nothing("secret", HASHES["2b"])


@pytest.mark.parametrize(
    ("password", "kind"),
    [("secret", "$2b$"), ("a" * 72, "$2b$"), ("a" * 73, "$argon2id$"), ("ä" * 37, "$argon2id$")],
)
def test_a_new_hash_is_good_for_its_password(password: str, kind: str) -> None:
    stored = hash_password(password)
    assert stored.startswith(kind)
    assert is_hash(stored)
    assert verify(stored, password)


def test_no_hash_is_made_of_an_empty_password() -> None:
    with pytest.raises(ValueError, match="empty"):
        hash_password("")


class TestPasswordCache:
    def test_knows_what_it_was_told(self) -> None:
        cache = PasswordCache()
        assert not cache.is_known_good("acme", "stored", "given")
        cache.remember("acme", "stored", "given")
        assert cache.is_known_good("acme", "stored", "given")

    @pytest.mark.parametrize(
        ("system_id", "stored", "given"),
        [
            ("acme2", "stored", "given"),
            ("acme", "changed", "given"),
            ("acme", "stored", "guessed"),
            ("acme", "stored", ""),
            ("acme", "storedg", "iven"),
        ],
    )
    def test_knows_nothing_else(self, system_id: str, stored: str, given: str) -> None:
        cache = PasswordCache()
        cache.remember("acme", "stored", "given")
        assert not cache.is_known_good(system_id, stored, given)

    def test_a_wrong_guess_does_not_displace_the_right_password(self) -> None:
        cache = PasswordCache()
        cache.remember("acme", "stored", "given")
        assert not cache.is_known_good("acme", "stored", "guessed")
        assert cache.is_known_good("acme", "stored", "given")

    def test_a_new_password_takes_the_place_of_the_old_one(self) -> None:
        cache = PasswordCache()
        cache.remember("acme", "old", "old")
        cache.remember("acme", "new", "new")
        assert not cache.is_known_good("acme", "old", "old")
        assert cache.is_known_good("acme", "new", "new")
        assert len(cache) == 1

    @pytest.mark.parametrize(("accounts", "kept"), [(2, 2), (3, 3), (4, 3)])
    def test_remembers_so_many_accounts(self, accounts: int, kept: int) -> None:
        cache = PasswordCache(max_accounts=3)
        for number in range(accounts):
            cache.remember(f"acme{number}", "stored", "given")
        assert len(cache) == kept

    def test_forgets_who_has_not_come_for_longest(self) -> None:
        cache = PasswordCache(max_accounts=2)
        cache.remember("first", "stored", "given")
        cache.remember("second", "stored", "given")
        assert cache.is_known_good("first", "stored", "given")
        cache.remember("third", "stored", "given")
        assert cache.is_known_good("first", "stored", "given")
        assert not cache.is_known_good("second", "stored", "given")

    def test_keeps_no_password(self) -> None:
        cache = PasswordCache()
        cache.remember("acme", "hunter2", "hunter2")
        assert not any("hunter2" in repr(value) for value in vars(cache).values())
        assert "hunter2" not in repr(cache)

    def test_two_caches_share_no_key(self) -> None:
        one, other = PasswordCache(), PasswordCache()
        for cache in (one, other):
            cache.remember("acme", "stored", "given")
        assert vars(one)["_digests"] != vars(other)["_digests"]
