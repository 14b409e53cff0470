"""Every setting does something."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import otpblue_trio
from otpblue_trio.config.model import settings_of
from otpblue_trio.config.structuring import SECTIONS
from otpblue_trio.policy import Account

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(otpblue_trio.__file__).parent


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


def test_every_setting_is_read_by_the_program() -> None:
    read = read_outside_the_configuration()
    unread = [
        f"{section}.{key}"
        for section, cl in {**SECTIONS, "accounts": Account}.items()
        for key in settings_of(cl)
        if key not in read
    ]
    assert unread == []
