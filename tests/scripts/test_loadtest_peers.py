"""The load test against targets that misbehave, over memory streams and on the autojump clock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import pytest
import trio
from loadtest_ending import BRIEFLY, Ending
from loadtest_link import Link, LoadError
from loadtest_options import parse_arguments
from loadtest_result import as_text, report
from loadtest_run import run
from trio.testing import MockClock, memory_stream_pair

from otpblue_trio.smpp import (
    BindTransceiver,
    BindTransceiverResp,
    CommandStatus,
    DeliverSm,
    EnquireLink,
    EnquireLinkResp,
    Framer,
    GenericNack,
    Pdu,
    SubmitSm,
    SubmitSmResp,
    Unbind,
    UnbindResp,
    decode,
    encode,
)

if TYPE_CHECKING:
    import ssl
    from collections import Counter

    from loadtest_books import Tally
    from loadtest_link import Target


class Peer:
    """The other end of one connection: answers as it should, but where it is told otherwise."""

    def __init__(self, stream: trio.abc.Stream, number: int, target: str) -> None:
        self.number = number
        """From 0, in the order of the connections."""
        self.target = target
        self.taken: list[Pdu] = []
        self._stream = stream

    async def send(self, *pdus: Pdu) -> None:
        await self._stream.send_all(b"".join(map(encode, pdus)))

    async def send_octets(self, octets: bytes) -> None:
        await self._stream.send_all(octets)

    async def close(self) -> None:
        await self._stream.aclose()

    async def serve(self, behave: Behaviour) -> None:
        framer = Framer(65536)
        try:
            async for octets in self._stream:
                framer.feed(bytes(octets))
                while (frame := framer.next_frame()) is not None:
                    pdu = decode(frame)
                    self.taken.append(pdu)
                    if not await behave(self, pdu):
                        await self.send(*honest(pdu))
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass  # the load test went


Behaviour = Callable[[Peer, Pdu], Awaitable[bool]]
"""Is given what came; True: it has seen to it."""


def honest(pdu: Pdu) -> list[Pdu]:
    number = pdu.sequence_number
    match pdu:
        case BindTransceiver():
            return [BindTransceiverResp(sequence_number=number)]
        case EnquireLink():
            return [EnquireLinkResp(sequence_number=number)]
        case SubmitSm():
            return [SubmitSmResp(sequence_number=number, message_id=f"id{pdu.destination_addr}")]
        case Unbind():
            return [UnbindResp(sequence_number=number)]
    return []


async def behave_well(_peer: Peer, _pdu: Pdu) -> bool:
    return False


class Net:
    """Gives the load test connections to a peer that behaves in some way."""

    def __init__(self, nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch) -> None:
        self.behave: Behaviour = behave_well
        self.peers: list[Peer] = []
        self.refused: set[str] = set()
        """Targets that nobody listens at."""
        self._nursery = nursery
        monkeypatch.setattr(Link, "open", self._open)

    async def _open(
        self, target: Target, _context: ssl.SSLContext | None, faults: Counter[str]
    ) -> Link:
        await trio.lowlevel.checkpoint()
        if target.name in self.refused:
            raise ConnectionRefusedError(111, "Connection refused")
        ours, theirs = memory_stream_pair()
        peer = Peer(theirs, len(self.peers), target.name)
        self.peers.append(peer)
        self._nursery.start_soon(peer.serve, self.behave)
        return Link(ours, faults)

    def taken(self, kind: type[Pdu]) -> list[Pdu]:
        return [pdu for peer in self.peers for pdu in peer.taken if isinstance(pdu, kind)]


@pytest.fixture
def net(nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch) -> Net:
    return Net(nursery, monkeypatch)


async def load(*arguments: str, ending: Ending | None = None) -> list[Tally]:
    if not {"--mode=bind", "--mode=idle"} & set(arguments):
        arguments = ("--no-receipts", *arguments)
    options = parse_arguments(["--password=x", "--quiet", *arguments])
    return await run(options, ending or Ending())


def faults_of(tally: Tally) -> dict[str, int]:
    return {name: n for name, n in tally.faults.items() if n}


# ---------------------------------------------------------------------- bind storms


async def test_bind_cycles_that_no_worker_was_free_for_are_unsent(
    net: Net, autojump_clock: MockClock
) -> None:
    async def slow(_peer: Peer, pdu: Pdu) -> bool:
        if isinstance(pdu, BindTransceiver):
            await trio.sleep(0.5)
        return False

    net.behave = slow
    (tally,) = await load("--mode=bind", "--rate=50", "--seconds=3", "--sessions=1")
    assert (tally.sent, tally.answered) == (6, 6)
    assert faults_of(tally) == {"unsent": 144}


async def test_bind_cycles_that_kept_the_rate_leave_none_unsent(
    net: Net, autojump_clock: MockClock
) -> None:
    (tally,) = await load("--mode=bind", "--rate=50", "--seconds=3", "--sessions=4")
    assert tally.sent == tally.answered == 150
    assert faults_of(tally) == {}


@pytest.mark.parametrize(
    ("answers", "fault"),
    [
        ([BindTransceiverResp, BindTransceiverResp], "duplicate_response"),
        ([EnquireLinkResp], "unexpected_pdu"),
        ([GenericNack], "unexpected_pdu"),
    ],
)
async def test_bind_that_is_answered_wrongly_is_a_fault_of_each_cycle(
    net: Net, autojump_clock: MockClock, answers: list[type[Pdu]], fault: str
) -> None:
    async def lie(peer: Peer, pdu: Pdu) -> bool:
        if not isinstance(pdu, BindTransceiver) or peer.number == 0:  # the trial before the run
            return False
        await peer.send(*(answer(sequence_number=pdu.sequence_number) for answer in answers))
        return True

    net.behave = lie
    (tally,) = await load("--mode=bind", "--messages=3")
    assert faults_of(tally) == {fault: 3}


async def test_unbind_that_is_refused_is_a_fault(net: Net, autojump_clock: MockClock) -> None:
    async def refuse(peer: Peer, pdu: Pdu) -> bool:
        if not isinstance(pdu, Unbind):
            return False
        await peer.send(
            UnbindResp(
                sequence_number=pdu.sequence_number, command_status=CommandStatus.ESME_RSYSERR
            )
        )
        return True

    net.behave = refuse
    for mode in ("--mode=bind", "--mode=submit"):
        (tally,) = await load(mode, "--messages=1")
        assert faults_of(tally) == {"unbind_refused": 1}


async def test_unbind_that_is_answered_twice_is_a_duplicate(
    net: Net, autojump_clock: MockClock
) -> None:
    async def twice(peer: Peer, pdu: Pdu) -> bool:
        if not isinstance(pdu, Unbind):
            return False
        await peer.send(*honest(pdu), *honest(pdu))
        return True

    net.behave = twice
    (tally,) = await load("--mode=bind", "--messages=3")
    assert faults_of(tally) == {"duplicate_response": 3}


async def test_failed_bind_cycles_are_not_in_flight(net: Net, autojump_clock: MockClock) -> None:
    async def refuse(peer: Peer, pdu: Pdu) -> bool:
        if not isinstance(pdu, BindTransceiver) or peer.number == 0:
            return False
        await peer.send(BindTransceiverResp(sequence_number=pdu.sequence_number, command_status=13))
        return True

    net.behave = refuse
    (tally,) = await load("--mode=bind", "--messages=5")
    assert (tally.sent, tally.in_flight) == (5, 0)


# ---------------------------------------------------------------------- idle sessions


def beside(*pdus: Pdu) -> Behaviour:
    """Send something behind the answer to each enquire_link, with it in one segment."""

    async def behave(peer: Peer, pdu: Pdu) -> bool:
        if not isinstance(pdu, EnquireLink):
            return False
        await peer.send(EnquireLinkResp(sequence_number=pdu.sequence_number), *pdus)
        return True

    return behave


async def test_enquire_link_that_is_answered_twice_is_a_duplicate(
    net: Net, autojump_clock: MockClock
) -> None:
    async def twice(peer: Peer, pdu: Pdu) -> bool:
        if not isinstance(pdu, EnquireLink):
            return False
        await peer.send(*[EnquireLinkResp(sequence_number=pdu.sequence_number)] * 2)
        return True

    net.behave = twice
    (tally,) = await load("--mode=idle", "--seconds=3.5", "--enquire-interval=1")
    assert (tally.sent, tally.answered) == (3, 3)
    assert faults_of(tally) == {"duplicate_response": 3}


async def test_pdu_beside_an_answer_is_unexpected_on_an_idle_session(
    net: Net, autojump_clock: MockClock
) -> None:
    net.behave = beside(DeliverSm(sequence_number=900, short_message=b"x"))
    (tally,) = await load("--mode=idle", "--seconds=3.5", "--enquire-interval=1")
    assert faults_of(tally) == {"unexpected_pdu": 3}


async def test_idle_session_that_the_target_unbinds_is_named_and_answered(
    net: Net, autojump_clock: MockClock
) -> None:
    net.behave = beside(Unbind(sequence_number=77))
    (tally,) = await load("--mode=idle", "--seconds=3.5", "--enquire-interval=1")
    assert faults_of(tally) == {"unbound_by_peer": 1}
    assert [pdu.sequence_number for pdu in net.taken(UnbindResp)] == [77]


# ---------------------------------------------------------------------- messages


def answer_after(seconds: float) -> Behaviour:
    """Take so long for every message."""

    async def behave(_peer: Peer, pdu: Pdu) -> bool:
        if isinstance(pdu, SubmitSm):
            await trio.sleep(seconds)
        return False

    return behave


async def test_enquire_link_that_is_answered_twice_is_unexpected_among_messages(
    net: Net, autojump_clock: MockClock
) -> None:
    async def twice(peer: Peer, pdu: Pdu) -> bool:
        if isinstance(pdu, EnquireLink):
            await peer.send(*honest(pdu))
        return False

    net.behave = twice
    (tally,) = await load("--messages=5", "--rate=0.1")
    assert len(net.taken(EnquireLink)) == 1
    assert faults_of(tally) == {"unexpected_pdu": 1}


async def test_session_that_the_target_unbinds_answers_and_submits_no_more(
    net: Net, autojump_clock: MockClock
) -> None:
    async def unbind_once(peer: Peer, pdu: Pdu) -> bool:
        if isinstance(pdu, UnbindResp):
            await peer.close()
        elif isinstance(pdu, SubmitSm) and len(net.taken(SubmitSm)) == 5:
            await peer.send(*honest(pdu), Unbind(sequence_number=77))
            return True
        return False

    net.behave = unbind_once
    (tally,) = await load("--messages=20", "--window=1")
    assert tally.sent == tally.answered == 5
    assert faults_of(tally) == {"unbound_by_peer": 1, "unsent": 15}
    assert [pdu.sequence_number for pdu in net.taken(UnbindResp)] == [77]


async def test_message_id_given_on_two_sessions_is_a_duplicate(
    net: Net, autojump_clock: MockClock
) -> None:
    async def name_by_sequence(peer: Peer, pdu: Pdu) -> bool:
        if not isinstance(pdu, SubmitSm):
            return False
        number = pdu.sequence_number
        await peer.send(SubmitSmResp(sequence_number=number, message_id=f"id{number}"))
        return True

    net.behave = name_by_sequence
    (tally,) = await load("--messages=10", "--sessions=2", "--rate=100")
    assert faults_of(tally) == {"duplicate_message_id": 5}


async def test_garbage_is_named_once(net: Net, autojump_clock: MockClock) -> None:
    async def babble(peer: Peer, pdu: Pdu) -> bool:
        if not isinstance(pdu, SubmitSm | EnquireLink):
            return False
        await peer.send_octets(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        return True

    net.behave = babble
    (tally,) = await load("--messages=1")
    assert faults_of(tally) == {"unreadable_pdu": 1, "lost_response": 1}
    (tally,) = await load("--mode=idle", "--seconds=3", "--enquire-interval=1")
    assert faults_of(tally) == {"unreadable_pdu": 1}


async def test_messages_go_on_over_the_sessions_that_are_left(
    net: Net, autojump_clock: MockClock
) -> None:
    async def leave(peer: Peer, pdu: Pdu) -> bool:
        if isinstance(pdu, SubmitSm) and peer.number == 0:
            await peer.close()
            return True
        return False

    net.behave = leave
    (tally,) = await load("--messages=50", "--sessions=2", "--rate=10")
    assert tally.sent == 50
    assert faults_of(tally) == {"closed_by_peer": 1, "lost_response": 1}


@pytest.mark.parametrize("pace", [["--rate=10"], []], ids=["paced", "flat out"])
async def test_messages_that_no_session_is_left_for_are_unsent(
    net: Net, autojump_clock: MockClock, pace: list[str]
) -> None:
    async def leave(peer: Peer, pdu: Pdu) -> bool:
        if isinstance(pdu, SubmitSm):
            await peer.close()
            return True
        return False

    net.behave = leave
    (tally,) = await load("--messages=50", "--sessions=2", "--window=1", *pace)
    assert tally.sent + tally.faults["unsent"] == 50
    assert tally.sent == 2


async def test_series_shows_when_messages_were_sent_not_when_they_were_due(
    net: Net, autojump_clock: MockClock
) -> None:
    net.behave = answer_after(1.0)
    (tally,) = await load("--messages=3", "--window=1", "--rate=10")
    assert dict(tally.sent_in) == {0: 1, 10: 1, 20: 1}


async def test_loader_that_is_too_slow_reads_meanwhile_stops_in_time_and_says_so(
    net: Net, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow_encode(pdu: Pdu) -> bytes:
        if isinstance(pdu, SubmitSm):
            autojump_clock.jump(0.002)
        return encode(pdu)

    monkeypatch.setattr("loadtest_session.encode", slow_encode)
    (tally,) = await load("--rate=1000", "--seconds=1", "--window=10000")
    assert 450 < tally.sent < 600
    assert tally.sent + tally.omitted == 1000
    assert tally.answered == tally.sent
    # Answers are read while it is behind: none waits for the last message to be sent.
    assert min(tally.response_at) < 0.6
    assert faults_of(tally) == {}
    result = report(tally, mode="submit", target="t", rate=1000.0)
    assert f"too slow for the rate: {tally.omitted} messages" in result["troubles"][0]
    text = as_text([result], seed=0)
    assert result["troubles"][0] in text
    assert f"up to {tally.largest_lag * 1000:.4g} ms late" in text


async def test_wait_in_vain_is_no_time_that_the_processor_could_have_been_used_in(
    net: Net, autojump_clock: MockClock
) -> None:
    async def forget_the_last(_peer: Peer, pdu: Pdu) -> bool:
        return isinstance(pdu, SubmitSm) and len(net.taken(SubmitSm)) == 10

    net.behave = forget_the_last
    (tally,) = await load("--messages=10", "--rate=10", "--patience=20")
    assert faults_of(tally) == {"lost_response": 1}
    assert tally.load_time == pytest.approx(0.9)


# ---------------------------------------------------------------------- an early end


async def never_answer(_peer: Peer, pdu: Pdu) -> bool:
    return isinstance(pdu, SubmitSm)


async def interrupted(after: float, *arguments: str) -> tuple[Tally, float]:
    """Load and ask for the end; return what was seen and how long it took from then."""
    ending = Ending()
    done: list[Tally] = []

    async def loading() -> None:
        done.extend(await load(*arguments, ending=ending))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(loading)
        await trio.sleep(after)
        ending.ask()
        asked = trio.current_time()
    return done[0], trio.current_time() - asked


@pytest.mark.parametrize(
    "arguments",
    [
        ["--rate=10", "--seconds=60"],
        ["--mode=bind", "--rate=10", "--seconds=60"],
        ["--mode=idle", "--seconds=60", "--enquire-interval=1"],
    ],
    ids=["submit", "bind", "idle"],
)
async def test_interrupted_run_unbinds_and_keeps_what_it_has_seen(
    net: Net, autojump_clock: MockClock, arguments: list[str]
) -> None:
    tally, took = await interrupted(5.05, *arguments)
    assert tally.sent == tally.answered > 4
    assert faults_of(tally) == {}
    assert len(net.taken(Unbind)) == len(net.peers)
    assert took < BRIEFLY


async def test_interrupted_run_waits_briefly_for_what_is_outstanding(
    net: Net, autojump_clock: MockClock
) -> None:
    net.behave = never_answer
    tally, took = await interrupted(5.05, "--rate=10", "--seconds=60", "--window=20")
    assert took == pytest.approx(BRIEFLY)
    assert tally.sent == 20
    assert faults_of(tally) == {"lost_response": 20, "unsent": 31}


async def test_run_that_only_waits_for_answers_can_be_interrupted_too(
    net: Net, autojump_clock: MockClock
) -> None:
    net.behave = never_answer
    tally, took = await interrupted(5, "--messages=10", "--patience=100")
    assert took == pytest.approx(BRIEFLY)
    assert faults_of(tally) == {"lost_response": 10}


async def test_interrupted_run_submits_nothing_more(net: Net, autojump_clock: MockClock) -> None:
    net.behave = answer_after(1.0)
    tally, _ = await interrupted(5.05, "--rate=10", "--seconds=60", "--window=1")
    assert tally.sent == tally.answered == 6
    assert faults_of(tally) == {"unsent": 45}


async def test_run_can_be_interrupted_before_it_is_bound(
    net: Net, autojump_clock: MockClock
) -> None:
    async def sleep(_peer: Peer, _pdu: Pdu) -> bool:
        await trio.sleep(15)
        return False

    net.behave = sleep
    for mode in ("submit", "bind", "idle"):
        tally, took = await interrupted(5, f"--mode={mode}", "--seconds=60")
        assert took == pytest.approx(0)
        assert (tally.sent, faults_of(tally)) == (0, {})


# ---------------------------------------------------------------------- several targets


TWO = ("--target=tcp://a:1", "--target=tcp://b:1")


async def test_two_targets_never_get_the_same_number(net: Net, autojump_clock: MockClock) -> None:
    await load(*TWO, "--messages=60", "--rounds=2")
    numbers = [pdu.destination_addr for pdu in net.taken(SubmitSm) if isinstance(pdu, SubmitSm)]
    assert len(set(numbers)) == len(numbers) == 120


async def test_target_that_dies_between_rounds_does_not_cost_the_result(
    net: Net, autojump_clock: MockClock
) -> None:
    async def die(peer: Peer, pdu: Pdu) -> bool:
        if peer.target == "tcp://b:1" and isinstance(pdu, Unbind):
            net.refused.add("tcp://b:1")
        return False

    net.behave = die
    alive, dead = await load(*TWO, "--messages=40", "--rounds=4")
    assert (alive.answered, faults_of(alive)) == (40, {})
    assert (dead.answered, faults_of(dead)) == (10, {"not_connected": 3})
    assert dead.troubles[0] == "round 2: session 1: Connection refused"


async def test_target_that_cannot_be_bound_is_named(net: Net, autojump_clock: MockClock) -> None:
    net.refused.add("tcp://b:1")
    with pytest.raises(LoadError, match=r"^tcp://b:1: session 1: Connection refused$"):
        await load(*TWO, "--messages=40")


async def test_bind_that_is_never_answered_is_given_up_after_the_patience(
    net: Net, autojump_clock: MockClock
) -> None:
    async def silent(_peer: Peer, _pdu: Pdu) -> bool:
        return True

    net.behave = silent
    with pytest.raises(LoadError, match=r"session 1: not bound within 3 s$"):
        await load("--messages=1", "--patience=3")
    assert trio.current_time() < 4


async def test_process_that_ends_during_the_load_makes_its_cpu_time_unknown(
    net: Net, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = iter([(0.0, 0)] * 3)

    def figures(pid: int | None) -> tuple[float, int]:
        found = next(looks, None)
        if found is None:
            raise LoadError(f"--cpu-of: there is no process {pid} in /proc")
        return found

    monkeypatch.setattr("loadtest_run.process_figures", figures)
    (tally,) = await load("--messages=10", "--cpu-of=77")
    result: dict[str, Any] = report(tally, mode="submit", target="t")
    assert (result["answered"], result["cpu"]) == (10, None)
    text = as_text([result], seed=0)
    assert "server CPU unknown" in text
    assert "there is no process 77" in text
