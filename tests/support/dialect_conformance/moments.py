"""Moments wherever they are sorted, grouped, looked up or compared, in whatever form a database keeps them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import DateTime, Time

from moltres import col, func, lit, when
from moltres.errors import ConfigurationError, SchemaMismatchError
from support.dialect_conformance.base import DialectSuite
from support.dialect_conformance.data import run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from moltres import Database, DataFrame

FORMS = (" 26", " 19", "T26", "T19", " 16", "T16", "T23", " 10")
"""How text says a moment: what is between day and time, and the length; longer where the moment needs it."""
DAYS = [dt.datetime(2024, 5, day, hour) for day in (1, 2) for hour in (0, 10)]  # noqa: DTZ001 - columns without a zone
MOMENTS = [
    day + dt.timedelta(seconds=second, microseconds=micros)
    for day in DAYS
    for second in (0, 5)
    for micros in (0, 500_000)
]
TIMES = (" 26", " 19", " 16")
_Rows: TypeAlias = list[tuple[int, Any]]
_Query: TypeAlias = "tuple[Callable[[DataFrame, DataFrame], Any], Callable[[_Rows, _Rows], Any]]"


def written(moment: dt.datetime | dt.time, form: str) -> str:
    """A moment as text of a form; as that of more digits where it needs them."""
    of_a_day = isinstance(moment, dt.time)
    text = dt.datetime.combine(dt.date(2024, 5, 1), moment) if isinstance(moment, dt.time) else moment
    whole, length = text.isoformat(form[0], "microseconds"), int(form[1:])
    said = whole if whole[length:].strip("0:. T") else whole[:length]
    return said[11:] if of_a_day else said


def _fill(db: Database, table: str, rows: _Rows, forms: Sequence[str], type_: Any) -> list[str]:
    """Make a table; returns its moments as they are stored, where that is as text."""
    declared = (db.dialect.column_type(type_) or type_).compile(db.engine.dialect)
    run(db, f"DROP TABLE IF EXISTS {table}", f"CREATE TABLE {table} (i INTEGER, ts {declared})")
    db.write([{"i": i, "ts": ts} for i, ts in rows]).save_as_table(table, mode="append")
    if db.dialect.capabilities.enforces_types:
        return []
    texts = {i: written(ts, forms[n % len(forms)]) for n, (i, ts) in enumerate(rows) if ts is not None}
    with db.transaction() as connection:
        for i, text in texts.items():
            connection.exec_driver_sql(f"UPDATE {table} SET ts = '{text}' WHERE i = {i}")
    return list(texts.values())


def _listed(frame: DataFrame) -> list[tuple[Any, ...]]:
    return sorted((tuple(row.values()) for row in frame.collect()), key=repr)


def _matches(left: _Rows, right: _Rows) -> list[tuple[Any, ...]]:
    return sorted(((i, j) for i, ts in left for j, other in right if ts is not None and ts == other), key=repr)


def _ranks(rows: _Rows) -> list[tuple[int, int, int]]:
    known = [ts for _, ts in rows if ts is not None]
    return [(i, sum(other < ts for other in known) + 1, known.count(ts)) for i, ts in rows if ts is not None]


def queries(at: Any) -> dict[str, _Query]:
    """What needs no look-up.

    Args:
        at: The first moment.
    """
    return {
        "order_by": (
            lambda a, b: a.order_by("ts").collect().column("ts"),
            lambda a, b: [*sorted(ts for _, ts in a if ts is not None), *(None for _, ts in a if ts is None)],
        ),
        "limit": (
            lambda a, b: a.order_by("ts", descending=True, nulls="last").limit(2).collect().column("ts"),
            lambda a, b: [*sorted((ts for _, ts in a if ts is not None), reverse=True), None, None][: len(a)][:2],
        ),
        "group_by": (
            lambda a, b: _listed(a.group_by("ts").agg(n=func.count())),
            lambda a, b: sorted(Counter(ts for _, ts in a).items(), key=repr),
        ),
        "group_by an expression": (
            lambda a, b: _listed(a.group_by(at=func.coalesce(col("ts"), lit(at))).agg(n=func.count())),
            lambda a, b: sorted(Counter(at if ts is None else ts for _, ts in a).items(), key=repr),
        ),
        "distinct": (
            lambda a, b: _listed(a.select("ts").distinct().order_by("ts")),
            lambda a, b: sorted({(ts,) for _, ts in a}, key=repr),
        ),
        "union": (
            lambda a, b: _listed(a.select("ts").union(b.select("ts"))),
            lambda a, b: sorted({(ts,) for _, ts in [*a, *b]}, key=repr),
        ),
        "intersect": (
            lambda a, b: _listed(a.select("ts").intersect(b.select("ts"))),
            lambda a, b: sorted({(ts,) for _, ts in a} & {(ts,) for _, ts in b}, key=repr),
        ),
        "except_": (
            lambda a, b: _listed(a.select("ts").except_(b.select("ts"))),
            lambda a, b: sorted({(ts,) for _, ts in a} - {(ts,) for _, ts in b}, key=repr),
        ),
        "aggregates": (
            lambda a, b: _listed(
                a.agg(n=func.count(col("ts").distinct()), lo=func.min(col("ts")), hi=func.max(col("ts")))
            ),
            lambda a, b: [
                (
                    len({ts for _, ts in a if ts is not None}),
                    *(f((ts for _, ts in a if ts is not None), default=None) for f in (min, max)),
                )
            ],
        ),
        "windows": (
            lambda a, b: _listed(
                a.where(col("ts").is_not(None)).select(
                    "i",
                    rank=func.rank().over(order_by=col("ts")),
                    n=func.count().over(partition_by=col("ts")),
                )
            ),
            lambda a, b: sorted(_ranks(a), key=repr),
        ),
        "two columns": (
            lambda a, b: _listed(
                a.with_columns(other=when(col("i") < 2, col("ts")).otherwise(lit(at)))
                .where(col("other") == col("ts"))
                .select("i")
            ),
            lambda a, b: sorted([(i,) for i, ts in a if ts is not None and (i < 2 or ts == at)], key=repr),
        ),
        "in a query": (
            lambda a, b: _listed(
                a.where(col("ts").in_(b.where(col("ts").is_not(None)).select("ts").statement)).select("i")
            ),
            lambda a, b: sorted({(i,) for i, _ in _matches(a, b)}, key=repr),
        ),
    }


LOOKUPS: dict[str, _Query] = {
    "join": (lambda a, b: _listed(a.join(b, on="ts").select("i", "i_right")), _matches),
    "left": (
        lambda a, b: _listed(a.join(b, on="ts", how="left").select("i", "i_right")),
        lambda a, b: sorted(
            [*_matches(a, b), *((i, None) for i, _ in a if i not in {i for i, _ in _matches(a, b)})], key=repr
        ),
    ),
    "semi": (
        lambda a, b: _listed(a.join(b, on="ts", how="semi").select("i")),
        lambda a, b: sorted({(i,) for i, _ in _matches(a, b)}, key=repr),
    ),
    "anti": (
        lambda a, b: _listed(a.join(b, on="ts", how="anti").select("i")),
        lambda a, b: sorted({(i,) for i, _ in a} - {(i,) for i, _ in _matches(a, b)}, key=repr),
    ),
    "right": (
        lambda a, b: _listed(b.join(a, on="ts", how="right").select("i_right", "i")),
        lambda a, b: sorted(
            [*_matches(a, b), *((i, None) for i, _ in a if i not in {i for i, _ in _matches(a, b)})], key=repr
        ),
    ),
    "condition": (
        lambda a, b: _listed(a.join(b, on=col("ts_right") >= col("ts")).select("i", "i_right")),
        lambda a, b: sorted(
            ((i, j) for i, ts in a for j, other in b if None not in (ts, other) and other >= ts), key=repr
        ),
    ),
    "groups": (
        lambda a, b: _listed(a.group_by("ts").agg(n=func.count()).join(b, on="ts").select("n", "i")),
        lambda a, b: sorted(
            [(n, j) for ts, n in Counter(ts for _, ts in a if ts is not None).items() for j, other in b if ts == other],
            key=repr,
        ),
    ),
}


@st.composite
def tables(draw: st.DrawFn) -> tuple[_Rows, list[str], _Rows, list[str], bool]:
    """Two tables, the forms of their moments in turn, and whether these are times of a day."""
    of_a_day = draw(st.booleans())
    forms = st.sampled_from([form for form in FORMS if not of_a_day or form in TIMES])
    moments = st.none() | st.sampled_from([moment.time() for moment in MOMENTS] if of_a_day else MOMENTS)
    some = st.lists(forms, min_size=1, max_size=4)
    first, second = (draw(st.lists(moments, min_size=1, max_size=most)) for most in (7, 5))
    others = forms.map(lambda form: [form]) | some
    return list(enumerate(first)), draw(some), list(enumerate(second)), draw(others), of_a_day


class Moments(DialectSuite):
    """Equal to what Python says, or refused with the column named."""

    def test_moments_are_compared_as_moments(self, db: Database) -> None:
        @settings(max_examples=self.examples, deadline=None)
        @given(tables())
        def holds(drawn: Any) -> None:
            a, forms, b, others, of_a_day = drawn
            type_ = Time() if of_a_day else DateTime()
            texts = [_fill(db, name, rows, some, type_) for name, rows, some in (("a", a, forms), ("b", b, others))]
            stored = {(len(text), text[10:11]) for one in texts for text in one}
            first, second = db.table("a"), db.table("b")
            for name, (query, expected) in queries(DAYS[0].time() if of_a_day else DAYS[0]).items():
                assert query(first, second) == expected(a, b), name
            for name, (query, expected) in LOOKUPS.items():
                try:
                    found = query(first, second)
                except SchemaMismatchError as error:
                    found = str(error)
                if isinstance(found, str):
                    assert "column 'ts' has moments in several forms" in found, name
                    assert len(stored) > 1, name
                else:
                    assert found == expected(a, b), name

        holds()

    @pytest.mark.parametrize("form", FORMS[:-1])
    def test_keys_and_partitions_that_are_moments(self, db: Database, form: str) -> None:
        replaces = db.dialect.capabilities.replaces_rows
        there: _Rows = list(enumerate(MOMENTS))
        news = [{"i": 100 + n, "ts": ts} for n, ts in enumerate([*MOMENTS[:3], dt.datetime(2025, 1, 1)])]  # noqa: DTZ001
        options: dict[str, dict[str, Any]] = {
            "merge": {"keys": ["ts"]},
            "overwrite_partitions": {"partition_by": ["ts"]},
        }
        for mode, more in options.items():
            if not replaces:
                continue
            _fill(db, "t", there, [form], DateTime())
            db.write(news).save_as_table("t", mode=mode, **more)
            found = sorted((row["ts"], row["i"]) for row in db.table("t").collect())
            new = {row["ts"]: row["i"] for row in news}
            assert found == sorted([(ts, new.get(ts, i)) for i, ts in there if ts] + [(news[-1]["ts"], 103)]), mode

    @pytest.mark.parametrize("value", [DAYS[0], DAYS[0].time()], ids=["moment", "time"])
    def test_a_moment_is_the_same_in_every_query(self, db: Database, value: Any) -> None:
        db.write([{"id": 1, "x": value}, {"id": 2, "x": None}]).save_as_table("t")
        table = db.table("t")
        frames = [table, table.distinct(), table.limit(5), table.intersect(table), table.group_by("id", "x").agg()]
        for frame in frames:
            for without_one in (func.nullif(col("x"), value), func.nullif(col("x"), col("x"))):
                without = frame.with_columns(y=without_one)
                assert without.order_by("id").collect().column("y") == [None, None]
                ranked = without.with_columns(n=func.row_number().over(order_by=[col("y"), col("id")]))
                assert ranked.order_by("id").collect().column("n") == [1, 2]

    def test_strings_finer_than_a_column_are_refused_or_compared(self, db: Database) -> None:
        at = dt.datetime.fromisoformat("2024-05-01 10:00:00.123456")
        db.write([{"id": 1, "at": at}, {"id": 2, "at": at + dt.timedelta(microseconds=1)}]).save_as_table("t")
        finer = "2024-05-01 10:00:00.1234567"
        moment = col("at")
        conditions = [(moment == finer, []), (moment >= finer, [2]), (moment < finer, [1]), (moment.in_([finer]), [])]
        for condition, expected in conditions:
            found: Any = expected
            with suppress(ConfigurationError):
                found = [row["id"] for row in db.table("t").where(condition).collect()]
            assert found == expected
