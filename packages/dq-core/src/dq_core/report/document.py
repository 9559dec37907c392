"""Documents in the forms of a report: profiles, learned rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import notebook, tables
from .jsonable import written

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Document", "Documented"]


@dataclass(frozen=True)
class Document:
    """Facts and tables under a title.

    Attributes:
        title: The heading.
        facts: Pairs of name and text.
        tables: The tables.
    """

    title: str
    facts: Sequence[tuple[str, str]]
    tables: Sequence[tables.Table]


class Documented:
    """Gives a class with `to_dict` and `_document` the other forms."""

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        raise NotImplementedError

    def _document(self) -> Document:
        """Everything as facts and tables for people."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        document = self._document()
        shown = (notebook.table(one.header, one.rows, title=one.title) for one in document.tables)
        return notebook.fragment(document.title, document.facts, shown)

    def to_json(self, *, indent: int | None = None) -> str:
        """Everything as a JSON string.

        Args:
            indent: How many blanks to indent each level by; None for one line.
        """
        return written(self.to_dict(), indent)

    def to_text(self) -> str:
        """For a terminal."""
        document = self._document()
        return tables.to_text(document.title, document.facts, document.tables)

    def to_markdown(self) -> str:
        """As GitHub-flavoured Markdown."""
        document = self._document()
        return tables.to_markdown(document.title, document.facts, document.tables)

    def to_html(self) -> str:
        """As one self-contained HTML page."""
        document = self._document()
        return tables.to_html(document.title, document.facts, document.tables)
