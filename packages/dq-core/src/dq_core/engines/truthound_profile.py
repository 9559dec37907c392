"""truthound's profiler, with results in the form of this package."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from typing import TYPE_CHECKING, Any

from .._shared.arguments import whole
from ..errors import EngineError
from ..learning.learn import learn_with
from ..learning.options import LearnOptions
from ..profiling import ColumnProfile, PatternCount, Profile, TextProfile, ValueCount
from ..relation.type_family import NUMBERS
from ..report.jsonable import measure
from ..run.chosen import chosen_columns
from ..run.reader import Deadline, Reader, refuse
from ..run.sampling import sampled
from ..sources import open_source
from .arrow import arrow_table, is_held
from .missing import imported

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    import pyarrow as pa

    from .._shared.iceberg.snapshots import AsOf
    from ..learning import LearnedSuite
    from ..relation.column import Column
    from ..relation.relation import Relation

__all__ = ["learn", "profile"]

_PATTERN_ROWS = 1000
#: What its validators are called here. Those for formats (EmailValidator and the like) become patterns.
_KINDS = {
    "NotNullValidator": "not_null", "UniqueValidator": "unique", "ColumnTypeValidator": "type",
    "RangeValidator": "in_range", "InSetValidator": "in_set", "LengthValidator": "length", "RegexValidator": "regex",
    "EmailValidator": "regex", "UrlValidator": "regex", "UuidValidator": "regex", "IpAddressValidator": "regex",
    "PhoneValidator": "regex",
}  # fmt: skip


def profile(
    source: Any,
    *,
    table: str | None = None,
    query: Any = None,
    schema: str | None = None,
    as_of: AsOf | None = None,
    columns: Collection[str] | None = None,
    include_stats: bool = True,
    top_n: int = 10,
    sample_size: int = 0,
    seed: int = 0,
    timeout_seconds: float | None = None,
    storage_options: Mapping[str, Any] | None = None,
    read_options: Mapping[str, Any] | None = None,
    **others: Any,
) -> Profile:
    """Describe a source with truthound; see `dq_core.profile` for the arguments.

    Quantiles are its quartiles. Its patterns are names, such as "email". ``timeout_seconds`` limits the reading.

    Raises:
        EngineError: It has no such option, or a column is of a type that its frames do not hold.
    """
    _refuse_options("profile", others)
    refuse([*whole("top_n", top_n), *whole("sample_size", sample_size), *whole("seed", seed)])
    top_n, sample_size, seed = int(top_n), int(sample_size), int(seed)
    imported("truthound", "truthound")
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
        reader = Reader(opened, deadline)
        names = chosen_columns(opened.relation, columns)
        known = opened.relation.columns
        _refuse_columns(opened.relation, names)
        relation, total = sampled(reader, opened.relation, sample_size, seed)
        rows = arrow_table(reader, relation, names)
    found = _profiled(rows, top_n, include_stats=include_stats)
    return Profile(
        source=opened.description,
        row_count=rows.num_rows if total is None else total,
        sampled_rows=None if relation is opened.relation else rows.num_rows,
        columns=tuple(_column(one, known[one.name], stats=include_stats, top_n=top_n) for one in found.columns),
        engine="truthound",
        execution_time_seconds=round(deadline.elapsed, 6),
        statements=reader.statements,
        started_at=started_at.isoformat(),
    )


def learn(
    source: Any,
    *,
    table: str | None = None,
    query: Any = None,
    schema: str | None = None,
    as_of: AsOf | None = None,
    storage_options: Mapping[str, Any] | None = None,
    read_options: Mapping[str, Any] | None = None,
    semantics: str = "portable",
    **options: Any,
) -> LearnedSuite:
    """Learn the rules that truthound's profiler proposes; see `dq_core.learn` for the arguments.

    truthound says which rules a column could have. Their bounds and their confidence come from the rows, as in
    `dq_core.learn`: its own confidence is a category, and its ranges are wider than the data by some percent.
    """
    imported("truthound", "truthound")

    def proposed(reader: Reader, relation: Relation, names: list[str]) -> Callable[[str, str], bool]:
        _refuse_columns(relation, names)
        return _proposed(arrow_table(reader, relation, names))

    learned = learn_with(
        source,
        LearnOptions(**options),
        proposed,
        table=table,
        query=query,
        schema=schema,
        as_of=as_of,
        storage_options=storage_options,
        read_options=read_options,
        semantics=semantics,
    )
    return dataclasses.replace(learned, engine="truthound")


def _proposed(rows: pa.Table) -> Callable[[str, str], bool]:
    from truthound.profiler import generate_suite

    found = {
        (_KINDS[rule.validator_class], column)
        for rule in generate_suite(_profiled(rows, 10, include_stats=True)).rules
        if rule.validator_class in _KINDS
        for column in rule.columns
    }
    return lambda kind, column: kind == "foreign_key" or (kind, column) in found


def _refuse_options(verb: str, options: Mapping[str, Any]) -> None:
    given = [name for name, value in options.items() if value not in (None, False, (), [])]
    if given:
        raise EngineError(
            f"truthound does not {verb} with {', '.join(given)}.",
            suggestion='get_engine("dq_core") has more options.',
            context={"engine": "truthound", "options": given},
        )


def _refuse_columns(relation: Relation, names: list[str]) -> None:
    known = relation.columns
    foreign = [f"{name} ({known[name].type_name})" for name in names if not is_held(known[name], relation)]
    if foreign:
        raise EngineError(
            f"truthound's frames do not hold these columns as they are: {', '.join(foreign)}.",
            suggestion='Choose others with columns=, or use get_engine("dq_core").',
            context={"engine": "truthound", "columns": foreign},
        )


def _profiled(rows: pa.Table, top_n: int, *, include_stats: bool) -> Any:
    import polars as pl
    from truthound.profiler import ProfilerConfig, profile_dataframe

    config = ProfilerConfig(
        top_n_values=max(top_n, 1), include_patterns=include_stats, pattern_sample_size=_PATTERN_ROWS
    )
    return profile_dataframe(pl.DataFrame(rows), name="source", config=config)


def _column(one: Any, column: Column, *, stats: bool, top_n: int) -> ColumnProfile:
    count = one.row_count - one.null_count
    # It counts NULL as a value.
    distinct = max(one.distinct_count - (one.null_count > 0), 0)
    spread = one.distribution if column.family in NUMBERS else None
    low, high = (spread.min, spread.max) if spread else (one.min_date, one.max_date)
    quartiles = {"0.25": spread.q1, "0.5": spread.median, "0.75": spread.q3} if spread and stats else {}
    values = [value for value in one.top_values if value.value is not None]
    text = None
    if column.family == "text":
        patterns = tuple(
            PatternCount(match.pattern, min(1.0, float(match.match_ratio))) for match in one.detected_patterns
        )
        text = TextProfile(
            min_length=one.min_length,
            mean_length=one.avg_length,
            max_length=one.max_length,
            empty_count=one.empty_string_count,
            patterns=patterns if stats else (),
            pattern_rows=min(count, _PATTERN_ROWS) if stats else 0,
        )
    return ColumnProfile(
        name=one.name,
        dtype=column.type_name,
        family=column.family,
        row_count=one.row_count,
        null_count=one.null_count,
        null_rate=one.null_count / one.row_count if one.row_count else None,
        distinct_count=distinct,
        distinct_rate=distinct / count if count else None,
        min=measure(low),
        max=measure(high),
        mean=_finite(spread.mean) if spread and stats else None,
        stddev=_finite(spread.std) if spread and stats else None,
        quantiles={name: float(value) for name, value in quartiles.items() if _finite(value) is not None},
        top_values=tuple(ValueCount(measure(value.value), int(value.count)) for value in values[:top_n]),
        text=text,
    )


def _finite(value: Any) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)
