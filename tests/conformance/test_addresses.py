"""Conformance, rows 60 to 67: destinations and sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from otpblue_trio.policy import Account, LongSender
from otpblue_trio.smpp import CommandStatus
from otpblue_trio.testing import (
    FakePlatform,
    account,
    bind_octets,
    open_gateway,
    submit_octets,
)

if TYPE_CHECKING:
    from trio.testing import MockClock

    from otpblue_trio.policy import SendRequest

OK = CommandStatus.ESME_ROK
DESTINATION = CommandStatus.ESME_RINVDSTADR
SOURCE = CommandStatus.ESME_RINVSRCADR


async def submit(octets: bytes, **settings: object) -> tuple[int, list[SendRequest]]:
    """Return the status of a message and what the platform was asked; the link must be kept."""
    platform = FakePlatform()
    known: list[Account] = [account(**settings)]  # type: ignore[arg-type]
    async with open_gateway(platform=platform, accounts=known) as gateway:
        esme = await gateway.bare_bound()
        response = await esme.ask(octets)
        assert response[4:8] == b"\x80\0\0\x04"
        assert response[12:16] == octets[12:16]
        status = response[11]
        assert response[16:] == (b"" if status else b"m-1\0")
        assert len(platform.requests) == (status == OK)
        assert await esme.is_alive()
        assert (await esme.ask(submit_octets(b"code 7777")))[11] == OK
        return status, platform.requests[:-1]


# ---------------------------------------------------------------------- destinations


async def send_to(ton: int, address: bytes, npi: int = 1, **settings: object) -> tuple[int, str]:
    """Return the status and the number that the platform was given."""
    dest_addr = bytes([ton, npi]) + address + b"\0"
    status, requests = await submit(submit_octets(dest_addr=dest_addr), **settings)
    return status, requests[0].contact if requests else ""


@pytest.mark.row(60)
@pytest.mark.parametrize(
    ("ton", "address"),
    [
        *((1, b""), (0, b""), (2, b""), (5, b"")),
        *((1, b"1" * 21), (1, b"1" * 22), (1, b"1" * 100), (0, b"4" * 22)),
        *((1, b"MyBank"), (1, b"1415555A671"), (0, b"1-415-555-2671"), (1, b"1415555 2671")),
        *((1, b"(1)4155552671"), (1, b"++14155552671"), (1, b"14155552671+"), (1, b"+")),
        *((1, b"\xb114155552671"), (1, b"tel:14155552671"), (1, b"14155552671;ext=1")),
        *((5, b"14155552671"), (3, b"14155552671"), (4, b"14155552671"), (6, b"14155552671")),
        *((5, b"+14155552671"), (1, b"0"), (1, b"00"), (1, b"911"), (1, b"112")),
        *((1, b"1415555267"), (1, b"141555526711"), (1, b"10005552671"), (1, b"9999999999999")),
        *((1, b"0014155552671234"), (1, b"00014155552671"), (1, b"01114155552671")),
    ],
)
async def test_a_destination_that_is_no_number_is_refused(
    ton: int, address: bytes, autojump_clock: MockClock
) -> None:
    assert await send_to(ton, address) == (DESTINATION, "")


@pytest.mark.row(61, 63)
@pytest.mark.parametrize("npi", [0, 1, 3, 8, 0x17, 0xFF])
@pytest.mark.parametrize(
    ("ton", "address", "contact"),
    [
        (1, b"14155552671", "+14155552671"),
        (1, b"+14155552671", "+14155552671"),
        (1, b"0014155552671", "+14155552671"),
        (1, b"447400123456", "+447400123456"),
        (1, b"+447400123456", "+447400123456"),
        (1, b"00447400123456", "+447400123456"),
        (1, b"4915123456789", "+4915123456789"),
        (1, b"2250151944376", "+2250151944376"),
        (0, b"14155552671", "+14155552671"),
        (0, b"+14155552671", "+14155552671"),
        (0, b"0014155552671", "+14155552671"),
        (0, b"447400123456", "+447400123456"),
        (0, b"4915123456789", "+4915123456789"),
        (2, b"+14155552671", "+14155552671"),
        (7, b"14155552671", "+14155552671"),
        (0x1C, b"447400123456", "+447400123456"),
    ],
)
async def test_a_whole_number_is_accepted_however_it_is_written(
    ton: int, npi: int, address: bytes, contact: str, autojump_clock: MockClock
) -> None:
    assert await send_to(ton, address, npi) == (OK, contact)


@pytest.mark.row(62)
@pytest.mark.parametrize(
    ("ton", "address", "region", "contact"),
    [
        (2, b"4155552671", "", ""),
        (2, b"4155552671", "US", "+14155552671"),
        (2, b"14155552671", "US", "+14155552671"),
        (2, b"07400123456", "", ""),
        (2, b"07400123456", "GB", "+447400123456"),
        (2, b"7400123456", "GB", "+447400123456"),
        (2, b"15123456789", "DE", "+4915123456789"),
        (2, b"015123456789", "DE", "+4915123456789"),
        (2, b"447400123456", "US", ""),
        (2, b"1234", "US", ""),
        (0, b"4155552671", "", ""),
        (0, b"4155552671", "US", "+14155552671"),
        (0, b"07400123456", "", ""),
        (0, b"07400123456", "GB", "+447400123456"),
        (0, b"0612345678", "", ""),
        (0, b"0612345678", "FR", "+33612345678"),
    ],
)
async def test_a_national_number_is_read_in_the_default_region_or_refused(
    ton: int, address: bytes, region: str, contact: str, autojump_clock: MockClock
) -> None:
    status, given = await send_to(ton, address, default_region=region)
    assert (status, given) == (OK if contact else DESTINATION, contact)


@pytest.mark.row(62, 63)
@pytest.mark.parametrize("address", [b"6563234567", b"4722345678"])
async def test_a_number_that_two_countries_could_claim_is_refused(
    address: bytes, autojump_clock: MockClock
) -> None:
    """It is a whole number of Singapore or Norway, and a national one of the United States."""
    assert await send_to(0, address) == (OK, f"+{address.decode()}")
    assert await send_to(0, address, default_region="US") == (DESTINATION, "")
    assert await send_to(1, address, default_region="US") == (OK, f"+{address.decode()}")
    assert await send_to(2, address, default_region="US") == (OK, f"+1{address.decode()}")


@pytest.mark.row(45, 60)
@pytest.mark.parametrize("address", [b"8613812345678", b"5491123456789", b"33612345678000"])
async def test_a_number_of_a_region_that_is_not_served_is_refused(
    address: bytes, autojump_clock: MockClock
) -> None:
    assert await send_to(1, address) == (DESTINATION, "")


# ---------------------------------------------------------------------- sources


async def sender_of(
    ton: int, address: bytes, npi: int = 0, long_sender: LongSender = LongSender.TRUNCATE
) -> tuple[int, str]:
    """Return the status and the sender that the platform was given."""
    octets = submit_octets(source_addr=bytes([ton, npi]) + address + b"\0")
    status, requests = await submit(octets, default_sender="Default", long_sender=long_sender)
    return status, requests[0].sender if requests else ""


@pytest.mark.row(64)
@pytest.mark.parametrize("name", ["A", "MyBank", "1xBet", "My Bank", "H&M", "12345", "Eleven-Name"])
async def test_an_alphanumeric_source_is_the_sender(name: str, autojump_clock: MockClock) -> None:
    assert await sender_of(5, name.encode()) == (OK, name)


@pytest.mark.row(65, 67)
@pytest.mark.parametrize("npi", [0, 1, 0x17, 0xFF])
@pytest.mark.parametrize("ton", [0, 1, 2, 3, 4, 6, 7, 0x15, 0x1C, 0xFF])
@pytest.mark.parametrize("address", [b"14155550100", b"12345", b"", b"MyBank"])
async def test_any_other_source_is_the_default_sender(
    ton: int, npi: int, address: bytes, autojump_clock: MockClock
) -> None:
    assert await sender_of(ton, address, npi) == (OK, "Default")


@pytest.mark.row(65, 67)
@pytest.mark.parametrize("address", [b"", b" ", b"   "])
async def test_an_empty_name_is_the_default_sender(
    address: bytes, autojump_clock: MockClock
) -> None:
    assert await sender_of(5, address) == (OK, "Default")


@pytest.mark.row(66)
@pytest.mark.parametrize("length", [11, 12, 13, 20, 21, 22, 50])
@pytest.mark.parametrize("long_sender", LongSender)
async def test_a_long_name_is_treated_as_the_account_says(
    length: int, long_sender: LongSender, autojump_clock: MockClock
) -> None:
    name = "abcdefghijklmnopqrstuvwxyz".ljust(length, "x")[:length]
    expected = {
        LongSender.TRUNCATE: (OK, name[:11]),
        LongSender.DEFAULT: (OK, "Default"),
        LongSender.REJECT: (SOURCE, ""),
    }[long_sender]
    if length <= 11:
        expected = (OK, name)
    elif length > 20:
        expected = (SOURCE, "")
    assert await sender_of(5, name.encode(), long_sender=long_sender) == expected


@pytest.mark.row(67)
@pytest.mark.parametrize("npi", [0, 1, 0x17, 0xFF])
@pytest.mark.parametrize("ton", [0, 5, 7, 0x15, 0x1C, 0xFF])
async def test_any_ton_and_npi_is_accepted_in_a_bind(
    ton: int, npi: int, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        esme = gateway.bare()
        response = await esme.ask(bind_octets(addr_ton=ton, addr_npi=npi, address_range=b"^1"))
        assert response[8:12] == b"\0\0\0\0"
        assert await esme.is_alive()
