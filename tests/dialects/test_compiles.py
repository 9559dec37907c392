"""Databases that have no server here: what compiles for their dialects is what the documentation says."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from dq_core import DataQualityError, learn, profile, validate
from dq_core.checks import KINDS
from dq_core.quarantine import quarantine
from moltres import Database, col, connect, func, lit, when
from moltres.dialects import dialect_for
from moltres.dialects.sql.compiling import compiling
from moltres.errors import MoltresError
from support.elsewhere import ELSEWHERE, Elsewhere, outcome, standing_in
from support.tools import load_tool

tool = load_tool("elsewhere_table")

ROWS = [
    {"id": 1, "name": "Ada", "age": 36, "born": dt.date(1815, 12, 10), "paid": decimal.Decimal("1.50")},
    {"id": 2, "name": "Alan", "age": 41, "born": dt.date(1912, 6, 23), "paid": None},
]
NEW = [{"id": 2, "name": "Grace", "age": 85, "born": dt.date(1906, 12, 9), "paid": decimal.Decimal("2.25")}]

VERBS: dict[str, Callable[[Database], object]] = {
    "select": lambda db: db.table("people").select("id", upper=func.upper(col("name"))).collect(),
    "with_columns": lambda db: db.table("people").with_columns(older=col("age") + 1, kind=lit("x")).collect(),
    "where": lambda db: db.table("people").where((col("age") > 36) & col("name").like("A%")).collect(),
    "when": lambda db: db.table("people").select(g=when(col("age") > 40, "old").otherwise("young")).collect(),
    "order_by": lambda db: db.table("people").order_by("age", "name").collect(),
    "limit": lambda db: db.table("people").order_by("id").limit(1).collect(),
    "offset": lambda db: db.table("people").order_by("id").offset(1).limit(1).collect(),
    "distinct": lambda db: db.table("people").select("age").distinct().collect(),
    "group_by": lambda db: db.table("people").group_by("age").agg(n=func.count(), s=func.sum(col("paid"))).collect(),
    "join": lambda db: db.table("people").join(db.table("visits"), on="id").collect(),
    "left join": lambda db: db.table("people").join(db.table("visits"), on="id", how="left").collect(),
    "full join": lambda db: db.table("people").join(db.table("visits"), on="id", how="full").collect(),
    "semi join": lambda db: db.table("people").join(db.table("visits"), on="id", how="semi").collect(),
    "anti join": lambda db: db.table("people").join(db.table("visits"), on="id", how="anti").collect(),
    "union": lambda db: db.table("people").union(db.table("people")).collect(),
    "union_all": lambda db: db.table("people").union_all(db.table("people")).collect(),
    "intersect": lambda db: db.table("people").intersect(db.table("people")).collect(),
    "except_": lambda db: db.table("people").except_(db.table("people")).collect(),
    "windows": lambda db: (
        db.table("people").select("id", r=func.row_number().over(partition_by="age", order_by="id")).collect()
    ),
    "count": lambda db: db.table("people").count(),
    "update": lambda db: db.update("people", {"age": 37}, where=col("id") == 1),
    "delete": lambda db: db.delete("people", where=col("id") == 1),
    "insert": lambda db: db.insert("people", {**NEW[0], "id": 3}),
    "new table": lambda db: db.write(ROWS).save_as_table("fresh"),
    "append": lambda db: db.write(NEW).save_as_table("people", mode="append"),
    "append, run_key": lambda db: db.write(NEW).save_as_table("people", mode="append", run_key="r"),
    "append from a query": lambda db: db.write(db.table("people")).save_as_table("copy", mode="append"),
    "overwrite": lambda db: db.write(NEW).save_as_table("people", mode="overwrite"),
    "merge": lambda db: db.write(NEW).save_as_table("people", mode="merge", keys=["id"]),
    "overwrite_partitions": lambda db: db.write(NEW).save_as_table(
        "people", mode="overwrite_partitions", partition_by=["age"]
    ),
    "overwrite, new columns": lambda db: db.write([{"a": 1}]).save_as_table("people", mode="overwrite"),
}

RULES: list[dict[str, Any]] = [
    {"type": "not_null", "column": "name"},
    {"type": "null", "column": "name"},
    {"type": "completeness", "column": "paid", "threshold": 0.9},
    {"type": "unique", "column": "id"},
    {"type": "unique", "columns": ["id", "name"]},
    {"type": "distinct_count", "column": "age", "min": 3},
    {"type": "in_range", "column": "age", "min": 40, "max": 90},
    {"type": "in_set", "column": "name", "values": ["Ada"]},
    {"type": "not_in_set", "column": "name", "values": ["Ada"]},
    {"type": "length", "column": "name", "max": 3},
    {"type": "regex", "column": "name", "pattern": "^A"},
    {"type": "not_regex", "column": "name", "pattern": "^A"},
    {"type": "type", "column": "age", "dtype": "text"},
    {"type": "schema", "columns": {"id": "text"}},
    {"type": "row_count", "min": 3},
    {"type": "statistic", "column": "age", "statistic": "mean", "max": 3},
    {"type": "statistic", "column": "age", "statistic": "median", "max": 3},
    {"type": "statistic", "column": "age", "statistic": "stddev", "max": 0.1},
    {"type": "freshness", "column": "born", "max_age": "1d"},
    {"type": "foreign_key", "column": "id", "references": {"table": "visits", "column": "id"}},
    {"type": "expression", "sql": "age > 40"},
    {"type": "same_rows", "source": [{"id": 1}], "columns": ["id"]},
    {"type": "custom", "function": bool},
]


def label(rule: dict[str, Any]) -> str:
    """What a rule is called in the table: a kind has several where its statements differ."""
    more = rule.get("statistic", "two columns" if "columns" in rule and rule["type"] == "unique" else "")
    return f"{rule['type']}, {more}" if more else rule["type"]


def compile_for_moltres(clause: Any, target: sa.Dialect) -> str:
    """As a connection of moltres does."""
    known = dialect_for(type("Bind", (), {"dialect": target})())  # type: ignore[arg-type]  # it has a dialect
    return str(clause.compile(dialect=compiling(target, known)))


def compile_for_checks(clause: Any, target: sa.Dialect) -> str:
    """As SQLAlchemy does."""
    return str(clause.compile(dialect=target))


def prepare(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        for statement in (
            "CREATE TABLE people (id INTEGER, name VARCHAR(20), age INTEGER, born DATE, paid NUMERIC(9, 2))",
            "INSERT INTO people VALUES (1, 'Ada', 36, '1815-12-10', 1.5), (2, 'Alan', 41, '1912-06-23', NULL)",
            "CREATE TABLE copy (id INTEGER, name VARCHAR(20), age INTEGER, born DATE, paid NUMERIC(9, 2))",
            "CREATE TABLE visits (id INTEGER, day DATE)",
            "INSERT INTO visits VALUES (1, '2026-01-01')",
        ):
            connection.exec_driver_sql(statement)


def of_moltres(place: Elsewhere, folder: Path) -> dict[str, str]:
    with standing_in(place, folder, compile_for_moltres) as (engine, seen):
        prepare(engine)
        with connect(engine) as db:
            return {name: outcome(lambda verb=verb: verb(db), seen, MoltresError) for name, verb in VERBS.items()}


def of_checks(place: Elsewhere, folder: Path, **semantics: str) -> dict[str, str]:
    folder.mkdir()
    with standing_in(place, folder, compile_for_checks) as (engine, seen):
        prepare(engine)
        works: dict[str, Callable[[], object]] = {
            label(rule): lambda rule=rule: validate(engine, [rule], table="people", **semantics) for rule in RULES
        }
        works["profile"] = lambda: profile(engine, table="people", **semantics)
        works["learn"] = lambda: learn(engine, table="people", **semantics)
        works["quarantine"] = lambda: quarantine(engine, [RULES[0]], table="people", to="bad", **semantics)
        return {name: outcome(work, seen, DataQualityError) for name, work in works.items()}


@pytest.mark.parametrize("place", ELSEWHERE, ids=lambda place: place.title)
def test_the_documentation_says_what_compiles(place: Elsewhere, tmp_path: Path) -> None:
    found = {
        "package": place.release,
        "moltres": of_moltres(place, tmp_path),
        "dq_core": of_checks(place, tmp_path / "portable"),
        "dq_core, semantics=database": of_checks(place, tmp_path / "database", semantics="database"),
    }
    known = json.loads(tool.FOUND.read_text(encoding="utf-8"))
    if os.environ.get("WRITE_FOUND"):
        tool.FOUND.write_text(json.dumps({**known, place.title: found}, indent=1) + "\n", encoding="utf-8")
        return
    assert found == known[place.title], "run WRITE_FOUND=1 make test-dialects, and python tools/elsewhere_table.py"


def test_every_kind_of_check_is_tried() -> None:
    assert {rule["type"] for rule in RULES} == {
        cls.kind for cls in KINDS.values() if cls.__module__.startswith("dq_core.")
    }
