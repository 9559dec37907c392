"""SQL in files, which a query is given by its path."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, TypeGuard

from moltres.errors import ConfigurationError

_ENDING: Final = ".sql"


def is_file(query: Any) -> TypeGuard[str | Path]:
    """Whether a query is the path of a file."""
    return isinstance(query, Path) or (isinstance(query, str) and query.strip().lower().endswith(_ENDING))


def read_file(query: str | Path) -> str:
    """The SQL in a file.

    Raises:
        ConfigurationError: If it cannot be read.
    """
    path = Path(query)
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise ConfigurationError(
            f"The file of SQL {str(path)!r} cannot be read: {getattr(error, 'strerror', None) or error}.",
            suggestion=f"A relative path begins at the working directory, {str(Path.cwd())!r}.",
        ) from error
