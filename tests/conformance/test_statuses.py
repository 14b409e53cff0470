"""Conformance, rows 42 to 48: what a message is answered, by what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trio
from tests.conformance.conftest import ask

from otpblue_trio.policy import Delivered, Failed, FailureKind, Refused
from otpblue_trio.smpp import CommandId, CommandStatus
from otpblue_trio.testing import (
    FakePlatform,
    account,
    open_gateway,
    pdu_octets,
    submit_octets,
)
from otpblue_trio.upstream import HttpPlatform

if TYPE_CHECKING:
    from trio.testing import MockClock

    from otpblue_trio.policy import Outcome

OK = CommandStatus.ESME_ROK
NO_CODE = CommandStatus.ESME_RINVMSGLEN
SYSTEM_ERROR = CommandStatus.ESME_RSYSERR
DESTINATION = CommandStatus.ESME_RINVDSTADR
SOURCE = CommandStatus.ESME_RINVSRCADR
FAIL_OVER = CommandStatus.ESME_RSUBMITFAIL
THROTTLED = CommandStatus.ESME_RTHROTTLED


def answer(status: int, message_id: bytes | None = None, sequence_number: int = 2) -> bytes:
    """Return a submit_sm_resp; an error is its header alone."""
    body = b"" if message_id is None else message_id + b"\0"
    return pdu_octets(
        CommandId.SUBMIT_SM_RESP, body, command_status=status, sequence_number=sequence_number
    )


@pytest.mark.row(42, 105)
@pytest.mark.parametrize(
    "message_id",
    [
        "1",
        "abc-123",
        "ac5408f5-d311-4907-a31e-16699e83b1bc",
        "0123456789ABCDEF0123456789abcdef0123456789ABCDEF0123456789abcde",
        "x" * 64,
        "!~{}|",
    ],
)
async def test_a_delivered_message_has_the_platform_s_message_id(
    message_id: str, autojump_clock: MockClock
) -> None:
    async with open_gateway(platform=FakePlatform(answer=Delivered(message_id))) as gateway:
        assert await ask(gateway, submit_octets()) == answer(OK, message_id.encode())


@pytest.mark.row(42, 105)
@pytest.mark.parametrize("message_id", ["x" * 65, "x" * 500, "two words", "a\0b", "ключ", "\n"])
async def test_an_id_that_does_not_fit_is_replaced_and_the_message_stays_delivered(
    message_id: str, autojump_clock: MockClock
) -> None:
    async with open_gateway(platform=FakePlatform(answer=Delivered(message_id))) as gateway:
        response = await ask(gateway, submit_octets())
        ours = response[16:-1]
        assert response == answer(OK, ours)
        assert len(ours) == 8
        int(ours, 16)


PLATFORM_CODES = {
    100: SYSTEM_ERROR,
    110: SYSTEM_ERROR,
    150: FAIL_OVER,
    280: FAIL_OVER,
    720: THROTTLED,
    1110: SYSTEM_ERROR,
    1155: DESTINATION,
    1160: SYSTEM_ERROR,
    1205: NO_CODE,
    1210: NO_CODE,
    1215: NO_CODE,
    1220: SOURCE,
    1225: SOURCE,
    1230: SYSTEM_ERROR,
    1250: SYSTEM_ERROR,
    1600: DESTINATION,
    1800: DESTINATION,
    1900: DESTINATION,
    # Codes that nobody has told us of.
    -1: SYSTEM_ERROR,
    0: SYSTEM_ERROR,
    1: SYSTEM_ERROR,
    151: SYSTEM_ERROR,
    429: SYSTEM_ERROR,
    1000: SYSTEM_ERROR,
    1601: SYSTEM_ERROR,
    99999: SYSTEM_ERROR,
}


@pytest.mark.row(43, 44, 45, 46, 47, 48, 104)
@pytest.mark.parametrize(("code", "status"), PLATFORM_CODES.items())
async def test_a_code_of_the_platform_is_answered_header_only(
    code: int, status: int, autojump_clock: MockClock
) -> None:
    platform = FakePlatform(code=code)
    async with open_gateway(platform=platform) as gateway:
        assert await ask(gateway, submit_octets(registered_delivery=1)) == answer(status)
        assert len(platform.requests) == 1


@pytest.mark.row(44, 47)
@pytest.mark.parametrize("http_status", [*range(200, 600, 7), 400, 401, 403, 404, 429, 503, 504])
async def test_of_the_http_statuses_only_429_throttles(
    http_status: int, autojump_clock: MockClock
) -> None:
    outcome = Failed(FailureKind.STATUS, http_status=http_status)
    async with open_gateway(platform=FakePlatform(answer=outcome)) as gateway:
        expected = THROTTLED if http_status == 429 else SYSTEM_ERROR
        assert await ask(gateway, submit_octets()) == answer(expected)


@pytest.mark.row(47)
@pytest.mark.parametrize("sent", [False, True])
@pytest.mark.parametrize("kind", FailureKind)
async def test_no_usable_answer_is_a_system_error(
    kind: FailureKind, sent: bool, autojump_clock: MockClock
) -> None:
    platform = FakePlatform(answer=Failed(kind, may_have_been_sent=sent))
    async with open_gateway(platform=platform) as gateway:
        assert await ask(gateway, submit_octets()) == answer(SYSTEM_ERROR)
        assert len(platform.requests) == 1


def http(status: str, body: bytes, length: int | None = None) -> bytes:
    """Return an answer of the platform as it stands on the wire."""
    length = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n".encode() + body


@pytest.mark.row(42, 43, 44, 45, 47)
@pytest.mark.parametrize(
    ("octets", "status"),
    [
        (http("200 OK", b'{"success": true, "message_id": "id-7"}'), OK),
        (http("400 Bad Request", b'{"code": 150, "success": false}'), FAIL_OVER),
        (http("400 Bad Request", b'{"code": "150", "success": false}'), FAIL_OVER),
        (http("400 Bad Request", b'{"code": "1600"}'), DESTINATION),
        (http("400 Bad Request", b'{"code": null}'), SYSTEM_ERROR),
        (http("400 Bad Request", b'{"code": 150.5}'), SYSTEM_ERROR),
        (http("400 Bad Request", b'{"code": [150]}'), SYSTEM_ERROR),
        (http("400 Bad Request", b"{}"), SYSTEM_ERROR),
        (http("400 Bad Request", b"<html>150</html>"), SYSTEM_ERROR),
        (http("429 Too Many Requests", b"{}"), THROTTLED),
        (http("200 OK", b'{"success": true}'), SYSTEM_ERROR),
        (http("200 OK", b'{"success": true, "message_id": ""}'), SYSTEM_ERROR),
        (http("200 OK", b'{"success": true, "message_id": null}'), SYSTEM_ERROR),
        (http("200 OK", b'{"code": 150, "success": false, "status": "failed"}'), None),
        (http("200 OK", b"<html>OK</html>"), SYSTEM_ERROR),
        (http("200 OK", b""), SYSTEM_ERROR),
        (http("200 OK", b'{"success": tr', 100), SYSTEM_ERROR),
        (http("404 Not Found", b'{"code": 150}'), SYSTEM_ERROR),
        (http("401 Unauthorized", b'{"code": 1600}'), SYSTEM_ERROR),
        (http("500 Internal Server Error", b'{"code": 1600}'), SYSTEM_ERROR),
        (http("503 Service Unavailable", b"busy"), SYSTEM_ERROR),
        (http("301 Moved", b""), SYSTEM_ERROR),
        (b"nonsense\r\n\r\n", SYSTEM_ERROR),
        (b"", SYSTEM_ERROR),
    ],
)
async def test_what_the_platform_s_server_sends_is_told(octets: bytes, status: int | None) -> None:
    requests = 0

    async def serve(stream: trio.SocketStream) -> None:
        nonlocal requests
        request = b""
        while b'"source":"smpp"' not in request.replace(b" ", b""):
            more = await stream.receive_some()
            if not more:
                return
            request += more
        requests += 1
        if octets:
            await stream.send_all(octets)
        await stream.aclose()

    async with trio.open_nursery() as nursery:
        (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, serve, [listener])
        url = f"http://127.0.0.1:{listener.socket.getsockname()[1]}/imsg/api/v1.1/otp/send/"
        with trio.fail_after(60):
            async with open_gateway(platform=HttpPlatform(url=url, ssl_context=None)) as gateway:
                response = await ask(gateway, submit_octets())
        nursery.cancel_scope.cancel()
    assert requests == 1
    if status is None:  # contradicts itself; what matters is that it is no success
        assert response[11] != OK
    else:
        assert response == answer(status, b"id-7" if status == OK else None)


@pytest.mark.row(47)
async def test_a_platform_that_refuses_connections_is_a_system_error() -> None:
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    url = f"http://127.0.0.1:{listener.socket.getsockname()[1]}/imsg/api/v1.1/otp/send/"
    await listener.aclose()
    with trio.fail_after(60):
        async with open_gateway(platform=HttpPlatform(url=url, ssl_context=None)) as gateway:
            assert await ask(gateway, submit_octets()) == answer(SYSTEM_ERROR)


@pytest.mark.row(44)
async def test_more_than_the_rate_is_throttled_header_only(autojump_clock: MockClock) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform, accounts=[account(tps=3)]) as gateway:
        esme = await gateway.bare_bound()
        for number in range(3):
            response = await esme.ask(submit_octets(b"code %d" % (1000 + number)))
            assert response == answer(OK, b"m-%d" % (number + 1))
        assert await esme.ask(submit_octets(b"code 2000")) == answer(THROTTLED)
        assert len(platform.requests) == 3


@pytest.mark.row(42, 43)
@pytest.mark.parametrize("outcome", [Delivered("one"), Refused(150), Failed(FailureKind.TIMEOUT)])
async def test_200_pipelined_messages_are_answered_once_each(
    outcome: Outcome, autojump_clock: MockClock
) -> None:
    platform = FakePlatform(answer=outcome)
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bare_bound()
        numbers = range(10, 210)
        await esme.send(
            b"".join(submit_octets(b"code %d" % (4000 + n), sequence_number=n) for n in numbers)
        )
        responses = await esme.take(200)
        assert [int.from_bytes(one[12:16], "big") for one in responses] == list(numbers)
        assert {one[8:12] for one in responses} == {responses[0][8:12]}
        assert await esme.is_alive()
        assert [request.code for request in platform.requests] == [str(4000 + n) for n in numbers]
