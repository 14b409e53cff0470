"""Rules between settings: what production refuses, and what has no effect.

They look at a configuration whose single values are right. Where some are not, the loader takes
those out first, so that all problems of a file are told in one run; a rule that would judge a
setting that was taken out is skipped by the loader.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import attrs

from otpblue_trio.config.certificates import ca_trouble, key_pair_trouble
from otpblue_trio.config.documents import Document
from otpblue_trio.config.lines import KeyPath
from otpblue_trio.config.model import ClientCertificates, Config, Environment, PlatformKind
from otpblue_trio.config.problems import Fault
from otpblue_trio.config.values import show
from otpblue_trio.http_text import parse_http_url
from otpblue_trio.policy.passwords import is_hash
from otpblue_trio.policy.types import Account
from otpblue_trio.smpp.constants import MAX_PASSWORD_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "PlacedAccount",
    "PlacedName",
    "account_faults",
    "account_remarks",
    "faults",
    "holds_secrets",
    "remarks",
]

_MAX_NAMES = 5


@attrs.frozen
class PlacedAccount:
    """An account and where it stands."""

    account: Account
    document: Document
    path: KeyPath


@attrs.frozen
class PlacedName:
    """A system_id and where it stands."""

    system_id: str
    document: Document
    path: KeyPath


def faults(config: Config, document: Document) -> Iterator[Fault]:
    """Yield what is wrong between the settings of a configuration, accounts apart."""
    yield from _listener_faults(config)
    yield from _file_faults(config)
    if not _verifies_clients(config):
        yield from _certificate_faults(config.defaults, ("defaults",))
    if config.environment is Environment.PRODUCTION:
        yield from _production_faults(config, document)


def account_faults(
    names: Iterable[PlacedName], accounts: Iterable[PlacedAccount], config: Config
) -> Iterator[tuple[Document, Fault]]:
    """Yield what is wrong between accounts, each with the file that it is wrong in.

    Args:
      names: every system_id, of accounts with other faults too.
      accounts: those without faults of their own.
      config: the rest of the configuration.
    """
    first: dict[str, PlacedName] = {}
    for name in names:
        earlier = first.setdefault(name.system_id, name)
        if earlier is not name:
            expected = f"a name that no other account has ({_place(earlier)} has it)"
            yield name.document, Fault(name.path, expected, show(name.system_id))
    for placed in accounts:
        if config.environment is Environment.PRODUCTION and not is_hash(placed.account.password):
            yield (
                placed.document,
                Fault(
                    (*placed.path, "password"),
                    "a bcrypt, argon2 or scrypt hash (production)",
                    f"a plain password of {len(placed.account.password)} characters",
                ),
            )
        if not _verifies_clients(config):
            own = placed.document.table["accounts"][placed.path[-1]]
            for fault in _certificate_faults(placed.account, placed.path):
                # What comes from [defaults] is told of there.
                if fault.path[-1] in own:
                    yield placed.document, fault


def remarks(config: Config, document: Document) -> Iterator[str]:
    """Yield what an operator should know of a configuration without faults, accounts apart."""
    remark = document.remark
    listen, limits = config.listen, config.limits
    if not listen.tls and not listen.plain:
        yield remark(("listen",), "no SMPP listener: nobody can connect")
    if config.tls is not None and not listen.tls:
        yield remark(("tls",), "has no effect without listen.tls")
    if config.tls is not None and config.tls.client_ca is None:
        optional = ClientCertificates.OPTIONAL
        if config.tls.client_certificates is optional:
            yield remark(("tls", "client_certificates"), "has no effect without tls.client_ca")
    if listen.plain and config.environment is Environment.PRODUCTION:
        yield remark(("listen", "plain"), "passwords and codes travel readable on a plain listener")
    if document.table.get("simulator") and config.platform.kind is not PlatformKind.SIMULATOR:
        yield remark(("simulator",), 'has no effect: platform.kind is not "simulator"')
    set_urls = document.table.get("platform", {})
    if config.platform.kind is PlatformKind.HTTP and "url" in set_urls:
        host = parse_http_url(config.platform.url).authority
        for name in ("regions_url", "history_url"):
            other = parse_http_url(getattr(config.platform, name)).authority
            if name not in set_urls and other != host:
                told = f"{name} is not set: {other} is asked, with the API keys, and not {host}"
                yield remark(("platform", "url"), told)
    for name, bound in (
        ("max_connections_per_address", "max_connections"),
        ("max_in_flight_per_session", "max_in_flight_per_account"),
        ("max_in_flight_per_account", "max_in_flight"),
    ):
        if getattr(limits, name) > getattr(limits, bound) and name in document.table.get(
            "limits", ()
        ):
            yield remark(("limits", name), f"has no effect above limits.{bound}")
    if not config.accounts and config.directory is None:
        yield f"{document.path}: no accounts and no [directory]: nobody can bind"


def holds_secrets(document: Document) -> bool:
    """Return whether keys or passwords stand in a file itself, and not in what it refers to."""
    tables = [*document.table.get("accounts", ()), document.table.get("directory", {})]
    values = [table.get(key) for table in tables for key in ("password", "api_key", "key")]
    values.append(document.table.get("platform", {}).get("regions_api_key"))
    return any(isinstance(value, str) and value for value in values)


def account_remarks(accounts: Iterable[PlacedAccount]) -> Iterator[str]:
    """Yield what an operator should know of the accounts."""
    plain: dict[str, list[PlacedAccount]] = defaultdict(list)
    for placed in accounts:
        if not is_hash(placed.account.password):
            plain[str(placed.document.path)].append(placed)
            if len(placed.account.password) > MAX_PASSWORD_CHARACTERS:
                yield placed.document.remark(
                    (*placed.path, "password"),
                    f"SMPP 3.4 clients can send at most {MAX_PASSWORD_CHARACTERS} characters",
                )
    for file, several in plain.items():
        names = ", ".join(placed.account.system_id for placed in several[:_MAX_NAMES])
        more = f" and {len(several) - _MAX_NAMES} more" if len(several) > _MAX_NAMES else ""
        yield f"{file}: plain passwords, for development only: {names}{more}"


def _listener_faults(config: Config) -> Iterator[Fault]:
    listen = config.listen
    places: list[tuple[KeyPath, object]] = [
        (("listen", kind, index), address)
        for kind, addresses in (("tls", listen.tls), ("plain", listen.plain))
        for index, address in enumerate(addresses)
        if address.port
    ]
    if listen.admin is not None and listen.admin.port:
        places.append((("listen", "admin"), listen.admin))
    seen: set[object] = set()
    for path, address in places:
        if address in seen:
            expected = "an address that no other listener has"
            yield Fault(path, expected, show(str(address)), rests_on=(("listen",),))
        seen.add(address)


def _file_faults(config: Config) -> Iterator[Fault]:
    if config.tls is not None:
        trouble = key_pair_trouble(config.tls.certificate, config.tls.private_key)
        if trouble is not None:
            yield Fault(
                ("tls", "private_key"),
                "the private key of tls.certificate",
                trouble,
                rests_on=(("tls", "certificate"), ("tls", "private_key")),
            )
        if config.tls.client_ca is not None and (trouble := ca_trouble(config.tls.client_ca)):
            yield Fault(("tls", "client_ca"), "certificates of authorities", trouble)
    if config.platform.ca_file is not None and (trouble := ca_trouble(config.platform.ca_file)):
        yield Fault(("platform", "ca_file"), "certificates of authorities", trouble)


def _verifies_clients(config: Config) -> bool:
    return config.tls is not None and config.tls.client_ca is not None


def _certificate_faults(account: Account, path: KeyPath) -> Iterator[Fault]:
    for key in ("client_certificate_names", "client_certificate_fingerprints"):
        if getattr(account, key):
            yield Fault(
                (*path, key),
                "tls.client_ca to verify client certificates with",
                "none, so that nobody could bind",
                rests_on=(("tls", "client_ca"),),
            )


def _production_faults(config: Config, document: Document) -> Iterator[Fault]:
    if config.listen.tls and "tls" not in document.table:
        yield Fault(
            ("tls",),
            "certificate and private_key (production)",
            "nothing, which means a development certificate",
            rests_on=(("tls",), ("listen", "tls")),
        )
    if config.platform.kind is PlatformKind.SIMULATOR:
        yield Fault(("platform", "kind"), '"http" (production)', '"simulator"')
    urls = {
        ("platform", name): getattr(config.platform, name)
        for name in ("url", "regions_url", "history_url")
    }
    if config.directory is not None:
        urls["directory", "url"] = config.directory.url
    for path, url in urls.items():
        if not url.lower().startswith("https://"):
            yield Fault(path, "an https:// URL (production)", "an http:// one")


def _place(name: PlacedName) -> str:
    line = name.document.lines.get(name.path)
    where = str(name.document.path)
    return where if line is None else f"{where}:{line}"
