"""The whole of `serve`: start, signals, reload, drain."""

from __future__ import annotations

import os
import signal
import socket
import ssl
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import attrs
import pytest
import trio

from otpblue_trio.app import TlsError, serve
from otpblue_trio.config import Platform, PlatformKind
from otpblue_trio.policy import NumberReader
from otpblue_trio.runtime import ListenError
from otpblue_trio.runtime.observer import GatewayStarted
from otpblue_trio.smpp import BindTransmitter, CommandStatus, encode
from otpblue_trio.store import StoreError, read_cdrs
from otpblue_trio.testing import Esme, EsmeClosed, read_pdus, submit_pdu

# The classes are conftest's, which no test may import.
Serving = Callable[[], AbstractAsyncContextManager[Any]]

NUMBER = "14155552671"
NEVER_ANSWERED = "14155550504"
TEXT = "Your code is 482910"


def signal_us(number: signal.Signals) -> None:
    """Send this process a signal; the gateway under test receives it."""
    os.kill(os.getpid(), number)


async def admin_status(port: int, path: str) -> int:
    stream = await trio.open_tcp_stream("127.0.0.1", port)
    async with stream:
        request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        await stream.send_all(request.encode())
        return int((await stream.receive_some(4096)).split()[1])


async def gauge(port: int, name: str) -> float:
    """Return the value of a gauge."""
    stream = await trio.open_tcp_stream("127.0.0.1", port)
    async with stream:
        await stream.send_all(b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        octets = b""
        while received := await stream.receive_some():
            octets += received
    [line] = [
        line for line in octets.splitlines() if line.startswith(f"otpblue_smpp_{name} ".encode())
    ]
    return float(line.split()[1])


def with_admin(config: Any) -> None:
    config.replace('admin = ""', 'admin = "127.0.0.1:0"')


# ---------------------------------------------------------------------- start


async def test_every_listener_is_printed_and_then_ready(
    config: Any, certified: object, serving: Serving
) -> None:
    with_admin(config)
    async with serving() as running:
        lines = running.printed.getvalue().splitlines()
        assert [line.rpartition(":")[0] for line in lines] == [
            "listening admin 127.0.0.1",
            "listening tls 127.0.0.1",
            "listening plain 127.0.0.1",
            "",
        ]
        assert lines[-1] == "ready"
        assert 0 not in {running.port(kind) for kind in ("admin", "tls", "plain")}
        assert await admin_status(running.port("admin"), "/readyz") == 200
        assert await admin_status(running.port("admin"), "/healthz") == 200


async def test_a_message_goes_through(serving: Serving) -> None:
    async with serving() as running:
        esme = await running.bound()
        response = await esme.submit_sm(NUMBER, TEXT)
        assert response.command_status == CommandStatus.ESME_ROK
        assert b"stat:DELIVRD" in (await esme.receipt()).short_message


@pytest.mark.parametrize("kind", ["plain", "tls"])
async def test_of_messages_in_one_read_only_those_beyond_the_session_cap_are_throttled(
    config: Any, certified: Any, serving: Serving, kind: str
) -> None:
    config.replace("[limits]", "[limits]\nmax_in_flight_per_session = 5")
    async with serving() as running:
        stream: trio.abc.Stream = await trio.open_tcp_stream("127.0.0.1", running.port(kind))
        if kind == "tls":
            stream = trio.SSLStream(stream, certified.client(), server_hostname="localhost")
        bind = BindTransmitter(sequence_number=1, system_id="acme", password="secret")
        codes = range(100_000, 100_008)
        messages = [submit_pdu(NEVER_ANSWERED, f"Your code is {code}") for code in codes]
        with trio.fail_after(5):
            async with stream:
                await stream.send_all(encode(bind))
                bound = (await read_pdus(stream, 1))[0]
                await stream.send_all(b"".join(map(encode, messages)))
                refused = await read_pdus(stream, 3)
        assert bound.command_status == CommandStatus.ESME_ROK
        assert [pdu.command_status for pdu in refused] == [CommandStatus.ESME_RTHROTTLED] * 3


async def test_with_a_directory_a_wrong_password_is_refused_no_sooner_than_after_a_second(
    config: Any, serving: Serving
) -> None:
    config.append('[directory]\nurl = "https://directory.example"\nkey = "k"')
    async with serving() as running:
        stream = await trio.open_tcp_stream("127.0.0.1", running.port("plain"))
        async with stream:
            began = trio.current_time()
            bind = BindTransmitter(sequence_number=1, system_id="acme", password="wrong")
            await stream.send_all(encode(bind))
            [refused] = await read_pdus(stream)
        assert refused.command_status == CommandStatus.ESME_RINVPASWD
        assert trio.current_time() - began >= 1


async def test_an_address_that_is_taken_leaves_no_socket_behind(
    config: Any, run_serve: Any, announced: Any, log: Any
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        free = listener.getsockname()[1]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        config.replace('"127.0.0.1:0"', f'"127.0.0.1:{free}", "127.0.0.1:{port}"')
        with pytest.raises(ListenError, match=f"cannot listen on 127.0.0.1:{port}: "):
            await run_serve(announced, log)
    socket.create_server(("127.0.0.1", free)).close()


async def test_the_development_certificate_is_told_of(config: Any, serving: Serving) -> None:
    config.replace("tls = []", 'tls = ["127.0.0.1:0"]')
    async with serving() as running:
        [told] = [text for text in running.notices("warning") if "development" in text]
        certificate = config.folder / "var" / "tls" / "development-cert.pem"
        assert str(certificate) in told
        client = ssl.create_default_context(cafile=certificate)
        await running.bound(tls=client)


async def test_warnings_of_the_configuration_are_told(config: Any, serving: Serving) -> None:
    config.append('[[accounts]]\nsystem_id = "b"\npassword = "plain"\napi_key = "k"')
    async with serving() as running:
        assert any("plain passwords" in text for text in running.notices("warning"))


async def test_phone_tables_that_differ_are_told(
    config: Any, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NumberReader, "self_check", lambda self: False)
    config.replace("fast_phone = false", "fast_phone = true")
    async with serving() as running:
        await running.wait_for_notice("the fast phone check differs from the library: it is off")


async def test_whoever_reads_the_announcements_may_leave(
    run_serve: Any, announced: Any, log: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(text: str) -> int:
        raise BrokenPipeError

    monkeypatch.setattr(announced, "write", write)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(run_serve, announced, log)
        await log.recorder.wait_for(GatewayStarted)
        signal_us(signal.SIGTERM)


async def test_regions_that_cannot_be_asked_for_are_told(config: Any, serving: Serving) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    config.append(f'[platform]\nkind = "http"\nurl = "{url}"\nregions_url = "{url}"')
    async with serving() as running:
        await running.wait_for_notice("the open regions are not known anew: ")


async def test_without_a_key_the_regions_are_said_to_be_built_in(
    config: Any, serving: Serving
) -> None:
    config.append('[platform]\nkind = "http"\nurl = "http://127.0.0.1:1/"')
    config.append('[directory]\nurl = "http://127.0.0.1:1"\nkey = "k"')
    config.remove_account()
    async with serving() as running:
        await running.wait_for_notice("the open regions are those of this release")


@pytest.mark.parametrize("name", ["missing.pem", "empty.pem"])
async def test_authorities_of_the_platform_that_cannot_be_read_end_the_start(
    name: str, config: Any, announced: Any, log: Any
) -> None:
    (config.folder / "empty.pem").touch()
    platform = Platform(kind=PlatformKind.HTTP, ca_file=config.folder / name)
    settings = attrs.evolve(config.load(), platform=platform)
    with pytest.raises(TlsError, match=r"cannot use platform\.ca_file .*\.pem: "):
        await serve(settings, log=log, reload=config.load, announce=announced)


# ---------------------------------------------------------------------- stop


async def submit_in_vain(esme: Esme) -> None:
    with pytest.raises(EsmeClosed):
        await esme.submit_sm(NEVER_ANSWERED, TEXT)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_drains_and_ends(serving: Serving, number: signal.Signals) -> None:
    async with serving() as running:
        esme = await running.bound()
        signal_us(number)
        await running.ended.wait()
        await esme.wait_closed()
        assert esme.unbind_received


async def test_while_it_drains_it_is_not_ready_and_a_second_signal_ends_it_at_once(
    config: Any, serving: Serving
) -> None:
    with_admin(config)
    config.replace('drain_timeout = "5s"', 'drain_timeout = "1h"')
    async with serving() as running:
        admin = running.port("admin")
        esme = await running.bound()

        running.nursery.start_soon(submit_in_vain, esme)
        await esme.enquire_link()  # the message before it has arrived
        signal_us(signal.SIGTERM)
        while await admin_status(admin, "/readyz") != 503:
            await trio.lowlevel.checkpoint()
        assert await admin_status(admin, "/healthz") == 200
        with pytest.raises(OSError, match="connect"):
            await running.connect()
        assert not running.ended.is_set()
        signal_us(signal.SIGTERM)
        await running.ended.wait()


# ---------------------------------------------------------------------- reload


async def test_sighup_reads_the_accounts_again(config: Any, serving: Serving) -> None:
    async with serving() as running:
        esme = await running.bound()
        config.replace('tps = "unlimited"', "tps = 0")
        await running.reload()
        assert running.outcomes() == ["reloaded: 1 accounts"]
        throttled = await esme.submit_sm(NUMBER, TEXT)
        assert throttled.command_status == CommandStatus.ESME_RTHROTTLED


async def test_sighup_with_a_broken_file_changes_nothing(config: Any, serving: Serving) -> None:
    async with serving() as running:
        esme = await running.bound()
        config.replace('tps = "unlimited"', "tps = -1")
        await running.reload()
        [told] = running.outcomes()
        assert told.startswith("not reloaded: ")
        assert "accounts[0].tps: expected a number" in told
        response = await esme.submit_sm(NUMBER, TEXT)
        assert response.command_status == CommandStatus.ESME_ROK


async def test_a_replaced_certificate_greets_new_connections_and_keeps_old_ones(
    serving: Serving, certified: Any
) -> None:
    def serial_number(esme: Any) -> str:
        return str(esme._stream.getpeercert()["serialNumber"])

    async with serving() as running:
        old = await running.bound(tls=certified.client())
        certified.write("second")
        await running.reload()
        assert running.outcomes() == ["reloaded: 1 accounts"]
        new = await running.bound(tls=certified.client())
        assert serial_number(new) != serial_number(old)
        for esme in (old, new):
            response = await esme.submit_sm(NUMBER, TEXT)
            assert response.command_status == CommandStatus.ESME_ROK


async def test_a_certificate_that_does_not_fit_its_key_is_not_taken(
    serving: Serving, certified: Any
) -> None:
    async with serving() as running:
        key = (certified.folder / "key.pem").read_bytes()
        certified.write("second")
        (certified.folder / "key.pem").write_bytes(key)
        await running.reload()
        [told] = running.outcomes()
        assert told.startswith("not reloaded: ")
        assert "the key of another certificate" in told
        await running.bound(tls=certified.client())


async def test_an_accounts_file_is_read_again(config: Any, serving: Serving, hashed: str) -> None:
    accounts = trio.Path(config.folder / "accounts.toml")
    config.replace("[listen]", 'accounts_file = "accounts.toml"\n[listen]')
    async with serving() as running:
        await accounts.write_text(
            f'[[accounts]]\nsystem_id = "later"\npassword = "{hashed}"\napi_key = "k"\n'
        )
        await running.reload()
        later = await running.bound("later")
        await accounts.unlink()
        await running.reload()
        await later.wait_closed()
        assert later.unbind_received


# ---------------------------------------------------------------------- store


def with_store(config: Any) -> None:
    config.replace('path = ""', 'path = "var/otpblue.db"')


async def test_records_are_kept_in_private_files_without_whole_numbers(
    config: Any, serving: Serving
) -> None:
    with_store(config)
    async with serving() as running:
        esme = await running.bound()
        await esme.submit_sm(NUMBER, TEXT)
        await esme.receipt()
        signal_us(signal.SIGTERM)
        await running.ended.wait()
    path = config.folder / "var" / "otpblue.db"
    assert path.stat().st_mode & 0o077 == path.parent.stat().st_mode & 0o077 == 0
    [cdr] = read_cdrs(path, since=0, until=1e12, limit=10)
    assert (cdr.system_id, cdr.reason, cdr.destination) == ("acme", "delivered", "+1415555****")


async def test_a_store_in_use_by_another_process_ends_the_start(
    config: Any, serving: Serving, run_serve: Any, announced: Any, log: Any
) -> None:
    with_store(config)
    async with serving():
        with pytest.raises(StoreError, match=r"otpblue\.db is in use by another process"):
            await run_serve(announced, log)
    assert "ready" not in announced.getvalue()


async def test_a_store_that_cannot_be_written_is_told_and_comes_back(
    config: Any, serving: Serving
) -> None:
    with_store(config)
    with_admin(config)
    (config.folder / "var").write_text("in the way")
    async with serving() as running:
        await running.wait_for_notice("the store: ")
        esme = await running.bound()
        assert (await esme.submit_sm(NUMBER, TEXT)).command_status == CommandStatus.ESME_ROK
        await esme.receipt()
        assert await gauge(running.port("admin"), "store_writable") == 0
        (config.folder / "var").unlink()
        await running.wait_for_notice("the store can be written again")
        assert await gauge(running.port("admin"), "store_writable") == 1
        assert await gauge(running.port("admin"), "store_waiting") == 0


async def test_messages_are_refused_while_the_store_is_down_if_the_operator_wants_so(
    config: Any, serving: Serving
) -> None:
    with_store(config)
    config.replace("[store]", '[store]\non_failure = "refuse"')
    (config.folder / "var").write_text("in the way")
    async with serving() as running:
        esme = await running.bound()
        assert (await esme.submit_sm(NUMBER, TEXT)).command_status == CommandStatus.ESME_RSYSERR
        (config.folder / "var").unlink()
        await running.wait_for_notice("the store can be written again")
        assert (await esme.submit_sm(NUMBER, TEXT)).command_status == CommandStatus.ESME_ROK
