"""What a guess at a login costs: the same work whatever it is that was wrong, or none at all.

Work is counted and not timed: what was hashed, at which cost.
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

import bcrypt
import pytest
import trio

from otpblue_trio.app.accounts import ThreadVerifier
from otpblue_trio.smpp import BindTransceiver, CommandStatus, encode
from otpblue_trio.testing import account, open_gateway

if TYPE_CHECKING:
    from otpblue_trio.policy import Account

USUAL_WORK = 1 << 12
"""Rounds of a bcrypt hash of cost 12."""


class Work:
    """Counts the rounds of all bcrypt hashes, and does them at the lowest cost."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rounds = 0
        monkeypatch.setattr("bcrypt.checkpw", self.count)

    def count(self, password: bytes, hashed: bytes) -> bool:
        self.rounds += 1 << int(hashed.split(b"$")[2])
        return False


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    return Work(monkeypatch)


def of_cost(cost: int) -> Account:
    hashed = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()
    return account(password=hashed.replace("$04$", f"${cost:02d}$"))


@pytest.mark.parametrize("given", ["wrong", "", "w" * 64, "wr\xf6ng"])
@pytest.mark.parametrize(
    "found",
    [None, account(), of_cost(4), of_cost(10), of_cost(11), of_cost(12)],
    ids=["nobody", "plain", "cost 4", "cost 10", "cost 11", "cost 12"],
)
async def test_a_wrong_guess_costs_the_same_whether_there_is_such_an_account(
    work: Work, found: Account | None, given: str
) -> None:
    assert not await ThreadVerifier().verify(found, given)
    # Octets outside ASCII are tried as two texts, for everybody alike.
    assert work.rounds == USUAL_WORK * (1 if given.isascii() else 2)


class CountingVerifier:
    """Knows the right password, and for whom it was asked."""

    def __init__(self) -> None:
        self.asked: list[str | None] = []

    async def verify(self, account: Account | None, given: str, /) -> bool:
        await trio.lowlevel.checkpoint()
        self.asked.append(None if account is None else account.system_id)
        return account is not None and account.password == given


ACCOUNTS = [
    account("open"),
    account("disabled", enabled=False),
    account("elsewhere", allowed_ips=(ip_network("198.51.100.0/24"),)),
    account("certified", client_certificate_names=("smpp.client.example",)),
]


async def octets_of_a_bind(
    system_id: str, password: str, verifier: CountingVerifier | None = None
) -> bytes:
    """Return all that a bind is answered, until the connection is closed."""
    async with open_gateway(accounts=ACCOUNTS, verifier=verifier) as gateway:
        stream = gateway.connect_stream()
        bind = BindTransceiver(sequence_number=7, system_id=system_id, password=password)
        await stream.send_all(encode(bind))
        answer = b"".join([bytes(octets) async for octets in stream])
        await stream.aclose()
        return answer


@pytest.mark.parametrize("system_id", ["open", "disabled", "nobody", "Open", ""])
async def test_a_wrong_guess_is_one_check_and_the_same_octets(system_id: str) -> None:
    verifier = CountingVerifier()
    answer = await octets_of_a_bind(system_id, "wrong", verifier)
    assert verifier.asked == ["open" if system_id == "open" else None]
    assert answer == await octets_of_a_bind("open", "wrong")
    assert int.from_bytes(answer[8:12], "big") == CommandStatus.ESME_RINVPASWD
    assert len(answer) == 16


@pytest.mark.parametrize("system_id", ["elsewhere", "certified"])
@pytest.mark.parametrize("password", ["secret", "wrong"])
async def test_whom_the_place_is_forbidden_to_gets_no_check_and_the_same_octets(
    system_id: str, password: str
) -> None:
    verifier = CountingVerifier()
    answer = await octets_of_a_bind(system_id, password, verifier)
    assert verifier.asked == []
    assert answer == await octets_of_a_bind("elsewhere", "wrong")
    assert int.from_bytes(answer[8:12], "big") == CommandStatus.ESME_RBINDFAIL
