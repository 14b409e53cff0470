"""Every setting does something, or says that it does not."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import pytest

import otpblue_trio
from otpblue_trio.app import settings_without_effect
from otpblue_trio.app.no_effect import WITHOUT_EFFECT
from otpblue_trio.config import Config, NumberPrivacy, Platform, Store, StoreFailure
from otpblue_trio.config.model import settings_of
from otpblue_trio.config.structuring import SECTIONS
from otpblue_trio.policy import Account

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(otpblue_trio.__file__).parent
IN_MEMORY = Store(path=None)


def names(config: Config) -> list[str]:
    return [line.split()[0] for line in settings_without_effect(config)]


def test_a_configuration_that_asks_for_nothing_hears_nothing() -> None:
    assert settings_without_effect(Config(store=IN_MEMORY)) == ()


def test_a_default_that_promises_something_is_told() -> None:
    [line] = settings_without_effect(Config())
    assert line.startswith("store.path has no effect in this version: receipts ")


@pytest.mark.parametrize(
    ("config", "name"),
    [
        (Config(store=attrs.evolve(IN_MEMORY, cdr_retention=60)), "store.cdr_retention"),
        (
            Config(store=attrs.evolve(IN_MEMORY, number_privacy=NumberPrivacy.HASH)),
            "store.number_privacy",
        ),
        (Config(store=attrs.evolve(IN_MEMORY, on_failure=StoreFailure.REFUSE)), "store.on_failure"),
        (
            Config(store=IN_MEMORY, platform=Platform(history_url="https://other.example/")),
            "platform.history_url",
        ),
    ],
)
def test_each_of_them_is_told_when_it_is_set(config: Config, name: str) -> None:
    assert names(config) == [name]


def test_every_entry_is_a_setting() -> None:
    for path in WITHOUT_EFFECT:
        section, _, key = path.partition(".")
        assert key in settings_of(SECTIONS[section]), path


def read_outside_the_configuration() -> set[str]:
    """Return every attribute name that the program reads, but for the configuration package."""

    def attributes(path: Path) -> Iterator[str]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute):
                yield node.attr

    return {
        name
        for path in SOURCE.rglob("*.py")
        if "config" not in path.relative_to(SOURCE).parts
        for name in attributes(path)
    }


def test_every_setting_is_read_by_the_program_or_told_of() -> None:
    read = read_outside_the_configuration()
    unread = [
        f"{section}.{key}"
        for section, cl in {**SECTIONS, "accounts": Account}.items()
        for key in settings_of(cl)
        if key not in read and f"{section}.{key}" not in WITHOUT_EFFECT
    ]
    assert unread == []
