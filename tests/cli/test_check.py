"""`check`: every problem, once, with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result


def test_a_good_configuration_is_ok(run: Callable[..., Result], config: Path) -> None:
    result = run("check", "config.toml")
    assert result.exit_code == 0
    assert result.stdout == "config.toml: ok, 1 account\n"


def test_config_toml_is_the_one_that_is_meant(run: Callable[..., Result], config: Path) -> None:
    assert run("check").stdout == "config.toml: ok, 1 account\n"


def test_every_problem_is_told(run: Callable[..., Result], config: Path) -> None:
    config.write_text(
        """\
environment = "prod"
[limits]
max_connections = 0
inactivty_timeout = "90s"
[[accounts]]
system_id = "far-too-long-a-name"
api_key = { env = "NO_SUCH_VARIABLE" }
"""
    )
    result = run("check")
    assert (result.exit_code, result.stdout) == (2, "")
    lines = result.stderr.splitlines()
    assert [line.split(": expected")[0] for line in lines] == [
        "config.toml:1: environment",
        "config.toml:3: limits.max_connections",
        "config.toml:4: limits.inactivty_timeout",
        "config.toml:5: accounts[0].password",
        "config.toml:6: accounts[0].system_id",
        "config.toml:7: accounts[0].api_key",
    ]


def test_warnings_do_not_fail(run: Callable[..., Result], config: Path) -> None:
    (config.parent / "accounts.toml").write_text(
        '[[accounts]]\nsystem_id = "other"\npassword = "plain"\napi_key = "key"\n'
    )
    result = run("check")
    assert result.exit_code == 0
    assert "warning: " in result.stderr
    assert "plain passwords, for development only: other" in result.stderr


def test_production_refuses_the_development_certificate(
    run: Callable[..., Result], config: Path
) -> None:
    text = config.read_text().replace("tls = []", 'tls = ["127.0.0.1:0"]')
    config.write_text('environment = "production"\n' + text)
    result = run("check")
    assert result.exit_code == 2
    assert "nothing, which means a development certificate" in result.stderr
