"""Whose history is asked for, and with which key."""

from __future__ import annotations

import socket
from functools import partial
from random import Random
from typing import TYPE_CHECKING

import attrs
import orjson
import pytest
import trio
from tests.cli.conftest import write_cdrs

from otpblue_trio.app import Finding, epoch_seconds, reconcile, wall_clock
from otpblue_trio.app.fates import SLACK
from otpblue_trio.config import Config, Directory, Platform, PlatformKind
from otpblue_trio.policy import Account
from otpblue_trio.testing import cdr_entry
from otpblue_trio.upstream import SimulatorSite, serve_simulator
from otpblue_trio.upstream.simulator_site import SiteAnswer, SiteRequest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from otpblue_trio.store import CdrEntry

HISTORY = "/imsg/api/v1/otp/history/requests/"


class Site(SimulatorSite):
    """A platform and directory that notes which keys asked for the history."""

    def __init__(self) -> None:
        entry = {"systemId": "dir", "password": "secret", "apiKey": "dir-key"}
        super().__init__(random=Random(1), wall_clock=wall_clock, accounts={"dir": entry})
        self.keys: list[str] = []

    def answer(self, request: SiteRequest) -> SiteAnswer:
        if request.target.startswith(HISTORY):
            self.keys.append(request.headers["authorization"])
        return super().answer(request)


@pytest.fixture
async def served() -> AsyncIterator[tuple[Site, Config]]:
    """The site on a loopback port, and a configuration that has it for platform and directory."""
    site = Site()
    async with trio.open_nursery() as nursery:
        host, port = await nursery.start(partial(serve_simulator, site, host="127.0.0.1", port=0))
        base = f"http://{host}:{port}"
        yield (
            site,
            Config(
                platform=Platform(kind=PlatformKind.HTTP, history_url=base + HISTORY),
                directory=Directory(url=base, key="directory-key"),
                accounts=tuple(
                    Account(system_id=name, password="secret", api_key=key)
                    for name, key in (("a", "shared"), ("b", "shared"), ("c", "own"))
                ),
            ),
        )
        nursery.cancel_scope.cancel()


def unknown(system_id: str) -> CdrEntry:
    return cdr_entry(
        time=epoch_seconds() - SLACK,
        system_id=system_id,
        reason="platform_timeout",
        command_status=8,
        message_id="",
        latency=10.0,
        outcome_known=False,
    )


def send(site: Site, contact: str = "+14155552671", key: str = "shared") -> None:
    fields = {"contact": contact, "code": "482910", "sender": "MyBank"}
    path = "/imsg/api/v1.1/otp/send/"
    site.answer(SiteRequest("POST", path, {"authorization": key}, orjson.dumps(fields)))


async def findings(
    config: Config, path: Path, *records: CdrEntry
) -> tuple[list[Finding | None], list[str]]:
    """Return what was found, and the troubles told."""
    write_cdrs(path, *records)
    troubles: list[str] = []
    fates = await reconcile(
        config, path, records, on_trouble=troubles.append, on_page=lambda _page, _pages: None
    )
    return [None if fate is None else fate.finding for fate in fates], troubles


async def test_each_key_is_asked_with_once(served: tuple[Site, Config], tmp_path: Path) -> None:
    site, config = served
    records = [unknown(name) for name in ("a", "b", "c", "a")]
    found, troubles = await findings(config, tmp_path / "otp.db", *records)
    assert (found, troubles) == (4 * [Finding.ABSENT], [])
    assert site.keys == ["shared", "own"]


async def test_the_key_of_an_account_of_the_directory_comes_from_there(
    served: tuple[Site, Config], tmp_path: Path
) -> None:
    site, config = served
    found, troubles = await findings(config, tmp_path / "otp.db", unknown("dir"))
    assert (found, troubles) == ([Finding.ABSENT], [])
    assert site.keys == ["dir-key"]


async def test_an_account_that_nobody_knows_leaves_the_others_asked_for(
    served: tuple[Site, Config], tmp_path: Path
) -> None:
    _, config = served
    found, troubles = await findings(config, tmp_path / "otp.db", unknown("gone"), unknown("a"))
    assert found == [None, Finding.ABSENT]
    assert len(troubles) == 1


async def test_a_directory_that_is_down_is_told(
    served: tuple[Site, Config], tmp_path: Path
) -> None:
    _, config = served
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    down = attrs.evolve(config, directory=Directory(url=url, key="key"))
    found, troubles = await findings(down, tmp_path / "otp.db", unknown("dir"))
    assert found == [None]
    assert any("127.0.0.1" in trouble for trouble in troubles)


@pytest.mark.parametrize("kept", ["+14155552671", "+1415555****"], ids=["so", "otherwise"])
async def test_a_repetition_accounts_for_its_request_whatever_its_account_and_way_of_keeping(
    served: tuple[Site, Config], tmp_path: Path, kept: str
) -> None:
    site, config = served
    send(site)
    [sent] = site.records
    path = tmp_path / "otp.db"
    theirs = attrs.evolve(
        unknown("b"),
        reason="delivered",
        command_status=0,
        message_id=sent.message_id,
        outcome_known=True,
    )
    write_cdrs(path, theirs)
    ours = attrs.evolve(unknown("a"), destination=kept)
    assert await findings(config, path, ours) == ([Finding.ABSENT], [])


async def test_a_message_that_nobody_asked_about_is_a_rival_all_the_same(
    served: tuple[Site, Config], tmp_path: Path
) -> None:
    site, config = served
    send(site)
    path = tmp_path / "otp.db"
    write_cdrs(path, unknown("b"))
    assert await findings(config, path, unknown("a")) == ([Finding.UNCLEAR], [])


async def test_a_hashed_number_without_its_key_is_not_asked_about(
    served: tuple[Site, Config], tmp_path: Path
) -> None:
    site, config = served
    hashed = attrs.evolve(unknown("a"), destination="0123456789abcdef0123456789abcdef")
    found, troubles = await findings(config, tmp_path / "otp.db", hashed, unknown("c"))
    assert found == [None, Finding.ABSENT]
    [trouble] = troubles
    assert "otp.db.key is not there: hashed numbers of 1 messages are not known" in trouble
    assert site.keys == ["own"]
