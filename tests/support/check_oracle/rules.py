"""Drawn rules: every kind, with options that fit a column of a table."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from support.check_oracle.reading import NUMBERS, kind_of
from support.check_oracle.semantics import Rule
from support.check_oracle.values import EDGES, values_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.check_oracle.sources import Source
    from support.check_oracle.values import Table

__all__ = ["KINDS", "rules"]

#: Conditions that mean the same in every SQL, and what they mean; None is unknown.
CONDITIONS: list[tuple[str, Callable[[int], bool | None]]] = [
    ("id % 2 = 0", lambda row: row % 2 == 0),
    ("id < 3 -- few", lambda row: row < 3),
    ("id < 0 OR id > 100", lambda row: False),
    ("NULLIF(id, 1) >= 0", lambda row: None if row == 1 else True),
    ("id IN (0, 2, 4) AND 'a;b' <> '('", lambda row: row in (0, 2, 4)),
]
THRESHOLDS = [0, 0.25, 0.5, 0.9, 1 / 3, 0.6666666666666666, 1, 1.0]
DTYPES = ["integer", "float", "decimal", "number", "boolean", "text", "date", "datetime", "time", "binary", "uuid"]
#: Pieces of patterns that are the same for Python.
PIECES = ["a", "A", "b", "é", r"\.", "'", "%", "_", r"\\", r"\d", r"\w", r"\s", "[a-c]", "[^a]", ".", "a*", "b?",
          "(a|b)", r"\b", "e\u0301", "x{2}", r"\x41", "[0-9]+", "\U0001f600", "$", "^"]  # fmt: skip


def _drawn_where(draw: st.DrawFn) -> tuple[dict[str, Any], Callable[[int], bool | None]]:
    if draw(st.integers(0, 3)):
        return {}, lambda row: True
    sql, test = draw(st.sampled_from(CONDITIONS))
    return {"where": sql}, test


def _option(table: Table, column: str, source: Source) -> st.SearchStrategy[Any]:
    """A value to compare a column's with: its own, others of its family, and what can be compared with them."""
    family = table.families[column]
    if family == "mixed":
        own = st.sampled_from(table.pools[column])
        return own.filter(_comparable)
    own = st.sampled_from(table.pools[column]) | st.sampled_from(EDGES[family])
    if family in NUMBERS:
        others = st.sampled_from([*EDGES["integer"], *EDGES["decimal"], *EDGES["float"], 0.5, -0.5]) | values_of(family)
        own = own | others
    if family in ("date", "datetime", "zoned"):
        written = own.map(lambda value: value.isoformat())
        own = own | written
        if family != "date":
            own = own | st.sampled_from(EDGES["date"][2:]) | values_of("datetime")
    return own.filter(lambda value: _comparable(value) and not (isinstance(value, str) and source.refuses(value)))


def _comparable(value: Any) -> bool:
    """Rules may not compare with NaN or infinity."""
    return not isinstance(value, float) or (value == value and abs(value) != float("inf"))


def _bounds(draw: st.DrawFn, values: st.SearchStrategy[Any]) -> dict[str, Any]:
    low, high = draw(values), draw(values)
    if kind_of(low) != kind_of(high) or not _ordered(low, high) or draw(st.integers(0, 2)) == 0:
        chosen = draw(st.sampled_from(["min", "max"]))
        return {chosen: low, f"strict_{chosen}": draw(st.booleans())}
    low, high = sorted([low, high])
    given: dict[str, Any] = {"min": low, "max": high}
    for name in ("min", "max"):
        if low < high and draw(st.booleans()):
            given[f"strict_{name}"] = True
    return given


def _ordered(low: Any, high: Any) -> bool:
    try:
        return bool(low < high or low >= high)
    except TypeError:
        return False


@st.composite
def patterns(draw: st.DrawFn) -> tuple[str, Callable[[str], bool]]:
    """A pattern, and whether it is found in a text."""
    pieces = draw(st.lists(st.sampled_from(PIECES), min_size=1, max_size=3))
    flags = draw(st.sampled_from(["", "", "(?i)", "(?s)"]))
    pattern = "".join(pieces)
    python = re.compile(flags + pattern.replace("$", r"\Z"), re.ASCII)
    return flags + pattern, lambda text: python.search(text) is not None


@st.composite
def rules(draw: st.DrawFn, table: Table, source: Source, kind: str) -> Rule | None:
    """A rule of a kind; None if no column of the table is fit for it."""
    given, where = _drawn_where(draw)
    given = {"type": kind, "severity": draw(st.sampled_from(["info", "warning", "error", "critical"])), **given}
    columns = [name for name in table.columns if name != "id" and source.fits(kind, table, name)]
    if kind in ("row_count", "custom", "expression", "schema"):
        return _of_table(draw, table, source, given, where)
    if not columns:
        return None
    column = draw(st.sampled_from(columns))
    given["column"] = column
    family = table.families[column]
    if kind not in ("distinct_count", "statistic", "freshness"):
        given["threshold"] = draw(st.sampled_from(THRESHOLDS))
    match kind:
        case "unique" | "foreign_key":
            several = draw(st.lists(st.sampled_from(columns), min_size=1, max_size=2, unique=True))
            if kind == "foreign_key":
                several = several[:1]
            given |= {"columns": several}
            del given["column"]
            if kind == "foreign_key":
                rows = draw(st.lists(st.sampled_from(table.pools[several[0]]) | st.none(), max_size=4))
                return Rule(given | {"references": {"columns": several}}, where, referenced=[(one,) for one in rows])
        case "in_range":
            given |= _bounds(
                draw,
                _option(table, column, source).filter(lambda value: not isinstance(value, bool | bytes | uuid.UUID)),
            )
        case "in_set" | "not_in_set":
            given["values"] = draw(st.lists(_option(table, column, source), max_size=4))
        case "regex" | "not_regex":
            pattern, test = draw(patterns())
            return Rule(given | {"pattern": pattern}, where, test)
        case "length" | "distinct_count":
            given |= _bounds(draw, st.integers(0, 4) | st.just(300))
            given.pop("strict_min", None)
            given.pop("strict_max", None)
        case "type":
            given["dtype"] = draw(st.sampled_from([one for one in DTYPES if source.tells(one, family)]))
        case "freshness":
            given["max_age"] = draw(st.sampled_from([1, 10**9, 10**10, 10**11]))
        case "statistic":
            names = ["min", "max"] if family not in NUMBERS else ["min", "max", "mean", "median", "sum", "stddev"]
            given["statistic"] = draw(st.sampled_from(names))
            given |= _bounds(draw, _option(table, column, source))
    return Rule(given, where)


def _of_table(
    draw: st.DrawFn, table: Table, source: Source, given: dict[str, Any], where: Callable[[int], bool | None]
) -> Rule | None:
    match given["type"]:
        case "row_count":
            bounds = _bounds(draw, st.integers(0, 8))
            return Rule(given | {key: value for key, value in bounds.items() if "strict" not in key}, where)
        case "custom":
            least = draw(st.integers(0, 8))
            function = _function(least)
            return Rule(given | {"function": function}, where, function)
        case "expression":
            sql, test = draw(st.sampled_from(CONDITIONS))
            return Rule(given | {"sql": sql, "threshold": draw(st.sampled_from(THRESHOLDS))}, where, test)
        case _:
            given.pop("where", None)
            known = [name for name in table.columns if name == "id" or source.declares(table, name)]
            if source.name in ("rows", "jsonl") and not table.size:
                return None
            columns: dict[str, Any] = {
                name: draw(st.none() | st.sampled_from(_dtypes(source, table, name)))
                for name in draw(st.lists(st.sampled_from(known), min_size=1, unique=True))
            }
            if draw(st.integers(0, 5)) == 0:
                columns["nowhere"] = None
            return Rule(given | {"columns": columns, "strict": draw(st.booleans())})


def _dtypes(source: Source, table: Table, name: str) -> list[str]:
    return [one for one in DTYPES if source.tells(one, table.families[name])]


def _function(least: int) -> Callable[[list[dict[str, Any]]], bool]:
    def enough(rows: list[dict[str, Any]]) -> bool:
        return sum(int(row["id"]) for row in rows) >= least

    return enough


KINDS = (
    "not_null", "null", "completeness", "unique", "in_range", "in_set", "not_in_set", "regex", "not_regex", "length",
    "type", "row_count", "distinct_count", "statistic", "schema", "foreign_key", "freshness", "expression", "custom",
)  # fmt: skip
