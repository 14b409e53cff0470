"""Conformance, rows 1 to 14: binds, octet for octet."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest
import trio

from otpblue_trio.runtime.observer import BindRefused, CloseReason, ConnectionClosed
from otpblue_trio.smpp import CommandId, CommandStatus
from otpblue_trio.testing import (
    BareEsme,
    FakePlatform,
    InlineVerifier,
    account,
    bind_octets,
    open_gateway,
    pdu_octets,
    submit_octets,
)

if TYPE_CHECKING:
    from trio.testing import MockClock

    from otpblue_trio.policy import Account

RESPONSE_BIT = 0x80000000
VERSION_TLV = b"\x02\x10\x00\x01\x34"
MODES = [CommandId.BIND_TRANSCEIVER, CommandId.BIND_TRANSMITTER, CommandId.BIND_RECEIVER]
LOGIN_FAILED = CommandStatus.ESME_RINVPASWD
BIND_FAILED = CommandStatus.ESME_RBINDFAIL


def accepted(command_id: int, sequence_number: int = 1, tlvs: bytes = VERSION_TLV) -> bytes:
    """Return the response to a good bind."""
    return pdu_octets(
        command_id | RESPONSE_BIT, b"OTPBLUE\0" + tlvs, sequence_number=sequence_number
    )


def refused(command_id: int, status: int, sequence_number: int = 1) -> bytes:
    """Return a header-only refusal."""
    return pdu_octets(
        command_id | RESPONSE_BIT, command_status=status, sequence_number=sequence_number
    )


class CountingVerifier(InlineVerifier):
    """Takes a second for each password, and knows how many there were, and how many at once."""

    def __init__(self) -> None:
        self.checks = 0
        self.running = 0
        self.most_at_once = 0

    async def verify(self, account: Account | None, given: str, /) -> bool:
        self.checks += 1
        self.running += 1
        self.most_at_once = max(self.most_at_once, self.running)
        try:
            await trio.sleep(1)
            return await super().verify(account, given)
        finally:
            self.running -= 1


@pytest.mark.row(1, 2)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sequence_number", [1, 7, 0x80000001])
async def test_a_good_bind_is_answered_in_kind_with_our_system_id(
    mode: CommandId, sequence_number: int, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        esme = gateway.bare()
        response = await esme.ask(bind_octets(mode, sequence_number=sequence_number))
        assert response == accepted(mode, sequence_number)
        assert await esme.is_alive()


@pytest.mark.row(3)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("version", [0x34, 0x35, 0x50, 0xFF])
async def test_version_34_and_later_are_told_ours(
    mode: CommandId, version: int, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        response = await gateway.bare().ask(bind_octets(mode, interface_version=version))
        assert response == accepted(mode)


@pytest.mark.row(4)
@pytest.mark.parametrize("version", [0x00, 0x01, 0x30, 0x33])
async def test_an_earlier_version_gets_no_tlv_in_the_response_nor_in_a_receipt(
    version: int, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        esme = gateway.bare()
        response = await esme.ask(bind_octets(interface_version=version))
        assert response == accepted(CommandId.BIND_TRANSCEIVER, tlvs=b"")
        submit_resp = await esme.ask(submit_octets(registered_delivery=1))
        message_id = submit_resp[16:-1]
        assert len(message_id) == 8
        int(message_id, 16)
        deliver = await esme.next()
        assert deliver[4:8] == b"\0\0\0\x05"
        assert deliver.endswith(b" err:000 text:")
        assert b"id:" + message_id + b" sub:" in deliver


@pytest.mark.row(5)
@pytest.mark.parametrize("mode", MODES)
async def test_a_wrong_password_and_an_unknown_system_id_differ_in_no_octet_and_no_moment(
    mode: CommandId, autojump_clock: MockClock
) -> None:
    async with open_gateway(verifier=CountingVerifier()) as gateway:
        for system_id, password in [
            (b"acme", b"Secret"),
            (b"acme", b""),
            (b"nobody", b"secret"),
            (b"", b"secret"),
            (b"ACME", b"secret"),
        ]:
            esme = gateway.bare()
            asked = trio.current_time()
            bind = bind_octets(mode, system_id=system_id, password=password)
            assert await esme.ask(bind) == refused(mode, LOGIN_FAILED)
            assert trio.current_time() - asked == 1
            assert await esme.rest() == []
            assert trio.current_time() - asked == 1


@pytest.mark.row(6, 112)
@pytest.mark.parametrize("password", [b"secret", b"wrong"])
async def test_an_address_that_is_not_allowed_learns_nothing_about_the_password(
    password: bytes, autojump_clock: MockClock
) -> None:
    verifier = CountingVerifier()
    known = account(allowed_ips=(ip_network("198.51.100.0/24"),))
    async with open_gateway(accounts=[known], verifier=verifier) as gateway:
        esme = gateway.bare("192.0.2.1")
        response = await esme.ask(bind_octets(password=password))
        assert response == refused(CommandId.BIND_TRANSCEIVER, BIND_FAILED)
        assert await esme.rest() == []
        assert verifier.checks == 0
        assert (await gateway.bare("198.51.100.7").ask(bind_octets())) == accepted(
            CommandId.BIND_TRANSCEIVER
        )


async def fail(esme: BareEsme, password: bytes = b"wrong") -> int:
    """Bind in vain and return the status."""
    response = await esme.ask(bind_octets(password=password))
    assert len(response) == 16
    assert await esme.rest() == []
    return int.from_bytes(response[8:12], "big")


@pytest.mark.row(7, 8)
async def test_ten_failures_block_an_address_for_fifteen_minutes(
    autojump_clock: MockClock,
) -> None:
    verifier = CountingVerifier()
    async with open_gateway(verifier=verifier) as gateway:
        for _ in range(10):
            assert await fail(gateway.bare()) == LOGIN_FAILED
        blocked_at = trio.current_time()
        assert await fail(gateway.bare()) == BIND_FAILED
        assert await fail(gateway.bare(), b"secret") == BIND_FAILED
        assert verifier.checks == 10
        assert trio.current_time() == blocked_at  # nor does the refusal take a check's time
        await trio.sleep(898)
        assert await fail(gateway.bare(), b"secret") == BIND_FAILED
        await gateway.bare_bound(address="192.0.2.2")
        await trio.sleep(2)
        await gateway.bare_bound()


@pytest.mark.row(8)
async def test_nine_failures_do_not_block(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        for _ in range(9):
            assert await fail(gateway.bare()) == LOGIN_FAILED
        await gateway.bare_bound()


@pytest.mark.row(9, 112)
async def test_200_pipelined_binds_try_one_password(autojump_clock: MockClock) -> None:
    verifier = CountingVerifier()
    async with open_gateway(verifier=verifier) as gateway:
        esme = gateway.bare()
        await esme.send(
            b"".join(
                bind_octets(password=b"guess%d" % guess, sequence_number=guess)
                for guess in range(1, 201)
            )
        )
        assert await esme.rest() == [refused(CommandId.BIND_TRANSCEIVER, LOGIN_FAILED)]
        assert verifier.checks == 1


@pytest.mark.row(9, 112)
async def test_binds_pipelined_over_many_connections_try_ten_passwords(
    autojump_clock: MockClock,
) -> None:
    verifier = CountingVerifier()
    async with open_gateway(verifier=verifier) as gateway:
        esmes = [gateway.bare() for _ in range(40)]
        for guess, esme in enumerate(esmes):
            await esme.send(2 * bind_octets(password=b"guess%d" % guess))
        statuses = [(await esme.rest())[0][11] for esme in esmes]
        assert statuses.count(LOGIN_FAILED) == 10
        assert statuses.count(BIND_FAILED) == 30
        assert verifier.checks == 10


@pytest.mark.row(9)
async def test_200_good_binds_in_one_write_cost_one_check_and_bind_once(
    autojump_clock: MockClock,
) -> None:
    verifier = CountingVerifier()
    async with open_gateway(verifier=verifier) as gateway:
        esme = gateway.bare()
        await esme.send(b"".join(bind_octets(sequence_number=number) for number in range(1, 201)))
        answers = await esme.take(200)
        assert answers == [
            accepted(CommandId.BIND_TRANSCEIVER),
            *[
                refused(CommandId.BIND_TRANSCEIVER, CommandStatus.ESME_RALYBND, number)
                for number in range(2, 201)
            ],
        ]
        assert await esme.is_alive()
        assert (verifier.checks, verifier.most_at_once) == (1, 1)


@pytest.mark.row(10)
@pytest.mark.parametrize("first", MODES)
@pytest.mark.parametrize("second", MODES)
@pytest.mark.parametrize(
    "login",
    [{}, {"password": b"wrong"}, {"system_id": b"other"}, {"system_id": b"x" * 40}],
    ids=["good", "bad", "other", "broken"],
)
async def test_a_second_bind_changes_nothing(
    first: CommandId, second: CommandId, login: dict[str, bytes], autojump_clock: MockClock
) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform, accounts=[account(), account("other")]) as gateway:
        esme = await gateway.bare_bound(first)
        response = await esme.ask(bind_octets(second, sequence_number=9, **login))  # type: ignore[arg-type]
        assert response == refused(second, CommandStatus.ESME_RALYBND, 9)
        response = await esme.ask(submit_octets())
        may_submit = first != CommandId.BIND_RECEIVER
        assert response[11] == (0 if may_submit else CommandStatus.ESME_RINVBNDSTS)
        assert [request.system_id for request in platform.requests] == ["acme"] * may_submit
        assert gateway.seen(BindRefused) == []


@pytest.mark.row(11)
@pytest.mark.parametrize("second", MODES)
async def test_a_bind_behind_a_pending_one_is_queued(
    second: CommandId, autojump_clock: MockClock
) -> None:
    verifier = CountingVerifier()
    async with open_gateway(verifier=verifier) as gateway:
        esme = gateway.bare()
        await esme.send(bind_octets())
        await trio.sleep(0.5)
        await esme.send(bind_octets(second, sequence_number=2))
        assert await esme.take(2) == [
            accepted(CommandId.BIND_TRANSCEIVER),
            refused(second, CommandStatus.ESME_RALYBND, 2),
        ]
        assert await esme.is_alive()


@pytest.mark.row(12)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"system_id": b"s" * 16}, LOGIN_FAILED),
        ({"system_id": b"s" * 17}, LOGIN_FAILED),
        ({"system_id": b"s" * 60_000}, LOGIN_FAILED),
        ({"password": b"p" * 65}, LOGIN_FAILED),
        ({"password": b"p" * 1000}, LOGIN_FAILED),
        ({"system_type": b"t" * 13}, BIND_FAILED),
        ({"system_type": b"t" * 400}, BIND_FAILED),
        ({"address_range": b"r" * 41}, BIND_FAILED),
        ({"address_range": b"r" * 5000}, BIND_FAILED),
        ({"system_id": b"s" * 16, "address_range": b"r" * 41}, LOGIN_FAILED),
    ],
    ids=lambda value: None if isinstance(value, dict) else hex(value),
)
async def test_a_field_over_its_limit_is_refused_and_the_connection_closed(
    mode: CommandId, fields: dict[str, bytes], status: int, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        esme = gateway.bare()
        assert await esme.ask(bind_octets(mode, **fields)) == refused(mode, status)  # type: ignore[arg-type]
        assert await esme.rest() == []
        assert (await gateway.wait_for(ConnectionClosed)).reason is CloseReason.BIND_REFUSED


@pytest.mark.row(12)
@pytest.mark.parametrize("length", [1, 8, 9, 63, 64])
async def test_a_password_of_up_to_64_characters_is_accepted(
    length: int, autojump_clock: MockClock
) -> None:
    password = "p" * length
    async with open_gateway(accounts=[account(password=password)]) as gateway:
        response = await gateway.bare().ask(bind_octets(password=password.encode()))
        assert response == accepted(CommandId.BIND_TRANSCEIVER)


@pytest.mark.row(12)
async def test_fields_at_their_limits_are_accepted(autojump_clock: MockClock) -> None:
    name = "fifteen-letters"
    async with open_gateway(accounts=[account(name)]) as gateway:
        response = await gateway.bare().ask(
            bind_octets(system_id=name.encode(), system_type=b"t" * 12, address_range=b"r" * 40)
        )
        assert response == accepted(CommandId.BIND_TRANSCEIVER)


COMPLETE = bind_octets()[16:]


@pytest.mark.row(13)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("length", range(len(COMPLETE)))
async def test_a_bind_cut_anywhere_is_refused_and_the_connection_closed(
    mode: CommandId, length: int, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        esme = gateway.bare()
        response = await esme.ask(pdu_octets(mode, COMPLETE[:length], sequence_number=5))
        assert response in (refused(mode, LOGIN_FAILED, 5), refused(mode, BIND_FAILED, 5))
        assert await esme.rest() == []


@pytest.mark.row(13)
@pytest.mark.parametrize(
    "body",
    [b"", b"acme", b"acme\0secret", b"\xff" * 100, b"\0" * 3, COMPLETE[:-1] + b"range"],
    ids=["empty", "system_id", "password", "ff", "nuls", "address_range"],
)
async def test_a_bind_without_its_nuls_counts_as_a_failure(
    body: bytes, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        for _ in range(10):
            esme = gateway.bare()
            response = await esme.ask(pdu_octets(CommandId.BIND_TRANSCEIVER, body))
            assert response[11] in (LOGIN_FAILED, BIND_FAILED)
            assert await esme.rest() == []
        assert await fail(gateway.bare(), b"secret") == BIND_FAILED


@pytest.mark.row(13)
async def test_octets_behind_the_last_field_of_a_bind_are_ignored(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway() as gateway:
        response = await gateway.bare().ask(
            pdu_octets(CommandId.BIND_TRANSCEIVER, COMPLETE + b"\x14\x00\x00\x02ab\xff")
        )
        assert response == accepted(CommandId.BIND_TRANSCEIVER)


@pytest.mark.row(14)
@pytest.mark.parametrize("count", [1, 3, 50])
async def test_messages_in_the_segment_of_the_bind_are_answered_in_order_behind_it(
    count: int, autojump_clock: MockClock
) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform, verifier=CountingVerifier()) as gateway:
        esme = gateway.bare()
        await esme.send(
            bind_octets()
            + b"".join(
                submit_octets(b"Your code is %d" % (4000 + number), sequence_number=number)
                for number in range(2, 2 + count)
            )
        )
        assert await esme.next() == accepted(CommandId.BIND_TRANSCEIVER)
        assert await esme.take(count) == [
            pdu_octets(CommandId.SUBMIT_SM_RESP, b"m-%d\0" % (number - 1), sequence_number=number)
            for number in range(2, 2 + count)
        ]
        assert [request.code for request in platform.requests] == [
            str(4000 + number) for number in range(2, 2 + count)
        ]


@pytest.mark.row(14)
async def test_messages_behind_a_refused_bind_are_neither_answered_nor_sent(
    autojump_clock: MockClock,
) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        esme = gateway.bare()
        await esme.send(bind_octets(password=b"wrong") + submit_octets())
        assert await esme.rest() == [refused(CommandId.BIND_TRANSCEIVER, LOGIN_FAILED)]
        assert platform.requests == []


@pytest.mark.row(1)
async def test_one_session_more_than_the_account_may_have_is_refused(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(accounts=[account(max_sessions=2)]) as gateway:
        first, _ = [await gateway.bare_bound() for _ in range(2)]
        esme = gateway.bare()
        assert await esme.ask(bind_octets()) == refused(CommandId.BIND_TRANSCEIVER, BIND_FAILED)
        assert await esme.rest() == []
        await first.aclose()
        await gateway.wait_for(ConnectionClosed, 2)
        await gateway.bare_bound()
