"""How rows are handed over, and what is wrong with that: everything at once, before a query runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

from .._shared import arguments

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_INLINE_ROWS: Final = 10_000
"""Rows beyond which a hand-over leaves them where they are, unless the caller says otherwise."""

Handoff = Literal["auto", "inline", "table", "parquet"]


@dataclass(frozen=True, kw_only=True)
class HandoffOptions:
    """How rows are handed over.

    Attributes:
        max_inline_rows: Up to so many rows are handed over as rows.
        handoff: ``"inline"`` (more rows are an error), ``"table"`` (a staged table), ``"parquet"`` (a file in the
            folder ``stage_uri``) or ``"auto"``: inline if the rows are few, else Parquet where a ``stage_uri`` is given
            and a table where none is.
        stage_uri: Folder for Parquet: a local path, or any URI that fsspec knows.
    """

    max_inline_rows: int = MAX_INLINE_ROWS
    handoff: Handoff = "auto"
    stage_uri: str | Path | None = None

    def problems(self, *, argument: str = "handoff") -> Iterator[str]:
        """What is wrong with them.

        Args:
            argument: What the reader calls ``handoff``.
        """
        yield from arguments.whole("max_inline_rows", self.max_inline_rows)
        yield from arguments.choice(argument, self.handoff, get_args(Handoff))
        # It becomes part of references, which orchestrators store and show.
        yield from arguments.without_secrets(
            "stage_uri",
            self.stage_uri,
            instead="give credentials to fsspec by its configuration or by environment variables such as FSSPEC_S3_KEY",
        )
        if self.stage_uri is not None:
            yield from arguments.path("stage_uri", self.stage_uri)
        if self.handoff == "parquet" and self.stage_uri is None:
            yield f"{argument}='parquet' requires stage_uri, the folder for the files."
        if self.handoff in ("inline", "table") and self.stage_uri is not None:
            yield f"stage_uri is for Parquet and has no effect with {argument}={self.handoff!r}."
