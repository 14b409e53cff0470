"""The kit of the tests: what it promises to people who embed the gateway."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import trio
import trio.testing

from otpblue_trio import testing
from otpblue_trio.policy import Account
from otpblue_trio.runtime.observer import (
    BindAccepted,
    ConnectionClosed,
    ConnectionOpened,
    GatewayStarted,
    GatewayStopped,
    ListenerStarted,
)
from otpblue_trio.smpp import CommandId, CommandStatus, decode, encode, parse_receipt
from otpblue_trio.testing import (
    EventRecorder,
    FakePlatform,
    FixedAccounts,
    InlineVerifier,
    account,
    bind_octets,
    open_gateway,
    pdu_octets,
    submit_octets,
    with_limits,
)

if TYPE_CHECKING:
    from trio.testing import MockClock

NUMBER = "14155552671"


class BreaksAtItsEnd(FakePlatform):
    """A platform that cannot be ended in good order."""

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        try:
            await super().run(task_status=task_status)
        finally:
            raise OSError


async def test_an_embedding_test_reads_like_the_guide(autojump_clock: MockClock) -> None:
    async with open_gateway(platform=FakePlatform(code=150)) as gateway:
        esme = await gateway.connect()
        await esme.bind_transceiver("acme", "secret")
        response = await esme.submit_sm(NUMBER, "Your code is 482910", source="MyBank")
        assert response.command_status == CommandStatus.ESME_RSUBMITFAIL


async def test_a_gateway_is_stopped_gracefully_at_the_end_of_the_block(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bound()
        assert gateway.gateway.is_ready
    assert esme.unbind_received
    assert esme.is_closed
    assert gateway.events[-1] == GatewayStopped(abandoned=0)


async def test_an_error_in_the_block_comes_out_as_it_is(autojump_clock: MockClock) -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        async with open_gateway():
            raise ZeroDivisionError
    assert caught.value.__context__ is None
    assert str(caught.traceback[-1].path) == __file__


async def test_a_failure_of_pytest_in_the_block_comes_out_as_it_is(
    autojump_clock: MockClock,
) -> None:
    with pytest.raises(pytest.fail.Exception, match="seen"):
        async with open_gateway():
            pytest.fail("seen")


async def test_an_error_of_the_gateway_is_not_hidden_by_one_in_the_block(
    autojump_clock: MockClock,
) -> None:
    with pytest.RaisesGroup(ZeroDivisionError, OSError, flatten_subgroups=True):
        async with open_gateway(platform=BreaksAtItsEnd()):
            raise ZeroDivisionError


async def test_an_error_of_the_gateway_alone_ends_the_block(autojump_clock: MockClock) -> None:
    with pytest.RaisesGroup(OSError, flatten_subgroups=True):
        async with open_gateway(platform=BreaksAtItsEnd()):
            pass


async def test_a_cancelled_block_raises_nothing(autojump_clock: MockClock) -> None:
    with trio.move_on_after(1) as scope:
        async with open_gateway() as gateway:
            await gateway.bound()
            await trio.sleep_forever()
    assert scope.cancelled_caught


async def test_a_refused_bind_is_an_error_of_the_test(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        with pytest.raises(RuntimeError, match="0x0E"):
            await gateway.bound("acme", "wrong")


async def test_the_wall_clock_runs_with_trios(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.connect()
        await trio.sleep(20)
        await esme.bind_transceiver("acme", "secret")
        await trio.sleep(40)
        await esme.submit_sm(NUMBER, "Your code is 482910")
        keys = parse_receipt((await esme.receipt()).short_message)
        assert keys["done date"] == "2602121431"
    assert datetime(2026, 2, 12, 14, 30, tzinfo=UTC) == testing.gateway.EPOCH


async def test_a_recorder_waits_for_what_has_not_happened_yet(autojump_clock: MockClock) -> None:
    recorder = EventRecorder()
    first, second = (ListenerStarted(kind="plain", address=f"memory:{n}") for n in range(2))

    async def tell() -> None:
        await trio.sleep(1)
        recorder.observe(GatewayStarted())
        recorder.observe(first)
        await trio.sleep(1)
        recorder.observe(second)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(tell)
        assert await recorder.wait_for(ListenerStarted) is first
        assert trio.current_time() == pytest.approx(1, abs=0.1)
        assert await recorder.wait_for(ListenerStarted, 2) is second
        assert await recorder.wait_for(ListenerStarted) is first
    assert len(recorder.events) == 3


async def test_what_was_seen_is_told_by_type(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        await gateway.bound()
        assert [event.system_id for event in gateway.seen(BindAccepted)] == ["acme"]
        assert len(gateway.seen(ConnectionOpened)) == 1
        assert gateway.seen(ConnectionClosed) == []


async def test_what_has_not_happened_yet_is_waited_for(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        assert gateway.seen(BindAccepted) == []
        async with trio.open_nursery() as nursery:
            nursery.start_soon(gateway.bound)
            accepted = await gateway.wait_for(BindAccepted)
        assert gateway.seen(BindAccepted) == [accepted]


async def test_an_account_of_the_tests_has_no_rate_limit_unless_it_is_given() -> None:
    assert account().tps == math.inf
    assert account("other", tps=5.0, enabled=False) == Account(
        system_id="other", password="secret", api_key="key-of-other", tps=5.0, enabled=False
    )


async def test_fixed_accounts_are_those_given_and_enabled() -> None:
    accounts = FixedAccounts([account("acme"), account("off", enabled=False)])
    assert await accounts.find("acme") == account("acme")
    assert await accounts.find("off") is None
    assert await accounts.find("nobody") is None
    accounts.accounts["late"] = account("late")
    assert await accounts.find("late") is not None


async def test_the_verifier_takes_the_right_password_only() -> None:
    verifier = InlineVerifier()
    assert await verifier.verify(account(), "secret")
    assert not await verifier.verify(account(), "Secret")
    assert not await verifier.verify(None, "secret")


def test_limits_are_the_defaults_with_some_changed() -> None:
    limits = with_limits(pre_bind_timeout=5.0)
    assert (limits.pre_bind_timeout, limits.inactivity_timeout) == (5.0, 90.0)
    with pytest.raises(TypeError):
        with_limits(no_such_limit=1)


async def test_gateways_side_by_side_share_nothing(autojump_clock: MockClock) -> None:
    async with open_gateway() as one, open_gateway(accounts=[account("other")]) as two:
        await one.bound("acme")
        await two.bound("other")
        assert one.gateway.connections == two.gateway.connections == 1
        refused = await two.connect()
        response = await refused.bind_transceiver("acme", "secret")
        assert response.command_status == CommandStatus.ESME_RINVPASWD


def test_everything_offered_is_there() -> None:
    assert all(hasattr(testing, name) for name in testing.__all__)


async def test_an_esme_of_octets_sees_what_is_sent_octet_for_octet(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway() as gateway:
        esme = gateway.bare()
        bound = await esme.ask(bind_octets(sequence_number=5))
        assert bound == pdu_octets(
            CommandId.BIND_TRANSCEIVER_RESP, b"OTPBLUE\0\x02\x10\x00\x01\x34", sequence_number=5
        )
        assert await esme.is_alive()
        response = await esme.ask(submit_octets(sequence_number=6))
        assert response == pdu_octets(CommandId.SUBMIT_SM_RESP, b"m-1\0", sequence_number=6)
        await esme.send(pdu_octets(CommandId.UNBIND, sequence_number=7))
        assert await esme.rest() == [pdu_octets(CommandId.UNBIND_RESP, sequence_number=7)]


async def test_a_refused_bind_of_an_esme_of_octets_is_an_error_of_the_test(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(accounts=[account("other")]) as gateway:
        with pytest.raises(RuntimeError, match="16 octets"):
            await gateway.bare_bound()


def test_octets_of_a_submit_are_those_of_the_codec() -> None:
    octets = submit_octets(sequence_number=3, registered_delivery=1, more=b"\x14\x00\x00\x01x")
    assert encode(decode(octets)) == octets
    assert encode(decode(bind_octets())) == bind_octets()
