"""Public test helpers: a whole gateway in memory, a scripted platform and store, an ESME.

Everything runs on Trio's clock, so pytest-trio's `autojump_clock` plays the 30-second, 90-second
and 24-hour deadlines exactly and at once:

    async def test_no_imessage_tells_the_route_to_fail_over(autojump_clock):
        async with open_gateway(platform=FakePlatform(code=150)) as gateway:
            esme = await gateway.bound("acme", "secret")
            response = await esme.submit_sm(
                "14155552671", "Your code is 482910", source="MyBank"
            )
            assert response.command_status == CommandStatus.ESME_RSUBMITFAIL

`tls_pair` makes the certificate for a gateway that speaks TLS:

    async def test_a_message_passes_through_tls(autojump_clock):
        server, client = tls_pair()
        async with open_gateway(tls=server) as gateway:
            esme = await gateway.bound("acme", "secret", tls=client)
            response = await esme.submit_sm("14155552671", "Your code is 482910")
            assert response.command_status == CommandStatus.ESME_ROK
"""

from otpblue_trio.esme import Esme, EsmeClosed, submit_pdu
from otpblue_trio.testing.events import message_answered
from otpblue_trio.testing.gateway import (
    EventRecorder,
    FixedAccounts,
    GatewayUnderTest,
    InlineVerifier,
    account,
    open_gateway,
    with_limits,
)
from otpblue_trio.testing.memory import MemoryListener, MemoryStream
from otpblue_trio.testing.platform import FakePlatform
from otpblue_trio.testing.store import FakeStore, cdr_entry, stored_receipt
from otpblue_trio.testing.tls import tls_pair
from otpblue_trio.testing.wire import (
    BareEsme,
    bind_octets,
    pdu_octets,
    pdus_of,
    read_pdus,
    submit_octets,
)

__all__ = [
    "BareEsme",
    "Esme",
    "EsmeClosed",
    "EventRecorder",
    "FakePlatform",
    "FakeStore",
    "FixedAccounts",
    "GatewayUnderTest",
    "InlineVerifier",
    "MemoryListener",
    "MemoryStream",
    "account",
    "bind_octets",
    "cdr_entry",
    "message_answered",
    "open_gateway",
    "pdu_octets",
    "pdus_of",
    "read_pdus",
    "stored_receipt",
    "submit_octets",
    "submit_pdu",
    "tls_pair",
    "with_limits",
]
