"""The account directory's cache: when it asks, what it keeps, what it says in an outage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import trio

from otpblue_trio.policy.types import Account
from otpblue_trio.upstream import AccountDirectory, ControlPlaneError, DirectoryDown, JsonAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping


class BackOffice:
    """A directory server that can change, slow down and fail."""

    def __init__(self) -> None:
        self.accounts: dict[str, object] = {}
        self.latency = 0.0
        self.down: ControlPlaneError | None = None
        self.status = 200
        self.asked: list[str] = []

    def add(self, system_id: str, **fields: object) -> None:
        self.accounts[system_id] = {
            "systemId": system_id,
            "password": "secret",
            "apiKey": "key-" + system_id,
            **fields,
        }

    async def get_json(
        self, url: str, *, api_key: str, params: Mapping[str, str] | None = None
    ) -> JsonAnswer:
        assert url == "https://backend.example.com/imsg/api/v1/smpp/auth/"
        assert api_key == "directory-key"
        system_id = (params or {})["system_id"]
        self.asked.append(system_id)
        await trio.sleep(self.latency)
        if self.down is not None:
            raise self.down
        if self.status != 200:
            return JsonAnswer(self.status, None)
        if system_id not in self.accounts:
            return JsonAnswer(404, {"message": "no such account"})
        return JsonAnswer(200, self.accounts[system_id])


def directory_of(office: BackOffice, **settings: Any) -> AccountDirectory:
    return AccountDirectory(
        office.get_json,
        **{
            "base_url": "https://backend.example.com/",
            "key": "directory-key",
            "clock": trio.current_time,
            **settings,
        },
    )


@pytest.fixture
def office() -> BackOffice:
    office = BackOffice()
    office.add("acme")
    return office


async def test_account_is_found(office: BackOffice) -> None:
    account = await directory_of(office).find("acme")
    assert account == Account(system_id="acme", password="secret", api_key="key-acme")


async def test_unknown_account_is_none(office: BackOffice) -> None:
    assert await directory_of(office).find("other") is None


@pytest.mark.parametrize(("system_id", "asked"), [("", 0), ("x" * 15, 1), ("x" * 16, 0)])
async def test_impossible_name_is_not_asked_for(
    system_id: str, asked: int, office: BackOffice
) -> None:
    assert await directory_of(office).find(system_id) is None
    assert len(office.asked) == asked


async def test_answer_serves_until_its_time_is_up(
    office: BackOffice, autojump_clock: object
) -> None:
    directory = directory_of(office, ttl=1800.0)
    await directory.find("acme")
    await trio.sleep(1799.0)
    await directory.find("acme")
    assert len(office.asked) == 1
    office.add("acme", maxTps=7)
    await trio.sleep(2.0)
    account = await directory.find("acme")
    assert account is not None
    assert account.tps == 7
    assert len(office.asked) == 2


async def test_absence_is_remembered_for_a_minute(
    office: BackOffice, autojump_clock: object
) -> None:
    directory = directory_of(office)
    assert await directory.find("new") is None
    office.add("new")
    await trio.sleep(59.0)
    assert await directory.find("new") is None
    await trio.sleep(2.0)
    assert await directory.find("new") is not None


async def test_outage_leaves_a_known_account_in_service(
    office: BackOffice, autojump_clock: object
) -> None:
    directory = directory_of(office, ttl=60.0)
    known = await directory.find("acme")
    office.down = ControlPlaneError("backend.example.com: Connection refused")
    await trio.sleep(86_400.0)
    assert await directory.find("acme") == known


async def test_outage_is_probed_now_and_then_and_not_at_every_bind(
    office: BackOffice, autojump_clock: object
) -> None:
    directory = directory_of(office, ttl=60.0)
    await directory.find("acme")
    office.down = ControlPlaneError("down")
    await trio.sleep(61.0)
    for _ in range(10):
        await directory.find("acme")
    assert len(office.asked) == 2
    office.down = None
    office.add("acme", maxTps=7)
    await trio.sleep(31.0)
    account = await directory.find("acme")
    assert account is not None
    assert account.tps == 7


async def test_outage_is_raised_for_an_account_never_seen(office: BackOffice) -> None:
    office.down = ControlPlaneError("down")
    directory = directory_of(office)
    with pytest.raises(DirectoryDown):
        await directory.find("acme")
    office.down = None
    assert await directory.find("acme") is not None


async def test_outage_does_not_prolong_an_absence(
    office: BackOffice, autojump_clock: object
) -> None:
    directory = directory_of(office)
    assert await directory.find("new") is None
    office.down = ControlPlaneError("down")
    await trio.sleep(61.0)
    with pytest.raises(DirectoryDown):
        await directory.find("new")


@pytest.mark.parametrize("status", [302, 400, 401, 403, 429, 500, 503])
async def test_other_status_is_an_outage(status: int, office: BackOffice) -> None:
    directory = directory_of(office, ttl=0.0)
    known = await directory.find("acme")
    office.status = status
    assert await directory.find("acme") == known
    with pytest.raises(DirectoryDown):
        await directory.find("other")


async def test_404_ends_a_known_account(office: BackOffice, autojump_clock: object) -> None:
    directory = directory_of(office, ttl=0.0)
    await directory.find("acme")
    del office.accounts["acme"]
    assert await directory.find("acme") is None
    office.down = ControlPlaneError("down")
    await trio.sleep(61.0)
    with pytest.raises(DirectoryDown):
        await directory.find("acme")


async def test_invalid_reply_is_no_account_and_is_told(office: BackOffice) -> None:
    troubles: list[str] = []
    office.add("acme", maxTps=0)
    directory = directory_of(office, on_trouble=troubles.append)
    assert await directory.find("acme") is None
    [trouble] = troubles
    assert "maxTps" in trouble


async def test_failed_call_is_told(office: BackOffice) -> None:
    troubles: list[str] = []
    office.down = ControlPlaneError("backend.example.com: Connection refused")
    with pytest.raises(DirectoryDown):
        await directory_of(office, on_trouble=troubles.append).find("acme")
    assert troubles == [
        "the account directory does not answer: backend.example.com: Connection refused"
    ]


async def find_many(directory: AccountDirectory, system_id: str, count: int) -> list[object]:
    """Ask several times at once; return what each of them got."""
    results: list[object] = []

    async def find() -> None:
        try:
            results.append(await directory.find(system_id))
        except DirectoryDown as error:
            results.append(type(error))

    async with trio.open_nursery() as nursery:
        for _ in range(count):
            nursery.start_soon(find)
    return results


async def test_simultaneous_binds_share_one_call(
    office: BackOffice, autojump_clock: object
) -> None:
    office.latency = 1.0
    results = await find_many(directory_of(office, ttl=0.0), "acme", 20)
    assert len(office.asked) == 1
    assert len(results) == 20
    assert all(isinstance(result, Account) for result in results)


async def test_simultaneous_binds_share_one_failure(
    office: BackOffice, autojump_clock: object
) -> None:
    office.latency = 1.0
    office.down = ControlPlaneError("down")
    assert await find_many(directory_of(office), "acme", 20) == [DirectoryDown] * 20
    assert len(office.asked) == 1


async def test_accounts_do_not_wait_for_each_other(
    office: BackOffice, autojump_clock: object
) -> None:
    office.add("other")
    office.latency = 1.0
    directory = directory_of(office)
    start = trio.current_time()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(directory.find, "acme")
        nursery.start_soon(directory.find, "other")
    assert trio.current_time() - start == pytest.approx(1.0)


async def test_cancelled_caller_hands_the_call_to_one_who_waits(
    office: BackOffice, autojump_clock: object
) -> None:
    office.latency = 1.0
    directory = directory_of(office)
    found: list[Account | None] = []

    async def impatient() -> None:
        with trio.move_on_after(0.5):
            await directory.find("acme")

    async def patient() -> None:
        found.append(await directory.find("acme"))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(impatient)
        await trio.sleep(0.1)
        nursery.start_soon(patient)
        nursery.start_soon(patient)
    assert [account is not None for account in found] == [True, True]
    assert len(office.asked) == 2


async def test_invalidated_account_is_asked_for_again(office: BackOffice) -> None:
    office.add("other")
    directory = directory_of(office)
    await directory.find("acme")
    await directory.find("other")
    directory.invalidate("acme")
    await directory.find("acme")
    await directory.find("other")
    assert office.asked == ["acme", "other", "acme"]


async def test_everything_can_be_invalidated(office: BackOffice) -> None:
    directory = directory_of(office)
    await directory.find("acme")
    await directory.find("absent")
    directory.invalidate()
    await directory.find("acme")
    await directory.find("absent")
    assert office.asked == ["acme", "absent"] * 2


@pytest.mark.parametrize("name", ["acme", None])
async def test_call_under_way_when_its_account_is_invalidated_is_made_again(
    office: BackOffice, autojump_clock: object, name: str | None
) -> None:
    office.latency = 2.0
    directory = directory_of(office)
    found: list[object] = []

    async def bind() -> None:
        found.append(await directory.find("acme"))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(bind)
        await trio.sleep(1.0)
        nursery.start_soon(bind)
        directory.invalidate(name)
        nursery.start_soon(bind)
        await trio.sleep(2.0)
        # What the back office says from now on is what counts.
        office.add("acme", enabled=False)
    assert office.asked == ["acme", "acme"]
    accounts = [account for account in found if isinstance(account, Account)]
    assert len(accounts) == 3
    assert not any(account.enabled for account in accounts)


async def test_invalidated_account_still_serves_in_an_outage(office: BackOffice) -> None:
    directory = directory_of(office)
    known = await directory.find("acme")
    directory.invalidate("acme")
    directory.invalidate("never seen")
    office.down = ControlPlaneError("down")
    assert await directory.find("acme") == known


async def test_least_recently_used_account_is_forgotten_at_the_bound(office: BackOffice) -> None:
    for name in ("one", "two", "three"):
        office.add(name)
    directory = directory_of(office, max_accounts=2)
    for name in ("one", "two", "one", "three"):
        await directory.find(name)
    office.asked.clear()
    for name in ("one", "three", "two"):
        await directory.find(name)
    assert office.asked == ["two"]


async def test_guessed_names_push_no_account_out(office: BackOffice) -> None:
    directory = directory_of(office, max_accounts=2)
    await directory.find("acme")
    for number in range(10):
        await directory.find(f"guess{number}")
    await directory.find("acme")
    assert office.asked.count("acme") == 1


async def test_operators_defaults_fill_what_the_directory_leaves_out(office: BackOffice) -> None:
    defaults = Account(system_id="", password="", api_key="", default_sender="Acme")
    account = await directory_of(office, defaults=defaults).find("acme")
    assert account is not None
    assert account.default_sender == "Acme"
