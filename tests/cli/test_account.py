"""`account`: the accounts file is changed as a whole or not at all, and config.toml never."""

from __future__ import annotations

import os
import stat
import tomllib
from typing import TYPE_CHECKING, Any

import bcrypt
import pytest
import trustme

from otpblue_trio.config import load_config
from otpblue_trio.policy import verify_password

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

KEY = {"ACME_KEY": "key-of-acme"}


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash as ever, at the lowest cost: these tests make many."""

    def hashed(password: str) -> str:
        return bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()

    monkeypatch.setattr("otpblue_trio.cli.account.hash_password", hashed)


@pytest.fixture
def account(run: Callable[..., Result], config: Path) -> Callable[..., Result]:
    """Run an `account` command; config.toml must be the same afterwards, and nothing left over."""
    before = config.read_bytes()

    def account(*arguments: str, stdin: str = "") -> Result:
        result = run("account", *arguments, stdin=stdin, env=KEY)
        assert config.read_bytes() == before
        assert {path.name for path in config.parent.iterdir()} <= {
            "config.toml",
            "accounts.toml",
            "acme.key",
            "keys",
        }
        return result

    return account


@pytest.fixture
def acme(account: Callable[..., Result]) -> Result:
    """What adding the account `acme` said."""
    result = account("add", "acme", "--api-key-env", "ACME_KEY")
    assert result.exit_code == 0
    return result


def written(config: Path) -> list[dict[str, Any]]:
    accounts = tomllib.loads((config.parent / "accounts.toml").read_text())["accounts"]
    assert isinstance(accounts, list)
    return accounts


def printed_password(result: Result) -> str:
    [line] = [line for line in result.stdout.splitlines() if line.startswith("password:")]
    return line.split()[1]


# ---------------------------------------------------------------------- add


def test_an_added_account_is_in_the_accounts_file(acme: Result, config: Path) -> None:
    [account] = written(config)
    assert set(account) == {"system_id", "password", "api_key"}
    assert account["system_id"] == "acme"
    assert account["api_key"] == {"env": "ACME_KEY"}
    loaded = load_config(config, env=KEY).accounts
    assert [each.system_id for each in loaded] == ["demo", "acme"]
    assert loaded[1].api_key == "key-of-acme"


def test_its_password_is_printed_once_and_kept_as_a_hash(acme: Result, config: Path) -> None:
    password = printed_password(acme)
    assert len(password) == 8
    assert acme.output.count(password) == 1
    assert password not in (config.parent / "accounts.toml").read_text()
    assert verify_password(written(config)[0]["password"], password)


def test_the_operator_is_told_how_to_apply_it(acme: Result) -> None:
    assert "SIGHUP" in acme.stdout
    assert "without ACME_KEY in its environment needs a restart" in acme.stdout


def test_the_accounts_file_is_for_those_who_read_the_configuration(
    acme: Result, config: Path
) -> None:
    assert stat.S_IMODE((config.parent / "accounts.toml").stat().st_mode) == 0o600


def test_every_setting_can_be_said(account: Callable[..., Result], config: Path) -> None:
    result = account(
        "add", "acme", "--api-key-env=ACME_KEY", "--tps=unlimited", "--max-sessions=3",
        "--allowed-ip=192.0.2.7", "--allowed-ip=10.0.0.0/8", "--sender=Acme", "--language=fr",
        "--default-region=US", "--region=US", "--region=GB", "--failure-mode=receipt_only",
        "--message-id-format=short", "--disabled",
    )  # fmt: skip
    assert result.exit_code == 0
    [account_written] = written(config)
    del account_written["password"]
    assert account_written == {
        "system_id": "acme",
        "api_key": {"env": "ACME_KEY"},
        "tps": "unlimited",
        "max_sessions": 3,
        "allowed_ips": ["192.0.2.7", "10.0.0.0/8"],
        "default_sender": "Acme",
        "language": "fr",
        "default_region": "US",
        "regions": ["US", "GB"],
        "failure_mode": "receipt_only",
        "message_id_format": "short",
        "enabled": False,
    }


def test_client_certificates_can_be_said(
    run: Callable[..., Result], config: Path, folder: Path
) -> None:
    ca = trustme.CA()
    ca.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path("server.pem")
    ca.cert_pem.write_to_path("ca.pem")
    tls = '[tls]\ncertificate = "server.pem"\nprivate_key = "server.pem"\nclient_ca = "ca.pem"\n'
    config.write_text(config.read_text() + tls)
    fingerprint = ":".join(["AB"] * 32)
    result = run(
        "account", "add", "acme", "--api-key-env=ACME_KEY", "--certificate-name=SMPP.Acme.example",
        "--certificate-name=acme", f"--certificate-fingerprint={fingerprint}", env=KEY,
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    added = load_config(config, env=KEY).accounts[-1]
    assert added.client_certificate_names == ("smpp.acme.example", "acme")
    assert added.client_certificate_fingerprints == ("ab" * 32,)


@pytest.mark.parametrize(("said", "meant"), [("20", 20), ("0.5", 0.5), ("0", 0)])
def test_tps_may_be_any_number(
    account: Callable[..., Result], config: Path, said: str, meant: float
) -> None:
    account("add", "acme", "--api-key-env=ACME_KEY", f"--tps={said}")
    assert written(config)[0]["tps"] == meant


@pytest.mark.parametrize(
    ("option", "setting"),
    [
        ("--tps=-1", "tps"),
        ("--tps=many", "tps"),
        ("--tps=nan", "tps"),
        ("--max-sessions=0", "max_sessions"),
        ("--allowed-ip=everywhere", "allowed_ips[0]"),
        ("--sender=a brand with a long name", "default_sender"),
        ("--language=xx", "language"),
        ("--region=XX", "regions[0]"),
        ("--api-key-env=NO_SUCH_VARIABLE", "api_key"),
    ],
)
def test_a_bad_value_changes_nothing(
    acme: Result, account: Callable[..., Result], config: Path, option: str, setting: str
) -> None:
    before = written(config)
    result = account("add", "other", "--api-key-env=ACME_KEY", option)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"accounts.toml: accounts[1].{setting}: expected " in result.stderr
    assert written(config) == before


@pytest.mark.parametrize("name", ["", "sixteen-letters-", "ümlaut"])
def test_a_bad_name_changes_nothing(
    account: Callable[..., Result], config: Path, name: str
) -> None:
    result = account("add", name, "--api-key-env=ACME_KEY")
    assert result.exit_code == 2
    assert "accounts[0].system_id: expected " in result.stderr
    assert not (config.parent / "accounts.toml").exists()


@pytest.mark.parametrize("arguments", [["\udcff"], ["acme", "--sender=\udcff"]])
def test_an_argument_that_is_no_text_is_wrong_usage(
    account: Callable[..., Result], arguments: list[str]
) -> None:
    result = account("add", *arguments, "--api-key-env=ACME_KEY")
    assert result.exit_code == 2
    assert "an argument is not valid UTF-8" in result.stderr


@pytest.mark.parametrize("name", ["demo", "acme"])
def test_a_name_that_is_taken_is_refused(
    acme: Result, account: Callable[..., Result], config: Path, name: str
) -> None:
    result = account("add", name, "--api-key-env=ACME_KEY")
    assert result.exit_code == 1
    assert result.stderr == f'otpblue-trio: there is an account "{name}" already\n'
    assert len(written(config)) == 1


def test_the_key_may_stand_in_a_file_named_from_the_shell_s_folder(
    account: Callable[..., Result], config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (config.parent / "keys").mkdir()
    (config.parent / "keys" / "acme").write_text("key-in-a-file\n")
    monkeypatch.chdir(config.parent / "keys")
    assert account("add", "acme", "-c", "../config.toml", "--api-key-file=acme").exit_code == 0
    assert written(config)[0]["api_key"] == {"file": "keys/acme"}
    assert load_config(config, env={}).accounts[1].api_key == "key-in-a-file"


def test_a_systemd_credential_stays_one(
    account: Callable[..., Result], config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (config.parent / "keys").mkdir()
    (config.parent / "keys" / "acme").write_text("key-in-a-file\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(config.parent / "keys"))
    path = "$CREDENTIALS_DIRECTORY/acme"
    assert account("add", "acme", f"--api-key-file={path}").exit_code == 0
    assert written(config)[0]["api_key"] == {"file": path}


def test_the_password_may_be_piped(account: Callable[..., Result], config: Path) -> None:
    result = account(
        "add", "acme", "--api-key-env=ACME_KEY", "--password-stdin", stdin="hunter22\n"
    )
    assert result.exit_code == 0
    assert "hunter22" not in result.output
    assert verify_password(written(config)[0]["password"], "hunter22")


@pytest.mark.parametrize("password", ["", "\n", "ninechars\n", "ümlaut\n"])
def test_a_password_that_smpp_cannot_carry_is_refused(
    account: Callable[..., Result], config: Path, password: str
) -> None:
    result = account("add", "acme", "--api-key-env=ACME_KEY", "--password-stdin", stdin=password)
    assert result.exit_code == 2
    assert "SMPP 3.4 takes 1 to 8 printable ASCII characters" in result.stderr
    assert not (config.parent / "accounts.toml").exists()


def test_a_key_that_cannot_be_asked_for_is_wrong_usage(account: Callable[..., Result]) -> None:
    result = account("add", "acme")
    assert result.exit_code == 2
    assert "use --api-key-env or --api-key-file" in result.stderr


def test_two_places_for_the_key_are_wrong_usage(account: Callable[..., Result]) -> None:
    assert account("add", "acme", "--api-key-env=A", "--api-key-file=b").exit_code == 2


def test_a_configuration_without_an_accounts_file_is_told_which_line_to_add(
    run: Callable[..., Result], config: Path
) -> None:
    config.write_text(config.read_text().replace("accounts_file", "# accounts_file"))
    result = run("account", "add", "acme", "--api-key-env=ACME_KEY", env=KEY)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "config.toml names no accounts file; add this line above its first [section]:\n"
        'accounts_file = "accounts.toml"\n'
    )


@pytest.mark.parametrize("command", [["add", "a"], ["disable", "a"], ["list"]])
def test_a_configuration_with_problems_tells_them(
    run: Callable[..., Result], config: Path, command: list[str]
) -> None:
    config.write_text("nonsense = 1\n" + config.read_text())
    result = run("account", *command)
    assert result.exit_code == 2
    assert result.stderr.startswith("config.toml:1: nonsense: expected a setting that exists")


@pytest.mark.parametrize("command", [["add", "a"], ["remove", "a", "--yes"], ["list"]])
def test_a_missing_configuration_is_told_in_one_line(
    run: Callable[..., Result], command: list[str]
) -> None:
    result = run("account", *command)
    assert result.exit_code in (1, 2)
    [line] = result.stderr.splitlines()
    assert "config.toml" in line


def test_commands_at_once_lose_nothing(
    start: Callable[..., subprocess.Popen[str]], config: Path
) -> None:
    names = ["one", "two", "three"]
    processes = [
        start("account", "add", name, "--api-key-env=ACME_KEY", env={**os.environ, **KEY})
        for name in names
    ]
    for process in processes:
        with process:
            _, stderr = process.communicate(timeout=60)
            assert (process.returncode, stderr) == (0, "")
    assert sorted(account["system_id"] for account in written(config)) == sorted(names)


# ---------------------------------------------------------------------- list


def test_the_list_has_every_account_and_where_it_is_from(
    account: Callable[..., Result], config: Path
) -> None:
    account("add", "acme", "--api-key-env=ACME_KEY", "--tps=0.5", "--allowed-ip=192.0.2.7")
    account("add", "b", "--api-key-env=ACME_KEY", "--tps=unlimited", "--disabled")
    result = account("list")
    assert result.exit_code == 0
    rows = [line.split() for line in result.stdout.splitlines()]
    file = str(config.parent / "accounts.toml")
    assert rows == [
        ["system_id", "enabled", "tps", "sessions", "allowed", "from"],
        ["demo", "yes", "50", "10", "any", "config.toml"],
        ["acme", "yes", "0.5", "10", "192.0.2.7", file],
        ["b", "no", "unlimited", "10", "any", file],
    ]


def test_the_list_shows_no_secrets(acme: Result, account: Callable[..., Result]) -> None:
    output = account("list").output
    assert "$2b$" not in output
    assert "key" not in output


def test_the_list_needs_no_accounts_file(run: Callable[..., Result], config: Path) -> None:
    config.write_text(config.read_text().replace("accounts_file", "# accounts_file"))
    assert run("account", "list").stdout.splitlines()[1].split()[0] == "demo"


# ---------------------------------------------------------------------- changes


def test_an_account_can_be_disabled_and_enabled(
    acme: Result, account: Callable[..., Result], config: Path
) -> None:
    assert account("disable", "acme").exit_code == 0
    assert written(config)[0]["enabled"] is False
    result = account("enable", "acme")
    assert result.exit_code == 0
    assert "SIGHUP" in result.stdout
    assert written(config)[0]["enabled"] is True


def test_a_new_password_takes_the_old_one_s_place(
    acme: Result, account: Callable[..., Result], config: Path
) -> None:
    result = account("passwd", "acme")
    stored = written(config)[0]["password"]
    assert verify_password(stored, printed_password(result))
    assert not verify_password(stored, printed_password(acme))


def test_a_new_password_may_be_piped(
    acme: Result, account: Callable[..., Result], config: Path
) -> None:
    result = account("passwd", "acme", "--password-stdin", stdin="hunter22")
    assert "password:" not in result.stdout
    assert verify_password(written(config)[0]["password"], "hunter22")


def test_a_removed_account_is_gone(
    acme: Result, account: Callable[..., Result], config: Path
) -> None:
    account("add", "other", "--api-key-env=ACME_KEY")
    assert account("remove", "acme", "--yes").exit_code == 0
    assert [each["system_id"] for each in written(config)] == ["other"]


def test_the_last_account_can_be_removed(
    acme: Result, account: Callable[..., Result], config: Path
) -> None:
    assert account("remove", "acme", "--yes").exit_code == 0
    assert written(config) == []


def test_removing_asks_first(acme: Result, account: Callable[..., Result], config: Path) -> None:
    result = account("remove", "acme")
    assert result.exit_code == 2
    assert "there is no terminal to ask on: say --yes" in result.stderr
    assert len(written(config)) == 1


@pytest.mark.parametrize("command", [["disable"], ["enable"], ["passwd"], ["remove", "--yes"]])
def test_an_account_of_config_toml_is_left_to_the_operator(
    account: Callable[..., Result], command: list[str]
) -> None:
    result = account(*command, "demo")
    assert result.exit_code == 1
    assert result.stderr == (
        'otpblue-trio: the account "demo" stands in config.toml, which this command never writes: '
        "change it there\n"
    )


@pytest.mark.parametrize("command", [["disable"], ["enable"], ["passwd"], ["remove", "--yes"]])
def test_an_unknown_account_is_told(
    acme: Result, account: Callable[..., Result], command: list[str]
) -> None:
    result = account(*command, "nobody")
    assert result.exit_code == 1
    assert 'there is no account "nobody" in ' in result.stderr


def test_an_account_is_found_by_the_name_that_a_reference_stands_for(
    run: Callable[..., Result], config: Path
) -> None:
    (config.parent / "accounts.toml").write_text(
        '[[accounts]]\nsystem_id = { env = "NAME" }\npassword = "plain"\napi_key = "key"\n'
    )
    assert run("account", "disable", "acme", env={"NAME": "acme"}).exit_code == 0
    [account] = written(config)
    assert account["system_id"] == {"env": "NAME"}
    assert account["enabled"] is False
