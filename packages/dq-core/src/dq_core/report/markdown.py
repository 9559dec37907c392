"""A report as GitHub-flavoured Markdown: a pull request's comment, a Prefect artifact, an output of a Kestra task.

No HTML tag is written, so that the text reads the same where a renderer strips or escapes them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .._shared.wording import plural
from .view import DEFAULT_TITLE, CheckView, DisplayStatus, ReportView, refuse_looks, sample_text, view, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_MARKS = {
    DisplayStatus.ERROR: "💥 error",
    DisplayStatus.FAILED: "❌ failed",
    DisplayStatus.WARNING: "⚠️ warning",
    DisplayStatus.SKIPPED: "⏭️ skipped",
    DisplayStatus.PASSED: "✅ passed",
}
_VALUE_WIDTH = 120
# What could begin markup inside a line. An underscore within a word never does, and names of checks are full of them.
# `&` and `<` become entities: renderers differ in what a backslash before them does to a following HTML tag.
_SPECIAL = re.compile(r"[\\`*\[\]#|~$]|(?<![^\W_])_|_(?![^\W_])")


def to_markdown(report: Mapping[str, Any], *, samples: int = 5, title: str | None = None) -> str:
    """A report as GitHub-flavoured Markdown.

    Args:
        report: A report or its plain dict form.
        samples: How many sample rows to show under each check that needs attention.
        title: The heading; default: ``"Data quality report"``.

    Returns:
        The text, ending in a line break. Names, messages and values out of the data are escaped: they show as they
        are, and can neither leave their table cell nor become markup or HTML.
    """
    refuse_looks(samples=samples, title=title)
    shown = view(report)
    mark, verdict = ("✅", "passed") if shown.passed else ("❌", "failed")
    lines = [f"## {mark} {escape(title or DEFAULT_TITLE)}: {verdict}", ""]
    lines += [_summary(shown), ""]
    if shown.checks:
        header = ("Outcome", "Check", "Severity", "Passing", "Failed rows", "Message")
        lines += [*table(header, map(_cells, shown.checks), align="lllrrl"), ""]
    for check in shown.needing_attention:
        lines += [*_attention(check, samples), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _summary(shown: ReportView) -> str:
    return f"**{escape(shown.verdict)}**  \n" + " · ".join(f"{name}: {escape(text)}" for name, text in shown.facts)


def _cells(check: CheckView) -> tuple[str, ...]:
    return (
        _MARKS[check.outcome],
        escape(check.name),
        escape(check.severity),
        escape(check.percent),
        escape(check.rows),
        escape(check.message),
    )


def _attention(check: CheckView, samples: int) -> Iterator[str]:
    column = f" on {escape(check.column)}" if check.column else ""
    yield f"### {_MARKS[check.outcome]}: {escape(check.name)}"
    yield ""
    yield f"{escape(check.type)}{column}, {escape(check.severity)}. {escape(check.message)}"
    if check.samples and samples > 0:
        rows = check.samples[:samples]
        yield ""
        yield from table([_value(name) for name in check.sample_columns], ([*map(_value, row)] for row in rows))
        if len(rows) < len(check.samples):
            yield ""
            yield f"The report has {plural(len(check.samples) - len(rows), 'more sample')}."
    if check.sql:
        yield ""
        yield from _fence(check.sql_lines)


def _value(value: object) -> str:
    return escape(sample_text(value), limit=_VALUE_WIDTH)


def escape(text: str, *, limit: int | None = None) -> str:
    """Text that shows as it is inside a paragraph, a heading or a table cell."""
    text = visible(text, limit=limit)
    return _SPECIAL.sub(r"\\\g<0>", text.replace("&", "&amp;").replace("<", "&lt;"))


def table(header: Sequence[str], rows: Iterable[Sequence[str]], *, align: str = "") -> Iterator[str]:
    """The lines of a table; ``align`` has an ``r`` for each column that is set flush right."""
    rules = {"r": "---:", "l": "---"}
    yield f"| {' | '.join(header)} |"
    yield f"| {' | '.join(rules[side] for side in align or 'l' * len(header))} |"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _fence(lines: Sequence[str]) -> Iterator[str]:
    """A code block whose fence is longer than any run of backticks in it."""
    fence = "`" * max(3, 1 + max((len(run) for line in lines for run in re.findall("`+", line)), default=0))
    yield f"{fence}sql"
    yield from lines
    yield fence
