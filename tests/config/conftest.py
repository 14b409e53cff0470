from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import bcrypt
import pytest
import trustme

from otpblue_trio.config import Config, ConfigError, load_config

if TYPE_CHECKING:
    from collections.abc import Callable

ENVIRONMENT = {
    "DEMO_API_KEY": "key-from-the-environment",
    "EMPTY": "",
    "SPACED": " not a key",
    "TPS": "unlimited",
    "WORD": "production",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, so that messages name the file alone."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def load(folder: Path) -> Callable[[str], Config]:
    """Write a text to config.toml and load that."""

    def run(text: str) -> Config:
        path = Path("config.toml")
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        return load_config(path, env=ENVIRONMENT)

    return run


@pytest.fixture
def complain(load: Callable[[str], Config], folder: Path) -> Callable[[str], list[str]]:
    """Return the problems of a text, one line each; HERE stands for the folder."""

    def run(text: str) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            load(text)
        return [str(problem).replace(str(folder), "HERE") for problem in caught.value.problems]

    return run


@pytest.fixture
def hashed() -> str:
    """The bcrypt hash of some password; the lowest cost there is."""
    return bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()


@pytest.fixture
def pem_pair(folder: Path) -> tuple[Path, Path]:
    """A certificate and its key, as PEM files."""
    return _write_pair(folder, "one")


@pytest.fixture
def other_pem_pair(folder: Path) -> tuple[Path, Path]:
    """Another certificate and its key."""
    return _write_pair(folder, "two")


def _write_pair(folder: Path, name: str) -> tuple[Path, Path]:
    made = trustme.CA().issue_cert("gateway.example")
    certificate, key = folder / f"{name}-cert.pem", folder / f"{name}-key.pem"
    certificate.write_bytes(b"".join(blob.bytes() for blob in made.cert_chain_pems))
    key.write_bytes(made.private_key_pem.bytes())
    key.chmod(0o600)
    return certificate, key
