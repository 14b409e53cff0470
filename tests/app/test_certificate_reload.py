"""A certificate is replaced under a running process, and its sessions never notice."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

import pytest
import trio
import trustme

from otpblue_trio.smpp import CommandStatus
from otpblue_trio.testing import EsmeClosed

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

NUMBER = "14155552671"
TEXT = "Your code is 482910"
ROK = CommandStatus.ESME_ROK


def serial_number(esme: Any) -> str:
    return str(esme._stream.getpeercert()["serialNumber"])


async def can_submit(esme: Any) -> bool:
    return bool((await esme.submit_sm(NUMBER, TEXT)).command_status == ROK)


async def reload(run: Any, outcome: str, times: int) -> list[dict[str, Any]]:
    """Send SIGHUP; return the lines of the log that tell its outcome, so many in all."""
    run.process.send_signal(signal.SIGHUP)
    await run.wait_for(f'"message":"{outcome}', times=times)
    lines = map(json.loads, run.said["stderr"].decode().splitlines())
    return [line for line in lines if line["message"].startswith(outcome)]


@pytest.fixture
def with_client_ca(config: Any, certified: Any) -> trustme.CA:
    """Have clients show certificates of this authority."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(certified.folder / "clients.pem"))
    config.append('client_ca = "clients.pem"')
    return authority


def client(certified: Any, authority: trustme.CA) -> ssl.SSLContext:
    context: ssl.SSLContext = certified.client()
    authority.issue_cert("smpp.client.example").configure_cert(context)
    return context


async def test_a_process_takes_a_new_certificate_and_keeps_its_sessions(
    config: Any, certified: Any, program: Callable[[Path], AbstractAsyncContextManager[Any]]
) -> None:
    async with program(config.folder) as run:
        old, _ = await run.bind("acme", tls=certified.client())
        certified.write("second")
        [told] = await reload(run, "reloaded: 1 accounts", 1)
        assert told["level"] == "info"
        new, _ = await run.bind("acme", tls=certified.client())
        assert serial_number(new) != serial_number(old)
        assert await can_submit(old)
        assert await can_submit(new)


async def test_a_process_refuses_a_broken_pair_and_goes_on_with_the_old_one(
    config: Any, certified: Any, program: Callable[[Path], AbstractAsyncContextManager[Any]]
) -> None:
    key = trio.Path(certified.folder / "key.pem")
    async with program(config.folder) as run:
        old, _ = await run.bind("acme", tls=certified.client())
        first_key = await key.read_bytes()
        certified.write("second")
        second_key = await key.read_bytes()
        for times, broken in enumerate((first_key, b"no key at all"), 1):
            await key.write_bytes(broken)
            told = await reload(run, "not reloaded: ", times)
            assert told[-1]["level"] == "error"
            assert (
                "tls.private_key: expected the private key of tls.certificate"
                in (told[-1]["message"])
            )
            new, status = await run.bind("acme", tls=certified.client())
            assert status == ROK
            assert serial_number(new) == serial_number(old)
        await key.write_bytes(second_key)
        await reload(run, "reloaded: ", 1)
        new, _ = await run.bind("acme", tls=certified.client())
        assert serial_number(new) != serial_number(old)
        assert await can_submit(old)


async def test_a_process_takes_a_new_client_authority_and_keeps_its_sessions(
    config: Any,
    certified: Any,
    with_client_ca: trustme.CA,
    program: Callable[[Path], AbstractAsyncContextManager[Any]],
) -> None:
    other = trustme.CA()
    file = trio.Path(certified.folder / "clients.pem")
    async with program(config.folder) as run:
        old, _ = await run.bind("acme", tls=client(certified, with_client_ca))
        await file.write_bytes(b"no certificate")
        [told] = await reload(run, "not reloaded: ", 1)
        assert "tls.client_ca: expected certificates of authorities" in told["message"]
        _, status = await run.bind("acme", tls=client(certified, with_client_ca))
        assert status == ROK
        await file.write_bytes(other.cert_pem.bytes())
        await reload(run, "reloaded: ", 1)
        _, status = await run.bind("acme", tls=client(certified, other))
        assert status == ROK
        with pytest.raises(EsmeClosed):
            await run.bind("acme", tls=client(certified, with_client_ca))
        assert await can_submit(old)
