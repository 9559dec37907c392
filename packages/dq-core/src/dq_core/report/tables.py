"""Plain tables as text, Markdown and HTML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..version import VERSION
from . import html, markdown, text
from .elements import Markup, element
from .view import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Table", "to_html", "to_markdown", "to_text"]

_CHARACTERS = 40


@dataclass(frozen=True)
class Table:
    """A table with a heading.

    Attributes:
        title: The heading.
        header: The names of the columns.
        rows: The cells, as text out of the data: escaped and cut when they are written.
        right: The positions of the columns that are set flush right.
        limit: How many characters of a cell the text and Markdown show; None for all.
        shares: For each row a share from 0 to 1 that HTML draws as a bar behind its cells; None for no bars.
    """

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: frozenset[int] = frozenset()
    limit: int | None = _CHARACTERS
    shares: Sequence[float] | None = None


def to_text(title: str, facts: Sequence[tuple[str, str]], tables: Sequence[Table]) -> str:
    """Facts and tables for a terminal."""
    lines = [title, *(f"{name}: {visible(value)}" for name, value in facts)]
    for table in tables:
        rows = [[visible(cell, limit=table.limit) for cell in row] for row in table.rows]
        lines += ["", visible(table.title), *text.table(table.header, rows, table.right)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def to_markdown(title: str, facts: Sequence[tuple[str, str]], tables: Sequence[Table]) -> str:
    """Facts and tables as GitHub-flavoured Markdown."""
    lines = [
        f"## {markdown.escape(title)}",
        "",
        " · ".join(f"{name}: {markdown.escape(value)}" for name, value in facts),
    ]
    for table in tables:
        align = "".join("r" if place in table.right else "l" for place in range(len(table.header)))
        rows = ([markdown.escape(cell, limit=table.limit) for cell in row] for row in table.rows)
        lines += ["", f"### {markdown.escape(table.title)}", "", *markdown.table(table.header, rows, align=align)]
    return "\n".join(lines) + "\n"


def to_html(title: str, facts: Sequence[tuple[str, str]], tables: Sequence[Table]) -> str:
    """Facts and tables as one self-contained page, whose window names the source."""
    source = dict(facts).get("Source")
    header = element(
        "header",
        element("h1", visible(title)),
        element("dl", *(html.fact(name, value) for name, value in facts), class_="facts"),
        class_="masthead",
    )
    footer = element("footer", f"Written by dq-core {VERSION}")
    window = title if source is None else f"{title} of {source}"
    return html.page(window, header, element("main", *map(_section, tables)), footer)


def _section(table: Table) -> Markup:
    kinds = ["number" if place in table.right else None for place in range(len(table.header))]
    head = element(
        "tr",
        *(element("th", name, scope="col", class_=kind) for name, kind in zip(table.header, kinds, strict=True)),
        None if table.shares is None else element("td", class_="bar-cell", aria_hidden="true"),
    )
    bars = [None] * len(table.rows) if table.shares is None else [*map(_bar, table.shares)]
    rows = (
        element(
            "tr",
            *(element("td", visible(cell), class_=kind, dir="auto") for cell, kind in zip(row, kinds, strict=True)),
            bar,
        )
        for row, bar in zip(table.rows, bars, strict=True)
    )
    title = visible(table.title)
    inner = element("table", element("thead", head), element("tbody", *rows))
    scroll = element("div", inner, class_="scroll", tabindex="0", role="region", aria_label=title)
    return element("section", element("h2", title), scroll, class_="document")


def _bar(share: float) -> Markup:
    return element("td", element("span", style=f"width: {share:.2%}"), class_="bar-cell", aria_hidden="true")
