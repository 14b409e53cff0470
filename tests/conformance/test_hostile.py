"""Conformance, rows 102, 103, 109 and 113: random octets, and what is told of them."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

import pytest
import trio
import trio.testing

from otpblue_trio.smpp import CommandId
from otpblue_trio.testing import (
    FakePlatform,
    bind_octets,
    open_gateway,
    pdu_octets,
    submit_octets,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from trio.testing import MockClock

# The classes are conftest's, which no test may import.
Running = Callable[..., AbstractAsyncContextManager[Any]]

FRAMES = 100_000
FRAMES_OF_A_CONNECTION = 2_000
REQUESTS = [
    *(CommandId.SUBMIT_SM, CommandId.DATA_SM, CommandId.QUERY_SM, CommandId.CANCEL_SM),
    *(CommandId.REPLACE_SM, CommandId.SUBMIT_MULTI, CommandId.ENQUIRE_LINK, CommandId.DELIVER_SM),
    *(CommandId.BIND_TRANSCEIVER, CommandId.OUTBIND, CommandId.ALERT_NOTIFICATION),
]
SOUND = [
    submit_octets(registered_delivery=1),
    submit_octets(b"\x05\x00\x03\x07\x02\x01Your code is 4829", esm_class=0x40),
    submit_octets(b"", more=b"\x04\x24\x00\x13Your code is 482910"),
    submit_octets("Your code is 482910".encode("utf-16-be"), data_coding=8),
    bind_octets(),
]


def random_frames(seed: int, count: int) -> Iterator[bytes]:
    """Yield frames that keep the stream in step: random, mutated, and sound ones."""
    chance = random.Random(seed)
    for _ in range(count):
        kind = chance.random()
        if kind < 0.5:
            frame = bytearray(chance.choice(SOUND))
            for _ in range(chance.randrange(1, 6)):
                frame[chance.randrange(16, len(frame))] = chance.randrange(256)
            yield bytes(frame)
        elif kind < 0.7:
            frame = bytearray(chance.choice(SOUND)[: chance.randrange(16, 60)])
            frame[:4] = len(frame).to_bytes(4, "big")
            yield bytes(frame)
        else:
            body = chance.randbytes(chance.randrange(60))
            command_id = chance.choice(REQUESTS) if kind < 0.9 else chance.getrandbits(32)
            if command_id & 0x7FFFFFFF == CommandId.UNBIND:
                continue
            yield pdu_octets(
                command_id,
                body,
                sequence_number=chance.getrandbits(32),
                command_status=chance.getrandbits(8),
            )


async def drain(stream: trio.abc.ReceiveStream) -> None:
    """Read everything up to the end."""
    while await stream.receive_some():
        pass


@pytest.mark.row(102)
async def test_a_hundred_thousand_random_frames_leave_the_process_as_it_was(
    running: Running,
) -> None:
    async with running() as gateway:
        warm_up = await gateway.bare_bound()
        await warm_up.send(b"".join(random_frames(0, 2000)) + bytes(16))
        await warm_up.rest()
        await warm_up.aclose()
        await gateway.until("otpblue_smpp_connections_open", 0)
        files = gateway.open_files()
        memory = await gateway.sample("process_resident_memory_bytes")
        with trio.fail_after(240):
            for seed in range(1, FRAMES // FRAMES_OF_A_CONNECTION + 1):
                stream = await gateway.stream()
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(drain, stream)
                    await stream.send_all(bind_octets())
                    await stream.send_all(b"".join(random_frames(seed, FRAMES_OF_A_CONNECTION)))
                    # The end is another kind each time: lost step, unbind, half-close.
                    await stream.send_all(
                        [b"\xff" * 40, pdu_octets(CommandId.UNBIND), b"\0\0\0\x40half"][seed % 3]
                    )
                    await stream.send_eof()
                await stream.aclose()
            await gateway.until("otpblue_smpp_connections_open", 0)
        await gateway.until("otpblue_smpp_messages_in_flight", 0)
        assert gateway.process.returncode is None
        with trio.fail_after(60):
            # The admin port may still be closing the connection of the last sample.
            while gateway.open_files() > files:  # noqa: ASYNC110  no event crosses processes
                await trio.sleep(0.02)
        grown = await gateway.sample("process_resident_memory_bytes") - memory
        assert grown < 48 << 20
        received = await gateway.sample("otpblue_smpp_connection_submits_total")
        answered = await gateway.sample("otpblue_smpp_messages_answered_total")
        assert received == answered > 1000
        assert (
            await gateway.sample('otpblue_smpp_connections_closed_total{reason="internal_error"}')
            == 0
        )
        assert "Traceback" not in gateway.log()
        clean = await gateway.bare_bound()
        assert (await clean.ask(submit_octets()))[8:12] == b"\0\0\0\0"


@pytest.mark.row(102)
async def test_random_octets_leave_no_task_behind(autojump_clock: MockClock) -> None:
    chance = random.Random(7)
    async with open_gateway(platform=FakePlatform(latency=0.1)) as gateway:
        await trio.testing.wait_all_tasks_blocked()
        tasks = trio.lowlevel.current_statistics().tasks_living
        for seed in range(100):
            esme = gateway.bare(f"192.0.2.{seed + 1}")
            if seed % 4:
                await esme.send(bind_octets())
                await esme.send(b"".join(random_frames(seed, 100)))
            await esme.send(chance.randbytes(200))
            await esme.send_eof()
            await esme.rest()
            await esme.aclose()
        await trio.sleep(20)
        assert gateway.gateway.connections == 0
        assert gateway.gateway.in_flight == 0
        assert trio.lowlevel.current_statistics().tasks_living == tasks
        # A transmitter, for receipts wait for whoever receives.
        assert await (await gateway.bare_bound(CommandId.BIND_TRANSMITTER)).is_alive()


# ---------------------------------------------------------------------- what is told

SECRETS = [
    "hunter2-secret",
    "sim-key-acme-0001",
    "482910",
    "7310045",
    "14155552671",
    "+14155552671",
    "4155552671",
]
TEXTS = [
    b"Your verification code is 482910",
    b"7310045",
    b"Hello, 7310045 or 482910?",
    b"482910" * 60,
]


@pytest.mark.row(103, 113)
async def test_no_secret_stands_in_logs_metrics_or_files_and_the_sums_add_up(
    running: Running,
) -> None:
    async with running() as gateway:
        gateway.settings["accounts"][0]["password"] = "hunter2-secret"
        gateway.write()
        await gateway.reload()
        for password in (b"hunter2-secret", b"hunter2-secret2"):
            esme = await gateway.bare()
            response = await esme.ask(bind_octets(password=password))
            if response[11]:
                continue
            for text in TEXTS:
                for submit in (
                    submit_octets(text[:255], registered_delivery=1),
                    submit_octets(text[:255], dest_addr=b"\x01\x0114155550150\0"),
                    submit_octets(text[:255], dest_addr=b"\x01\x0114155550500\0"),
                    submit_octets(text[:255], dest_addr=b"\x01\x0114155550506\0"),
                    submit_octets(text[:255], source_addr=b"\x01\x0114155552671\0"),
                    submit_octets(b"", more=b"\x04\x24" + len(text).to_bytes(2, "big") + text),
                    submit_octets(text[:20], sm_length=200),
                    submit_octets(text[:250], more=b"\x02\x04\x00\x01\x00"),
                ):
                    await esme.send(submit)
            await esme.send(pdu_octets(CommandId.QUERY_SM, b"482910\0\x01\x0114155552671\0"))
            await esme.send(pdu_octets(CommandId.SUBMIT_MULTI, submit_octets()[16:]))
            await esme.send(pdu_octets(0x999, b"482910 hunter2-secret"))
            await esme.send(pdu_octets(CommandId.UNBIND))
            await esme.rest()
        await gateway.until("otpblue_smpp_connections_open", 0)
        _, metrics = await gateway.get("/metrics")
        received = await gateway.sample("otpblue_smpp_connection_submits_total")
        assert received == await gateway.sample("otpblue_smpp_messages_answered_total")
        assert received == await gateway.sample("otpblue_smpp_messages_received_total")
        # Of 32 messages 8 cannot be read.
        assert received == 4 * 6
        assert await gateway.sample('otpblue_smpp_pdus_ignored_total{kind="malformed"') >= 8
        gateway.process.terminate()
        with trio.fail_after(60):
            await gateway.process.wait()
        log = gateway.log()
        events = [json.loads(line) for line in log.splitlines()]
        assert sum("1415555****" in line for line in log.splitlines()) >= received - 1
        assert len(events) > received
        # A receipt that nobody took holds its number, as the operator is told; nothing else does.
        (gateway.folder / "config.toml").unlink()
        for secret in SECRETS:
            assert secret not in log, secret
            assert secret not in metrics, secret
        for path in gateway.folder.rglob("*"):
            if path.is_file():
                assert_holds_no_secret(path)


def assert_holds_no_secret(path: Path) -> None:
    """Look for what may never be stored; numbers of receipts that wait are not among it."""
    octets = path.read_bytes()
    for secret in SECRETS[:4]:
        assert secret.encode() not in octets, (path.name, secret)


@pytest.mark.row(103, 113)
async def test_nobody_can_make_the_metrics_grow(running: Running) -> None:
    async with running(limits={"bind_failures_before_block": 1000}) as gateway:

        async def strange(number: int) -> None:
            name = b"nobody-%d" % number
            esme = await gateway.bare()
            await esme.ask(pdu_octets(0x1000 + number))
            await esme.ask(bind_octets(system_id=name, password=name))
            await esme.aclose()
            esme = await gateway.bare_bound()
            await esme.ask(pdu_octets(0x2000 + number))
            sender = b"\x05\x00Name-%d\0" % number
            await esme.ask(submit_octets(b"code %d" % (1000 + number), source_addr=sender))
            await esme.send(pdu_octets(CommandId.UNBIND))
            await esme.rest()
            await esme.aclose()

        await strange(0)
        await gateway.until("otpblue_smpp_connections_open", 0)
        before = labels(await gateway.get("/metrics"))
        for number in range(1, 4):
            await strange(number)
        await gateway.until("otpblue_smpp_connections_open", 0)
        assert labels(await gateway.get("/metrics")) == before
        assert not any("nobody" in line or "Name" in line for line in before)


def labels(page: tuple[int, str]) -> list[str]:
    """Return the metrics without their values."""
    return [line.rpartition(" ")[0] for line in page[1].splitlines() if line[:1] != "#"]


@pytest.mark.row(109)
async def test_a_port_scanner_is_one_line_in_the_log(running: Running) -> None:
    openings = {
        "http": b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n",
        "tls": bytes.fromhex("16030100c4010000c003030123456789abcdef0123456789abcdef"),
        "amqp": b"AMQP\x00\x00\x09\x01",
        "rdp": bytes.fromhex("0300002a25e00000000000436f6f6b69653a206d73747368617368"),
        "nothing": b"",
    }
    async with running() as gateway:
        for opening in openings.values():
            esme = await gateway.bare()
            await esme.send(opening)
            await esme.send_eof()
            await esme.rest()
            await esme.aclose()
        await gateway.until("otpblue_smpp_connections_open", 0)
        await gateway.until("otpblue_smpp_connections_total", len(openings))
        gateway.process.terminate()
        with trio.fail_after(60):
            await gateway.process.wait()
        lines = [json.loads(line) for line in gateway.log().splitlines()]
        of_connection: dict[int, int] = {}
        for line in lines:
            if "connection" in line:
                of_connection[line["connection"]] = of_connection.get(line["connection"], 0) + 1
        assert len(of_connection) == len(openings)
        assert set(of_connection.values()) == {1}, lines
