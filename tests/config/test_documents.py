from __future__ import annotations

from pathlib import Path

import pytest

from otpblue_trio.config import ConfigError
from otpblue_trio.config.documents import read_document
from otpblue_trio.config.problems import Fault


def test_a_fault_gets_the_file_and_the_line(folder: Path) -> None:
    path = Path("c.toml")
    path.write_text("[log]\n\nlevel = 1\n")
    document = read_document(path)
    assert str(document.problem(Fault(("log", "level"), "x", "y"))) == (
        "c.toml:3: log.level: expected x, found y"
    )
    assert document.remark(("log",), "why?") == "c.toml:1: log: why?"
    assert document.remark(("limits",), "none") == "c.toml: limits: none"


@pytest.mark.parametrize("octets", [16 * 1024 * 1024, 16 * 1024 * 1024 + 1])
def test_a_file_has_at_most_sixteen_mebioctets(octets: int, tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_bytes(b"#" * octets)
    if octets > 16 * 1024 * 1024:
        with pytest.raises(ConfigError, match="expected at most 16777216 octets, found more"):
            read_document(path)
    else:
        assert read_document(path).table == {}


def test_a_document_shows_no_content(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text('key = "sesame"\n')
    assert "sesame" not in repr(read_document(path))
