from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from otpblue_trio.config.files import write_secret_file

if TYPE_CHECKING:
    from pathlib import Path


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "secret"
    write_secret_file(path, b"x")
    assert path.read_bytes() == b"x"
    assert _mode(path) == 0o600


def test_every_folder_that_is_made_is_for_its_owner_alone(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir(mode=0o755)
    write_secret_file(there / "var" / "tls" / "secret", b"x")
    modes = [_mode(there), _mode(there / "var"), _mode(there / "var" / "tls")]
    assert modes == [0o755, 0o700, 0o700]


@pytest.mark.parametrize(("before", "after"), [(0o640, 0o640), (0o644, 0o640), (0o400, 0o600)])
def test_an_old_file_keeps_its_mode_less_what_others_may_do(
    before: int, after: int, tmp_path: Path
) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"old")
    path.chmod(before)
    write_secret_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert _mode(path) == after


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    write_secret_file(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    with pytest.raises(OSError, match="directory"):
        write_secret_file(tmp_path / "folder", b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
