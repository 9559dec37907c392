"""Files that declare no types: what is read equals the file, and each value is judged by itself."""

from __future__ import annotations

import datetime as dt
import decimal
import fractions
import gzip
import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dq_core import RuleError, SourceError, learn, profile, validate
from dq_core.cli import main
from dq_core.errors import TableNotFoundError
from dq_core.quarantine import quarantine


def rule(kind: str, column: str, **options: Any) -> dict[str, Any]:
    return {"type": kind, "column": column, **options}


def found(source: Any, *rules: Any, **options: Any) -> list[tuple[str, int | None, int | None]]:
    results = validate(source, list(rules), **options).results
    return [(one.status, one.failed_rows, one.considered_rows) for one in results]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def csv(text: str, name: str = "a.csv") -> str:
    Path(name).write_text(text)
    return name


MIXED = "id,age\n1,34\n2,unknown\n3,-5\n"


class TestEachValue:
    """A value that cannot be read as what a rule needs breaks that rule, and no other."""

    def test_one_bad_value(self) -> None:
        source = csv(MIXED)
        assert found(source, rule("in_range", "age", min=0), rule("unique", "id"), rule("not_null", "age")) == [
            ("failed", 2, 3), ("passed", 0, 3), ("passed", 0, 3),
        ]  # fmt: skip
        (result,) = validate(source, [rule("in_range", "age", min=0)]).results
        assert [row["age"] for row in result.samples] == ["unknown", "-5"]

    @pytest.mark.parametrize(
        ("kind", "options", "failed"),
        [
            ("type", {"dtype": "integer"}, 1), ("type", {"dtype": "text"}, 0), ("type", {"dtype": "date"}, 3),
            ("in_set", {"values": [34, -5]}, 1), ("in_set", {"values": ["34", "unknown"]}, 1),
            ("not_in_set", {"values": [34]}, 1), ("regex", {"pattern": "^[0-9]+$"}, 2), ("length", {"max": 2}, 1),
        ],
    )  # fmt: skip
    def test_each_kind(self, kind: str, options: dict[str, Any], failed: int) -> None:
        assert found(csv(MIXED), rule(kind, "age", **options)) == [("failed" if failed else "passed", failed, 3)]

    @pytest.mark.parametrize("statistic", ["min", "max", "mean", "median", "sum", "stddev"])
    def test_statistic_says_how_many_are_no_numbers(self, statistic: str) -> None:
        (result,) = validate(csv(MIXED), [rule("statistic", "age", statistic=statistic, min=0)]).results
        assert (result.status, result.observed) == ("error", None)
        assert "1 of 3 values of age is no number" in result.message

    @pytest.mark.parametrize("statistic", ["min", "max", "mean", "median", "sum", "stddev"])
    @pytest.mark.parametrize("values", ["", "a", ".5", ".5,1", "0.5"])
    def test_statistics_of_a_column_that_does_not_look_like_numbers(self, statistic: str, values: str) -> None:
        source = csv("id,age\n" + "".join(f"1,{value}\n" for value in values.split(",")))
        (result,) = validate(source, [rule("statistic", "age", statistic=statistic, min=0)]).results
        assert result.status == ("error" if values == "a" else "passed")
        assert "1 of 1 values of age is no number" in result.message or values != "a"

    def test_dates(self) -> None:
        source = csv("day\n2024-05-01\nsoon\n2023-01-01\n2024-02-30\n")
        for bound in (dt.date(2024, 1, 1), "2024-01-01"):
            assert found(source, rule("in_range", "day", min=bound)) == [("failed", 3, 4)]
        assert found(source, rule("type", "day", dtype="date")) == [("failed", 2, 4)]

    @pytest.mark.parametrize("zone", ["", "Z", "+02:00", "-0530", "+02"])
    @pytest.mark.parametrize("clock", ["10:00", "10:00:00", "10:00:00.25", "24:00", "24:00:00", "10:60"])
    def test_moments_and_times_are_those_of_a_day(self, clock: str, zone: str) -> None:
        written = f"2024-01-01T{clock}{zone}"
        try:
            moment = dt.datetime.fromisoformat(written)
        except ValueError:
            moment = None
        if "24" in clock[:2]:
            moment = None  # Python 3.13 reads it
        source = csv(f"s,t\n{written},{clock}\nsoon,x\n")
        ends = {} if moment is None else {"min": moment, "max": moment}
        rules = [rule("type", "s", dtype="timestamp"), rule("type", "t", dtype="time")]
        rules += [rule("in_range", "s", **ends)] if ends else []
        assert [one[1] for one in found(source, *rules)] == ([1, 1, 1] if ends else [2, 2])

    def test_text_is_the_text_of_the_file(self) -> None:
        source = csv("zip,code\n01234,7\n12345,10\n1234,007\n")
        assert found(
            source, rule("regex", "zip", pattern="^[0-9]{5}$"), rule("length", "code", max=2),
            rule("in_set", "code", values=["7", "10", "007"]),
        ) == [("failed", 1, 3), ("failed", 1, 3), ("passed", 0, 3)]  # fmt: skip

    def test_sql_on_a_column_of_several_types_costs_its_own_rule_only(self) -> None:
        statuses = found(csv(MIXED), {"type": "expression", "sql": "age >= 0"}, rule("not_null", "id"))
        assert [status for status, _, _ in statuses] == ["error", "passed"]

    def test_sql_sees_numbers_where_all_values_are(self) -> None:
        source = csv("p\n1.5\n-0.4\n")
        assert found(source, {"type": "expression", "sql": "p >= 0"}) == [("failed", 1, 2)]

    def test_json_is_as_rows_are(self) -> None:
        rows: list[dict[str, Any]] = [{"age": 34}, {"age": "unknown"}, {"age": -5}, {"age": "7"}, {}]
        Path("a.jsonl").write_text("\n".join(map(json.dumps, rows)))
        rules = [
            rule("in_range", "age", min=0),
            rule("type", "age", dtype="integer"),
            rule("in_set", "age", values=[7]),
        ]
        assert found("a.jsonl", *rules) == found(rows, *rules) == [
            ("failed", 3, 4), ("failed", 2, 4), ("failed", 4, 4),
        ]  # fmt: skip

    @pytest.mark.parametrize("values", ['1 1.0 1e0 "1"', '0.10 0.1 true "0.1"', '"\\u0061" "a" 1', "-0 0.0 null []"])
    def test_equal_values_of_json_are_one(self, values: str) -> None:
        Path("a.jsonl").write_text("".join(f'{{"v": {value}}}\n' for value in values.split()))
        rows = [json.loads(line, parse_float=decimal.Decimal) for line in Path("a.jsonl").read_text().splitlines()]
        rules = [rule("unique", "v"), rule("distinct_count", "v", max=1)]
        (unique, count), (of_rows, count_of_rows) = (validate(one, rules).results for one in ("a.jsonl", rows))
        assert (unique.failed_rows, count.observed) == (of_rows.failed_rows, count_of_rows.observed)
        assert unique.failed_rows

    def test_quarantine_and_learned_rules(self) -> None:
        done = quarantine(csv(MIXED), [rule("in_range", "age", min=0)], to="bad.parquet")
        assert (done.passed_rows, pl.read_parquet("bad.parquet")["age"].to_list()) == (1, ["unknown", "-5"])
        first = csv("fare\n" + "".join(f"{10 + i % 40}.5\n" for i in range(300)))
        suite = learn(first, kinds=["in_range", "type"])
        second = csv("fare\n" + "".join(f"{10 + i % 40}.5\n" for i in range(299)) + "?\n", "b.csv")
        assert {
            one.failed_rows for one in suite(second).results if one.check_name in ("type_fare", "in_range_fare")
        } == {1}


class TestSQLite:
    """SQLite's columns declare an affinity: each value is judged by what it is."""

    @pytest.fixture
    def there(self) -> sa.Engine:
        with sqlite3.connect("t.db") as raw:
            raw.execute("CREATE TABLE t (n NUMERIC, i INTEGER, r REAL, d DATE, s TIMESTAMP)")
            raw.execute("INSERT INTO t VALUES (1, 1, 1.5, '2024-01-01', '2024-01-01 10:00:00')")
            raw.execute("INSERT INTO t VALUES ('n/a', 'n/a', 'n/a', '2024-02-30', '2024-01-01 25:00:00')")
        return sa.create_engine("sqlite:///t.db")

    @pytest.mark.parametrize("column", "nirds")
    def test_a_text_is_no_number_and_no_date(self, there: sa.Engine, column: str) -> None:
        moment = column in "ds"
        types = {"d": ["date"], "s": ["timestamp"], "i": ["number", "integer"], "r": ["number", "float"]}.get(
            column, ["number", "decimal"]
        )
        ranged = rule("in_range", column, min=dt.date(2000, 1, 1) if moment else 0)
        assert found(there, ranged, *(rule("type", column, dtype=one) for one in types), table="t") == [
            ("failed", 1, 2)
        ] * (1 + len(types))

    @pytest.mark.parametrize(
        ("column", "kind"), [*((one, "number") for one in "nir"), ("d", "date"), ("s", "datetime")]
    )
    def test_a_profile_says_which_values_it_leaves_out(self, there: sa.Engine, column: str, kind: str) -> None:
        read = profile(there, table="t").column(column)
        moment = "2024-01-01 10:00:00.000000"
        assert read.min == read.max == {"n": 1, "i": 1, "r": 1.5, "d": "2024-01-01", "s": moment}[column]
        assert read.notes == (f"1 of 2 values is no {kind}",)

    @pytest.mark.parametrize(
        ("value", "failed"),
        [('{"a": 1}', 0), ("[]", 0), (1, 0), (1.5, 0), ("nope", 1), ('{"a": 1.}', 1), ("[1,]", 1), (b"{}", 1)],
    )
    def test_a_text_is_json_or_not(self, value: Any, failed: int) -> None:
        with sqlite3.connect("t.db") as raw:
            raw.execute("CREATE TABLE t (j JSON)")
            raw.execute("INSERT INTO t VALUES (?), ('[]')", (value,))
        engine = sa.create_engine("sqlite:///t.db")
        status = "failed" if failed else "passed"
        assert found(engine, rule("type", "j", dtype="json"), table="t") == [(status, failed, 2)]

    def test_the_ends_of_a_profile_are_those_of_moments_and_not_of_strings(self) -> None:
        with sqlite3.connect("t.db") as raw:
            raw.execute("CREATE TABLE t (s TIMESTAMP)")
            moments = ["2024-05-01T09:59", "2024-05-01 10:00:00.5", "2024-05-01 10:00", "2024-05-01T00:00:00"]
            raw.executemany("INSERT INTO t VALUES (?)", [(one,) for one in moments])
        read = profile(sa.create_engine("sqlite:///t.db"), table="t").column("s")
        assert (read.min, read.max) == ("2024-05-01 00:00:00.000000", "2024-05-01 10:00:00.500000")

    def test_a_string_behind_a_query_is_no_number(self) -> None:
        """The column still declares how SQLite compares it."""
        with sqlite3.connect("t.db") as raw:
            raw.execute("CREATE TABLE t (s TEXT, n INTEGER)")
            raw.execute("INSERT INTO t VALUES ('1', 1), ('x', 'x')")
        values: list[list[Any]] = [[1], ["1"], [True], ["x", 1]]
        failed = {
            column: [one[1] for one in found(
                "sqlite:///t.db", *(rule("in_set", column, values=one) for one in values), query="SELECT * FROM t"
            )]
            for column in "sn"
        }  # fmt: skip
        assert failed == {"s": [2, 1, 2, 1], "n": [1, 2, 1, 0]}

    def test_infinity_among_integers_stays_its_columns_matter(self) -> None:
        with sqlite3.connect("t.db") as raw:
            raw.execute("CREATE TABLE t (id INTEGER, v INTEGER)")
            raw.executemany("INSERT INTO t VALUES (?, ?)", [(i, float("inf") if i == 3 else i % 7) for i in range(60)])
        assert {one.check.column_label for one in learn("sqlite:///t.db", table="t").rules} >= {"id"}
        assert profile("sqlite:///t.db", table="t").column("v").mean is not None

    @pytest.mark.parametrize("statistic", ["min", "max", "mean", "median", "sum", "stddev"])
    def test_no_statistic_leaves_values_out(self, there: sa.Engine, statistic: str) -> None:
        (result,) = validate(there, [rule("statistic", "i", statistic=statistic, min=0)], table="t").results
        assert (result.status, result.observed) == ("error", None)
        assert "1 of 2 values of i is no number" in result.message


class TestEqualToTheFile:
    @pytest.mark.parametrize(("rows", "bad"), [(100, 50), (1000, 999), (6000, 5000)])
    @pytest.mark.parametrize("columns", [["id"], []])
    def test_a_line_with_another_number_of_fields(self, rows: int, bad: int, columns: list[str]) -> None:
        source = csv("id,name\n" + "".join(f"{i},n{',x' if i == bad else ''}\n" for i in range(rows)))
        with pytest.raises(SourceError, match=rf"line {bad + 2}\b") as caught:
            validate(source, [*(rule("not_null", one) for one in columns), {"type": "row_count", "min": 1}])
        assert "ignore_errors" not in str(caught.value)

    @pytest.mark.parametrize("line", ["2,b,", '2,b,""', "2,b,,", '2,"x\ny",'])
    def test_empty_fields_behind_the_last_column(self, line: str) -> None:
        with pytest.raises(SourceError, match="line 3 has more fields than the 2 columns"):
            profile(csv(f"id,name\n1,\n{line}\n3,c\n"))
        named = profile(csv('id,name\n1,\n2,""\n"3,\n",c\n'))
        assert (named.row_count, named.column("name").null_count) == (3, 2)

    def test_the_line_is_that_of_the_file(self) -> None:
        """Also behind rows of several lines, which DuckDB counts as one."""
        text = 'id,name\n1,"a\nb"\n2,"c\n\nd"\n3,e,f\n'
        with pytest.raises(SourceError, match=r"line 7 has 3 fields, and the first line has 2 \(file a.csv\)"):
            profile(csv(text))
        Path("a.csv.gz").write_bytes(gzip.compress(text.replace("3,e,f", "3").encode()))
        with pytest.raises(SourceError, match=r"line 7 has 1 field, and the first line has 2 \(file a.csv.gz\)"):
            profile("a.csv.gz")

    @pytest.mark.parametrize("lines", ["1\n\n3\n\n", '1\n""\n3\n\n', '\n1\n""\n3'])
    @pytest.mark.parametrize("how", [{}, {"null": ["NA"]}])
    def test_an_empty_line_of_one_column_is_a_row(self, lines: str, how: dict[str, Any]) -> None:
        """As polars, Arrow, DuckDB and PostgreSQL write NULL."""
        read = profile(csv(f"id\n{lines}"), read_options=how)
        assert (read.row_count, read.column("id").null_count) == (4, 2)
        rules = [rule("not_null", "id"), rule("in_range", "id", min=1)]
        assert found("a.csv", *rules) == [("failed", 2, 4), ("passed", 0, 2)]

    @pytest.mark.parametrize("ending", ["", ".gz"])
    def test_an_empty_line_among_several_columns(self, ending: str) -> None:
        def write(text: str) -> str:
            Path(f"a.csv{ending}").write_bytes(gzip.compress(text.encode()) if ending else text.encode())
            return f"a.csv{ending}"

        with pytest.raises(SourceError, match="line 5 is empty, and lines follow"):
            profile(write('id,name\n1,"a\n\n"\n\n2,b\n'))
        assert profile(write('id,name\n1,"a\n\n"\n2,b\n\n\n')).row_count == 2

    def test_a_field_too_many_that_means_null(self) -> None:
        with pytest.raises(SourceError, match=r"line 3\b"):
            profile(csv("id,name\n1,NA\n2,b,NA\n"), read_options={"null": ["NA"]})

    @pytest.mark.parametrize("ending", ["gz", "zst"])
    @pytest.mark.parametrize("lost", [2, 9, 10_000])
    @pytest.mark.parametrize("form", ["csv", "jsonl"])
    def test_a_compressed_file_that_was_cut(self, ending: str, lost: int, form: str) -> None:
        """DuckDB reads it as one of fewer rows."""
        whole = Path(f"whole.{form}.{ending}")
        written = f"FORMAT {form.removesuffix('l')}, COMPRESSION {'gzip' if ending == 'gz' else 'zstd'}"
        duckdb.execute(f"COPY (SELECT range AS id FROM range(50000)) TO '{whole}' ({written})")
        assert profile(str(whole)).row_count == 50_000
        Path(f"cut.{form}.{ending}").write_bytes(whole.read_bytes()[:-lost])
        with pytest.raises(SourceError, match="is damaged"):
            validate(f"cut.{form}.{ending}", [{"type": "row_count", "min": 1}])

    def test_a_compressed_file_whose_bytes_have_changed(self) -> None:
        content = bytearray(gzip.compress(b"id\n" + b"".join(b"%d\n" % i for i in range(50_000))))
        content[len(content) // 2] ^= 255
        Path("a.csv.gz").write_bytes(content)
        with pytest.raises(SourceError, match=r"a\.csv\.gz is damaged"):
            profile("a.csv.gz")

    @pytest.mark.parametrize("place", [12, 16, 20, -1])
    def test_a_checksum_of_zstandard(self, place: int) -> None:
        content = bytearray.fromhex("28b52ffd045869000069642c760a312c320a332c340ad4628b9f")  # zstd --check
        Path("whole.csv.zst").write_bytes(content)
        assert profile("whole.csv.zst").row_count == 2
        content[place] ^= 1
        Path("a.csv.zst").write_bytes(content)
        with pytest.raises(SourceError, match=r"a\.csv\.zst cannot be read: .*checksum"):
            profile("a.csv.zst")

    @pytest.mark.parametrize(
        ("content", "where"),
        [
            (b'id,v\n1,"x\r\ny"\n3,4\r\n', r"line 4 ends with '\\r\\n', and the lines before with '\\n'"),
            (b"id,v\r\n1,2\r\n3,4\n5,6\r\n", r"line 3 ends with '\\n', and the lines before with '\\r\\n'"),
            (b"id,v\r1,2\n3,4\r", r"line 2 ends with '\\n', and the lines before with '\\r'"),
            (b"id\n\r\n3\n", r"line 2 ends with '\\r\\n', and the lines before with '\\n'"),
            (b"id\r\n\n3\r\n", r"line 2 ends with '\\n', and the lines before with '\\r\\n'"),
            (b"id\n\r\n", r"line 2 ends with '\\r\\n', and the lines before with '\\n'"),
        ],
    )
    def test_line_breaks_that_differ(self, content: bytes, where: str) -> None:
        Path("good.csv").write_text("id,v\n1,2\n")
        Path("mixed.csv").write_bytes(content)
        for source in ("mixed.csv", "*.csv"):
            with pytest.raises(SourceError, match=rf"mixed\.csv.* {where}|{where} \(file (\./)?mixed\.csv\)"):
                profile(source)

    @pytest.mark.parametrize(
        ("header", "names"), [(",id,v", ["column0", "id", "v"]), ('id,"",v', ["id", "column1", "v"])]
    )
    def test_a_column_without_a_name(self, header: str, names: list[str]) -> None:
        assert [column.name for column in profile(csv(f"{header}\n1,2,3\n")).columns] == names
        with pytest.raises(SourceError, match=r"those without a name by their place.* 'column1'"):
            profile(csv("column1,,v\n1,2,3\n"))

    @pytest.mark.parametrize(("rows", "short"), [(3, 1), (1000, 2), (6000, 5000)])
    def test_a_field_too_few(self, rows: int, short: int) -> None:
        with pytest.raises(SourceError, match=rf"line {short + 2}\b"):
            profile(csv("id,name\n" + "".join(f"{i}{'' if i == short else ',n'}\n" for i in range(rows))))

    @pytest.mark.parametrize(
        ("text", "names", "rows"),
        [
            ("email\na@x.org\nb@x.org\nc;d\n", ["email"], 3), ("2019,2020\n1,2\n3,4\n", ["2019", "2020"], 2),
            ("name,city\nada,london\nbob,paris\n", ["name", "city"], 2), ("id,name\n", ["id", "name"], 0),
            ('"a\nb",c\n"x\ny",2\n', ["a\nb", "c"], 1), ("\ufeffa,b\r\n1,2\r\n", ["a", "b"], 1),
            ('\ufeff"a\nb",c\n"x\ny",2\n', ["a\nb", "c"], 1),
            ('a, "b" ,"c" , d\n1, "x" ,"y" , z\n', ["a", "b", "c", " d"], 1), ('\ufeff "a",b\n "x",y\n', ["a", "b"], 1),
            ('a, "b, c"\n1, "x, y"\n', ["a", "b, c"], 1), ('"a, ""q""", "b"\n1, "x"\n', ['a, "q"', "b"], 1),
        ],
    )  # fmt: skip
    def test_header_and_lines(self, text: str, names: list[str], rows: int) -> None:
        Path("a.csv").write_text(text, newline="")
        read = profile("a.csv")
        assert ([column.name for column in read.columns], read.row_count) == (names, rows)

    @pytest.mark.parametrize(
        "text", ['id,"v\n1,2\n', '"id\n1', 'id,"v', '"id\n' + "1,2\n" * 50_000, '"a\nb"x,c\n1,2\n']
    )
    @pytest.mark.parametrize("header", [True, False])
    def test_a_quote_of_the_header_that_is_not_closed(self, text: str, header: bool) -> None:
        with pytest.raises(SourceError, match=r"The first line of a.csv cannot be read"):
            validate(csv(text), [{"type": "row_count", "max": 9}], read_options={"header": header})

    @pytest.mark.parametrize(("name", "text"), [("h.csv", "id\n"), ("e.jsonl", ""), ("e.json", "[]")])
    def test_files_without_rows(self, name: str, text: str) -> None:
        assert found(csv(text, name), rule("not_null", "id")) == [("passed", 0, 0)]

    @pytest.mark.parametrize(
        ("text", "names"),
        [("a\n{}\n", ["a"]), ("a;b\n{};2\n", ["a", "b"]), ('a\n"{}"\n', ["a"]), ("a,b\n1,{}\n", ["a", "b"])],
    )
    def test_long_fields(self, text: str, names: list[str]) -> None:
        """Python's own reader of CSV has none of more than 131 072 characters."""
        read = profile(csv(text.format("x" * 200_000)))
        assert ([column.name for column in read.columns], read.row_count) == (names, 1)
        with pytest.raises(SourceError, match=r"The first line of .* cannot be read"):
            profile(csv("x" * 200_000 + "\n1\n"))

    def test_an_empty_csv_says_so(self) -> None:
        with pytest.raises(SourceError, match="is empty"):
            validate(csv(""), [rule("not_null", "id")])


class TestSeveralFiles:
    def test_union_of_columns_by_name(self) -> None:
        csv("id,name\n1,a\n", "1.csv")
        csv("salary,name,id\n9,b,2\n", "2.csv")
        Path("1.jsonl").write_text('{"id": 1, "name": "a"}')
        Path("2.jsonl").write_text('{"id": 2, "name": "b", "salary": 9}')
        pl.DataFrame({"id": [1], "name": ["a"]}).write_parquet("1.parquet")
        pl.DataFrame({"salary": [9], "name": ["b"], "id": [2]}).write_parquet("2.parquet")
        for ending in ("csv", "jsonl", "parquet"):
            schema = {"type": "schema", "columns": {"id": "integer", "name": "text"}, "strict": True}
            (result,) = validate(f"*.{ending}", [schema]).results
            assert (result.status, "salary" in result.message) == ("failed", True)
            rules = [
                rule("not_null", "salary"),
                rule("in_range", "id", min=1, max=2),
                rule("regex", "name", pattern="[ab]"),
            ]
            assert found(f"*.{ending}", *rules) == [("failed", 1, 2), ("passed", 0, 2), ("passed", 0, 2)]

    @pytest.mark.parametrize("ending", ["csv", "jsonl", "json"])
    def test_the_names_of_folders_replace_no_values(self, ending: str) -> None:
        """DuckDB takes ``land=DE`` for the value of the column in all rows of the folder."""
        Path("land=DE").mkdir()
        lines = {"csv": "id,land\n1,FR\n", "jsonl": '{"id": 1, "land": "FR"}', "json": '[{"id": 1, "land": "FR"}]'}
        csv(lines[ending], f"land=DE/a.{ending}")
        for source in (f"land=DE/a.{ending}", f"*/*.{ending}", [f"land=DE/a.{ending}"], "land=DE"):
            assert found(source, rule("in_set", "land", values=["FR"])) == [("passed", 0, 1)]

    def test_the_names_of_folders_replace_no_values_of_parquet(self) -> None:
        Path("land=DE/day=1").mkdir(parents=True)
        pl.DataFrame({"id": [1], "land": ["FR"]}).write_parquet("land=DE/a.parquet")
        for source in ("land=DE/a.parquet", "*/*.parquet", ["land=DE/a.parquet"], "land=DE"):
            assert found(source, rule("in_set", "land", values=["FR"])) == [("passed", 0, 1)]
        Path("land=DE/a.parquet").rename("land=DE/day=1/a.parquet")
        assert found("land=DE/day=1/a.parquet", rule("in_set", "day", values=[1])) == [("passed", 0, 1)]
        with pytest.raises(RuleError, match="has values in the files, and others in the names of their folders"):
            validate("land=DE/day=1/a.parquet", [rule("in_set", "land", values=["FR"])])

    def test_types_that_differ(self) -> None:
        csv("v\n10\n", "1.csv")
        csv("v\nNA\n", "2.csv")
        assert found(["1.csv", "2.csv"], rule("in_range", "v", min=0)) == [("failed", 1, 2)]
        pl.DataFrame({"id": [1], "v": [2**60 + 1]}).write_parquet("1.parquet")
        pl.DataFrame({"id": [2], "v": [0.5]}).write_parquet("2.parquet")
        assert found("*.parquet", rule("unique", "id")) == [("passed", 0, 2)]
        with pytest.raises(RuleError, match="'v' cannot be checked: "):
            validate("*.parquet", [rule("in_range", "v", min=0)])

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("[9007199254740993]", "[0.5::DOUBLE]"),
            ("{'a': 9007199254740993}", "{'a': 0.5::DOUBLE}"),
            ("{'a': [{'b': DATE '2024-01-01'}]}", "{'a': [{'b': 'soon'}]}"),
            ("MAP {'a': 9007199254740993}", "MAP {'a': 0.5::DOUBLE}"),
            ("[1.123::DECIMAL(38,30)]", "[1.1::DECIMAL(18,2)]"),
            ("[1]", "{'a': 1}"),
            ("[1]", "1"),
        ],
    )
    def test_types_that_differ_within_others(self, one: str, other: str) -> None:
        for name, value in (("1", one), ("2", other)):
            duckdb.execute(f"COPY (SELECT {name} AS id, {value} AS v) TO '{name}.parquet'")
        for files in (["1.parquet", "2.parquet"], ["2.parquet", "1.parquet"]):
            assert found(files, rule("unique", "id")) == [("passed", 0, 2)]
            with pytest.raises(RuleError, match="'v' cannot be checked: "):
                validate(files, [rule("unique", "v")])

    def test_fields_that_only_some_files_have(self) -> None:
        for name, value in (("1", "{'a': 1}"), ("2", "{'b': 'x', 'A': 2::BIGINT}")):
            duckdb.execute(f"COPY (SELECT {value} AS v) TO '{name}.parquet'")
        assert found("*.parquet", rule("unique", "v"), rule("not_null", "v")) == [("passed", 0, 2), ("passed", 0, 2)]

    def test_decimals_of_several_files_are_exact(self) -> None:
        for size, scale, text in ((5, 3, "1.123"), (18, 2, "1.10"), (38, 30, "1.000000000000000000000000000001")):
            duckdb.execute(f"COPY (SELECT 1 AS id, {text}::DECIMAL({size},{scale}) AS v) TO '{size}.parquet'")
        both = [decimal.Decimal("1.123"), decimal.Decimal("1.10")]
        assert found(["18.parquet", "5.parquet"], rule("in_set", "v", values=both)) == [("passed", 0, 2)]
        for files in (["38.parquet", "18.parquet"], ["18.parquet", "5.parquet", "38.parquet"]):
            assert found(files, rule("not_null", "id")) == [("passed", 0, len(files))]
            with pytest.raises(RuleError, match="'v' cannot be checked: "):
                validate(files, [rule("unique", "v")])


class TestDigits:
    @pytest.mark.parametrize("digits", [17, 20, 38, 45])
    def test_long_integers(self, digits: int) -> None:
        low, high = int("1" * digits), int("1" * (digits - 1) + "2")
        Path("a.csv").write_text(f"v\n{low}\n{high}\n")
        Path("a.jsonl").write_text(f'{{"v":{low}}}\n{{"v":{high}}}\n')
        rules = [rule("unique", "v"), rule("in_set", "v", values=[low]), rule("in_range", "v", max=low)]
        for source in ("a.csv", "a.jsonl"):
            assert found(source, *rules) == [("passed", 0, 2), ("failed", 1, 2), ("failed", 1, 2)]

    def test_long_decimals(self) -> None:
        low, high = "12345678901234567.89", "12345678901234567.90"
        Path("a.csv").write_text(f"v\n{low}\n{high}\n")
        Path("a.jsonl").write_text(f'{{"v":{low}}}\n{{"v":{high}}}\n')
        for source in ("a.csv", "a.jsonl"):
            assert found(source, rule("unique", "v"), rule("in_range", "v", max=decimal.Decimal(low))) == [
                ("passed", 0, 2), ("failed", 1, 2),
            ]  # fmt: skip

    def test_statistics_of_integers_of_any_length(self) -> None:
        longest = 10**40 - 1
        rules = [rule("statistic", "x", statistic="max", max=bound) for bound in (longest - 1, longest)]
        failed, passed = validate(csv(f"x\n{longest}\n1\n"), rules).results
        assert (failed.status, passed.status, passed.observed) == ("failed", "passed", longest)

    @pytest.mark.parametrize("kind", ["UHUGEINT", "BIGNUM", "HUGEINT", "UBIGINT", "csv"])
    def test_long_integers_and_decimals_of_rules(self, kind: str) -> None:
        """Also where DuckDB compares both as doubles, or not at all."""
        least = 12345678901234567890 * (10**30 if kind in ("csv", "BIGNUM") else 1)
        values, table = [least, least + 1, 5], None
        source: Any = csv("v\n" + "\n".join(map(str, values)) + "\n")
        if kind != "csv":
            source, table = sa.create_engine("duckdb:///a.duckdb"), "t"
            with source.begin() as connection:
                connection.exec_driver_sql(f"CREATE TABLE t (v {kind})")
                connection.exec_driver_sql(f"INSERT INTO t SELECT unnest({list(map(str, values))})")
        exact, half = decimal.Decimal(least), decimal.Decimal(f"{least}.5")
        rules = [
            rule("in_range", "v", max=exact), rule("in_range", "v", min=decimal.Decimal(least + 1)),
            rule("in_range", "v", max=half), rule("in_range", "v", max=5.5),
            rule("in_set", "v", values=[exact, decimal.Decimal(5)]),
            rule("in_set", "v", values=[half, decimal.Decimal("5.5")]), rule("not_in_set", "v", values=[half, exact]),
        ]  # fmt: skip
        assert [one[1] for one in found(source, *rules, table=table)] == [1, 2, 1, 2, 1, 3, 1]
        total = rule("statistic", "v", statistic="sum", min=sum(values), max=sum(values))
        assert [one[0] for one in found(source, total, table=table)] == ["passed"]

    @pytest.mark.parametrize("number", ["1" * 30 + "." + "1" * 20, "1e5000", "1e-400"])
    def test_more_digits_than_a_type_has_are_an_error_of_their_checks(self, number: str) -> None:
        path = csv(f"id,v\n1,{number}\n2,3\n")
        rules = [
            rule("in_range", "v", max=5), rule("in_set", "v", values=[3]),
            rule("statistic", "v", statistic="mean", max=5), rule("not_null", "id"), rule("regex", "v", pattern="^3$"),
        ]  # fmt: skip
        results = validate(path, rules).results
        assert [one.status for one in results] == ["error", "error", "error", "passed", "failed"]
        assert all("v has numbers of more digits" in one.message for one in results[:3])
        with pytest.raises(RuleError, match="in_range_v: v has numbers of more digits"):
            quarantine(path, rules[:1], to="never.parquet")

    def test_nanoseconds(self) -> None:
        ns = [1700000000000000001, 1700000000000000002]
        zoned = pa.table({"t": pa.array(ns, pa.timestamp("ns", "UTC"))})
        objects = pd.DataFrame({"t": pd.Series([pd.Timestamp(one) for one in ns], dtype=object)})
        for source in (zoned, objects, zoned.to_pandas(), pl.from_arrow(zoned)):
            assert found(source, rule("unique", "t")) == [("passed", 0, 2)]

    @pytest.mark.parametrize("kind", [pa.timestamp("ns"), pa.timestamp("ns", "UTC"), pa.time64("ns")], ids=str)
    def test_nanoseconds_are_kept_in_statistics_profiles_and_samples(self, kind: pa.DataType) -> None:
        ns = [36_000_000_000_001, 36_000_000_000_002]
        source = pa.table({"t": pa.array(ns, kind), "l": pa.array([[one] for one in ns], pa.list_(pa.timestamp("ns")))})
        bound: Any = dt.time(10) if kind == pa.time64("ns") else dt.datetime(1970, 1, 1, 10, tzinfo=dt.UTC)
        rules = [
            rule("statistic", "t", statistic="max", max=bound), rule("statistic", "t", statistic="min", min=bound),
            rule("statistic", "t", statistic="min", min=bound, strict_min=True),
            rule("statistic", "t", statistic="max", max=bound.replace(microsecond=1)),
        ]  # fmt: skip
        results = validate(source, [*rules, rule("null", "t")]).results
        assert [one.passed for one in results] == [False, True, True, True, False]
        assert [one.observed[-18:] for one in results[:2]] == ["10:00:00.000000002", "10:00:00.000000001"]
        assert [row["t"][-9:] for row in results[-1].samples] == ["000000001", "000000002"]
        assert "000000001" in str(results[-1].samples[0]["l"])
        column = profile(source).column("t")
        ends = [column.min, column.max, *(one.value for one in column.top_values)]
        assert [str(end)[-9:] for end in ends] == ["000000001", "000000002"] * 2

    def test_intervals_with_nanoseconds_are_refused(self) -> None:
        ns = [1700000000000000001, 1700000000000000002]
        durations = pa.table({"t": pa.array(ns, pa.duration("ns"))})
        months = pa.table({"t": pa.array([(0, 0, one) for one in ns], pa.month_day_nano_interval())})
        rows: list[Any] = [[{"t": pd.Timedelta(one)} for one in ns], [{"t": np.timedelta64(one, "ns")} for one in ns]]
        for source in (durations, durations.to_pandas(), pl.from_arrow(durations), months, *rows):
            with pytest.raises(RuleError, match="'t' cannot be checked"):
                validate(source, [rule("unique", "t")])
        micro = durations.set_column(0, "t", pa.array([1_000, None], pa.duration("ns")))
        for source in (micro, micro.to_pandas(), pl.from_arrow(micro)):
            assert found(source, rule("not_null", "t"), rule("unique", "t")) == [("failed", 1, 2), ("passed", 0, 1)]

    @pytest.mark.most_cases(14)
    @pytest.mark.parametrize("kind", [
        pa.timestamp("ns", "UTC"), pa.duration("ns"), pa.decimal256(50, 2), pa.float16(), pa.time64("ns"),
        pa.month_day_nano_interval(), pa.decimal128(5, -2),
    ], ids=str)  # fmt: skip
    @pytest.mark.parametrize("within", ["list", "large list", "fixed list", "view", "struct", "map", "dictionary"])
    def test_values_within_others_are_exact(self, kind: pa.DataType, within: str) -> None:
        table = _within(kind, within)
        sources = [table, table.to_pandas(types_mapper=pd.ArrowDtype), pa.dataset.dataset(table), *_of_polars(table)]
        for source in sources:
            results = found(source, rule("unique", "v"), rule("distinct_count", "v", min=2), rule("not_null", "id"))
            assert results == [("failed", 2, 3), ("passed", None, 3), ("passed", 0, 3)]

    @pytest.mark.parametrize("others", [[], ["x"]])
    def test_integers_of_any_length_in_rows(self, others: list[Any]) -> None:
        low = 10**40
        values = [low, low + 1, *others]
        for source in ([{"v": one} for one in values], pd.DataFrame({"v": pd.Series(values, dtype=object)})):
            assert found(source, rule("unique", "v"), rule("in_range", "v", max=low)) == [
                ("passed", 0, len(values)), ("failed", len(values) - 1, len(values)),
            ]  # fmt: skip

    @pytest.mark.parametrize(
        "values",
        [
            [2**53 + 1, 0.5], [decimal.Decimal("0." + "1" * 45), 1], [10**40 + 1, decimal.Decimal("0.1")],
            [fractions.Fraction(1, 3), 1],
        ],
    )  # fmt: skip
    def test_numbers_that_no_type_holds_together_are_refused(self, values: list[Any]) -> None:
        frame = pd.DataFrame({"id": [1, 2], "v": pd.Series(values, dtype=object)})
        for source in (frame, frame.to_dict("records")):
            assert found(source, rule("unique", "id")) == [("passed", 0, 2)]
            with pytest.raises(RuleError, match=r"'v' cannot be checked: it holds .* exactly"):
                validate(source, [rule("in_range", "v", min=0)])

    def test_numbers_that_floats_hold_are_floats(self) -> None:
        values = [1, 0.5, decimal.Decimal("0.1"), float("nan"), decimal.Decimal("NaN"), np.int64(4), 10**300]
        rows = [{"v": one} for one in values]
        assert found(rows, rule("in_range", "v", min=decimal.Decimal("0.1"), max=10**300)) == [("failed", 2, 7)]

    def test_profiles_keep_digits(self) -> None:
        digits = ["12345678901234567890.1234567891", "12345678901234567890.1234567892"]
        column = profile([{"v": decimal.Decimal(one)} for one in digits]).column("v")
        assert [one.value for one in column.top_values] == digits


def _within(kind: pa.DataType, within: str) -> pa.Table:
    """Three rows of which two have the same value, within another one."""
    ones: dict[Any, list[Any]] = {
        pa.decimal256(50, 2): [decimal.Decimal("1.12"), decimal.Decimal("1.13")],
        pa.decimal128(5, -2): [decimal.Decimal(1200), decimal.Decimal(1300)],
        pa.float16(): [np.float16(1.5), np.float16(2)],
        pa.month_day_nano_interval(): [(1, 2, 3), (1, 2, 4)],
    }
    one, other = ones.get(kind, [1_700_000_000_000_000_001, 1_700_000_000_000_000_002])
    if kind == pa.time64("ns"):
        one, other = 1, 2
    made: dict[str, tuple[Any, pa.DataType]] = {
        "list": (lambda value: [value], pa.list_(kind)),
        "large list": (lambda value: [value, None], pa.large_list(kind)),
        "fixed list": (lambda value: [value], pa.list_(kind, 1)),
        "view": (lambda value: [value], pa.list_view(kind)),
        "struct": (lambda value: {"a": [value]}, pa.struct({"a": pa.list_(kind)})),
        "map": (lambda value: [("a", value)], pa.map_(pa.string(), kind)),
    }
    values = [one, other, one]
    if within in made:
        make, outer = made[within]
        array = pa.array(list(map(make, values)), outer)
    elif kind in (pa.float16(), pa.month_day_nano_interval(), pa.decimal128(5, -2)):
        pytest.skip("Arrow has no dictionaries of them.")
    elif kind == pa.duration("ns"):
        pytest.skip("A column of intervals with nanoseconds is refused.")
    else:
        array = pa.DictionaryArray.from_arrays(pa.array([0, 1, 0]), pa.array([one, other], kind))
    return pa.table({"id": [1, 2, 3], "v": array})


def _of_polars(table: pa.Table) -> list[pl.DataFrame]:
    """The same in polars, if it has the types."""
    lacked = ("list_view", "fixed_size_list", "interval", "decimal", "float16", "halffloat", "map", "dictionary")
    if any(one in str(table.schema.field("v").type) for one in lacked):
        return []
    return [frame] if isinstance(frame := pl.from_arrow(table), pl.DataFrame) else []


class TestColumnsThatNoRuleNames:
    def test_values_within_others_that_no_column_holds(self) -> None:
        endless: list[Any] = []
        endless.append(endless)
        deep: list[Any] = []
        for _ in range(3000):
            deep = [deep]
        odd = [
            {1: 2, "b": 3}, {(1, 2): 3}, {None: 1}, [{1}], {"a": [object()]}, ["\ud800"], {"a": {"\ud800": 1}},
            endless, deep,
            np.timedelta64(1, "M"), np.timedelta64(10**15, "s"), np.datetime64("20000-01-01"),
            np.datetime64(2**50, "s"),
        ]  # fmt: skip
        for value in odd:
            rows = [{"id": 1, "odd": value}, {"id": 2, "odd": None}]
            for source in (rows, pd.DataFrame({"id": [1, 2], "odd": pd.Series([value, None], dtype=object)})):
                assert found(source, rule("in_range", "id", min=2)) == [("failed", 1, 2)]
                with pytest.raises(RuleError, match="'odd' cannot be checked"):
                    validate(source, [rule("not_null", "odd")])

    def test_numbers_of_numpy_within_others_are_numbers(self) -> None:
        long = np.arange(2000)
        other = long.copy()
        other[1000] = -1  # NumPy writes only the first and last numbers of many
        same = [{"v": [1]}, {"v": [np.int64(1)]}, {"v": (np.int8(1),)}, {"v": np.array([1])}]
        assert found(same, rule("unique", "v")) == [("failed", 4, 4)]
        assert found([{"v": {"a": long}}, {"v": {"a": other}}], rule("unique", "v")) == [("passed", 0, 2)]

    def test_integers_beyond_floats_stay_their_columns_matter(self) -> None:
        rows = [{"id": 1, "v": 10**400}, {"id": 2, "v": 1}]
        assert [column.max for column in profile(rows).columns] == [2, 10**400]
        assert {one.check.column_label for one in learn(rows * 50).rules} >= {"id"}

    def test_strings_that_are_none_stay_their_columns_matter(self) -> None:
        places = pa.py_buffer(np.arange(41, dtype=np.int32).tobytes())
        text = pa.Array.from_buffers(pa.string(), 40, [None, places, pa.py_buffer(b"\xff" * 40)])
        table = pa.table({"id": list(range(40)), "v": text})
        pa.parquet.write_table(table, "v.parquet")
        for source in (table, "v.parquet"):
            read = profile(source)
            assert (read.column("id").max, bool(read.column("v").notes)) == (39, True)
            assert {one.check.column_label for one in learn(source).rules} >= {"id"}

    @pytest.mark.parametrize(
        "odd",
        [
            pd.cut([1, 9], 2), pd.period_range("2024-01", periods=2, freq="M"), [1 + 2j, 3j],
            pd.Series([np.array([1]), np.array([2])]), pd.Series([{1}, {1}]), pd.Series([object(), object()]),
            pd.Series(["\ud800", "a"], dtype=object), pd.Series([["é\udfff"], ["a"]]), pd.Series([{"\ud800": 1}, {}]),
            pd.Series(["\ud800", "a"], dtype="string[python]"),
        ],
    )  # fmt: skip
    def test_odd_columns_of_pandas(self, odd: Any) -> None:
        frame = pd.DataFrame({"id": [1, 2], "odd": odd})
        assert found(frame, rule("in_range", "id", min=2)) == [("failed", 1, 2)]
        try:
            assert found(frame, rule("not_null", "odd")) == [("passed", 0, 2)]
        except RuleError as error:
            assert "'odd' cannot be checked" in str(error)  # noqa: PT017 (either is right)

    def test_odd_columns_of_others(self) -> None:
        objects = pl.DataFrame({"id": [1, 2], "odd": pl.Series([{1}, {1}], dtype=pl.Object)})
        wide = pl.DataFrame({"id": [1, 2], "odd": pl.Series([1, 2], dtype=pl.Int128)})
        half = pa.table({"id": [1, 2], "odd": pa.array(np.array([1, 2], dtype=np.float16))})
        long = pa.table({"id": [1, 2], "odd": pa.array([decimal.Decimal("1.5"), None], pa.decimal256(50, 2))})
        rows = [{"id": np.int64(1), "odd": {1}}, {"id": np.int64(2), "odd": object()}]
        halves = [{"id": 1, "odd": "\ud800"}, {"id": 2, "odd": "\udc00\ud800"}]
        for source in (objects, wide, half, long, rows, halves):
            assert found(source, rule("type", "id", dtype="integer")) == [("passed", 0, 2)]
        with pytest.raises(RuleError, match=r"the column 'od\\ud800' holds half"):
            validate([{"od\ud800": 1}], [rule("not_null", "id")])
        with pytest.raises(RuleError, match="'odd' cannot be checked"):
            validate(objects, [rule("unique", "odd")])

    @pytest.mark.parametrize("kind", [pa.struct([]), pa.list_(pa.struct([])), pa.struct({"a": pa.struct([])})], ids=str)
    def test_structures_without_fields(self, kind: pa.DataType) -> None:
        one: Any = [{}] if pa.types.is_list(kind) else {"a": {}} if kind.num_fields else {}
        table = pa.table({"id": [1, 2, 3], "odd": pa.array([one, one, None], kind)})
        rules = [rule("in_range", "id", min=2), rule("not_null", "odd"), rule("unique", "odd")]
        for source in (table, table.to_pandas(types_mapper=pd.ArrowDtype), pa.dataset.dataset(table)):
            assert found(source, *rules) == [("failed", 1, 3), ("failed", 1, 3), ("failed", 2, 2)]

    def test_names_of_several_levels_are_their_strings(self) -> None:
        frame = pd.DataFrame({("a", "b"): [1, None], ("a", 5): [["x"], ["y"]]})
        assert found(frame, rule("not_null", "('a', 'b')")) == [("failed", 1, 2)]

    def test_what_is_missing_to_pandas_is_null(self) -> None:
        rows = [{"id": 1, "t": pd.NaT}, {"id": 2, "t": pd.NA}, {"id": 3, "t": pd.Timestamp("2024-01-01")}]
        assert found(rows, rule("unique", "id"), rule("not_null", "t")) == [("passed", 0, 3), ("failed", 2, 3)]

    def test_categories_keep_their_type(self) -> None:
        frame = pd.DataFrame({"c": pd.Categorical([1, None, 2])})
        assert found(frame, rule("type", "c", dtype="integer")) == [("passed", 0, 2)]


class TestReadOptions:
    @pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16"])
    def test_encoding(self, encoding: str) -> None:
        Path("a.csv").write_bytes("id,name\n1,Müller\n2,Çelik\n".encode(encoding))
        rules = [rule("in_set", "name", values=["Müller", "Çelik"])]
        assert found("a.csv", *rules, read_options={"encoding": encoding}) == [("passed", 0, 2)]
        with pytest.raises(SourceError, match=r"read_options=\{.encoding"):
            validate("a.csv", rules)

    @pytest.mark.parametrize(
        ("encoding", "odd"), [("latin-1", "\x85"), ("utf-16", "😀"), ("utf-16-be", "😀"), ("cp1252", "€")]
    )
    def test_every_character_of_an_encoding(self, encoding: str, odd: str) -> None:
        lines = "".join(f'{i},"{odd * (i % 7)}\n"\n' for i in range(5000))
        source, how = Path("a.csv"), {"encoding": encoding}
        source.write_bytes(f'"i\nd",v\n{lines}'.encode(encoding))
        rules = [rule("in_set", "v", values=[odd * i + "\n" for i in range(7)]), rule("unique", "i\nd")]
        assert found("a.csv", *rules, read_options=how) == [("passed", 0, 5000)] * 2
        sql = validate("a.csv", [rule("length", "v", max=1)], read_options=how).results[0].sql or ""
        assert sql.startswith("-- 'a.csv' stands for a copy of it in UTF-8")
        assert "read_csv('a.csv'" in sql
        source.write_bytes(f'id,v\n1,"{odd}\n"\n3\n'.encode(encoding))
        with pytest.raises(SourceError, match=r"line 4 has 1 field, .* \(file a\.csv\)"):
            validate("a.csv", rules, read_options=how)

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "shift_jis"])
    def test_a_file_that_is_written_otherwise(self, encoding: str) -> None:
        Path("a.csv").write_bytes("id\nMüller\n".encode("latin-1"))
        with pytest.raises(SourceError, match=rf"a\.csv is not written in {encoding}"):
            validate("a.csv", [rule("not_null", "id")], read_options={"encoding": encoding})

    @pytest.mark.parametrize("encoding", ["base64", "rot13", "zlib", "nope", "a\0"])
    def test_what_is_no_encoding_of_text(self, encoding: str) -> None:
        with pytest.raises(RuleError, match="encoding must be the name of an encoding"):
            validate(csv("a\n1\n"), [rule("not_null", "a")], read_options={"encoding": encoding})

    @pytest.mark.parametrize("delimiter", [" ", "n", "|", "\x1f", "\x01", "\t"])
    def test_any_character_may_be_the_delimiter(self, delimiter: str) -> None:
        source = csv(f"id{delimiter}v\n1{delimiter}2\n3{delimiter}\n")
        rules = [rule("not_null", "v"), rule("in_range", "id", max=1)]
        for null in ("", "NA"):
            options = {"delimiter": delimiter, "null": null}
            assert found(source, *rules, read_options=options) == [("failed", 1, 2), ("failed", 1, 2)]

    def test_delimiter_decimal_null_and_header(self) -> None:
        options = {"delimiter": ";", "decimal": ",", "null": "NA", "header": False}
        source = csv("1;1,50\n2;-2,25\n3;NA\n")
        assert found(source, rule("in_range", "column1", min=0), read_options=options) == [("failed", 1, 2)]

    @pytest.mark.parametrize(
        ("text", "names", "rows"),
        [
            ("zip;code\n01234;NA\n99999;null\n", ["zip", "code"], 2),
            ("a|b\n1|2\n", ["a", "b"], 1),
            ("a\tb\n1\t2\n", ["a", "b"], 1),
            ('x;y\n"a;\nb";2\n' + "1;2\n" * 30, ["x", "y"], 31),
            ("email\na@x.org\nc;d\n", ["email"], 2),
            ("a,b;c\n1,2;3\n", ["a", "b;c"], 1),
            ("a;b\n1\n2\n", ["a;b"], 2),
            ("a;b|c\n1;2|3\n", ["a;b|c"], 1),
            ("a;b\n", ["a;b"], 0),
        ],
    )
    def test_the_first_line_tells_the_delimiter(self, text: str, names: list[str], rows: int) -> None:
        read = profile(csv(text))
        assert ([column.name for column in read.columns], read.row_count) == (names, rows)

    @pytest.mark.parametrize("further", ["3;4;5\n", "3\n"])
    def test_a_line_that_does_not_agree_is_named(self, further: str) -> None:
        with pytest.raises(SourceError, match="line 3"):
            profile(csv("a;b\n1;2\n" + further))

    def test_files_with_other_delimiters_are_read_together(self) -> None:
        csv("id,v\n1,2\n", "1.csv")
        csv("v;id\n3;4\n", "2.csv")
        assert found("[12].csv", rule("in_range", "id", min=4)) == [("failed", 1, 2)]

    def test_types(self) -> None:
        source = csv("a,b\n007,1\n010,2\n")
        read = profile(source, read_options={"types": {"a": "integer", "b": "text"}})
        assert [column.family for column in read.columns] == ["integer", "text"]

    def test_all_problems_at_once(self) -> None:
        with pytest.raises(RuleError, match=r"(?s)Did you mean 'delimiter'.*encoding must.*decimal must"):
            validate(
                csv("a\n1\n"), [rule("not_null", "a")], read_options={"delimeter": ";", "encoding": 1, "decimal": 1}
            )
        with pytest.raises(RuleError, match="quote must be one character of ASCII"):
            validate(csv("a\n1\n"), [rule("not_null", "a")], read_options={"quote": "«"})
        with pytest.raises(RuleError, match="may be the delimiter"):
            validate(csv("a\n1\n"), [rule("not_null", "a")], read_options={"quote": ","})
        with pytest.raises(RuleError, match="delimiter and quote are both"):
            validate(csv("a\n1\n"), [rule("not_null", "a")], read_options={"delimiter": '"'})
        with pytest.raises(RuleError, match="no file"):
            validate([{"a": 1}], [rule("not_null", "a")], read_options={"delimiter": ";"})

    def test_the_command(self, capsys: pytest.CaptureFixture[str]) -> None:
        Path("a.csv").write_bytes("name;p\nMüller;1,5\n".encode("latin-1"))
        Path("r.yaml").write_text(
            "[{type: in_set, column: name, values: [Müller]}, {type: in_range, column: p, max: 2}]"
        )
        given = [f"--read-option={one}" for one in ("encoding=latin-1", "delimiter=;", "decimal=,")]
        assert main(["check", "a.csv", "--rules", "r.yaml", *given]) == 0
        assert main(["profile", "a.csv", *given, "--read-option", "delimiter=,"]) == 2
        assert "given twice" in capsys.readouterr().err


@pytest.mark.parametrize("scheme", ["sqlite", "duckdb"])
def test_reading_creates_no_database(folder: Path, scheme: str) -> None:
    address = f"{scheme}:///missing.db"
    engine = sa.create_engine(address)
    not_null = [rule("not_null", "id")]
    verbs: list[Any] = [
        lambda given: validate(given, not_null, table="t"), lambda given: profile(given, table="t"),
        lambda given: learn(given, table="t"), lambda given: quarantine(given, not_null, to="bad", table="t"),
    ]  # fmt: skip
    for source in (address, sa.make_url(address), engine):
        for verb in verbs:
            with pytest.raises(TableNotFoundError, match=r"missing\.db does not exist"):
                verb(source)
    engine.dispose()
    assert not list(folder.iterdir())


CELLS = st.one_of(
    st.none(), st.integers(-(10**20), 10**20).map(str), st.decimals(-1000, 1000, places=2).map(str),
    st.sampled_from(["x", "2024-05-01", "2024-02-30", "true", "007", " ", "1e3", "NaN", "soon, or later", 'a "quote"']),
)  # fmt: skip


@pytest.mark.parametrize("bound", [10**16, 10**40, 10**50, decimal.Decimal("1e25")])
@pytest.mark.parametrize("source", ["e.csv", "d.parquet", "i.parquet", "rows", "several types"])
def test_a_bound_may_be_beyond_what_the_column_can_hold(folder: Path, source: str, bound: Any) -> None:
    (folder / "e.csv").write_text("v\n1000000000000000\n1e3\n")
    duckdb.execute("COPY (SELECT unnest([1000000000000000.5, 1000])::DECIMAL(38,22) AS v) TO 'd.parquet'")
    duckdb.execute("COPY (SELECT unnest([1000000000000000, 1000])::BIGINT AS v) TO 'i.parquet'")
    rows = [{"v": 10**15}, {"v": 1000}]
    given: Any = {"rows": rows, "several types": [*rows, {"v": "x"}]}.get(source, source)
    rules = [
        rule("in_range", "v", min=bound), rule("in_range", "v", min=-bound), rule("in_range", "v", max=bound),
        rule("in_range", "v", max=-bound), rule("in_set", "v", values=[bound, 1000]),
    ]  # fmt: skip
    others = len(given) - 2 if isinstance(given, list) else 0
    assert [failed for _, failed, _ in found(given, *rules)] == [one + others for one in (2, 0, 0, 2, 1)]


def _number(text: str) -> decimal.Decimal | None:
    try:
        return decimal.Decimal(text.strip())
    except decimal.InvalidOperation:
        return None


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(CELLS, min_size=1, max_size=8), low=st.integers(-(10**20), 10**20))
@example(cells=["1000000000000000", "1e3"], low=10**16)
def test_oracle(folder: Path, cells: list[str | None], low: int) -> None:
    """CSV and Parquet of texts have one text rule; numbers and dates are those that Python reads in the texts."""
    path = folder / "oracle.csv"
    pd.DataFrame({"id": range(len(cells)), "v": cells}).to_csv(path, index=False)
    pl.DataFrame({"v": pl.Series(cells, dtype=pl.String)}).write_parquet(folder / "oracle.parquet")
    known = [one for one in cells if one is not None]
    numbers = [_number(one) for one in known]
    in_range = sum(one is not None and one.is_finite() and one >= low for one in numbers)
    dates = sum(one == "2024-05-01" for one in known)
    rules = [
        rule("not_null", "v"), rule("in_range", "v", min=low), rule("type", "v", dtype="date"),
        rule("in_set", "v", values=["x", "007"]), rule("length", "v", max=3),
    ]  # fmt: skip
    texts = found(folder / "oracle.parquet", rules[0], *rules[3:])
    expected = [texts[0], len(known) - in_range, len(known) - dates, *texts[1:]]
    for result, wanted in zip(found(path, *rules), expected, strict=True):
        if isinstance(wanted, int):
            assert result == ("failed" if wanted else "passed", wanted, len(known))
        else:
            assert result == wanted


EXPONENTS = {
    # numbers: those that are not above 10^29, or None where no type holds all of them
    ("1234567890123456", "1e30"): [0],
    ("1234567890123456", "1e30", "x"): [0],
    ("1234567890123456.5", "1e20", "-1e20"): [0, 1, 2],
    ("1234567890123456", "1e-30"): [0, 1],
    ("12345678901234567", "1e-21"): [0, 1],
    ("12345678901234567", "1e-30"): None,
    ("12345678901234567", "1e400"): None,
    (repr(1 / 3e5), "1E+30"): [0],
}


@pytest.mark.parametrize("written", EXPONENTS, ids=" ".join)
def test_numbers_with_exponents_beside_long_ones_are_what_they_say(tmp_path: Path, written: tuple[str, ...]) -> None:
    path = tmp_path / "numbers.csv"
    path.write_text("id,v\n" + "".join(f"{place},{text}\n" for place, text in enumerate(written)))
    ranges: list[dict[str, Any]] = [{"max": 10**29}, {"min": decimal.Decimal("1e-40")}]
    rules = [{"type": "in_range", "column": "v", **ends} for ends in ranges]
    within = EXPONENTS[written]
    if within is None:
        assert all("v has numbers of more digits" in one.message for one in validate(path, rules).results)
        return
    below, positive = validate(path, rules).results
    assert below.failed_rows == len(written) - len(within)
    assert positive.failed_rows == sum(text.startswith(("-", "x")) for text in written)


class TestManyColumns:
    """A statement reads no more columns than it asks for, however it names them."""

    def test_the_work_grows_with_the_rules_and_not_by_their_square(self, monkeypatch: pytest.MonkeyPatch) -> None:
        written: list[str] = []
        execute = sa.Connection.execute
        monkeypatch.setattr(
            sa.Connection, "execute", lambda own, said, *rest: written.append(str(said)) or execute(own, said, *rest)
        )
        sizes = {}
        for width in (10, 40):
            names = [f"c{place}" for place in range(width)]
            source = csv(f"{','.join(names)}\n" + "\n".join(",".join([str(row)] * width) for row in (1, 2)))
            written.clear()
            assert {one[0] for one in found(source, *(rule("unique", name) for name in names))} == {"passed"}
            sizes[width] = sum(statement.count("regexp_full_match(") for statement in written)
        assert sizes[40] <= 4 * sizes[10]

    @pytest.mark.parametrize(
        "where",
        [
            "b = 2", "B = 2", '"b" = 2', '"B"=2', "source.b = 2", "(SELECT b) = 2", "été = 2", '"say ""b""" = 2',
            "source IS NOT NULL AND source.b = 2", "struct_extract(source, 'b') = 2",
            "b * 1 = 2", "b = 2 -- c", "b /* a */ = 2", "x$y = 2",
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("kind", ["unique", "in_range", "median"])
    def test_sql_finds_its_columns(self, where: str, kind: str) -> None:
        source = csv('a,b,c,été,x$y,"say ""b"""\n5,2,9,2,2,2\n5,3,9,3,3,3\n6,2,9,2,2,2\n')
        one = {
            "unique": rule("unique", "a"), "in_range": rule("in_range", "a", min=6),
            "median": rule("statistic", "a", statistic="median", max=5),
        }[kind]  # fmt: skip
        failed = {"unique": ("passed", 0, 2), "in_range": ("failed", 1, 2), "median": ("failed", None, 2)}[kind]
        assert found(source, one | {"where": where}) == [failed]


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        (
            "a.jsonl",
            '{"a": 1}\n{"a": 2\n{"a": 3}\n',
            "document 2 is no JSON, from its byte 8 on: unexpected end of data",
        ),
        ("a.json", '[{"a": 1},\n\n {"a": nope}]', "document 2 is no JSON, from its byte 7 on: invalid literal"),
        ("a.json", '[{"": 1}]', "an object has the key '', which names no column"),
    ],
)
def test_json_that_cannot_be_read_says_where(tmp_path: Path, name: str, text: str, problem: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(SourceError, match=re.escape(problem)):
        validate(path, [rule("not_null", "a")])
