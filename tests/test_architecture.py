"""The shape of the package: which imports are allowed, and what the core does without.

Every rule reads the source and runs nothing of it. A rule is a function from a tree of modules to
complaints, each of which names the file, the line and what broke the rule; so the rules themselves
are tried on small trees that break them.
"""

from __future__ import annotations

import ast
import importlib
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import pytest

import otpblue_trio

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PACKAGE = "otpblue_trio"
SOURCE = Path(otpblue_trio.__file__).parent

VERSION = ""
"""The top-level package itself, which holds the version and nothing else."""
GROUND = ("errors", "hot")
LIBRARY = (
    *GROUND,
    "http_text",
    "beat",
    "readiness",
    "smpp",
    "session",
    "policy",
    "upstream",
    "store",
    "runtime",
    "ops",
    "config",
)

# What each package may import besides itself; a dotted name allows that module alone.
ARROWS: dict[str, tuple[str, ...]] = {
    VERSION: (),
    "errors": (),
    "hot": (),
    "http_text": (),
    "beat": (),
    "readiness": ("beat",),
    "smpp": GROUND,
    "session": (*GROUND, "smpp"),
    "policy": (*GROUND, "smpp"),
    "upstream": (*GROUND, "http_text", "readiness", "policy", "smpp.constants"),
    "store": (*GROUND, "readiness", "policy.types"),
    "runtime": (*GROUND, "readiness", "session", "policy", "smpp", "store.records"),
    "ops": (*GROUND, VERSION, "runtime.observer", "policy.types", "policy.verdicts", "smpp"),
    "config": (*GROUND, "http_text", "policy", "smpp.constants"),
    "esme": (*GROUND, "smpp"),
    "app": LIBRARY,
    "cli": (*LIBRARY, VERSION, "app", "esme"),
    "testing": (*LIBRARY, "app", "esme"),
}

# What each package may import from outside the standard library.
OUTSIDE: dict[str, frozenset[str]] = {
    VERSION: frozenset(),
    "errors": frozenset(),
    "hot": frozenset({"attrs"}),
    "http_text": frozenset({"attrs"}),
    "beat": frozenset({"trio"}),
    "readiness": frozenset({"trio"}),
    "smpp": frozenset({"attrs"}),
    "session": frozenset({"attrs"}),
    "policy": frozenset({"attrs", "phonenumbers", "bcrypt", "argon2", "re2"}),
    "upstream": frozenset(
        {"attrs", "trio", "httptools", "h11", "orjson", "cattrs", "asks", "anyio"}
    ),
    "store": frozenset({"attrs", "trio", "orjson"}),
    "runtime": frozenset({"attrs", "trio"}),
    "ops": frozenset({"attrs", "trio", "h11", "trio_websocket", "orjson"}),
    "config": frozenset({"attrs", "cattrs", "tomli_w", "cryptography", "phonenumbers"}),
    "esme": frozenset({"attrs", "trio"}),
    "app": frozenset({"attrs", "trio"}),
    "cli": frozenset({"attrs", "trio", "click", "tomli_w"}),
    "testing": frozenset({"attrs", "trio", "hypothesis"}),
}

# Packages that one module alone stands for.
SINGLE_DOORS = {
    "asks": "upstream.asks_compat",
    "anyio": "upstream.asks_compat",
    "hypothesis": "testing.strategies",
}

CORE = ("smpp", "session", "policy")
NOT_IN_THE_CORE = frozenset(
    {
        *("asyncio", "concurrent", "multiprocessing", "subprocess", "threading", "signal"),
        *("socket", "socketserver", "select", "selectors", "ssl", "http", "urllib"),
        *("time", "sched", "logging", "warnings"),
        *("os", "pathlib", "tomllib", "configparser", "sqlite3"),
    }
)
CLOCK_READINGS = frozenset({"now", "utcnow", "today"})
DOORS_TO_THE_WORLD = frozenset({"open", "print", "input"})

STATUS_NAME = re.compile(r"ESME_\w+")
MAY_NAME_STATUSES = ("smpp", "session", "policy.verdicts", "esme")

MUTATORS = frozenset(
    {
        *("append", "appendleft", "extend", "insert", "add", "update", "setdefault"),
        *("pop", "popleft", "popitem", "remove", "discard", "clear", "sort", "reverse"),
    }
)
EMPTY_CONTAINERS = frozenset({"list", "dict", "set", "bytearray", "deque", "defaultdict", "count"})
CACHES = frozenset({"cache", "lru_cache"})


# ---------------------------------------------------------------------- reading the source


@attrs.frozen
class Module:
    path: str
    name: str
    """Dotted, below the top-level package, whose own name is the empty string."""
    tree: ast.Module

    @property
    def package(self) -> str:
        return self.name.partition(".")[0]

    @property
    def is_package(self) -> bool:
        return self.path.endswith("__init__.py")

    def is_in(self, *places: str) -> bool:
        return any(self.name == place or self.name.startswith(f"{place}.") for place in places)

    def complaint(self, node: ast.stmt | ast.expr, what: str) -> str:
        return f"{self.path}:{node.lineno} {what}"


Tree = dict[str, Module]


def read_tree(root: Path) -> Tree:
    modules = {}
    for path in sorted(root.rglob("*.py")):
        relative = path.relative_to(root)
        parts = [*relative.parts[:-1], relative.stem]
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        text = path.read_text(encoding="utf-8")
        modules[name] = Module(relative.as_posix(), name, ast.parse(text, str(path)))
    return modules


@attrs.frozen
class Import:
    node: ast.Import | ast.ImportFrom
    target: str
    """Absolute and dotted."""
    names: tuple[str, ...] = ()
    """What a `from` import takes out of it."""

    @property
    def own(self) -> str | None:
        """The module's name below the top-level package, None outside of it."""
        if self.target == PACKAGE:
            return VERSION
        return self.target[len(PACKAGE) + 1 :] if self.target.startswith(f"{PACKAGE}.") else None

    @property
    def outside(self) -> str:
        return self.target.partition(".")[0]


def imports_of(module: Module, tree: Tree) -> Iterator[Import]:
    """Tell what a module imports, for types or at run time, at its top or inside a function."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from (Import(node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            target = node.module or ""
            if node.level:
                parts = module.name.split(".")
                here = parts[: len(parts) - node.level + module.is_package]
                target = ".".join([PACKAGE, *filter(None, here), *filter(None, [target])])
            # `from package import module` is an arrow to the module.
            for alias in node.names:
                inner = f"{target}.{alias.name}"
                is_module = inner.removeprefix(f"{PACKAGE}.") in tree
                yield Import(node, inner) if is_module else Import(node, target, (alias.name,))


def top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Give the statements that run when a module is imported, but for those about types."""
    for node in body:
        yield node
        if isinstance(node, ast.If) and "TYPE_CHECKING" not in ast.unparse(node.test):
            yield from top_level(node.body)
        if isinstance(node, ast.If):
            yield from top_level(node.orelse)


def bound_names(node: ast.AST) -> Iterator[str]:
    """Give the names that a statement binds itself."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Assign() | ast.AnnAssign():
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                yield from (one.id for one in ast.walk(target) if isinstance(one, ast.Name))
        case ast.Import() | ast.ImportFrom():
            yield from ((one.asname or one.name).partition(".")[0] for one in node.names)


# ---------------------------------------------------------------------- the rules


def wrong_arrows(tree: Tree) -> list[str]:
    complaints = [
        f"{module.path}:1 is in a package without a row in ARROWS"
        for module in tree.values()
        if module.package not in ARROWS
    ]
    for module in tree.values():
        allowed = (module.package, *ARROWS.get(module.package, ()))
        for one in imports_of(module, tree):
            if one.own is None:
                continue
            if not any(
                one.own == place or (place and one.own.startswith(f"{place}.")) for place in allowed
            ):
                complaints.append(module.complaint(one.node, f"imports {one.target}"))
    return complaints


def wrong_outside_packages(tree: Tree) -> list[str]:
    complaints = []
    for module in tree.values():
        allowed = OUTSIDE.get(module.package, frozenset())
        for one in imports_of(module, tree):
            name = one.outside
            if one.own is not None or name in sys.stdlib_module_names:
                continue
            door = SINGLE_DOORS.get(name, module.name)
            if name not in allowed or door != module.name:
                complaints.append(module.complaint(one.node, f"imports {one.target}"))
    return complaints


def private_imports(tree: Tree) -> list[str]:
    return [
        module.complaint(one.node, f"imports {one.target}.{name}")
        for module in tree.values()
        for one in imports_of(module, tree)
        for name in one.names
        if one.own is not None and name.startswith("_") and name != "__version__"
    ]


def impurities(tree: Tree) -> list[str]:
    """Find tasks, sockets, clocks, logs and files in the core."""
    complaints = []
    for module in tree.values():
        if not module.is_in(*CORE):
            continue
        complaints += [
            module.complaint(one.node, f"imports {one.target}")
            for one in imports_of(module, tree)
            if one.outside in NOT_IN_THE_CORE
        ]
        for node in ast.walk(module.tree):
            match node:
                case ast.AsyncFunctionDef() | ast.AsyncFor() | ast.AsyncWith() | ast.Await():
                    complaints.append(module.complaint(node, "is async"))
                case ast.Attribute(attr=name) if name in CLOCK_READINGS:
                    complaints.append(module.complaint(node, f"reads a clock: {name}"))
                case ast.Call(func=ast.Name(id=name)) if name in DOORS_TO_THE_WORLD:
                    complaints.append(module.complaint(node, f"calls {name}"))
    return complaints


def misplaced_statuses(tree: Tree) -> list[str]:
    complaints = []
    for module in tree.values():
        if module.is_in(*MAY_NAME_STATUSES):
            continue
        for node in ast.walk(module.tree):
            match node:
                case (
                    ast.Attribute(attr=str(name))
                    | ast.Name(id=str(name))
                    | ast.Constant(value=str(name))
                ) if STATUS_NAME.fullmatch(name):
                    complaints.append(module.complaint(node, f"names {name}"))
    return complaints


def export_faults(tree: Tree) -> list[str]:
    """Compare `__all__` with what a module defines, and a package's with what it re-exports."""
    complaints = []
    for module in tree.values():
        statements = list(top_level(module.tree.body))
        exported = _exported(statements)
        if exported is None:
            complaints.append(f"{module.path}:1 has no __all__ that is a list of names")
            continue
        defined = {name for node in statements for name in bound_names(node)}
        complaints += [f"{module.path}:1 exports {name}" for name in sorted(exported - defined)]
        if module.is_package:
            complaints += [
                module.complaint(node, f"does not export {name}")
                for node in statements
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE)
                for name in bound_names(node)
                if name not in exported
            ]
        complaints += [
            module.complaint(node, f"does not export {node.name}")
            for node in statements
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            and not node.name.startswith("_")
            and node.name not in exported
            and not _is_command(node)
        ]
    return complaints


def _is_command(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    """Tell whether a decorator puts it into a group of commands, which is how it is reached."""
    return any(
        isinstance(one, ast.Call)
        and isinstance(one.func, ast.Attribute)
        and one.func.attr == "command"
        for one in node.decorator_list
    )


def _exported(statements: list[ast.stmt]) -> set[str] | None:
    for node in statements:
        if isinstance(node, ast.Assign) and "__all__" in bound_names(node):
            try:
                return set(ast.literal_eval(node.value))
            except ValueError:
                return None
    return None


def module_state(tree: Tree) -> list[str]:
    """Find state that lives in a module.

    A table is fine, of whatever type, as long as nothing changes it after the import. So no
    function may change a name of its module, or one that it imported from this package, and no
    module may hold an empty container or a cache, which are there to be filled.
    """
    complaints = []
    for module in tree.values():
        shared: set[str] = set()
        for node in top_level(module.tree.body):
            is_own_import = isinstance(node, ast.ImportFrom) and (
                node.level or (node.module or "").startswith(PACKAGE)
            )
            if is_own_import or isinstance(node, ast.Assign | ast.AnnAssign):
                shared.update(bound_names(node))
            if (
                isinstance(node, ast.Assign | ast.AnnAssign)
                and _is_to_be_filled(node.value)
                and "__all__" not in bound_names(node)
            ):
                complaints.append(module.complaint(node, "is a container to be filled"))
        modules = {
            name
            for node in module.tree.body
            if isinstance(node, ast.Import)
            for name in bound_names(node)
        }
        for function in _outermost_functions(module.tree):
            local = set(_local_names(function))
            complaints += [
                module.complaint(node, what)
                for node, what in _changes(function, shared - local, (shared | modules) - local)
            ]
    return sorted(complaints)


def _is_to_be_filled(value: ast.expr | None) -> bool:
    match value:
        case ast.Dict(keys=[]) | ast.List(elts=[]):
            return True
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[] | [ast.Name()]):
            return name in EMPTY_CONTAINERS
    return False


def _outermost_functions(node: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
        else:
            yield from _outermost_functions(child)


def _local_names(function: ast.AST) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _changes(
    function: ast.FunctionDef | ast.AsyncFunctionDef, shared: set[str], with_attributes: set[str]
) -> Iterator[tuple[ast.stmt | ast.expr, str]]:
    for decorator in function.decorator_list:
        if any(
            name in CACHES
            for node in ast.walk(decorator)
            for name in (getattr(node, "id", ""), getattr(node, "attr", ""))
        ):
            yield decorator, f"caches {function.name} for ever"
    for node in ast.walk(function):
        match node:
            case ast.Global():
                yield node, f"declares {', '.join(node.names)} global"
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)):
                if name in shared and method in MUTATORS:
                    yield node, f"changes {name} with {method}"
            case ast.Call(func=ast.Name(id="next"), args=[ast.Name(id=name), *_]):
                if name in shared:
                    yield node, f"takes from {name}"
            case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store() | ast.Del()):
                if name in shared:
                    yield node, f"changes an item of {name}"
            case ast.Attribute(value=ast.Name(id=name), ctx=ast.Store() | ast.Del()):
                if name in with_attributes:
                    yield node, f"changes an attribute of {name}"


# ---------------------------------------------------------------------- the product keeps them


@pytest.fixture(scope="module")
def source() -> Tree:
    return read_tree(SOURCE)


def hold(rule: Callable[[Tree], list[str]], tree: Tree) -> None:
    complaints = rule(tree)
    if complaints:
        pytest.fail("\n".join(complaints), pytrace=False)


def test_imports_follow_the_arrows(source: Tree) -> None:
    hold(wrong_arrows, source)


def test_tables_have_a_row_for_every_package_and_no_other(source: Tree) -> None:
    packages = {module.package for module in source.values()}
    assert ARROWS.keys() == packages
    assert OUTSIDE.keys() == packages


def test_nobody_may_import_testing() -> None:
    assert [package for package, targets in ARROWS.items() if "testing" in targets] == []


def test_arrows_of_the_table_make_no_circle() -> None:
    below: dict[str, set[str]] = {}
    while len(below) < len(ARROWS):
        ready = {
            package
            for package, targets in ARROWS.items()
            if package not in below and {target.partition(".")[0] for target in targets} <= {*below}
        }
        assert ready, f"a circle among {sorted(ARROWS.keys() - below.keys())}"
        below |= {package: set(ARROWS[package]) for package in ready}


def test_outside_packages_come_in_where_they_belong(source: Tree) -> None:
    hold(wrong_outside_packages, source)


def test_nothing_private_is_imported_from_another_module(source: Tree) -> None:
    hold(private_imports, source)


def test_core_has_no_tasks_sockets_clocks_logs_or_files(source: Tree) -> None:
    hold(impurities, source)


def test_statuses_are_named_in_the_protocol_and_in_the_table_of_verdicts_alone(
    source: Tree,
) -> None:
    hold(misplaced_statuses, source)


def test_all_names_what_is_defined_and_what_is_re_exported(source: Tree) -> None:
    hold(export_faults, source)


def test_no_module_holds_state(source: Tree) -> None:
    hold(module_state, source)


@pytest.mark.parametrize("package", sorted(ARROWS))
def test_what_a_package_offers_is_there(package: str) -> None:
    module = importlib.import_module(f"{PACKAGE}.{package}" if package else PACKAGE)
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


# ---------------------------------------------------------------------- the rules can fail

RULES = (
    wrong_arrows,
    wrong_outside_packages,
    private_imports,
    impurities,
    misplaced_statuses,
    export_faults,
    module_state,
)


@pytest.mark.parametrize(
    ("rule", "path", "text", "complaint"),
    [
        (
            wrong_arrows,
            "smpp/codec.py",
            "from otpblue_trio.session import SmppSession",
            "smpp/codec.py:1 imports otpblue_trio.session",
        ),
        (
            wrong_arrows,
            "ops/logs.py",
            "import attrs\nfrom otpblue_trio.runtime.gateway import Gateway",
            "ops/logs.py:2 imports otpblue_trio.runtime.gateway",
        ),
        (
            wrong_arrows,
            "session/machine.py",
            "def f():\n    import otpblue_trio.testing",
            "session/machine.py:2 imports otpblue_trio.testing",
        ),
        (
            wrong_arrows,
            "esme/client.py",
            "if TYPE_CHECKING:\n    from otpblue_trio import policy",
            "esme/client.py:2 imports otpblue_trio.policy",
        ),
        (
            wrong_arrows,
            "smpp/codec.py",
            "from ..policy.types import Account",
            "smpp/codec.py:1 imports otpblue_trio.policy.types",
        ),
        (
            wrong_arrows,
            "utils/strings.py",
            "",
            "utils/strings.py:1 is in a package without a row in ARROWS",
        ),
        (
            wrong_outside_packages,
            "session/machine.py",
            "import trio.testing",
            "session/machine.py:1 imports trio.testing",
        ),
        (
            wrong_outside_packages,
            "upstream/directory.py",
            "from asks import Session",
            "upstream/directory.py:1 imports asks",
        ),
        (
            private_imports,
            "smpp/codec.py",
            "from otpblue_trio.smpp.walk import read_pdu, _Reader",
            "smpp/codec.py:1 imports otpblue_trio.smpp.walk._Reader",
        ),
        (
            impurities,
            "policy/limits.py",
            "from time import monotonic",
            "policy/limits.py:1 imports time",
        ),
        (
            impurities,
            "policy/limits.py",
            "def f():\n    return datetime.now(UTC)",
            "policy/limits.py:2 reads a clock: now",
        ),
        (
            impurities,
            "session/machine.py",
            "async def f(): pass",
            "session/machine.py:1 is async",
        ),
        (impurities, "smpp/codec.py", "import logging", "smpp/codec.py:1 imports logging"),
        (impurities, "smpp/codec.py", "open('x')", "smpp/codec.py:1 calls open"),
        (
            misplaced_statuses,
            "runtime/messages.py",
            "status = CommandStatus.ESME_RTHROTTLED",
            "runtime/messages.py:1 names ESME_RTHROTTLED",
        ),
        (
            misplaced_statuses,
            "policy/binds.py",
            "status = CommandStatus['ESME_ROK']",
            "policy/binds.py:1 names ESME_ROK",
        ),
        (export_faults, "smpp/codec.py", "x = 1", "smpp/codec.py:1 has no __all__"),
        (
            export_faults,
            "smpp/codec.py",
            "__all__ = ['decode', 'encode']\ndef decode(): ...",
            "smpp/codec.py:1 exports encode",
        ),
        (
            export_faults,
            "smpp/codec.py",
            "__all__ = []\ndef decode(): ...",
            "smpp/codec.py:2 does not export decode",
        ),
        (
            export_faults,
            "smpp/__init__.py",
            "from otpblue_trio.smpp.codec import decode, encode\n__all__ = ['decode']",
            "smpp/__init__.py:1 does not export encode",
        ),
        (
            module_state,
            "ops/metrics.py",
            "SEEN = {'a': 1}\ndef f(x):\n    SEEN[x] = 2",
            "ops/metrics.py:3 changes an item of SEEN",
        ),
        (
            module_state,
            "ops/metrics.py",
            "from otpblue_trio.ops.table import SEEN\ndef f(x):\n    SEEN.update(x)",
            "ops/metrics.py:3 changes SEEN with update",
        ),
        (
            module_state,
            "ops/metrics.py",
            "total = 0\ndef f():\n    global total\n    total += 1",
            "ops/metrics.py:3 declares total global",
        ),
        (
            module_state,
            "ops/metrics.py",
            "IDS = itertools.count(1)\ndef f():\n    return next(IDS)",
            "ops/metrics.py:3 takes from IDS",
        ),
        (
            module_state,
            "ops/metrics.py",
            "import trio\ndef f():\n    trio.MultiError = Exception",
            "ops/metrics.py:3 changes an attribute of trio",
        ),
        (
            module_state,
            "ops/metrics.py",
            "waiting: list[int] = []",
            "ops/metrics.py:1 is a container to be filled",
        ),
        (
            module_state,
            "ops/metrics.py",
            "@lru_cache(maxsize=10)\ndef f(x): ...",
            "ops/metrics.py:1 caches f for ever",
        ),
    ],
)
def test_rule_finds_what_breaks_it(
    rule: Callable[[Tree], list[str]], path: str, text: str, complaint: str, tmp_path: Path
) -> None:
    for package in ("policy", "session", "testing"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("__all__ = ()\n")
    broken = tmp_path / path
    broken.parent.mkdir(exist_ok=True)
    broken.write_text(text)
    (found,) = rule(read_tree(tmp_path))
    assert found.startswith(complaint)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("session/machine.py", "from otpblue_trio.smpp import decode\nimport attrs, struct"),
        ("ops/logs.py", "from otpblue_trio.runtime.observer import Observer\nimport logging"),
        ("upstream/asks_compat.py", "import asks, anyio._backends._trio"),
        ("policy/limits.py", "TABLE = {'a': 1}\ndef _f(now): return TABLE['a'] + now"),
        ("policy/limits.py", "words = {'a'}\ndef _f():\n    words = set()\n    words.add('b')"),
        ("policy/verdicts.py", "status = CommandStatus.ESME_ROK"),
        ("smpp/__init__.py", "from otpblue_trio.smpp.codec import decode\n__all__ = ['decode']"),
    ],
)
def test_rules_let_good_modules_pass(path: str, text: str, tmp_path: Path) -> None:
    good = tmp_path / path
    good.parent.mkdir()
    good.write_text(text if "__all__" in text else f"{text}\n__all__ = []")
    tree = read_tree(tmp_path)
    assert [complaint for rule in RULES for complaint in rule(tree)] == []
