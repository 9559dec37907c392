"""The query of an operator: a function, SQL, or a file of SQL that Airflow finds and renders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from moltres.task import Query, refuse
from moltres_airflow.templates import comes_from_a_task, comes_later, is_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

QUERY_FIELDS: Final = ("sql", "parameters", "op_kwargs")
"""The template fields of a query. (``query`` itself is none: Airflow calls the functions that it finds in them.)"""


def function_and_sql(query: Any) -> tuple[Callable[..., Any] | None, str | None]:
    """The argument ``query`` as what Airflow may not render and what it must."""
    return (None, query) if isinstance(query, str) or comes_from_a_task(query) else (query, None)


def query_problems(query: Any, parameters: Any, op_kwargs: Any, *, inputs: bool) -> Iterator[str]:
    """What is wrong with the arguments of a query; what comes later is judged when the task runs."""
    known = Query(
        query="SQL that comes from a task" if comes_from_a_task(query) else query,
        parameters=None if _is_open(parameters) else parameters,
        op_kwargs=None if _is_open(op_kwargs) else op_kwargs,
    )
    found = [*known.problems(inputs=inputs)]
    yield from found
    if not found and not inputs and not _is_open(op_kwargs):
        yield from known.call_problems(0)


def _is_open(values: Any) -> bool:
    """Whether the whole of a mapping is known only when the task runs: it comes from a task, or is one template."""
    return comes_from_a_task(values) or (isinstance(values, str) and comes_later(values))


def query_of(operator: Any, context: Mapping[str, Any]) -> Query:
    """The query of an operator whose templates are rendered.

    Raises:
        ConfigurationError: If it cannot work.
    """
    query = Query(
        query=operator.sql if operator.query is None else operator.query,
        parameters=operator.parameters,
        op_kwargs=operator.op_kwargs,
        context=context,
    )
    problems = list(query.problems())
    if is_file(query.query):
        problems.append(
            f"the file {query.query!r} was not read: Airflow looks for it in the DAG's template_searchpath."
        )
    refuse(f"Task {operator.task_id!r}", problems)
    return query
