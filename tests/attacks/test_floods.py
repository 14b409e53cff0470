"""More messages than a slow platform can take, from clients whose logins are good."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import trio

from otpblue_trio.smpp import BindTransceiver, CommandStatus, SubmitSmResp, encode
from otpblue_trio.testing import pdus_of, submit_pdu

if TYPE_CHECKING:
    from tests.attacks.conftest import Target

SETTINGS = {"platform": {"timeout": "4s"}}
SESSIONS = 10
MESSAGES = 1000
"""On each session, in one go."""
IN_FLIGHT = 2000
"""Of one account, at most."""
NEVER_ANSWERED = "14155550504"
BIND = encode(BindTransceiver(sequence_number=1, system_id="mallory", password="mallory1"))


def flood(target: Target, number: int) -> Counter[int]:
    """Submit everything without waiting and return how often each status came back."""
    messages = b"".join(
        encode(submit_pdu(NEVER_ANSWERED, f"Your code is {number}{code:05}"))
        for code in range(MESSAGES)
    )
    with target.connect_socket(f"127.0.0.{10 + number}") as connection:
        connection.sendall(BIND + messages)
        octets = b""
        statuses: Counter[int] = Counter()
        while statuses.total() < MESSAGES:
            more = connection.recv(1 << 20)
            assert more
            octets += more
            statuses = Counter(
                pdu.command_status for pdu in pdus_of(octets) if isinstance(pdu, SubmitSmResp)
            )
    return statuses


async def test_ten_thousand_messages_for_a_slow_platform_are_throttled_beyond_the_bound(
    target: Target,
) -> None:
    statuses: Counter[int] = Counter()
    most = 0.0

    async def one(number: int) -> None:
        statuses.update(await trio.to_thread.run_sync(flood, target, number))

    async def attack() -> None:
        nonlocal most
        async with trio.open_nursery() as nursery:
            for number in range(SESSIONS):
                nursery.start_soon(one, number)
            while statuses.total() % (SESSIONS * MESSAGES) or not statuses:
                most = max(most, await target.metric("otpblue_smpp_messages_in_flight"))
                await target.serve_clean_client()

    await target.survives(attack)
    assert statuses.keys() == {CommandStatus.ESME_RTHROTTLED, CommandStatus.ESME_RSYSERR}
    assert statuses.total() == 2 * SESSIONS * MESSAGES
    # A platform that times out goes down, so not all of those that were let in were sent.
    assert statuses[CommandStatus.ESME_RTHROTTLED] >= SESSIONS * MESSAGES - IN_FLIGHT
    assert 0 < most <= IN_FLIGHT + 1
