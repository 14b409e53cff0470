"""`otpblue-trio send`: a test ESME that says in words what a gateway answers."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

import attrs
import click
import trio

from otpblue_trio.cli.parameters import duration
from otpblue_trio.cli.passwords import ask_secret
from otpblue_trio.cli.record_text import printable
from otpblue_trio.config import CertificateError, load_pair
from otpblue_trio.errors import OtpBlueError
from otpblue_trio.esme import Esme, describe_status, secured, submit_pdu
from otpblue_trio.smpp import (
    REGISTERED_DELIVERY_ALWAYS,
    REGISTERED_DELIVERY_NONE,
    BindTransceiver,
    Pdu,
    SubmitSmResp,
    encode,
    parse_receipt,
)

__all__ = ["send"]


class _SendFailed(OtpBlueError):
    """The test message was not delivered, or not answered."""


@attrs.frozen(kw_only=True)
class _Errand:
    """What is to be done."""

    host: str
    port: int
    tls: ssl.SSLContext | None
    system_id: str
    password: str = attrs.field(repr=False)
    destination: str = attrs.field(repr=False)
    text: str = attrs.field(repr=False)
    sender: str
    wants_receipt: bool
    timeout: float

    def check(self) -> None:
        """Raise `ValueError` for what no PDU can hold."""
        encode(BindTransceiver(system_id=self.system_id, password=self.password))
        encode(submit_pdu(self.destination, self.text, source=self.sender))


@click.command(short_help="Send one message through a gateway.")
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
@click.option(
    "--certificate",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="PEM file with a certificate of your own to show, for gateways that ask for one.",
)
@click.option(
    "--private-key",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="PEM file with its key, not encrypted; default: in the same file.",
)
@click.option("--insecure", is_flag=True, help="Do not verify the gateway's certificate.")
@click.option("--system-id", required=True, help="The account.")
@click.option(
    "--password",
    envvar="OTPBLUE_PASSWORD",
    help="Its password; better in the environment variable OTPBLUE_PASSWORD, or typed when asked.",
)
@click.option("--from", "sender", default="", help="Brand name, at most 11 characters.")
@click.option("--receipt/--no-receipt", default=True, show_default=True, help="Ask for a receipt.")
@click.option(
    "--timeout",
    callback=duration,
    default="15s",
    show_default=True,
    help="For everything together.",
)
def send(
    destination: str,
    text: str,
    host: str,
    port: int | None,
    plain: bool,
    ca: Path | None,
    certificate: Path | None,
    private_key: Path | None,
    insecure: bool,
    system_id: str,
    password: str | None,
    sender: str,
    receipt: bool,
    timeout: float,
) -> None:
    """Bind to a gateway, submit TEXT to DESTINATION (E.164) and tell what comes back.

    Exit code 0 when the message was delivered, 1 when not.
    """
    if private_key is not None and certificate is None:
        raise click.UsageError("--private-key is nothing without --certificate")
    if plain and certificate is not None:
        raise click.UsageError("--certificate and --plain exclude each other")
    if password is None:
        password = ask_secret("Password", otherwise="set OTPBLUE_PASSWORD")
    errand = _Errand(
        host=host,
        port=port or (2775 if plain else 2776),
        tls=None if plain else _tls(ca, certificate, private_key, insecure=insecure),
        system_id=system_id,
        password=password,
        destination=destination,
        text=text,
        sender=sender,
        wants_receipt=receipt,
        timeout=timeout,
    )
    try:
        errand.check()
    except UnicodeError as error:
        raise click.UsageError("TEXT is not valid Unicode") from error
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    try:
        trio.run(_Conversation(errand).run)
    except BaseExceptionGroup as group:
        raise _spoken(group) from group


def _tls(
    ca: Path | None, certificate: Path | None, private_key: Path | None, *, insecure: bool
) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca)
    except OSError as error:
        raise click.BadParameter(
            f"no certificates can be read from {ca}", param_hint="--ca"
        ) from error
    if certificate is not None:
        try:
            load_pair(context, certificate, private_key)
        except CertificateError as error:
            raise click.BadParameter(f"found {error}", param_hint="--certificate") from error
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _spoken(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return what to say for the failures of several tasks."""
    if group.subgroup(KeyboardInterrupt) is not None:
        return KeyboardInterrupt()
    failures = group.subgroup((OtpBlueError, OSError))
    if failures is None:
        return group
    failure = _first(failures)
    # An OSError is of our own standard output: those of the network are others by now.
    if isinstance(failure, _SendFailed | OSError):
        return failure
    return _SendFailed(str(failure) or "the gateway closed the connection")


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


class _Conversation:
    """One errand on its way."""

    def __init__(self, errand: _Errand) -> None:
        self._errand = errand
        self._awaited = "connection"

    async def run(self) -> None:
        """Do the errand within its time."""
        errand = self._errand
        with trio.move_on_after(errand.timeout) as deadline:
            stream = await self._connect()
            async with Esme(stream) as esme, trio.open_nursery() as nursery:
                await nursery.start(esme.run)
                await self._converse(esme)
                nursery.cancel_scope.cancel()
        if deadline.cancelled_caught:
            msg = f"no {self._awaited} within {errand.timeout:g} seconds"
            raise _SendFailed(msg)

    async def _connect(self) -> trio.abc.Stream:
        errand = self._errand
        where = f"{errand.host}:{errand.port}"
        try:
            stream: trio.abc.Stream = await trio.open_tcp_stream(errand.host, errand.port)
            if errand.tls is not None:
                self._awaited = "TLS handshake"
                stream = await secured(stream, errand.tls, errand.host)
        except (OSError, ValueError, trio.BrokenResourceError) as error:
            # ValueError: a host name that is none.
            msg = f"cannot connect to {where}: {_reason(error)}"
            raise _SendFailed(msg) from error
        click.echo(f"connected to {where}, {'TLS' if errand.tls else 'without TLS'}")
        return stream

    async def _converse(self, esme: Esme) -> None:
        errand = self._errand
        self._awaited = "bind_transceiver_resp"
        bound = await esme.bind_transceiver(errand.system_id, errand.password)
        _tell("bind_transceiver_resp", bound)
        if bound.command_status:
            msg = "not bound"
            raise _SendFailed(msg)
        self._awaited = "submit_sm_resp"
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
        message_id = response.message_id if isinstance(response, SubmitSmResp) else ""
        _tell(
            "submit_sm_resp",
            response,
            f"{f', message_id {printable(message_id)}' if message_id else ''}{elapsed}",
        )
        is_delivered = not response.command_status
        if is_delivered and errand.wants_receipt:
            self._awaited = "delivery receipt"
            receipt = await esme.receipt()
            fields = parse_receipt(receipt.short_message)
            told = {name: printable(fields.get(name, "?")) for name in ("id", "stat", "err")}
            click.echo(
                f"deliver_sm: receipt for message_id {told['id']}: {told['stat']}, "
                f"err {told['err']}"
            )
            # An account with failure_mode "receipt_only" learns of a failure here.
            is_delivered = fields.get("stat", "").upper() == "DELIVRD"
        self._awaited = "unbind_resp"
        _tell("unbind_resp", await esme.unbind())
        if not is_delivered:
            msg = "not delivered"
            raise _SendFailed(msg)


def _tell(what: str, response: Pdu, more: str = "") -> None:
    click.echo(f"{what}: {describe_status(response.command_status)}{more}")


def _reason(error: BaseException) -> str:
    """Say why there is no connection, from the error underneath Trio's."""
    cause = _first(error.__cause__ or error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return (
            f"its certificate is not accepted: {cause.verify_message} "
            "(--ca FILE names the authority to trust)"
        )
    if isinstance(cause, ssl.SSLError):
        reason = (cause.reason or "it failed").lower().replace("_", " ")
        return f"no TLS there: {reason} (--plain talks without it)"
    if isinstance(cause, OSError):
        # Trio's text repeats the address; name look-ups have negative numbers and their own words.
        number = cause.errno or 0
        return os.strerror(number) if number > 0 else cause.strerror or type(cause).__name__
    return str(cause) or "the connection was closed"
