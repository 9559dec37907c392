from __future__ import annotations

import collections
import datetime as dt
import itertools
import json
import math
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from dq_core import Profile, RuleError, SourceError, ValidationTimeoutError, learn, profile
from dq_core.profiling.histograms import edges
from dq_core.profiling.shapes import shape
from support.check_conformance import DATABASES, PLACES, QUICK, Place, store

ROWS = [
    {
        "id": place,
        "x": None if place % 11 == 3 else (place * 37 % 101) / 8,
        "t": None if place % 7 == 1 else ["AB-1", "ab", "", "Ünïcode 12345", "x y"][place % 5],
        "d": dt.date(2024, 1, 1) + dt.timedelta(days=place % 40),
        "b": None if place == 3 else place % 3 == 0,
    }
    for place in range(120)
]
TYPES = {"id": sa.BigInteger(), "x": sa.Double(), "t": sa.Text(), "d": sa.Date(), "b": sa.Boolean()}


def of(there: Place, **options: Any) -> Profile:
    return profile(there.source, **there.options, **options)


def known(name: str, rows: Sequence[dict[str, Any]] = ROWS) -> list[Any]:
    return [row[name] for row in rows if row[name] is not None]


def quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
    return low + (high - low) * (place - math.floor(place))


@pytest.mark.parametrize("place", PLACES)
def test_numbers_are_those_of_plain_python(put: Callable[..., Place], place: str) -> None:
    found = of(put(place, ROWS, TYPES), include_histograms=True, histogram_bins=7, top_n=3)
    assert (found.row_count, found.sampled_rows, found.column_count) == (120, None, 5)
    for name in ("id", "x"):
        column, values = found.column(name), known(name)
        assert (column.row_count, column.null_count) == (120, 120 - len(values))
        assert column.null_rate == pytest.approx(1 - len(values) / 120)
        assert column.distinct_count == len(set(values))
        assert column.is_unique == (name == "id")
        assert (column.min, column.max) == (min(values), max(values))
        assert column.mean == pytest.approx(statistics.fmean(values))
        assert column.stddev == pytest.approx(statistics.stdev(values))
        shares = (0.05, 0.25, 0.5, 0.75, 0.95)
        assert list(column.quantiles) == [f"{share:g}" for share in shares]
        assert list(column.quantiles.values()) == pytest.approx([quantile(values, share) for share in shares])
        assert (column.histogram[0].low, column.histogram[-1].high) == (min(values), max(values))
        for one in column.histogram:
            last = one is column.histogram[-1]
            inside = [value for value in values if one.low <= value < one.high or (last and value == one.high)]
            assert one.count == len(inside)


@pytest.mark.parametrize("place", PLACES)
def test_text_dates_and_frequencies(put: Callable[..., Place], place: str) -> None:
    found = of(put(place, ROWS, TYPES), top_n=3)
    # In CSV, empty text is NULL.
    rows = ROWS if place != "csv" else [{**row, "t": row["t"] or None} for row in ROWS]
    for name in ("t", "d"):
        column, values = found.column(name), known(name, rows)
        counted = collections.Counter(values)
        expected = sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:3]
        plain = [(str(value), count) for value, count in expected]
        assert [(str(one.value), one.count) for one in column.top_values] == plain
        assert column.distinct_count == len(counted)
        assert (str(column.min), str(column.max)) == (str(min(values)), str(max(values)))
        assert (column.mean, column.stddev, column.quantiles, column.histogram) == (None, None, {}, ())
    text, values = found.column("t").text, known("t", rows)
    assert text is not None
    assert (text.min_length, text.max_length) == (min(map(len, values)), max(map(len, values)))
    assert text.mean_length == pytest.approx(statistics.fmean(map(len, values)))
    assert (text.empty_count, text.pattern_rows) == (values.count(""), len(values))
    shapes = collections.Counter(map(shape, values))
    assert {one.pattern: one.share for one in text.patterns} == pytest.approx(
        {pattern: count / len(values) for pattern, count in shapes.items()}, abs=1e-6
    )


@pytest.mark.parametrize("place", PLACES)
def test_a_profile_survives_json(put: Callable[..., Place], place: str) -> None:
    found = of(put(place, ROWS, TYPES), include_histograms=True)
    assert Profile.from_dict(json.loads(found.to_json())) == found
    assert found.to_dict() == json.loads(found.to_json())


# One scan, one grouping for each column, shapes; SQLite: deviations, and quantiles for each column of numbers.
@pytest.mark.parametrize(("place", "statements"), [("duckdb", 8), ("postgresql", 8), ("sqlite", 10), ("parquet", 8)])
def test_it_says_how_many_statements_it_took(put: Callable[..., Place], place: str, statements: int) -> None:
    there = put(place, ROWS, TYPES)
    assert of(there).statements == statements


@pytest.mark.parametrize("place", DATABASES)
def test_only_what_was_asked_for(put: Callable[..., Place], place: str) -> None:
    found = of(put(place, ROWS, TYPES), columns=["t", "x"], include_stats=False, top_n=0)
    assert [column.name for column in found.columns] == ["x", "t"]
    x, t = found.columns
    assert (x.mean, x.stddev, x.quantiles, x.top_values, x.distinct_count) == (None, None, {}, (), len(set(known("x"))))
    assert t.text is not None
    assert (t.text.patterns, t.text.pattern_rows, t.text.max_length) == ((), 0, 13)
    assert found.statements == 3


@pytest.mark.parametrize("place", ["duckdb", "postgresql", "arrow"])
def test_infinities_and_nan_are_counted_and_left_out(put: Callable[..., Place], place: str) -> None:
    values = [math.nan, math.inf, -math.inf, 1.0, 2.0, 4.0, None, math.nan]
    rows = [{"id": place, "x": value} for place, value in enumerate(values)]
    column = of(put(place, rows, {"id": sa.BigInteger(), "x": sa.Double()}), include_histograms=True).column("x")
    assert (column.null_count, column.non_finite_count, column.distinct_count) == (1, 4, 6)
    assert (column.min, column.max, column.quantiles["0.5"]) == (1.0, 4.0, 2.0)
    assert (column.mean, column.stddev) == pytest.approx((7 / 3, statistics.stdev([1, 2, 4])))
    assert sum(one.count for one in column.histogram) == 3


@pytest.mark.parametrize("place", QUICK)
@pytest.mark.parametrize("rows", [[], [dict.fromkeys(TYPES)] * 3], ids=["no row", "nothing but NULL"])
def test_without_values(put: Callable[..., Place], place: str, rows: list[dict[str, Any]]) -> None:
    found = of(put(place, rows, TYPES), include_histograms=True)
    assert found.row_count == len(rows)
    for column in found.columns:
        assert column.null_rate == (1.0 if rows else None)
        assert (column.distinct_count, column.distinct_rate, column.top_values) == (0, None, ())
        assert (column.min, column.max, column.mean, column.stddev) == (None, None, None, None)
        assert (column.quantiles, column.histogram) == ({}, ())


@pytest.mark.parametrize("place", [*QUICK, "arrow"])
def test_a_sample_is_said_and_comes_out_the_same_again(put: Callable[..., Place], place: str) -> None:
    rows = [{"id": place, "x": float(place)} for place in range(3000)]
    there = put(place, rows, {"id": sa.BigInteger(), "x": sa.Double()})
    found, again, other = (of(there, sample_size=600, seed=seed) for seed in (1, 1, 2))
    assert found.row_count == 3000
    assert found.sampled_rows is not None
    assert 500 < found.sampled_rows < 700
    assert found.column("id").row_count == found.sampled_rows
    assert found.column("id").distinct_count == found.sampled_rows
    assert found.columns == again.columns
    assert found.columns != other.columns
    assert 1200 < (found.column("x").mean or 0) < 1800
    whole = of(there, sample_size=3000)
    assert (whole.sampled_rows, whole.column("id").row_count) == (None, 3000)


@pytest.mark.parametrize("place", [*DATABASES, "rows"])
def test_masked_columns_show_counts_only(put: Callable[..., Place], place: str) -> None:
    rows = [{"id": 4711, "t": "secret-4711", "x": 4711.5}] * 3
    found = of(
        put(place, rows, {"id": sa.BigInteger(), "t": sa.Text(), "x": sa.Double()}),
        mask=["id", "t", "x"],
        include_histograms=True,
    )
    assert "4711" not in json.dumps([column.to_dict() for column in found.columns])
    assert [column.distinct_count for column in found.columns] == [1, 1, 1]
    assert found.column("t").text.max_length == 11  # type: ignore[union-attr]


def test_columns_that_cannot_be_grouped() -> None:
    table = pa.table({"l": [[1], [2], None], "s": [{"a": 1}, None, None], "n": [1, 2, 3]})
    found = profile(table)
    assert [(column.family, column.null_count, column.distinct_count) for column in found.columns] == [
        ("list", 1, None), ("struct", 2, None), ("integer", 0, 3),
    ]  # fmt: skip


def test_types_that_only_postgresql_has(postgresql_url: sa.URL) -> None:
    engine = sa.create_engine(postgresql_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TYPE mood AS ENUM ('sad', 'ok')")
        connection.exec_driver_sql("CREATE TABLE t (m mood, p point, j jsonb, n numeric, u uuid, a int[], i interval)")
        connection.exec_driver_sql(
            "INSERT INTO t VALUES ('ok', '(1,2)', '{}', 'NaN', gen_random_uuid(), '{1}', '1 day'), "
            "('ok', '(1,2)', '{}', 2.5, NULL, NULL, '1 day')"
        )
    found = profile(engine, table="t")
    engine.dispose()
    assert {column.name: column.distinct_count for column in found.columns} == {
        "m": 1, "p": 1, "j": None, "n": 2, "u": 1, "a": None, "i": 1,
    }  # fmt: skip
    assert found.column("m").top_values[0].count == 2
    assert (found.column("n").max, found.column("n").non_finite_count) == (2.5, 1)
    json.loads(found.to_json())


@pytest.mark.parametrize("place", QUICK)
def test_names_that_need_quotes_and_a_column_called_like_ours(put: Callable[..., Place], place: str) -> None:
    names = ['a "b"', "select", "row_number", "a b%", "ä:b"]
    rows = [dict.fromkeys(names, number) for number in range(50)]
    there = put(place, rows, dict.fromkeys(names, sa.BigInteger()))
    found = of(there, sample_size=30, include_histograms=True)
    assert [column.name for column in found.columns] == names
    assert len({column.distinct_count for column in found.columns}) == 1


def test_more_columns_than_one_select_holds(sqlite_url: sa.URL) -> None:
    engine = sa.create_engine(sqlite_url)
    names = [f"c{number}" for number in range(400)]
    store(engine, "wide", [dict.fromkeys(names, 1)], dict.fromkeys(names, sa.Integer()))
    found = profile(engine, table="wide", quantiles=(), top_n=0)
    engine.dispose()
    assert {column.mean for column in found.columns} == {1.0}
    assert len(found.columns) == 400


@pytest.mark.parametrize("place", QUICK)
def test_the_time_limit_reaches_the_database(put: Callable[..., Place], place: str) -> None:
    there = put(place, ROWS, TYPES)
    table = there.options["table"]
    product = f"SELECT a.id * b.id * c.id * d.id AS n FROM {table} a, {table} b, {table} c, {table} d"
    with pytest.raises(ValidationTimeoutError):
        profile(there.source, query=product, timeout_seconds=0.2)


def test_wrong_arguments_come_at_once() -> None:
    with pytest.raises(RuleError) as caught:
        profile([{"a": 1}], top_n=-1, histogram_bins=0, quantiles=[2], sample_size=1.5, timeout_seconds=0)  # type: ignore[arg-type]
    assert len(caught.value.problems) == 5
    with pytest.raises(RuleError, match="the column 'aa' does not exist"):
        profile([{"a": 1}], columns=["aa"])
    with pytest.raises(RuleError, match="mask: the column 'aa' does not exist"):
        profile([{"a": 1}], mask=["aa"])
    with pytest.raises(RuleError, match="columns must be a list"):
        profile([{"a": 1}], columns="a")
    with pytest.raises(SourceError):
        profile("nowhere.parquet")


def test_it_reads_like_a_report() -> None:
    found = profile([{"name": "<b>|x`", "n": 1.5}] * 4, include_histograms=True)
    assert "<b>|x` (4 rows)" in found.to_text()
    assert "&lt;b>\\|x\\` (4 rows)" in found.to_markdown()
    assert "&lt;b&gt;|x` (4 rows)" in found.to_html()
    assert "Histogram of n" in found.to_html()
    assert f"<title>Data profile of {found.source}</title>" in found.to_html()
    assert "<b>|" not in found.to_html()


@settings(max_examples=40, deadline=None)
@given(
    values=st.lists(st.none() | st.integers(-(2**62), 2**62), max_size=30),
    floats=st.lists(st.none() | st.floats(-1e9, 1e9), max_size=30),
    texts=st.lists(st.none() | st.text(max_size=8).filter(lambda text: "\0" not in text), max_size=30),
)
def test_random_columns_against_plain_python(
    values: list[int | None], floats: list[float | None], texts: list[str | None]
) -> None:
    for column, kind in ((values, pa.int64()), (floats, pa.float64()), (texts, pa.string())):
        found = profile(pa.table({"x": pa.array(column, kind)}), include_histograms=True).column("x")
        some: list[Any] = [value for value in column if value is not None]
        assert (found.null_count, found.distinct_count) == (len(column) - len(some), len(set(some)))
        assert sum(one.count for one in found.histogram) == (0 if kind == pa.string() else len(some))
        if some:
            assert (found.min, found.max) == (min(some), max(some))
            assert found.top_values[0].count == collections.Counter(some).most_common(1)[0][1]


@given(
    low=st.integers(-(10**30), 10**30) | st.floats(-1e300, 1e300), width=st.integers(0, 10**20), bins=st.integers(1, 40)
)
def test_edges_grow_from_the_least_to_the_greatest(low: float, width: int, bins: int) -> None:
    high = low + width
    found = edges(low, high, bins)
    assert (found[0], found[-1]) == (low, high)
    assert len(found) <= bins + 1
    assert found == [low, high] or all(one < other for one, other in itertools.pairwise(found))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("AB-1234", "AA-9999"), ("hello", "aaaa…"), ("", ""), ("Ünï 7", "Aaa 9"), ("a\tb", "a a"),
        ("12345678", "9999…"), ("x" * 500, "aaaa…"), ("a1" * 100, "a9" * 30 + "…"),
    ],
)  # fmt: skip
def test_shapes(text: str, expected: str) -> None:
    assert shape(text) == expected


def test_what_sqlite_keeps_in_a_column_of_numbers(sqlite_url: sa.URL) -> None:
    engine = sa.create_engine(sqlite_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (n INTEGER)")
        connection.exec_driver_sql("INSERT INTO t VALUES (1), (3), ('nine'), (x'00'), (NULL)")
    column = profile(engine, table="t", include_histograms=True).column("n")
    engine.dispose()
    assert (column.null_count, column.non_finite_count, column.distinct_count) == (1, 2, 4)
    assert (column.min, column.max, column.mean, column.quantiles["0.5"]) == (1, 3, 2, 2)
    assert sum(one.count for one in column.histogram) == 2


def test_files_that_have_a_column_in_several_types(tmp_path: Path) -> None:
    for name, value in (("a", "DATE '2024-01-01'"), ("b", "1::BIGINT")):
        duckdb.execute(f"COPY (SELECT i AS id, {value} AS x FROM range(30) t(i)) TO '{tmp_path}/{name}.parquet'")
    found = profile(tmp_path)
    assert (found.column("id").min, found.column("id").null_count) == (0, 0)
    odd = found.column("x")
    assert (odd.null_count, odd.null_rate, odd.distinct_count, odd.is_unique) == (None, None, None, False)
    assert odd.notes[0].startswith(
        "no rule can be evaluated on it: it is BIGINT in some of the files and DATE in others"
    )
    assert found.from_dict(found.to_dict()) == found
    assert "in some of the files" in found.to_markdown()
    suite = learn(tmp_path)
    assert {rule.check.column_label for rule in suite.rules} == {"id"}
    assert suite(tmp_path).passed
