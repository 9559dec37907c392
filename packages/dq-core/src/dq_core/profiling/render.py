"""A profile as text, Markdown and HTML, in the manner of reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..report import tables
from ..report.view import count, duration, moment, percent, plural, value_text

if TYPE_CHECKING:
    from .model import ColumnProfile, Profile

__all__ = ["to_html", "to_markdown", "to_text"]

_HEADER = ("Column", "Type", "NULL", "Distinct", "Min", "Max", "Mean", "Deviation", "Most frequent", "Shape")
_RIGHT = frozenset({2, 3, 6, 7})
_TITLE = "Data profile"


def to_text(profile: Profile) -> str:
    """The profile for a terminal."""
    return tables.to_text(_TITLE, _facts(profile), _tables(profile))


def to_markdown(profile: Profile) -> str:
    """The profile as GitHub-flavoured Markdown."""
    return tables.to_markdown(_TITLE, _facts(profile), _tables(profile))


def to_html(profile: Profile) -> str:
    """The profile as one self-contained HTML page."""
    return tables.to_html(_TITLE, _facts(profile), _tables(profile))


def _facts(profile: Profile) -> list[tuple[str, str]]:
    rows = count(profile.row_count)
    if profile.sampled_rows is not None:
        rows += f", of which {count(profile.sampled_rows)} were looked at"
    return [
        ("Source", profile.source),
        ("Rows", rows),
        ("Columns", count(profile.column_count)),
        ("Started", moment(profile.started_at)),
        ("Took", duration(profile.execution_time_seconds)),
        ("Statements", count(profile.statements)),
        ("Engine", profile.engine),
    ]


def _tables(profile: Profile) -> list[tables.Table]:
    found = [tables.Table("Columns", _HEADER, [_cells(column) for column in profile.columns], _RIGHT)]
    for column in profile.columns:
        if column.histogram:
            rows = [[_text(one.low), _text(one.high), count(one.count)] for one in column.histogram]
            found.append(
                tables.Table(f"Histogram of {column.name}", ("From", "To", "Rows"), rows, frozenset({0, 1, 2}))
            )
    return found


def _cells(column: ColumnProfile) -> list[str]:
    frequent = column.top_values[0] if column.top_values else None
    shape = column.text.patterns[0] if column.text is not None and column.text.patterns else None
    return [
        column.name,
        column.dtype,
        "" if column.null_rate is None else percent(column.null_rate),
        "" if column.distinct_count is None else count(column.distinct_count),
        _text(column.min),
        _text(column.max),
        _text(column.mean),
        _text(column.stddev),
        "" if frequent is None else f"{_text(frequent.value)} ({plural(frequent.count, 'row')})",
        "" if shape is None else f"{shape.pattern} ({percent(shape.share)})",
    ]


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return "" if value is None else value_text(value)
