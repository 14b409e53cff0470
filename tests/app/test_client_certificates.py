"""Accounts bound to client certificates, in the whole program over real TLS, reloads included."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from otpblue_trio.runtime.observer import BindRefused, ConnectionClosed
from otpblue_trio.smpp import CommandStatus
from otpblue_trio.testing import EsmeClosed

if TYPE_CHECKING:
    import ssl

# The classes are conftest's, which no test may import.
Serving = Callable[[], AbstractAsyncContextManager[Any]]

CLIENTS = trustme.CA()
NUMBER = "14155552671"
TEXT = "Your code is 482910"


@pytest.fixture(autouse=True)
def optional(config: Any, certified: Any) -> None:
    """Two accounts, one of them bound to a certificate of `CLIENTS`."""
    CLIENTS.cert_pem.write_to_path(str(config.folder / "clients.pem"))
    config.append('client_ca = "clients.pem"\nclient_certificates = "optional"')
    config.append('[[accounts]]\nsystem_id = "free"\npassword = "secret"\napi_key = "k"')
    config.append('[[accounts]]\nsystem_id = "bound"\npassword = "secret"\napi_key = "k"')
    config.append('client_certificate_names = ["smpp.bound.example"]')


def client(certified: Any, name: str = "", authority: trustme.CA = CLIENTS) -> ssl.SSLContext:
    """Return a client's context with a certificate of that name, or with none."""
    context: ssl.SSLContext = certified.client()
    if name:
        authority.issue_cert(name).configure_cert(context)
    return context


async def status_of_bind(running: Any, system_id: str, tls: ssl.SSLContext | None) -> int:
    esme = await running.connect(tls=tls)
    status: int = (await esme.bind_transceiver(system_id, "secret")).command_status
    return status


async def test_only_who_shows_the_named_certificate_may_bind(
    serving: Serving, certified: Any
) -> None:
    async with serving() as running:
        right = client(certified, "smpp.bound.example")
        for system_id, tls, status in (
            ("bound", right, CommandStatus.ESME_ROK),
            ("free", right, CommandStatus.ESME_ROK),
            ("free", client(certified), CommandStatus.ESME_ROK),
            ("bound", client(certified), CommandStatus.ESME_RBINDFAIL),
            ("bound", client(certified, "smpp.other.example"), CommandStatus.ESME_RBINDFAIL),
            ("bound", None, CommandStatus.ESME_RBINDFAIL),
        ):
            assert await status_of_bind(running, system_id, tls) == status
        reasons = [e.reason for e in running.log.recorder.events if isinstance(e, BindRefused)]
        assert reasons == ["certificate_not_accepted"] * 3


async def test_a_certificate_of_a_strange_authority_gets_no_session(
    serving: Serving, certified: Any
) -> None:
    async with serving() as running:
        forged = client(certified, "smpp.bound.example", trustme.CA())
        with pytest.raises(EsmeClosed):
            await status_of_bind(running, "free", forged)
        closed = await running.log.recorder.wait_for(ConnectionClosed)
        assert (closed.reason, closed.detail) == ("tls_failed", "CERTIFICATE_VERIFY_FAILED")


async def test_by_default_no_client_gets_in_without_a_certificate(
    config: Any, serving: Serving, certified: Any
) -> None:
    config.replace('client_certificates = "optional"', "")
    async with serving() as running:
        with pytest.raises(EsmeClosed):
            await status_of_bind(running, "free", client(certified))
        named = client(certified, "anybody.example")
        assert await status_of_bind(running, "free", named) == CommandStatus.ESME_ROK


async def test_a_reload_changes_for_new_binds_which_certificates_may_bind(
    config: Any, serving: Serving, certified: Any
) -> None:
    async with serving() as running:
        right = client(certified, "smpp.bound.example")
        old = await running.bound("bound", tls=right)
        free = await running.bound("free", tls=client(certified))
        config.replace('"smpp.bound.example"', '"smpp.new.example"')
        config.replace('system_id = "free"', 'system_id = "free"\nclient_certificate_names = ["x"]')
        await running.reload()
        assert await status_of_bind(running, "bound", right) == CommandStatus.ESME_RBINDFAIL
        assert (
            await status_of_bind(running, "bound", client(certified, "smpp.new.example"))
            == CommandStatus.ESME_ROK
        )
        refused = await status_of_bind(running, "free", client(certified))
        assert refused == CommandStatus.ESME_RBINDFAIL
        for esme in (old, free):
            response = await esme.submit_sm(NUMBER, TEXT)
            assert response.command_status == CommandStatus.ESME_ROK


async def test_a_reload_changes_for_new_connections_which_authority_is_trusted(
    config: Any, serving: Serving, certified: Any
) -> None:
    other = trustme.CA()
    async with serving() as running:
        of_the_first = client(certified, "smpp.bound.example")
        of_the_second = client(certified, "smpp.bound.example", other)
        old = await running.bound("bound", tls=of_the_first)
        other.cert_pem.write_to_path(str(config.folder / "clients.pem"))
        await running.reload()
        assert running.outcomes() == ["reloaded: 3 accounts"]
        await running.bound("bound", tls=of_the_second)
        with pytest.raises(EsmeClosed):
            await status_of_bind(running, "bound", of_the_first)
        response = await old.submit_sm(NUMBER, TEXT)
        assert response.command_status == CommandStatus.ESME_ROK


async def test_an_authority_that_cannot_be_read_leaves_the_old_one_in_force(
    config: Any, serving: Serving, certified: Any
) -> None:
    async with serving() as running:
        (config.folder / "clients.pem").write_text("nothing")
        await running.reload()
        [told] = running.outcomes()
        assert told.startswith("not reloaded: ")
        assert "tls.client_ca: expected certificates of authorities" in told
        await running.bound("bound", tls=client(certified, "smpp.bound.example"))
