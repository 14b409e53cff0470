"""What the stages of one message cost, each in a hot loop of its own, without sockets and threads.

    bench/stages.py

The sum is a lower bound of what the event loop's thread spends on a message besides HTTP and the
kernel: in the running gateway other code and other data are in the caches between two stages.
"""

from __future__ import annotations

import argparse
import gc
import ipaddress
import math
import os
import random
import time
from typing import TYPE_CHECKING, Any

import trio
import trio.testing

from otpblue_trio.config.model import Limits
from otpblue_trio.ops import LogWriter, Metrics
from otpblue_trio.policy.admission import AccountRules, Admission
from otpblue_trio.policy.otp import CodeFinder
from otpblue_trio.policy.phone import NumberReader
from otpblue_trio.policy.types import Delivered, SendRequest
from otpblue_trio.runtime.accounts import AccountRegistry
from otpblue_trio.runtime.bound_session import BoundSession
from otpblue_trio.runtime.connection import Connection
from otpblue_trio.runtime.listeners import Peer
from otpblue_trio.runtime.messages import MessageDesk
from otpblue_trio.runtime.observer import ObserverGroup
from otpblue_trio.session import SmppSession
from otpblue_trio.smpp import (
    BindTransceiver,
    CommandId,
    DeliverSmResp,
    Framer,
    SubmitSm,
    decode,
    encode,
)
from otpblue_trio.testing import account

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from otpblue_trio.runtime.direct_reading import DirectReader
    from otpblue_trio.store import CdrEntry, StoredReceipt

MESSAGES = 4000
PER_READ = 16
ROUNDS = 7
TEXTS = (
    "Your verification code is {}. Do not share this code.",
    "Use code {} to verify your account",
    "{} is your Acme code",
    "OTP: {}",
    "Your PIN is {}, valid for 5 minutes",
)


class Platform:
    """Keeps what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[Callable[[Delivered], None]] = []

    def submit(self, _request: SendRequest, done: Callable[..., None], /) -> None:
        """Take a request."""
        self.asked.append(done)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Never called here."""


class Store:
    """Keeps who waits for a commit."""

    is_writable = True

    def __init__(self) -> None:
        self.waiting: list[Callable[[bool], None]] = []
        self.last_id = 0

    def next_receipt_id(self) -> int:
        """Return a fresh id."""
        self.last_id += 1
        return self.last_id

    def record(
        self,
        _cdr: CdrEntry,
        _receipt: StoredReceipt | None,
        committed: Callable[[bool], None],
        /,
    ) -> None:
        """Take a record."""
        self.waiting.append(committed)


def submits() -> list[bytes]:
    """Return encoded messages with numbers and codes of their own."""
    source = random.Random(2)  # noqa: S311 - the same load in each run
    return [
        encode(
            SubmitSm(
                sequence_number=number,
                source_addr_ton=5,
                source_addr="MyBank",
                dest_addr_ton=1,
                dest_addr_npi=1,
                destination_addr=f"4917{source.randrange(10**8, 10**9)}",
                registered_delivery=1,
                short_message=TEXTS[number % len(TEXTS)]
                .format(source.randrange(10**5, 10**6))
                .encode(),
            )
        )
        for number in range(1, MESSAGES + 1)
    ]


def reads(pdus: list[bytes]) -> list[bytes]:
    """Return the stream as it would be read."""
    return [b"".join(pdus[at : at + PER_READ]) for at in range(0, len(pdus), PER_READ)]


def bound_session() -> SmppSession:
    """Return a session that is bound as a transceiver."""
    session = SmppSession(system_id="X", max_pdu_octets=65536)
    bind = BindTransceiver(sequence_number=1, system_id="acme", interface_version=0x34)
    for _ in session.receive(encode(bind)):
        session.accept_bind()
    session.data_to_send()
    return session


def receipts_answered(octets: bytes) -> list[bytes]:
    """Return the answers to all receipts in what a session would send."""
    framer = Framer(1 << 20)
    framer.feed(octets)
    answers = []
    while frame := framer.next_frame():
        pdu = decode(frame)
        if pdu.command_id == CommandId.DELIVER_SM:
            answers.append(
                encode(DeliverSmResp(sequence_number=pdu.sequence_number, message_id=""))
            )
    return answers


async def main(log: LogWriter) -> None:
    """Measure and print."""
    gc.disable()
    best: dict[str, float] = {}

    def measure(stage: str, step: Callable[[Any], object], items: Sequence[object]) -> None:
        began = time.perf_counter()
        for item in items:
            step(item)
        spent = (time.perf_counter() - began) / MESSAGES * 1e6
        best[stage] = min(best.get(stage, math.inf), spent)

    def decide(message: SubmitSm) -> None:
        admission.admit(message, rules)

    def settle(answer: tuple[Callable[[Delivered], None], Delivered]) -> None:
        answer[0](answer[1])

    def commit(committed: Callable[[bool], None]) -> None:
        committed(True)

    admission = Admission(NumberReader(), CodeFinder())
    owner = account("acme", tps=math.inf)
    rules = AccountRules.of(owner)
    pdus = submits()
    messages = [pdu for pdu in map(decode, pdus) if isinstance(pdu, SubmitSm)]
    incoming = reads(pdus)
    outcomes = [Delivered(f"ac5408f5-d311-4907-a31e-{n:012}") for n in range(MESSAGES)]
    observer = ObserverGroup((Metrics(), log))
    limits = Limits(
        max_in_flight_per_session=10**5,
        max_in_flight_per_account=10**6,
        receipt_window=10**4,
    )
    for _ in range(ROUNDS):
        platform, store = Platform(), Store()
        registry = AccountRegistry(
            observer,
            receipt_lifetime=86_400.0,
            max_waiting_receipts=10**6,
            on_receipt=lambda: None,
            on_receipt_done=lambda _receipt_id: None,
        )
        desk = MessageDesk(
            admission=admission,
            platform=platform,
            limits=limits,
            observer=observer,
            wall_clock=time.time,
            store=store,  # type: ignore[arg-type] # what the desk needs of it
            refuse_unrecorded=False,
            duplicate_window=5.0,
            on_remember=lambda: None,
            first_short_id=1,
        )
        desk.begin()
        connection = Connection(
            connection_id=1,
            stream=trio.testing.memory_stream_pair()[0],
            peer=Peer(ipaddress.ip_address("127.0.0.1")),
            listener="plain",
            tls=None,
            enter=None,
            limits=limits,
            binds=None,  # type: ignore[arg-type] # it is bound already
            messages=desk,
            observer=observer,
        )
        session = connection._session = bound_session()
        bound = BoundSession(
            connection_id=1,
            account=registry.enter(owner, 0.0),
            session=session,
            writer=connection._writer,
            messages=desk,
            limits=limits,
            tell=connection._tell,
            leave=connection.leave,
        )

        reader = connection._direct_reader(bound)

        def take(octets: bytes, reader: DirectReader = reader) -> None:
            reader._receive(octets)
            reader._act(trio.current_time())
            reader._wind_up(trio.current_time())

        measure("decode", decode, pdus)
        measure("number, sender, code", decide, messages)
        measure("read, decide, hand over", take, incoming)
        measure("outcome to record", settle, list(zip(platform.asked, outcomes, strict=True)))
        measure("response and receipt", commit, store.waiting)
        measure("receipt acknowledged", take, reads(receipts_answered(session.data_to_send())))
    for stage, spent in best.items():
        print(f"{stage:28}{spent:7.2f} µs")
    parts = ("decode", "number, sender, code")
    print(f"{'sum, parts left out':28}{sum(v for k, v in best.items() if k not in parts):7.2f} µs")


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__.partition("\n")[0]).parse_args()
    with (
        open(os.devnull, "w") as nowhere,
        LogWriter(nowhere, now=time.time, capacity=10**7) as writer,
    ):
        trio.run(main, writer)
