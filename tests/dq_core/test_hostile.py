"""No foreign exception: every public name of dq_core refuses what is wrong with an error of ours, or gives the answer.

``HOSTILE=all pytest tests/dq_core/test_hostile.py`` tries every value on every parameter.
"""

from __future__ import annotations

import datetime as dt
import functools
import inspect
import io
import itertools
import sqlite3
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import dq_core
from dq_core import DataQualityCheck, Source, Suite, compare, learn, open_source, parse, profile, validate
from dq_core.checks.registry import KINDS
from dq_core.engines import engine_names, get_engine, refusals
from dq_core.history import History, bounds_of
from dq_core.learning import LearnedRule, LearnedSuite, LearnOptions
from dq_core.quarantine import quarantine
from dq_core.report import CheckResult, Report, rich_report, to_html, to_markdown, to_text
from support.hostile import NESTED, ODD, Call, assert_refused, untried

ROWS = [{"id": 1, "t": "a", "d": dt.date(2024, 2, 29)}, {"id": 2, "t": None, "d": None}]
RULES = [{"type": "not_null", "column": "id"}]
YAML = "checks: [{type: not_null, column: id}]"
MODULES = (
    "dq_core", "dq_core.checks", "dq_core.comparing", "dq_core.engines", "dq_core.history", "dq_core.learning",
    "dq_core.profiling", "dq_core.quarantine", "dq_core.report", "dq_core.sources",
)  # fmt: skip
#: Names that take nothing from users.
NOTHING = {
    "made by this package": (
        "Progress", "Outcome", "Aggregate", "Point", "Bin", "PatternCount", "TextProfile", "ValueCount", "Opened",
        "Quarantine", "Report", "CheckResult", "Profile", "ColumnProfile", "LearnedSuite",
        "LearnedRule", "LearnOptions.error",
        "Comparison", "Bounds", "Drift", "Capabilities", "Engine", "EvaluationError", "Function",
    ),
    "for those who write kinds of check": (
        "Check", "ColumnCheck", "ColumnMetricCheck", "MetricCheck", "NullCheck", "PatternCheck", "RowCheck",
        "ValuesCheck", "count_where", "expectation", "known_rows", "outside", "register", "rows_where", "share_outcome",
    ),
}  # fmt: skip


#: Words by which errors name what their readers do not know by the name of the parameter.
SAYS = {
    "source": ("A value of type", "Rows", "rules", "left", "URL", "endings", "database"),
    "checks": ("Rule", "Rules"),
    "rules": ("Rule", "Rules", "checks"),
    "text": ("rules",),
    "columns": ("column",),
    "name": ("engine", "column"),
    "bind": ("URL",),
    "data": ("from_dict", "suite"),
    "schema": ("table or view",),
    "check_name": ("name",),
    "keys": ("key_columns",),
}


def _source_call(function: Any, **right: Any) -> Call:
    return Call(function, {"source": ROWS, **right}, ("source",), called=("on_progress",))


def _compare_call(side: Any) -> Call:
    return Call(compare, {"left": side, "right": side, "keys": ["id"]}, ("left", "right"), called=("on_progress",))


def _opened(source: Any, **options: Any) -> None:
    with open_source(source, **options):
        pass


_opened.__signature__ = inspect.signature(open_source)  # type: ignore[attr-defined]


def _calls(folder: Path) -> dict[str, Call]:
    """Each public name with a way to call it rightly."""
    report = validate(ROWS, [*RULES, {"type": "not_null", "column": "t"}])
    profiled, learned = profile(ROWS), learn([{"id": n, "t": "ab"[n % 2]} for n in range(40)])
    database = f"sqlite:///{folder / 'history.db'}"
    history = History(database)
    history.record(report, suite="s")
    engine = get_engine("dq_core")
    table = (f"sqlite:///{folder / 'shop.db'}", "t")
    with sqlite3.connect(folder / "shop.db") as shop:
        shop.execute("CREATE TABLE t (id INTEGER, t TEXT, d DATE)")
        shop.execute("INSERT INTO t VALUES (1, 'a', '2024-02-29'), (2, NULL, NULL)")
    others = folder / "others.csv"
    others.write_text("id\n1\n2\n")
    calls = {
        "validate": _source_call(validate, checks=RULES),
        "learn": _source_call(learn),
        "profile": _source_call(profile),
        "compare": _compare_call(ROWS),
        "compare (tables)": _compare_call(table),
        "Source": Call(_compared, {"source": ROWS}),
        "Source (table)": Call(_compared, {"source": table[0], "table": "t"}),
        "open_source (table)": Call(_opened, {"source": table[0], "table": "t"}, ("source",)),
        "Comparison.from_dict": Call(dq_core.Comparison.from_dict, {"data": compare(ROWS, ROWS).to_dict()}, ("data",)),
        "open_source": Call(_opened, {"source": ROWS}, ("source",)),
        "quarantine": _source_call(quarantine, checks=RULES, to=folder / "bad.parquet"),
        "parse": Call(parse, {"rules": RULES}, leave=("places",)),
        "get_engine": Call(get_engine, {"name": "dq_core"}),
        "engine_names": Call(engine_names),
        "refusals": Call(refusals, {"name": "dq_core"}),
        "Engine.check": Call(engine.check, {"source": ROWS, "checks": RULES}),
        "Engine.profile": Call(engine.profile, {"source": ROWS}),
        "Engine.learn": Call(engine.learn, {"source": ROWS}),
        "Suite": Call(Suite, {"checks": RULES}),
        "Suite.from_dict": Call(Suite.from_dict, {"data": {"checks": RULES}}, ("data",)),
        "Suite.from_yaml": Call(Suite.from_yaml, {"source": YAML}, ("source",)),
        "Suite.read": Call(_read, {"text": YAML}, ("text",)),
        "Suite.signed": Call(Suite(RULES).signed, {"report": report}, ("report",)),
        "History": Call(History, {"bind": database}, ("bind",)),
        "History.record": Call(history.record, {"report": report, "suite": "s"}, ("report",)),
        "History.points": Call(history.points, {"metric": "total_rows", "suite": "s"}, ("metric",)),
        "History.bounds": Call(history.bounds, {"metric": "total_rows", "suite": "s"}, ("metric",)),
        "History.drift": Call(history.drift, {"report": report, "suite": "s"}, ("report",)),
        "History.judge": Call(history.judge, {"report": report, "suite": "s"}, ("report",)),
        "bounds_of": Call(bounds_of, {"values": [1.0, 2.0, 3.0]}, ("values",)),
        "LearnOptions": Call(LearnOptions),
        "Report.from_dict": Call(Report.from_dict, {"data": report.to_dict()}, ("data",)),
        "Report.to_json": Call(report.to_json),
        "Report.to_text": Call(report.to_text),
        "Report.to_markdown": Call(report.to_markdown),
        "Report.to_html": Call(report.to_html),
        "CheckResult.from_dict": Call(CheckResult.from_dict, {"data": report.results[0].to_dict()}, ("data",)),
        "Profile.column": Call(profiled.column, {"name": "id"}, ("name",)),
        "Profile.from_dict": Call(dq_core.Profile.from_dict, {"data": profiled.to_dict()}, ("data",)),
        "LearnedSuite.from_dict": Call(LearnedSuite.from_dict, {"data": learned.to_dict()}, ("data",)),
        "LearnedRule.from_dict": Call(LearnedRule.from_dict, {"data": learned.rules[0].to_dict()}, ("data",)),
        "rich_report": Call(rich_report, {"report": report}, ("report",)),
        "to_html": Call(to_html, {"report": report}, ("report",)),
        "to_markdown": Call(to_markdown, {"report": report}, ("report",)),
        "to_text": Call(to_text, {"report": report}, ("report",)),
    }
    functions = {*(_factory(one.kind) for one in KINDS.values()), "column_range", "foreign_key"}
    for name in sorted(functions):
        kind = {"column_range": "in_range"}.get(name, name.removeprefix("column_"))
        function = getattr(DataQualityCheck, name)
        right = _RIGHT.get(kind, {"column": "id"})
        if kind == "foreign_key":
            right = right | {"references": {"table": str(others), "column": "id"}}
        calls[f"DataQualityCheck.{name}"] = Call(_checked(function), right)
    return calls


def _compared(**options: Any) -> None:
    compare(Source(**options), ROWS, ["id"])


_compared.__signature__ = inspect.signature(Source)  # type: ignore[attr-defined]


def _read(text: Any) -> Suite:
    return Suite.read(io.StringIO(text) if isinstance(text, str) else text)


def _factory(kind: str) -> str:
    """The name of the function that makes a check of a kind."""
    known = [f"column_{kind}", f"column_{kind.removeprefix('in_')}", kind]
    return next(name for name in known if hasattr(DataQualityCheck, name))


def _checked(function: Any) -> Any:
    """A function that makes a check, and runs it."""

    @functools.wraps(function)
    def checked(*given: Any, **options: Any) -> Any:
        check = function(*given, **options)
        check.to_dict()
        if function.__name__ != "same_rows":  # which shows its source as that shows itself
            repr(check)
        return validate(ROWS, [check])

    return checked


_RIGHT: Mapping[str, Mapping[str, Any]] = {
    "in_range": {"column": "id", "min": 0}, "in_set": {"column": "id", "values": [1]},
    "not_in_set": {"column": "id", "values": [1]}, "regex": {"column": "t", "pattern": "a"},
    "not_regex": {"column": "t", "pattern": "a"}, "length": {"column": "t", "min": 0}, "row_count": {"min": 0},
    "distinct_count": {"column": "id", "min": 0}, "statistic": {"column": "id", "statistic": "min", "min": 0},
    "schema": {"columns": {"id": None}}, "expression": {"sql": "id > 0"}, "custom": {"function": bool},
    "foreign_key": {"column": "id"}, "freshness": {"column": "d", "max_age": 1},
    "type": {"column": "id", "type": "int"}, "same_rows": {"source": ROWS, "keys": ["id"]},
}  # fmt: skip

OURS = (dq_core.DataQualityError,)
CALLS = _calls(Path(tempfile.mkdtemp()))


def test_every_public_name_is_tried() -> None:
    """A new public name has a row in the table, or is among those that take nothing from users."""
    assert not untried(MODULES, CALLS, itertools.chain(*NOTHING.values()))


@pytest.mark.parametrize("name", CALLS)
def test_hostile_values(name: str) -> None:
    assert_refused(CALLS[name], name, OURS, says=SAYS, always={**ODD, **NESTED})
