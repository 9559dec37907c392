"""Results as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from truthound_kestra.errors import OutputError
from truthound_kestra.results import CheckScriptResult, CompareScriptResult, LearnScriptResult, ProfileScriptResult
from truthound_kestra.sla.metrics import SLAResult

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["to_markdown"]


def to_markdown(result: Any) -> str:
    """A result of a script or of an SLA as Markdown.

    Raises:
        OutputError: It is neither.
    """
    match result:
        case CheckScriptResult():
            parts = [_check(result)] + ([_sla(result.sla)] if result.sla is not None else [])
        case ProfileScriptResult():
            parts = ["# Profile\n" if result.profile is None else result.profile.to_markdown()]
        case LearnScriptResult():
            parts = ["# Learned rules\n" if result.suite is None else result.suite.to_markdown()]
        case CompareScriptResult():
            parts = ["# Comparison\n" if result.comparison is None else result.comparison.to_markdown()]
        case SLAResult():
            parts = [_sla(result)]
        case _:
            raise OutputError(f"The result must be of a script or an SLA, not {type(result).__name__}.")
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def _check(result: CheckScriptResult) -> str:
    if result.report is None:
        return f"# Quality check: {result.status}\n\nNothing was checked.\n"
    text = result.report.to_markdown()
    skipped = f"{result.skipped_count} rules below the minimum severity were skipped."
    for sentence in (*([skipped] if result.skipped_count else []), *result.notes):
        text = text.rstrip("\n") + f"\n\n{_cell(sentence)}\n"
    return text


def _sla(result: SLAResult) -> str:
    verdict = "met" if result.is_compliant else "violated"
    head = f"# SLA {_cell(result.name or '')}".rstrip() + f" {verdict}\n\n"
    if result.is_compliant:
        return head + f"{result.metrics.pass_rate:.2%} of {result.metrics.total_count} passed.\n"
    rows = [(item.level.value, item.violation_type.value, item.message) for item in result.violations]
    return head + _table(("Level", "Limit", "Message"), rows)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    titles = list(head)
    lines = [titles, ["---"] * len(titles), *rows]
    return "".join("| " + " | ".join(_cell(cell) for cell in line) + " |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")
