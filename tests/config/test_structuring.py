from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from otpblue_trio.config import ConfigError, load_config
from otpblue_trio.config.structuring import VOCABULARY, prune

if TYPE_CHECKING:
    from pathlib import Path

_ODD = st.one_of(
    st.none().map(lambda _: {}),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(st.characters(codec="utf-8"), max_size=6),
    st.sampled_from(
        [
            "http",
            "1.3",
            "auto",
            "en",
            "US",
            "unlimited",
            "5s",
            "127.0.0.1:0",
            "https://x/",
            "pw",
            "",
        ]
    ),
    st.dictionaries(st.sampled_from(["env", "file", "x"]), st.sampled_from(["X", "c", 5])),
)
_VALUES = _ODD | st.lists(_ODD, max_size=3)
_KEYS = st.sampled_from(sorted({key for keys in VOCABULARY.expected.values() for key in keys}))
_TABLES = st.dictionaries(_KEYS, _VALUES, max_size=5)
_TOP = st.dictionaries(
    _KEYS, _VALUES | _TABLES | st.lists(_TABLES | _VALUES, max_size=3), max_size=6
)


@settings(max_examples=60)
@given(table=_TOP)
def test_any_document_gives_a_configuration_or_its_problems(
    table: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("any")
    path = folder / "c"
    path.write_text(tomli_w.dumps(table), encoding="utf-8")
    try:
        config = load_config(path, env={"X": "x"})
    except ConfigError as error:
        told: object = error.problems
    else:
        told = config.warnings
    assert isinstance(told, tuple)
    assert not any("\n" in str(line) for line in told)


@pytest.mark.parametrize(
    ("path", "left"),
    [
        (("limits", "max_connections"), "limits = {}"),
        (("listen", "tls", 1), "limits.max_connections = 5\nlisten = {}"),
        (("directory", "key"), ""),
        (("directory", "ttl"), 'directory = { key = "k" }'),
        (("accounts", 0, "tps"), 'accounts = [{ system_id = "a" }, 5]'),
        (("log",), ""),
    ],
)
def test_what_is_at_fault_is_taken_out(path: tuple[str | int, ...], left: str) -> None:
    whole = {
        "limits": {"max_connections": 5},
        "listen": {"tls": ["a", "b"]},
        "directory": {"key": "k", "ttl": 5},
        "accounts": [{"system_id": "a", "tps": 5}, 5],
        "log": {"level": "x"},
    }
    kept = {key: value for key, value in whole.items() if key != path[0]}
    prune(whole, path)
    left_there = tomllib.loads(left).get(str(path[0]))
    expected = kept if left_there is None else kept | {str(path[0]): left_there}
    assert whole == expected


@pytest.mark.parametrize("path", [("accounts", 0, "system_id"), ("accounts", 0), ("accounts", 1)])
def test_an_account_that_cannot_stand_leaves_its_place_empty(path: tuple[str | int, ...]) -> None:
    table: dict[str, Any] = {"accounts": [{"system_id": "a"}, 5]}
    prune(table, path)
    assert table["accounts"][path[1]] is None


def test_the_base_of_a_configuration_is_its_own_folder(tmp_path: Path) -> None:
    (tmp_path / "c").write_text("")
    assert load_config(tmp_path / "c", env={}).base_dir == tmp_path
