"""Conformance, rows 19, 20, 88, 89, 97, 107 and 108: caps, rates, repetitions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
import trio

from otpblue_trio.config import Limits
from otpblue_trio.policy import Delivered, Refused
from otpblue_trio.runtime.observer import (
    CloseReason,
    ConnectionClosed,
    ConnectionRefused,
    MessageAnswered,
)
from otpblue_trio.smpp import CommandId, CommandStatus
from otpblue_trio.testing import (
    BareEsme,
    FakePlatform,
    account,
    bind_octets,
    open_gateway,
    pdu_octets,
    submit_octets,
    with_limits,
)

if TYPE_CHECKING:
    from trio.testing import MockClock

    from otpblue_trio.testing import GatewayUnderTest

OK = CommandStatus.ESME_ROK
THROTTLED = CommandStatus.ESME_RTHROTTLED


# ---------------------------------------------------------------------- connections


@pytest.mark.row(20)
async def test_connection_1001_is_closed_at_once_and_a_freed_slot_usable_at_once(
    autojump_clock: MockClock,
) -> None:
    assert Limits().max_connections == 1000
    async with open_gateway(limits=with_limits(max_connections_per_address=1000)) as gateway:
        esmes = [await gateway.bare_bound() for _ in range(10)]
        esmes += [gateway.bare() for _ in range(990)]
        await trio.testing.wait_all_tasks_blocked()
        began = trio.current_time()
        for _ in range(3):
            assert await gateway.bare().rest() == []
        assert trio.current_time() == began
        assert len(gateway.seen(ConnectionRefused)) == 3
        await esmes[0].aclose()
        await trio.testing.wait_all_tasks_blocked()
        freed = await gateway.bare_bound()
        assert trio.current_time() == began
        assert await freed.is_alive()
        assert await esmes[1].is_alive()


# ---------------------------------------------------------------------- who does not read


@pytest.mark.row(88)
async def test_a_client_that_never_reads_is_closed_by_the_write_deadline(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(stalling=True) as gateway:
        esme = await gateway.bare_bound()
        began = trio.current_time()
        await esme.send(pdu_octets(CommandId.ENQUIRE_LINK) * 1000)
        closed = await gateway.wait_for(ConnectionClosed)
        assert closed.reason is CloseReason.WRITE_TIMEOUT
        assert trio.current_time() - began == pytest.approx(Limits().write_timeout, abs=2)
        assert await (await gateway.bare_bound()).is_alive()


@pytest.mark.row(88)
async def test_little_is_read_from_a_client_that_never_reads(autojump_clock: MockClock) -> None:
    """What it may make us keep is bounded, however much it sends."""
    async with open_gateway(stalling=True) as gateway:
        esme = await gateway.bare_bound()
        sent = 0
        probes = pdu_octets(CommandId.ENQUIRE_LINK) * 4096
        with trio.move_on_after(Limits().write_timeout - 1):
            while sent < 100 << 20:
                await esme.send(probes)
                sent += len(probes)
        assert sent < 4 << 20


# ---------------------------------------------------------------------- in flight


def submits(count: int, first: int = 10) -> bytes:
    """Return different messages."""
    return b"".join(
        submit_octets(b"code %d" % (10_000 + n), sequence_number=n)
        for n in range(first, first + count)
    )


async def statuses(esme: BareEsme, count: int) -> list[int]:
    """Return the statuses of the next responses."""
    frames = await esme.take(count)
    assert {frame[4:8] for frame in frames} == {b"\x80\0\0\x04"}
    return [frame[11] for frame in frames]


@pytest.mark.row(89)
async def test_beyond_the_bound_of_a_session_messages_are_throttled_at_once(
    autojump_clock: MockClock,
) -> None:
    platform = FakePlatform(holds=True)
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bare_bound()
        began = trio.current_time()
        await esme.send(submits(10_000))
        assert await statuses(esme, 9500) == [THROTTLED] * 9500
        assert trio.current_time() == began
        assert len(platform.requests) == 500
        assert await esme.is_alive()
        platform.release()
        assert await statuses(esme, 500) == [OK] * 500


@pytest.mark.row(89)
async def test_beyond_the_bound_of_an_account_messages_are_throttled_at_once(
    autojump_clock: MockClock,
) -> None:
    platform = FakePlatform(holds=True)
    known = [account(), account("other")]
    async with open_gateway(platform=platform, accounts=known) as gateway:
        esmes = [await gateway.bare_bound() for _ in range(5)]
        for place, esme in enumerate(esmes):
            await esme.send(submits(500, 10 + 500 * place))
            await trio.testing.wait_all_tasks_blocked()
        assert await statuses(esmes[4], 500) == [THROTTLED] * 500
        assert len(platform.requests) == 2000
        # Another account is not touched by it.
        other = gateway.bare()
        await other.ask(bind_octets(system_id=b"other"))
        await other.send(submits(1))
        await platform.wait_for_requests(2001)
        platform.release()
        assert await statuses(other, 1) == [OK]
        for esme in esmes[:4]:
            assert await statuses(esme, 500) == [OK] * 500


# ---------------------------------------------------------------------- rates


class Sender:
    """Submits different messages over sessions of one account, one after the other."""

    def __init__(self, esmes: list[BareEsme], first: int = 0) -> None:
        self.esmes = esmes
        self.sent = first

    async def send(self, count: int) -> int:
        """Submit messages; return how many were taken."""
        taken = 0
        for _ in range(count):
            esme = self.esmes[self.sent % len(self.esmes)]
            self.sent += 1
            response = await esme.ask(submit_octets(b"code %d" % (100_000 + self.sent)))
            assert response[11] in {OK, THROTTLED}
            taken += response[11] == OK
        return taken


async def sender(gateway: GatewayUnderTest, sessions: int, system_id: str = "acme") -> Sender:
    """Bind so many sessions."""
    esmes = []
    for _ in range(sessions):
        esme = gateway.bare()
        await esme.ask(bind_octets(system_id=system_id.encode()))
        esmes.append(esme)
    return Sender(esmes, 0 if system_id == "acme" else 50_000)


@pytest.mark.row(97, 108)
@pytest.mark.parametrize("sessions", [1, 3, 10])
async def test_fifty_a_second_are_shared_by_all_sessions_and_by_nobody_else(
    sessions: int, autojump_clock: MockClock
) -> None:
    known = [account(tps=50), account("other", tps=50)]
    async with open_gateway(accounts=known) as gateway:
        acme = await sender(gateway, sessions)
        other = await sender(gateway, 1, "other")
        assert await acme.send(60) == 50  # one second's worth at once
        taken = 0
        for _ in range(100):  # ten seconds, twice as many as allowed
            await trio.sleep(0.1)
            taken += await acme.send(10)
        assert taken == pytest.approx(500, abs=1)
        assert await other.send(60) == 50


@pytest.mark.row(97)
@pytest.mark.parametrize("pause", [1.0, 5.0, 60.0])
async def test_a_pause_saves_one_second_s_worth_and_no_more(
    pause: float, autojump_clock: MockClock
) -> None:
    async with open_gateway(accounts=[account(tps=5)]) as gateway:
        acme = await sender(gateway, 1)
        assert await acme.send(20) == 5
        await trio.sleep(pause)
        for esme in acme.esmes:
            assert await esme.is_alive()
        assert await acme.send(20) == 5


@pytest.mark.row(108)
@pytest.mark.parametrize(
    ("tps", "seconds", "expected"),
    [(0, 60, 0), (0.5, 60, 30), (0.1, 60, 6), (1, 60, 60), (1.5, 60, 90), (2.5, 40, 100)],
)
async def test_fractions_and_zero_are_rates(
    tps: float, seconds: int, expected: int, autojump_clock: MockClock
) -> None:
    async with open_gateway(accounts=[account(tps=tps)]) as gateway:
        acme = await sender(gateway, 1)
        first = await acme.send(10)
        assert first == math.ceil(tps)
        taken = 0
        for _ in range(seconds * 4):
            await trio.sleep(0.25)
            taken += await acme.send(2)
        assert taken == pytest.approx(expected, abs=1)


@pytest.mark.row(108)
async def test_no_limit_is_none(autojump_clock: MockClock) -> None:
    async with open_gateway(accounts=[account(tps=math.inf)]) as gateway:
        assert await (await sender(gateway, 1)).send(2000) == 2000


@pytest.mark.row(108)
async def test_a_long_message_counts_once(autojump_clock: MockClock) -> None:
    async with open_gateway(accounts=[account(tps=1)]) as gateway:
        esme = await gateway.bare_bound()
        texts = [b"Your code ", b"is 482", b"910."]
        await esme.send(
            b"".join(
                submit_octets(
                    bytes([5, 0, 3, 7, 3, number]) + text, esm_class=0x40, sequence_number=number
                )
                for number, text in enumerate(texts, 1)
            )
        )
        assert await statuses(esme, 3) == [OK] * 3
        assert (await esme.ask(submit_octets(b"code 7777")))[11] == THROTTLED


# ---------------------------------------------------------------------- repetitions


@pytest.mark.row(107)
@pytest.mark.parametrize("outcome", [Delivered("one"), Refused(150), Refused(720), Refused(100)])
async def test_the_same_message_in_flight_joins_and_gets_the_same_answer(
    outcome: Delivered | Refused, autojump_clock: MockClock
) -> None:
    platform = FakePlatform(answer=outcome, holds=True)
    async with open_gateway(platform=platform) as gateway:
        first, second = await gateway.bare_bound(), await gateway.bare_bound()
        for number in range(10, 15):
            await first.send(submit_octets(registered_delivery=1, sequence_number=number))
            await second.send(submit_octets(b"OTP: 482910", sequence_number=number))
            await trio.sleep(1)
        assert len(platform.requests) == 1
        platform.release()
        answers = set()
        for esme in (first, second):
            frames = await esme.take(5 + 5 * (isinstance(outcome, Delivered) and esme is first))
            answers |= {frame[8:12] + frame[16:] for frame in frames if frame[4] == 0x80}
        assert len(answers) == 1
        assert [told.joined for told in gateway.seen(MessageAnswered)].count(False) == 1


@pytest.mark.row(107)
@pytest.mark.parametrize(
    "other",
    [
        submit_octets(b"Your code is 482911"),
        submit_octets(dest_addr=b"\x01\x0114155552672\0"),
        submit_octets(source_addr=b"\x05\x00Other\0"),
    ],
    ids=["code", "number", "sender"],
)
async def test_another_message_does_not_join(other: bytes, autojump_clock: MockClock) -> None:
    platform = FakePlatform(holds=True)
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bare_bound()
        await esme.send(submit_octets() + other)
        await platform.wait_for_requests(2)
        platform.release()
        assert await statuses(esme, 2) == [OK, OK]


@pytest.mark.row(107)
async def test_the_same_message_of_another_account_does_not_join(
    autojump_clock: MockClock,
) -> None:
    platform = FakePlatform(holds=True)
    known = [account(), account("other")]
    async with open_gateway(platform=platform, accounts=known) as gateway:
        acme, other = gateway.bare(), gateway.bare()
        for esme, system_id in ((acme, b"acme"), (other, b"other")):
            await esme.ask(bind_octets(system_id=system_id))
            await esme.send(submit_octets())
        await platform.wait_for_requests(2)
        platform.release()
        assert [request.api_key for request in platform.requests] == [
            "key-of-acme",
            "key-of-other",
        ]
        assert await statuses(acme, 1) == await statuses(other, 1) == [OK]


@pytest.mark.row(107)
@pytest.mark.parametrize(
    ("window", "pause", "calls"),
    [(5, 0, 1), (5, 4.9, 1), (5, 5.1, 2), (60, 59, 1), (60, 61, 2), (0, 0, 2)],
)
async def test_a_delivered_message_answers_for_its_repetitions_for_a_while(
    window: float, pause: float, calls: int, autojump_clock: MockClock
) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform, duplicate_window=window) as gateway:
        esme = await gateway.bare_bound()
        first = await esme.ask(submit_octets())
        await trio.sleep(pause)
        again = await esme.ask(submit_octets())
        assert len(platform.requests) == calls
        assert (again == first) == (calls == 1)


@pytest.mark.row(107)
@pytest.mark.parametrize("code", [100, 150, 720, 1600])
async def test_a_failed_message_is_tried_again(code: int, autojump_clock: MockClock) -> None:
    platform = FakePlatform(code=code)
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bare_bound()
        assert await esme.ask(submit_octets()) == await esme.ask(submit_octets())
        assert len(platform.requests) == 2
