"""What `check` lets through of `[platform]` makes a client of the platform."""

from __future__ import annotations

import inspect
import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otpblue_trio.config import Platform
from otpblue_trio.config.model import settings_of
from otpblue_trio.config.values import Surroundings, UnfitError
from otpblue_trio.upstream import HttpPlatform

SURROUNDINGS = Surroundings(Path(), {})
SETTINGS = settings_of(Platform)
GIVEN_TO_THE_CLIENT = SETTINGS.keys() & inspect.signature(HttpPlatform).parameters.keys()
RANGE = re.compile(r'(?:a whole number|a duration) from "?(\w+)"? to "?(\w+)"?')

ENDS = [
    (name, int(end) if end.isdigit() else end)
    for name in sorted(GIVEN_TO_THE_CLIENT)
    if (range_of := RANGE.fullmatch(SETTINGS[name].kind.expected))
    for end in range_of.groups()
]


@pytest.mark.parametrize(("name", "end"), ENDS)
def test_both_ends_of_a_range_make_a_client(name: str, end: object) -> None:
    value = SETTINGS[name].kind.read(end, SURROUNDINGS)
    HttpPlatform(**{"url": "http://api.test/", "ssl_context": None, name: value})  # type: ignore[arg-type]


def test_every_number_that_the_client_is_given_has_its_ends_tried() -> None:
    assert {name for name, _ in ENDS} == GIVEN_TO_THE_CLIENT - {"url"}


NAMES = st.text("a-_.1%[]:@", max_size=12)


@given(st.sampled_from(["http", "https", "HTTP"]), NAMES, st.sampled_from(["", ":0", ":8080", "."]))
def test_every_url_that_is_accepted_makes_a_client(scheme: str, name: str, port: str) -> None:
    url = f"{scheme}://{name}{port}/send/"
    with suppress(UnfitError):
        HttpPlatform(url=str(SETTINGS["url"].kind.read(url, SURROUNDINGS)), ssl_context=None)


@pytest.mark.parametrize("url", ["https://api.test./", "http://[::1]:8080/?a=b", "https://a_b"])
def test_odd_but_usable_url_is_accepted(url: str) -> None:
    assert SETTINGS["url"].kind.read(url, SURROUNDINGS) == url


@pytest.mark.parametrize(
    "url",
    ["https://api..test/", "https://-a.test/", "http://[fe80::1%25eth0]/", "https://a.test../"],
)
def test_url_that_no_client_can_use_is_refused(url: str) -> None:
    with pytest.raises(UnfitError):
        SETTINGS["url"].kind.read(url, SURROUNDINGS)
