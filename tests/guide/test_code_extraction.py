"""Integration guide, "OTP Code Extraction": the six examples and the bounds of a code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from otpblue_trio.smpp import CommandStatus
from otpblue_trio.testing import FakePlatform, account, open_gateway

if TYPE_CHECKING:
    from trio.testing import MockClock

    from otpblue_trio.policy import SendRequest


async def submit(text: str, **settings: Any) -> tuple[int, list[SendRequest]]:
    """Submit a text; return the status and what the platform was asked to send."""
    platform = FakePlatform()
    async with open_gateway(platform=platform, accounts=[account(**settings)]) as gateway:
        esme = await gateway.bound()
        response = await esme.submit_sm("14155551234", text, source="MyBank")
    return response.command_status, platform.requests


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Your verification code is 482910", "482910"),
        ("OTP: 123456", "123456"),
        ("Use code 482910 to verify your account", "482910"),
        ("482910", "482910"),
        ("Your PIN is 9821", "9821"),
        ("code: 482-910", "482910"),
    ],
)
async def test_example_gives_its_code(text: str, code: str, autojump_clock: MockClock) -> None:
    command_status, (request,) = await submit(text)
    assert command_status == CommandStatus.ESME_ROK
    assert request.code == code


@pytest.mark.parametrize("template", ["{}", "Your code is {}", "Use {} to log in. Code expires."])
@pytest.mark.parametrize("digits", range(4, 11))
async def test_code_may_have_4_to_10_digits(
    digits: int, template: str, autojump_clock: MockClock
) -> None:
    code = "4829105736"[:digits]
    command_status, (request,) = await submit(template.format(code))
    assert command_status == CommandStatus.ESME_ROK
    assert request.code == code


@pytest.mark.parametrize("template", ["{}", "Your code is {}", "Use {} to log in. Code expires."])
@pytest.mark.parametrize("code", ["482", "48291057361"], ids=["3 digits", "11 digits"])
async def test_code_of_another_length_is_refused(
    code: str, template: str, autojump_clock: MockClock
) -> None:
    command_status, requests = await submit(template.format(code))
    assert command_status == CommandStatus.ESME_RINVMSGLEN
    assert requests == []


@pytest.mark.parametrize(
    "text",
    [
        "Call 4155552671 now, your code is 482910",
        "Your code is 482910. It expires in 10 minutes.",
        "2026 sale! Your code is 482910",
    ],
)
async def test_another_number_near_the_code_is_never_taken(
    text: str, autojump_clock: MockClock
) -> None:
    command_status, requests = await submit(text)
    if command_status == CommandStatus.ESME_ROK:
        assert [request.code for request in requests] == ["482910"]
    else:
        assert command_status == CommandStatus.ESME_RINVMSGLEN
        assert requests == []


async def test_code_is_delivered_in_the_template_and_not_in_the_aggregators_words(
    autojump_clock: MockClock,
) -> None:
    _, (request,) = await submit("Your verification code is 482910")
    assert (request.code, request.text, request.sender) == ("482910", "", "MyBank")
