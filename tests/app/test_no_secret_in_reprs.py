"""No object of the package shows a secret in its repr, wherever in the life of a message it is.

Everything is stopped in the middle: messages wait for the platform and for the store, receipts for
their acknowledgement, parts for the rest of their message, a bind for the check of its password,
the directory for its answer. Then every object of the package's own classes that the garbage
collector knows is asked for its repr.
"""

from __future__ import annotations

import gc
import ssl
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import attrs
import pytest
import trio
import trio.testing

from otpblue_trio.app.accounts import ThreadVerifier
from otpblue_trio.cli.send import _Errand
from otpblue_trio.config import load_config
from otpblue_trio.ops.log_format import JsonFormat, TextFormat
from otpblue_trio.ops.log_lines import lines_of
from otpblue_trio.policy import CodeFinder
from otpblue_trio.runtime.observer import ConnectionTrouble
from otpblue_trio.smpp import BindTransceiver, encode
from otpblue_trio.testing import (
    EsmeClosed,
    FakePlatform,
    FakeStore,
    account,
    open_gateway,
    submit_pdu,
)
from otpblue_trio.upstream import AccountDirectory, ControlPlane, HttpPlatform, JsonAnswer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from otpblue_trio.policy import Account

PASSWORD = "vault-Zq8"
CODE = "739154"
TEXT = f"Rosebud says your code is {CODE}"
NATIONAL = "4155559731"
NUMBER = f"1{NATIONAL}"
KEY = "topaz-key-7f3e9a"
SECRETS = ("vault", CODE, "Rosebud", NATIONAL, "topaz")
ACME = account(password=PASSWORD, api_key=KEY)

CONFIG = f"""\
[platform]
kind = "http"
regions_api_key = "{KEY}-of-the-regions"

[directory]
url = "https://directory.example"
key = "{KEY}-of-the-directory"

[[accounts]]
system_id = "acme"
password = "{PASSWORD}"
api_key = "{KEY}"
"""


class NeverDone:
    """Never comes to the end of checking a password."""

    async def verify(self, account: Account | None, given: str, /) -> bool:
        await trio.Event().wait()
        return False


async def say_nothing(stream: trio.SocketStream) -> None:
    """Read requests and answer none."""
    async for _ in stream:
        pass


async def reply(url: str, *, api_key: str, params: Mapping[str, str] | None = None) -> JsonAnswer:
    """Answer as the directory does."""
    await trio.lowlevel.checkpoint()
    fields = {"systemId": "known", "password": PASSWORD, "apiKey": KEY}
    return JsonAnswer(200, fields)


@asynccontextmanager
async def everything_under_way(folder: Path) -> AsyncIterator[list[object]]:
    """Run the parts of a gateway and stop them where they hold something."""
    (folder / "config.toml").write_text(CONFIG)
    held: list[object] = [load_config(folder / "config.toml", env={})]
    held.append(CodeFinder().find(TEXT))
    held.append(
        _Errand(
            host="h", port=1, tls=None, system_id="acme", password=PASSWORD, destination=NUMBER,
            text=TEXT, sender="", wants_receipt=True, timeout=1.0,
        )
    )  # fmt: skip
    verifier = ThreadVerifier()
    assert await verifier.verify(ACME, PASSWORD)
    assert not await verifier.verify(ACME, f"{PASSWORD}x")
    async with trio.open_nursery() as nursery, AsyncExitStack() as stack:
        silent = await nursery.start(trio.serve_tcp, say_nothing, 0)
        url = f"http://127.0.0.1:{silent[0].socket.getsockname()[1]}"

        directory = AccountDirectory(
            reply, base_url=url, key=KEY, clock=trio.current_time, ttl=1000.0
        )
        held.append(await directory.find("known"))
        waiting = AccountDirectory(
            ControlPlane(timeout=30).get_json, base_url=url, key=KEY, clock=trio.current_time
        )
        nursery.start_soon(waiting.find, "asked")

        # The platform does not answer; a part waits for the rest of its message.
        platform = HttpPlatform(
            url=url,
            timeout=30,
            max_connections=1,
            max_queue=100,
            ssl_context=ssl.create_default_context(),
        )
        gateway = await stack.enter_async_context(open_gateway(platform=platform, accounts=[ACME]))
        esme = await gateway.bound("acme", PASSWORD)
        for code in (CODE, f"{CODE}1"):
            nursery.start_soon(esme.request, submit_pdu(NUMBER, TEXT.replace(CODE, code)))
        part = submit_pdu(NUMBER, TEXT)
        header = bytes((5, 0, 3, 7, 2, 1))
        held.append(part)
        stream = gateway.connect_stream()
        for octets in (
            encode(BindTransceiver(sequence_number=1, system_id="acme", password=PASSWORD)),
            encode(attrs.evolve(part, esm_class=0x40, short_message=header + TEXT.encode())),
            encode(part)[:-5],  # more is to come
        ):
            await stream.send_all(octets)

        # The platform has answered; the store has not, or the receipt is not acknowledged.
        for store in (FakeStore(holds=True), FakeStore()):
            gateway = await stack.enter_async_context(
                open_gateway(platform=FakePlatform(), accounts=[ACME], store=store)
            )
            deaf = await gateway.connect(acknowledge=False)
            await deaf.bind_transceiver("acme", PASSWORD)
            nursery.start_soon(deaf.request, submit_pdu(NUMBER, TEXT))
            held += [store, gateway.events]

        # A password is being checked.
        gateway = await stack.enter_async_context(
            open_gateway(accounts=[ACME], verifier=NeverDone())
        )
        late = await gateway.connect()
        nursery.start_soon(late.bind_transceiver, "acme", PASSWORD)

        await trio.testing.wait_all_tasks_blocked(0.2)
        yield held
        nursery.cancel_scope.cancel()


class Quoting:
    """Fails with the password in its words, as code of others may."""

    async def verify(self, account: Account | None, given: str, /) -> bool:
        await trio.lowlevel.checkpoint()
        try:
            raise KeyError(given)
        except KeyError:
            raise ValueError(f"{given} of {account and account.system_id}") from None


async def test_an_accident_is_logged_without_what_was_in_hand() -> None:
    async with open_gateway(accounts=[ACME], verifier=Quoting()) as gateway:
        esme = await gateway.connect()
        with pytest.raises(EsmeClosed):
            await esme.bind_transceiver("acme", PASSWORD)
        trouble = await gateway.wait_for(ConnectionTrouble)
        [line] = lines_of(0.0, trouble)
    for told in (TextFormat()(line).decode(), JsonFormat()(line).decode()):
        assert "ValueError" in told
        assert "in verify" in told
        assert not any(secret in told for secret in SECRETS)


async def test_no_repr_of_anything_under_way_shows_a_secret(tmp_path: Path) -> None:
    gc.collect()
    before = set(map(id, gc.get_objects()))
    async with everything_under_way(tmp_path):
        shown: dict[str, str] = {}
        leaks: set[str] = set()
        for found in gc.get_objects():
            kind = type(found)
            if id(found) in before or not kind.__module__.startswith("otpblue_trio"):
                continue
            told = repr(found)
            shown[kind.__name__] = told
            leaks |= {f"{kind.__name__}: {told}" for secret in SECRETS if secret in told}
        assert leaks == set()
    # What is looked for was there to be found.
    assert shown.keys() >= {
        "Account", "AccountDirectory", "BindTransceiver", "CdrEntry", "CodeFound", "Config",
        "Directory", "Esme", "Exchange", "FakeStore", "LongMessage", "MessageAnswered", "Part",
        "PendingReceipt", "Platform", "SendRequest", "SmppSession", "StoredReceipt", "SubmitSm",
        "_Errand", "_PendingBind",
    }  # fmt: skip
