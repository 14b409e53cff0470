from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from otpblue_trio.config import (
    Account,
    Config,
    Directory,
    Environment,
    Limits,
    Listen,
    Log,
    LogFormat,
    LogLevel,
    Platform,
    Store,
    Tls,
    changes_needing_restart,
)

ACCOUNT = Account(system_id="demo", password="pw", api_key="k")
DIRECTORY = Directory(url="https://x", key="k")
TLS = Tls(certificate=Path("a"), private_key=Path("b"))


@pytest.mark.parametrize(
    "changed",
    [
        Config(),
        Config(accounts=(ACCOUNT,)),
        Config(defaults=attrs.evolve(ACCOUNT, tps=5.0)),
        Config(accounts_file=Path("accounts.toml")),
        Config(tls=TLS),
        Config(log=Log(level=LogLevel.DEBUG)),
        Config(warnings=("one",)),
    ],
)
def test_a_reload_applies_these(changed: Config) -> None:
    assert changes_needing_restart(Config(), changed) == ()


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        (Config(environment=Environment.PRODUCTION), ("environment",)),
        (Config(listen=Listen(plain=(), tls=())), ("listen.tls",)),
        (Config(limits=Limits(max_connections=5)), ("limits.max_connections",)),
        (Config(platform=Platform(timeout=5.0)), ("platform.timeout",)),
        (Config(store=Store(path=None)), ("store.path",)),
        (Config(log=Log(format=LogFormat.JSON, level=LogLevel.ERROR)), ("log.format",)),
        (Config(directory=DIRECTORY), ("directory",)),
        (
            Config(listen=Listen(admin=None), platform=Platform(timeout=5.0), accounts=(ACCOUNT,)),
            ("listen.admin", "platform.timeout"),
        ),
    ],
)
def test_a_change_that_waits_for_a_restart_is_named(
    changed: Config, named: tuple[str, ...]
) -> None:
    assert changes_needing_restart(Config(), changed) == named
    assert changes_needing_restart(changed, Config()) == named


def test_a_changed_key_of_the_directory_is_named_and_not_shown() -> None:
    old = Config(directory=DIRECTORY)
    new = Config(directory=attrs.evolve(DIRECTORY, key="sesame"))
    assert changes_needing_restart(old, new) == ("directory.key",)


def test_new_certificate_paths_are_applied() -> None:
    new = Config(tls=attrs.evolve(TLS, certificate=Path("c")))
    assert changes_needing_restart(Config(tls=TLS), new) == ()
