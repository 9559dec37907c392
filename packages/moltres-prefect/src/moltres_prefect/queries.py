"""The query of a task: a function, SQL, or a file of SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moltres.task import Query, refuse
from moltres_prefect.sql_files import is_file, read_file

if TYPE_CHECKING:
    from collections.abc import Mapping


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
    found = Query(
        query=read_file(query) if is_file(query) else query,
        parameters=parameters,
        by_name=False,
        input_arguments="inputs",
    )
    refuse(task, found.problems(inputs=inputs))
    return found
