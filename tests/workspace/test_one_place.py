"""What both cores and the adapters must agree on is decided in packages/shared, and nowhere else."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

PACKAGES = Path(__file__).resolve().parents[2] / "packages"
SOURCES = [path for path in PACKAGES.glob("*/src/**/*.py") if "_shared" not in path.parts] + [
    *(PACKAGES / "shared").rglob("*.py")
]

# A decision, what only the place that takes it writes, and that place.
DECISIONS = {
    "closest names": (r"\bdifflib\b", "wording"),
    "what installs a missing package": (r"pip install [\"{\w]", "wording"),
    "how a URL is masked": (r"\bhide_password\b|\bnetloc\b", "masking"),
    "how a URL is read": (r"\bmake_url\(", "databases/urls"),
    "which driver a URL gets": (r"\bcreate_engine\(", "databases/urls"),
    "whole numbers": (r"must be a whole number (from|above|\{)", "arguments"),
    "numbers of seconds": (r"number of seconds above|unit='seconds'", "arguments"),
    "fractions": (r"must be a number from 0 to 1", "arguments"),
    "flags": (r"must be true or false", "arguments"),
    "ISO 8601 durations": (r"[\"']-?PT[\"'{]|PT0S", "durations"),
    "values that JSON lacks": (r"[\"']-?Infinity[\"']", "json_values"),
    "the timer that interrupts": (r"\bthreading\.Timer\(", "statements"),
    "transactions of SQLite": (r"BEGIN IMMEDIATE", "databases/sqlite"),
    "waits for locks of SQLite": (r"PRAGMA busy_timeout", "databases/sqlite"),
    "file systems of URIs": (r"\burl_to_fs\b|\bfsspec\.filesystem\b|raw\.register_filesystem\(", "files/filesystems"),
    "readers of files": (r"newline_delimited|sample_size['\"]: -1", "files/readers"),
    "CSV as it is": (r"strict_mode", "files/text_files"),
    "JSON as it is": (r"read_json_objects", "files/json_files"),
}
ELSEWHERE = {
    # A URL that is only shown must be read although it cannot be used.
    ("how a URL is read", "shared/masking.py"),
    # Its own DuckDB in memory, which no URL of a user names.
    ("which driver a URL gets", "dq_core/sources/memory.py"),
    # A name in a message.
    ("which driver a URL gets", "moltres/dialects/connections/binding.py"),
    # PyIceberg's catalog takes the URL of its database as text; nothing shows it.
    ("how a URL is masked", "shared/iceberg/sql.py"),
    # The database of a catalog, without connections that stay open; and a DuckDB of its own.
    ("which driver a URL gets", "shared/iceberg/sql.py"),
    ("which driver a URL gets", "shared/iceberg/dialect.py"),
    # A script of Kestra gives its URL on as a string, with the name of the execution in it.
    ("how a URL is masked", "shared/databases/trino_urls.py"),
    ("how a URL is read", "shared/databases/trino_urls.py"),
    # The file systems of an Iceberg table come with its catalog.
    ("file systems of URIs", "shared/iceberg/scan.py"),
    # The state of a source is stored under a name made from it: what it is must never change.
    ("how a URL is masked", "truthound_kestra/scripts/schema.py"),
}


def code(path: Path) -> str:
    """A module without its docstrings and comments."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body[0] = ast.Pass()
    return ast.unparse(tree)


@pytest.fixture(scope="module")
def written() -> dict[str, str]:
    found = {}
    for path in SOURCES:
        parts = path.relative_to(PACKAGES).parts
        found["/".join(parts[2:] if "src" in parts else parts)] = code(path)
    return found


@pytest.mark.parametrize("decision", DECISIONS)
def test_a_decision_stands_in_one_place(decision: str, written: dict[str, str]) -> None:
    pattern, module = DECISIONS[decision]
    places = {place for place, text in written.items() if re.search(pattern, text)}
    others = {place for name, place in ELSEWHERE if name == decision}
    assert others <= places, "an exception that is none any more"
    assert places - others == {f"shared/{module}.py"}
