"""Every setting does something, or says that it does not."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import otpblue_trio
from otpblue_trio.app import settings_without_effect
from otpblue_trio.app.no_effect import WITHOUT_EFFECT
from otpblue_trio.config import Config, Platform
from otpblue_trio.config.model import settings_of
from otpblue_trio.config.structuring import SECTIONS
from otpblue_trio.policy import Account

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(otpblue_trio.__file__).parent


def test_a_configuration_that_asks_for_nothing_hears_nothing() -> None:
    assert settings_without_effect(Config()) == ()


def test_a_setting_without_effect_is_told_when_it_is_set() -> None:
    config = Config(platform=Platform(history_url="https://other.example/"))
    [line] = settings_without_effect(config)
    assert line.startswith("platform.history_url has no effect in this version: past requests ")


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
