from __future__ import annotations

import json
import re
import shutil
import subprocess

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otpblue_trio.ops.metrics import Metrics, Readiness
from otpblue_trio.ops.process import ProcessFigures
from otpblue_trio.policy.types import PlatformState
from otpblue_trio.policy.verdicts import Reason
from otpblue_trio.runtime.observer import (
    Accident,
    AccidentPlace,
    BindAccepted,
    BindRefused,
    CloseReason,
    ConnectionClosed,
    ConnectionOpened,
    ConnectionRefusal,
    ConnectionRefused,
    ConnectionTrouble,
    GatewayStarted,
    GatewayStopping,
    IgnoredKind,
    ListenerStarted,
    PduIgnored,
    PlatformStateChanged,
    ReceiptFate,
    ReceiptSettled,
)
from otpblue_trio.testing import message_answered

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_HELP = re.compile(rf"# HELP ({_NAME}) ((?:[^\\\n]|\\\\|\\n)*)")
_TYPE = re.compile(rf"# TYPE ({_NAME}) (counter|gauge|histogram|summary|untyped)")
_PAIR = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(?:,|$)')
_SAMPLE = re.compile(rf"({_NAME})(?:\{{(.*)\}})? (\+Inf|-Inf|NaN|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)")

Labels = tuple[tuple[str, str], ...]
Page = dict[str, dict[tuple[str, Labels], float]]


def _labels(text: str) -> Labels:
    pairs: list[tuple[str, str]] = []
    position = 0
    while position < len(text):
        found = _PAIR.match(text, position)
        assert found is not None, text
        value = re.sub(r"\\(.)", lambda m: {"n": "\n"}.get(m.group(1), m.group(1)), found.group(2))
        pairs.append((found.group(1), value))
        position = found.end()
    assert len({name for name, _ in pairs}) == len(pairs), text
    return tuple(pairs)


def _read(page: bytes) -> Page:
    """Read a page; fails on whatever the format 0.0.4 or its conventions forbid."""
    text = page.decode("utf-8")
    assert text.endswith("\n")
    families: Page = {}
    kinds: dict[str, str] = {}
    current = ""
    helped = ""
    for row in text[:-1].split("\n"):
        if (found := _HELP.fullmatch(row)) is not None:
            helped = found.group(1)
            assert helped not in families, f"{helped} twice"
        elif (found := _TYPE.fullmatch(row)) is not None:
            current = found.group(1)
            assert current == helped, "HELP and TYPE belong together"
            families[current] = {}
            kinds[current] = found.group(2)
            assert current.endswith("_total") == (kinds[current] == "counter"), current
        else:
            found = _SAMPLE.fullmatch(row)
            assert found is not None, row
            name, labels = found.group(1), _labels(found.group(2) or "")
            suffix = name.removeprefix(current)
            allowed = ("_bucket", "_sum", "_count") if kinds[current] == "histogram" else ("",)
            assert suffix in allowed, f"{name} below {current}"
            assert (name, labels) not in families[current], row
            families[current][name, labels] = float(found.group(3))
    for name, kind in kinds.items():
        if kind == "histogram":
            _check_histogram(name, families[name])
    return families


def _check_histogram(name: str, samples: dict[tuple[str, Labels], float]) -> None:
    buckets: dict[Labels, list[tuple[float, float]]] = {}
    for (whole, labels), value in samples.items():
        if whole == f"{name}_bucket":
            key = tuple(pair for pair in labels if pair[0] != "le")
            buckets.setdefault(key, []).append((float(dict(labels)["le"]), value))
    for key, edges in buckets.items():
        assert edges == sorted(edges)
        assert [value for _, value in edges] == sorted(value for _, value in edges)
        assert edges[-1][0] == float("inf")
        assert edges[-1][1] == samples[f"{name}_count", key]
        assert (f"{name}_sum", key) in samples


def _bound(connection_id: int, system_id: str = "demo", mode: str = "transceiver") -> BindAccepted:
    return BindAccepted(
        connection_id=connection_id,
        peer="192.0.2.7:40000",
        system_id=system_id,
        bind_mode=mode,
        interface_version=0x34,
        sessions=1,
    )


def _closed(
    connection_id: int, reason: CloseReason = CloseReason.UNBOUND, submits: int = 0
) -> ConnectionClosed:
    return ConnectionClosed(
        connection_id=connection_id,
        peer="192.0.2.7:40000",
        system_id="demo",
        reason=reason,
        duration=1.0,
        submits=submits,
    )


def _refused(system_id: str = "demo", reason: str = "bad_credentials") -> BindRefused:
    return BindRefused(
        connection_id=1,
        peer="192.0.2.7:40000",
        system_id=system_id,
        reason=reason,
        command_status=0x0E,
    )


def _value(metrics: Metrics, name: str, **labels: str) -> float:
    """Return one sample of a page that has been read strictly."""
    whole = f"otpblue_smpp_{name}"
    families = _read(metrics.render())
    family = next(f for f in families if whole.startswith(f) and families[f])
    for (sample, found), value in families.get(whole, families[family]).items():
        if sample == whole and dict(found) == labels:
            return value
    raise AssertionError(f"no sample {name} {labels}")


def _sum(metrics: Metrics, family: str, sample: str = "") -> float:
    samples = _read(metrics.render())[f"otpblue_smpp_{family}"]
    return sum(v for (name, _), v in samples.items() if name == f"otpblue_smpp_{sample or family}")


def _busy_metrics() -> Metrics:
    metrics = Metrics()
    metrics.observe(GatewayStarted())
    metrics.observe(ConnectionOpened(connection_id=1, peer="p", listener="tls"))
    metrics.observe(_bound(1, 'de"mo\\'))
    metrics.observe(message_answered(system_id='de"mo\\'))
    metrics.observe(message_answered(reason="no_imessage", command_status=0x45, latency=20.0))
    metrics.observe(_refused())
    metrics.observe(PlatformStateChanged(state=PlatformState.DOWN))
    metrics.register_gauge("in_flight", "Messages in flight.", lambda: 7)
    return metrics


def test_fresh_page_is_well_formed() -> None:
    assert _read(Metrics().render())


def test_busy_page_is_well_formed() -> None:
    assert _read(_busy_metrics().render())


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_promtool_accepts_the_page() -> None:
    subprocess.run(
        ["promtool", "check", "metrics"],  # noqa: S607 - wherever it is installed
        input=_busy_metrics().render(),
        check=True,
    )


def test_received_is_the_sum_of_the_outcomes() -> None:
    metrics = Metrics()
    for number, reason in enumerate(Reason):
        for _ in range(number % 3 + 1):
            metrics.observe(message_answered(system_id=f"a{number % 4}", reason=reason.value))
    received = _sum(metrics, "messages_received_total")
    assert received == sum(number % 3 + 1 for number in range(len(Reason)))
    assert _sum(metrics, "messages_answered_total") == received
    assert _sum(metrics, "message_latency_seconds", "message_latency_seconds_count") == received


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "c", "d"]),
            st.sampled_from([*(reason.value for reason in Reason), "news", ""]),
            st.sampled_from([0, 8, 0x45, 0x58]),
            st.floats(min_value=0, max_value=100),
        ),
        max_size=50,
    )
)
def test_received_is_the_sum_of_the_outcomes_whatever_comes(
    messages: list[tuple[str, str, int, float]],
) -> None:
    metrics = Metrics(max_accounts=2, read_process=lambda: None)
    for system_id, reason, status, latency in messages:
        metrics.observe(
            message_answered(
                system_id=system_id, reason=reason, command_status=status, latency=latency
            )
        )
    assert _sum(metrics, "messages_received_total") == len(messages)
    assert _sum(metrics, "messages_answered_total") == len(messages)


def test_answer_is_counted_by_account_reason_and_status() -> None:
    metrics = Metrics()
    for _ in range(3):
        metrics.observe(message_answered(reason="rate_limit", command_status=0x58))
    labels = {"system_id": "demo", "reason": "rate_limit", "command_status": "ESME_RTHROTTLED"}
    assert _value(metrics, "messages_answered_total", **labels) == 3


def test_joined_messages_are_counted() -> None:
    metrics = Metrics()
    metrics.observe(message_answered())
    metrics.observe(message_answered(joined=True))
    assert _value(metrics, "messages_joined_total", system_id="demo") == 1


@pytest.mark.parametrize(
    ("latency", "edge", "before"),
    [(0.005, "0.005", None), (0.0051, "0.01", "0.005"), (15.0, "15.0", "10.0"),
     (15.1, "+Inf", "15.0")],
)  # fmt: skip
def test_latency_falls_in_its_bucket(latency: float, edge: str, before: str | None) -> None:
    metrics = Metrics()
    metrics.observe(message_answered(latency=latency))
    name = "message_latency_seconds_bucket"
    assert _value(metrics, name, system_id="demo", le=edge) == 1
    if before is not None:
        assert _value(metrics, name, system_id="demo", le=before) == 0


def test_label_value_is_escaped_and_read_back() -> None:
    metrics = Metrics()
    metrics.observe(message_answered(system_id='a"b\\c'))
    assert _value(metrics, "messages_received_total", system_id='a"b\\c') == 1


def test_accounts_beyond_the_bound_share_one_label() -> None:
    metrics = Metrics(max_accounts=2)
    for number in range(50):
        metrics.observe(message_answered(system_id=f"acct{number}"))
    samples = _read(metrics.render())["otpblue_smpp_messages_received_total"]
    assert {dict(labels)["system_id"]: value for (_, labels), value in samples.items()} == {
        "acct0": 1, "acct1": 1, "other": 48,
    }  # fmt: skip


def test_unknown_reasons_share_one_label() -> None:
    metrics = Metrics()
    for number in range(50):
        metrics.observe(message_answered(reason=f"reason{number}"))
        metrics.observe(_refused(reason=f"reason{number}"))
    assert b"reason4" not in metrics.render()
    assert _value(metrics, "binds_refused_total", reason="other") == 50


@pytest.mark.parametrize("kind", IgnoredKind)
def test_every_kind_of_an_ignored_pdu_has_a_series(kind: IgnoredKind) -> None:
    metrics = Metrics()
    assert _value(metrics, "pdus_ignored_total", kind=kind.value) == 0
    metrics.observe(PduIgnored(connection_id=1, kind=kind, command_id=0, command_status=0))
    assert _value(metrics, "pdus_ignored_total", kind=kind.value) == 1


@pytest.mark.parametrize("place", AccidentPlace)
def test_accidents_are_counted_by_what_they_befell(place: AccidentPlace) -> None:
    metrics = Metrics()
    metrics.observe(Accident(place=place, connection_id=1, error=ValueError("x")))
    counts = {each: _value(metrics, "accidents_total", place=each.value) for each in AccidentPlace}
    assert counts == {each: int(each is place) for each in AccidentPlace}


def test_outcomes_of_one_account_are_bounded() -> None:
    metrics = Metrics()
    for status in range(1000):
        metrics.observe(message_answered(command_status=status))
    assert len(_read(metrics.render())["otpblue_smpp_messages_answered_total"]) <= 129
    assert _sum(metrics, "messages_answered_total") == 1000


def test_system_id_of_a_refused_bind_never_becomes_a_label() -> None:
    metrics = Metrics()
    metrics.observe(ConnectionOpened(connection_id=1, peer="192.0.2.7:40000", listener="tls"))
    metrics.observe(_refused("intruder"))
    metrics.observe(attrs.evolve(_closed(1, CloseReason.BIND_REFUSED), system_id=""))
    assert b"intruder" not in metrics.render()
    assert "intruder" not in repr(metrics.snapshot())


def test_no_address_number_or_message_id_is_shown() -> None:
    metrics = Metrics()
    metrics.observe(ConnectionOpened(connection_id=1, peer="192.0.2.7:40000", listener="tls"))
    metrics.observe(_bound(1))
    metrics.observe(message_answered(detail="secret-detail"))
    metrics.observe(ConnectionTrouble(connection_id=1, peer="192.0.2.7:1", error=ValueError("x")))
    shown = metrics.render().decode() + json.dumps(metrics.snapshot())
    for private in ("192.0.2.7", "1415555", "0b7f6a8e", "secret-detail"):
        assert private not in shown


def test_session_gauge_follows_binds_and_closes() -> None:
    metrics = Metrics()
    for connection_id, mode in ((1, "receiver"), (2, "transmitter"), (3, "receiver")):
        metrics.observe(ConnectionOpened(connection_id=connection_id, peer="p", listener="tls"))
        metrics.observe(_bound(connection_id, mode=mode))
    metrics.observe(_closed(1))
    assert _value(metrics, "sessions_bound", system_id="demo", mode="receiver") == 1
    assert _value(metrics, "sessions_bound", system_id="demo", mode="transmitter") == 1
    assert _value(metrics, "connections_open") == 2
    assert _value(metrics, "connections_total") == 3
    assert _value(metrics, "connections_closed_total", reason="unbound") == 1


def test_connection_that_never_bound_leaves_the_session_gauge_alone() -> None:
    metrics = Metrics()
    metrics.observe(ConnectionOpened(connection_id=1, peer="p", listener="tls"))
    metrics.observe(_closed(1, CloseReason.PRE_BIND_TIMEOUT))
    assert _value(metrics, "connections_open") == 0
    assert metrics.snapshot()["sessions"] == 0


def test_submits_of_ended_connections_are_added_up() -> None:
    metrics = Metrics()
    for connection_id in (1, 2):
        metrics.observe(ConnectionOpened(connection_id=connection_id, peer="p", listener="tls"))
        metrics.observe(_closed(connection_id, submits=5))
    assert _value(metrics, "connection_submits_total") == 10


def test_refusals_and_receipts_are_counted_by_kind() -> None:
    metrics = Metrics()
    metrics.observe(
        ConnectionRefused(peer="p", listener="tls", refusal=ConnectionRefusal.ADDRESS_CAP)
    )
    metrics.observe(_bound(1))
    metrics.observe(_refused())
    metrics.observe(ReceiptSettled(system_id="demo", message_id="m", fate=ReceiptFate.ACKNOWLEDGED))
    assert _value(metrics, "connections_refused_total", refusal="address_cap") == 1
    assert _value(metrics, "binds_total", result="accepted") == 1
    assert _value(metrics, "binds_total", result="refused") == 1
    assert _value(metrics, "binds_refused_total", reason="bad_credentials") == 1
    assert _value(metrics, "receipts_total", fate="acknowledged") == 1
    assert _value(metrics, "receipts_total", fate="overflow") == 0


def test_platform_is_up_until_a_change_is_told() -> None:
    metrics = Metrics()
    states = {s: _value(metrics, "platform_state", state=s) for s in ("up", "down", "probing")}
    assert states == {"up": 1, "down": 0, "probing": 0}
    assert metrics.snapshot()["platform"] == "up"


def test_platform_state_is_one_of_three() -> None:
    metrics = Metrics()
    metrics.observe(PlatformStateChanged(state=PlatformState.PROBING))
    states = {s: _value(metrics, "platform_state", state=s) for s in ("up", "down", "probing")}
    assert states == {"up": 0, "down": 0, "probing": 1}


def test_readiness_follows_the_gateway() -> None:
    metrics = Metrics()
    seen = [metrics.readiness]
    metrics.observe(ListenerStarted(kind="admin", address="127.0.0.1:1"))
    seen.append(metrics.readiness)
    metrics.observe(GatewayStarted())
    seen.append(metrics.readiness)
    assert _value(metrics, "ready") == 1
    metrics.observe(GatewayStopping(sessions=0, in_flight=0, timeout=1.0))
    seen.append(metrics.readiness)
    assert _value(metrics, "ready") == 0
    assert seen == [
        Readiness.STARTING, Readiness.STARTING, Readiness.READY, Readiness.DRAINING,
    ]  # fmt: skip


def test_registered_values_are_asked_for_at_every_rendering() -> None:
    metrics = Metrics()
    now = [1]
    metrics.register_gauge("in_flight", "Messages in flight.", lambda: now[0])
    metrics.register_counter("log_dropped_total", "Log entries dropped.", lambda: 5)
    assert _value(metrics, "in_flight") == 1
    now[0] = 2
    assert _value(metrics, "in_flight") == 2
    assert _value(metrics, "log_dropped_total") == 5
    assert metrics.snapshot()["gauges"] == {"in_flight": 2, "log_dropped_total": 5}


@pytest.mark.parametrize("name", ["connections_open", "mine", "Bad", "a-b", "", "1a"])
def test_taken_and_malformed_names_are_refused(name: str) -> None:
    metrics = Metrics()
    metrics.register_gauge("mine", "Mine.", lambda: 1)
    with pytest.raises(ValueError, match="metric"):
        metrics.register_gauge(name, "Again.", lambda: 1)


def test_counter_must_be_named_total() -> None:
    with pytest.raises(ValueError, match="_total"):
        Metrics().register_counter("dropped", "Dropped.", lambda: 1)


def test_process_figures_have_the_conventional_names() -> None:
    figures = ProcessFigures(
        cpu=1.5,
        start_time=1000.25,
        resident_octets=4096,
        virtual_octets=8192,
        open_fds=9,
        max_fds=1024,
        threads=2,
    )
    families = _read(Metrics(read_process=lambda: figures).render())
    assert families["process_cpu_seconds_total"]["process_cpu_seconds_total", ()] == 1.5
    assert families["process_resident_memory_bytes"]["process_resident_memory_bytes", ()] == 4096
    assert families["process_open_fds"]["process_open_fds", ()] == 9


def test_system_without_process_figures_still_has_a_page() -> None:
    families = _read(Metrics(read_process=lambda: None).render())
    assert not [name for name in families if name.startswith("process_")]


def test_build_is_named() -> None:
    page = Metrics().render()
    assert re.search(rb'otpblue_smpp_build_info\{version="[^"]+",python="3[^"]+",trio="0', page)


def test_snapshot_tells_the_main_counts_as_json() -> None:
    metrics = _busy_metrics()
    snapshot = json.loads(json.dumps(metrics.snapshot()))
    assert snapshot["received"] == 2
    assert snapshot["answered"] == {"delivered": 1, "no_imessage": 1}
    assert snapshot["readiness"] == "ready"
    assert snapshot["platform"] == "down"
    assert sum(snapshot["latency"]["counts"]) == 2
    assert snapshot["accounts"]["demo"] == {"sessions": 0, "received": 1, "delivered": 0}


def test_snapshot_names_the_busiest_accounts_only() -> None:
    metrics = Metrics()
    for number in range(10):
        for _ in range(number + 1):
            metrics.observe(message_answered(system_id=f"a{number}"))
    accounts = metrics.snapshot(max_accounts=2)["accounts"]
    assert isinstance(accounts, dict)
    assert list(accounts) == ["a9", "a8"]
