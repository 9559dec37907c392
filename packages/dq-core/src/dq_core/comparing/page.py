"""A comparison as an HTML page in the style of reports: left and right beside each other, what differs marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..report import notebook
from ..report.elements import Markup, element
from ..report.html import fact, icon, icons, page
from ..report.view import DisplayStatus, count, differing_texts, sample_text, visible
from ..version import VERSION
from . import printed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["fragment", "to_html"]

_WIDTH = 500
_LONG = 48
_HEADING = "Comparison"


def to_html(found: Mapping[str, Any]) -> str:
    """A comparison as one self-contained document; everything out of the data is escaped."""
    sections = (_section(found, kind) for kind in printed.KINDS)
    return page(
        f"{printed.verdict(found)}: {found['left']} and {found['right']}",
        icons(),
        _masthead(found),
        element("main", _counts(found), *sections),
        element("footer", f"Written by dq-core {VERSION}"),
    )


def fragment(found: Mapping[str, Any]) -> str:
    """A comparison for a notebook."""
    tables = (
        notebook.table(*table, title=printed.KINDS[kind])
        for kind in printed.KINDS
        if (table := printed.findings(found, kind, notebook.VALUE_WIDTH)) is not None
    )
    return notebook.fragment(printed.verdict(found), printed.facts(found), tables)


def _masthead(found: Mapping[str, Any]) -> Markup:
    outcome = DisplayStatus.PASSED if found["equal"] else DisplayStatus.FAILED
    label, _, sentence = printed.verdict(found).partition(": ")
    return element(
        "header",
        element("p", icon(outcome), label, class_=f"verdict {outcome.value}"),
        element("h1", _HEADING),
        element("p", visible(sentence), class_="sentence"),
        element("dl", *(fact(name, text) for name, text in printed.facts(found)), class_="facts pair"),
        *(element("p", visible(note), class_="note warning") for note in printed.notes(found)),
        class_="masthead",
    )


def _counts(found: Mapping[str, Any]) -> Markup | None:
    if found["equal"]:
        return None
    tiles = (
        element(
            "li",
            element("span", count(found[kind]), class_="number"),
            element("span", label, class_="label"),
            class_=kind,
        )
        for kind, label in (("missing", "Missing"), ("extra", "Extra"), ("changed", "Changed"))
    )
    by_column = [
        element("div", element("dt", visible(name)), element("dd", count(number)))
        for name, number in found["changed_columns"].items()
    ]
    return element(
        "section",
        element("h2", "Summary", class_="unseen"),
        element("ul", *tiles, class_="tiles"),
        element("h2", "Changed rows by column", class_="by-column") if by_column else None,
        element("dl", *by_column, class_="facts counts") if by_column else None,
    )


def _section(found: Mapping[str, Any], kind: str) -> Markup | None:
    samples = [one for one in found["samples"] if one["kind"] == kind]
    if not samples:
        return None
    more = found[kind] - len(samples)
    title = f"{printed.KINDS[kind]}: {count(found[kind])}"
    table = _beside(found, samples) if kind == "changed" else _whole(found, samples, kind)
    return element(
        "section",
        element("h2", title),
        element("div", table, class_="scroll", tabindex="0", role="region", aria_label=title),
        element("p", f"{count(more)} more are not shown.", class_="sentence") if more else None,
        class_="document",
    )


def _whole(found: Mapping[str, Any], samples: Sequence[Mapping[str, Any]], kind: str) -> Markup:
    """Rows that only one side has."""
    rows = [one["left"] or one["right"] for one in samples]
    head = element("tr", *(_head(name) for name in found["columns"]))
    body = (element("tr", *(_cell(row[name]) for name in found["columns"]), class_=kind) for row in rows)
    return element("table", element("thead", head), element("tbody", *body), class_="compared")


def _beside(found: Mapping[str, Any], samples: Sequence[Mapping[str, Any]]) -> Markup:
    """Rows of both sides: columns that differ in any of them have two cells beside each other, the others one."""
    differing = [name for name in found["columns"] if any(name in one["columns"] for one in samples)]
    alike = [name for name in found["columns"] if name not in differing and name not in found["keys"]]
    keys = [name for name in found["keys"] if name not in differing]
    upper = [
        *(_head(name, rowspan="2", class_="key") for name in keys),
        *(_head(name, colspan="2", class_="pair") for name in differing),
        *(_head(name, rowspan="2") for name in alike),
    ]
    lower = [
        element("th", side, scope="col", class_="side" + (" first" if side == "Left" else ""))
        for _ in differing
        for side in ("Left", "Right")
    ]
    body = (element("tr", *_row(one, keys, differing, alike)) for one in samples)
    head = element("thead", element("tr", *upper), element("tr", *lower))
    return element("table", head, element("tbody", *body), class_="compared")


def _row(
    sample: Mapping[str, Any], keys: Sequence[str], differing: Sequence[str], alike: Sequence[str]
) -> Iterator[Markup]:
    for name in keys:
        yield _cell(sample["left"][name], "key")
    for name in differing:
        left, right = sample["left"][name], sample["right"][name]
        if name in sample["columns"]:
            texts = differing_texts(left, right, limit=_WIDTH)
            yield _cell(left, "first gone", texts[0])
            yield _cell(right, "come", texts[1])
        else:
            yield _cell(left, "first same")
            yield _cell(right, "same")
    for name in alike:
        yield _cell(sample["left"][name], "same")


def _head(name: str, **attributes: str) -> Markup:
    return element("th", visible(name, limit=_WIDTH), scope="col", **attributes)


def _cell(value: object, kind: str | None = None, text: str | None = None) -> Markup:
    text = visible(sample_text(value) if text is None else text, limit=_WIDTH)
    # What is marked by its colour is marked for those who see none as well.
    tag = {"gone": "del", "come": "ins"}.get((kind or "").rpartition(" ")[2])
    inner: str = element("div", text, class_="long") if len(text) > _LONG else text
    if value is None:
        inner = element("i", text)
    return element("td", inner if tag is None else element(tag, inner), class_=kind, dir="auto")
