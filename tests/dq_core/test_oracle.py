"""The truth oracle: on every kind of source, drawn rules say of drawn tables what plain Python says.

``ORACLE_EXAMPLES=300 pytest tests/dq_core/test_oracle.py`` draws more.
"""

from __future__ import annotations

import datetime as dt
import decimal
import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dq_core import validate
from dq_core.quarantine import quarantine
from support.check_conformance import DATABASES, run_sql
from support.check_oracle.reading import key_of, moment_of
from support.check_oracle.rules import KINDS, rules
from support.check_oracle.semantics import ANY, Rule, Verdict, judge
from support.check_oracle.sources import FILES, FRAMES, Placed, Source, database, frame
from support.check_oracle.values import Table, tables

EXAMPLES = int(os.environ.get("ORACLE_EXAMPLES", "8"))


@pytest.fixture
def source_of(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[[str], Source]]:
    engines: list[sa.Engine] = []

    def source_of(name: str) -> Source:
        if name not in DATABASES:
            return frame(name, tmp_path)
        fixture = f"{name}_url" if name in ("sqlite", "duckdb") else f"shared_{name}_url"
        engines.append(sa.create_engine(request.getfixturevalue(fixture)))
        return database(engines[-1])

    yield source_of
    for engine in engines:
        engine.dispose()


@pytest.mark.parametrize("place", [*DATABASES, *FRAMES, *FILES])
def test_what_rules_say_is_what_python_says(place: str, source_of: Callable[[str], Source]) -> None:
    source = source_of(place)

    @settings(
        # A failure tells the rule and the values of its column; to make them smaller takes minutes.
        phases=[Phase.generate],
        max_examples=EXAMPLES, deadline=None, derandomize=EXAMPLES < 100, database=None,
        suppress_health_check=list(HealthCheck), print_blob=False,
    )  # fmt: skip
    @given(data=st.data())
    def agrees(data: st.DataObject) -> None:
        table = data.draw(tables(source))
        kinds = data.draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=5))
        drawn = [data.draw(rules(table, source, kind)) for kind in kinds]
        with source.put(table, source) as placed:
            _compare(table, placed, [one for one in drawn if one is not None])

    agrees()


def _compare(table: Table, placed: Placed, drawn: list[Rule]) -> None:
    given = [_referring(rule, table, placed) for rule in drawn]
    if not given:
        return
    dicts = [rule.dict for rule in given]
    report = validate(placed.source, [_made(one) for one in dicts], samples=1000, **placed.options)
    verdicts = [judge(rule, placed.columns) for rule in given]
    for one, verdict, result in zip(dicts, verdicts, report.results, strict=True):
        _agree(one, [placed.columns[name] for name in _columns(one)], verdict, result)
    blocking = [
        result for one, result in zip(dicts, report.results, strict=True) if one["severity"] in ("error", "critical")
    ]
    expected = all(result.passed for result in blocking) and all(result.status != "error" for result in report.results)
    assert (report.passed, report.total_rows) == (expected, table.size)
    of_rows = [(one, verdict) for one, verdict in zip(dicts, verdicts, strict=True) if verdict.failing is not None]
    if of_rows:
        done = quarantine(
            placed.source, [_made(one) for one, _ in of_rows], to=placed.target, min_severity="info", **placed.options
        )
        failing = sorted({row for _, verdict in of_rows for row in verdict.failing or ()})
        assert (placed.quarantined(), done.quarantined_rows) == (failing, len(failing))
        assert list(done.failed_rows.values()) == [len(verdict.failing or ()) for _, verdict in of_rows]


def _referring(rule: Rule, table: Table, placed: Placed) -> Rule:
    if rule.dict["type"] != "foreign_key":
        return rule
    (column,) = rule.dict["columns"]
    name = placed.refer(column, table.families[column], [one for (one,) in rule.referenced])
    return Rule(
        rule.dict | {"references": {"table": name, "columns": [column]}}, rule.where, rule.test, rule.referenced
    )


def _made(rule: Any) -> Any:
    return dict(rule)


def _agree(rule: Any, held: Any, verdict: Verdict, result: Any) -> None:
    said = f"{rule} on {held}: {result.status}: {result.message}"
    if result.status == "error" and verdict.error_is_right:
        return
    if verdict.status != "any":
        assert result.status == verdict.status, f"{said}, not {verdict}"
    if result.status == "error":
        return
    if verdict.failing is not None:
        assert result.failed_rows == len(verdict.failing), f"{said}, not {verdict}"
        if result.status == "failed":
            assert sorted(int(row["id"]) for row in result.samples) == list(verdict.failing), said
    assert result.considered_rows == verdict.considered, f"{said}, not {verdict}"
    if verdict.observed is not ANY:
        assert _same(verdict, result.observed), f"{said}: {result.observed!r}, not {verdict}"


def _same(verdict: Verdict, observed: Any) -> bool:
    expected = verdict.observed
    if expected is None or isinstance(expected, bool):
        return observed is expected or bool(observed) is expected
    if isinstance(expected, int | float) and not isinstance(expected, bool) and verdict.tolerance:
        return abs(float(observed) - expected) <= verdict.tolerance
    if isinstance(observed, float) and isinstance(expected, decimal.Decimal):
        return observed == float(expected)  # plain JSON; the message has all digits
    if isinstance(observed, str) and not isinstance(expected, str):
        if hasattr(expected, "year"):
            return moment_of(dt.datetime.fromisoformat(observed)) == moment_of(expected)
        return observed in (str(expected), f"{expected:%H:%M:%S.%f}" if isinstance(expected, dt.time) else "")
    return bool(key_of(expected, None, "values") == key_of(observed, None, "values"))


def _columns(rule: Any) -> list[str]:
    return [rule["column"]] if "column" in rule else list(rule.get("columns", ())) if rule["type"] != "schema" else []


class TestFound:
    """What the oracle found, each with a value or two."""

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    @pytest.mark.parametrize("within", ["\n", "\r\n", "\r"])
    @pytest.mark.parametrize("header", [True, False])
    def test_line_breaks_within_quotes_are_no_ends_of_lines(
        self, tmp_path: Path, end: str, within: str, header: bool
    ) -> None:
        path = tmp_path / "a.csv"
        path.write_text(f'id,"a{within}b"{end}1,x{end}2,y{end}', newline="")
        column = f"a{within}b" if header else "column1"
        report = validate(path, [{"type": "length", "column": column, "max": 1}], read_options={"header": header})
        assert (report.total_rows, report.results[0].failed_rows) == ((2, 0) if header else (3, 1))

    @pytest.mark.parametrize("place", ["arrow", "polars", "parquet"])
    def test_nan_is_what_it_is_for_duckdb(self, tmp_path: Path, place: str) -> None:
        given = Table({"id": [0, 1, 2], "v": [1.0, math.nan, None]}, {"id": "integer", "v": "float"}, {})
        source = frame(place, tmp_path)
        with source.put(given, source) as placed:
            greater: dict[str, Any] = {"type": "distinct_count", "column": "v", "min": 1, "where": "v > 100"}
            rules: list[Any] = [{"type": "expression", "sql": "v < 100"}, {"type": "in_range", "column": "v", "max": 9}]
            report = validate(placed.source, [*rules, greater])
        assert [result.failed_rows for result in report.results] == [1, 1, None]
        assert [[row["id"] for row in result.samples] for result in report.results] == [[1], [1], []]
        assert report.results[2].observed == 1

    @pytest.mark.parametrize("place", ["sqlite", "duckdb", "rows", "jsonl"])
    def test_nul_is_a_character(self, source_of: Callable[[str], Source], place: str) -> None:
        values = ["a\0b", "\0", "\0\0\0é", "abc"]
        given = Table({"id": list(range(4)), "v": values}, {"id": "integer", "v": "text"}, {})
        source = source_of(place)
        rules: list[dict[str, Any]] = [
            {"type": "length", "column": "v", "min": 3, "max": 3},
            {"type": "in_set", "column": "v", "values": values[:2]},
        ]
        with source.put(given, source) as placed:
            report = validate(placed.source, rules, **placed.options)
            quarantine(placed.source, rules, to=placed.target, **placed.options)
            assert ([result.failed_rows for result in report.results], placed.quarantined()) == ([2, 2], [1, 2, 3])

    @pytest.mark.parametrize("place", ["sqlite", "duckdb", "postgresql", "parquet", "rows"])
    def test_bytes_stay_bytes_in_sql(self, source_of: Callable[[str], Source], place: str) -> None:
        values = [b"a", b"\xff\x00", b"'\\", b""]
        given = Table({"id": list(range(4)), "v": values}, {"id": "integer", "v": "binary"}, {})
        source = source_of(place)
        rules = [{"type": "in_set", "column": "v", "values": values[1:]}]
        with source.put(given, source) as placed:
            report = validate(placed.source, rules, **placed.options)
            quarantine(placed.source, rules, to=placed.target, **placed.options)
            assert ([row["id"] for row in report.results[0].samples], placed.quarantined()) == ([0], [0])
            if place in DATABASES:
                assert len(run_sql(placed.source, str(report.results[0].sql))) == 1

    def test_no_row_has_no_failing_row(self, tmp_path: Path) -> None:
        (tmp_path / "none.jsonl").write_text("")
        (tmp_path / "none.csv").write_text("id,:x\n")
        rules: list[Any] = [{"type": "not_null", "column": ":x"}, {"type": "expression", "sql": "id % 2 = 0"}]
        for source in ([], tmp_path / "none.jsonl", tmp_path / "none.csv"):
            assert validate(source, rules).passed
            assert quarantine(source, rules, to=tmp_path / "bad.parquet").quarantined_rows == 0
