"""Rows handed from task to task, inline and by reference."""

from __future__ import annotations

import copy
import dataclasses
import datetime as dt
import itertools
import json
import math
import pickle
from collections import UserList
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fsspec
import pytest
import sqlalchemy as sa

from moltres import Database, DataFrame, Records, Reference, col, connect
from moltres.errors import (
    ConfigurationError,
    DatabaseConnectionError,
    HandoffError,
    MoltresError,
    QueryError,
    TableNotFoundError,
)
from moltres.handoff import decode, drop_staged, encode, frame_of, hand_over, pick_up, rows_of, staged
from moltres.handoff.reference import STAGE_PREFIX
from support.database_facts import facts_of

if TYPE_CHECKING:
    from sqlalchemy import URL

NUMBERS = 300


@pytest.fixture(params=["sqlite", "duckdb", "postgresql", "pyiceberg"])
def database_url(request: pytest.FixtureRequest) -> URL:
    """The URL of an empty database of each kind, tables of Iceberg without a server among them."""
    url: URL = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def numbers(db: Database) -> DataFrame:
    """300 rows, so that a test can call them many."""
    rows = [{"id": number, "amount": Decimal(number) / 100} for number in range(NUMBERS)]
    db.write(rows).save_as_table("numbers")
    return db.table("numbers")


def stages(db: Database) -> list[str]:
    return [table for table in db.tables() if table.startswith("moltres_stage_")]


def ids(picked: Any) -> list[int]:
    rows = picked.collect() if isinstance(picked, DataFrame) else picked
    return sorted(row["id"] for row in rows)


def test_few_rows_are_handed_over_as_rows(db: Database, numbers: DataFrame) -> None:
    handed = hand_over(numbers, name="run", max_inline_rows=NUMBERS)
    assert isinstance(handed, Records)
    assert len(handed) == NUMBERS
    assert stages(db) == []
    assert pick_up(db, handed) == handed


def test_one_row_more_than_allowed_is_staged(db: Database, numbers: DataFrame) -> None:
    handed = hand_over(numbers, name="run", max_inline_rows=NUMBERS - 1)
    assert isinstance(handed, Reference)
    assert (handed.kind, handed.row_count, handed.columns) == ("table", NUMBERS, ("id", "amount"))
    assert stages(db) == [handed.location]
    assert ids(pick_up(db, handed)) == list(range(NUMBERS))


def test_rows_that_are_staged_again_are_known_again(db: Database, numbers: DataFrame) -> None:
    first = hand_over(numbers, name="run", max_inline_rows=10)
    with db.transaction() as connection:
        here = connect(connection)
        again = hand_over(here.table("numbers").where(col("id") < 50), name="run", max_inline_rows=10)
    assert ids(pick_up(db, again)) == list(range(50))
    with pytest.raises(HandoffError, match="there are 50 rows instead of 300"):
        pick_up(db, first)
    last = hand_over(numbers.where(col("id") >= 50), name="run", max_inline_rows=10)
    assert ids(pick_up(db, last)) == list(range(50, NUMBERS))


@pytest.fixture
def counted(db: Database, numbers: DataFrame) -> DataFrame:
    """300 rows, each with how many rows the query has made so far."""
    ticks = itertools.count(1)
    function: dict[str, tuple[Any, ...]] = {
        "sqlite": ("tick", 0, lambda: next(ticks)),
        "iceberg": ("tick", lambda _: next(ticks), ["BIGINT"], "BIGINT"),
    }
    name = db.engine.dialect.name
    if name in function:
        options = {"side_effects": True} if name == "iceberg" else {}
        sa.event.listen(db.engine, "connect", lambda raw, _: raw.create_function(*function[name], **options))
        db.engine.dispose()
        tick = "tick(id)" if name == "iceberg" else "tick()"
    else:
        with db.transaction() as connection:
            connection.execute(sa.text("CREATE SEQUENCE ticks"))
        tick = "nextval('ticks')"
    return db.sql(f"SELECT id, {tick} AS n FROM numbers")


@pytest.mark.most_cases(24)
@pytest.mark.parametrize("limit", [0, 10, NUMBERS, 100_000])
@pytest.mark.parametrize("mode", ["auto", "table", "parquet"])
@pytest.mark.parametrize("in_files", [False, True])
def test_a_query_runs_once(counted: DataFrame, tmp_path: Path, mode: Any, limit: int, in_files: bool) -> None:
    if in_files is (mode == "table"):
        return
    stage = tmp_path if in_files or mode == "parquet" else None
    handed = hand_over(counted, name="run", mode=mode, max_inline_rows=limit, stage_uri=stage)
    rows = rows_of(handed, dsn=counted.database.engine)
    assert sorted(row["n"] for row in rows) == list(range(1, NUMBERS + 1))


@pytest.mark.parametrize("mode", ["auto", "inline", "table", "parquet"])
def test_numbers_of_a_sequence_are_used_up(tmp_path: Path, mode: Any) -> None:
    url = f"duckdb:///{tmp_path}/shop.duckdb"
    with connect(url) as db:
        with db.engine.begin() as connection:
            connection.exec_driver_sql("CREATE SEQUENCE ticks")
        frame = db.sql("SELECT nextval('ticks') AS n FROM range(30)")
        hand_over(frame, name="run", mode=mode, stage_uri=tmp_path if mode == "parquet" else None)
    with connect(url) as db:
        assert db.sql("SELECT nextval('ticks') AS n").collect()[0]["n"] == 31


def test_staged_rows_have_the_types_of_the_query(db: Database, tmp_path: Path) -> None:
    # As CREATE TABLE AS would make them, also where Python has no type for them, and where the first rows tell none.
    frame = db.sql(facts_of(db.engine).own_types)
    read = hand_over(frame, name="read", max_inline_rows=1)
    made = hand_over(frame, name="made", mode="table")
    assert isinstance(read, Reference)
    assert isinstance(made, Reference)
    columns = sa.inspect(db.engine).get_columns
    described = [[(one["name"], str(one["type"])) for one in columns(handed.location)] for handed in (read, made)]
    assert described[0] == described[1]
    assert rows_of(read, dsn=db.engine) == rows_of(made, dsn=db.engine)


def test_rows_that_stay_inline_keep_their_order_and_types(db: Database, numbers: DataFrame) -> None:
    frame = numbers.order_by((col("id") * 7) % 300)
    handed = hand_over(frame, name="run")
    assert isinstance(handed, Records)
    assert handed == frame.collect()
    assert {name: str(type_) for name, type_ in handed.types.items()} == {
        name: str(type_) for name, type_ in frame.collect().types.items()
    }
    empty = hand_over(frame.where(col("id") < 0), name="run")
    assert isinstance(empty, Records)
    assert (empty.columns, empty.types.keys()) == (handed.columns, handed.types.keys())


def test_few_rows_of_a_read_only_connection_are_handed_over(postgresql_url: sa.URL) -> None:
    with connect(postgresql_url) as db:
        db.write([{"id": number} for number in range(NUMBERS)]).save_as_table("numbers")
        with connect(db.engine.execution_options(postgresql_readonly=True)) as reader:
            assert len(hand_over(reader.table("numbers"), name="run")) == NUMBERS


def test_a_hand_over_that_fails_leaves_nothing(db: Database, numbers: DataFrame) -> None:
    broken = facts_of(db.engine).broken
    frame = db.sql(
        f"SELECT id, CASE WHEN id = 250 THEN CASE WHEN {broken} THEN 1 END ELSE 0 END AS n"
        " FROM (SELECT id, 'a' || id AS x FROM numbers) AS t ORDER BY id"
    )
    with pytest.raises(QueryError):
        hand_over(frame, name="run", max_inline_rows=10)
    assert stages(db) == []


def test_rows_of_reads_whatever_was_handed_over(db: Database, numbers: DataFrame, tmp_path: Path) -> None:
    few = numbers.where(col("id") < 5).order_by("id")
    forms: list[Any] = [
        hand_over(few, name="a"),
        hand_over(few, name="b", mode="table"),
        hand_over(few, name="c", mode="parquet", stage_uri=tmp_path),
        [dict(row) for row in few.collect()],
    ]
    for form in [*forms, *map(encode, forms)]:
        rows = rows_of(form, dsn=db.engine)
        assert isinstance(rows, Records)
        assert ids(rows) == [0, 1, 2, 3, 4]
    assert ids(rows_of([forms[0], encode(forms[1])], dsn=db.engine)) == sorted([0, 1, 2, 3, 4] * 2)
    assert ids(rows_of(forms[2])) == [0, 1, 2, 3, 4], "files need no database"
    with pytest.raises(HandoffError, match=r"no database was given[\s\S]*dsn="):
        rows_of(forms[1])
    with pytest.raises(HandoffError, match="got str"):
        rows_of("rows")


def test_a_reference_is_not_taken_for_its_rows(numbers: DataFrame) -> None:
    handed = hand_over(numbers, name="run", mode="table")
    for use in (list, len, iter, sorted, lambda rows: rows[0], lambda rows: 1 in rows, lambda rows: [*rows]):
        with pytest.raises(HandoffError, match=r"reference to 300 rows[\s\S]*rows_of"):
            use(handed)  # type: ignore[operator]
    assert handed
    assert pickle.loads(pickle.dumps(handed)) == copy.deepcopy(handed) == handed


def test_inline_refuses_more_than_allowed(db: Database, numbers: DataFrame) -> None:
    with pytest.raises(HandoffError, match="more than 10 rows") as failed:
        hand_over(numbers, name="run", max_inline_rows=10, mode="inline")
    assert "mode='auto'" in str(failed.value)
    assert stages(db) == []


def test_a_retry_overwrites_its_own_stage_and_nothing_else(db: Database, numbers: DataFrame) -> None:
    first = hand_over(numbers, name="dag/task/run-1", mode="table")
    other = hand_over(numbers.limit(5), name="dag/task/run-2", mode="table")
    again = hand_over(numbers.select("id").limit(7), name="dag/task/run-1", mode="table")
    assert isinstance(first, Reference)
    assert isinstance(other, Reference)
    assert isinstance(again, Reference)
    assert first.location == again.location != other.location
    assert (again.row_count, again.columns) == (7, ("id",))
    assert pick_up(db, again).columns == ("id",)
    assert pick_up(db, other).count() == 5


def test_names_that_differ_only_in_what_is_cut_off_stay_apart(db: Database, numbers: DataFrame) -> None:
    tail = "x" * 200
    references = [
        hand_over(numbers.limit(1), name=name, mode="table") for name in (f"{tail}1", f"{tail}2", "a-b", "a_b")
    ]
    names = {reference.location for reference in references if isinstance(reference, Reference)}
    assert len(names) == 4
    assert all(len(name) <= 48 and name.startswith("moltres_stage_") for name in names)


def test_a_reference_goes_through_json(db: Database, numbers: DataFrame) -> None:
    handed = hand_over(numbers, name="run", mode="table")
    stored = json.loads(json.dumps(encode(handed)))
    assert ids(pick_up(db, stored)) == list(range(NUMBERS))
    assert Reference.from_dict(stored) == handed


def wide(columns: int) -> Reference:
    """A reference to a table of so many columns, with the longest of the other parts."""
    names = tuple(f'{"ab"[number % 2]}_column_{number:x}_\u00fc\n"' for number in range(columns))
    return Reference(
        kind="table", location=STAGE_PREFIX + "x" * 48, columns=names, row_count=2**40, fingerprint="9" * 19,
        database="trino://someone@coordinator.example.com:8443/catalog/schema",
    )  # fmt: skip


@pytest.mark.parametrize("columns", [1, 20, 100, 300, 3000])
def test_a_reference_to_many_columns_is_small(columns: int) -> None:
    stored = json.dumps(encode(wide(columns)))
    assert decode(json.loads(stored)) == wide(columns)
    assert columns > 300 or len(stored) <= 2000
    assert isinstance(json.loads(stored)["columns"], list) == (columns <= 20)


@pytest.mark.parametrize(
    "columns",
    [{"zlib": ""}, {"zlib": "!"}, {"zlib": None}, {"zlib": "eJyLVkpS", "x": 1}, {"zlib": "eJyLVkpS"}, {}],
)  # fmt: skip
def test_names_that_cannot_be_unpacked_are_no_reference(columns: Any) -> None:
    with pytest.raises(HandoffError, match="columns"):
        decode({**encode(wide(1)), "columns": columns})


def test_a_wide_table_is_handed_over_by_its_packed_names(db: Database) -> None:
    names = [f"a_column_of_a_wide_table_{number}" for number in range(200)]
    handed = hand_over(db.sql(f"SELECT {', '.join(f'1 AS {name}' for name in names)}"), name="wide", mode="table")
    assert pick_up(db, json.loads(json.dumps(encode(handed)))).columns == tuple(names)
    assert rows_of(encode(handed), dsn=db.engine).columns == tuple(names)
    with pytest.raises(HandoffError, match="have changed"):
        pick_up(db, encode(dataclasses.replace(handed, columns=(*names[:-1], "other"))))


def test_encoded_rows_are_picked_up(db: Database, numbers: DataFrame) -> None:
    stored = json.loads(json.dumps(encode(hand_over(numbers.limit(3), name="run"))))
    picked = pick_up(db, stored)
    assert isinstance(picked, Records)
    assert {type(row["amount"]) for row in picked} == {Decimal}


@pytest.mark.parametrize(
    "value",
    [
        [{"id": 1}, {"id": 2}],
        ({"id": 1}, {"id": 2}),
        Records([(1,), (2,)], ["id"]),
        [Records([(1,)], ["id"]), [{"id": 2}]],
        [[[{"id": 1}]], [[{"id": 2}], []]],
        [encode(Records([(1,)], ["id"])), Records([(2,)], ["id"])],
    ],
)
def test_rows_in_any_form_are_records(db: Database, value: Any) -> None:
    picked = pick_up(db, value)
    assert isinstance(picked, Records)
    assert picked == [{"id": 1}, {"id": 2}]


def test_no_rows_at_all_are_records_too(db: Database) -> None:
    assert list(pick_up(db, [])) == []


@pytest.mark.parametrize("value", [None, "rows", 3, {"id": 1}, [1, 2], [{"id": 1}, 2]])
def test_what_is_no_rows_is_refused(db: Database, value: Any) -> None:
    with pytest.raises(HandoffError, match="Expected rows"):
        pick_up(db, value)


@pytest.mark.parametrize("value", [Decimal("1.10"), dt.date(2026, 1, 1), {"a": [b"x"]}, (1, 2), math.nan])
def test_rows_that_were_encoded_as_a_list_are_no_documents(db: Database, value: Any) -> None:
    """``{"$decimal": "1.10"}`` was written as a document; one that only looks like it still is one."""
    rows = [{"id": 1, "x": None}, {"id": 2, "x": value}]
    stored = json.loads(json.dumps(encode(rows)))
    for read in (lambda given: pick_up(db, given), rows_of):
        assert repr(list(read(stored))) == repr(rows)
        assert repr(list(read([stored, encode([{"id": 3, "x": None}])]))) == repr([*rows, {"id": 3, "x": None}])
        document = [{"id": 1, "x": {"$uuid": "00000000-0000-0000-0000-000000000001"}}]
        assert read(document) == document
    assert repr(decode(stored)) == repr(rows)


def test_frames_of_others_are_left_as_they_are(db: Database, numbers: DataFrame) -> None:
    pandas = pytest.importorskip("pandas").DataFrame({"id": [1]})
    assert pick_up(db, pandas) is pandas
    assert pick_up(db, numbers) is numbers


def test_the_parts_of_a_mapped_task_are_one_frame_although_some_are_inline(db: Database, numbers: DataFrame) -> None:
    parts = [
        hand_over(numbers.where(col("id") < 100), name="map-0", max_inline_rows=10),
        hand_over(numbers.where(col("id") >= 295), name="map-1", max_inline_rows=10),
        hand_over(numbers.where(col("id").between(100, 199)), name="map-2", max_inline_rows=10),
    ]
    assert [type(part) for part in parts] == [Reference, Records, Reference]
    picked = pick_up(db, parts)
    assert ids(picked) == [*range(200), *range(295, 300)]
    assert ids(pick_up(db, UserList(parts))) == ids(picked)  # Airflow gives a task such a sequence
    assert ids(pick_up(db, parts)) == ids(picked)  # again, as a retry does
    assert drop_staged(db, parts) == 2
    assert stages(db) == []


def test_parquet_goes_to_a_folder_and_is_read_by_any_database(db: Database, numbers: DataFrame, tmp_path: Path) -> None:
    handed = hand_over(numbers, name="run", max_inline_rows=10, stage_uri=tmp_path / "env=prod")
    assert isinstance(handed, Reference)
    assert (handed.kind, handed.row_count) == ("parquet", NUMBERS)
    assert [str(file) for file in (tmp_path / "env=prod").iterdir()] == [handed.location]
    db.write(pick_up(db, handed)).save_as_table("copies")
    assert db.table("copies").order_by("id").collect() == numbers.order_by("id").collect()
    hand_over(numbers.limit(1), name="run", mode="parquet", stage_uri=tmp_path / "env=prod")
    assert len(list((tmp_path / "env=prod").iterdir())) == 1
    assert drop_staged(db, handed) == 1
    assert list((tmp_path / "env=prod").iterdir()) == []


def test_parquet_goes_to_any_file_system_of_fsspec(numbers: DataFrame) -> None:
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    handed = hand_over(numbers, name="run", mode="parquet", stage_uri="memory://stage")
    assert isinstance(handed, Reference)
    assert [Path(name).name for name in memory.ls("/stage", detail=False)] == [Path(handed.location).name]
    assert ids(pick_up(numbers.database, handed)) == list(range(NUMBERS))
    assert drop_staged(numbers.database, handed.to_dict()) == 1
    assert memory.ls("/stage") == []


def test_a_file_that_is_gone_is_named(db: Database, numbers: DataFrame, tmp_path: Path) -> None:
    handed = hand_over(numbers, name="run", mode="parquet", stage_uri=tmp_path)
    assert isinstance(handed, Reference)
    Path(handed.location).unlink()
    with pytest.raises(HandoffError, match=Path(handed.location).name):
        pick_up(db, handed)
    assert drop_staged(db, handed) == 0


def test_a_table_that_is_gone_is_named_with_both_databases(db: Database, numbers: DataFrame, tmp_path: Path) -> None:
    handed = hand_over(numbers, name="run", mode="table")
    assert isinstance(handed, Reference)
    with connect(f"sqlite:///{tmp_path / 'other.sqlite'}") as other, pytest.raises(HandoffError) as failed:
        pick_up(other, handed)
    assert handed.location in str(failed.value)
    assert "other.sqlite" in str(failed.value)
    assert str(db.engine.url.database) in str(failed.value)
    assert "stage_uri" in str(failed.value)


def test_dropping_twice_is_no_error(db: Database, numbers: DataFrame) -> None:
    handed = hand_over(numbers, name="run", mode="table")
    assert (drop_staged(db, handed), drop_staged(db, handed)) == (1, 0)
    assert drop_staged(db, Records([(1,)], ["id"])) == 0
    with pytest.raises(HandoffError):
        pick_up(db, handed)


@pytest.mark.parametrize("value", [1, "moltres_stage_x", None, {"location": "x"}, [1], [Records([(1,)], ["id"]), 2]])
def test_what_nobody_has_handed_over_is_not_dropped_in_silence(db: Database, value: Any) -> None:
    with pytest.raises(HandoffError, match="Expected rows or a reference"):
        drop_staged(db, value)


def test_only_what_was_staged_is_ever_dropped(db: Database, numbers: DataFrame, tmp_path: Path) -> None:
    precious = tmp_path / "precious.parquet"
    precious.write_text("x")
    for kind, location in (("table", "numbers"), ("parquet", str(precious))):
        forged = {**encode(Reference(kind="table", location="t", columns=("id",), row_count=1)), "kind": kind}
        with pytest.raises(HandoffError, match="not staged by a hand-over"):
            drop_staged(db, {**forged, "location": location})
    kept = Reference(kind="table", location="numbers", columns=("id",), row_count=1, staged=False)
    assert drop_staged(db, kept) == 0
    assert numbers.count() == NUMBERS
    assert precious.exists()


def test_parts_with_other_columns_are_put_together_alike_as_rows_and_as_references(db: Database) -> None:
    rows = [[{"id": 1}], [{"id": 2, "name": "b"}], [{"name": "c", "amount": Decimal("0.10")}]]
    together = [dict(row) for row in pick_up(db, rows)]
    assert [set(row) for row in together] == [{"id", "name", "amount"}] * 3
    for number, part in enumerate(rows):
        db.write(part).save_as_table(f"part_{number}")
    references = [hand_over(db.table(f"part_{number}"), name=f"{number}", mode="table") for number in range(3)]
    assert same_rows(pick_up(db, references).collect(), together)
    mixed = [references[0], rows[1], references[2]]
    assert same_rows(pick_up(db, mixed).collect(), together)
    drop_staged(db, mixed)


@pytest.mark.parametrize(
    ("one", "other", "fit"),
    [
        ("1", "9007199254740993", True),
        ("1", "0.5::DOUBLE", True),
        ("9007199254740993", "0.5::DOUBLE", False),
        ("1.005::DECIMAL(10, 3)", "2::DECIMAL(38, 0)", False),
        ("TIMESTAMPTZ '2020-01-01 10:00:00+00'", "TIMESTAMP '2020-01-01 10:00:00'", False),
        ("DATE '2020-01-01'", "TIMESTAMP '2020-01-01 10:00:00'", False),
        ("1", "'abc'", False),
        ("TRUE", "2", False),
    ],
)
def test_parts_of_other_types_are_equal_or_refused(tmp_path: Path, one: str, other: str, fit: bool) -> None:
    with connect(f"duckdb:///{tmp_path / 'parts.duckdb'}") as db:
        frames = [db.sql(f"SELECT {value} AS x") for value in (one, other)]
        for stage in ({"mode": "table"}, {"mode": "parquet", "stage_uri": tmp_path / "stage"}):
            parts = [hand_over(frame, name=f"{number}", **stage) for number, frame in enumerate(frames)]
            if fit:
                expected = [frame.collect()[0]["x"] for frame in frames]
                assert pick_up(db, parts).collect().column("x") == expected
            else:
                with pytest.raises(HandoffError, match="column 'x' is"):
                    pick_up(db, parts)


def test_rows_without_a_value_are_of_the_type_of_those_beside_them(db: Database) -> None:
    db.write([{"id": 1}]).save_as_table("part")
    parts = [hand_over(db.table("part"), name="part", mode="table"), [{"id": None}]]
    found = pick_up(db, parts).collect().column("id")
    assert sorted(found, key=repr) == [1, None]
    drop_staged(db, parts)


def test_rows_of_reads_the_parts_in_their_order_and_leaves_no_table(db: Database) -> None:
    db.write([{"id": 1}, {"id": 2}]).save_as_table("part")
    parts = [[{"id": 0}], hand_over(db.table("part"), name="part", mode="table"), [{"id": 3}]]
    before = stages(db)
    assert [row["id"] for row in rows_of(parts, dsn=db.engine)] == [0, 1, 2, 3]
    assert stages(db) == before


def same_rows(found: Records, expected: list[dict[str, Any]]) -> bool:
    return sorted(map(dict, found), key=_place) == sorted(expected, key=_place)


def _place(row: dict[str, Any]) -> str:
    return f"{row['id']} {row['name']}"


def test_a_query_gets_a_frame_whatever_was_handed_over(db: Database, numbers: DataFrame) -> None:
    for handed in (
        hand_over(numbers, name="a", max_inline_rows=10),
        hand_over(numbers.limit(9), name="b"),
        [{"id": 1}],
    ):
        before = stages(db)
        with frame_of(db, handed, name="next task") as frame:
            assert isinstance(frame, DataFrame)
            assert frame.select("id").count() in (NUMBERS, 9, 1)
        assert stages(db) == before


def test_a_stage_is_removed_also_when_its_block_fails(db: Database, numbers: DataFrame) -> None:
    with pytest.raises(ZeroDivisionError), staged(db, numbers, name="run") as (frame, reference):
        1 / (frame.count() - reference.row_count)
    assert stages(db) == []


def test_a_stage_that_cannot_be_removed_does_not_hide_why_its_block_failed(
    db: Database, numbers: DataFrame, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> int:
        raise TableNotFoundError("the database went away")

    monkeypatch.setattr("moltres.handoff.take.drop_staged", refuse)
    with pytest.raises(ZeroDivisionError), staged(db, numbers, name="run"):
        raise ZeroDivisionError
    assert "the database went away" in caplog.text


def test_no_password_is_in_a_reference(postgresql_url: URL) -> None:
    with connect(postgresql_url.set(password="s3cr3t-Zq9")) as db:
        db.write([{"id": number} for number in range(20)]).save_as_table("numbers")
        handed = hand_over(db.table("numbers"), name="run", max_inline_rows=1)
        drop_staged(db, handed)
        with pytest.raises(HandoffError) as failed:
            pick_up(db, handed)
    assert "s3cr3t-Zq9" not in f"{handed!r} {encode(handed)} {failed.value} {failed.value.context}"
    assert "postgresql" in repr(handed)


def test_rows_of_a_file_are_staged_where_the_next_task_can_find_them(
    db: Database, numbers: DataFrame, tmp_path: Path
) -> None:
    numbers.write.parquet(tmp_path / "numbers.parquet")
    with connect() as memory:
        frame = memory.read_parquet(tmp_path / "numbers.parquet")
        with pytest.raises(HandoffError, match=r"in memory ends with this task[\s\S]*stage_uri"):
            hand_over(frame, name="run", max_inline_rows=10)
        handed = hand_over(frame, name="run", max_inline_rows=10, stage_in=db)
    assert ids(pick_up(db, handed)) == list(range(NUMBERS))


def test_wrong_options_are_refused_all_at_once(numbers: DataFrame) -> None:
    with pytest.raises(ConfigurationError) as failed:
        hand_over(numbers, name="", max_inline_rows=-1, mode="tabel")  # type: ignore[arg-type]
    message = str(failed.value)
    assert "name must not be empty" in message
    assert "-1" in message
    assert "Did you mean 'table'" in message


@pytest.mark.parametrize(
    "uri", ["memory://user:S3cr3t@host/stage", "memory://stage/a?X-Amz-Signature=S3cr3t", "https://h/s?sig=S3cr3t"]
)
def test_a_folder_with_a_secret_is_refused_because_references_are_stored(numbers: DataFrame, uri: str) -> None:
    with pytest.raises(ConfigurationError, match="stage_uri must hold no secret") as failed:
        hand_over(numbers, name="run", max_inline_rows=2, stage_uri=uri)
    assert "S3cr3t" not in f"{failed.value} {failed.value.context}"


def test_a_reference_shows_no_secret_of_its_location(db: Database) -> None:
    reference = Reference(kind="parquet", location="s3://u:S3cr3t@b/k", columns=("a",), row_count=1)
    assert "S3cr3t" not in repr(reference)
    assert "s3://***@b/k" in repr(reference)
    assert Reference.from_dict(reference.to_dict()) == reference
    with pytest.raises(HandoffError) as failed:
        drop_staged(db, reference)
    assert "S3cr3t" not in f"{failed.value} {failed.value.context}"


@pytest.mark.parametrize(
    ("mode", "uri"), [("parquet", None), ("table", "/tmp"), ("inline", "/tmp"), ("parquet", ""), ("auto", "")]
)
def test_a_mode_and_a_folder_that_contradict_each_other_are_refused(numbers: DataFrame, mode: Any, uri: Any) -> None:
    with pytest.raises(ConfigurationError, match="stage_uri"):
        hand_over(numbers, name="run", mode=mode, stage_uri=uri)


def test_tables_are_staged_in_the_schema_of_the_database(postgresql_url: URL) -> None:
    with connect(postgresql_url) as admin, admin.transaction() as connection:
        connection.execute(sa.schema.CreateSchema("staging"))
    with connect(postgresql_url, schema="staging") as db:
        handed = hand_over(db.sql("SELECT 1 AS id"), name="run", mode="table")
        assert isinstance(handed, Reference)
        assert db.tables() == [handed.location]
        assert ids(pick_up(db, handed)) == [1]
        assert drop_staged(db, handed) == 1
        assert db.tables() == []


def test_a_store_that_is_not_there_is_an_error_that_a_retry_can_help(
    db: Database, numbers: DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsspec = pytest.importorskip("fsspec")
    pytest.importorskip("s3fs")
    once = {"retries": {"max_attempts": 0}, "connect_timeout": 1}
    options = {"endpoint_url": "http://127.0.0.1:9", "key": "k", "secret": "s3cr3t", "config_kwargs": once}
    monkeypatch.setitem(fsspec.config.conf, "s3", options)
    reference = Reference(kind="parquet", location="s3://b/moltres_stage_x.parquet", columns=("id",), row_count=1)
    for use in (
        lambda: hand_over(numbers, name="n", mode="parquet", stage_uri="s3://b"),
        lambda: pick_up(db, reference),
        lambda: drop_staged(db, reference),
    ):
        with pytest.raises(DatabaseConnectionError, match="s3://b") as caught:
            use()
        assert caught.value.retryable
        assert "s3cr3t" not in str(caught.value)


def test_a_file_that_is_replaced_behind_what_was_picked_up_is_not_read(db: Database, tmp_path: Path) -> None:
    rows = [{"id": number} for number in range(NUMBERS)]
    db.write(rows).save_as_table("source")
    given = hand_over(db.table("source"), name="r", mode="parquet", stage_uri=str(tmp_path))
    assert isinstance(given, Reference)
    picked = pick_up(db, given)
    assert len(picked.collect()) == NUMBERS
    connect().write([{"id": -number} for number in range(NUMBERS)]).parquet(given.location, overwrite=True)
    with pytest.raises(QueryError, match="have changed since the frame was made"):
        picked.collect()
    with pytest.raises(HandoffError, match="have changed"):
        pick_up(db, given)


def _written_elsewhere(frame: DataFrame) -> None:
    connect().write(frame).save_as_table("t")


@pytest.mark.parametrize("road", [DataFrame.collect, DataFrame.count, _written_elsewhere])
def test_a_file_behind_a_uri_that_is_replaced_within_its_second_is_not_read(road: Any) -> None:
    store = fsspec.filesystem("memory")
    with connect() as db:

        def staged_file(sql: str) -> tuple[Reference, Any]:
            given = hand_over(db.sql(sql), name="r", mode="parquet", stage_uri="memory://stage")
            assert isinstance(given, Reference)
            return given, store.store[given.location.removeprefix("memory:/")]

        given, before = staged_file("SELECT 'a' || range AS id FROM range(300)")
        picked = pick_up(db, given)
        assert len(picked.collect()) == NUMBERS
        _, after = staged_file("SELECT 'b' || range AS id FROM range(300)")
        after.modified = before.modified
        assert after.size == before.size
        with pytest.raises(MoltresError, match="have changed"):
            road(picked)
