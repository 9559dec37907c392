"""Files as frames, through DuckDB."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from moltres import Database, col, connect, func
from moltres.errors import ConfigurationError, MissingDependencyError, QueryError

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def duck() -> Iterator[Database]:
    with connect() as db:
        yield db


@pytest.fixture
def parquet(tmp_path: Path) -> Path:
    for part in (1, 2):
        table = pa.table(
            {"id": [part * 10, part * 10 + 1], "amount": pa.array([Decimal("1.10"), None], pa.decimal128(9, 2))}
        )
        pq.write_table(table, tmp_path / f"part {part}.parquet")
    return tmp_path


def test_parquet_paths_patterns_and_lists(duck: Database, parquet: Path) -> None:
    one = parquet / "part 1.parquet"
    assert duck.read_parquet(one).count() == 2
    assert duck.read_parquet(str(one)).where(col("id") == 10).collect() == [{"id": 10, "amount": Decimal("1.10")}]
    assert duck.read_parquet(str(parquet / "*.parquet")).agg(s=func.sum(col("id"))).collect() == [{"s": 62}]
    assert duck.read_parquet([one, one]).count() == 4
    assert duck.read_parquet(one, filename=True).columns == ("id", "amount", "filename")


def test_csv_with_options(duck: Database, tmp_path: Path) -> None:
    path = tmp_path / "it's.csv"
    path.write_text("id;day\n1;2024-01-31\n2;\n")
    assert duck.read_csv(path).collect() == [{"id": 1, "day": dt.date(2024, 1, 31)}, {"id": 2, "day": None}]
    frame = duck.read_csv(path, delim=";", header=False, skip=1, names=["a", "b"], types={"a": "VARCHAR"})
    assert frame.order_by("a").first() == {"a": "1", "b": dt.date(2024, 1, 31)}


def test_json_by_line_and_in_an_array(duck: Database, tmp_path: Path) -> None:
    rows = [{"id": 1, "tags": ["a"], "at": {"x": 1}}, {"id": 2, "tags": [], "at": None}]
    (tmp_path / "lines.json").write_text("\n".join(json.dumps(row) for row in rows))
    (tmp_path / "array.json").write_text(json.dumps(rows))
    assert duck.read_json(tmp_path / "lines.json").order_by("id").collect() == rows
    assert duck.read_json(tmp_path / "array.json").order_by("id").collect() == rows


def test_a_file_joins_a_table(duck: Database, parquet: Path) -> None:
    with duck.transaction() as connection:
        connection.exec_driver_sql("CREATE TABLE names AS SELECT 20 AS id, 'x' AS name")
    joined = duck.table("names").join(duck.read_parquet(str(parquet / "*.parquet")), on="id")
    assert joined.collect() == [{"id": 20, "name": "x", "amount": Decimal("1.10")}]


def test_uris_through_fsspec(duck: Database) -> None:
    import fsspec

    with fsspec.open("memory://bucket/rows.csv", "w") as file:
        file.write("a,b\n1,x\n")
    assert duck.read_csv("memory://bucket/rows.csv").collect() == [{"a": 1, "b": "x"}]
    assert duck.read_csv("memory://bucket/*.csv", storage_options={"skip_instance_cache": True}).count() == 1


def test_a_scheme_without_its_package_names_it(duck: Database) -> None:
    with pytest.raises(MissingDependencyError, match="gcsfs"):
        duck.read_parquet("gs://bucket/x.parquet")
    with pytest.raises(ConfigurationError, match="no file system for nonsense://"):
        duck.read_parquet("nonsense://bucket/x.parquet")


def test_other_databases_say_how_to_do_it(db: Database, parquet: Path) -> None:
    path = parquet / "part 1.parquet"
    if db.dialect.capabilities.file_functions:
        assert db.read_parquet(path).count() == 2
        return
    with pytest.raises(ConfigurationError, match="requires DuckDB") as caught:
        db.read_parquet(path)
    assert "connect().read_parquet" in str(caught.value)


def test_missing_files_and_wrong_options(duck: Database, parquet: Path) -> None:
    with pytest.raises(QueryError, match="No files found"):
        duck.read_parquet(parquet / "none.parquet")
    with pytest.raises(QueryError, match="filenam"):
        duck.read_parquet(parquet / "part 1.parquet", filenam=True)
    with pytest.raises(ConfigurationError, match="not an option of read_parquet"):
        duck.read_parquet(parquet / "part 1.parquet", **{"x) --": 1})


@pytest.mark.parametrize("mistake", ["", [], None, 5, [1], [""]])
def test_what_is_no_path(duck: Database, mistake: Any) -> None:
    with pytest.raises(ConfigurationError):
        duck.read_parquet(mistake)
