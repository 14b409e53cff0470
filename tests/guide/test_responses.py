"""Integration guide, "submit_sm_resp": each command_status, from the cause that the table names."""

from __future__ import annotations

import struct
from ipaddress import ip_network
from typing import TYPE_CHECKING

import attrs
import pytest
import trio

from otpblue_trio.policy import Failed, FailureKind, Refused
from otpblue_trio.smpp import BindTransceiver, CommandId, CommandStatus, Pdu, SubmitSmResp, encode
from otpblue_trio.testing import (
    EsmeClosed,
    FakePlatform,
    GatewayUnderTest,
    account,
    open_gateway,
    submit_pdu,
    with_limits,
)

if TYPE_CHECKING:
    from trio.testing import MockClock

    from otpblue_trio.policy import Outcome

NUMBER = "14155551234"
TEXT = "Your code is 482910"


async def submit(gateway: GatewayUnderTest, destination: str = NUMBER, text: str = TEXT) -> Pdu:
    """Bind, submit one message and return its response."""
    esme = await gateway.bound()
    return await esme.submit_sm(destination, text, source="MyBank")


# ---------------------------------------------------------------------- the table, row by row


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ESME_ROK", 0x00),
        ("ESME_RSUBMITFAIL", 0x45),
        ("ESME_RTHROTTLED", 0x58),
        ("ESME_RINVDSTADR", 0x0B),
        ("ESME_RSYSERR", 0x08),
        ("ESME_RINVMSGLEN", 0x01),
        ("ESME_RINVBNDSTS", 0x04),
        ("ESME_RINVPASWD", 0x0E),
        ("ESME_RBINDFAIL", 0x0D),
    ],
)
def test_name_and_hexadecimal_value_belong_together(name: str, value: int) -> None:
    assert CommandStatus[name] == value


async def test_0x00_esme_rok_delivered_via_imessage(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        response = await submit(gateway)
        assert response == SubmitSmResp(sequence_number=2, command_status=0x00, message_id="m-1")


@pytest.mark.parametrize("code", [150, 280], ids=["no iMessage", "opted out"])
async def test_0x45_esme_rsubmitfail_no_imessage(code: int, autojump_clock: MockClock) -> None:
    async with open_gateway(platform=FakePlatform(code=code)) as gateway:
        response = await submit(gateway)
        assert response.command_status == CommandStatus.ESME_RSUBMITFAIL


async def test_0x58_esme_rthrottled_rate_limit_exceeded(autojump_clock: MockClock) -> None:
    async with open_gateway(accounts=[account(tps=1)]) as gateway:
        esme = await gateway.bound()
        first = await esme.submit_sm(NUMBER, "Your code is 482910")
        second = await esme.submit_sm(NUMBER, "Your code is 482911")
        assert first.command_status == CommandStatus.ESME_ROK
        assert second.command_status == CommandStatus.ESME_RTHROTTLED


@pytest.mark.parametrize(
    "outcome",
    [Refused(720), Failed(FailureKind.STATUS, http_status=429)],
    ids=["code 720", "HTTP 429"],
)
async def test_0x58_esme_rthrottled_no_capacity(
    outcome: Outcome, autojump_clock: MockClock
) -> None:
    async with open_gateway(platform=FakePlatform(answer=outcome)) as gateway:
        response = await submit(gateway)
        assert response.command_status == CommandStatus.ESME_RTHROTTLED


@pytest.mark.parametrize("destination", ["1415555123", "12345", "14155551234567"])
async def test_0x0b_esme_rinvdstadr_invalid_phone_number(
    destination: str, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        response = await submit(gateway, destination=destination)
        assert response.command_status == CommandStatus.ESME_RINVDSTADR


@pytest.mark.parametrize("code", [1155, 1600, 1800, 1900])
async def test_0x0b_esme_rinvdstadr_unsupported_phone_number(
    code: int, autojump_clock: MockClock
) -> None:
    async with open_gateway(platform=FakePlatform(code=code)) as gateway:
        response = await submit(gateway)
        assert response.command_status == CommandStatus.ESME_RINVDSTADR


@pytest.mark.parametrize(
    "outcome",
    [
        pytest.param(Refused(100), id="internal error"),
        pytest.param(Refused(110), id="not taken by Apple"),
        pytest.param(Failed(FailureKind.TIMEOUT, may_have_been_sent=True), id="no answer in time"),
        pytest.param(Failed(FailureKind.CONNECT), id="no connection"),
        pytest.param(Failed(FailureKind.DISCONNECTED, may_have_been_sent=True), id="cut off"),
        pytest.param(Failed(FailureKind.STATUS, http_status=502), id="HTTP 502"),
        pytest.param(Failed(FailureKind.BAD_ANSWER), id="broken answer"),
    ],
)
async def test_0x08_esme_rsyserr_temporary_system_error(
    outcome: Outcome, autojump_clock: MockClock
) -> None:
    async with open_gateway(platform=FakePlatform(answer=outcome)) as gateway:
        response = await submit(gateway)
        assert response.command_status == CommandStatus.ESME_RSYSERR


@pytest.mark.parametrize("text", ["Hello", "Your code is 482", "Your code is 48291057361"])
async def test_0x01_esme_rinvmsglen_could_not_extract_the_code(
    text: str, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        response = await submit(gateway, text=text)
        assert response.command_status == CommandStatus.ESME_RINVMSGLEN


async def test_0x04_esme_rinvbndsts_not_bound(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.connect()
        response = await esme.submit_sm(NUMBER, TEXT)
        assert response.command_status == CommandStatus.ESME_RINVBNDSTS
        await esme.bind_transceiver("acme", "secret")
        assert (await esme.submit_sm(NUMBER, TEXT)).command_status == 0  # "bind first, then submit"


async def test_0x04_esme_rinvbndsts_wrong_bind_mode(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.connect()
        await esme.bind_receiver("acme", "secret")
        response = await esme.submit_sm(NUMBER, TEXT)
        assert response.command_status == CommandStatus.ESME_RINVBNDSTS


@pytest.mark.parametrize(
    ("system_id", "password"),
    [("acme", "wrong"), ("nobody", "secret")],
    ids=["password", "system_id"],
)
async def test_0x0e_esme_rinvpaswd_authentication_failed(
    system_id: str, password: str, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.connect()
        response = await esme.bind_transceiver(system_id, password)
        assert response.command_status == CommandStatus.ESME_RINVPASWD


async def test_0x0d_esme_rbindfail_ip_not_allowed(autojump_clock: MockClock) -> None:
    known = account(allowed_ips=(ip_network("198.51.100.0/24"),))
    async with open_gateway(accounts=[known]) as gateway:
        esme = await gateway.connect("192.0.2.1")
        response = await esme.bind_transceiver("acme", "secret")
        assert response.command_status == CommandStatus.ESME_RBINDFAIL


async def test_0x0d_esme_rbindfail_ip_temporarily_blocked(autojump_clock: MockClock) -> None:
    async with open_gateway(limits=with_limits(bind_failures_before_block=1)) as gateway:
        await (await gateway.connect()).bind_transceiver("acme", "wrong")
        response = await (await gateway.connect()).bind_transceiver("acme", "secret")
        assert response.command_status == CommandStatus.ESME_RBINDFAIL


# ---------------------------------------------------------------------- around the table


async def test_response_arrives_as_soon_as_the_platform_has_answered(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(platform=FakePlatform(latency=0.3)) as gateway:
        esme = await gateway.bound()
        submitted = trio.current_time()
        await esme.submit_sm(NUMBER, TEXT)
        assert trio.current_time() - submitted == pytest.approx(0.3)


async def test_responses_do_not_queue_behind_a_slow_one(autojump_clock: MockClock) -> None:
    async with open_gateway(platform=FakePlatform(latency=0.3)) as gateway:
        esme = await gateway.bound()
        submitted = trio.current_time()
        async with trio.open_nursery() as nursery:
            for number in range(50):
                nursery.start_soon(esme.submit_sm, NUMBER, f"Your code is 4829{number:02}")
        assert trio.current_time() - submitted == pytest.approx(0.3)


async def test_error_response_is_its_header_alone(autojump_clock: MockClock) -> None:
    async with open_gateway(platform=FakePlatform(code=150)) as gateway:
        stream = gateway.connect_stream()
        bind = BindTransceiver(sequence_number=1, system_id="acme", password="secret")
        await stream.send_all(encode(bind))
        await stream.receive_some()
        message = attrs.evolve(submit_pdu(NUMBER, TEXT), sequence_number=2)
        await stream.send_all(encode(message))
        answer = await stream.receive_some()
        assert answer == struct.pack(">IIII", 16, CommandId.SUBMIT_SM_RESP, 0x45, 2)


@pytest.mark.parametrize("code", [150, 720, 1600, 100, 1210])
async def test_error_is_final_and_no_receipt_follows(code: int, autojump_clock: MockClock) -> None:
    async with open_gateway(platform=FakePlatform(code=code)) as gateway:
        esme = await gateway.bound()
        await esme.submit_sm(NUMBER, TEXT, registered_delivery=1)
        await esme.unbind()
        with pytest.raises(EsmeClosed):
            await esme.receipt()


@pytest.mark.parametrize(
    ("destination", "text"), [("1415555123", TEXT), (NUMBER, "Hello")], ids=["number", "text"]
)
async def test_message_refused_by_the_gateway_never_reaches_the_platform(
    destination: str, text: str, autojump_clock: MockClock
) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        await submit(gateway, destination, text)
    assert platform.requests == []
