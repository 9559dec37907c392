"""A comparison as text and Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._shared.wording import plural
from ..report import markdown, text
from ..report.compared import counted
from ..report.view import (
    count,
    differing_texts,
    duration,
    moment,
    sample_text,
    stated_semantics,
    value_text,
    visible,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["KINDS", "facts", "findings", "notes", "to_markdown", "to_text", "verdict"]

#: What each kind of difference means, as a heading.
KINDS = {
    "changed": "Changed rows",
    "missing": "Missing rows (only on the left)",
    "extra": "Extra rows (only on the right)",
}
_WIDTH = 40
_MARKDOWN_WIDTH = 120


def verdict(found: Mapping[str, Any]) -> str:
    """One sentence: whether the sides are equal, and if not, how many rows differ and in which columns."""
    if found["equal"]:
        within = found["within_tolerance"]
        rest = f", {count(within)} of them within the tolerance" if within else ""
        return f"Equal: {plural(found['left_rows'], 'row')}{rest}"
    numbers = ((kind, found[kind]) for kind in ("missing", "extra", "changed"))
    return f"Different: {counted(numbers, found['changed_columns'].items())}"


def facts(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is known about the comparison, as names and text."""
    tolerance = found["tolerance"]
    return [
        ("Left", found["left"]),
        ("Right", found["right"]),
        ("Rows", f"{count(found['left_rows'])} left, {count(found['right_rows'])} right"),
        ("Keys", ", ".join(found["keys"]) or "none: whole rows were compared"),
        ("Columns", ", ".join(found["columns"])),
        *([("Tolerance", value_text(tolerance))] if tolerance is not None else []),
        *([("Where", found["where"])] if found["where"] else []),
        *([("Started", moment(found["started_at"]))] if found["started_at"] else []),
        ("Took", duration(found["execution_time_seconds"])),
        ("Statements", count(found["statements"])),
        *stated_semantics(found["semantics"]),
    ]


def notes(found: Mapping[str, Any]) -> list[str]:
    """What is wrong with the keys, one sentence each."""
    sides = ("left", "right")
    nulls = [f"{plural(found['null_keys'][side], 'row')} on the {side}" for side in sides if found["null_keys"][side]]
    repeated = [
        f"{count(found['repeated_keys'][side])} on the {side}" for side in sides if found["repeated_keys"][side]
    ]
    found_notes = []
    if nulls:
        found_notes.append(f"NULL in the key: {' and '.join(nulls)}; NULL is compared like a value.")
    if repeated:
        found_notes.append(
            f"Keys that are not unique: {' and '.join(repeated)} of the rows that were looked at share their key; rows "
            "of one key are compared in any order."
        )
    return found_notes


def findings(found: Mapping[str, Any], kind: str, limit: int) -> tuple[list[str], list[list[str]]] | None:
    """The samples of a kind as a table: a header and rows; None without samples.

    Args:
        found: The comparison.
        kind: "missing", "extra" or "changed".
        limit: How many characters of a value are shown.
    """
    samples = [one for one in found["samples"] if one["kind"] == kind]
    if not samples:
        return None
    if kind != "changed":
        rows = [one["left"] or one["right"] for one in samples]
        return list(found["columns"]), [[sample_text(row[name]) for name in found["columns"]] for row in rows]
    keys = list(found["keys"])
    body = [
        [
            *(sample_text(one["left"][key]) for key in keys),
            name,
            *differing_texts(one["left"][name], one["right"][name], limit=limit),
        ]
        for one in samples
        for name in one["columns"]
    ]
    return [*keys, "Column", "Left", "Right"], body


def _title(found: Mapping[str, Any], kind: str) -> str:
    shown = sum(one["kind"] == kind for one in found["samples"])
    more = f", the first {count(shown)}" if shown < found[kind] else ""
    return f"{KINDS[kind]}: {count(found[kind])}{more}"


def _tables(found: Mapping[str, Any], limit: int) -> Iterator[tuple[str, list[str], list[list[str]]]]:
    for kind in KINDS:
        table = findings(found, kind, limit)
        if table is not None:
            yield _title(found, kind), *table


def to_text(found: Mapping[str, Any]) -> str:
    """A comparison as plain text."""
    mark = "EQUAL" if found["equal"] else "DIFFERENT"
    lines = [
        f"{mark}  {visible(verdict(found).partition(': ')[2])}",
        *(f"{name}: {visible(value)}" for name, value in facts(found)),
    ]
    lines += [f"! {visible(note)}" for note in notes(found)]
    for title, header, rows in _tables(found, _WIDTH):
        lines += ["", title, *text.table(_short(header), [_short(row) for row in rows])]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _short(cells: Sequence[str]) -> list[str]:
    return [visible(cell, limit=_WIDTH) for cell in cells]


def to_markdown(found: Mapping[str, Any]) -> str:
    """A comparison as GitHub-flavoured Markdown; values are escaped."""
    mark = "✅" if found["equal"] else "❌"
    head = " · ".join(f"{name}: {markdown.escape(value)}" for name, value in facts(found))
    lines = [f"## {mark} {markdown.escape(verdict(found))}", "", head]
    for note in notes(found):
        lines += ["", f"⚠️ {markdown.escape(note)}"]
    for title, header, rows in _tables(found, _MARKDOWN_WIDTH):
        escaped = [[markdown.escape(cell, limit=_MARKDOWN_WIDTH) for cell in row] for row in rows]
        lines += [
            "",
            f"### {markdown.escape(title)}",
            "",
            *markdown.table([markdown.escape(one) for one in header], escaped),
        ]
    return "\n".join(lines) + "\n"
