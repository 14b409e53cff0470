from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from otpblue_trio.config import (
    Account,
    Config,
    Environment,
    PlatformKind,
    load_config,
    shipped_config,
    starter_config,
)
from otpblue_trio.config.model import settings_of
from otpblue_trio.config.structuring import SECTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
HASH = "$2b$04$uf/zS8wX2UQzqGpfMS3x4eDFUJ.a.AtTAqsGqvYHLxJLPUgCQx4Qa"

TEXTS = {
    "shipped": shipped_config(),
    "simulator": starter_config(password_hash=HASH),
    "http": starter_config(password_hash=HASH, platform=PlatformKind.HTTP),
}


@pytest.fixture(params=TEXTS)
def text(request: pytest.FixtureRequest) -> str:
    return TEXTS[request.param]


def _uncommented(text: str) -> str:
    """Turn every setting that stands in a comment into one."""
    return re.sub(r"(?m)^# (\[\w+\]|\w+ = .*)$", r"\1", text)


def test_the_shipped_file_is_what_the_settings_give() -> None:
    # Write it anew after a change of the settings:
    # python -c 'from otpblue_trio.config import *; print(shipped_config(), end="")' > config.toml
    assert (ROOT / "config.toml").read_text(encoding="utf-8") == shipped_config()


def test_the_shipped_file_runs_as_it_is() -> None:
    config = load_config(ROOT / "config.toml", env={})
    assert config.environment is Environment.DEVELOPMENT
    assert config.platform.kind is PlatformKind.SIMULATOR
    assert [account.system_id for account in config.accounts] == ["demo", "acme"]
    assert all(len(account.password) <= 8 for account in config.accounts)
    assert config.warnings == (
        f"{ROOT}/config.toml: plain passwords, for development only: demo, acme",
    )


@pytest.mark.parametrize("platform", list(PlatformKind))
def test_a_starter_loads_without_problems_or_warnings(
    platform: PlatformKind, tmp_path: Path, hashed: str
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(starter_config(password_hash=hashed, platform=platform, system_id="acme"))
    config = load_config(path, env={"OTPBLUE_API_KEY": "key"})
    assert config.warnings == ()
    assert config.platform.kind is platform
    (account,) = config.accounts
    assert (account.system_id, account.password) == ("acme", hashed)


def test_an_odd_name_cannot_break_the_text(load: Callable[[str], Config]) -> None:
    config = load(starter_config(password_hash=HASH, system_id='a"\\b'))
    assert config.accounts[0].system_id == 'a"\\b'


def test_only_what_is_chosen_differs_from_the_defaults(load: Callable[[str], Config]) -> None:
    config, plain = load(TEXTS["simulator"]), load("")
    for section in SECTIONS:
        assert getattr(config, section) == getattr(plain, section)


def test_every_setting_stands_in_the_text_as_toml(text: str) -> None:
    table = tomllib.loads(_uncommented(text))
    for name, section in SECTIONS.items():
        assert list(table[name]) == list(settings_of(section))
    assert {*table["defaults"], *table["accounts"][0]} == set(settings_of(Account))
    assert set(settings_of(Config)) <= table.keys()


def test_every_setting_shown_can_be_used(
    text: str, folder: Path, pem_pair: tuple[Path, Path]
) -> None:
    whole = _uncommented(text)
    # These name files that an installation has and a test has not.
    certificate, key = pem_pair
    for name, file in (
        ("certificate", certificate),
        ("private_key", key),
        ("client_ca", certificate),
    ):
        whole = re.sub(rf"(?m)^{name} = .*$", f'{name} = "{file}"', whole)
    path = folder / "config.toml"
    path.write_text(whole.replace("$2b$12$...", HASH))
    env = dict.fromkeys(("OTPBLUE_API_KEY", "OTPBLUE_REGIONS_KEY", "OTPBLUE_DIRECTORY_KEY"), "k")
    config = load_config(path, env=env)
    assert config.directory is not None
    assert config.defaults.client_certificate_names == ("smpp.client.example",)
    assert config.defaults.code_patterns == ("PIN=([0-9]{4,10})",)


def test_no_line_is_longer_than_a_hundred_characters(text: str) -> None:
    assert max(len(line) for line in text.splitlines()) <= 100
