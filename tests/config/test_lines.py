from __future__ import annotations

import tomllib
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from otpblue_trio.config.lines import KeyPath, key_lines, nearest_line, write_path

DOCUMENT = """\
top = "# no comment"   # a comment
"quoted.key" = 'x'

[listen]
tls = [
  "0.0.0.0:2776",  # ] no end
  "[::]:2776",
]
text = \"\"\"
fake = 1
\\\"\"\"
[fake]
\"\"\"\"
raw = '''
fake = 2 ''
'''
a.b.c = 1979-05-27T07:32:00Z
inline = { one = 1, two = { three = [1, 2] } }
after = true

[[accounts]]
system_id = "one"

[accounts.extra]
key = 1

  [[accounts]]
  system_id = "two"
  [[accounts.deep]]
  x = 1
  [[accounts.deep]]
  x = 2
"""

PLACES: dict[KeyPath, int] = {
    ("top",): 1,
    ("quoted.key",): 2,
    ("listen",): 4,
    ("listen", "tls"): 5,
    ("listen", "tls", 0): 6,
    ("listen", "tls", 1): 7,
    ("listen", "text"): 9,
    ("listen", "raw"): 14,
    ("listen", "a"): 17,
    ("listen", "a", "b"): 17,
    ("listen", "a", "b", "c"): 17,
    ("listen", "inline"): 18,
    ("listen", "inline", "one"): 18,
    ("listen", "inline", "two"): 18,
    ("listen", "inline", "two", "three"): 18,
    ("listen", "inline", "two", "three", 0): 18,
    ("listen", "inline", "two", "three", 1): 18,
    ("listen", "after"): 19,
    ("accounts", 0): 21,
    ("accounts", 0, "system_id"): 22,
    ("accounts", 0, "extra"): 24,
    ("accounts", 0, "extra", "key"): 25,
    ("accounts", 1): 27,
    ("accounts", 1, "system_id"): 28,
    ("accounts", 1, "deep", 0): 29,
    ("accounts", 1, "deep", 0, "x"): 30,
    ("accounts", 1, "deep", 1): 31,
    ("accounts", 1, "deep", 1, "x"): 32,
}


def test_every_key_is_found_on_its_line() -> None:
    assert tomllib.loads(DOCUMENT)
    assert key_lines(DOCUMENT) == PLACES


def test_what_stands_before_a_lost_place_stays_known() -> None:
    assert key_lines('a = 1\n=\nb = "x"\n') == {("a",): 1}


def test_deep_nesting_loses_places_and_nothing_else() -> None:
    assert key_lines("a = 1\nb = " + "[" * 100_000)[("a",)] == 1


def _paths(value: Any, path: KeyPath = ()) -> set[KeyPath]:
    inner: set[KeyPath] = {path} if path else set()
    if isinstance(value, dict):
        for key, item in value.items():
            inner |= _paths(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            inner |= _paths(item, (*path, index))
    return inner


_SCALARS = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=8), st.integers(-9, 9), st.booleans()
)
_KEYS = st.text(st.characters(codec="utf-8"), max_size=4)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
    max_leaves=10,
)


@given(table=st.dictionaries(_KEYS, _VALUES, max_size=4), multiline=st.booleans())
def test_every_value_of_any_document_has_a_line_at_or_around_it(
    table: dict[str, Any], multiline: bool
) -> None:
    text = tomli_w.dumps(table, multiline_strings=multiline)
    lines = key_lines(text)
    # Only what a header of arrays of tables covers has no line of its own.
    expected = {path for path in _paths(table) if not _holds_tables(table, path)}
    assert expected <= lines.keys()


def _holds_tables(table: Any, path: KeyPath) -> bool:
    value = table
    for part in path:
        value = value[part]
    if isinstance(value, list):
        return any(isinstance(item, dict) for item in value)
    return isinstance(value, dict)


@pytest.mark.parametrize(
    ("path", "line"),
    [(("listen", "tls", 5), 5), (("accounts", 1, "tps"), 27), (("none",), None), ((), None)],
)
def test_the_nearest_line_is_that_of_the_table_around(path: KeyPath, line: int | None) -> None:
    assert nearest_line(PLACES, path) == line


@pytest.mark.parametrize(
    ("path", "written"),
    [
        (("accounts", 0, "tps"), "accounts[0].tps"),
        (("log",), "log"),
        (("a b", "é"), "'a b'.'\\xe9'"),
        ((), ""),
    ],
)
def test_a_path_is_written_as_people_say_it(path: KeyPath, written: str) -> None:
    assert write_path(path) == written
