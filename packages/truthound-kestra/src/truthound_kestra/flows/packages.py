"""Packages: what a Python script imports, and whether it has the packages that it needs."""

from __future__ import annotations

import ast
import re
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from typing import TYPE_CHECKING, Final

from truthound_kestra.flows.dependencies import pinned_dependencies
from truthound_kestra.flows.expressions import without_expressions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from truthound_kestra.flows.runner import Runner
    from truthound_kestra.flows.task import TaskConfig

__all__ = ["packages_problems", "script_dependencies"]

_OURS: Final = ("truthound_kestra", "dq_core", "moltres")
_IMPORT: Final = re.compile(r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import\b|import[ \t]+([\w., \t]+))", re.MULTILINE)
# What runs the default engine, and what a URL in a script begins with.
_DEFAULT_ENGINE: Final = re.compile(
    r"\b(check_quality_script|profile_data_script|learn_schema_script|get_engine|truthound)\b"
)
_ADDRESS: Final = re.compile(r"(?<![A-Za-z0-9+.\-])[0-9+.\-]*+([A-Za-z][A-Za-z0-9+.\-]*+://)")
_NAME: Final = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


def script_dependencies(script: str) -> list[str]:
    """The requirements of a script that imports packages of this project, with the installed versions; or none.

    Args:
        script: The program, which may contain expressions.
    """
    if not any(name in _OURS for name in _imported(script)):
        return []
    engine = next((one for one in ("pandera", "great_expectations") if one in script), None)
    if engine is None:
        engine = "truthound" if _DEFAULT_ENGINE.search(script) else "dq_core"
    return pinned_dependencies(engine, *_ADDRESS.findall(script))


def packages_problems(label: str, task: TaskConfig, runner: Runner) -> Iterator[str]:
    """Yield a sentence for each package that a script imports and will certainly not have.

    Only the plain image of Python is known to lack it: other images, workers and files of the task may have it.

    Args:
        label: How messages call the task.
        task: A Python script.
        runner: Where it runs.
    """
    if runner.task_runner != "docker" or runner.container_image is not None or runner.dependencies is not None:
        return
    if {"containerImage", "taskRunner", "beforeCommands", "inputFiles", "namespaceFiles"} & set(task.extra):
        return
    script = task.script or ""
    installed = _closure([*script_dependencies(script), *task.dependencies])
    if installed is None:
        return
    for name in _imported(script):
        if name in sys.stdlib_module_names or name in _OURS or _canonical(name) in installed:
            continue
        brings = _distributions().get(name, [name])
        if not {_canonical(one) for one in brings} & installed:
            package = brings[0]
            hint = f"Add dependencies=({package!r},)."
            yield f"{label}: its script imports {name}, which is not among its packages. {hint}"


@cache
def _distributions() -> Mapping[str, list[str]]:
    """The distributions that bring each module, as far as they are installed here; to ask takes half a second."""
    return packages_distributions()


def _imported(script: str) -> list[str]:
    """The top-level modules that a script imports, in order, without those whose absence it handles."""
    plain = without_expressions(script, "0")
    try:
        tree = ast.parse(plain)
    except (SyntaxError, ValueError):
        found = [first or several for first, several in _IMPORT.findall(plain)]
        names = [one.strip().split(" ")[0] for part in found for one in part.split(",")]
        return list(dict.fromkeys(name.partition(".")[0] for name in names if name))
    handled = {
        id(node)
        for attempt in ast.walk(tree)
        if isinstance(attempt, ast.Try)
        for statement in attempt.body
        for node in ast.walk(statement)
    }
    names = []
    for node in ast.walk(tree):
        if id(node) in handled:
            continue
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.append(node.module)
    return list(dict.fromkeys(name.partition(".")[0] for name in names))


def _closure(requirements: Sequence[str]) -> set[str] | None:
    """Every distribution that requirements bring, as far as it is installed here; None if that is not known."""
    found: set[str] = set()
    waiting = [_NAME.match(one) for one in requirements]
    asked = len(waiting)
    while waiting:
        match, asked = waiting.pop(0), asked - 1
        if match is None:
            return None
        name = _canonical(match.group(1))
        if name in found:
            continue
        found.add(name)
        try:
            # Requirements of extras count too: only what a script certainly lacks is a problem.
            waiting += [_NAME.match(one) for one in requires(name) or []]
        except PackageNotFoundError:
            if asked >= 0:
                return None
    return found


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
