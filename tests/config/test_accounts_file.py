from __future__ import annotations

import math
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from otpblue_trio.config import Config, ConfigError, read_accounts_table, write_accounts

if TYPE_CHECKING:
    from collections.abc import Callable

ACCOUNTS: list[dict[str, object]] = [
    {"system_id": "one", "password": "p'\"\\\n", "api_key": {"env": "KEY"}, "tps": "unlimited"},
    {"system_id": "two", "password": "p", "api_key": "k", "allowed_ips": ["10.0.0.0/8"]},
]


def test_accounts_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "accounts.toml"
    write_accounts(path, ACCOUNTS)
    assert read_accounts_table(path) == ACCOUNTS
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_written_accounts_can_be_loaded(folder: Path, load: Callable[[str], Config]) -> None:
    write_accounts(folder / "accounts.toml", ACCOUNTS[1:])
    config = load('accounts_file = "accounts.toml"\n')
    assert [account.system_id for account in config.accounts] == ["two"]


def test_no_account_can_be_written(tmp_path: Path) -> None:
    write_accounts(tmp_path / "accounts.toml", [])
    assert read_accounts_table(tmp_path / "accounts.toml") == []


def test_a_missing_file_has_no_accounts(tmp_path: Path) -> None:
    assert read_accounts_table(tmp_path / "none.toml") == []


def test_a_value_that_toml_lacks_leaves_the_old_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "accounts.toml"
    write_accounts(path, ACCOUNTS)
    with pytest.raises(TypeError):
        write_accounts(path, [{"system_id": None}])
    assert read_accounts_table(path) == ACCOUNTS


def test_a_number_without_end_can_be_written(tmp_path: Path) -> None:
    write_accounts(tmp_path / "accounts.toml", [{"tps": math.inf}])
    assert read_accounts_table(tmp_path / "accounts.toml") == [{"tps": math.inf}]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("accounts = 5", "1: accounts: expected an array of tables, [[accounts]], found 5"),
        ("accounts = [5]", "1: accounts[0]: expected a table, found 5"),
        ("[listen]", "1: listen: expected nothing but [[accounts]], found another setting"),
        ("[[accounts]", "1: expected valid TOML at column 11, "),
    ],
)
def test_another_content_is_told(text: str, said: str, folder: Path) -> None:
    path = Path("accounts.toml")
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_accounts_table(path)
    assert str(caught.value).startswith(f"accounts.toml:{said}")
