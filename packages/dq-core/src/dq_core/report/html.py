"""A report as one HTML file: no script, no font, no picture from elsewhere, light or dark as the reader's system is."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from .._shared.wording import plural
from ..version import VERSION
from .elements import Markup, element
from .view import (
    DEFAULT_TITLE,
    CheckView,
    DisplayStatus,
    ReportView,
    count,
    refuse_looks,
    sample_text,
    view,
    visible,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_VALUE_WIDTH = 500
_LONG = 48
_MOST_OPEN = 3
_LABELS = {
    DisplayStatus.ERROR: "Error",
    DisplayStatus.FAILED: "Failed",
    DisplayStatus.WARNING: "Warning",
    DisplayStatus.SKIPPED: "Skipped",
    DisplayStatus.PASSED: "Passed",
}
# Nothing may be loaded and nothing may run, even if a value of the data found a way into the markup.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def to_html(report: Mapping[str, Any], *, title: str | None = None) -> str:
    """A report as one self-contained HTML document.

    Args:
        report: A report or its plain dict form.
        title: The heading and the title of the window; default: ``"Data quality report"``, in the title of the window
            with the source.

    Returns:
        The document. Everything that comes out of the report is escaped; the document loads nothing and runs no
        script, and says so in its content security policy.
    """
    refuse_looks(title=title)
    shown = view(report)
    heading = title or DEFAULT_TITLE
    verdict = "Passed" if shown.passed else "Failed"
    source = dict(shown.facts).get("Source", "")
    return page(
        f"{verdict}: {heading}" + (f" of {source}" if source and title is None else ""),
        icons(),
        _masthead(shown, heading, verdict),
        element("main", _summary(shown), _checks(shown)),
        element("footer", f"Written by dq-core {VERSION}"),
    )


def page(title: str, *content: Markup) -> str:
    """A whole document in the style of reports; it loads nothing and runs no script.

    Args:
        title: The title of the window.
        *content: What the body holds.
    """
    head = element(
        "head",
        Markup('<meta charset="utf-8">'),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup('<meta name="color-scheme" content="light dark">'),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
        element("title", title),
        element("style", Markup(_resource("report.css"))),
    )
    return f"<!doctype html>\n{element('html', head, element('body', *content), lang='en')}\n"


def _resource(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8").strip()


def icons() -> Markup:
    """The drawings that `icon` refers to; once in a page."""
    return Markup(_resource("icons.svg"))


def icon(outcome: DisplayStatus) -> Markup:
    """The icon of an outcome."""
    drawing = Markup(f'<use href="#icon-{outcome.value}"></use>')
    return element("svg", drawing, class_="icon", aria_hidden="true", viewBox="0 0 16 16")


def _masthead(shown: ReportView, heading: str, verdict: str) -> Markup:
    outcome = DisplayStatus.PASSED if shown.passed else DisplayStatus.FAILED
    return element(
        "header",
        element("p", icon(outcome), verdict, class_=f"verdict {outcome.value}"),
        element("h1", visible(heading)),
        element("p", shown.verdict, class_="sentence"),
        element("dl", *(fact(name, text) for name, text in shown.facts), class_="facts"),
        class_="masthead",
    )


def fact(name: str, text: str) -> Markup:
    """A name with its text, for a list of facts."""
    return element("div", element("dt", visible(name)), element("dd", visible(text), dir="auto"))


def _summary(shown: ReportView) -> Markup | None:
    if not shown.checks:
        return None
    segments = (element("span", class_=outcome.value, style=f"flex-grow: {number}") for outcome, number in shown.counts)
    tiles = (
        element(
            "li",
            element("span", count(number), class_="number"),
            element("span", icon(outcome), _LABELS[outcome], class_="label"),
            class_=outcome.value,
        )
        for outcome, number in shown.counts
    )
    return element(
        "section",
        element("h2", "Summary", class_="unseen"),
        element("ul", *tiles, class_="tiles"),
        element("div", *segments, class_="proportions", aria_hidden="true"),
    )


def _checks(shown: ReportView) -> Markup:
    attention = shown.needing_attention
    unfold = sum(check.outcome is not DisplayStatus.WARNING for check in attention) <= _MOST_OPEN
    choices = (("all", "All", len(shown.checks)), ("attention", "Needs attention", len(attention)))
    useful = 0 < len(attention) < len(shown.checks)
    head = ("", "Check", "Finding", "Severity", "Passing", "Failed rows")
    return element(
        "section",
        element(
            "div",
            element("h2", "Checks"),
            element("fieldset", element("legend", "Show", class_="unseen"), *_filters(choices)) if useful else None,
            class_="bar",
        ),
        element("div", *(element("span", name) for name in head), class_="captions", aria_hidden="true"),
        element(
            "div",
            *(
                _check(check, anchor, unfold=unfold)
                for check, anchor in zip(shown.checks, _anchors(shown.checks), strict=True)
            ),
            class_="list",
        )
        if shown.checks
        else None,
        class_="checks",
    )


def _filters(choices: tuple[tuple[str, str, int], ...]) -> Iterator[Markup]:
    for index, (key, label, number) in enumerate(choices):
        checked = " checked" if index == 0 else ""
        yield element(
            "label",
            Markup(f'<input type="radio" name="show" id="show-{key}"{checked}>'),
            element("span", f"{label} ", element("b", count(number))),
        )


def _anchors(checks: tuple[CheckView, ...]) -> list[str]:
    """The part of a link that leads to each check: the same in every report that has a check of this name."""
    found: list[str] = []
    for check in checks:
        anchor = f"check-{re.sub(r'[^A-Za-z0-9_.]+', '-', check.name).strip('-')}"
        while anchor in found:
            anchor += "-"
        found.append(anchor)
    return found


def _check(check: CheckView, anchor: str, *, unfold: bool) -> Markup:
    kind = f"check {check.outcome.value}" + (" attention" if check.outcome.needs_attention else "")
    body = tuple(_body(check))
    if not body:
        return element("div", element("div", *_row(check, anchor), class_="row"), class_=kind, id=anchor)
    grave = check.outcome in (DisplayStatus.ERROR, DisplayStatus.FAILED)
    return element(
        "details",
        element("summary", *_row(check, anchor), class_="row"),
        element("div", *body, class_="body"),
        class_=kind,
        id=anchor,
        open=grave and unfold,
    )


def _row(check: CheckView, anchor: str) -> Iterator[Markup]:
    label = element("span", _LABELS[check.outcome], class_="unseen")
    about = " · ".join(filter(None, (check.type, check.column)))
    yield element("span", icon(check.outcome), label, class_="mark")
    yield element(
        "span",
        element(
            "span",
            element("span", visible(check.name), dir="auto"),
            element("a", "#", href=f"#{anchor}", class_="anchor", aria_label=f"Link to {visible(check.name)}"),
            class_="name",
        ),
        element("span", visible(about), class_="about"),
        class_="what",
    )
    yield element("span", visible(check.message), class_="finding")
    yield element("span", check.severity, class_="severity critical" if check.severity == "critical" else "severity")
    yield _share(check)
    yield element("span", check.rows, class_="rows")


def _share(check: CheckView) -> Markup:
    if check.share is None:
        return element("span", class_="share")
    return element(
        "span",
        element("span", element("span", style=f"width: {check.share:.4%}"), class_="track", aria_hidden="true"),
        element("span", check.percent, element("span", " of rows pass", class_="unseen"), class_="percent"),
        class_="share" + ("" if check.share == 1 else " partial"),
    )


def _body(check: CheckView) -> Iterator[Markup]:
    if check.samples:
        yield _samples(check)
    facts = (*((("Observed", check.observed),) if check.observed else ()), *check.details)
    if facts:
        yield element("dl", *(fact(name, text) for name, text in facts), class_="details")
    if check.sql:
        yield element(
            "details",
            element("summary", "SQL that selects the failing rows"),
            element("pre", element("code", "\n".join(check.sql_lines)), tabindex="0"),
            class_="sql",
        )


def _samples(check: CheckView) -> Markup:
    columns = zip(check.sample_columns, zip(*check.samples, strict=True), strict=True)
    kinds = tuple(_column_class(values, checked=check.is_about(name)) for name, values in columns)
    header = (
        element("th", visible(name, limit=_VALUE_WIDTH), scope="col", class_=kind)
        for name, kind in zip(check.sample_columns, kinds, strict=True)
    )
    rows = (element("tr", *map(_value, sample, kinds)) for sample in check.samples)
    table = element(
        "table",
        element("caption", f"{plural(len(check.samples), 'failing row')} as a sample"),
        element("thead", element("tr", *header)),
        element("tbody", *rows),
    )
    label = f"Samples of {visible(check.name)}"
    return element("div", table, class_="scroll", tabindex="0", role="region", aria_label=label)


def _column_class(values: tuple[object, ...], *, checked: bool) -> str | None:
    """How a column of the sample table looks: numbers to the right, the column that was checked set off."""
    known = [value for value in values if value is not None]
    number = bool(known) and all(isinstance(value, int | float) and not isinstance(value, bool) for value in known)
    return " ".join(name for name, wanted in (("number", number), ("checked", checked)) if wanted) or None


def _value(value: object, kind: str | None) -> Markup:
    text = visible(sample_text(value), limit=_VALUE_WIDTH)
    if value is None:
        return element("td", element("i", text), class_=kind)
    return element("td", element("div", text, class_="long") if len(text) > _LONG else text, class_=kind, dir="auto")
