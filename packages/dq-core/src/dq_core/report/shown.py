"""What a result with a plain form offers to people and programs."""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any, ClassVar

__all__ = ["Shown"]


class Shown:
    """Gives a class with ``to_dict`` the other forms."""

    #: The module with the functions ``to_text``, ``to_markdown`` and ``to_html``; loaded when one of them is called.
    RENDERER: ClassVar[str]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        raise NotImplementedError

    def to_json(self, *, indent: int | None = None) -> str:
        """Everything as JSON text."""
        return json.dumps(self.to_dict(), indent=indent, ensure_ascii=False, allow_nan=False)

    def to_text(self) -> str:
        """For a terminal."""
        return self._rendered("to_text")

    def to_markdown(self) -> str:
        """As GitHub-flavoured Markdown."""
        return self._rendered("to_markdown")

    def to_html(self) -> str:
        """As one self-contained HTML page."""
        return self._rendered("to_html")

    def _rendered(self, form: str) -> str:
        text: str = getattr(import_module(self.RENDERER), form)(self)
        return text
