"""What a reload changes in live sessions, and what it leaves alone."""

from __future__ import annotations

import threading
from contextlib import asynccontextmanager
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

import attrs
import pytest
import trio
import trio.testing

from otpblue_trio.app.accounts import ConfiguredAccounts
from otpblue_trio.app.reload import Reloader
from otpblue_trio.config import (
    Config,
    ConfigError,
    Directory,
    Limits,
    Log,
    LogLevel,
    Problem,
)
from otpblue_trio.runtime.observer import CloseReason, ConnectionClosed
from otpblue_trio.smpp import CommandStatus
from otpblue_trio.testing import (
    Esme,
    FakePlatform,
    GatewayUnderTest,
    account,
    open_gateway,
)
from otpblue_trio.upstream import AccountDirectory, ControlPlaneError, JsonAnswer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from trio.testing import MockClock

NUMBER = "14155552671"
TEXT = "Your code is 482910"


@attrs.define
class BackOffice:
    """A directory server; change `accounts` at will."""

    accounts: dict[str, dict[str, object]] = attrs.field(factory=dict)
    is_down: bool = False

    def add(self, system_id: str, **fields: object) -> None:
        identity = {"systemId": system_id, "password": "secret", "apiKey": f"key-of-{system_id}"}
        self.accounts[system_id] = identity | fields

    async def get_json(
        self, url: str, *, api_key: str, params: Mapping[str, str] | None = None
    ) -> JsonAnswer:
        await trio.lowlevel.checkpoint()
        if self.is_down:
            raise ControlPlaneError("no answer")
        found = self.accounts.get((params or {})["system_id"])
        return JsonAnswer(404 if found is None else 200, found)


@attrs.define
class Reloading:
    """A gateway in memory and what reloads it.

    Attributes:
      next: what the next reload finds: a configuration, or an error in reading it.
      levels: the log levels that were set.
      notices: levels and texts of what the operator was told.
    """

    gateway: GatewayUnderTest
    platform: FakePlatform
    next: Config | Exception
    reloader: Reloader = attrs.field(init=False)
    levels: list[str] = attrs.field(factory=list)
    notices: list[tuple[str, str]] = attrs.field(factory=list)

    def load(self) -> Config:
        if isinstance(self.next, Exception):
            raise self.next
        return self.next

    def notice(self, level: str, text: str) -> None:
        self.notices.append((level, text))

    async def reload(self, found: Config | Exception) -> None:
        self.next = found
        await self.reloader.reload()

    async def submit(self, esme: Esme) -> int:
        return (await esme.submit_sm(NUMBER, TEXT)).command_status

    async def close_reason(self) -> CloseReason:
        return (await self.gateway.wait_for(ConnectionClosed)).reason


@asynccontextmanager
async def reloading(
    config: Config, office: BackOffice | None = None, *, kind: type[Reloading] = Reloading
) -> AsyncIterator[Reloading]:
    directory = None
    if office is not None:
        directory = AccountDirectory(
            office.get_json, base_url="https://d.example", key="k", clock=trio.current_time
        )
    accounts = ConfiguredAccounts(config.accounts, directory)
    platform = FakePlatform()
    async with open_gateway(accounts=accounts, platform=platform, duplicate_window=0) as gateway:
        running = kind(gateway, platform, config)
        running.reloader = Reloader(
            config,
            load=running.load,
            tls=None,
            accounts=accounts,
            gateway=gateway.gateway,
            set_log_level=running.levels.append,
            notice=running.notice,
        )
        yield running


def config_of(*accounts: Any, **settings: Any) -> Config:
    return Config(accounts=accounts, **settings)


WITH_DIRECTORY = Directory(url="https://d.example", key="k")
BROKEN = ConfigError(
    [Problem(file="config.toml", line=7, path="limits.x", expected="a number", found='"y"')]
)


# ---------------------------------------------------------------------- configured accounts


async def test_a_changed_rate_limits_a_live_session() -> None:
    async with reloading(config_of(account())) as running:
        esme = await running.gateway.bound()
        assert await running.submit(esme) == CommandStatus.ESME_ROK
        await running.reload(config_of(account(tps=0)))
        assert await running.submit(esme) == CommandStatus.ESME_RTHROTTLED
        await running.reload(config_of(account()))
        assert await running.submit(esme) == CommandStatus.ESME_ROK


async def test_a_changed_key_sends_a_live_session_s_messages() -> None:
    async with reloading(config_of(account())) as running:
        esme = await running.gateway.bound()
        await running.reload(config_of(account(api_key="another")))
        await running.submit(esme)
        assert running.platform.requests[-1].api_key == "another"


async def test_a_changed_password_holds_for_new_binds() -> None:
    async with reloading(config_of(account())) as running:
        bound = await running.gateway.bound()
        await running.reload(config_of(account(password="changed")))
        assert await running.submit(bound) == CommandStatus.ESME_ROK
        late = await running.gateway.connect()
        refused = await late.bind_transceiver("acme", "secret")
        assert refused.command_status == CommandStatus.ESME_RINVPASWD
        await running.gateway.bound("acme", "changed")


async def test_a_changed_allow_list_holds_for_new_binds() -> None:
    async with reloading(config_of(account())) as running:
        await running.reload(config_of(account(allowed_ips=(ip_network("198.51.100.0/24"),))))
        late = await running.gateway.connect("192.0.2.1")
        refused = await late.bind_transceiver("acme", "secret")
        assert refused.command_status == CommandStatus.ESME_RBINDFAIL
        await running.gateway.bound(address="198.51.100.7")


@pytest.mark.parametrize("left", [(), (account(enabled=False),)], ids=["removed", "disabled"])
async def test_the_sessions_of_an_account_that_is_gone_are_unbound(left: Sequence[Any]) -> None:
    async with reloading(config_of(account(), account("other"))) as running:
        esme = await running.gateway.bound()
        other = await running.gateway.bound("other")
        await running.reload(config_of(*left, account("other")))
        await esme.wait_closed()
        assert esme.unbind_received
        assert await running.close_reason() is CloseReason.ACCOUNT_GONE
        assert await running.submit(other) == CommandStatus.ESME_ROK
        late = await running.gateway.connect()
        refused = await late.bind_transceiver("acme", "secret")
        assert refused.command_status == CommandStatus.ESME_RINVPASWD


async def test_an_added_account_can_bind() -> None:
    async with reloading(config_of()) as running:
        await running.reload(config_of(account()))
        await running.gateway.bound()


async def test_the_number_of_accounts_is_told() -> None:
    async with reloading(config_of()) as running:
        await running.reload(config_of(account(), account("other")))
        assert running.notices == [("info", "reloaded: 2 accounts")]


async def test_the_log_level_follows() -> None:
    async with reloading(config_of()) as running:
        await running.reload(config_of(log=Log(level=LogLevel.DEBUG)))
        assert running.levels == ["debug"]


async def test_what_takes_a_restart_is_named() -> None:
    async with reloading(config_of()) as running:
        await running.reload(config_of(limits=Limits(max_connections=7)))
        expected = "limits.max_connections has changed: it takes a restart to apply"
        assert ("warning", expected) in running.notices


async def test_what_takes_a_restart_is_named_until_it_is_as_it_was() -> None:
    expected = "limits.max_connections has changed: it takes a restart to apply"
    first = config_of()
    async with reloading(first) as running:
        for _ in range(2):
            await running.reload(config_of(limits=Limits(max_connections=7)))
        await running.reload(first)
        assert [text for _, text in running.notices].count(expected) == 2


async def test_the_new_configuration_s_warnings_are_told() -> None:
    async with reloading(config_of()) as running:
        await running.reload(config_of(warnings=("something to know",)))
        assert ("warning", "something to know") in running.notices


# ---------------------------------------------------------------------- what cannot be read


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (BROKEN, 'not reloaded: config.toml:7: limits.x: expected a number, found "y"'),
        (PermissionError(13, "Permission denied"), "not reloaded: [Errno 13] Permission denied"),
    ],
)
async def test_what_cannot_be_read_changes_nothing_and_says_why(
    error: Exception, told: str
) -> None:
    config = config_of(account())
    async with reloading(config) as running:
        esme = await running.gateway.bound()
        await running.reload(error)
        assert running.notices == [("error", told)]
        assert running.reloader.config is config
        assert await running.submit(esme) == CommandStatus.ESME_ROK
        await running.gateway.bound()


async def test_the_next_good_file_is_taken() -> None:
    async with reloading(config_of()) as running:
        await running.reload(BROKEN)
        await running.reload(config_of(account()))
        await running.gateway.bound()


# ---------------------------------------------------------------------- one after another


async def test_requests_while_a_reload_runs_are_one_reload_after_it() -> None:
    started, may_go_on = threading.Event(), threading.Event()
    under_way: list[int] = [0]

    class Counted(Reloading):
        def load(self) -> Config:
            under_way.append(under_way[-1] + 1)
            started.set()
            assert may_go_on.wait(30)
            under_way.append(under_way[-1] - 1)
            return super().load()

    async with reloading(config_of(), kind=Counted) as running:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(running.reloader.run)
            running.reloader.request()
            await trio.to_thread.run_sync(started.wait)
            for _ in range(3):
                running.reloader.request()
            may_go_on.set()
            while len(running.levels) < 2:
                await trio.lowlevel.checkpoint()
            await trio.testing.wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()
        assert under_way == [0, 1, 0, 1, 0]


async def test_a_reload_does_not_hold_up_the_sessions() -> None:
    may_go_on = threading.Event()

    class Slow(Reloading):
        def load(self) -> Config:
            assert may_go_on.wait(30)
            return super().load()

    async with reloading(config_of(account()), kind=Slow) as running:
        esme = await running.gateway.bound()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(running.reloader.reload)
            await trio.testing.wait_all_tasks_blocked()
            assert await running.submit(esme) == CommandStatus.ESME_ROK
            may_go_on.set()


# ---------------------------------------------------------------------- the directory


async def test_a_reload_asks_the_directory_anew() -> None:
    office = BackOffice()
    office.add("acme", maxTps=50)
    async with reloading(config_of(directory=WITH_DIRECTORY), office) as running:
        esme = await running.gateway.bound()
        office.add("acme", maxTps=1, apiKey="another")
        await running.reload(config_of(directory=WITH_DIRECTORY))
        await running.submit(esme)
        assert running.platform.requests[-1].api_key == "another"
        assert await running.submit(esme) == CommandStatus.ESME_RTHROTTLED


def remove(office: BackOffice) -> None:
    del office.accounts["acme"]


def disable(office: BackOffice) -> None:
    office.add("acme", enabled=False)


@pytest.mark.parametrize("change", [remove, disable])
async def test_a_reload_unbinds_who_is_gone_from_the_directory(
    change: Callable[[BackOffice], None],
) -> None:
    office = BackOffice()
    office.add("acme")
    async with reloading(config_of(directory=WITH_DIRECTORY), office) as running:
        esme = await running.gateway.bound()
        change(office)
        await running.reload(config_of(directory=WITH_DIRECTORY))
        await esme.wait_closed()
        assert await running.close_reason() is CloseReason.ACCOUNT_GONE


async def test_a_directory_that_is_down_throws_nobody_out() -> None:
    office = BackOffice()
    office.add("acme")
    async with reloading(config_of(directory=WITH_DIRECTORY), office) as running:
        esme = await running.gateway.bound()
        office.is_down = True
        await running.reload(config_of(directory=WITH_DIRECTORY))
        assert await running.submit(esme) == CommandStatus.ESME_ROK
        await running.gateway.bound()


async def test_an_account_may_move_from_the_configuration_to_the_directory() -> None:
    office = BackOffice()
    office.add("acme", apiKey="of-the-directory")
    config = config_of(account(), directory=WITH_DIRECTORY)
    async with reloading(config, office) as running:
        esme = await running.gateway.bound()
        await running.reload(config_of(directory=WITH_DIRECTORY))
        await running.submit(esme)
        assert running.platform.requests[-1].api_key == "of-the-directory"


async def test_changed_defaults_hold_for_the_directory_s_accounts() -> None:
    office = BackOffice()
    office.add("acme")
    config = config_of(directory=WITH_DIRECTORY)
    async with reloading(config, office) as running:
        esme = await running.gateway.bound()
        changed = attrs.evolve(config.defaults, default_sender="Other")
        await running.reload(attrs.evolve(config, defaults=changed))
        await running.submit(esme)
        assert running.platform.requests[-1].sender == "Other"


async def test_whom_the_directory_disables_is_unbound_after_its_ttl(
    autojump_clock: MockClock,
) -> None:
    office = BackOffice()
    office.add("acme")
    office.add("other")
    config = config_of(directory=attrs.evolve(WITH_DIRECTORY, ttl=60.0))
    async with reloading(config, office) as running, trio.open_nursery() as nursery:
        nursery.start_soon(running.reloader.run)
        esme = await running.gateway.bound()
        other = await running.gateway.bound("other")
        started = trio.current_time()
        disable(office)
        await esme.wait_closed()
        assert trio.current_time() - started == pytest.approx(60.0)
        assert await running.close_reason() is CloseReason.ACCOUNT_GONE
        assert await running.submit(other) == CommandStatus.ESME_ROK
        nursery.cancel_scope.cancel()


async def test_what_the_directory_changes_applies_after_its_ttl(autojump_clock: MockClock) -> None:
    office = BackOffice()
    office.add("acme")
    config = config_of(directory=attrs.evolve(WITH_DIRECTORY, ttl=60.0))
    async with reloading(config, office) as running, trio.open_nursery() as nursery:
        nursery.start_soon(running.reloader.run)
        esme = await running.gateway.bound()
        office.add("acme", apiKey="another")
        await trio.sleep(61)
        await running.submit(esme)
        assert running.platform.requests[-1].api_key == "another"
        nursery.cancel_scope.cancel()


async def test_a_session_whose_address_is_no_longer_allowed_is_unbound() -> None:
    async with reloading(config_of(account())) as running:
        esme = await running.gateway.bound(address="192.0.2.1")
        other = await running.gateway.bound(address="198.51.100.1")
        allowed = (ip_network("198.51.100.0/24"),)
        await running.reload(config_of(account(allowed_ips=allowed)))
        await esme.wait_closed()
        assert esme.unbind_received
        assert not other.is_closed
