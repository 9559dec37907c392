"""What a notebook shows for a value: a piece of HTML in the notebook's own style, without style and script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._shared.wording import plural
from .elements import Markup, element, join
from .view import CheckView, check_view, sample_text, view, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["VALUE_WIDTH", "fragment", "report_fragment", "result_fragment", "table"]

_HEADER = ("Check", "Status", "Severity", "Passing", "Failed rows", "Message")
#: How many characters of a value are shown.
VALUE_WIDTH = 200


def report_fragment(report: Mapping[str, Any]) -> str:
    """A report: the verdict, the checks, and samples of what needs attention."""
    shown = view(report)
    verdict = f"{'Passed' if shown.passed else 'Failed'}: {shown.verdict}"
    rows = [
        (check.name, check.outcome.value, check.severity, check.percent, check.rows, check.message)
        for check in shown.checks
    ]
    return fragment(verdict, shown.facts, [table(_HEADER, rows), *map(_samples, shown.needing_attention)])


def result_fragment(result: Mapping[str, Any]) -> str:
    """The result of one check."""
    shown = check_view(result)
    facts = [
        ("Severity", shown.severity),
        ("Finding", shown.message),
        *((name, text) for name, text in (("Failed rows", shown.rows), ("Observed", shown.observed)) if text),
    ]
    return fragment(f"{shown.name}: {shown.outcome.value}", facts, [_samples(shown)])


def fragment(title: str, facts: Iterable[tuple[str, str]], tables: Iterable[Markup | None]) -> str:
    """A title, facts and tables."""
    about = " · ".join(f"{name}: {visible(text)}" for name, text in facts)
    heading = element("p", element("strong", visible(title)), Markup("<br>"), about)
    return element("div", heading, *tables)


def table(header: Sequence[str], rows: Iterable[Sequence[str]], *, title: str | None = None) -> Markup:
    """A table; the cells are text out of the data."""
    head = element("tr", *(element("th", visible(name, limit=VALUE_WIDTH), scope="col") for name in header))
    body = (element("tr", *(element("td", visible(cell, limit=VALUE_WIDTH)) for cell in row)) for row in rows)
    caption = None if title is None else element("caption", visible(title))
    return element("table", caption, element("thead", head), element("tbody", join(*body)))


def _samples(check: CheckView) -> Markup | None:
    if not check.samples:
        return None
    rows = [[sample_text(value) for value in sample] for sample in check.samples]
    return table(check.sample_columns, rows, title=f"{check.name}: {plural(len(rows), 'failing row')} as a sample")
