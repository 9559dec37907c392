"""A report for a terminal or a log: a table of the checks, and under it what needs attention.

``to_text`` needs nothing and gives the same text everywhere; ``rich_report`` is its coloured twin for terminals.
"""

from __future__ import annotations

import textwrap
import unicodedata
from typing import TYPE_CHECKING, Any

from ..errors import MissingDependencyError
from .view import CheckView, DisplayStatus, ReportView, check_view, refuse_looks, sample_text, view, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.console import RenderableType

_MARKS = {
    DisplayStatus.ERROR: "‼",
    DisplayStatus.FAILED: "✗",
    DisplayStatus.WARNING: "!",
    DisplayStatus.SKIPPED: "-",
    DisplayStatus.PASSED: "✓",
}
_STYLES = {
    DisplayStatus.ERROR: "bold magenta",
    DisplayStatus.FAILED: "bold red",
    DisplayStatus.WARNING: "yellow",
    DisplayStatus.SKIPPED: "dim",
    DisplayStatus.PASSED: "green",
}
_HEADER = ("", "Check", "Severity", "Passing", "Failed rows", "Observed")
_RIGHT = frozenset({3, 4})
_NAME_WIDTH = 48
_VALUE_WIDTH = 32


def to_text(report: Mapping[str, Any], *, width: int = 120, samples: int = 5) -> str:
    """A report as plain text.

    Args:
        report: A report or its plain dict form.
        width: Columns to wrap messages to; the tables take what they need.
        samples: How many sample rows to show under each check that needs attention.

    Returns:
        The text, ending in a line break. Values out of the data cannot steer a terminal: control characters are shown
        as escapes.
    """
    refuse_looks(samples=samples, width=width)
    shown = view(report)
    lines = [_headline(shown), *_facts(shown), ""]
    if shown.checks:
        lines += [*table(_HEADER, [_cells(check) for check in shown.checks], _RIGHT), ""]
    for check in shown.needing_attention:
        lines += [*_attention(check, width, samples), ""]
    return "\n".join(line.rstrip() for line in lines).rstrip("\n") + "\n"


def headline(report: Mapping[str, Any]) -> str:
    """The verdict in one line: ``FAILED  2 checks: 1 failed, 1 passed``."""
    return _headline(view(report))


def result_text(result: Mapping[str, Any], *, width: int = 120, samples: int = 5) -> str:
    """The result of one check as plain text, as `to_text` shows those that need attention.

    Args:
        result: A result or its plain dict form.
        width: Columns to wrap the message to.
        samples: How many sample rows to show.
    """
    return "\n".join(line.rstrip() for line in _attention(check_view(result), width, samples)) + "\n"


def rich_report(report: Mapping[str, Any], *, samples: int = 5) -> RenderableType:
    """A report as something that rich prints: ``rich.print(rich_report(report))``.

    Args:
        report: A report or its plain dict form.
        samples: How many sample rows to show under each check that needs attention.

    Returns:
        A rich renderable.

    Raises:
        MissingDependencyError: rich is not installed.
    """
    try:
        from rich.console import Group
        from rich.padding import Padding
        from rich.text import Text
    except ImportError as error:
        raise MissingDependencyError.extra("rich", "rich", "A report in colour") from error

    refuse_looks(samples=samples)
    shown = view(report)
    parts: list[RenderableType] = [Text(_headline(shown), style="bold green" if shown.passed else "bold red")]
    parts += [Text(line, style="dim") for line in _facts(shown)]
    if shown.checks:
        rows = [_cells(check) for check in shown.checks]
        styles = [_STYLES[check.outcome] for check in shown.checks]
        parts += ["", _rich_table(_HEADER, rows, styles)]
    for check in shown.needing_attention:
        parts += [
            "",
            Text(_title(check), style=_STYLES[check.outcome]),
            Padding(Text(_one_line(check.message)), (0, 2)),
        ]
        if check.samples and samples > 0:
            header, body = _sample_cells(check, samples)
            parts.append(Padding(_rich_table(header, body), (0, 2)))
        if check.sql:
            parts.append(Padding(Text("\n".join(check.sql_lines), style="cyan"), (0, 2)))
    return Group(*parts)


def _rich_table(header: Sequence[str], rows: Sequence[Sequence[str]], styles: Sequence[str] = ()) -> RenderableType:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for index, name in enumerate(header):
        # Text, never markup: a value such as "[red]" is data.
        table.add_column(Text(name), justify="right" if styles and index in _RIGHT else "left", overflow="fold")
    for index, row in enumerate(rows):
        style = styles[index] if styles else ""
        table.add_row(Text(row[0], style=style), *map(Text, row[1:]))
    return table


def _headline(shown: ReportView) -> str:
    return f"{'PASSED' if shown.passed else 'FAILED'}  {shown.verdict}"


def _facts(shown: ReportView) -> Iterator[str]:
    facts = [f"{name}: {visible(text)}" for name, text in shown.facts]
    yield from facts[:1]
    if facts[1:]:
        yield "   ".join(facts[1:])


def _one_line(text: str) -> str:
    return visible(" ".join(text.split()))


def _cells(check: CheckView) -> tuple[str, ...]:
    return (
        _MARKS[check.outcome],
        visible(check.name, limit=_NAME_WIDTH),
        check.severity,
        check.percent,
        check.rows,
        visible(check.observed, limit=_VALUE_WIDTH),
    )


def _title(check: CheckView) -> str:
    column = f" on {visible(check.column)}" if check.column else ""
    return (
        f"{_MARKS[check.outcome]} {visible(check.name)}: {check.outcome.value} ({check.type}{column}, {check.severity})"
    )


def _sample_cells(check: CheckView, samples: int) -> tuple[list[str], list[list[str]]]:
    header = [visible(name, limit=_VALUE_WIDTH) for name in check.sample_columns]
    rows = check.samples[:samples]
    return header, [[visible(sample_text(value), limit=_VALUE_WIDTH) for value in row] for row in rows]


def _attention(check: CheckView, width: int, samples: int) -> Iterator[str]:
    yield _title(check)
    yield from textwrap.wrap(_one_line(check.message), width - 2, initial_indent="  ", subsequent_indent="  ")
    if check.samples and samples > 0:
        header, rows = _sample_cells(check, samples)
        yield from (f"  {line}" for line in table(header, rows))
    yield from (f"  {line}" for line in check.sql_lines)


def table(header: Sequence[str], rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> Iterator[str]:
    """The lines of a table; ``right`` has the positions of the columns that are set flush right."""
    widths = [max(map(_columns, column)) for column in zip(header, *rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        padded = (
            _pad(cell, width, index in right) for index, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return "  ".join(padded)

    yield line(header)
    yield "  ".join("─" * width for width in widths)
    yield from map(line, rows)


def _columns(text: str) -> int:
    """How many columns of a terminal the text takes: East Asian wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def _pad(text: str, width: int, right: bool) -> str:
    space = " " * (width - _columns(text))
    return space + text if right else text + space
