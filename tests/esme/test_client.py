"""The client, against the gateway's own session over a connection in memory."""

from __future__ import annotations

import math
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
import trio
import trio.testing

from otpblue_trio.esme import Esme, EsmeClosed, submit_pdu
from otpblue_trio.session import (
    BindRequested,
    DeliverAnswered,
    Refusal,
    SessionEvent,
    SmppSession,
    SubmitReceived,
)
from otpblue_trio.smpp import (
    BindReceiverResp,
    BindTransceiverResp,
    BindTransmitterResp,
    CommandId,
    CommandStatus,
    DataCoding,
    DecodeError,
    DeliverSm,
    EnquireLink,
    EnquireLinkResp,
    FramingError,
    GenericNack,
    Npi,
    Pdu,
    SubmitSm,
    SubmitSmResp,
    Ton,
    Unbind,
    UnbindResp,
    encode,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

NUMBER = "14155550100"


class MessageCentre:
    """The gateway's side: accepts every bind; messages and all the rest are the test's business.

    Attributes:
      session: the machine at work; `flush` sends what the test made it queue.
      stream: for octets that no session would send.
    """

    def __init__(self, stream: trio.abc.HalfCloseableStream) -> None:
        self.session = SmppSession(system_id="OTPBLUE", max_pdu_octets=65536)
        self.stream = stream
        self._writing = trio.Lock()
        self._events_in, self._events = trio.open_memory_channel[SessionEvent](math.inf)

    async def run(self) -> None:
        while octets := await self.stream.receive_some(4096):
            for event in self.session.receive(bytes(octets)):
                if isinstance(event, BindRequested):
                    self.session.accept_bind()
                self._events_in.send_nowait(event)
            await self.flush()

    async def flush(self) -> None:
        if self.session.outgoing_octets:
            await self._send_octets(self.session.data_to_send())

    async def send(self, *requests: Pdu) -> None:
        await self._send_octets(b"".join(map(encode, requests)))

    async def _send_octets(self, octets: bytes) -> None:
        async with self._writing:
            await self.stream.send_all(octets)

    async def message(self) -> SubmitSm:
        """Return the next message, which waits for `answer`."""
        while True:
            event = await self._events.receive()
            if isinstance(event, SubmitReceived):
                assert isinstance(event.pdu, SubmitSm)
                return event.pdu

    async def answer(self, message: SubmitSm, message_id: str) -> None:
        self.session.answer_submit(message, 0, message_id)
        await self.flush()

    async def deliver(self, text: bytes) -> None:
        self.session.send_deliver(DeliverSm(short_message=text), text, 0.0)
        await self.flush()

    async def delivered(self) -> DeliverAnswered:
        """Return the next answer to a deliver_sm."""
        while True:
            event = await self._events.receive()
            if isinstance(event, DeliverAnswered):
                return event

    async def refused(self) -> Refusal:
        """Return the next PDU that the session did not expect."""
        while True:
            event = await self._events.receive()
            if isinstance(event, Refusal):
                return event


@asynccontextmanager
async def connected(*, acknowledge: bool = True) -> AsyncIterator[tuple[Esme, MessageCentre]]:
    """Connect the two and let both read."""
    client, server = trio.testing.memory_stream_pair()
    mc = MessageCentre(server)
    async with trio.open_nursery() as nursery, Esme(client, acknowledge=acknowledge) as esme:
        nursery.start_soon(mc.run)
        await nursery.start(esme.run)
        yield esme, mc
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def bound(*, acknowledge: bool = True) -> AsyncIterator[tuple[Esme, MessageCentre]]:
    async with connected(acknowledge=acknowledge) as (esme, mc):
        await esme.bind_transceiver("acme", "secret")
        yield esme, mc


@asynccontextmanager
async def unread() -> AsyncIterator[tuple[Esme, trio.abc.HalfCloseableStream]]:
    """Give the test the other end of the connection; nobody reads yet, on either side."""
    client, server = trio.testing.memory_stream_pair()
    async with Esme(client) as esme:
        yield esme, server


# ---------------------------------------------------------------------- requests


async def test_each_bind_returns_the_response_of_its_kind() -> None:
    for bind, response_type in (
        (Esme.bind_transceiver, BindTransceiverResp),
        (Esme.bind_transmitter, BindTransmitterResp),
        (Esme.bind_receiver, BindReceiverResp),
    ):
        async with connected() as (esme, _):
            response = await bind(esme, "acme", "secret")
            assert isinstance(response, response_type)
            assert response.command_status == CommandStatus.ESME_ROK
            assert response.system_id == "OTPBLUE"


async def test_bind_claims_the_version_it_is_told_to() -> None:
    async with connected() as (esme, mc):
        await esme.bind_transceiver("acme", "secret", interface_version=0x33)
        assert mc.session.interface_version == 0x33


async def test_submit_returns_its_response() -> None:
    async with bound() as (esme, mc), trio.open_nursery() as nursery:

        async def answer() -> None:
            await mc.answer(await mc.message(), "m1")

        nursery.start_soon(answer)
        response = await esme.submit_sm(NUMBER, "Your code is 482910", source="MyBank")
        assert isinstance(response, SubmitSmResp)
        assert response.message_id == "m1"


async def test_responses_out_of_order_reach_the_requests_they_belong_to() -> None:
    got: dict[str, Pdu] = {}
    async with bound() as (esme, mc):
        async with trio.open_nursery() as nursery:

            async def submit(text: str) -> None:
                got[text] = await esme.submit_sm(NUMBER, text)

            for text in ("a 1111", "b 2222", "c 3333"):
                nursery.start_soon(submit, text)
            messages = [await mc.message() for _ in range(3)]
            for message in sorted(messages, key=lambda one: one.short_message, reverse=True):
                await mc.answer(message, f"for {message.short_message.decode()}")
        assert {
            text: response.message_id
            for text, response in got.items()
            if isinstance(response, SubmitSmResp)
        } == {text: f"for {text}" for text in ("a 1111", "b 2222", "c 3333")}


async def test_generic_nack_is_the_response_to_the_request_it_names() -> None:
    async with bound() as (esme, mc), trio.open_nursery() as nursery:

        async def nack() -> None:
            message = await mc.message()
            await mc.send(GenericNack(sequence_number=message.sequence_number, command_status=0x03))

        nursery.start_soon(nack)
        response = await esme.submit_sm(NUMBER, "Your code is 482910")
        assert isinstance(response, GenericNack)
        assert response.command_status == CommandStatus.ESME_RINVCMDID


async def test_response_to_nothing_is_ignored() -> None:
    async with bound() as (esme, mc):
        await mc.send(SubmitSmResp(sequence_number=99, message_id="m9"))
        assert (await esme.enquire_link()).command_status == CommandStatus.ESME_ROK


async def test_late_response_to_a_cancelled_request_is_ignored() -> None:
    async with bound() as (esme, mc):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(esme.submit_sm, NUMBER, "Your code is 482910")
            message = await mc.message()
            nursery.cancel_scope.cancel()
        await mc.answer(message, "late")
        assert isinstance(await esme.enquire_link(), EnquireLinkResp)


async def test_unbind_returns_its_response() -> None:
    async with bound() as (esme, mc):
        assert isinstance(await esme.unbind(), UnbindResp)
        assert mc.session.is_closed


async def test_octets_are_sent_as_they_are() -> None:
    async with bound() as (esme, mc):
        octets = encode(EnquireLink(sequence_number=0))
        await esme.send_octets(octets[:5])
        await esme.send_octets(octets[5:] + bytes.fromhex("00000010000009990000000000000007"))
        assert (await mc.refused()).command_id == 0x999


# ---------------------------------------------------------------------- what the gateway asks


async def test_receipts_come_in_their_order() -> None:
    async with bound() as (esme, mc):
        await mc.deliver(b"first")
        await mc.deliver(b"second")
        assert [(await esme.receipt()).short_message for _ in range(2)] == [b"first", b"second"]


async def test_receipt_is_acknowledged_by_itself() -> None:
    async with bound() as (_, mc):
        await mc.deliver(b"receipt")
        assert await mc.delivered() == DeliverAnswered(b"receipt", 0)


async def test_receipt_may_be_left_to_the_caller_to_acknowledge() -> None:
    async with bound(acknowledge=False) as (esme, mc):
        await mc.deliver(b"receipt")
        receipt = await esme.receipt()
        await esme.enquire_link()
        assert mc.session.outstanding == 1
        await esme.acknowledge(receipt, CommandStatus.ESME_RMSGQFUL)
        assert await mc.delivered() == DeliverAnswered(b"receipt", 0x14)


async def test_enquire_link_of_the_gateway_is_answered() -> None:
    async with bound() as (_, mc):
        await mc.send(EnquireLink(sequence_number=5))
        assert (await mc.refused()).command_id == CommandId.ENQUIRE_LINK_RESP


async def test_unbind_of_the_gateway_is_answered() -> None:
    async with bound() as (esme, mc):
        mc.session.send_unbind()
        await mc.flush()
        await trio.testing.wait_all_tasks_blocked()
        assert esme.unbind_received
        assert mc.session.is_closed


# ---------------------------------------------------------------------- the end


async def test_request_ends_when_the_gateway_closes_without_an_answer() -> None:
    async with bound() as (esme, mc), trio.open_nursery() as nursery:

        async def close() -> None:
            await mc.message()
            await mc.stream.send_eof()

        nursery.start_soon(close)
        with pytest.raises(EsmeClosed, match="before it answered"):
            await esme.submit_sm(NUMBER, "Your code is 482910")


async def test_every_waiting_request_ends_when_the_gateway_closes() -> None:
    ended = 0
    async with bound() as (esme, mc), trio.open_nursery() as nursery:

        async def submit() -> None:
            nonlocal ended
            with pytest.raises(EsmeClosed):
                await esme.submit_sm(NUMBER, "Your code is 482910")
            ended += 1

        for _ in range(3):
            nursery.start_soon(submit)
        for _ in range(3):
            await mc.message()
        await mc.stream.send_eof()
    assert ended == 3


async def test_request_after_the_end_is_refused() -> None:
    async with bound() as (esme, mc):
        await mc.stream.send_eof()
        await esme.wait_closed()
        assert esme.is_closed
        with pytest.raises(EsmeClosed):
            await esme.enquire_link()


async def test_request_on_a_broken_connection_says_that_it_is_closed() -> None:
    async with unread() as (esme, server):
        await server.aclose()
        with pytest.raises(EsmeClosed, match="closed"):
            await esme.enquire_link()


async def test_waiting_for_a_receipt_ends_when_the_gateway_closes() -> None:
    async with bound() as (esme, mc):
        await mc.deliver(b"the last one")
        await mc.stream.send_eof()
        await esme.wait_closed()
        assert (await esme.receipt()).short_message == b"the last one"
        with pytest.raises(EsmeClosed, match="no receipt is left"):
            await esme.receipt()


async def test_what_came_before_the_end_is_kept_though_no_answer_can_be_sent() -> None:
    async with unread() as (esme, server), trio.open_nursery() as nursery:
        answers: list[Pdu] = []

        async def ask() -> None:
            answers.append(await esme.enquire_link())

        nursery.start_soon(ask)
        await trio.testing.wait_all_tasks_blocked()
        goodbye = (
            DeliverSm(sequence_number=1, short_message=b"receipt"),
            EnquireLink(sequence_number=2),
            EnquireLinkResp(sequence_number=1),
            Unbind(sequence_number=3),
        )
        await server.send_all(b"".join(map(encode, goodbye)))
        await server.aclose()
        await esme.run()
        assert (await esme.receipt()).short_message == b"receipt"
        assert esme.unbind_received
    assert answers == [EnquireLinkResp(sequence_number=1)]


async def test_reader_returns_when_this_side_closes() -> None:
    async with unread() as (esme, _), trio.open_nursery() as nursery:
        await nursery.start(esme.run)
        assert not esme.is_closed
        await esme.aclose()
    assert esme.is_closed


async def test_gateway_sees_the_end_of_a_half_closed_connection_and_still_answers() -> None:
    async with bound() as (esme, mc), trio.open_nursery() as nursery:

        async def answer() -> None:
            message = await mc.message()
            await esme.send_eof()
            await mc.answer(message, "m1")

        nursery.start_soon(answer)
        response = await esme.submit_sm(NUMBER, "Your code is 482910")
        assert isinstance(response, SubmitSmResp)


async def test_stream_that_is_no_smpp_ends_the_reader_with_the_reason() -> None:
    async with unread() as (esme, server):
        await server.send_all(b"HTTP/1.1 400 Bad Request")
        with pytest.raises(FramingError):
            await esme.run()
        assert esme.is_closed


async def test_request_that_cannot_be_read_ends_the_reader_with_the_reason() -> None:
    async with unread() as (esme, server):
        await server.send_all(bytes.fromhex("00000010000000050000000000000001"))
        with pytest.raises(DecodeError):
            await esme.run()
        assert esme.is_closed


# ---------------------------------------------------------------------- submit_pdu


def test_message_has_the_fields_of_the_integration_guide() -> None:
    assert submit_pdu(NUMBER, "Your code is 482910", source="MyBank") == SubmitSm(
        source_addr_ton=Ton.ALPHANUMERIC,
        source_addr="MyBank",
        dest_addr_ton=Ton.INTERNATIONAL,
        dest_addr_npi=Npi.ISDN,
        destination_addr=NUMBER,
        registered_delivery=1,
        short_message=b"Your code is 482910",
    )


def test_message_without_a_source_has_no_alphanumeric_one() -> None:
    assert submit_pdu(NUMBER, "482910").source_addr_ton == Ton.UNKNOWN


def test_message_that_gsm_cannot_express_is_sent_in_ucs2() -> None:
    pdu = submit_pdu(NUMBER, "код 482910")
    assert pdu.data_coding == DataCoding.UCS2
    assert pdu.short_message == "код 482910".encode("utf-16-be")


def test_message_may_do_without_a_receipt() -> None:
    assert submit_pdu(NUMBER, "482910", registered_delivery=0).registered_delivery == 0
