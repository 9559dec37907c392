"""Files as frames, through DuckDB."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import event

from moltres import Database, col, connect, func
from moltres.errors import (
    ConfigurationError,
    MissingDependencyError,
    MoltresError,
    QueryError,
    SchemaMismatchError,
    TransientQueryError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from moltres import DataFrame


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


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("name", ["a[1]", "a*", "a?", "[a]", "[!b]"])
def test_the_name_of_a_file_is_no_pattern(duck: Database, tmp_path: Path, name: str, ending: str) -> None:
    read = {"csv": duck.read_csv, "jsonl": duck.read_json, "parquet": duck.read_parquet}[ending]
    for number, stem in enumerate(["a1", "a", name]):
        file = tmp_path / f"{stem}.{ending}"
        if ending == "jsonl":
            file.write_text(f'{{"id": {number}}}')
        else:
            getattr(duck.write([{"id": number}]), ending)(file)
    assert read(file).collect() == [{"id": 2}]
    assert read([file, tmp_path / f"a1.{ending}"]).order_by("id").collect() == [{"id": 0}, {"id": 2}]
    read(file).write.save_as_table("t")
    assert duck.table("t").collect() == [{"id": 2}]
    assert read(tmp_path / f"*.{ending}").order_by("id").collect() == [{"id": 0}, {"id": 1}, {"id": 2}]


@pytest.mark.parametrize("name", ["v", 'a "b" 100%', "select"])
@pytest.mark.parametrize("type_", [pa.float32(), pa.float64()], ids=str)
def test_nan_is_greater_than_every_number_in_files_too(duck: Database, tmp_path: Path, name: str, type_: Any) -> None:
    numbers = [1.0, float("nan"), None, float("inf"), -0.0, 0.0]
    pq.write_table(pa.table({name: pa.array(numbers, type_), "id": range(6)}), tmp_path / "x.parquet")
    frame = duck.read_parquet(tmp_path / "x.parquet")
    frame.write.save_as_table("t")
    assert frame.columns == (name, "id")
    assert repr(frame.collect()) == repr(duck.table("t").collect())
    for condition in (col(name) > 100, col(name) <= 100, col(name) > float("inf"), ~(col(name) < 1)):
        of_file, of_table = (rows.where(condition).order_by("id").collect() for rows in (frame, duck.table("t")))
        assert repr(of_file) == repr(of_table), condition
    assert repr(frame.agg(m=func.max(col(name))).collect()[0]["m"]) == "nan"


def test_parquet_files_are_asked_for_their_columns_once(duck: Database, tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1], "b": [0.5]}), tmp_path / "x.parquet")
    asked: list[str] = []
    event.listen(duck.engine, "before_cursor_execute", lambda _c, _u, statement, *_: asked.append(statement))
    frame = duck.read_parquet(tmp_path / "x.parquet")
    assert sum("read_parquet" in statement for statement in asked) == 1
    assert frame.collect() == [{"a": 1, "b": 0.5}]


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_the_name_of_a_folder_replaces_no_value(duck: Database, tmp_path: Path, ending: str) -> None:
    folder = tmp_path / "land=DE"
    folder.mkdir()
    (folder / f"a.{ending}").write_text("id,land\n1,FR\n" if ending == "csv" else '{"id": 1, "land": "FR"}')
    read = duck.read_csv if ending == "csv" else duck.read_json
    given: list[dict[str, Any]] = [
        {},
        {"types": {"id": "text"}} if ending == "csv" else {"columns": {"id": "INT", "land": "TEXT"}},
    ]
    for options in given:
        (row,) = read(folder / f"a.{ending}", **options).collect()
        assert (str(row["id"]), row["land"]) == ("1", "FR")


def test_the_name_of_a_folder_replaces_no_value_of_parquet(duck: Database, tmp_path: Path) -> None:
    folder = tmp_path / "LAND=DE"
    (folder / "day=1").mkdir(parents=True)
    pq.write_table(pa.table({"id": [1], "land": ["FR"]}), folder / "a.parquet")
    for path in (folder / "a.parquet", f"{tmp_path}/*/*.parquet"):
        assert duck.read_parquet(path).collect() == [{"id": 1, "land": "FR"}]
    (folder / "a.parquet").rename(folder / "day=1" / "a.parquet")
    both = folder / "day=1" / "a.parquet"
    with pytest.raises(SchemaMismatchError, match="'land' has values in the files, and others in the names"):
        duck.read_parquet(both).collect()
    assert duck.read_parquet(both).select("id", "day").collect() == [{"id": 1, "day": 1}]
    assert duck.read_parquet(both, hive_partitioning=False).collect() == [{"id": 1, "land": "FR"}]


def test_moments_with_a_zone_and_without_seconds(duck: Database, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("t,u\n2024-01-01T10:00Z,24:00\n2024-01-01 12:00:30+02:00,10:00\n")
    first, second = duck.read_csv(tmp_path / "a.csv").collect()
    assert second["t"] - first["t"] == dt.timedelta(seconds=30)
    assert (first["u"], second["u"]) == ("24:00", "10:00")


def test_csv_with_options(duck: Database, tmp_path: Path) -> None:
    path = tmp_path / "it's.csv"
    path.write_text("id;day\n1;2024-01-31\n2;\n")
    days = [{"id": 1, "day": dt.date(2024, 1, 31)}, {"id": 2, "day": None}]
    assert duck.read_csv(path, delimiter=";").collect() == duck.read_csv(path, delim=";").collect() == days
    assert duck.read_csv(path).collect() == days
    (tmp_path / "one.csv").write_text("id;day\n1\n2\n")
    with pytest.raises(ConfigurationError, match=r"delimiter=';'"):
        duck.read_csv(tmp_path / "one.csv")
    frame = duck.read_csv(path, delim=";", header=False, skip=1, names=["a", "b"], types={"a": "VARCHAR"})
    assert frame.order_by("a").first() == {"a": "1", "b": dt.date(2024, 1, 31)}


def test_compressed_files_that_were_cut_are_refused(duck: Database, tmp_path: Path) -> None:
    """DuckDB reads them as files of fewer rows."""
    for name, text, form in (("a.csv.gz", "id\n", "%d\n"), ("a.jsonl.gz", "", '{"id":%d}\n')):
        content = gzip.compress((text + "".join(form % number for number in range(50_000))).encode())
        (tmp_path / name).write_bytes(content[:-20])
    roads = [
        lambda: duck.read_csv(tmp_path / "a.csv.gz"), lambda: duck.read_csv(tmp_path / "a.csv.gz", skip=1),
        lambda: duck.read_json(tmp_path / "a.jsonl.gz"),
        lambda: duck.read_json(tmp_path / "a.jsonl.gz", columns={"id": "BIGINT"}),
    ]  # fmt: skip
    for road in roads:
        with pytest.raises(ConfigurationError, match="is damaged"):
            road()


def test_every_line_is_a_row_or_refused(duck: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    duck.write([{"id": 1}, {"id": None}, {"id": 3}, {"id": None}]).csv(path)
    assert duck.read_csv(path).collect().column("id") == [1, None, 3, None]
    path.write_text('id,name\n1,"a\nb"\n\n2,c\n')
    with pytest.raises(ConfigurationError, match="line 4 is empty, and lines follow"):
        duck.read_csv(path)
    path.write_text('id,name\n1,"a\nb"\n2,c,d\n')
    with pytest.raises(QueryError, match="line 4 has 3 fields, and the first line has 2"):
        duck.read_csv(path).collect()


def test_a_line_with_empty_fields_behind_the_last_column_is_refused(duck: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,name\n1,a\n2,b,\n")
    with pytest.raises(ConfigurationError, match="line 3 has more fields"):
        duck.read_csv(path)


VALUES = {
    # what a file has: what a frame gives
    ("1", "-20"): (1, -20),
    ("1.50", "0.30000000000000004"): (1.5, 0.30000000000000004),
    ("1e3", "nan"): (1000.0, None),
    ("12345678901234567890", "2"): (12345678901234567890, 2),
    ("1234567890123456", "1e30"): (1234567890123456.0, 1e30),
    ("1234567890123456", "1e-30"): (1234567890123456.0, 1e-30),
    ("12345678901234567", "1e-30"): ("12345678901234567", "1e-30"),
    ("1.5", "1e400"): ("1.5", "1e400"),
    ("", "x"): (None, "x"),
    ('""', "1"): ("", "1"),
    ('""', "x"): ("", "x"),
    ("0.1000000000000000055", "2"): (Decimal("0.1000000000000000055"), Decimal(2)),
    ("007", "10"): ("007", "10"),
    ("+1", "1"): ("+1", "1"),
    ("1", "x"): ("1", "x"),
    ("2024-01-31", "2023-12-01"): (dt.date(2024, 1, 31), dt.date(2023, 12, 1)),
    ("01/02/2024", "31/01/2024"): ("01/02/2024", "31/01/2024"),
    ("2024-01-31 10:00:00", "2024-01-31T11:00:00.5"): (
        dt.datetime.fromisoformat("2024-01-31 10:00:00"),
        dt.datetime.fromisoformat("2024-01-31 11:00:00.5"),
    ),
    ("2024-01-31T10:00:00+02:00", "2024-01-31T08:00:00Z"): (dt.datetime(2024, 1, 31, 8, tzinfo=dt.UTC),) * 2,
    ("2024-01-31T10:00:00+02:00", "2024-01-31T08:00:00"): ("2024-01-31T10:00:00+02:00", "2024-01-31T08:00:00"),
    ("10:00", "11:30:05"): (dt.time(10), dt.time(11, 30, 5)),
    ("true", "False"): (True, False),
}


@pytest.mark.most_cases(22)
@pytest.mark.parametrize("late", [False, True], ids=["in the sample", "beyond the sample"])
@pytest.mark.parametrize("written", VALUES, ids=" ".join)
def test_a_column_has_a_type_where_it_gives_every_value_back(
    duck: Database, tmp_path: Path, written: tuple[str, str], late: bool
) -> None:
    """The second value comes behind as many like the first as show the type that is looked for."""
    path = tmp_path / "values.csv"
    lines = [written[0]] * (2_500 if late else 1) + [written[1]]
    path.write_text("a,b\n" + "".join(f"{number},{line}\n" for number, line in enumerate(lines)))
    found = duck.read_csv(path).order_by("a").collect().column("b")
    expected = VALUES[written]
    assert found[0] == expected[0]
    assert found[-1] == expected[1] or (expected[1] is None and found[-1] != found[-1])
    # JSON says itself which values are strings.
    (tmp_path / "values.json").write_text("\n".join(json.dumps({"b": line}) for line in lines))
    strings = duck.read_json(tmp_path / "values.json").collect().column("b")
    assert [type(value) for value in strings[:1]] != [float]
    assert strings[0] in (written[0], expected[0])


def test_numbers_of_json_are_those_of_the_file(duck: Database, tmp_path: Path) -> None:
    path = tmp_path / "numbers.json"
    path.write_text('[{"a": 12345678901234567890123, "b": 0.30000000000000004, "c": 1}, {"c": "x", "a": 1, "b": 2}]')
    assert duck.read_json(path).collect() == [
        {"a": 12345678901234567890123, "b": 0.30000000000000004, "c": 1},
        {"a": 1, "b": 2.0, "c": "x"},
    ]
    path.write_text('{"c": 1, "a": [0.1000000000000000055]}')
    with pytest.raises(ConfigurationError, match="in the column 'a' has more digits than a double holds"):
        duck.read_json(path)
    path.write_text("[]")
    with pytest.raises(ConfigurationError, match="no columns"):
        duck.read_json(path)


STATED = (
    lambda kind: {"types": {"v": kind}},
    lambda kind: {"types": {"v": kind}, "max_line_size": 100_000},
    lambda kind: {"columns": {"v": kind, "w": "VARCHAR"}},
)
"""The ways to state a type."""


def test_types_that_a_caller_states(duck: Database, tmp_path: Path) -> None:
    path = tmp_path / "stated.csv"
    path.write_text("id,amount,day\n007,1.25,31/01/2024\n8,2,01/02/2024\n")
    frame = duck.read_csv(path, types={"id": "INTEGER", "amount": "DECIMAL(9,2)"})
    assert frame.collect().column("amount") == [Decimal("1.25"), Decimal("2.00")]
    assert frame.collect().column("id") == [7, 8]
    with pytest.raises(QueryError, match=r"1\.25 is no DECIMAL\(9,1\) of column 'amount'"):
        duck.read_csv(path, types={"amount": "DECIMAL(9,1)"}).collect()
    with pytest.raises(ConfigurationError, match=r"'amuont'.*'amount'"):
        duck.read_csv(path, types={"amuont": "DOUBLE"})
    dated = duck.read_csv(path, dateformat="%d/%m/%Y", filename=True)
    assert dated.collect()[0] == {"id": "007", "amount": 1.25, "day": dt.date(2024, 1, 31), "filename": str(path)}


@pytest.mark.most_cases(29)
@pytest.mark.parametrize("options", STATED)
@pytest.mark.parametrize(
    ("cell", "stated"),
    [
        ("1.5", "INTEGER"), ("1.255", "DECIMAL(5,2)"), ("[1.5]", "INTEGER[]"), ("[1, x]", "INTEGER[]"),
        ("[x]", "DATE[]"),
        ("[1, 17014118346046923173168]", "BIGINT[]"), ("[1.255]", "DECIMAL(5,2)[]"), ("[1.5, x]", "DOUBLE[]"),
        ("[[1], [x]]", "INTEGER[][]"), ("x", "INTEGER[]"), ("[1.25]", "integer [2]"), ("1.5", "BIGNUM"), ("ä", "BLOB"),
        ("2026-01-31 10:00:00", "DATE"), ("2026-01-31T00:00:00+02:00", "DATE"), ("2026-01-31 10:00:00", "TIME"),
        ("2026-01-31T10:00:00+02:00", "TIMESTAMP"), ("2026-01-31 10:00 Europe/Berlin", "TIMESTAMP_NS"),
        ("2026-01-31 10:00:00.0000001", "TIMESTAMP"), ("2026-01-31 10:00:00.5", "TIMESTAMP_S"),
        ("2026-01-31 10:00:00.0005", "TIMESTAMP(3)"), ("2026-01-31T10:00:00.0000001Z", "TIMESTAMP WITH TIME ZONE"),
        ("10:00:00+02", "TIME"), ("10:00:00.1234567", "TIME"), ("2026-01-31 10:00:00+02", "TIMETZ"),
        ("0.0000001 seconds", "INTERVAL"), ("[2026-01-31 10:00:00]", "DATE[]"), ("[10:00:00+02]", "TIME[]"),
        ("[2026-01-31 10:00:00.0000001]", "TIMESTAMP[]"),
    ],
)  # fmt: skip
def test_a_type_that_does_not_hold_a_value_is_an_error(
    duck: Database, tmp_path: Path, cell: str, stated: str, options: Callable[[str], dict[str, Any]]
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f'v,w\n"{cell}",a\n')
    with pytest.raises(MoltresError, match="v"):
        duck.read_csv(path, **options(stated)).collect()


@pytest.mark.most_cases(20)
@pytest.mark.parametrize("options", STATED)
@pytest.mark.parametrize(
    ("cell", "stated", "value"),
    [
        ("[1, NULL, -3.0]", "INTEGER[]", [1, None, -3]), ("[]", "DATE[]", []), ("[a, b]", "TEXT[]", ["a", "b"]),
        ("[1.25, 1.500]", "DECIMAL(5,2)[]", [Decimal("1.25"), Decimal("1.50")]),
        ("[[1], []]", "INTEGER[][]", [[1], []]),
        ("1.0", "INTEGER", 1), (" 1.5 ", "DOUBLE", 1.5), (" true ", "BOOLEAN", True),
        (" ", "BLOB", b" "), (" a ", "BLOB", b" a "), (" ", "CHAR", " "), (" a ", "VARCHAR(3)", " a "),
        (" ", "INTEGER", None),
        ("2026-01-31 00:00:00.0", "DATE", dt.date(2026, 1, 31)), (" 2026-01-31 ", "DATE", dt.date(2026, 1, 31)),
        ("2026-01-31 10:00:00.5000000", "TIMESTAMP", dt.datetime.fromisoformat("2026-01-31T10:00:00.5")),
        ("2026-01-31T10:00:00+02:00", "TIMESTAMPTZ", dt.datetime(2026, 1, 31, 8, tzinfo=dt.UTC)),
        ("10:00:00.5", "TIME", dt.time(10, 0, 0, 500_000)), ("1 day 00:00:01", "INTERVAL", dt.timedelta(1, 1)),
        ("[2026-01-31 00:00]", "DATE[]", [dt.date(2026, 1, 31)]),
    ],
)  # fmt: skip
def test_a_type_that_holds_a_value(
    duck: Database, tmp_path: Path, cell: str, stated: str, value: Any, options: Callable[[str], dict[str, Any]]
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f'v,w\n"{cell}",a\n')
    assert duck.read_csv(path, **options(stated)).collect().column("v") == [value]


@pytest.mark.parametrize(
    ("value", "stated"),
    [("1.5", "INTEGER"), ("1.255", "DECIMAL(5,2)"), ('"5"', "INTEGER"), ('"2026-01-31 10:00:00"', "DATE"),
     ("[1.5]", "INTEGER[]"), ('"2026-01-31T10:00:00+02:00"', "TIMESTAMP"), ("[]", "DATE"), ('["a"]', "VARCHAR[]"),
     ('{"a": 1}', "STRUCT(a INTEGER)"), ("0.1234567890123456789", "DOUBLE")],
)  # fmt: skip
@pytest.mark.parametrize("options", [{}, {"filename": True}])
def test_a_type_that_does_not_hold_a_value_of_json_is_an_error(
    duck: Database, tmp_path: Path, value: str, stated: str, options: dict[str, Any]
) -> None:
    path = tmp_path / "a.json"
    path.write_text(f'[{{"v": {value}, "w": 1}}]')
    with pytest.raises(MoltresError, match="v"):
        duck.read_json(path, columns={"v": stated}, **options).collect()


def test_columns_of_json_by_their_types(duck: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(
        r'[{"a": 7, "b": "x\u0041 ", "c": [1, 2], "d": {"e": 1}, "f": true, "g": "2026-01-31", "h": 0.1, "i": null}]'
    )
    stated = {
        "a": "BIGINT",
        "b": "VARCHAR",
        "c": "SMALLINT[]",
        "d": "JSON",
        "f": "BOOLEAN",
        "g": "DATE",
        "i": "DECIMAL(9,2)",
    }
    row = {"a": 7, "b": "xA ", "c": [1, 2], "d": {"e": 1}, "f": True, "g": dt.date(2026, 1, 31), "i": None}
    assert duck.read_json(path, columns=stated).collect() == [row]
    assert duck.read_json(path, columns=stated, filename=True).collect() == [{**row, "filename": str(path)}]
    with pytest.raises(ConfigurationError, match="columns: the column 'j' does not exist"):
        duck.read_json(path, columns={"j": "DATE"})


def test_types_to_guess_from_are_refused(duck: Database, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("v\n1.255\n")
    with pytest.raises(ConfigurationError, match="auto_type_candidates would round"):
        duck.read_csv(tmp_path / "a.csv", auto_type_candidates=["DECIMAL(5,2)"])


@pytest.mark.parametrize(
    ("cell", "stated", "value"),
    [("1,5", "DOUBLE", 1.5), ("1,50", "DECIMAL(5,2)", Decimal("1.50")),
     ("10:00:00.5", "TIME", dt.time(10, 0, 0, 500_000)), ("1.5", "BLOB", b"1.5"),
     ("1.5", "CHAR", "1.5"), ("1,5", "BLOB", b"1,5")],
)  # fmt: skip
def test_a_decimal_mark_is_that_of_numbers(duck: Database, tmp_path: Path, cell: str, stated: str, value: Any) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"v;w\n{cell};a\n")
    assert duck.read_csv(path, types={"v": stated}, delimiter=";", decimal=",").collect().column("v") == [value]


@pytest.mark.parametrize("stated", ["DOUBLE", "INTEGER", "DECIMAL(5,2)", "BIGNUM"])
def test_another_decimal_mark_is_that_of_no_number(duck: Database, tmp_path: Path, stated: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text("v;w\n1.0;a\n")
    with pytest.raises(QueryError, match=r"1\.0 is no .* of column 'v'"):
        duck.read_csv(path, types={"v": stated}, delimiter=";", decimal=",").collect()


def test_a_type_of_values_within_values_is_refused(duck: Database, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('v\n"{a: x}"\n')
    with pytest.raises(MoltresError, match=r"v.*as text or JSON"):
        duck.read_csv(tmp_path / "a.csv", types={"v": "STRUCT(a INTEGER)"}).collect()


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


@pytest.mark.parametrize("option", [{"null": "a\0b"}, {"null": ["\ud800"]}, {"delim": "\0"}, {"nullstr": ["\ud800"]}])
def test_options_that_sql_cannot_write_are_refused_by_name(duck: Database, tmp_path: Path, option: Any) -> None:
    (tmp_path / "a.csv").write_text("id\n1\n")
    (name,) = option
    with pytest.raises(ConfigurationError, match=name.removesuffix("str")):
        duck.read_csv(tmp_path / "a.csv", **option)


def test_a_value_that_an_option_cannot_have_names_the_option(duck: Database, parquet: Path) -> None:
    with pytest.raises(QueryError, match="The options were: hive_partitioning"):
        duck.read_parquet(parquet, hive_partitioning="perhaps")


def test_a_map_within_a_struct_is_an_object_and_no_key_is_lost(duck: Database) -> None:
    maps = pa.map_(pa.string(), pa.int64())
    duck.write(pa.table({"v": pa.array([{"m": [("a", 1)]}], pa.struct([("m", maps)]))})).save_as_table("structs")
    assert duck.table("structs").collect() == [{"v": {"m": {"a": 1}}}]
    for array in (pa.array([[("a", 1), ("a", 2)]], maps), pa.array([[[("a", 1), ("a", 2)]]], pa.list_(maps))):
        with pytest.raises(SchemaMismatchError, match="'v': a map has a key twice"):
            duck.write(pa.table({"v": array})).save_as_table("twice")


ROADS: dict[str, Callable[[DataFrame], object]] = {
    "collect": lambda frame: frame.collect(),
    "count": lambda frame: frame.count(),
    "first": lambda frame: frame.first(),
    "a verb": lambda frame: frame.where(col("id") > 0).group_by("id").agg().collect(),
    "to_arrow": lambda frame: frame.to_arrow(),
    "batches": lambda frame: list(frame.iter_batches(1)),
    "Arrow batches": lambda frame: list(frame.to_arrow_batches(1)),
    "a table": lambda frame: frame.write.save_as_table("new"),
    "rows of a table": lambda frame: frame.write.save_as_table("there", mode="append"),
    "a merge": lambda frame: frame.write.save_as_table("there", mode="merge", keys=["id"]),
    "a file": lambda frame: frame.write.parquet("new.parquet"),
    "another database": lambda frame: connect("sqlite:///new.db").write(frame).save_as_table("new"),
}


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("kind", ["parquet", "csv", "json", "pattern"])
def test_files_that_are_replaced_behind_a_frame_are_not_read(
    duck: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, road: str
) -> None:
    monkeypatch.chdir(tmp_path)
    db = duck
    db.write([{"id": 0}]).save_as_table("there")

    def write(name: str, *ids: int) -> None:
        if kind in {"parquet", "pattern"}:
            pq.write_table(pa.table({"id": list(ids)}), "draft")
        else:
            lines = ["id", *map(str, ids)] if kind == "csv" else [json.dumps({"id": one}) for one in ids]
            Path("draft").write_text("\n".join(lines) + "\n")
        Path("draft").replace(name)

    ending = "parquet" if kind == "pattern" else kind
    write(f"a.{ending}", 1, 2)
    frame = {"csv": db.read_csv, "json": db.read_json}.get(kind, db.read_parquet)(
        "*.parquet" if kind == "pattern" else f"a.{ending}"
    )
    assert frame.collect() == frame.collect() == [{"id": 1}, {"id": 2}]
    write("b.parquet" if kind == "pattern" else f"a.{ending}", 3, 4)
    with pytest.raises(TransientQueryError, match=f"have changed since the frame was made.*[ab].{ending}"):
        ROADS[road](frame)
    assert db.tables() == ["there"]
    assert db.table("there").collect() == [{"id": 0}]
    assert not Path("new.parquet").exists()
    new = connect("sqlite:///new.db")
    assert not Path("new.db").exists() or new.tables() == []


def test_a_file_that_is_replaced_while_it_is_read_is_an_error(duck: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"id": range(100_000)}), path)
    batches = duck.read_parquet(path).iter_batches(10_000)
    next(batches)
    pq.write_table(pa.table({"id": range(100_000, 200_000)}), path)
    with pytest.raises(MoltresError):
        list(batches)
