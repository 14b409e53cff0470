"""The examples in README and docs run, their settings are real, their links lead somewhere."""

from __future__ import annotations

import inspect
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import pytest
import trio
from trio.testing import MockClock

from otpblue_trio.cli import main
from otpblue_trio.config import Account, Config, Limits, documents
from otpblue_trio.config.model import settings_of
from otpblue_trio.config.structuring import SECTIONS
from otpblue_trio.ops import AdminServer, Feed, LogWriter, Metrics, admin, log_format, log_lines
from otpblue_trio.ops.log_repeat import RepeatGate
from otpblue_trio.policy import (
    MAX_MESSAGE_OCTETS,
    BindGate,
    CodeFinder,
    PartStore,
    PasswordCache,
    Reason,
    verdict,
)
from otpblue_trio.runtime import (
    accounts,
    connection,
    direct_reading,
    gateway,
    messages,
    proxy_protocol,
)
from otpblue_trio.smpp import CommandStatus
from otpblue_trio.store import journal, store, writer
from otpblue_trio.upstream import AccountDirectory, ControlPlane, http_answer, http_request

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def default_of(function: Callable[..., object], argument: str) -> object:
    """Return what an argument is when nobody says."""
    return inspect.signature(function).parameters[argument].default


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


def bounds() -> list[tuple[str, str]]:
    """Return what is bounded and by what: the table of docs/operations.md."""
    page = (ROOT / "docs" / "operations.md").read_text()
    table = page.partition("\n## Bounds\n")[2].partition("\n## ")[0]
    rows = [line.split("|")[1:3] for line in table.splitlines() if line.startswith("| ")]
    return [(what.strip(), bound.strip()) for what, bound in rows[1:]]


def test_bounds_by_a_setting_are_its_default() -> None:
    text = "\n".join(bound for _, bound in bounds())
    named = re.findall(r"`(\w+)\.(\w+)` ([0-9]+)", text)
    assert len(named) >= 15
    for section, name, value in named:
        assert getattr(getattr(Config(), section), name) == int(value), name
    listed = {name for section, name, _ in named if section == "limits"}
    # The table names every limit, some of them as what happens at another one.
    page = (ROOT / "docs" / "operations.md").read_text()
    for field in attrs.fields(Limits):
        assert field.name in listed or f"`limits.{field.name}`" in page, field.name


CONSTANTS = {
    "a PROXY header": (
        f"{proxy_protocol._MAX_V1_OCTETS} octets (version 1), "
        f"{16 + proxy_protocol.MAX_V2_ADDRESS_OCTETS} (version 2)"
    ),
    "octets read and not looked at": f"one read ({connection._READ_OCTETS})",
    "answers that a peer does not read": (
        f"{direct_reading.MAX_OUTGOING_OCTETS} octets, "
        f"{connection._MAX_OUTGOING_OCTETS_UNBOUND} before the bind"
    ),
    "addresses remembered for failed binds": f"{default_of(BindGate, 'max_addresses')}",
    "a message, its parts together": f"{MAX_MESSAGE_OCTETS} octets",
    "parts of long messages that wait": (
        f"{default_of(PartStore, 'max_parts_per_account')} of an account, "
        f"{default_of(PartStore, 'max_parts')} in all, {default_of(PartStore, 'time_limit'):.0f} s"
    ),
    "parts remembered as refused": f"{default_of(PartStore, 'max_remembered')}, ",
    "delivered messages that answer their repetitions": f"{messages._MAX_REMEMBERED}, ",
    "receipts that wait": f"{gateway._MAX_WAITING_RECEIPTS} of an account",
    "final states for `query_sm`": f"{accounts._MAX_FINAL_STATES} of an account",
    "message templates whose decision is remembered": f"{default_of(CodeFinder, 'cache_entries')}",
    "accounts remembered from the directory; names that it does not know": (
        f"{default_of(AccountDirectory, 'max_accounts')} each"
    ),
    "right passwords remembered (as keyed digests)": (
        f"{default_of(PasswordCache, 'max_accounts')}"
    ),
    "an answer of the platform": (
        f"{http_answer.MAX_BODY_OCTETS} octets of body, {http_answer.MAX_ANSWER_OCTETS} in all"
    ),
    "request heads kept": f"{http_request._MAX_HEADS} keys",
    "the journal of the store": f"two files of {journal._SEGMENT_OCTETS} octets",
    "records that wait for the store": f"{writer._MAX_WAITING}, ",
    "done receipts that wait for the store": f"{store._MAX_DONE}",
    "entries of the log that wait to be written": f"{default_of(LogWriter, 'capacity')}",
    "lines of one kind that strangers cause": (
        f"{log_lines._STRANGERS_PER_SECOND} a second, {default_of(RepeatGate, 'max_keys')} kinds"
    ),
    "tracebacks of one place in the code": (
        f"{log_format._TRACEBACKS} in {log_format._TRACEBACK_PERIOD:.0f} s"
    ),
    "accounts with metrics of their own": f"{default_of(Metrics, 'max_accounts')}",
    "connections to the admin port": (
        f"{default_of(AdminServer, 'max_connections')}, {admin._MAX_HEAD_OCTETS} octets and "
        f"{default_of(AdminServer, 'request_timeout'):.0f} s"
    ),
    "clients of the feed": f"{default_of(Feed, 'max_clients')}",
    "an answer of the control plane": f"{default_of(ControlPlane, 'max_octets')} octets",
    "config.toml": f"{documents._MAX_OCTETS} octets",
}
"""What is bounded by a number in the code, and how the table says so."""


def test_bounds_by_a_constant_are_what_the_code_has() -> None:
    table = dict(bounds())
    for what, said in CONSTANTS.items():
        assert table[what].startswith(said), what
    by_setting = {what for what, bound in table.items() if re.match(r"`\w+(\.\w+)?` ", bound)}
    assert table.keys() - CONSTANTS.keys() - by_setting == {"password checks"}


def test_readme_names_every_status_that_a_message_or_a_bind_can_get() -> None:
    readme = (ROOT / "README.md").read_text()
    for reason in Reason:
        status = CommandStatus(verdict(reason).command_status)
        assert f"`{status.name}` | 0x{status:02X}" in readme, reason
