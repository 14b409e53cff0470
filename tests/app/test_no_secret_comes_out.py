"""Nothing that comes out of the running program shows a secret.

The program itself runs as a process, at log level debug, through everything that a message and an
operator can do to it. Its platform and its account directory are hostile: whatever they are asked,
they send back, in error texts, in broken answers, in headers. In the end everything that came out
is searched: standard output and error, the metrics, the live feed, the files, and what `check`
says of configurations with mistakes.
"""

from __future__ import annotations

import json
import re
import signal
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

import attrs
import bcrypt
import click.testing
import pytest
import trio
from trio_websocket import open_websocket_url

from otpblue_trio.cli import main
from otpblue_trio.smpp import (
    BindTransceiver,
    CommandStatus,
    DataSm,
    QuerySm,
    SubmitMulti,
    SubmitSm,
    Tlv,
    TlvTag,
    encode,
)
from otpblue_trio.testing import submit_pdu

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

PASSWORD = "vault-Zq8"
KEY = "topaz-key-7f3e9a"
WORD = "Rosebud"
EXCHANGE = "4155" + "55"
"""How the national numbers of this test begin, before their last four digits."""
CODES = count(739_151)
HASH = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()

WORDS = re.compile(
    rf"vault|topaz|{WORD}|{EXCHANGE}[0-9]{{4}}|\b7391[0-9]{{2}}\b|{re.escape(HASH[7:])}",
    re.IGNORECASE,
)
"""Every secret there is in this test: passwords, keys, texts, whole numbers, codes, the hash."""

CONFIG = f"""\
[listen]
tls = []
plain = ["127.0.0.1:0"]
admin = "127.0.0.1:0"

[limits]
max_connections = 100
bind_failures_before_block = 1000

[platform]
kind = "http"
url = "http://127.0.0.1:PORT/imsg/api/v1.1/otp/send/"
regions_url = "http://127.0.0.1:PORT/regions/"
regions_api_key = "{KEY}-of-the-regions"
timeout = "2s"

[directory]
url = "http://127.0.0.1:PORT"
key = "{KEY}-of-the-directory"
timeout = "1s"

[log]
level = "debug"
format = "json"

[[accounts]]
system_id = "acme"
password = "{HASH}"
api_key = "{KEY}"
tps = "unlimited"

[[accounts]]
system_id = "later"
password = "{PASSWORD}"
api_key = "{KEY}"
failure_mode = "receipt_only"
allow_send_text = true
"""

MISTAKES = [
    (f'password = "{HASH}"', f'password = "$2b$99${PASSWORD}"'),
    (f'password = "{HASH}"', f'password = "$unknown${PASSWORD}"'),
    (f'password = "{HASH}"', f'password = ["{PASSWORD}"]'),
    (f'password = "{HASH}"', f'password = "{PASSWORD}é"'),
    (f'password = "{HASH}"', f'password = "{PASSWORD}" "{PASSWORD}"'),
    (f'password = "{HASH}"', f'password = "{PASSWORD}'),
    (f'password = "{HASH}"', f"password = {PASSWORD}"),
    (f'password = "{HASH}"', f'pasword = "{PASSWORD}"'),
    (f'password = "{HASH}"', f'password = {{ env = "NONE", file = "{PASSWORD}" }}'),
    (f'password = "{HASH}"', f'password = "{PASSWORD}"\npassword = "{PASSWORD}"'),
    (f'api_key = "{KEY}"', f'api_key = "{KEY} "'),
    (f'api_key = "{KEY}"', f'api_key = {{ key = "{KEY}" }}'),
    (f'api_key = "{KEY}"', f'api_key = "{KEY}\\q"'),
    (f'api_key = "{KEY}"', f'api-key = "{KEY}"'),
    (f'api_key = "{KEY}"', f'api_key = {{ env = "{KEY}" }}'),
    (f'key = "{KEY}-of-the-directory"', f'key = "{KEY}\\u0000"'),
    (f'key = "{KEY}-of-the-directory"', f'api_key = "{KEY}"'),
    ('url = "http://127', f'url = "http://{PASSWORD}:{KEY}@127'),
    ('url = "http://127', f'url = "http://{PASSWORD}:{KEY}@é'),
    ("PORT/regions/", f"99999/?key={KEY}"),
    ("[listen]\n", f'password = "{PASSWORD}"\n[listen]\n'),
]
"""A text of the configuration, and the mistake in its place."""


# ---------------------------------------------------------------------- the platform


def echo(request: bytes) -> list[bytes]:
    """Return answers that all hold the whole request, by the last three digits of the number."""
    head, _, body = request.partition(b"\r\n\r\n")
    line = b" ".join(request.split())
    text = json.dumps({"message": request.decode("latin-1")})[1:-1].encode()
    return [
        answer(b"200 OK", b'{"success": true, "message_id": "m-%d"}' % next(IDS)),
        answer(b"400 Bad Request", b'{"code": 150, ' + text + b"}"),
        answer(b"400 Bad Request", b'{"code": 4321, ' + text + b"}"),
        answer(b"400 Bad Request", body),
        answer(b"400 Bad Request", request),
        answer(b"500 " + line, request),
        answer(b"503 Unavailable", request, b"Retry-After: " + line),
        answer(b"401 " + line, request, b"WWW-Authenticate: " + line),
        answer(b"403 Forbidden", request),
        answer(b"404 Not Found", request),
        answer(b"429 Too Many", request),
        answer(b"302 Found", request, b"Location: http://127.0.0.1/?" + line.replace(b" ", b"+")),
        answer(b"200 OK", b"{" + text + b"}"),
        answer(b"200 OK", body),
        answer(
            b"200 OK",
            b'{"success": true, "message_id": ' + json.dumps(line.decode()).encode() + b"}",
        ),
        answer(b"200 OK", request),
        answer(b"200 OK", request, b"Content-Encoding: " + line),
        b"HTTP/1.1 2x0 " + line + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + line + b"\r\n\r\n" + request,
        b"HTTP/1.1 200 OK\r\nContent-Length: " + line + b"\r\n\r\n" + request,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + request,
        b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + request,
        head + b"\r\n\r\n" + body,
        request[:20],
        b"",
    ]


IDS = count(1)
ANSWERS = 25
SILENT = 99
"""The ending of numbers that are never answered."""


def answer(status: bytes, body: bytes, header: bytes = b"X: x") -> bytes:
    return b"HTTP/1.1 %s\r\n%s\r\nContent-Length: %d\r\n\r\n%s" % (status, header, len(body), body)


async def platform(stream: trio.SocketStream) -> None:
    """Answer requests; after what is no whole answer the connection is closed."""
    received = b""
    while octets := await stream.receive_some():
        received += octets
        head, end, body = received.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        if not end or (length and len(body) < int(length[1])):
            continue
        answers = echo(received)
        asked = re.search(rb'"contact":"\+1\d{7}(\d{3})"|system_id=n(\d+)', received)
        ending = int((asked[1] or asked[2]) if asked else 5)
        if ending == SILENT:
            continue
        if ending >= ANSWERS:  # the directory's own kinds of nonsense
            fields = {"systemId": f"n{ending}", "password": PASSWORD, "apiKey": f"{KEY}\n"}
            answers.append(answer(b"200 OK", json.dumps(fields).encode()))
            ending = ANSWERS
        try:
            await stream.send_all(answers[ending])
        except trio.BrokenResourceError:
            return
        if ending >= 15:
            return
        received = b""


# ---------------------------------------------------------------------- the gateway


def frame(command_id: int, body: bytes) -> bytes:
    header = (16 + len(body), command_id, 0, 2)
    return b"".join(number.to_bytes(4, "big") for number in header) + body


def message(ending: int, text: str = "", source: str = "") -> SubmitSm:
    """Return a message with a code of its own, to the number that ends so."""
    text = text or f"{WORD} says your code is {next(CODES)}"
    return submit_pdu(f"1{EXCHANGE}1{ending:03}", text, source=source)


def odd_messages() -> list[SubmitSm | DataSm | SubmitMulti | QuerySm]:
    """Return requests that are refused, or read in another way."""
    usual = message(0)
    text = usual.short_message
    change = attrs.evolve
    payload = Tlv(TlvTag.MESSAGE_PAYLOAD, text)
    return [
        message(0, f"{WORD} has no code"),
        message(0, f"{WORD} {next(CODES)} or {next(CODES)}"),
        message(0, f"{WORD} code 7391-{WORD}"),
        message(0, source="Brand and some more"),
        change(usual, tlvs=(payload,)),
        change(usual, short_message=text * 6),
        change(usual, destination_addr=f"{EXCHANGE}1000", dest_addr_ton=2),
        change(usual, destination_addr=f"1{EXCHANGE}100000000"),
        change(usual, destination_addr=WORD),
        change(usual, esm_class=0x40),
        change(usual, esm_class=0x40, short_message=bytes((5, 0, 3, 7, 2, 1)) + text),
        change(usual, schedule_delivery_time="991231235959000+"),
        change(usual, validity_period=f"{WORD}!" * 2),
        change(usual, data_coding=8),
        change(usual, data_coding=4),
        DataSm(destination_addr=usual.destination_addr, dest_addr_ton=1, tlvs=(payload,)),
        SubmitMulti(short_message=text, source_addr=f"1{EXCHANGE}1000"),
        QuerySm(message_id=f"1{EXCHANGE}1000", source_addr=f"1{EXCHANGE}1000"),
    ]


def broken_octets() -> list[bytes]:
    """Return what strangers say, and binds and messages that cannot be read."""
    login = f"acme\0{PASSWORD}".encode()
    submit = encode(message(0))
    return [
        frame(0x09, login),  # nothing ends the password
        frame(0x09, login * 20 + b"\0\0\x34\0\0\0"),
        frame(0x09, login + b"\0" + PASSWORD.encode() * 3 + b"\0\x34\0\0\0"),
        frame(0x0999, login + submit),
        frame(0x80000009, login),
        login + submit,
        f"GET /?password={PASSWORD}&code={next(CODES)} HTTP/1.1\r\n\r\n".encode(),
        submit[:-3],
        submit,
        b"\x16\x03\x01\0" + submit,
    ]


async def submit_everything(run: Any) -> None:
    """Have a message answered in every way."""
    esme, status = await run.bind("acme", PASSWORD)
    assert status == 0
    for ending in range(1, ANSWERS):
        # A delivery in between: one failure after another and the gateway asks no more.
        for pdu in (message(ending), message(0)):
            await esme.request(pdu)
    silent = await esme.request(message(SILENT))
    assert silent.command_status == CommandStatus.ESME_RSYSERR
    for odd in odd_messages():
        run.nursery.start_soon(esme.request, odd)
    for octets in broken_octets():
        await run.say(octets)
        bind = encode(BindTransceiver(sequence_number=1, system_id="acme", password=PASSWORD))
        await run.say(bind + octets)
    later, status = await run.bind("later", PASSWORD)
    assert status == 0
    for ending in (0, 1, 4, 5):
        response = await later.request(message(ending, f"{WORD} in free text {next(CODES)}"))
        assert response.command_status == 0
        await later.receipt()


async def watch_feed(run: Any) -> bytes:
    """Return two ticks of the live feed."""
    url = f"ws://127.0.0.1:{run.port('admin')}/feed"
    async with open_websocket_url(url) as feed:
        return "\n".join([str(await feed.get_message()) for _ in range(2)]).encode()


async def admin(run: Any, path: str) -> bytes:
    request = f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    answer: bytes = await run.say(request.encode(), "admin")
    return answer


async def no_receipt_waits(run: Any) -> None:
    """Return when no receipt waits: one that lost its session does, and may hold its number."""
    with trio.fail_after(30):
        # A process is watched from outside: nobody tells.
        while b"\notpblue_smpp_receipts_waiting 0\n" not in await admin(run, "/metrics"):  # noqa: ASYNC110
            await trio.sleep(0.05)


def leaks(octets: bytes) -> list[str]:
    """Return the lines with a secret in them."""
    return [line for line in octets.decode("latin-1").splitlines() if WORDS.search(line)]


async def test_nothing_that_comes_out_shows_a_secret(
    tmp_path: Path, program: Callable[[Path], AbstractAsyncContextManager[Any]]
) -> None:
    came_out: dict[str, bytes] = {}
    file = trio.Path(tmp_path / "config.toml")
    async with trio.open_nursery() as nursery:
        [listener] = await nursery.start(partial(trio.serve_tcp, platform, 0, host="127.0.0.1"))
        config = CONFIG.replace("PORT", str(listener.socket.getsockname()[1]))
        await file.write_text(config)
        async with program(tmp_path) as run:
            for name in ("acme", "nobody", "", *(f"n{n}" for n in range(ANSWERS + 2))):
                _, status = await run.bind(name, f"{PASSWORD}x")
                assert status in (CommandStatus.ESME_RINVPASWD, CommandStatus.ESME_RSYSERR)
            await submit_everything(run)
            for number, (right, wrong) in enumerate(MISTAKES, 1):
                await file.write_text(config.replace(right, wrong))
                run.process.send_signal(signal.SIGHUP)
                await run.wait_for("not reloaded: ", times=number)
            await file.write_text(config)
            run.process.send_signal(signal.SIGHUP)
            await run.wait_for('"reloaded: ')
            for path in ("/metrics", "/healthz", "/readyz", f"/{WORD}?{KEY}"):
                came_out[path] = await admin(run, path)
            came_out["/feed"] = await watch_feed(run)
            await no_receipt_waits(run)
            run.process.send_signal(signal.SIGTERM)
            with trio.fail_after(30):
                assert await run.process.wait() == 0
            came_out |= {name: bytes(octets) for name, octets in run.said.items()}
        nursery.cancel_scope.cancel()
    files = [kept for kept in (tmp_path / "var").rglob("*") if kept.is_file()]
    came_out |= {kept.name: kept.read_bytes() for kept in files}

    assert {name: found for name, octets in came_out.items() if (found := leaks(octets))} == {}
    # What should come out did.
    log = came_out["stderr"].decode()
    assert log.count('"message delivered"') >= ANSWERS
    reasons = set(re.findall(r'"reason":"(\w+)"', log))
    assert reasons >= {
        "bad_bind_field", "bad_credentials", "delivered", "destination_invalid", "directory_down",
        "framing_error", "key_rejected", "message_incomplete", "message_twice", "no_code",
        "message_unreadable", "no_imessage", "platform_bad_answer", "platform_disconnected",
        "platform_error", "platform_rate_limit", "platform_status", "platform_timeout",
    }  # fmt: skip
    assert "the account directory sent no valid account" in log
    assert b"otpblue_smpp_" in came_out["/metrics"]
    assert b"{" in came_out["/feed"]
    assert len(came_out["otpblue.db"]) > 1000


@pytest.mark.parametrize("section", ["directory", "accounts", "defaults", "platform", "listen"])
@pytest.mark.parametrize("value", [f'"{PASSWORD}"', f'["{PASSWORD}"]'])
def test_check_does_not_show_a_text_where_a_table_should_be(
    section: str, value: str, tmp_path: Path
) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f"{section} = {value}\n")
    result = click.testing.CliRunner().invoke(main, ["check", str(file)])
    assert result.exit_code == 2
    assert f"{section}" in result.output
    assert leaks(result.output.encode()) == []


@pytest.mark.parametrize(("right", "wrong"), MISTAKES, ids=str)
def test_check_names_a_mistake_without_the_secret_in_it(
    right: str, wrong: str, tmp_path: Path
) -> None:
    file = tmp_path / "config.toml"
    assert right in CONFIG
    file.write_text(CONFIG.replace(right, wrong))
    result = click.testing.CliRunner().invoke(main, ["check", str(file)])
    assert result.exit_code == 2
    assert "config.toml" in result.output
    assert leaks(result.output.encode()) == []
