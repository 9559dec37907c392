"""No foreign exception: every public name of moltres refuses what is wrong with an error of ours, or gives the answer.

``HOSTILE=all pytest tests/moltres/test_hostile.py`` tries every value on every parameter, on every database.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Integer, select

from dq_core import DataQualityError
from moltres import (
    Database,
    DataFrame,
    ETLPipeline,
    Receipt,
    Records,
    Reference,
    col,
    connect,
    errors,
    func,
    functions,
    lit,
    receipts,
    replicate,
    verify,
    when,
)
from moltres.handoff import decode, drop_staged, encode, frame_of, hand_over, is_reference, pick_up, rows_of, staged
from moltres.handoff import stage_table as to_stage
from moltres.integrations.data_quality import QualityChecker
from support import people as people_table
from support.hostile import NESTED, ODD, Call, assert_refused, untried

MODULES = (
    "moltres", "moltres.functions", "moltres.handoff", "moltres.integrations.data_quality", "moltres.pipeline",
    "moltres.write", "moltres.errors",
)  # fmt: skip
#: Names that take nothing from users.
NOTHING = {
    "made by this package": (
        "Replication",
        "PipelineResult",
        "WriteResult",
        "DataFrame.all_of",
        "Database",
        "Writer",
        "Mode",
        "Receipt",
        "Verification",
    ),
    "of dq_core, whose test tries them": (
        "CheckResult",
        "DataQualityCheck",
        "Report",
        "QualityReport",
        "Suite",
        "validate",
    ),
    "for those who write messages": ("closest", "listing", "refuse"),
    "functions of SQLAlchemy, by any name": ("func",),
}
OURS = (errors.MoltresError, DataQualityError)
#: What a database refuses is in its own words, with the statement.
SAYS = {"*": ("statement", "lists within each other"), "on": ("No column",), "suffix": ("The name",)}
#: Rows are told by their kind, and a part of them by where it is.
PARTS = ("data", "rows", "Rows", "row", "Row", "columns", "column")
DATA = {"data": PARTS, "value": PARTS, "rows": PARTS, "values": PARTS, "columns": PARTS, "types": ("type",)}
ROWS = [{"id": 7, "name": "Ada"}]
DATABASES = ("sqlite", "duckdb", "postgresql", pytest.param("mariadb", marks=pytest.mark.engines))


@dataclass
class World:
    """A database with the tables `people` and `visits`, and a folder."""

    db: Database
    folder: Path
    target: str = ""
    numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def frame(self) -> DataFrame:
        """All of `people`."""
        return self.db.table("people")

    def path(self, name: str, content: str) -> str:
        """A file with this content."""
        file = self.folder / name
        file.write_text(content)
        return str(file)

    def row(self) -> dict[str, Any]:
        """A row of `visits` that is not there yet."""
        return {"id": next(self.numbers) + 100, "page": "x"}


def _collected(make: Callable[[World], Callable[..., DataFrame]], **right: Any) -> Callable[[World], Call]:
    """A verb: what it gives is read."""

    def call(world: World) -> Call:
        verb = make(world)

        def collected(**given: Any) -> Any:
            first = [given.pop(name) for name in list(given) if name.startswith("_")]
            frame = verb(*first, **given)
            repr(frame)
            return frame.collect()

        return Call(
            collected, right, says=dict.fromkeys((name for name in right if name.startswith("_")), ("where", "column"))
        )

    return call


def _shown(function: Callable[..., Any], **right: Any) -> Callable[[World], Call]:
    """An expression: it is selected from `people`, and read."""

    def call(world: World) -> Call:
        return Call(lambda **given: world.frame.select(x=function(**given)).collect(), right)

    return call


def _written(**right: Any) -> Callable[[World], Call]:
    """A write to a table of its own."""

    def call(world: World) -> Call:
        def write(**given: Any) -> Any:
            return world.db.write(ROWS).save_as_table(**given)

        world.db.write([{"id": 1, "name": "Grace"}]).save_as_table("target", mode="overwrite")
        return Call(write, {"name": "target", **right}, called=("on_progress",), says={"schema": ("name",)})

    return call


def _receipt(world: World) -> Receipt:
    receipt = world.db.write(ROWS).save_as_table("received", mode="overwrite").receipt
    assert receipt is not None
    return receipt


def _connected(**given: Any) -> None:
    with connect(**given) as db:
        db.sql("SELECT 1 AS a").collect()


def _pipeline(world: World) -> dict[str, Any]:
    return {
        "extract": lambda: world.frame, "transform": lambda frame: frame,
        "checks": [{"type": "not_null", "column": "id"}],
        "load": lambda frame: frame.collect(), "validate": lambda _: True, "name": "p", "stage_in": world.db,
        "on_progress": lambda phase: None,
    }  # fmt: skip


def _staged_in(world: World) -> Reference:
    return to_stage(world.db, ROWS, name="of a test")


def _entered(function: Callable[..., Any], **given: Any) -> None:
    with function(**given):
        pass


#: Each public name with a way to call it rightly in a world.
CALLS: dict[str, Callable[[World], Call]] = {
    "connect": lambda w: Call(_connected, {"target": w.target, "query_timeout": 60.0, "schema": None,
        "pool_size": 2}, says={"target": ("URL", "endings", "database")}),
    "Database.table": _collected(lambda w: w.db.table, name="people"),
    "Database.tables": lambda w: Call(w.db.tables, {"schema": None}),
    "Database.reflect": lambda w: Call(w.db.reflect, {"name": "people"}, leave=("connection",)),
    "Database.forget": lambda w: Call(w.db.forget, {"name": "people"}),
    "Database.connection": lambda w: Call(lambda **o: _entered(w.db.connection, **o), {"query_timeout": 60}),
    "Database.transaction": lambda w: Call(lambda **o: _entered(w.db.transaction, **o), {"query_timeout": 60}),
    "Database.sql": lambda w: Call(
        lambda query, one: w.db.sql(query, one=one).collect(),
        {"query": "SELECT id FROM people WHERE id = :one", "one": 1}, says={"query": ("Parameters",)}),
    "Database.from_select": _collected(
        lambda w: w.db.from_select, statement=select(people_table.PEOPLE.c.id)),
    "Database.write": lambda w: Call(
        lambda data: w.db.write(data).save_as_table("target", mode="overwrite"), {"data": ROWS},
        says=DATA),
    "Database.insert": lambda w: Call(w.db.insert, {"table": "visits", "rows": [w.row()]}, says=DATA),
    "Database.insert (a value)": lambda w: Call(
        lambda page: w.db.insert("visits", [{**w.row(), "page": page}]), {"page": "x"}),
    "Database.update": lambda w: Call(
        w.db.update, {"table": "visits", "values": {"page": "y"}, "where": col("id") == 1}, says=DATA),
    "Database.update (a value)": lambda w: Call(
        lambda page: w.db.update("visits", {"page": page}, where=col("id") == 1), {"page": "x"}),
    "Database.delete": lambda w: Call(w.db.delete, {"table": "visits", "where": col("id") == -1}),
    "DataFrame": lambda w: Call(w.frame.limit, {"rows": 1}),
    "DataFrame.select": _collected(lambda w: w.frame.select, _columns="id"),
    "DataFrame.select (named)": _collected(lambda w: w.frame.select, x=col("id")),
    "DataFrame.with_columns": _collected(lambda w: w.frame.with_columns, _columns=col("id").label("x")),
    "DataFrame.with_columns (named)": _collected(lambda w: w.frame.with_columns, x=col("id")),
    "DataFrame.rename": _collected(lambda w: w.frame.rename, _names={"id": "x"}),
    "DataFrame.rename (named)": _collected(lambda w: w.frame.rename, id="x"),
    "DataFrame.drop": _collected(lambda w: w.frame.drop, _names="id"),
    "DataFrame.where": _collected(lambda w: w.frame.where, _predicates=col("id") > 1),
    "DataFrame.where (a value)": _collected(lambda w: lambda value: w.frame.where(col("id") == value), value=1),
    "DataFrame.where (a string)": _collected(lambda w: lambda name: w.frame.where(col("name") == name), name="Ada"),
    "DataFrame.filter": _collected(lambda w: w.frame.filter, _predicates=col("id") > 1),
    "DataFrame.order_by": _collected(lambda w: w.frame.order_by, _keys="id", descending=True, nulls="first"),
    "DataFrame.limit": _collected(lambda w: w.frame.limit, rows=1),
    "DataFrame.offset": _collected(lambda w: w.frame.offset, rows=1),
    "DataFrame.group_by": _collected(
        lambda w: lambda keys: w.frame.group_by(keys).agg(n=func.count()), _keys="city"),
    "DataFrame.agg": _collected(lambda w: w.frame.agg, n=func.max(col("id"))),
    "GroupBy.agg": _collected(lambda w: w.frame.group_by("city").agg, n=func.max(col("id"))),
    "DataFrame.join": _collected(
        lambda w: lambda other, **o: w.frame.join(w.db.table("visits") if other is ... else other, **o),
        other=..., on=[("id", "person_id")], how="left", suffix="_r"),
    **{f"DataFrame.{verb}": _collected(
        lambda w, verb=verb: lambda other: getattr(w.frame, verb)(w.frame if other is ... else other), other=...)
        for verb in ("union", "union_all", "intersect", "except_")},
    "DataFrame.to_sql": lambda w: Call(w.frame.to_sql, {"literals": True}),
    "DataFrame.explain": lambda w: Call(w.frame.explain, {"analyze": False}),
    "DataFrame.iter_batches": lambda w: Call(
        lambda **o: list(w.frame.iter_batches(**o)), {"rows": 2, "query_timeout": 60}),
    "DataFrame.to_arrow_batches": lambda w: Call(
        lambda **o: w.frame.to_arrow_batches(**o).read_all(), {"rows": 2, "query_timeout": 60}),
    "DataFrame.show": lambda w: Call(w.frame.show, {"rows": 2}),
    **{f"DataFrame.{verb}": lambda w, verb=verb: Call(getattr(w.frame, verb), {"query_timeout": 60})
        for verb in ("collect", "to_arrow", "to_pandas", "to_polars")},
    "col": _shown(col, name="id"),
    "lit": _shown(lit, value=1, type_=Integer()),
    "when": _shown(lambda condition, value: when(condition, value).otherwise(None), condition=col("id") > 1, value=5),
    "count_distinct": lambda w: Call(
        lambda column: w.frame.agg(x=functions.count_distinct(column)).collect(), {"column": col("id")}),
    "functions": lambda w: Call(
        lambda argument: w.frame.select(x=functions.upper(argument).label("x")).collect(), {"argument": col("name")},
        says={"argument": ("upper",)}),
    "Writer.save_as_table": _written(
        mode="overwrite", schema=None, batch_rows=10, on_progress=lambda rows: None, verify=True),
    "Writer.save_as_table (merge)": _written(mode="merge", keys=["id"], update=["name"], run_key=None),
    "Writer.save_as_table (overwrite_partitions)": _written(
        mode="overwrite_partitions", partition_by=["id"], cascade=False),
    "Writer.save_as_table (cursor)": _written(mode="append", cursor="id", lag=0),
    "Writer.save_as_table (delete_missing)": _written(
        mode="merge", keys=["id"], delete_missing="hard", delete_at_most=1.0),
    "Writer.save_as_table (scd2)": _written(
        name="history", mode="scd2", keys=["id"], valid_from="since", valid_to="until", valid_at="2026-01-01T00:00"),
    "Writer.save_as_table (rejects)": _written(mode="append", rejects="table", rejects_at_most=0.5),
    "Writer.save_as_table (on_schema_change)": _written(mode="append", on_schema_change="ignore"),
    "Writer.parquet": lambda w: Call(w.frame.write.parquet, {"path": w.folder / "a.parquet", "overwrite": True}),
    "Writer.csv": lambda w: Call(w.frame.write.csv, {"path": w.folder / "a.csv", "overwrite": True}),
    "Records": lambda w: Call(
        lambda **o: Records(**o).to_arrow(), {"rows": [(1,)], "columns": ["id"], "types": {"id": Integer()}},
        says=DATA),
    "Records.from_dicts": lambda w: Call(
        lambda **o: Records.from_dicts(**o).to_arrow(), {"rows": [{"id": 1}], "columns": ["id"]},
        says=DATA),
    "Records.column": lambda w: Call(Records([(1,)], ["id"]).column, {"name": "id"}, says={"name": ("column",)}),
    "verify": lambda w: Call(
        verify, {"receipt": _receipt(w), "database": w.db}, ("receipt", "database"), says={"*": ("receipt",)}),
    "receipts": lambda w: Call(
        receipts, {"database": w.db, "name": "people", "schema": None}, ("database", "name"),
        says={"*": ("receipts", "table", "name", "schema")}),
    "Receipt.from_dict": lambda w: Call(
        Receipt.from_dict, {"data": _receipt(w).to_dict()}, ("data",), says={"data": ("receipt",)}),
    "Receipt.from_json": lambda w: Call(
        Receipt.from_json, {"text": _receipt(w).to_json()}, ("text",), says={"text": ("receipt",)}),
    "hand_over": lambda w: Call(
        lambda df, **o: hand_over(w.frame if df is ... else df, **o),
        {"df": ..., "name": "of a test", "max_inline_rows": 2, "mode": "auto", "stage_uri": None, "stage_in": w.db}),
    "pick_up": lambda w: Call(
        pick_up, {"database": w.db, "value": ROWS}, ("database", "value"), says=DATA),
    "frame_of": lambda w: Call(
        lambda **o: _entered(frame_of, **o), {"database": w.db, "value": ROWS, "name": "of a test"},
        says=DATA),
    "staged": lambda w: Call(
        lambda **o: _entered(staged, **o), {"database": w.db, "data": ROWS, "name": "of a test"},
        says=DATA),
    "stage_table": lambda w: Call(
        to_stage, {"database": w.db, "data": ROWS, "name": "of a test"},
        says=DATA),
    "drop_staged": lambda w: Call(
        drop_staged, {"database": w.db, "value": _staged_in(w)}, ("database", "value"), says={"value": PARTS}),
    "rows_of": lambda w: Call(rows_of, {"value": ROWS, "dsn": None}, says={"dsn": ("connect", "URL"), "value": PARTS}),
    "encode": lambda w: Call(encode, {"value": Records([(1,)], ["id"])}, says={"value": ("stored",)}),
    "decode": lambda w: Call(decode, {"stored": encode(Records([(1,)], ["id"]))}),
    "decode (damaged)": lambda w: Call(
        lambda rows, types, columns: decode(
            {"__moltres__": "rows", "columns": columns, "types": types, "rows": rows}),
        {"rows": [[1]], "types": {}, "columns": ["id"]}, says={"*": ("stored",)}),
    "is_reference": lambda w: Call(is_reference, {"value": 1}),
    "Reference": lambda w: Call(lambda **o: Reference(**o).to_dict(), {
        "kind": "table", "location": "moltres_stage_x", "columns": ("id",), "row_count": 1, "staged": True,
        "database": None, "fingerprint": None}),
    "Reference.from_dict": lambda w: Call(
        Reference.from_dict, {"stored": _staged_in(w).to_dict()}, ("stored",), says={"stored": ("reference",)}),
    "replicate": lambda w: Call(
        replicate,
        {
            "source": w.db, "target": "duckdb://", "tables": ["people"], "mode": "overwrite", "schema": None,
            "target_schema": None, "connections": 1, "run_key": None, "cascade": False, "verify": True,
            "batch_rows": 10, "on_progress": lambda progress: None, "range_rows": 5, "range_keys": {"people": "id"},
            "keys": None, "cursor": None, "lag": None, "delete_missing": None, "delete_at_most": None,
            "on_schema_change": "fail",
        },
        called=("on_progress",),
        says={
            "tables": ("table",), "target_schema": ("schema",),
            "source": ("connection",), "target": ("connection",),  # of a server, with its host and port
        },
    ),
    "ETLPipeline": lambda w: Call(ETLPipeline, _pipeline(w), says={"checks": ("Rule", "rule", "Rules")}),
    "ETLPipeline.execute": lambda w: Call(ETLPipeline(**_pipeline(w)).execute, {"run_key": "k"}),
    "ETLPipeline.execute (what the functions give)": lambda w: Call(
        lambda extracted, transformed: ETLPipeline(**_pipeline(w) | {
            "extract": lambda: extracted, "transform": lambda _: transformed, "load": None}).execute(),
        {"extracted": ROWS, "transformed": ROWS}, says={"transformed": (*PARTS, "id")}),
    "QualityChecker": lambda w: Call(
        lambda **o: QualityChecker(**o).check(w.frame, [{"type": "not_null", "column": "id"}]),
        {"fail_fast": False, "semantics": "portable"}),
    "QualityChecker.check": lambda w: Call(
        QualityChecker().check, {"df": w.frame, "checks": [{"type": "not_null", "column": "id"}]}, ("df", "checks"),
        says={"df": ("A value of type", "Rows", "URL", "endings", "database"), "checks": ("Rule", "Rules")}),
}  # fmt: skip
#: What only DuckDB does.
FILES: dict[str, Callable[[World], Call]] = {
    "Database.read_csv": _collected(lambda w: lambda path, **o: w.db.read_csv(
        w.path("a.csv", "id,name\n1,Ada\n") if path is ... else path, **o),
        path=..., delimiter=",", quote='"', encoding="utf-8", null="NA", decimal=".", header=True, types={"id": "int"},
        storage_options={}),
    "Database.read_csv (options of DuckDB)": _collected(lambda w: lambda path, **o: w.db.read_csv(
        w.path("a.csv", "id,name\n1,Ada\n") if path is ... else path, **o),
        path=..., delim=",", sample_size=-1, nullstr=["NA"], columns={"id": "INTEGER", "name": "VARCHAR"}),
    "Database.read_json": _collected(lambda w: lambda path, **o: w.db.read_json(
        w.path("a.json", '{"id": 1}\n') if path is ... else path, **o), path=..., storage_options={}),
    "Database.read_parquet": _collected(lambda w: lambda path, **o: w.db.read_parquet(
        w.frame.write.parquet(w.folder / "b.parquet").table_name if path is ... else path, **o),
        path=..., hive_partitioning=False, storage_options={}),
}  # fmt: skip


@pytest.fixture(scope="module", params=DATABASES)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One world for each kind of database."""
    folder = tmp_path_factory.mktemp("world")
    with ExitStack() as stack:
        servers: dict[str, Callable[[], AbstractContextManager[URL]]] = {
            "postgresql": lambda: request.getfixturevalue("postgresql").empty(),
            "mariadb": lambda: request.getfixturevalue("mariadb").database("hostile"),
        }
        server = servers.get(request.param)
        if server is None:
            url, other = (URL.create(request.param, database=str(folder / name)) for name in ("test.db", "other.db"))
        else:
            url = other = stack.enter_context(server())
        db = stack.enter_context(connect(url, query_timeout=60))
        people_table.create(db)
        yield World(db, folder, other.render_as_string(hide_password=False))


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A hostile name is a path, too: what it makes is made here.
    monkeypatch.chdir(tmp_path)


def test_every_public_name_is_tried() -> None:
    """A new public name has a row in the table, or is among those that take nothing from users."""
    assert not untried(MODULES, [*CALLS, *FILES], itertools.chain(*NOTHING.values()))


@pytest.mark.parametrize("name", CALLS)
def test_hostile_values(world: World, name: str) -> None:
    database = world.db.dialect.name
    # Where types say least; `when` shows its values.
    always = {} if world.db.dialect.capabilities.enforces_types or name == "when" else {**ODD, **NESTED}
    assert_refused(CALLS[name](world), name, OURS, says=SAYS, few=2, seed=database, always=always)


@pytest.mark.parametrize("name", FILES)
def test_hostile_values_for_files(name: str, tmp_path: Path) -> None:
    with connect() as db:
        people_table.create(db)
        assert_refused(FILES[name](World(db, tmp_path)), name, OURS, always={**ODD, **NESTED})
