"""Files as frames, read by DuckDB."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from moltres.database import Database
    from moltres.dataframe import DataFrame

Paths: TypeAlias = "str | PathLike[str] | Sequence[str | PathLike[str]]"


def read(database: Database, function: str, path: Paths, options: dict[str, Any]) -> DataFrame:
    """A frame of one of DuckDB's table functions for files."""
    raise NotImplementedError
