"""`otpblue-trio send`: a test ESME that says in words what a gateway answers."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import click

from otpblue_trio.errors import OtpBlueError
from otpblue_trio.esme import Esme, EsmeClosed, describe_status
from otpblue_trio.smpp import (
    REGISTERED_DELIVERY_ALWAYS,
    REGISTERED_DELIVERY_NONE,
    SubmitSmResp,
    parse_receipt,
)

if TYPE_CHECKING:
    import trio

    from otpblue_trio.smpp import Pdu

__all__ = ["send"]


class SendFailed(OtpBlueError):
    """The test message was not delivered, or not answered."""


@attrs.frozen
class _Errand:
    host: str
    port: int
    plain: bool
    ca: Path | None
    insecure: bool
    system_id: str
    password: str = attrs.field(repr=False)
    destination: str
    text: str
    sender: str
    wants_receipt: bool
    timeout: float


@click.command()
@click.argument("destination")
@click.argument("text")
@click.option("--host", default="127.0.0.1", show_default=True, help="The gateway.")
@click.option("--port", type=click.IntRange(1, 65535), help="2776, or 2775 with --plain.")
@click.option("--plain", is_flag=True, help="Without TLS.")
@click.option(
    "--ca",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="PEM file to verify the gateway's certificate with; default: the system's authorities.",
)
@click.option("--insecure", is_flag=True, help="Do not verify the gateway's certificate.")
@click.option("--system-id", required=True, help="The account.")
@click.option(
    "--password",
    envvar="OTPBLUE_PASSWORD",
    prompt=True,
    hide_input=True,
    help="Its password; better in the environment variable OTPBLUE_PASSWORD, or typed when asked.",
)
@click.option("--from", "sender", default="", help="Brand name, at most 11 characters.")
@click.option("--receipt/--no-receipt", default=True, show_default=True, help="Ask for a receipt.")
@click.option("--timeout", default=15.0, show_default=True, help="Seconds for everything.")
def send(
    destination: str,
    text: str,
    host: str,
    port: int | None,
    plain: bool,
    ca: Path | None,
    insecure: bool,
    system_id: str,
    password: str,
    sender: str,
    receipt: bool,
    timeout: float,
) -> None:
    """Bind to a gateway, submit TEXT to DESTINATION (E.164) and tell what comes back.

    Exit code 0 when the message was delivered, 1 when not.
    """
    import trio

    errand = _Errand(
        host,
        port or (2775 if plain else 2776),
        plain,
        ca,
        insecure,
        system_id,
        password,
        destination,
        text,
        sender,
        receipt,
        timeout,
    )
    try:
        trio.run(_run, errand)
    except* SendFailed as group:
        raise SendFailed(str(group.exceptions[0])) from None
    except* EsmeClosed as group:
        raise SendFailed(str(group.exceptions[0])) from None


async def _run(errand: _Errand) -> None:
    import trio

    with trio.move_on_after(errand.timeout) as deadline:
        stream = await _connect(errand)
        async with trio.open_nursery() as nursery, Esme(stream) as esme:
            await nursery.start(esme.run)
            await _converse(esme, errand)
    if deadline.cancelled_caught:
        msg = f"no answer within {errand.timeout:g} seconds"
        raise SendFailed(msg)


async def _connect(errand: _Errand) -> trio.abc.Stream:
    import trio

    where = f"{errand.host}:{errand.port}"
    try:
        stream: trio.abc.Stream = await trio.open_tcp_stream(errand.host, errand.port)
        if not errand.plain:
            context = ssl.create_default_context(cafile=errand.ca)
            if errand.insecure:
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
            tls = trio.SSLStream(
                stream, context, server_hostname=errand.host, https_compatible=True
            )
            await tls.do_handshake()
            stream = tls
    except (OSError, trio.BrokenResourceError) as error:
        cause = error.__cause__ or error
        msg = f"cannot connect to {where}: {getattr(cause, 'strerror', None) or cause}"
        raise SendFailed(msg) from error
    click.echo(f"connected to {where}, {'without TLS' if errand.plain else 'TLS'}")
    return stream


async def _converse(esme: Esme, errand: _Errand) -> None:
    import trio

    bound = await esme.bind_transceiver(errand.system_id, errand.password)
    _tell("bind_transceiver_resp", bound)
    if bound.command_status:
        raise SendFailed("not bound")
    started = trio.current_time()
    response = await esme.submit_sm(
        errand.destination,
        errand.text,
        source=errand.sender,
        registered_delivery=(
            REGISTERED_DELIVERY_ALWAYS if errand.wants_receipt else REGISTERED_DELIVERY_NONE
        ),
    )
    elapsed = f", after {1000 * (trio.current_time() - started):.0f} ms"
    message_id = response.message_id if isinstance(response, SubmitSmResp) else None
    _tell(
        "submit_sm_resp", response, f"{f', message_id {message_id}' if message_id else ''}{elapsed}"
    )
    if not response.command_status and errand.wants_receipt:
        receipt = await esme.receipt()
        fields = parse_receipt(receipt.short_message)
        click.echo(
            f"deliver_sm: receipt for message_id {fields.get('id', '?')}: "
            f"{fields.get('stat', '?')}, err {fields.get('err', '?')}"
        )
    _tell("unbind_resp", await esme.unbind())
    if response.command_status:
        raise SendFailed("not delivered")


def _tell(what: str, response: Pdu, more: str = "") -> None:
    click.echo(f"{what}: {describe_status(response.command_status)}{more}")
