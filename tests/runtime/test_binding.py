"""Deciding binds: what an attacker learns, how many passwords can be tried, who is let in."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest
import trio
import trio.testing

from otpblue_trio.runtime import AccountsUnavailable
from otpblue_trio.runtime.observer import BindRefused, CloseReason, ConnectionClosed
from otpblue_trio.smpp import (
    BindTransceiver,
    CommandStatus,
    Framer,
    decode,
    encode,
)
from otpblue_trio.testing import (
    EsmeClosed,
    FixedAccounts,
    GatewayUnderTest,
    account,
    open_gateway,
    read_pdus,
    with_limits,
)

if TYPE_CHECKING:
    from trio.testing import MockClock

    from otpblue_trio.policy import Account, IpNetwork

ROK = CommandStatus.ESME_ROK
RSYSERR = CommandStatus.ESME_RSYSERR
RBINDFAIL = CommandStatus.ESME_RBINDFAIL
RINVPASWD = CommandStatus.ESME_RINVPASWD

ATTACKER = "203.0.113.66"
OFFICE: tuple[IpNetwork, ...] = (ip_network("192.0.2.0/24"), ip_network("2001:db8::/48"))


class SlowVerifier:
    """Takes a second, or as told, for every password, right, wrong or nobody's; counts them."""

    def __init__(self, takes: float = 1.0) -> None:
        self.takes = takes
        self.checks = 0
        self.running = 0
        self.most_at_once = 0

    async def verify(self, account: Account | None, given: str, /) -> bool:
        self.checks += 1
        self.running += 1
        self.most_at_once = max(self.most_at_once, self.running)
        try:
            await trio.sleep(self.takes)
        finally:
            self.running -= 1
        return account is not None and account.password == given


async def status_of_bind(
    gateway: GatewayUnderTest,
    system_id: str = "acme",
    password: str = "secret",  # noqa: S107  the test account's
    *,
    address: str = ATTACKER,
) -> int:
    """Connect, bind, close, and return what the bind was answered with."""
    esme = await gateway.connect(address)
    async with esme:
        return (await esme.bind_transceiver(system_id, password)).command_status


def bind(sequence_number: int, password: str) -> bytes:
    """Return the octets of a bind."""
    return encode(
        BindTransceiver(sequence_number=sequence_number, system_id="acme", password=password)
    )


# ---------------------------------------------------------------------- what a refusal tells


@pytest.mark.parametrize("interface_version", [0x33, 0x34])
async def test_a_wrong_password_and_an_unknown_name_are_refused_alike(
    interface_version: int, autojump_clock: MockClock
) -> None:
    async with open_gateway(verifier=SlowVerifier()) as gateway:
        answers = []
        for system_id, password in (("acme", "wrong"), ("nobody", "secret")):
            stream = gateway.connect_stream(ATTACKER)
            began = trio.current_time()
            await stream.send_all(
                encode(
                    BindTransceiver(
                        sequence_number=7,
                        system_id=system_id,
                        password=password,
                        interface_version=interface_version,
                    )
                )
            )
            octets = await stream.receive_some()
            answers.append((bytes(octets), round(trio.current_time() - began, 6)))
            await stream.aclose()
        assert answers[0] == answers[1]
        assert len(answers[0][0]) == 16


class LookingUp(FixedAccounts):
    """Has to ask elsewhere for every account but `acme`, which takes a time."""

    def __init__(self, takes: float) -> None:
        super().__init__([account(), account("other"), account("disabled", enabled=False)])
        self.takes = takes

    async def find(self, system_id: str, /) -> Account | None:
        if system_id != "acme":
            await trio.sleep(self.takes)
        return await super().find(system_id)


@pytest.mark.parametrize(("takes", "told_after"), [(0.0, 1.0), (0.4, 1.0), (0.6, 1.0), (1.6, 2.0)])
@pytest.mark.parametrize("system_id", ["other", "disabled", "nobody"])
async def test_looking_an_account_up_makes_its_refusal_no_later(
    system_id: str, takes: float, told_after: float, autojump_clock: MockClock
) -> None:
    accounts, verifier = LookingUp(takes), SlowVerifier(0.25)
    async with open_gateway(accounts=accounts, verifier=verifier, refusal_period=1) as gateway:
        for name, after in (("acme", 1.0), (system_id, told_after)):
            began = trio.current_time()
            assert await status_of_bind(gateway, name, "wrong") == RINVPASWD
            assert trio.current_time() - began == pytest.approx(after)


async def test_a_good_bind_is_not_put_off(autojump_clock: MockClock) -> None:
    accounts, verifier = LookingUp(0.1), SlowVerifier(0.25)
    async with open_gateway(accounts=accounts, verifier=verifier, refusal_period=1) as gateway:
        began = trio.current_time()
        assert await status_of_bind(gateway) == ROK
        assert trio.current_time() - began == pytest.approx(0.25)


async def test_without_a_period_a_refusal_is_told_when_the_check_has_ended(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(verifier=SlowVerifier(0.25)) as gateway:
        began = trio.current_time()
        assert await status_of_bind(gateway, password="wrong") == RINVPASWD
        assert trio.current_time() - began == pytest.approx(0.25)


async def test_a_refusal_that_is_put_off_holds_no_check_and_counts_already(
    autojump_clock: MockClock,
) -> None:
    verifier = SlowVerifier(0.25)
    async with (
        open_gateway(verifier=verifier, refusal_period=1) as gateway,
        trio.open_nursery() as nursery,
    ):
        for _ in range(10):
            nursery.start_soon(status_of_bind, gateway, "acme", "wrong")
        await trio.sleep(0.5)
        assert (verifier.checks, verifier.running) == (10, 0)
        assert await status_of_bind(gateway) == RBINDFAIL


async def test_a_refusal_is_put_off_no_further_than_the_pre_bind_deadline(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(verifier=SlowVerifier(0.25), refusal_period=1) as gateway:
        esme = await gateway.connect()
        began = trio.current_time()
        await trio.sleep(29.5)
        with pytest.raises(EsmeClosed):
            await esme.bind_transceiver("acme", "wrong")
        assert trio.current_time() - began == pytest.approx(30)
        closed = await gateway.wait_for(ConnectionClosed)
        assert closed.reason is CloseReason.PRE_BIND_TIMEOUT


async def test_a_disabled_account_is_refused_like_an_unknown_one(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(accounts=[account(enabled=False)]) as gateway:
        assert await status_of_bind(gateway) == RINVPASWD


@pytest.mark.parametrize("password", ["secret", "wrong", ""])
async def test_an_address_outside_the_list_learns_nothing_about_the_password(
    password: str, autojump_clock: MockClock
) -> None:
    verifier = SlowVerifier()
    async with open_gateway(verifier=verifier, accounts=[account(allowed_ips=OFFICE)]) as gateway:
        began = trio.current_time()
        assert await status_of_bind(gateway, "acme", password) == RBINDFAIL
        assert trio.current_time() == began
        assert verifier.checks == 0


@pytest.mark.parametrize("address", ["192.0.2.1", "192.0.2.255", "2001:db8::1", "::ffff:192.0.2.9"])
async def test_an_address_of_the_list_may_bind(address: str, autojump_clock: MockClock) -> None:
    async with open_gateway(accounts=[account(allowed_ips=OFFICE)]) as gateway:
        assert await status_of_bind(gateway, address=address) == ROK


@pytest.mark.parametrize(
    ("field", "value", "command_status"),
    [
        ("system_id", "a" * 16, RINVPASWD),
        ("system_id", "a" * 200, RINVPASWD),
        ("password", "p" * 65, RINVPASWD),
        ("password", "p" * 500, RINVPASWD),
        ("system_type", "t" * 13, RBINDFAIL),
        ("address_range", "r" * 41, RBINDFAIL),
    ],
)
async def test_a_bind_field_over_its_limit_is_refused_and_closed(
    field: str, value: str, command_status: int, autojump_clock: MockClock
) -> None:
    fields = {"system_id": "acme", "password": "secret", "system_type": "", "address_range": ""}
    fields[field] = value
    body = (
        b"\0".join(fields[name].encode() for name in ("system_id", "password", "system_type"))
        + b"\0\x34\0\0"
        + fields["address_range"].encode()
        + b"\0"
    )
    header = b"".join(n.to_bytes(4, "big") for n in (16 + len(body), 9, 0, 5))
    async with open_gateway(accounts=[account(system_id="acme")]) as gateway:
        stream = gateway.connect_stream()
        await stream.send_all(header + body)
        (response,) = await read_pdus(stream)
        assert (response.command_status, response.sequence_number) == (command_status, 5)


async def test_a_password_of_sixty_four_characters_is_accepted(
    autojump_clock: MockClock,
) -> None:
    password = "p" * 64
    octets = b"acme\0" + password.encode() + b"\0\0\x34\0\0\0"
    header = b"".join(n.to_bytes(4, "big") for n in (16 + len(octets), 9, 0, 5))
    async with open_gateway(accounts=[account(password=password)]) as gateway:
        stream = gateway.connect_stream()
        await stream.send_all(header + octets)
        answer = await stream.receive_some()
        assert answer[8:12] == bytes(4)
        await stream.aclose()


# ---------------------------------------------------------------------- blocking


async def test_the_eleventh_bind_is_refused_without_password_work_for_fifteen_minutes(
    autojump_clock: MockClock,
) -> None:
    verifier = SlowVerifier()
    async with open_gateway(verifier=verifier) as gateway:
        for attempt in range(10):
            assert await status_of_bind(gateway, "acme", f"guess{attempt}") == RINVPASWD
        blocked_at = trio.current_time()
        assert await status_of_bind(gateway, "acme", "secret") == RBINDFAIL
        assert trio.current_time() == blocked_at
        assert verifier.checks == 10
        assert await status_of_bind(gateway, address="192.0.2.1") == ROK
        await trio.sleep_until(blocked_at + 895)
        assert await status_of_bind(gateway) == RBINDFAIL
        await trio.sleep_until(blocked_at + 901)
        assert await status_of_bind(gateway) == ROK


async def test_nine_failures_do_not_block(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        for attempt in range(9):
            assert await status_of_bind(gateway, "acme", f"guess{attempt}") == RINVPASWD
        assert await status_of_bind(gateway) == ROK


async def test_binds_that_cannot_be_read_block_too(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        for _ in range(10):
            stream = gateway.connect_stream(ATTACKER)
            await stream.send_all(b"".join(n.to_bytes(4, "big") for n in (16, 9, 0, 5)))
            await stream.receive_some()
            await stream.aclose()
        assert await status_of_bind(gateway) == RBINDFAIL


async def test_an_address_outside_the_list_is_blocked_too(autojump_clock: MockClock) -> None:
    async with open_gateway(accounts=[account(allowed_ips=OFFICE), account("open")]) as gateway:
        for _ in range(10):
            await status_of_bind(gateway)
        assert await status_of_bind(gateway, "open") == RBINDFAIL
        reasons = [e.reason for e in gateway.events if isinstance(e, BindRefused)]
        assert reasons == ["address_not_allowed"] * 10 + ["address_blocked"]


async def test_binds_pipelined_on_one_connection_try_one_password(
    autojump_clock: MockClock,
) -> None:
    verifier = SlowVerifier()
    async with open_gateway(verifier=verifier) as gateway:
        stream = gateway.connect_stream(ATTACKER)
        await stream.send_all(b"".join(bind(at, f"guess{at}") for at in range(1, 201)))
        pdus = await read_pdus(stream)
        assert [(p.sequence_number, p.command_status) for p in pdus] == [(1, RINVPASWD)]
        assert verifier.checks == 1


async def test_a_second_bind_waits_for_the_first_and_changes_nothing(
    autojump_clock: MockClock,
) -> None:
    verifier = SlowVerifier()
    async with open_gateway(verifier=verifier) as gateway:
        stream = gateway.connect_stream()
        await stream.send_all(bind(1, "secret") + bind(2, "secret"))
        framer = Framer(65536)
        answers: list[tuple[int, int]] = []
        while len(answers) < 2:
            framer.feed(bytes(await stream.receive_some()))
            while (frame := framer.next_frame()) is not None:
                pdu = decode(frame)
                answers.append((pdu.sequence_number, pdu.command_status))
        assert answers == [(1, ROK), (2, CommandStatus.ESME_RALYBND)]
        assert verifier.checks == 1
        await stream.aclose()


@pytest.mark.parametrize("connections", [11, 45])
async def test_parallel_binds_never_try_more_passwords_than_the_threshold(
    connections: int, autojump_clock: MockClock
) -> None:
    verifier = SlowVerifier()
    async with open_gateway(verifier=verifier) as gateway:
        statuses: list[int] = []

        async def guess(number: int) -> None:
            statuses.append(await status_of_bind(gateway, "acme", f"guess{number}"))

        async with trio.open_nursery() as nursery:
            for number in range(connections):
                nursery.start_soon(guess, number)
        assert verifier.checks == 10
        assert sorted(statuses) == [RBINDFAIL] * (connections - 10) + [RINVPASWD] * 10


async def test_guesses_behind_a_good_session_gain_nothing_by_it(
    autojump_clock: MockClock,
) -> None:
    """An attacker with an account of his own must not get a fresh start by each good bind."""
    verifier = SlowVerifier()
    async with open_gateway(
        verifier=verifier, accounts=[account("mine"), account("acme")]
    ) as gateway:
        tried = 0
        for _ in range(30):
            if await status_of_bind(gateway, "mine") != ROK:
                break
            tried += await status_of_bind(gateway, "acme", f"guess{tried}") == RINVPASWD
        assert tried == 10


@pytest.mark.parametrize("sessions", [10, 11, 20, 40])
async def test_good_sessions_that_reconnect_at_once_all_get_in(
    sessions: int, autojump_clock: MockClock
) -> None:
    async with open_gateway(
        verifier=SlowVerifier(), accounts=[account(max_sessions=50)]
    ) as gateway:
        async with trio.open_nursery() as nursery:
            for _ in range(sessions):
                nursery.start_soon(gateway.bound)
        assert len(gateway.gateway.accounts[0].sessions) == sessions


async def test_good_sessions_get_in_between_guesses_of_their_address(
    autojump_clock: MockClock,
) -> None:
    verifier = SlowVerifier()
    async with open_gateway(verifier=verifier, accounts=[account(max_sessions=50)]) as gateway:
        statuses: dict[str, list[int]] = {"secret": [], "wrong": []}

        async def try_one(password: str) -> None:
            esme = await gateway.connect(ATTACKER)
            response = await esme.bind_transceiver("acme", password)
            statuses[password].append(response.command_status)

        async with trio.open_nursery() as nursery:
            for number in range(30):
                nursery.start_soon(try_one, "wrong" if number % 6 == 0 else "secret")
        assert statuses == {"secret": [ROK] * 25, "wrong": [RINVPASWD] * 5}


async def test_an_old_failure_is_forgotten(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        for attempt in range(9):
            await status_of_bind(gateway, "acme", f"guess{attempt}")
        await trio.sleep(600)
        for attempt in range(9):
            assert await status_of_bind(gateway, "acme", f"guess{attempt}") == RINVPASWD
        assert await status_of_bind(gateway) == ROK


async def test_a_check_that_the_client_gave_up_counts_as_a_failure(
    autojump_clock: MockClock,
) -> None:
    class Endless:
        async def verify(self, account: Account | None, given: str, /) -> bool:
            await trio.sleep_forever()

    limits = with_limits(pre_bind_timeout=5.0)
    async with open_gateway(verifier=Endless(), limits=limits) as gateway:
        for _ in range(10):
            esme = await gateway.connect(ATTACKER)
            with pytest.raises(EsmeClosed):
                await esme.bind_transceiver("acme", "secret")
        assert await status_of_bind(gateway) == RBINDFAIL


async def test_checks_that_never_end_hold_nobody_longer_than_the_pre_bind_deadline(
    autojump_clock: MockClock,
) -> None:
    class Endless:
        async def verify(self, account: Account | None, given: str, /) -> bool:
            await trio.sleep_forever()

    async with open_gateway(verifier=Endless()) as gateway:
        began = trio.current_time()
        for _ in range(15):
            stream = gateway.connect_stream(ATTACKER)
            await stream.send_all(bind(1, "secret"))
        await gateway.wait_for(ConnectionClosed, 15)
        assert trio.current_time() - began == pytest.approx(30)


async def test_a_verifier_that_breaks_counts_as_a_failure(autojump_clock: MockClock) -> None:
    class Broken:
        async def verify(self, account: Account | None, given: str, /) -> bool:
            raise ZeroDivisionError

    async with open_gateway(verifier=Broken()) as gateway:
        for _ in range(10):
            esme = await gateway.connect(ATTACKER)
            with pytest.raises(EsmeClosed):
                await esme.bind_transceiver("acme", "secret")
        assert await status_of_bind(gateway) == RBINDFAIL


# ---------------------------------------------------------------------- accounts that are not there


async def test_accounts_that_cannot_be_asked_give_a_system_error_and_no_failure(
    autojump_clock: MockClock,
) -> None:
    class Moody(FixedAccounts):
        is_down = True

        async def find(self, system_id: str, /) -> Account | None:
            if self.is_down:
                await trio.lowlevel.checkpoint()
                raise AccountsUnavailable
            return await super().find(system_id)

    accounts = Moody([account()])
    verifier = SlowVerifier()
    async with open_gateway(accounts=accounts, verifier=verifier) as gateway:
        for _ in range(25):
            assert await status_of_bind(gateway) == RSYSERR
        assert verifier.checks == 0
        accounts.is_down = False
        assert await status_of_bind(gateway) == ROK


async def test_settings_changed_since_the_last_bind_apply_with_the_next(
    autojump_clock: MockClock,
) -> None:
    accounts = FixedAccounts([account(tps=0.0)])
    async with open_gateway(accounts=accounts) as gateway:
        first = await gateway.bound()
        throttled = await first.submit_sm("14155552671", "Your code is 482910")
        assert throttled.command_status == CommandStatus.ESME_RTHROTTLED
        accounts.accounts["acme"] = account(tps=10.0)
        await gateway.bound()
        await trio.sleep(1)
        response = await first.submit_sm("14155552671", "Your code is 482910")
        assert response.command_status == ROK


@pytest.mark.parametrize("binds", [2, 3, 4])
async def test_binds_at_once_do_not_get_past_the_session_cap(
    binds: int, autojump_clock: MockClock
) -> None:
    async with open_gateway(verifier=SlowVerifier(), accounts=[account(max_sessions=3)]) as gateway:
        statuses: list[int] = []

        async def try_one() -> None:
            esme = await gateway.connect()
            response = await esme.bind_transceiver("acme", "secret")
            statuses.append(response.command_status)

        async with trio.open_nursery() as nursery:
            for _ in range(binds):
                nursery.start_soon(try_one)
        assert statuses.count(ROK) == min(binds, 3)
        assert len(gateway.gateway.accounts[0].sessions) == min(binds, 3)


async def test_a_session_too_many_is_no_failed_login(autojump_clock: MockClock) -> None:
    async with open_gateway(accounts=[account(max_sessions=1)]) as gateway:
        first = await gateway.bound(address=ATTACKER)
        for _ in range(20):
            assert await status_of_bind(gateway) == RBINDFAIL
        await first.unbind()
        await first.wait_closed()
        await trio.testing.wait_all_tasks_blocked()
        assert await status_of_bind(gateway) == ROK


@pytest.mark.parametrize(
    "changed",
    [None, account(password="changed"), account(allowed_ips=OFFICE)],
    ids=["removed", "password changed", "address forbidden"],
)
async def test_an_account_changed_during_the_password_check_is_judged_as_it_is_by_then(
    changed: Account | None, autojump_clock: MockClock
) -> None:
    accounts = FixedAccounts([account()])
    async with (
        open_gateway(accounts=accounts, verifier=SlowVerifier()) as gateway,
        trio.open_nursery() as nursery,
    ):

        async def change() -> None:
            await trio.sleep(0.5)
            accounts.accounts = {} if changed is None else {"acme": changed}

        nursery.start_soon(change)
        assert await status_of_bind(gateway) != ROK


async def test_settings_changed_during_the_password_check_hold_at_once(
    autojump_clock: MockClock,
) -> None:
    accounts = FixedAccounts([account()])
    async with open_gateway(accounts=accounts, verifier=SlowVerifier()) as gateway:
        async with trio.open_nursery() as nursery:

            async def change() -> None:
                await trio.sleep(0.5)
                accounts.accounts = {"acme": account(tps=7.0)}

            nursery.start_soon(change)
            await gateway.bound()
        (state,) = gateway.gateway.accounts
        assert state.account.tps == 7.0
