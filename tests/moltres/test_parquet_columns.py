"""Columns of Parquet files arrive as the files have them, or are refused by name, whatever DuckDB makes of them."""

from __future__ import annotations

import datetime as dt
import re
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from moltres import Database, DataFrame, col, connect
from moltres.errors import ConfigurationError, MoltresError, SchemaMismatchError
from support.parquet_columns import ALIKE, COLUMNS, MOMENT, UNLIKE, Column, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = 'a "value"\'s.x'
ROADS = {
    "collect": lambda frame: list(frame.collect().column(NAME)),
    "arrow": lambda frame: frame.to_arrow().column(NAME).to_pylist(),
    "a table": lambda frame: list(_as_table(frame).collect().column(NAME)),
}


def _as_table(frame: DataFrame) -> DataFrame:
    frame.write.save_as_table("copied", mode="overwrite")
    return frame.database.table("copied")


@pytest.fixture(scope="module")
def duck() -> Iterator[Database]:
    with connect() as db:
        yield db


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("what", COLUMNS)
def test_a_column_is_equal_or_refused(duck: Database, tmp_path: Path, what: str, road: str) -> None:
    column = COLUMNS[what]
    write(tmp_path / "x.parquet", NAME, column)
    frame = duck.read_parquet(tmp_path / "x.parquet")
    assert frame.select("id").where(col("id") == 1).count() == len(column.array)  # the rest stays readable
    rows = frame.where(col("id") == 1)
    if column.values is None:
        with pytest.raises(SchemaMismatchError) as refused:
            ROADS[road](rows)
        assert NAME in str(refused.value) or repr(NAME)[1:-1] in str(refused.value)
    else:
        assert ROADS[road](rows) == column.values


def test_without_pyarrow_instants_of_nanoseconds_are_refused(
    duck: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "x.parquet", "at", COLUMNS["instants"])
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(SchemaMismatchError, match=r"'at' has instants in nanoseconds.*pyarrow"):
        duck.read_parquet(tmp_path / "x.parquet").where(col("at").is_not(None)).count()


def test_what_one_of_several_files_has_counts_for_all(duck: Database, tmp_path: Path) -> None:
    at = pa.timestamp("us", "UTC")
    write(tmp_path / "1.parquet", "at", Column(pa.array([MOMENT // 1000], at)))
    write(tmp_path / "2.parquet", "AT", COLUMNS["instants with nanoseconds"])
    with pytest.raises(SchemaMismatchError, match="instants with nanoseconds"):
        duck.read_parquet(tmp_path).collect()


@pytest.mark.parametrize("other", [pa.array([1], pa.duration("us")), pa.array([1], pa.int64())], ids=lambda a: a.type)
def test_durations_of_several_units_are_refused(duck: Database, tmp_path: Path, other: Any) -> None:
    write(tmp_path / "1.parquet", "took", COLUMNS["durations"])
    write(tmp_path / "2.parquet", "took", Column(other))
    with pytest.raises(SchemaMismatchError, match="'took' has durations, and in other files"):
        duck.read_parquet(tmp_path).collect()


MIXED = {
    "integers and floats": ([7, None], [1.5, 2.0]),
    "long integers and floats": ([2**53 + 1], [1.5]),
    "decimals": ([Decimal("1.5")], [Decimal("1.25")]),
    "dates and moments": ([dt.date(2024, 1, 1)], [dt.datetime(2024, 1, 1, 10)]),  # noqa: DTZ001 - without a zone
    "booleans and integers": ([True], [7]),
    "strings and numbers": (["1.5"], [1]),
    "nothing and strings": ([None], ["x"]),
    "lists": ([[1]], [[1.5]]),
}


@pytest.mark.parametrize("options", [{}, {"union_by_name": True}], ids=str)
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("what", MIXED)
def test_several_files_with_columns_of_several_types(
    duck: Database, tmp_path: Path, what: str, turned: bool, options: dict[str, Any]
) -> None:
    every = MIXED[what][::-1] if turned else MIXED[what]
    for number, values in enumerate(every):
        pq.write_table(pa.table({"v": values}), tmp_path / f"{number}.parquet")
    found, refused = None, "v"
    try:
        found = duck.read_parquet(sorted(tmp_path.iterdir()), **options).collect().column("v")
    except MoltresError as error:
        refused = str(error)
    assert re.search(r"\bv\b", refused)
    whole = [*every[0], *every[1]]
    expected = [dt.datetime.combine(value, dt.time()) if type(value) is dt.date else value for value in whole]
    assert found in (None, expected)
    assert found is None or [type(value) is bool for value in found] == [type(value) is bool for value in expected]


def test_a_damaged_schema_of_arrow_is_refused(duck: Database, tmp_path: Path) -> None:
    with duck.connection() as connection:
        connection.exec_driver_sql(
            f"COPY (SELECT 1 AS id) TO '{tmp_path / 'x.parquet'}' (KV_METADATA {{'ARROW:schema': 'AAAA'}})"
        )
    with pytest.raises(ConfigurationError, match=r"x\.parquet is damaged"):
        duck.read_parquet(tmp_path / "x.parquet")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("[90071992547409931::HUGEINT, NULL]", [90071992547409931, None]),
        ("{'a b': 90071992547409931::UHUGEINT, 'c': 1}", {"a b": 90071992547409931, "c": 1}),
        ("MAP {'k': [1::HUGEINT]}", {"k": [1]}),
        ("[1::HUGEINT, 2]::HUGEINT[2]", [1, 2]),
        ("['10:00:00+02'::TIMETZ]", ["10:00:00+02"]),
        ("[{'a': 170141183460469231731687303715884105727::HUGEINT}]", None),
        ("MAP {'k': 340282366920938463463374607431768211455::UHUGEINT}", None),
    ],
)
def test_what_stands_within_others_keeps_its_digits_and_zone(
    duck: Database, tmp_path: Path, value: str, expected: object
) -> None:
    frame = duck.sql(f"SELECT 1 AS id, {value} AS x")
    if expected is None:
        with pytest.raises(SchemaMismatchError, match="column 'x'"):
            frame.write.parquet(tmp_path / "x.parquet")
        return
    frame.write.parquet(tmp_path / "x.parquet")
    assert duck.read_parquet(tmp_path / "x.parquet").collect().column("x") == [expected]


def test_other_libraries_read_arrays_that_are_null(duck: Database, tmp_path: Path) -> None:
    frame = duck.sql("SELECT i AS id, (CASE WHEN i < 2 THEN [i, i] END)::INTEGER[2] AS x FROM range(3) AS t(i)")
    frame.write.parquet(tmp_path / "x.parquet")
    assert pq.read_table(tmp_path / "x.parquet").column("x").to_pylist() == [[0, 0], [1, 1], None]


@pytest.mark.parametrize("value", ["'10:00:00+02'::TIMETZ", "INTERVAL 1 DAY"])
def test_what_json_has_no_form_for_is_refused_within_structs(duck: Database, value: str) -> None:
    frame = duck.sql(f"SELECT {{'a': {value}}} AS x")
    with pytest.raises(SchemaMismatchError, match="column 'x': JSON has no form"):
        frame.to_arrow()
    assert duck.sql(f"SELECT [{value}] AS x").to_arrow().num_rows == 1


@pytest.mark.parametrize("case", ALIKE)
def test_columns_are_not_renamed(duck: Database, tmp_path: Path, case: str) -> None:
    table, said = ALIKE[case]
    pq.write_table(table, tmp_path / "x.parquet")
    pq.write_table(UNLIKE, tmp_path / "y.parquet")
    with pytest.raises(ConfigurationError, match=said):
        duck.read_parquet(tmp_path / "x.parquet")
    assert list(duck.read_parquet(tmp_path / "y.parquet").columns) == UNLIKE.column_names
