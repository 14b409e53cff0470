"""The examples in README and docs run, their settings are real, their links lead somewhere."""

from __future__ import annotations

import inspect
import re
import tomllib
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from otpblue_trio.cli import main
from otpblue_trio.config import Account, Limits
from otpblue_trio.config.model import settings_of
from otpblue_trio.config.structuring import SECTIONS
from otpblue_trio.policy import Reason, verdict

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


EXAMPLES = [(page, block) for page in PAGES for block in blocks(page, "python")]
SETTINGS = [(page, block) for page in PAGES for block in blocks(page, "toml")]


@pytest.mark.parametrize(("page", "block"), EXAMPLES, ids=[page.name for page, _ in EXAMPLES])
def test_every_python_example_is_a_passing_test(page: Path, block: str) -> None:
    namespace: dict[str, object] = {}
    exec(compile(block, str(page), "exec"), namespace)  # noqa: S102  our own page
    tests = [
        value
        for name, value in namespace.items()
        if name.startswith("test_") and inspect.iscoroutinefunction(value)
    ]
    assert tests
    for test in tests:
        clock = MockClock(autojump_threshold=0)
        trio.run(test, clock, clock=clock)


@pytest.mark.parametrize(("page", "block"), SETTINGS, ids=[page.name for page, _ in SETTINGS])
def test_every_setting_in_an_example_exists(page: Path, block: str) -> None:
    sections = {**SECTIONS, "defaults": Account, "accounts": Account}
    for section, settings in tomllib.loads(block).items():
        for table in settings if isinstance(settings, list) else [settings]:
            assert table.keys() <= settings_of(sections[section]).keys()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_readme_names_every_command() -> None:
    readme = (ROOT / "README.md").read_text()
    for command in main.commands:
        assert f"otpblue-trio {command}" in readme, command


def test_readme_names_the_limits_as_they_are() -> None:
    readme = (ROOT / "README.md").read_text()
    limits = Limits()
    for row in (
        f"| {limits.max_connections} / {limits.max_connections_per_address} |",
        f"| {limits.pre_bind_timeout:.0f} s |",
        f"| {limits.inactivity_timeout:.0f} s |",
        f"| {limits.max_session_duration / 3600:.0f} h |",
        f"| {limits.max_in_flight_per_session} / {limits.max_in_flight_per_account} |",
        f"blocked for {limits.bind_block_duration / 60:.0f} min | "
        f"{limits.bind_failures_before_block} |",
    ):
        assert row in readme, row


def test_readme_names_every_status_that_a_message_or_a_bind_can_get() -> None:
    readme = (ROOT / "README.md").read_text()
    for reason in Reason:
        status = verdict(reason).command_status
        assert f"`{status.name}` | 0x{status:02X}" in readme, reason
