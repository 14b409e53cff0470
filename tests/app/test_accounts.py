"""Where binds find accounts, and how their passwords are checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import bcrypt
import pytest
import trio

from otpblue_trio.app.accounts import ConfiguredAccounts, ThreadVerifier
from otpblue_trio.runtime import AccountsUnavailable
from otpblue_trio.testing import account
from otpblue_trio.upstream import AccountDirectory, ControlPlaneError, JsonAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping


@attrs.define
class BackOffice:
    """A directory server that has one account, `acme`."""

    fields: dict[str, object] = attrs.field(factory=dict)
    is_down: bool = False
    asked: int = 0
    asked_now: trio.Event = attrs.field(factory=trio.Event)
    answers: trio.Event = attrs.field(factory=trio.Event)

    async def get_json(
        self, url: str, *, api_key: str, params: Mapping[str, str] | None = None
    ) -> JsonAnswer:
        self.asked += 1
        self.asked_now.set()
        await self.answers.wait()
        if self.is_down:
            raise ControlPlaneError("no answer")
        if (params or {}).get("system_id") != "acme":
            return JsonAnswer(404, None)
        body = {"systemId": "acme", "password": "secret", "apiKey": "from-directory"}
        return JsonAnswer(200, body | self.fields)

    def directory(self) -> AccountDirectory:
        self.answers.set()
        return AccountDirectory(
            self.get_json, base_url="https://d.example", key="k", clock=trio.current_time
        )


async def test_a_configured_account_is_found() -> None:
    acme = account()
    assert await ConfiguredAccounts([acme]).find("acme") is acme


async def test_an_unknown_or_disabled_account_is_not_found() -> None:
    accounts = ConfiguredAccounts([account("off", enabled=False)])
    assert await accounts.find("off") is None
    assert await accounts.find("nobody") is None


async def test_the_configuration_comes_before_the_directory() -> None:
    office = BackOffice()
    acme = account()
    assert await ConfiguredAccounts([acme], office.directory()).find("acme") is acme
    assert office.asked == 0


async def test_an_account_disabled_in_the_configuration_is_not_looked_for_elsewhere() -> None:
    office = BackOffice()
    accounts = ConfiguredAccounts([account(enabled=False)], office.directory())
    assert await accounts.find("acme") is None
    assert office.asked == 0


async def test_the_directory_is_asked_for_other_names() -> None:
    accounts = ConfiguredAccounts([], BackOffice().directory())
    found = await accounts.find("acme")
    assert found is not None
    assert found.api_key == "from-directory"
    assert await accounts.find("nobody") is None


async def test_an_account_disabled_in_the_directory_is_not_found() -> None:
    accounts = ConfiguredAccounts([], BackOffice({"enabled": False}).directory())
    assert await accounts.find("acme") is None


async def test_a_directory_that_is_down_is_not_an_absence() -> None:
    accounts = ConfiguredAccounts([], BackOffice(is_down=True).directory())
    with pytest.raises(AccountsUnavailable):
        await accounts.find("acme")


async def test_a_forgotten_directory_is_asked_again() -> None:
    office = BackOffice()
    accounts = ConfiguredAccounts([], office.directory())
    await accounts.find("acme")
    await accounts.find("acme")
    assert office.asked == 1
    accounts.forget_directory()
    await accounts.find("acme")
    assert office.asked == 2


async def test_an_account_configured_while_the_directory_is_asked_wins() -> None:
    office = BackOffice()
    accounts = ConfiguredAccounts([], office.directory())
    office.answers = trio.Event()
    acme = account()
    async with trio.open_nursery() as nursery:

        @nursery.start_soon
        async def find() -> None:
            assert await accounts.find("acme") is acme

        await office.asked_now.wait()
        accounts.replace([acme], account())
        office.answers.set()


# ---------------------------------------------------------------------- passwords


@pytest.fixture
def hashed() -> str:
    return bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()


async def test_a_right_password_is_right(hashed: str) -> None:
    verifier = ThreadVerifier()
    for stored in (hashed, "secret"):
        for _ in "again":
            assert await verifier.verify(account(password=stored), "secret")


async def test_a_wrong_password_is_wrong(hashed: str) -> None:
    verifier = ThreadVerifier()
    assert await verifier.verify(account(password=hashed), "secret")
    assert not await verifier.verify(account(password=hashed), "wrong")


async def test_nobody_has_no_password() -> None:
    assert not await ThreadVerifier().verify(None, "secret")


async def test_an_old_password_is_not_remembered_beyond_its_change(hashed: str) -> None:
    verifier = ThreadVerifier()
    assert await verifier.verify(account(password=hashed), "secret")
    changed = bcrypt.hashpw(b"changed", bcrypt.gensalt(4)).decode()
    assert not await verifier.verify(account(password=changed), "secret")
    assert await verifier.verify(account(password=changed), "changed")


async def test_one_account_s_password_is_no_other_s(hashed: str) -> None:
    verifier = ThreadVerifier()
    other = bcrypt.hashpw(b"other", bcrypt.gensalt(4)).decode()
    assert await verifier.verify(account("acme", password=hashed), "secret")
    assert not await verifier.verify(account("other", password=other), "secret")
