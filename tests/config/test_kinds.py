from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from otpblue_trio.config.model import Config, settings_of
from otpblue_trio.config.structuring import SECTIONS
from otpblue_trio.config.values import Surroundings
from otpblue_trio.policy.types import Account

DEFAULTS = [
    pytest.param(section, name, id=f"{section.__name__}.{name}")
    for section in (*SECTIONS.values(), Account, Config)
    for name in settings_of(section)
    # These must exist.
    if (section.__name__, name) not in {("Tls", "certificate"), ("Tls", "private_key")}
    if attrs.fields_dict(section)[name].default is not attrs.NOTHING
]


@pytest.mark.parametrize(("section", "name"), DEFAULTS)
def test_every_default_is_of_its_kind_and_reads_back_as_written(section: type, name: str) -> None:
    kind = settings_of(section)[name].kind
    default = attrs.fields_dict(section)[name].default
    read = kind.read(kind.write(default), Surroundings(Path(), {}))
    assert read == default
    assert type(read) is type(default)
