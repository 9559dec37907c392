"""Learned rules as text, Markdown and HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..report import tables
from ..report.view import count, duration, moment, value_text

if TYPE_CHECKING:
    from .model import LearnedRule, LearnedSuite

__all__ = ["to_html", "to_markdown", "to_text"]

_HEADER = ("Column", "Rule", "Options", "Confidence", "Tried on", "Exceptions")
_TITLE = "Learned rules"
_COMMON = frozenset({"type", "column", "columns", "description"})


def to_text(learned: LearnedSuite) -> str:
    """The rules for a terminal."""
    return tables.to_text(_TITLE, _facts(learned), [_table(learned)])


def to_markdown(learned: LearnedSuite) -> str:
    """The rules as GitHub-flavoured Markdown."""
    return tables.to_markdown(_TITLE, _facts(learned), [_table(learned)])


def to_html(learned: LearnedSuite) -> str:
    """The rules as one self-contained HTML page."""
    return tables.to_html(_TITLE, _facts(learned), [_table(learned)])


def _facts(learned: LearnedSuite) -> list[tuple[str, str]]:
    rows = count(learned.row_count)
    if learned.sampled_rows is not None:
        rows += f", of which {count(learned.sampled_rows)} were looked at"
    return [
        ("Source", learned.source),
        ("Rows", rows),
        ("Started", moment(learned.started_at)),
        ("Took", duration(learned.execution_time_seconds)),
        ("Statements", count(learned.statements)),
        ("Engine", learned.engine),
    ]


def _table(learned: LearnedSuite) -> tables.Table:
    title = f"{len(learned)} rules with a confidence of at least {learned.min_confidence:g}"
    return tables.Table(title, _HEADER, [_cells(rule) for rule in learned.rules], frozenset({3, 4, 5}))


def _cells(rule: LearnedRule) -> list[str]:
    options = {name: value for name, value in rule.check.to_dict().items() if name not in _COMMON}
    return [
        rule.column or "",
        rule.type,
        "; ".join(f"{name} {value_text(value)}" for name, value in options.items()),
        f"{rule.confidence:.4f}",
        count(rule.rows),
        count(rule.exceptions),
    ]
