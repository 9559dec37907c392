"""Measuring a source: the statements, and what is computed from each."""

from __future__ import annotations

import collections
import datetime as dt
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from .._shared.arguments import flag, is_fraction, seconds, whole
from .._shared.wording import repr_of
from ..relation.selection import count_where
from ..relation.type_family import NUMBERS, TEMPORAL
from ..report.jsonable import exact
from ..run.chosen import chosen_columns
from ..run.reader import Deadline, Reader, StatementError, refuse
from ..run.sampling import sampled
from ..run.semantics import PORTABLE, refuse_dependent_columns, semantics_of, semantics_problems
from ..sources import open_source
from . import histograms, numbers
from .result import Bin, ColumnProfile, PatternCount, Profile, TextProfile, ValueCount
from .shapes import shape

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from .._shared.iceberg.snapshots import AsOf
    from ..relation.column import Column
    from ..relation.relation import Relation

__all__ = ["profile"]

_NOT_GROUPED = frozenset({"json", "list", "struct"})
_PATTERN_ROWS = 1000
_MOST_PATTERNS = 5


def profile(
    source: Any,
    *,
    table: str | None = None,
    query: str | sa.Select[Any] | None = None,
    schema: str | None = None,
    as_of: AsOf | None = None,
    columns: Collection[str] | None = None,
    include_stats: bool = True,
    include_histograms: bool = False,
    top_n: int = 10,
    histogram_bins: int = 10,
    quantiles: Sequence[float] = (0.05, 0.25, 0.5, 0.75, 0.95),
    sample_size: int = 0,
    seed: int = 0,
    mask: Collection[str] = (),
    timeout_seconds: float | None = None,
    storage_options: Mapping[str, Any] | None = None,
    read_options: Mapping[str, Any] | None = None,
    semantics: str = PORTABLE,
) -> Profile:
    """Describe a source column by column, computed in the database.

    One scan gives all counts, bounds, means and lengths. Every column that can be grouped takes one statement more, for
    its distinct and most frequent values; quantiles take one for all columns (SQLite and Trino: one for each; SQLite:
    one more for the deviations), shapes of strings one for all, histograms one for all. The result says how many
    statements were run.

    Args:
        source: What to profile; see `dq_core.sources.open_source`.
        table: The table or view, if the source is a database.
        query: A SELECT (string or SQLAlchemy) instead of a table.
        schema: The table's schema.
        as_of: Of an Iceberg table, the snapshot: its id, a branch or tag, or a time; None for the current one.
        columns: Only these columns.
        include_stats: Mean, standard deviation and quantiles of numbers, shapes of strings.
        include_histograms: Bins of equal width for columns of numbers.
        top_n: How many of the most frequent values to keep; 0 for none.
        histogram_bins: How many bins.
        quantiles: Which quantiles, as shares from 0 to 1.
        sample_size: Read about this many rows only, drawn by hashes of row numbers; 0 for all rows. The result says how
            many were read; its counts are those of the sample.
        seed: Another seed draws another sample.
        mask: Columns of which the profile shows counts and lengths, but no values.
        timeout_seconds: How long it may take; the database stops what runs then.
        storage_options: Options for the fsspec filesystem of a URI.
        read_options: How CSV files are written; see `dq_core.sources.open_source`.
        semantics: ``"database"`` takes the meaning of a database that no conformance suite ran on, where string columns
            are refused otherwise; see `dq_core.validate`.

    Raises:
        RuleError: The arguments are wrong; nothing was scanned.
        SourceError: The source cannot be read.
        ValidationTimeoutError: It took longer than `timeout_seconds`.
    """
    counts = {"top_n": top_n, "sample_size": sample_size, "seed": seed}
    problems = [problem for name, value in counts.items() for problem in whole(name, value)]
    problems += whole("histogram_bins", histogram_bins, least=1)
    problems += [*flag("include_stats", include_stats), *flag("include_histograms", include_histograms)]
    refuse([*problems, *_problems(quantiles, timeout_seconds), *semantics_problems(semantics)])
    top_n, sample_size, seed, histogram_bins = map(int, (top_n, sample_size, seed, histogram_bins))
    started_at, deadline = dt.datetime.now(dt.UTC), Deadline(timeout_seconds)
    with open_source(
        source,
        table=table,
        query=query,
        schema=schema,
        as_of=as_of,
        storage_options=storage_options,
        read_options=read_options,
        timeout_seconds=timeout_seconds,
    ) as opened:
        masked = frozenset(chosen_columns(opened.relation, mask, "mask"))
        reader = Reader(opened, deadline, hide_values=bool(masked))
        names = chosen_columns(opened.relation, columns)
        refuse_dependent_columns(names, opened, semantics, "profile")
        stated = semantics_of(opened, semantics)
        relation, total = sampled(reader, opened.relation, sample_size, seed)
        run = _Profiling(reader, relation, [relation.columns[name] for name in names], masked)
        found = run.columns(
            stats=include_stats,
            top_n=top_n,
            shares=tuple(dict.fromkeys(map(float, quantiles))),
            bins=histogram_bins if include_histograms else 0,
        )
    return Profile(
        source=opened.description,
        row_count=run.row_count if total is None else total,
        sampled_rows=run.row_count if relation is not opened.relation else None,
        columns=found,
        engine="dq_core",
        execution_time_seconds=round(deadline.elapsed, 6),
        statements=reader.statements,
        started_at=started_at.isoformat(),
        semantics=stated,
    )


def _problems(quantiles: object, timeout_seconds: object) -> Iterator[str]:
    if not isinstance(quantiles, list | tuple) or not all(map(is_fraction, quantiles)):
        yield f"quantiles must be a list of numbers from 0 to 1, not {repr_of(quantiles)}."
    if timeout_seconds is not None:
        yield from seconds("timeout_seconds", timeout_seconds)


class _Profiling:
    """One profile: the rows, and what has been measured of them."""

    def __init__(self, reader: Reader, relation: Relation, columns: list[Column], masked: frozenset[str]) -> None:
        self.reader = reader
        self.relation = relation
        self.all = columns
        self.shown = [column for column in columns if column.name not in masked]
        self.numeric = [column.name for column in self.shown if column.family in NUMBERS]
        self.row_count = 0
        self.notes: dict[str, list[str]] = collections.defaultdict(list)

    def _note(self, name: str, what: str, reason: str) -> None:
        self.notes[name].append(f"{what}: {reason.partition(chr(10))[0]}")

    def value(self, column: Column) -> sa.ColumnElement[Any]:
        """A column's values as they are ordered and computed with: strings by code points, only finite numbers."""
        if column.family in NUMBERS:
            return numbers.finite(self.relation, column)
        value = self.relation[column.name]
        if column.family in TEMPORAL:
            known, other = self.relation.of_family(column.name, column.family)
            dates = value if other is None else sa.case((sa.not_(other), value))
            value = dates if column.family == "date" else known  # which makes a moment of a date
        return self.relation.dialect.ordered(value, column.family)

    def columns(self, *, stats: bool, top_n: int, shares: tuple[float, ...], bins: int) -> tuple[ColumnProfile, ...]:
        """Run all statements."""
        scanned = self._scan(dict(self._aggregates(stats=stats)))
        self.row_count = int(scanned["rows"])
        values = {name: self.value(self.relation.columns[name]) for name in self.numeric}
        unmeasured: dict[str, str] = {}
        spread = (
            numbers.spread(self.reader, self.relation, values, scanned, shares, failures=unmeasured) if stats else {}
        )
        for name, reason in unmeasured.items():
            self._note(name, "quantiles", reason)
        shapes = self._shapes() if stats else {}
        frequent = {column.name: self._frequent(column, top_n) for column in self.all}
        binned = self._binned(values, scanned, bins) if bins else {}
        return tuple(
            self._column(
                column,
                scanned,
                frequent=frequent[column.name],
                spread=spread.get(column.name),
                shapes=shapes,
                binned=binned,
            )
            for column in self.all
        )

    def _scan(self, expressions: dict[Any, sa.ColumnElement[Any]]) -> dict[Any, Any]:
        """The one scan. What the driver cannot hand over is shown as the database prints it, or left out."""
        failures: dict[Any, str] = {}
        scanned = self.reader.aggregates(self.relation, expressions, failures=failures)
        ends = {key: self.relation.dialect.printed(expressions[key]) for key in failures if key[0] in ("min", "max")}
        scanned |= self.reader.aggregates(self.relation, ends, failures=failures) if ends else {}
        for key, reason in failures.items():
            if key == "rows":
                raise StatementError(self.reader.opened.description, reason)
            self._note(key[1], key[0].replace("_", " "), reason)
        return scanned

    def _binned(
        self, values: Mapping[str, sa.ColumnElement[Any]], scanned: Mapping[Any, Any], bins: int
    ) -> dict[str, tuple[Bin, ...]]:
        limits = {
            name: (scanned["min", name], scanned["max", name])
            for name in self.numeric
            if not isinstance(scanned.get(("min", name)), str | None) and not isinstance(scanned["max", name], str)
        }
        failures: dict[tuple[str, int], str] = {}
        found = histograms.histograms(self.reader, self.relation, values, limits, bins, failures=failures)
        for name, reason in {name: reason for (name, _), reason in failures.items()}.items():
            self._note(name, "histogram", reason)
        return found

    def _aggregates(self, *, stats: bool) -> Iterator[tuple[Any, sa.ColumnElement[Any]]]:
        """The aggregates of the one scan, by statistic and column."""
        func, dialect = sa.func, self.relation.dialect
        yield "rows", func.count()
        for column in self.all:
            name, value = column.name, self.relation[column.name]
            yield ("count", name), func.count(value)
            if column.family == "text":
                length = dialect.length(value)
                yield ("min_length", name), func.min(length)
                yield ("mean_length", name), func.avg(length)
                yield ("max_length", name), func.max(length)
                yield ("empty", name), func.count(sa.case((value == "", 1)))
        for column in self.shown:
            name, value = column.name, self.value(column)
            if column.family in NUMBERS | TEMPORAL:
                _, other = self.relation.of_family(name, column.family)
                if other is not None:
                    yield ("others", name), count_where(other)
            if column.family in NUMBERS | TEMPORAL | {"text"}:
                yield ("min", name), func.min(value)
                yield ("max", name), func.max(value)
            if column.family in NUMBERS:
                yield ("finite", name), func.count(value)
            if column.family in NUMBERS and stats:
                yield ("mean", name), dialect.mean(value, column)
                yield from numbers.deviation(dialect, name, value)

    def _frequent(self, column: Column, top_n: int) -> tuple[int | None, tuple[ValueCount, ...]]:
        """The number of distinct values and the most frequent ones, by one grouping."""
        try:
            return self._grouped(column, top_n)
        except StatementError as error:
            self._note(column.name, "frequent values", error.reason)
            return None, ()

    def _grouped(self, column: Column, top_n: int) -> tuple[int | None, tuple[ValueCount, ...]]:
        value = self.relation[column.name]
        if column.is_json or column.family in _NOT_GROUPED:
            return None, ()
        grouped = self.relation.select(value.label("value"), sa.func.count().label("n")).group_by(
            *self.relation.groups(column.name)
        )
        if (
            column.family == "unknown"
            and self.row_count
            and not self.reader.exists(grouped.where(value.is_not(None)), self.relation.from_)
        ):
            return None, ()
        groups = grouped.where(value.is_not(None)).subquery("groups")
        order = self.relation.dialect.ordered(groups.c.value, column.family)
        total = sa.func.count().over()
        rows: Sequence[Any] = self.reader.rows(
            lambda values: (
                sa.select(*values, groups.c.n, total).order_by(groups.c.n.desc(), order).limit(max(top_n, 1))
            ),
            [groups.c.value],
        )
        distinct = int(rows[0][2]) if rows else 0
        if column not in self.shown:
            return distinct, ()
        return distinct, tuple(ValueCount(exact(row[0]), int(row[1])) for row in rows[:top_n])

    def _shapes(self) -> dict[str, tuple[tuple[PatternCount, ...], int]]:
        """The most frequent shapes of every column of strings, from the first rows."""
        texts = [column.name for column in self.shown if column.family == "text"]
        if not texts:
            return {}
        printed: set[int] = set()
        rows = self.reader.rows(
            lambda values: self.relation.select(*values).limit(_PATTERN_ROWS),
            [self.relation[name] for name in texts],
            printed,
        )
        found = {}
        for place, name in enumerate(texts):
            if place in printed:
                continue
            shapes = [shape(str(row[place])) for row in rows if row[place] is not None]
            counted = sorted(collections.Counter(shapes).items(), key=lambda item: (-item[1], item[0]))
            shares = (PatternCount(text, round(n / len(shapes), 6)) for text, n in counted[:_MOST_PATTERNS])
            found[name] = tuple(shares), len(shapes)
        return found

    def _column(
        self,
        column: Column,
        scanned: Mapping[Any, Any],
        *,
        frequent: tuple[int | None, tuple[ValueCount, ...]],
        spread: tuple[float | None, dict[str, float]] | None,
        shapes: Mapping[str, tuple[tuple[PatternCount, ...], int]],
        binned: Mapping[str, Any],
    ) -> ColumnProfile:
        name = column.name
        if column.refusal:
            self.notes[name].insert(0, f"no rule can be evaluated on it: {column.refusal}")
        count = _integer(scanned.get(("count", name)))
        # Where all are others, the type says something else: to SQLite a UUID and a GEOMETRY are numbers.
        if (others := scanned.get(("others", name))) and others < count:
            what = "number" if column.family in NUMBERS else column.family
            self.notes[name].append(f"{others:,} of {count:,} values {'is' if others == 1 else 'are'} no {what}")
        distinct, top_values = frequent
        finite = scanned.get(("finite", name))
        text = None
        if column.family == "text":
            patterns, pattern_rows = shapes.get(name, ((), 0))
            text = TextProfile(
                min_length=_integer(scanned.get(("min_length", name))),
                mean_length=numbers.number(scanned.get(("mean_length", name))),
                max_length=_integer(scanned.get(("max_length", name))),
                empty_count=int(scanned.get(("empty", name), 0)),
                patterns=patterns,
                pattern_rows=pattern_rows,
            )
        return ColumnProfile(
            name=name,
            dtype=column.type_name,
            family=column.family,
            row_count=self.row_count,
            null_count=None if count is None else self.row_count - count,
            null_rate=None if count is None or not self.row_count else (self.row_count - count) / self.row_count,
            distinct_count=distinct,
            distinct_rate=distinct / count if distinct is not None and count else None,
            min=exact(scanned.get(("min", name))),
            max=exact(scanned.get(("max", name))),
            mean=numbers.number(scanned.get(("mean", name))),
            stddev=spread[0] if spread else None,
            quantiles=spread[1] if spread else {},
            non_finite_count=None if finite is None or count is None else count - int(finite),
            top_values=top_values,
            text=text,
            histogram=binned.get(name, ()),
            notes=tuple(self.notes[name]),
        )


def _integer(value: Any) -> int | None:
    return None if value is None else int(value)
