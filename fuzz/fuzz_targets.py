"""What is fuzzed: functions that take any octets, and raise only when something is wrong with us.

Each target reads its input the way the gateway does and checks what must hold for every input. What
an input may rightly cause (a decode error, a refused configuration) is handled here; everything
else that comes out of a target is a defect.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from otpblue_trio.config import Config, ConfigError, load_config
from otpblue_trio.policy import (
    Account,
    AccountRules,
    Admission,
    CodeFinder,
    CodeFound,
    Declined,
    Destination,
    NumberReader,
    Part,
)
from otpblue_trio.policy.types import Delivered, is_message_id
from otpblue_trio.runtime.proxy_protocol import (
    MAX_V2_ADDRESS_OCTETS,
    NeedMore,
    ProxyHeader,
    ProxyHeaderError,
    parse_proxy_header,
)
from otpblue_trio.session import (
    BindRequested,
    BindUnreadable,
    QueryReceived,
    SmppSession,
    SubmitReceived,
)
from otpblue_trio.smpp import (
    DataSm,
    DecodeError,
    DeliverSm,
    Framer,
    FramingError,
    SubmitSm,
    UdhError,
    decode,
    decode_text,
    encode,
    parse_receipt,
    parse_smpp_time,
    split_udh,
)
from otpblue_trio.upstream.http_answer import MAX_BODY_OCTETS, AnswerError, AnswerReader
from otpblue_trio.upstream.outcomes import outcome_of_answer

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CORPUS", "TARGETS", "Target", "corpus_of"]

CORPUS = Path(__file__).parent / "corpus"
MAX_PDU_OCTETS = 4096
_NUMBERS = NumberReader()
_FINDER = CodeFinder()
_ADMISSION = Admission(_NUMBERS, _FINDER)
_RULES = [
    AccountRules.of(Account(system_id="acme", password="-", api_key="k", **settings))  # noqa: S106 - nobody binds
    for settings in (
        {},
        {"default_region": "US", "default_alphabet": "utf8"},
        {"code_patterns": (r"PIN=([0-9]{4,10})",), "default_alphabet": "latin1"},
        {"allow_send_text": True, "default_region": "DE"},
    )
]


def _check(claim: object, text: str) -> None:
    """Raise when a claim does not hold; unlike `assert` also under -O."""
    if not claim:
        raise AssertionError(text)


def _chunks(octets: bytes, size: int) -> Iterator[bytes]:
    """Yield octets in pieces of a size."""
    for start in range(0, len(octets), size):
        yield octets[start : start + size]


def _frames(chunks: Iterator[bytes]) -> tuple[list[bytes], bool]:
    """Return the frames of a stream, and whether its framing was lost."""
    framer = Framer(MAX_PDU_OCTETS)
    frames: list[bytes] = []
    for chunk in chunks:
        framer.feed(chunk)
        try:
            while (frame := framer.next_frame()) is not None:
                frames.append(frame)
        except FramingError:
            return frames, True
        _check(framer.buffered_octets <= MAX_PDU_OCTETS, "the framer keeps more than one PDU")
    return frames, False


def frames(octets: bytes) -> None:
    """Frame and decode a stream; any split gives the same, and what decodes can be encoded."""
    whole = _frames(iter([octets]))
    size = 1 + len(octets) % 19
    _check(whole == _frames(_chunks(octets, size)), f"pieces of {size} give other frames")
    for frame in whole[0]:
        try:
            pdu = decode(frame)
        except DecodeError as error:
            _check(error.command_status, "an error without a status")
            continue
        if not pdu.is_response:  # those are read whatever their bodies are
            _check(decode(encode(pdu)) == pdu, "decoded, encoded and decoded it is another PDU")


def session(octets: bytes) -> None:
    """Run a whole session: every request is answered once, whenever its answer comes."""
    machine = SmppSession(system_id="FUZZ", max_pdu_octets=MAX_PDU_OCTETS)
    waiting: list[SubmitSm | DataSm] = []
    messages = 0
    out = b""
    for number, chunk in enumerate(_chunks(octets, 1 + len(octets) % 97)):
        for event in machine.receive(chunk):
            if isinstance(event, BindRequested):
                if len(event.pdu.system_id) % 4 == 3:
                    machine.refuse_bind(0x0E)
                else:
                    machine.accept_bind()
            elif isinstance(event, BindUnreadable):
                machine.refuse_bind(event.command_status)
            elif isinstance(event, SubmitReceived):
                messages += 1
                _admit(event.pdu, _RULES[messages % len(_RULES)])
                waiting.append(event.pdu)
                if messages % 3:
                    machine.answer_submit(waiting.pop(0), 0x45 * (messages % 2), "m-1")
            elif isinstance(event, QueryReceived):
                machine.answer_query(event.pdu, None)
            _check(machine.in_flight == len(waiting), "in flight is not what waits")
        if machine.can_receive_deliver and number % 2:
            machine.send_deliver(DeliverSm(short_message=b"id:1"), number, float(number))
        if number % 5 == 4:
            machine.expire_delivers(number - 3.0)
        out += machine.data_to_send()
    while waiting:
        machine.answer_submit(waiting.pop(), 0, "m-2")
    out += machine.data_to_send()
    _check(machine.in_flight == 0, "answered and still in flight")
    _check_answers(octets, out)


def _check_answers(octets: bytes, out: bytes) -> None:
    """Hold what a session wrote against what it read."""
    answers, is_lost = _frames(iter([out]))
    _check(not is_lost and sum(map(len, answers)) == len(out), "it writes broken frames")
    pdus = [decode(frame) for frame in answers]
    responses = [pdu for pdu in pdus if pdu.is_response]
    asked, is_lost = _frames(iter([octets]))
    most = len(asked) + is_lost
    _check(len(responses) <= most, f"{len(responses)} responses to {most} frames")


def _admit(pdu: SubmitSm | DataSm, rules: AccountRules) -> None:
    """Decide about a message; a code that is sent stands in the text."""
    decision = _ADMISSION.admit(pdu, rules)
    if isinstance(decision, Part):
        decision = _ADMISSION.admit_whole([decision], rules)
    if isinstance(decision, Declined):
        return
    _check(decision.contact[1:].isdigit(), "a contact that is no number")
    if not decision.text:
        _check_code(decision.code)


def _check_code(code: str) -> None:
    _check(code.isascii() and code.isdigit() and 4 <= len(code) <= 10, "no code of 4-10 digits")


def answer(octets: bytes) -> None:
    """Read a platform's answer; any split gives the same, and it is bounded."""
    whole = _answer(iter([octets]))
    size = 1 + len(octets) % 13
    _check(whole == _answer(_chunks(octets, size)), f"pieces of {size} give another answer")
    if whole is not None:
        outcome = outcome_of_answer(*whole)
        _check(
            not isinstance(outcome, Delivered) or is_message_id(outcome.message_id),
            "delivered under an id that SMPP cannot carry",
        )


def _answer(chunks: Iterator[bytes]) -> tuple[int, bytes] | None:
    """Return status and body of the first answer; None where there is none."""
    reader = AnswerReader()
    try:
        for chunk in chunks:
            if reader.feed(chunk):
                break
        else:
            if not reader.finish():
                return None
    except AnswerError:
        return None
    _check(len(reader.body) <= MAX_BODY_OCTETS, "a body over the bound")
    return reader.status, bytes(reader.body)


def code(octets: bytes) -> None:
    """Find a code; it stands in the text, digit by digit, and the cache changes nothing."""
    text = octets.decode("utf-8" if octets[:1] != b"\0" else "utf-16-be", "replace")
    found = _FINDER.find(text)
    _check(found == CodeFinder(cache_entries=0).find(text), "the cache changes an answer")
    if isinstance(found, CodeFound):
        _check_code(found.code)
        digits = "".join(str(int(c)) for c in text if c.isdecimal())
        _check(found.code in digits, "a code that does not stand in the text")
    _FINDER.explain(text)


def number(octets: bytes) -> None:
    """Read a destination; what is sent to has the digits that were written."""
    ton, npi, region, *_ = *octets[:3], 0, 0, 0
    address = octets[3:].decode("latin-1")
    default_region = ("", "US", "DE", "GB", "RU", "AR")[region % 6]
    read = _NUMBERS.read(address, ton, npi, default_region)
    if isinstance(read, Destination):
        digits = "".join(filter(str.isdigit, address))
        _check(read.e164[0] == "+" and read.e164[1:].isdigit(), "not E.164")
        _check(len(read.e164) <= 16, "longer than E.164 allows")
        if not default_region:
            # Nothing is added to what was written; a national prefix may go: +49 (0) 208 ...
            written = iter(digits)
            _check(all(digit in written for digit in read.e164[1:]), "digits that nobody wrote")
            missing = len(digits.removeprefix("00")) - len(read.e164[1:])
            _check(missing <= 1, "more than a national prefix is left out")


def proxy(octets: bytes) -> None:
    """Read a PROXY header; reading as much as it asks for never reads past its end."""
    try:
        whole = parse_proxy_header(octets)
    except ProxyHeaderError:
        whole = None
    taken = 0
    try:
        while isinstance(read := parse_proxy_header(octets[:taken]), NeedMore):
            _check(1 <= read.octets <= 16 + MAX_V2_ADDRESS_OCTETS, "asks for an odd amount")
            if taken + read.octets > len(octets):
                _check(not isinstance(whole, ProxyHeader), "asks for more than the header")
                return
            taken += read.octets
    except ProxyHeaderError:
        _check(not isinstance(whole, ProxyHeader), "refuses in pieces what it takes whole")
        return
    _check(isinstance(whole, ProxyHeader) and whole == read, "another header in pieces")
    _check(taken == read.octets, "reads past the header")


def text(octets: bytes) -> None:
    """Decode a short message in every way, take its UDH off, read it as a receipt and a time."""
    for default in ("gsm", "ascii", "latin1", "utf8"):
        decoded = decode_text(octets, octets[0] if octets else 0, default)
        _check(len(decoded) <= 2 * len(octets) + 1, "a text longer than its octets")
    try:
        header, rest = split_udh(octets)
    except UdhError:
        pass
    else:
        _check(octets.endswith(rest), "a text that is not the end of the message")
        concat = header.concat
        _check(concat is None or 1 <= concat.part <= concat.total, "a part of nothing")
    parse_receipt(octets)
    with contextlib.suppress(ValueError):
        parse_smpp_time(octets.decode("latin-1"))


def config(octets: bytes) -> None:
    """Load a configuration: it is one, or every problem is told in words."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.toml"
        path.write_bytes(octets)
        try:
            loaded = load_config(path, env={})
        except ConfigError as error:
            _check(error.problems, "refused without a problem")
            _check(all(map(str, error.problems)), "a problem without words")
        else:
            _check(isinstance(loaded, Config), "no configuration")


@attrs.frozen
class Target:
    """One thing to fuzz."""

    run: Callable[[bytes], None]
    has_frames: bool = False
    """True when inputs are PDUs: most mutations then keep command_length right."""
    most_octets: int = 4096
    tokens: tuple[bytes, ...] = ()
    """What mutations put in now and then."""
    share: int = 1
    """How many of the iterations it gets, against the others: slow ones get fewer."""


TARGETS = {
    "frames": Target(frames, has_frames=True, share=8),
    "session": Target(session, has_frames=True, share=8),
    "answer": Target(
        answer,
        tokens=(b"\r\n\r\n", b"HTTP/1.1 100 \r\n\r\n", b"Content-Length: 5\r\n", b"0\r\n\r\n"),
        share=8,
    ),
    "code": Target(
        code,
        most_octets=1500,
        tokens=(b"code", b"482910", b"482-910", b" is ", b"+1 415 555 2671", b"1234"),
        share=4,
    ),
    "number": Target(number, most_octets=40, tokens=(b"00", b"+", b"1415"), share=4),
    "proxy": Target(
        proxy,
        tokens=(b"PROXY TCP4 ", b"\r\n", b"\r\n\r\n\0\r\nQUIT\n", b"255.255.255.255", b"::1"),
        share=4,
    ),
    "text": Target(text, most_octets=600, share=4),
    "config": Target(
        config,
        tokens=(b"[limits]\n", b"[[accounts]]\n", b"= {", b'"""', b"[", b"]]", b" = 1e999\n"),
    ),
}


def corpus_of(name: str) -> list[bytes]:
    """Return the committed inputs of a target, in a fixed order."""
    return [path.read_bytes() for path in sorted((CORPUS / name).iterdir())]
