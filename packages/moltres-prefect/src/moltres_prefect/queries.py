"""The query of a task: a function, SQL, or a file of SQL."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from moltres.errors import ConfigurationError
from moltres.task import Query, refuse

if TYPE_CHECKING:
    from collections.abc import Mapping

_FILE: Final = ".sql"


def query_of(task: str, query: Any, parameters: Mapping[str, Any] | None, *, inputs: bool = False) -> Query:
    """The query that a task was given.

    Args:
        task: The name of the task.
        query: A function, SQL, or the path of a ``.sql`` file.
        parameters: Values for the ``:name`` of SQL.
        inputs: Whether it gets inputs.

    Raises:
        ConfigurationError: If it cannot work.
    """
    is_file = isinstance(query, Path) or (isinstance(query, str) and query.strip().lower().endswith(_FILE))
    found = Query(query=_read(Path(query)) if is_file else query, parameters=parameters)
    refuse(task, found.problems(inputs=inputs))
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"The file of SQL {str(path)!r} cannot be read: {getattr(error, 'strerror', None) or error}.",
            suggestion=f"A relative path begins at the working directory, {str(Path.cwd())!r}.",
        ) from error
