"""Long messages through a whole gateway: one call, one answer for all parts, nothing by halves."""

from __future__ import annotations

from itertools import pairwise, permutations
from typing import TYPE_CHECKING

import attrs
import pytest
import trio
import trio.testing

from otpblue_trio.policy import Account, FailureMode, MessageIdFormat
from otpblue_trio.runtime.observer import MessageAnswered
from otpblue_trio.smpp import (
    ESM_CLASS_UDHI,
    CommandStatus,
    DataSm,
    Pdu,
    SubmitSm,
    Tlv,
    TlvTag,
    UnbindResp,
)
from otpblue_trio.testing import (
    Esme,
    EsmeClosed,
    FakePlatform,
    GatewayUnderTest,
    account,
    open_gateway,
    submit_pdu,
    with_limits,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trio.testing import MockClock

NUMBER = "14155552671"
TEXT = "Dear customer, your MyBank code is 482910. It is valid for 15 minutes. Do not share it."
IN_THE_CODE = TEXT.index("910")
BEHIND_THE_CODE = TEXT.index("is valid")


def udh(header: bytes, octets: bytes) -> SubmitSm:
    return attrs.evolve(
        submit_pdu(NUMBER, "", source="MyBank", registered_delivery=0),
        esm_class=ESM_CLASS_UDHI,
        short_message=bytes((len(header),)) + header + octets,
    )


def udh_8(reference: int, total: int, number: int, octets: bytes) -> SubmitSm:
    return udh(bytes((0, 3, reference, total, number)), octets)


def udh_16(reference: int, total: int, number: int, octets: bytes) -> SubmitSm:
    return udh(bytes((8, 4, 0, reference, total, number)), octets)


def udh_after_ports(reference: int, total: int, number: int, octets: bytes) -> SubmitSm:
    return udh(bytes.fromhex("05040B8423F0") + bytes((0, 3, reference, total, number)), octets)


def sar(reference: int, total: int, number: int, octets: bytes) -> SubmitSm:
    return attrs.evolve(
        submit_pdu(NUMBER, "", source="MyBank", registered_delivery=0),
        short_message=octets,
        tlvs=(
            Tlv(TlvTag.SAR_MSG_REF_NUM, bytes((0, reference))),
            Tlv(TlvTag.SAR_TOTAL_SEGMENTS, bytes((total,))),
            Tlv(TlvTag.SAR_SEGMENT_SEQNUM, bytes((number,))),
        ),
    )


KINDS = [udh_8, udh_16, udh_after_ports, sar]


def parts_of(*cuts: int, text: str = TEXT, reference: int = 7) -> list[SubmitSm]:
    """Cut a text at these places into parts with a header of 8 bits."""
    octets = text.encode()
    edges = [0, *cuts, len(octets)]
    return [
        udh_8(reference, len(cuts) + 1, number, octets[first:last])
        for number, (first, last) in enumerate(pairwise(edges), 1)
    ]


async def send_all(esme: Esme, pdus: Sequence[Pdu]) -> list[Pdu]:
    """Send PDUs one after the other without waiting, and return their responses."""
    responses: dict[int, Pdu] = {}

    async def one(place: int, pdu: Pdu) -> None:
        responses[place] = await esme.request(pdu)

    async with trio.open_nursery() as nursery:
        for place, pdu in enumerate(pdus):
            nursery.start_soon(one, place, pdu)
            await trio.testing.wait_all_tasks_blocked()
    return [responses[place] for place in range(len(pdus))]


def statuses(responses: Sequence[Pdu]) -> set[int]:
    return {response.command_status for response in responses}


def message_ids(responses: Sequence[Pdu]) -> set[str | None]:
    return {getattr(response, "message_id", None) for response in responses}


def answers(gateway: GatewayUnderTest) -> list[MessageAnswered]:
    return gateway.seen(MessageAnswered)


# ---------------------------------------------------------------------- whole messages


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
@pytest.mark.parametrize("kind", KINDS)
async def test_parts_in_any_order_are_one_call_with_one_answer(
    kind: type, order: tuple[int, ...], autojump_clock: MockClock
) -> None:
    octets = TEXT.encode()
    cut = [octets[:IN_THE_CODE], octets[IN_THE_CODE : IN_THE_CODE + 1], octets[IN_THE_CODE + 1 :]]
    parts = [kind(7, 3, number, text) for number, text in enumerate(cut, 1)]
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bound()
        started = trio.current_time()
        responses = await send_all(esme, [parts[place] for place in order])
        assert trio.current_time() == started
        assert statuses(responses) == {CommandStatus.ESME_ROK}
        assert message_ids(responses) == {"m-1"}
        assert [request.code for request in platform.requests] == ["482910"]


async def test_a_lone_udhi_without_concatenation_is_a_whole_message(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bound()
        response = await esme.request(udh(bytes.fromhex("05040B8423F0"), TEXT.encode()))
        assert response.command_status == CommandStatus.ESME_ROK


async def test_references_of_different_kinds_do_not_meet(autojump_clock: MockClock) -> None:
    first, _ = parts_of(IN_THE_CODE)
    other = udh_16(7, 2, 2, b"911 is nobody's code")
    async with open_gateway() as gateway:
        esme = await gateway.bound()
        responses = await send_all(esme, [first, other])
        assert statuses(responses) == {CommandStatus.ESME_RINVMSGLEN}


async def test_parts_may_come_over_two_sessions_of_the_account(autojump_clock: MockClock) -> None:
    first, second = parts_of(IN_THE_CODE)
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        one, other = await gateway.bound(), await gateway.bound()
        responses: list[Pdu] = []

        async def send(esme: Esme, pdu: Pdu) -> None:
            responses.append(await esme.request(pdu))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(send, one, second)
            nursery.start_soon(send, other, first)
        assert message_ids(responses) == {"m-1"}
        assert [request.code for request in platform.requests] == ["482910"]


async def test_parts_of_two_accounts_do_not_meet(autojump_clock: MockClock) -> None:
    first, second = parts_of(IN_THE_CODE)
    platform = FakePlatform()
    async with open_gateway(
        platform=platform, accounts=[account("acme"), account("other")]
    ) as gateway:
        one, other = await gateway.bound("acme"), await gateway.bound("other")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(one.request, first)
            nursery.start_soon(other.request, second)
        assert not platform.requests


async def test_data_sm_brings_parts_as_well(autojump_clock: MockClock) -> None:
    parts = [
        DataSm(
            dest_addr_ton=1,
            dest_addr_npi=1,
            destination_addr=NUMBER,
            esm_class=ESM_CLASS_UDHI,
            tlvs=(Tlv(TlvTag.MESSAGE_PAYLOAD, part.short_message),),
        )
        for part in parts_of(IN_THE_CODE)
    ]
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bound()
        assert statuses(await send_all(esme, parts)) == {CommandStatus.ESME_ROK}
        assert [request.code for request in platform.requests] == ["482910"]


async def test_an_account_with_free_text_sends_the_joined_text(autojump_clock: MockClock) -> None:
    platform = FakePlatform()
    accounts = [account(allow_send_text=True)]
    async with open_gateway(platform=platform, accounts=accounts) as gateway:
        esme = await gateway.bound()
        await send_all(esme, parts_of(IN_THE_CODE))
        assert [request.text for request in platform.requests] == [TEXT]


async def test_a_failure_is_told_to_every_part(autojump_clock: MockClock) -> None:
    platform = FakePlatform(code=150)
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bound()
        responses = await send_all(esme, parts_of(IN_THE_CODE))
        assert statuses(responses) == {CommandStatus.ESME_RSUBMITFAIL}
        assert len(platform.requests) == 1


async def test_a_whole_message_without_a_code_is_refused_at_once(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bound()
        started = trio.current_time()
        responses = await send_all(esme, parts_of(5, text="No number in this text"))
        assert trio.current_time() == started
        assert statuses(responses) == {CommandStatus.ESME_RINVMSGLEN}
        assert {answer.reason for answer in answers(gateway)} == {"no_code"}


async def test_every_part_is_observed_once_and_one_of_them_did_the_asking(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bound()
        await send_all(esme, parts_of(IN_THE_CODE, BEHIND_THE_CODE))
        assert sorted(answer.joined for answer in answers(gateway)) == [False, True, True]
        assert gateway.gateway.in_flight == 0


# ---------------------------------------------------------------------- repeated and broken parts


async def test_a_repeated_part_is_answered_like_its_twin(autojump_clock: MockClock) -> None:
    first, second = parts_of(IN_THE_CODE)
    platform = FakePlatform(latency=1)
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bound()
        responses = await send_all(esme, [first, first, second])
        assert message_ids(responses) == {"m-1"}
        assert [request.code for request in platform.requests] == ["482910"]


async def test_a_stray_part_after_the_end_waits_for_others_that_never_come(
    autojump_clock: MockClock,
) -> None:
    first, second = parts_of(IN_THE_CODE)
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bound()
        await send_all(esme, [first, second])
        started = trio.current_time()
        assert statuses([await esme.request(second)]) == {CommandStatus.ESME_RINVMSGLEN}
        assert trio.current_time() - started == pytest.approx(15.0)
        assert len(platform.requests) == 1


async def test_a_message_repeated_on_its_way_joins_it(autojump_clock: MockClock) -> None:
    platform = FakePlatform(latency=10)
    async with open_gateway(platform=platform, duplicate_window=0) as gateway:
        esme = await gateway.bound()
        responses = await send_all(esme, parts_of(IN_THE_CODE) * 2)
        assert message_ids(responses) == {"m-1"}
        assert len(platform.requests) == 1
        assert sorted(answer.joined for answer in answers(gateway)) == [False, True, True, True]


@pytest.mark.parametrize(("window", "ids"), [(5, {"m-1"}), (0, {"m-2"})])
async def test_the_duplicate_window_decides_about_a_repeated_message(
    window: float, ids: set[str], autojump_clock: MockClock
) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform, duplicate_window=window) as gateway:
        esme = await gateway.bound()
        await send_all(esme, parts_of(IN_THE_CODE))
        started = trio.current_time()
        assert message_ids(await send_all(esme, parts_of(IN_THE_CODE))) == ids
        assert trio.current_time() == started


async def test_a_message_repeated_after_the_duplicate_window_is_sent_again(
    autojump_clock: MockClock,
) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform, duplicate_window=5) as gateway:
        esme = await gateway.bound()
        await send_all(esme, parts_of(IN_THE_CODE))
        await trio.sleep(5)
        assert message_ids(await send_all(esme, parts_of(IN_THE_CODE))) == {"m-2"}


async def test_a_repeated_message_gets_the_same_short_id(autojump_clock: MockClock) -> None:
    accounts = [account(message_id_format=MessageIdFormat.SHORT)]
    async with open_gateway(accounts=accounts) as gateway:
        esme = await gateway.bound()
        parts = parts_of(IN_THE_CODE)
        assert len(message_ids([*await send_all(esme, parts), *await send_all(esme, parts)])) == 1


async def test_a_message_that_failed_may_be_tried_again(autojump_clock: MockClock) -> None:
    platform = FakePlatform(code=720)
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bound()
        for tries in (1, 2):
            responses = await send_all(esme, parts_of(IN_THE_CODE))
            assert statuses(responses) == {CommandStatus.ESME_RTHROTTLED}
            assert len(platform.requests) == tries


@pytest.mark.parametrize("cut", [IN_THE_CODE, IN_THE_CODE - 3, BEHIND_THE_CODE], ids=str)
@pytest.mark.parametrize("latency", [0, 5])
async def test_a_reference_used_again_brings_a_new_message(
    latency: float, cut: int, autojump_clock: MockClock
) -> None:
    """Of the two messages one part may have the same text."""
    platform = FakePlatform(latency=latency)
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bound()
        old, new = (
            parts_of(cut, text=TEXT.replace("482910", code)) for code in ("482910", "731128")
        )
        responses = await send_all(esme, [*old, *new])
        assert [request.code for request in platform.requests] == ["482910", "731128"]
        of_old, of_new = message_ids(responses[:2]), message_ids(responses[2:])
        assert (len(of_old), len(of_new), len(of_old | of_new)) == (1, 1, 2)


async def test_two_messages_under_one_reference_are_never_mixed(autojump_clock: MockClock) -> None:
    one = parts_of(IN_THE_CODE)
    other = parts_of(IN_THE_CODE, text=TEXT.replace("482910", "731128"))
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bound()
        responses = await send_all(esme, [one[0], other[0], other[1]])
        assert statuses(responses) == {CommandStatus.ESME_RINVMSGLEN}
        assert not platform.requests


async def test_a_joined_text_over_512_octets_is_refused_with_all_its_parts(
    autojump_clock: MockClock,
) -> None:
    text = TEXT + "x" * (513 - len(TEXT))
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bound()
        responses = await send_all(esme, parts_of(150, 300, 450, text=text))
        assert statuses(responses) == {CommandStatus.ESME_RINVMSGLEN}
        assert {answer.reason for answer in answers(gateway)} == {"message_too_long"}
        kept = await send_all(esme, parts_of(150, 300, 450, text=text[:512], reference=8))
        assert statuses(kept) == {CommandStatus.ESME_ROK}
        assert len(platform.requests) == 1


async def test_a_header_longer_than_the_message_is_refused_and_the_link_kept(
    autojump_clock: MockClock,
) -> None:
    broken = attrs.evolve(parts_of(5)[0], short_message=b"\x40\x00\x03\x07\x02\x01Your")
    async with open_gateway() as gateway:
        esme = await gateway.bound()
        response = await esme.request(broken)
        assert response.command_status == CommandStatus.ESME_RINVMSGLEN
        assert (await esme.submit_sm(NUMBER, TEXT)).command_status == CommandStatus.ESME_ROK


async def test_a_part_for_a_wrong_number_is_refused_at_once(autojump_clock: MockClock) -> None:
    part = attrs.evolve(parts_of(5)[0], destination_addr="123")
    async with open_gateway() as gateway:
        esme = await gateway.bound()
        started = trio.current_time()
        response = await esme.request(part)
        assert response.command_status == CommandStatus.ESME_RINVDSTADR
        assert trio.current_time() == started


# ---------------------------------------------------------------------- missing parts


@pytest.mark.parametrize("cuts", [(IN_THE_CODE, IN_THE_CODE + 1), (BEHIND_THE_CODE, 75)], ids=str)
@pytest.mark.parametrize("present", [[0, 1], [0, 2], [1, 2]], ids=str)
async def test_without_one_part_the_others_are_refused_after_fifteen_seconds(
    present: list[int], cuts: tuple[int, ...], autojump_clock: MockClock
) -> None:
    parts = parts_of(*cuts)
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bound()
        started = trio.current_time()
        responses = await send_all(esme, [parts[place] for place in present])
        assert trio.current_time() - started == pytest.approx(15.0)
        assert statuses(responses) == {CommandStatus.ESME_RINVMSGLEN}
        assert {answer.reason for answer in answers(gateway)} == {"message_incomplete"}
        assert not platform.requests


async def test_a_part_just_in_time_makes_the_message_whole(autojump_clock: MockClock) -> None:
    first, second = parts_of(IN_THE_CODE)
    async with open_gateway() as gateway:
        esme = await gateway.bound()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(esme.request, first)
            await trio.sleep(14.9)
            response = await esme.request(second)
        assert response.command_status == CommandStatus.ESME_ROK


async def test_a_part_too_late_is_refused_like_the_others(autojump_clock: MockClock) -> None:
    first, second = parts_of(BEHIND_THE_CODE - 4)
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bound()
        early = await esme.request(first)
        started = trio.current_time()
        late = await esme.request(second)
        assert statuses([early, late]) == {CommandStatus.ESME_RINVMSGLEN}
        assert trio.current_time() == started
        assert not platform.requests


async def test_a_client_that_waits_for_each_answer_is_refused_part_by_part(
    autojump_clock: MockClock,
) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bound()
        started = trio.current_time()
        responses = [await esme.request(part) for part in parts_of(BEHIND_THE_CODE, 75)]
        assert trio.current_time() - started == pytest.approx(15.0)
        assert statuses(responses) == {CommandStatus.ESME_RINVMSGLEN}
        assert not platform.requests


async def test_a_code_that_the_last_part_takes_back_is_not_sent(autojump_clock: MockClock) -> None:
    first = "Dear customer, the code 127165 we sent you for your MyBank login "
    text = first + "earlier was cancelled. Use 370123 instead."
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bound()
        async with trio.open_nursery() as nursery:
            one, other = parts_of(len(first), text=text)
            nursery.start_soon(esme.request, one)
            await trio.sleep(14)
            assert not platform.requests
            await esme.request(other)
        assert "127165" not in {request.code for request in platform.requests}


async def test_the_time_limit_is_kept_beside_other_duties(autojump_clock: MockClock) -> None:
    """Something remembered keeps the gateway looking every second; parts do not wait for that."""
    async with open_gateway(duplicate_window=30) as gateway:
        esme = await gateway.bound()
        await esme.submit_sm("14155552672", "Your code is 731128")
        await trio.sleep(0.7)
        started = trio.current_time()
        await esme.request(parts_of(BEHIND_THE_CODE)[0])
        assert trio.current_time() - started == pytest.approx(15.0)


# ---------------------------------------------------------------------- caps


async def test_a_long_message_counts_once_against_the_rate(autojump_clock: MockClock) -> None:
    async with open_gateway(accounts=[account(tps=1)]) as gateway:
        esme = await gateway.bound()
        responses = await send_all(esme, parts_of(IN_THE_CODE, BEHIND_THE_CODE))
        assert statuses(responses) == {CommandStatus.ESME_ROK}
        response = await esme.submit_sm("14155552672", TEXT)
        assert response.command_status == CommandStatus.ESME_RTHROTTLED


async def test_a_part_beyond_the_rate_is_refused_and_may_come_again(
    autojump_clock: MockClock,
) -> None:
    first, second = parts_of(IN_THE_CODE)
    async with open_gateway(accounts=[account(tps=1)]) as gateway:
        esme = await gateway.bound()
        await esme.submit_sm("14155552672", TEXT)
        response = await esme.request(first)
        assert response.command_status == CommandStatus.ESME_RTHROTTLED
        await trio.sleep(1)
        assert statuses(await send_all(esme, [second, first])) == {CommandStatus.ESME_ROK}


async def test_repetitions_of_a_part_count_against_the_rate(autojump_clock: MockClock) -> None:
    first, second = parts_of(IN_THE_CODE)
    async with open_gateway(accounts=[account(tps=2)]) as gateway:
        esme = await gateway.bound()
        responses = await send_all(esme, [first, first, first, second])
        assert [response.command_status for response in responses] == [
            CommandStatus.ESME_ROK,
            CommandStatus.ESME_ROK,
            CommandStatus.ESME_RTHROTTLED,
            CommandStatus.ESME_ROK,
        ]


async def test_a_repeated_long_message_counts_once_more(autojump_clock: MockClock) -> None:
    async with open_gateway(accounts=[account(tps=2)]) as gateway:
        esme = await gateway.bound()
        for _ in range(2):
            responses = await send_all(esme, parts_of(IN_THE_CODE))
            assert statuses(responses) == {CommandStatus.ESME_ROK}
        responses = await send_all(esme, parts_of(IN_THE_CODE))
        assert statuses(responses) == {CommandStatus.ESME_RTHROTTLED}


async def test_held_parts_count_as_messages_in_flight(autojump_clock: MockClock) -> None:
    parts = parts_of(IN_THE_CODE, IN_THE_CODE + 1)
    async with open_gateway(limits=with_limits(max_in_flight_per_account=2)) as gateway:
        esme = await gateway.bound()
        async with trio.open_nursery() as nursery:
            for part in parts[:2]:
                nursery.start_soon(esme.request, part)
            await trio.testing.wait_all_tasks_blocked()
            assert gateway.gateway.in_flight == 2
            response = await esme.submit_sm("14155552672", TEXT)
            assert response.command_status == CommandStatus.ESME_RTHROTTLED
        assert gateway.gateway.in_flight == 0
        response = await esme.submit_sm("14155552672", TEXT)
        assert response.command_status == CommandStatus.ESME_ROK


async def test_a_thousand_parts_of_an_account_wait_and_no_more(autojump_clock: MockClock) -> None:
    limits = with_limits(max_in_flight_per_session=5000, max_in_flight_per_account=5000)
    async with open_gateway(limits=limits) as gateway:
        esme = await gateway.bound()
        part = parts_of(IN_THE_CODE)[0]
        started = trio.current_time()
        async with trio.open_nursery() as nursery:
            for _ in range(1000):
                nursery.start_soon(esme.request, part)
            await trio.testing.wait_all_tasks_blocked()
            response = await esme.request(part)
            assert response.command_status == CommandStatus.ESME_RTHROTTLED
            assert trio.current_time() == started
            assert gateway.gateway.in_flight == 1000


# ---------------------------------------------------------------------- receipts


async def test_each_part_that_asked_gets_its_own_receipt_with_the_same_id(
    autojump_clock: MockClock,
) -> None:
    parts = parts_of(IN_THE_CODE, BEHIND_THE_CODE)
    asking = [attrs.evolve(part, registered_delivery=1) for part in parts[:2]]
    async with open_gateway() as gateway:
        esme = await gateway.bound()
        await send_all(esme, [*asking, parts[2]])
        receipts = [await esme.receipt() for _ in asking]
        assert all(receipt.short_message.startswith(b"id:m-1 ") for receipt in receipts)
        with trio.move_on_after(5):
            await esme.receipt()
            pytest.fail("a receipt that nobody asked for")


@pytest.mark.parametrize(
    ("acme", "code"),
    [
        (account(message_id_format=MessageIdFormat.SHORT), None),
        (account(failure_mode=FailureMode.RECEIPT_ONLY), 150),
    ],
    ids=["short id", "failure by receipt"],
)
async def test_an_id_of_our_own_is_the_same_for_all_parts(
    acme: Account, code: int | None, autojump_clock: MockClock
) -> None:
    platform = FakePlatform(code=code)
    async with open_gateway(platform=platform, accounts=[acme]) as gateway:
        esme = await gateway.bound()
        responses = await send_all(esme, parts_of(BEHIND_THE_CODE))
        assert statuses(responses) == {CommandStatus.ESME_ROK}
        (message_id,) = message_ids(responses)
        assert message_id is not None
        assert len(message_id) == 8


# ---------------------------------------------------------------------- parting with held parts


async def test_an_unbind_does_not_wait_for_parts_that_cannot_come(
    autojump_clock: MockClock,
) -> None:
    first, _ = parts_of(IN_THE_CODE)
    async with open_gateway() as gateway:
        esme = await gateway.bound()
        started = trio.current_time()
        responses: list[Pdu] = []

        async def submit() -> None:
            responses.append(await esme.request(first))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(submit)
            await trio.testing.wait_all_tasks_blocked()
            assert isinstance(await esme.unbind(), UnbindResp)
        assert statuses(responses) == {CommandStatus.ESME_RINVMSGLEN}
        assert trio.current_time() == started


async def test_an_unbind_refuses_a_part_that_seems_to_say_everything(
    autojump_clock: MockClock,
) -> None:
    first, _ = parts_of(BEHIND_THE_CODE)
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bound()
        responses: list[Pdu] = []

        async def submit() -> None:
            responses.append(await esme.request(first))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(submit)
            await trio.testing.wait_all_tasks_blocked()
            await esme.unbind()
        assert statuses(responses) == {CommandStatus.ESME_RINVMSGLEN}
        assert not platform.requests


async def test_an_unbind_waits_for_parts_that_another_session_shares(
    autojump_clock: MockClock,
) -> None:
    first, second, third = parts_of(IN_THE_CODE, IN_THE_CODE + 1)
    async with open_gateway() as gateway:
        leaving, staying = await gateway.bound(), await gateway.bound()
        responses: list[Pdu] = []

        async def submit(esme: Esme, pdu: Pdu) -> None:
            responses.append(await esme.request(pdu))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(submit, leaving, first)
            nursery.start_soon(submit, staying, second)
            await trio.testing.wait_all_tasks_blocked()
            nursery.start_soon(leaving.unbind)
            await trio.testing.wait_all_tasks_blocked()
            nursery.start_soon(submit, staying, third)
        assert len(responses) == 3
        assert statuses(responses) == {CommandStatus.ESME_ROK}


async def test_a_half_closed_connection_gets_the_answer_to_its_held_part(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bound()
        started = trio.current_time()
        responses: list[Pdu] = []

        async def submit() -> None:
            responses.append(await esme.request(parts_of(IN_THE_CODE)[0]))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(submit)
            await trio.testing.wait_all_tasks_blocked()
            await esme.send_eof()
        assert statuses(responses) == {CommandStatus.ESME_RINVMSGLEN}
        await esme.wait_closed()
        assert trio.current_time() - started < 5


async def test_a_part_of_a_closed_session_still_counts(autojump_clock: MockClock) -> None:
    first, second, third = parts_of(IN_THE_CODE, IN_THE_CODE + 1)
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        closing, staying = await gateway.bound(), await gateway.bound()
        await closing.send(attrs.evolve(first, sequence_number=99))
        responses: list[Pdu] = []

        async def submit(pdu: Pdu) -> None:
            responses.append(await staying.request(pdu))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(submit, second)
            await trio.testing.wait_all_tasks_blocked()
            await closing.aclose()
            await trio.testing.wait_all_tasks_blocked()
            nursery.start_soon(submit, third)
        assert statuses(responses) == {CommandStatus.ESME_ROK}
        assert [request.code for request in platform.requests] == ["482910"]
        assert len(answers(gateway)) == 3


async def test_a_stop_answers_held_parts_at_once(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        one, other = await gateway.bound(), await gateway.bound()
        started = trio.current_time()
        responses: list[Pdu] = []
        first, second, _ = parts_of(IN_THE_CODE, IN_THE_CODE + 1)

        async def submit(esme: Esme, pdu: Pdu) -> None:
            responses.append(await esme.request(pdu))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(submit, one, first)
            nursery.start_soon(submit, other, second)
            await trio.testing.wait_all_tasks_blocked()
            gateway.gateway.stop()
        assert statuses(responses) == {CommandStatus.ESME_RINVMSGLEN}
        assert trio.current_time() == started


async def test_a_hard_stop_observes_held_parts(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bound()

        async def submit() -> None:
            with pytest.raises(EsmeClosed):
                await esme.request(parts_of(IN_THE_CODE)[0])

        async with trio.open_nursery() as nursery:
            nursery.start_soon(submit)
            await trio.testing.wait_all_tasks_blocked()
            gateway.gateway.stop_now()
        await gateway.wait_for(MessageAnswered)
        assert gateway.gateway.in_flight == 0
