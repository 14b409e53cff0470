"""Conformance, rows 54 to 59: broken bodies, TLVs and times."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from otpblue_trio.smpp import CommandId, CommandStatus
from otpblue_trio.testing import (
    FakePlatform,
    open_gateway,
    pdu_octets,
    submit_octets,
)

if TYPE_CHECKING:
    from trio.testing import MockClock

    from otpblue_trio.policy import SendRequest

OK = CommandStatus.ESME_ROK
TOO_SHORT = CommandStatus.ESME_RINVCMDLEN
MESSAGE = CommandStatus.ESME_RINVMSGLEN
DESTINATION = CommandStatus.ESME_RINVDSTADR
SOURCE = CommandStatus.ESME_RINVSRCADR
SCHEDULE = CommandStatus.ESME_RINVSCHED
EXPIRY = CommandStatus.ESME_RINVEXPIRY
STREAM = CommandStatus.ESME_RINVOPTPARSTREAM
LENGTH = CommandStatus.ESME_RINVPARLEN
TEXT = b"Your code is 482910"


async def submit(octets: bytes) -> tuple[int, list[SendRequest]]:
    """Return the status of a message and what the platform was asked; the link must be kept."""
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
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


async def submit_body(body: bytes) -> int:
    """Return the status of a submit_sm with this body."""
    return (await submit(pdu_octets(CommandId.SUBMIT_SM, body, sequence_number=2)))[0]


# ---------------------------------------------------------------------- broken bodies

WHOLE = submit_octets()[16:]


@pytest.mark.row(54)
@pytest.mark.parametrize("length", range(len(WHOLE)))
async def test_a_body_cut_anywhere_is_refused_and_nothing_is_sent(
    length: int, autojump_clock: MockClock
) -> None:
    status = await submit_body(WHOLE[:length])
    assert status in {TOO_SHORT, MESSAGE, DESTINATION, SOURCE, CommandStatus.ESME_RINVSERTYP}


@pytest.mark.row(54)
@pytest.mark.parametrize(
    ("octets", "status"),
    [
        (submit_octets(sm_length=20), MESSAGE),
        (submit_octets(sm_length=200), MESSAGE),
        (submit_octets(sm_length=255), MESSAGE),
        (submit_octets(b"", sm_length=1), MESSAGE),
        (submit_octets(dest_addr=b"\x01\x01" + b"1" * 200), DESTINATION),
        (submit_octets(dest_addr=b"\x01\x0114155552671"), None),  # swallows what comes next
        (submit_octets(source_addr=b"\x05\x00" + b"M" * 200), SOURCE),
        (submit_octets(times=b"1\0"), SCHEDULE),
        (submit_octets(times=b"\0" + b"2" * 15 + b"\0"), EXPIRY),
        (submit_octets(times=b"2" * 17 + b"\0\0"), SCHEDULE),
    ],
)
async def test_a_broken_field_is_named_and_nothing_is_sent(
    octets: bytes, status: int | None, autojump_clock: MockClock
) -> None:
    told, requests = await submit(octets)
    assert told != OK
    assert status is None or told == status
    assert requests == []


@pytest.mark.row(55, 57)
@pytest.mark.parametrize("missing", [1, 2, 3, 4, 5, 6, 7, 12, 19])
@pytest.mark.parametrize("data_coding", [0, 8])
async def test_a_length_counted_short_never_sends_half_a_code(
    missing: int, data_coding: int, autojump_clock: MockClock
) -> None:
    text = TEXT.decode().encode("utf-16-be") if data_coding == 8 else TEXT
    octets = submit_octets(text, sm_length=len(text) - missing, data_coding=data_coding)
    status, _ = await submit(octets)
    assert status in {STREAM, LENGTH, MESSAGE}


@pytest.mark.row(55, 57)
@pytest.mark.parametrize("missing", [1, 2, 3])
async def test_a_payload_counted_short_never_sends_half_a_code(
    missing: int, autojump_clock: MockClock
) -> None:
    payload = b"\x04\x24" + (len(TEXT) - missing).to_bytes(2, "big") + TEXT
    assert (await submit(submit_octets(b"", more=payload)))[0] == STREAM


@pytest.mark.row(55)
async def test_the_pdu_of_a_client_that_does_not_count_its_nul_keeps_the_link(
    autojump_clock: MockClock,
) -> None:
    # As reported of a deployed client: sm_length is 60, and 61 octets follow.
    octets = bytes.fromhex(
        "00000070000000040000000000000008000501414243444546000101303132333435363738393132000000"
        "000000010000003c6b61746265686f6c7a20667269656e646c792074657374206d65737361676520323a20"
        "4772656574696e67732066726f6d205669656e6e61203a2d2900"
    )
    assert (await submit(octets))[0] == DESTINATION  # which is no number


@pytest.mark.row(55, 57)
@pytest.mark.parametrize("nuls", [1, 2, 3])
async def test_nuls_behind_the_message_are_ignored(nuls: int, autojump_clock: MockClock) -> None:
    status, requests = await submit(submit_octets(more=bytes(nuls)))
    assert status == OK
    assert requests[0].code == "482910"


# ---------------------------------------------------------------------- TLVs


def tlv(tag: int, value: bytes, length: int | None = None) -> bytes:
    """Return an optional parameter."""
    length = len(value) if length is None else length
    return tag.to_bytes(2, "big") + length.to_bytes(2, "big") + value


@pytest.mark.row(56)
@pytest.mark.parametrize(
    "more",
    [
        tlv(0x1500, b"ab"),
        tlv(0x1500, b""),
        tlv(0x14FF, bytes(300)),
        tlv(0x3FFF, b"vendor"),
        tlv(0x0000, b"x"),
        tlv(0xFFFF, b"x"),
        tlv(0x4001, b"x") * 3,
        tlv(0x0204, b"\0\1") + tlv(0x0204, b"\0\2"),
        tlv(0x0005, b"\1") + tlv(0x0006, b"\1") + tlv(0x0019, b"\1"),
        tlv(0x1501, b"x") * 1000,
        tlv(0x020A, b"\0\7") + tlv(0x020B, b"\0\7"),
        tlv(0x0381, b"14155550100"),
        tlv(0x001E, b"m-9\0") + tlv(0x0427, b"\2"),
    ],
)
async def test_unknown_vendor_repeated_and_needless_tlvs_are_ignored(
    more: bytes, autojump_clock: MockClock
) -> None:
    status, requests = await submit(submit_octets(more=more))
    assert status == OK
    assert requests[0].code == "482910"


@pytest.mark.row(57)
@pytest.mark.parametrize(
    ("more", "statuses"),
    [
        (tlv(0x1500, b"short", 6), {STREAM}),
        (tlv(0x1500, b"", 0xFFFF), {STREAM}),
        (tlv(0x0424, b"Your code is 482910", 100), {STREAM}),
        (tlv(0x0204, b"\0", 2), {STREAM}),
        (tlv(0x1500, b"ab") + tlv(0x1501, b"ab", 3), {STREAM}),
        (b"\x15", {OK, STREAM}),
        (b"\x15\x00", {OK, STREAM}),
        (b"\x15\x00\x00", {OK, STREAM}),
        (tlv(0x1500, b"ab") + b"\0", {OK, STREAM}),
    ],
)
async def test_a_tlv_past_the_end_is_ignored_or_refused_and_the_link_kept(
    more: bytes, statuses: set[int], autojump_clock: MockClock
) -> None:
    assert (await submit(submit_octets(more=more)))[0] in statuses


@pytest.mark.row(58)
@pytest.mark.parametrize(
    "more",
    [
        tlv(0x0204, b"\1"),
        tlv(0x0204, b""),
        tlv(0x0204, b"\0\0\1"),
        tlv(0x020C, b"\1"),
        tlv(0x020E, b"\0\1"),
        tlv(0x020F, b""),
        tlv(0x0019, b"\0\0"),
        tlv(0x0017, b"\0"),
        tlv(0x1500, b"ab") + tlv(0x0204, b"\1"),
    ],
)
async def test_a_known_tlv_of_a_wrong_size_is_refused_and_the_link_kept(
    more: bytes, autojump_clock: MockClock
) -> None:
    assert (await submit(submit_octets(more=more)))[0] == LENGTH


# ---------------------------------------------------------------------- times


@pytest.mark.row(59)
@pytest.mark.parametrize(
    ("schedule", "validity", "status"),
    [
        (b"", b"260212143000000+", OK),
        (b"", b"260212143000048+", OK),
        (b"", b"000000010000000R", OK),
        (b"", b"991231235959948-", OK),
        (b"", b"now", EXPIRY),
        (b"", b"261312143000000+", EXPIRY),
        (b"", b"260232143000000+", EXPIRY),
        (b"", b"260212243000000+", EXPIRY),
        (b"", b"260212143000049+", EXPIRY),
        (b"", b"260212143000000X", EXPIRY),
        (b"", b"26021214300000 +", EXPIRY),
        (b"", b"abcdefghijklmnop", EXPIRY),
        (b"", b"000000010000001R", EXPIRY),
        (b"", b"260212143000000", EXPIRY),
        (b"", b"260212143000000++", EXPIRY),
        (b"280212143000000+", b"", SCHEDULE),
        (b"260212143001000+", b"", SCHEDULE),
        (b"000000000500000R", b"", SCHEDULE),
        (b"tomorrow", b"", SCHEDULE),
        (b"abcdefghijklmnop", b"", SCHEDULE),
        (b"280212143000000+", b"bad", None),
    ],
)
async def test_times_are_refused_with_their_own_status_and_the_link_kept(
    schedule: bytes, validity: bytes, status: int | None, autojump_clock: MockClock
) -> None:
    told, _ = await submit(submit_octets(times=schedule + b"\0" + validity + b"\0"))
    assert told == status if status is not None else told in {SCHEDULE, EXPIRY}
