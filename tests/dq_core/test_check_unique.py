from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pytest
import sqlalchemy as sa

from dq_core import RuleError, parse, validate
from support.check_conformance import DATABASES, PLACES, QUICK, Case, CheckConformance, Place


class TestUnique(CheckConformance):
    kind = "unique"
    cases: ClassVar = {
        "every row of a repeated value": Case([1, 2, 1, None, None, 1, 3], [0, 2, 5]),
        "no repeated value": Case([3, 1, None, 2], ()),
        "far apart": Case([1, 2**62, -(2**62), 1], [0, 3]),
        "text": Case(["a", "A", "a ", "a", None], [0, 3], type=sa.Text()),
        "floats": Case([0.5, 0.25, 0.5], [0, 2], type=sa.Double()),
        "dates": Case([dt.date(2024, 1, 1), dt.date(2024, 1, 1), None], [0, 1], type=sa.Date()),
        "one row": Case([1], ()),
    }


COMPOSITE = [
    {"id": 0, "a": 1, "b": "x"},
    {"id": 1, "a": 1, "b": "y"},
    {"id": 2, "a": 1, "b": "x"},
    {"id": 3, "a": None, "b": "x"},
    {"id": 4, "a": None, "b": "x"},
    {"id": 5, "a": None, "b": None},
    {"id": 6, "a": None, "b": None},
]


@pytest.mark.parametrize("place", PLACES)
def test_composite_keys(put: Callable[..., Place], place: str) -> None:
    there = put(place, COMPOSITE, {"id": sa.Integer(), "a": sa.Integer(), "b": sa.Text()})
    (result,) = there.validate({"type": "unique", "columns": ["a", "b"]}, samples=9).results
    assert (result.failed_rows, result.considered_rows) == (4, 5)
    assert sorted(sample["id"] for sample in result.samples) == [0, 2, 3, 4]
    assert (result.column, result.check_name) == ("a, b", "unique_a_b")
    assert there.run is None or sorted(row[0] for row in there.run(result.sql)) == [0, 2, 3, 4]


@pytest.mark.parametrize("place", DATABASES)
def test_a_column_named_like_the_flag(put: Callable[..., Place], place: str) -> None:
    there = put(place, [{"failing": 1}, {"failing": 1}], {"failing": sa.Integer()})
    (result,) = there.validate({"type": "unique", "column": "failing"}).results
    assert result.samples == [{"failing": 1}, {"failing": 1}]


DOCUMENTS = [
    '{"a":1,"b":[2,{"c":3,"d":"é"}]}',
    '{"b": [2.0, {"d": "\\u00e9", "c": 3}], "a": 1e0}',
    '{"a":1}',
    '{"a":"1"}',
]


@pytest.mark.parametrize("place", [*DATABASES, "rows", "jsonl"])
def test_documents_are_equal_by_what_they_mean(put: Callable[..., Place], place: str, tmp_path: Path) -> None:
    """The order of keys, white space, escapes and the form of numbers do not count."""
    rows: list[dict[str, Any]] = [{"id": id_, "j": json.loads(text)} for id_, text in enumerate(DOCUMENTS)]
    if place == "trino":  # tables of Iceberg have no JSON
        selected = " UNION ALL SELECT ".join(f"{id_} AS id, JSON '{text}' AS j" for id_, text in enumerate(DOCUMENTS))
        there = put(place, [{"id": 1}], {"id": sa.Integer()})
        there = Place(place, there.source, {"query": f"SELECT {selected}"}, None)
    elif place == "jsonl":
        lines = [f'{{"id": {id_}, "j": {text}}}\n' for id_, text in enumerate(DOCUMENTS)]
        (tmp_path / "documents.jsonl").write_text("".join(lines), encoding="utf-8")
        there = Place(place, str(tmp_path / "documents.jsonl"), {}, None)
    else:
        there = put(place, rows, {"id": sa.Integer(), "j": sa.JSON()})
    unique, distinct = there.validate(
        {"type": "unique", "column": "j"}, {"type": "distinct_count", "column": "j", "max": 3}
    ).results
    assert (unique.failed_rows, sorted(row["id"] for row in unique.samples), distinct.status) == (2, [0, 1], "passed")


@pytest.mark.parametrize("place", ["duckdb", "arrow"])
def test_maps_are_equal_in_whatever_order(place: str, duckdb_url: sa.URL) -> None:
    table = pa.table({"m": pa.array([[("a", 1), ("b", 2)], [("b", 2), ("a", 1)]], pa.map_(pa.string(), pa.int64()))})
    query = "SELECT MAP {'a': 1, 'b': 2} AS m UNION ALL SELECT MAP {'b': 2, 'a': 1}"
    rules = [{"type": "unique", "column": "m"}]
    report = validate(table, rules) if place == "arrow" else validate(duckdb_url, rules, query=query)
    assert report.results[0].failed_rows == 2


def test_values_of_different_types_differ(put: Callable[..., Place]) -> None:
    rows = [{"x": 1}, {"x": "1"}, {"x": True}, {"x": "1"}]
    (result,) = put("rows", rows, {}).validate({"type": "unique", "column": "x"}).results
    assert (result.failed_rows, [sample["x"] for sample in result.samples]) == (2, ["1", "1"])


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({}, "give either column or columns"),
        ({"column": "a", "columns": ["b"]}, "give either column or columns"),
        ({"columns": []}, "columns must be a list of at least one column"),
        ({"columns": "ab"}, "columns must be a list of at least one column, not 'ab'"),
        ({"columns": ["a", "a"]}, "duplicate names"),
        ({"columns": ["a", 1]}, "columns must be names of columns, not 1"),
    ],
)
def test_wrong_options(options: dict[str, object], problem: str) -> None:
    with pytest.raises(RuleError, match=problem):
        parse([{"type": "unique", **options}])


@pytest.mark.parametrize("place", [*QUICK, "parquet"])
@pytest.mark.parametrize("repeated", [1, 1000, 1500])
def test_many_repeated_keys(put: Callable[..., Place], place: str, repeated: int) -> None:
    """DuckDB writes few suspicious hashes into the next statement, and looks for many of them again."""
    rows = [{"id": number, "x": f"key {number % 2000}"} for number in range(2000 + repeated)]
    (result,) = (
        put(place, rows, {"id": sa.Integer(), "x": sa.Text()})
        .validate({"type": "unique", "column": "x"}, samples=10_000)
        .results
    )
    assert (result.failed_rows, result.considered_rows) == (2 * repeated, 2000 + repeated)
    expected = [*range(repeated), *range(2000, 2000 + repeated)]
    assert sorted(sample["id"] for sample in result.samples) == expected
