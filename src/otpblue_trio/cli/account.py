"""`otpblue-trio account`: the accounts of the accounts file."""

from __future__ import annotations

import math
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from otpblue_trio.cli.accounts_book import (
    AccountsBook,
    AccountsFileMissing,
    AccountTrouble,
    open_book,
)
from otpblue_trio.cli.parameters import CONFIG_OPTION
from otpblue_trio.cli.passwords import ask_secret, new_password, piped_password
from otpblue_trio.config import load_config, read_accounts_table
from otpblue_trio.policy import FailureMode, MessageIdFormat, hash_password

if TYPE_CHECKING:
    from collections.abc import Sequence

    from otpblue_trio.policy import Account, IpNetwork

__all__ = ["account"]

_COLUMNS = ("system_id", "enabled", "tps", "sessions", "allowed", "from")
_CREDENTIALS = "$CREDENTIALS_DIRECTORY/"

_SYSTEM_ID = click.argument("system_id")
_PASSWORD_STDIN = click.option(
    "--password-stdin",
    is_flag=True,
    help="Take the password from standard input instead of making one.",
)


class _Accounts(click.Group):
    """Says that a missing accounts file is a matter of configuration."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except AccountsFileMissing as error:
            click.echo(str(error), err=True)
            ctx.exit(2)


@click.group(cls=_Accounts, short_help="Add, list and change accounts.")
def account() -> None:
    """Add, list and change the accounts of the accounts file.

    The file is the one that CONFIG names in accounts_file; CONFIG itself is never written. A
    running gateway takes the changes when it gets SIGHUP.
    """


@account.command()
@_SYSTEM_ID
@CONFIG_OPTION
@click.option("--tps", metavar="NUMBER|unlimited", help="Messages a second over all sessions.")
@click.option("--max-sessions", type=int, help="Sessions bound at once.")
@click.option(
    "--allowed-ip",
    "allowed_ips",
    multiple=True,
    metavar="ADDRESS|NETWORK",
    help="An address or network that may bind; repeatable; none: any.",
)
@click.option(
    "--certificate-name",
    "certificate_names",
    multiple=True,
    metavar="NAME",
    help="A name of a client certificate that may bind; repeatable; needs tls.client_ca.",
)
@click.option(
    "--certificate-fingerprint",
    "certificate_fingerprints",
    multiple=True,
    metavar="SHA256",
    help="The same by its SHA-256 fingerprint; repeatable.",
)
@click.option("--sender", help="The brand shown when a message has no alphanumeric sender.")
@click.option("--language", help='A template language, or "auto" by country.')
@click.option("--default-region", help="Where numbers without a country code are, such as US.")
@click.option(
    "--region",
    "regions",
    multiple=True,
    help="A region that may be sent to; repeatable; none: all that are open.",
)
@click.option(
    "--failure-mode",
    type=click.Choice([mode.value for mode in FailureMode]),
    help="Where a failed delivery is told.",
)
@click.option(
    "--message-id-format",
    type=click.Choice([form.value for form in MessageIdFormat]),
    help="short: 8 hexadecimal digits, for old clients.",
)
@click.option("--disabled", is_flag=True, help="Refuse its binds until `enable`.")
@click.option(
    "--api-key-env",
    metavar="NAME",
    help="The platform key is in this environment variable of the gateway.",
)
@click.option(
    "--api-key-file", type=click.Path(path_type=Path), help="The platform key is in this file."
)
@_PASSWORD_STDIN
def add(
    system_id: str,
    config: Path,
    tps: str | None,
    max_sessions: int | None,
    allowed_ips: tuple[str, ...],
    certificate_names: tuple[str, ...],
    certificate_fingerprints: tuple[str, ...],
    sender: str | None,
    language: str | None,
    default_region: str | None,
    regions: tuple[str, ...],
    failure_mode: str | None,
    message_id_format: str | None,
    disabled: bool,
    api_key_env: str | None,
    api_key_file: Path | None,
    password_stdin: bool,
) -> None:
    """Add an account; its password is made here and shown once.

    What is not said comes from [defaults]. Without --api-key-env and --api-key-file the platform
    key is asked for and stored in the accounts file.
    """
    if api_key_env is not None and api_key_file is not None:
        raise click.UsageError("--api-key-env and --api-key-file exclude each other")
    lists = [*allowed_ips, *certificate_names, *certificate_fingerprints, *regions]
    if not _is_text([system_id, tps, sender, language, default_region, *lists]):
        raise click.UsageError("an argument is not valid UTF-8")
    # Before anything is asked: a wrong file or name is told at once.
    with open_book(config) as book:
        _refuse_known(book, system_id)
    settings: dict[str, Any] = {
        "tps": None if tps is None else _number_or_word(tps),
        "max_sessions": max_sessions,
        "allowed_ips": list(allowed_ips) or None,
        "client_certificate_names": list(certificate_names) or None,
        "client_certificate_fingerprints": list(certificate_fingerprints) or None,
        "default_sender": sender,
        "language": language,
        "default_region": default_region,
        "regions": list(regions) or None,
        "failure_mode": failure_mode,
        "message_id_format": message_id_format,
        "enabled": False if disabled else None,
    }
    api_key = _api_key(config, api_key_env, api_key_file)
    password = piped_password() if password_stdin else new_password()
    identity = {"system_id": system_id, "password": hash_password(password), "api_key": api_key}
    said = {key: value for key, value in settings.items() if value is not None}
    with open_book(config) as book:
        _refuse_known(book, system_id)
        book.tables.append(identity | said)
        book.save()
    click.echo(f"added to {book.file}")
    _show_password(system_id, None if password_stdin else password)
    if api_key_env is not None:
        click.echo(f"a running gateway without {api_key_env} in its environment needs a restart")
    _tell_how_to_apply()


@account.command(name="list")
@CONFIG_OPTION
def list_accounts(config: Path) -> None:
    """List all accounts, those in CONFIG too."""
    settings = load_config(config, env=os.environ)
    count = 0
    if settings.accounts_file is not None:
        count = len(read_accounts_table(settings.accounts_file))
    first = len(settings.accounts) - count
    rows = [
        _row(each, str(config if index < first else settings.accounts_file))
        for index, each in enumerate(settings.accounts)
    ]
    for line in _table([_COLUMNS, *rows]):
        click.echo(line)


@account.command()
@_SYSTEM_ID
@CONFIG_OPTION
def disable(system_id: str, config: Path) -> None:
    """Refuse an account's binds; a reload then ends its sessions too."""
    _change(config, system_id, {"enabled": False}, "disabled")


@account.command()
@_SYSTEM_ID
@CONFIG_OPTION
def enable(system_id: str, config: Path) -> None:
    """Let a disabled account bind again."""
    _change(config, system_id, {"enabled": True}, "enabled")


@account.command()
@_SYSTEM_ID
@CONFIG_OPTION
@_PASSWORD_STDIN
def passwd(system_id: str, config: Path, password_stdin: bool) -> None:
    """Give an account a new password; it is made here and shown once.

    Sessions that are bound stay; new ones need the new password.
    """
    with open_book(config) as book:
        book.table(system_id)
    password = piped_password() if password_stdin else new_password()
    hashed = hash_password(password)
    with open_book(config) as book:
        book.table(system_id)["password"] = hashed
        book.save()
    click.echo(f"changed in {book.file}")
    _show_password(system_id, None if password_stdin else password)
    _tell_how_to_apply()


@account.command()
@_SYSTEM_ID
@CONFIG_OPTION
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(system_id: str, config: Path, yes: bool) -> None:
    """Remove an account; a reload then ends its sessions."""
    with open_book(config) as book:
        book.table(system_id)
    if not yes:
        if sys.stdin is None or not sys.stdin.isatty():
            raise click.UsageError("there is no terminal to ask on: say --yes")
        click.confirm(f'Remove the account "{system_id}"?', abort=True)
    with open_book(config) as book:
        book.remove(system_id)
        book.save()
    click.echo(f"removed from {book.file}")
    _tell_how_to_apply()


def _change(config: Path, system_id: str, settings: dict[str, Any], what: str) -> None:
    with open_book(config) as book:
        book.table(system_id).update(settings)
        book.save()
    click.echo(f"{what} in {book.file}")
    _tell_how_to_apply()


def _refuse_known(book: AccountsBook, system_id: str) -> None:
    if book.has(system_id):
        msg = f'there is an account "{system_id}" already'
        raise AccountTrouble(msg)


def _is_text(arguments: Sequence[str | None]) -> bool:
    """Tell whether a TOML file can hold these; others come from a terminal that is not UTF-8."""
    try:
        "".join(filter(None, arguments)).encode()
    except UnicodeEncodeError:
        return False
    return True


def _number_or_word(text: str) -> int | float | str:
    """Return what TOML would hold; whether it fits is for the configuration to say."""
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text


def _api_key(config: Path, env: str | None, file: Path | None) -> str | dict[str, str]:
    """Return the key, or where it is, as the accounts file has it."""
    if env is not None:
        return {"env": env}
    if file is not None:
        # In the file a relative path starts in the configuration's folder, here in the shell's.
        stays = str(file).startswith(_CREDENTIALS) or file.is_absolute()
        folder = config.absolute().parent
        return {"file": str(file) if stays else os.path.relpath(file.absolute(), folder)}
    return ask_secret("Platform key", otherwise="use --api-key-env or --api-key-file")


def _show_password(system_id: str, password: str | None) -> None:
    click.echo(f"system_id: {system_id}")
    if password is not None:
        click.echo(f"password:  {password}   (shown this once; the file holds its hash)")


def _tell_how_to_apply() -> None:
    click.echo("a running gateway applies it on SIGHUP, e.g. `systemctl reload otpblue-trio`")


def _row(each: Account, source: str) -> tuple[str, ...]:
    return (
        each.system_id,
        "yes" if each.enabled else "no",
        "unlimited" if math.isinf(each.tps) else f"{each.tps:g}",
        str(each.max_sessions),
        ",".join(_network(network) for network in each.allowed_ips) or "any",
        source,
    )


def _network(network: IpNetwork) -> str:
    is_address = network.prefixlen == network.max_prefixlen
    return str(network.network_address if is_address else network)


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
