"""What is installed: metadata, type information, the packages it stands on."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib import metadata, resources
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import otpblue_trio

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
REQUIREMENTS = [Requirement(one) for one in PROJECT["project"]["dependencies"]]
# The name under which a distribution is imported, where it is not its own.
IMPORTED_AS = {"argon2-cffi": "argon2", "google-re2": "re2"}


FOUNDATION = {"trio", "trio-websocket", "phonenumbers", "asks", "cattrs", "tomli-w"}


def locked_versions(lock: str) -> dict[str, Version]:
    text = (ROOT / "requirements" / lock).read_text()
    pins = re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE)
    return {canonicalize_name(name): Version(version) for name, version in pins}


@pytest.fixture(scope="module")
def imported() -> set[str]:
    """Return the outside packages that the source imports, at run time or for types."""
    found: set[str] = set()
    for path in Path(otpblue_trio.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found.update(alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found.add((node.module or "").partition(".")[0])
    return found - sys.stdlib_module_names - {"otpblue_trio"}


def test_version_is_that_of_the_metadata() -> None:
    assert otpblue_trio.__version__ == metadata.version("otpblue-trio")
    assert otpblue_trio.__version__ == PROJECT["project"]["version"]


def test_type_information_ships() -> None:
    assert resources.files("otpblue_trio").joinpath("py.typed").is_file()
    assert "py.typed" in PROJECT["tool"]["setuptools"]["package-data"]["otpblue_trio"]


def test_command_is_installed_under_its_name() -> None:
    (command,) = metadata.entry_points(group="console_scripts", name="otpblue-trio")
    assert callable(command.load())


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda one: one.name)
def test_every_dependency_is_really_used(requirement: Requirement, imported: set[str]) -> None:
    name = canonicalize_name(requirement.name)
    assert IMPORTED_AS.get(name, name.replace("-", "_")) in imported


def test_the_packages_the_gateway_is_built_on_are_dependencies() -> None:
    assert {one.name for one in REQUIREMENTS} >= FOUNDATION


def test_nothing_is_imported_that_is_not_a_dependency(imported: set[str]) -> None:
    names = [canonicalize_name(one.name) for one in REQUIREMENTS]
    declared = {IMPORTED_AS.get(name, name.replace("-", "_")) for name in names}
    # The strategies of the testing kit want hypothesis installed, and say so.
    assert imported - declared == {"hypothesis"}


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda one: one.name)
def test_locked_version_is_one_that_the_project_allows(requirement: Requirement) -> None:
    version = locked_versions("serve.lock")[canonicalize_name(requirement.name)]
    assert version in requirement.specifier


@pytest.mark.parametrize(
    "requirement",
    [Requirement(one) for one in PROJECT["project"]["optional-dependencies"]["test"]],
    ids=lambda one: one.name,
)
def test_locked_version_of_a_test_tool_is_one_that_the_project_allows(
    requirement: Requirement,
) -> None:
    version = locked_versions("test.lock")[canonicalize_name(requirement.name)]
    assert version in requirement.specifier


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda one: one.name)
def test_installed_version_is_one_that_the_project_allows(requirement: Requirement) -> None:
    assert Version(metadata.version(requirement.name)) in requirement.specifier
