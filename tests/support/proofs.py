"""What the conformance suites prove: noted while they run, committed, and shown by the documentation.

A plugin of pytest. For each database on which suites of `support.dialect_conformance` run it notes the suites of which
tests passed, and the capabilities that moltres or a test asked for in a test that passed: what nobody asks for is
claimed and not tried. For each place of `support.check_conformance` it notes the kinds of check whose suite passed, and
those that a test which passed says it has shown there (``(KINDS_SHOWN, [place, kind, …])`` in its `user_properties`).

`MOLTRES_PROOFS=check` (every leg of make): a run that proves less than what is committed has failed. `=write`: what is
proved of a database replaces what is committed of it.
"""

from __future__ import annotations

import dataclasses
import fcntl
import inspect
import json
import os
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

FILE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "proved.json"
_SUITES = "support.dialect_conformance."
_KINDS = "support.check_conformance"
KINDS_SHOWN = "kinds"
# Where the generated methods of a dataclass and `replace` stand: who compares or copies capabilities reads every one of
# them, and asks for none.
_MACHINERY = ("<string>", dataclasses.__file__)


class Proofs:
    """The plugin.

    Attributes:
        databases: By database: the suites and capabilities that passed, with their values.
        kinds: By place: the kinds of check.
        asking: What the test that runs has asked for: whose capabilities, by identity, and which.
    """

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.databases: dict[str, dict[str, Any]] = {}
        self.kinds: dict[str, set[str]] = defaultdict(set)
        self.failed = False
        self.asking: set[tuple[int, str]] = set()
        self._known: dict[int, Any] = {}
        self._watched = False

    def _watch(self) -> None:
        """Note who is asked for what from now on."""
        module = sys.modules.get("moltres.dialects.capabilities")
        if self._watched or module is None:
            return
        self._watched = True
        capabilities = module.Capabilities
        fields = frozenset(field.name for field in dataclasses.fields(capabilities))

        def noted(asked: Any, name: str) -> Any:
            if name in fields and _caller() not in _MACHINERY:
                self.asking.add((id(asked), name))
                self._known[id(asked)] = asked
            return object.__getattribute__(asked, name)

        capabilities.__getattribute__ = noted

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        report = yield
        if report.when == "call" and report.passed and isinstance(item, pytest.Function):
            for name, value in item.user_properties:
                if name == KINDS_SHOWN and isinstance(value, list):
                    self.kinds[value[0]].update(value[1:])
            if item.cls is not None:
                self._passed(item)
        self.failed |= report.failed
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        self._watch()
        self.asking.clear()

    def _passed(self, item: pytest.Function) -> None:
        cls: Any = item.cls
        if any(base.__module__ == _KINDS and base.__name__ == "CheckConformance" for base in cls.__mro__):
            place = getattr(item, "callspec", None) and item.callspec.params.get("place")
            if place:
                self.kinds[str(place)].add(cls.kind)
        owner = next((base for base in cls.__mro__ if item.originalname in vars(base)), None)
        database = item.funcargs.get("db")
        if owner is None or database is None or not owner.__module__.startswith(_SUITES):
            return
        capabilities = database.dialect.capabilities
        found = self.databases.setdefault(
            name_of(database.dialect), {"suites": set(), "asked": set(), "values": values_of(capabilities)}
        )
        found["suites"].add(owner.__name__)
        found["asked"] |= {name for number, name in self.asking.copy() if self._known[number] == capabilities}

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if not self.databases and not self.kinds:
            return
        if self.mode == "write":
            with FILE.open("r+", encoding="utf-8") as file:
                fcntl.flock(file, fcntl.LOCK_EX)  # another leg may write as well
                written = json.dumps(merged(json.load(file), self), indent=1) + "\n"
                file.seek(0)
                file.truncate()
                file.write(written)
        elif not self.failed and (less := missing(json.loads(FILE.read_text(encoding="utf-8")), self)):
            session.exitstatus = 1
            tell(session, "\n".join(less))


def _caller() -> str:
    """The file of who called the caller of this function."""
    frame = inspect.currentframe()
    called = frame and frame.f_back and frame.f_back.f_back
    return called.f_code.co_filename if called else ""


def tell(session: pytest.Session, problem: str) -> None:
    """Report a problem of the whole run as a failed test, so that the summary and the results name it."""
    report = pytest.TestReport(
        nodeid="tests/support/proofs.py::proofs", location=("tests/support/proofs.py", None, "proofs"), keywords={},
        outcome="failed", longrepr=problem, when="call",
    )  # fmt: skip
    session.ihook.pytest_runtest_logreport(report=report)


def name_of(dialect: Any) -> str:
    """What a database is called in the note: with what serves its tables, where the engine has several."""
    connector = getattr(dialect, "connector", None)
    return f"{dialect.name} ({connector})" if connector else str(dialect.name)


def values_of(capabilities: Any) -> dict[str, Any]:
    """The capabilities of a database by name, without asking for them."""
    return {field.name: vars(capabilities)[field.name] for field in dataclasses.fields(capabilities)}


def missing(before: dict[str, Any], now: Proofs) -> list[str]:
    """What is committed as proved of databases that this run has tried, and is not proved by it."""
    found = []
    for name, proved in now.databases.items():
        known = before["databases"].get(name, {"suites": [], "asked": [], "values": {}})
        for what in ("suites", "asked"):
            lost = sorted(set(known[what]) - proved[what])
            if lost:
                found.append(f"proofs: {name} no longer proves {what}: {', '.join(lost)}; see tests/support/proofs.py")
        if known["values"] != proved["values"]:
            found.append(f"proofs: the capabilities of {name} are others: run MOLTRES_PROOFS=write on its suite")
    for place, kinds in now.kinds.items():
        lost = sorted(set(before["kinds"].get(place, [])) - kinds)
        if lost:
            found.append(f"proofs: {place} no longer proves the kinds {', '.join(lost)}; see tests/support/proofs.py")
    return found


def merged(before: dict[str, Any], now: Proofs) -> dict[str, Any]:
    """What is committed, with the databases and places of this run replaced."""
    for name, proved in now.databases.items():
        before["databases"][name] = {
            "suites": sorted(proved["suites"]), "asked": sorted(proved["asked"]), "values": proved["values"],
        }  # fmt: skip
    for place, kinds in now.kinds.items():
        before["kinds"][place] = sorted(kinds)
    return {part: dict(sorted(of.items())) for part, of in before.items()}


def register(config: pytest.Config) -> None:
    """Use the plugin if it is asked for; in runs of a part of a suite it would find too little."""
    mode = os.environ.get("MOLTRES_PROOFS")
    if mode is not None:
        if mode not in ("check", "write"):
            raise pytest.UsageError(f"MOLTRES_PROOFS must be check or write, not {mode!r}.")
        config.pluginmanager.register(Proofs(mode))
