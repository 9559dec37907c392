"""Run the query of a task, and hand its rows over."""

from __future__ import annotations

import inspect
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from .._shared.arguments import function, mapping
from .._shared.masking import masked
from .._shared.wording import plural, question
from ..errors import ConfigurationError
from ..frame.dataframe import DataFrame
from ..handoff import Reference, frame_of, pick_up
from ..handoff.give import give
from ..handoff.reference import STAGE_PREFIX
from ..types.logical import logical_type
from ..types.records import Records
from .lineage import Dataset, Lineage, handed_over, place, tables_in
from .options import refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ..database import Database
    from ..handoff.options import HandoffOptions

_NUMERIC: Final = frozenset({"integer", "float", "decimal"})

_LONGEST_SQL: Final = 1000

CONTEXT: Final = "context"
"""The parameter by which a query asks for the context of its run."""


@dataclass(frozen=True, kw_only=True)
class Query:
    """What a task queries: SQL, or a function that makes a DataFrame.

    Attributes:
        query: The function, which gets the database, each input as a DataFrame, and ``op_kwargs`` by name; it may ask
            for the context of the run with a parameter named ``context``. Or SQL.
        parameters: Values for the ``:name`` of SQL; they are sent beside it, never within it.
        op_kwargs: Further arguments of the function.
        context: The context of the run.
        by_name: Whether a function gets ``op_kwargs`` and the context; messages name only what the reader can write.
        input_arguments: The arguments of the task by which a query gets inputs.
    """

    query: Callable[..., Any] | str
    parameters: Mapping[str, Any] | None = None
    op_kwargs: Mapping[str, Any] | None = None
    context: Any = None
    by_name: bool = True
    input_arguments: str = "input_key, input_task_id"

    def problems(self, *, inputs: bool = False) -> Iterator[str]:
        """What is wrong with it.

        Args:
            inputs: Whether it gets inputs.
        """
        for name, given in (("parameters", self.parameters), ("op_kwargs", self.op_kwargs)):
            if given is not None:
                yield from mapping(name, given)
        yield from self._sql_problems(inputs) if isinstance(self.query, str) else self._function_problems()

    def _sql_problems(self, inputs: bool) -> Iterator[str]:
        if not str(self.query).strip():
            yield "query must not be empty."
        if self.op_kwargs:
            yield "op_kwargs are the arguments of a function; the values of SQL are parameters."
        if inputs:
            yield (
                f"query as SQL gets no inputs ({self.input_arguments}): use a function, which gets each input as a"
                " DataFrame."
            )

    def _function_problems(self) -> Iterator[str]:
        yield from function("query", self.query, "SQL or a function that makes a DataFrame of a database")
        if self.parameters:
            arguments = "the arguments of a function are op_kwargs" if self.by_name else "a function has its own"
            yield f"parameters are the values of SQL; {arguments}."
        found = _signature(self.query) if callable(self.query) else None
        takes = None if found is None or _takes_any(found) else _named(found)
        if takes is not None and isinstance(self.op_kwargs, Mapping):
            for name in self.op_kwargs:
                if name not in takes:
                    yield f"op_kwargs: the query has no parameter {name!r}.{question(name, takes)}"

    def call_problems(self, inputs: int) -> Iterator[str]:
        """Why the function cannot be called with the database, so many inputs, and ``op_kwargs``.

        Args:
            inputs: How many inputs it gets.
        """
        found = _signature(self.query) if callable(self.query) else None
        if found is None:
            return
        try:
            found.bind(*_places(inputs), **self._arguments(inputs))
        except TypeError as error:
            given = ["the database", *([f"{inputs} inputs"] if inputs else []), *(["op_kwargs"] * self.by_name)]
            yield f"query must be a function that can be called with {' and '.join(given)}: {error}."

    def _arguments(self, inputs: int) -> dict[str, Any]:
        """What the function gets by name: ``op_kwargs``, and the context of the run if it asks for it."""
        if not self.by_name:
            return {}
        arguments = dict(self.op_kwargs or {})
        found = _signature(self.query) if callable(self.query) else None
        if found is None or CONTEXT in arguments or CONTEXT not in _named(found):
            return arguments
        try:
            by_place = found.bind_partial(*_places(inputs)).arguments
        except TypeError:
            return arguments  # it cannot be called at all
        return arguments if CONTEXT in by_place else {**arguments, CONTEXT: self.context}

    def frame(self, database: Database, *inputs: DataFrame) -> DataFrame:
        """The frame of the query.

        Args:
            database: The database of the task.
            *inputs: What other tasks handed over.

        Raises:
            ConfigurationError: If the function cannot be called like this, or returns something else.
        """
        if isinstance(self.query, str):
            return database.sql(self.query, **(self.parameters or {}))
        refuse("The query", self.call_problems(len(inputs)))
        frame = self.query(database, *inputs, **self._arguments(len(inputs)))
        if isinstance(frame, DataFrame):
            return frame
        raise ConfigurationError(
            f"The query returned {_article(frame)}, not a DataFrame.",
            suggestion="Return the frame itself, not its rows, as in lambda db: db.table('users').select().",
        )


@dataclass(frozen=True)
class QueryOutcome:
    """What a query task did.

    Attributes:
        value: What it hands over.
        lineage: What it read, and where it left the rows.
        summary: The same in one line, for the log: rows, database, hand-off, seconds and SQL, without any secret and
            without the values of parameters.
    """

    value: Records | Reference
    lineage: Lineage
    summary: str


def run_query(
    database: Database, query: Query, inputs: Sequence[Any], *, name: str, options: HandoffOptions
) -> QueryOutcome:
    """Run a query and hand its rows over.

    Args:
        database: The database of the task.
        query: The query.
        inputs: What other tasks handed over.
        name: Names the staged rows: the task in its run.
        options: How to hand the rows over.

    Raises:
        ConfigurationError: If the query makes no frame.
        HandoffError: If the rows cannot be handed over like this.
    """
    started = time.monotonic()
    with ExitStack() as stack:
        frames = [
            stack.enter_context(frame_of(database, value, name=f"{name}/input-{number}"))
            for number, value in enumerate(inputs)
        ]
        frame = query.frame(database, *frames)
        value = give(frame, name=name, options=options, stage_in=database)
        lineage = Lineage(inputs=_read(database, frame, inputs), outputs=handed_over(database, value))
        sql = frame.to_sql(literals=False)
    staged = f"left in {masked(value.location)}" if isinstance(value, Reference) else "handed over inline"
    rows = value.row_count if isinstance(value, Reference) else len(value)
    summary = (
        f"{plural(rows, 'row')} of {place(database)} {staged} in {time.monotonic() - started:.3f} s: {_one_line(sql)}"
    )
    return QueryOutcome(value, lineage, summary)


def rows_to_check(database: Database, query: Query | None, value: Any) -> tuple[Any, Lineage]:
    """The rows that a task checks, and where they come from.

    Args:
        database: The database of the task.
        query: The query that gives them; None for what was handed over.
        value: What was handed over.
    """
    if query is None:
        return pick_up(database, value), Lineage(inputs=handed_over(database, value))
    frame = query.frame(database)
    return frame, Lineage(inputs=tables_in(frame))


def numeric_columns(rows: Any) -> frozenset[str]:
    """The columns of rows that hold numbers.

    Args:
        rows: What :func:`rows_to_check` gave; of anything but a DataFrame and Records nothing is known.
    """
    if isinstance(rows, DataFrame):
        return frozenset(name for name, type_ in rows.schema.items() if logical_type(type_).name in _NUMERIC)
    if isinstance(rows, Records):
        columns = zip(*rows.rows, strict=True) if rows.rows else ()
        return frozenset(name for name, values in zip(rows.columns, columns, strict=False) if _are_numbers(values))
    return frozenset()


def _are_numbers(values: Iterable[Any]) -> bool:
    found = [value for value in values if value is not None]
    return bool(found) and all(isinstance(value, int | float | Decimal) and type(value) is not bool for value in found)


def _read(database: Database, frame: DataFrame, inputs: Sequence[Any]) -> tuple[Dataset, ...]:
    """The tables of a query, with the origin of its inputs in place of the tables that hold these for its duration."""
    own = [one for one in tables_in(frame) if STAGE_PREFIX not in one.name]
    return tuple(dict.fromkeys([*own, *(one for value in inputs for one in handed_over(database, value))]))


def _signature(query: Callable[..., Any]) -> inspect.Signature | None:
    """What a function takes; None if it does not tell."""
    try:
        return inspect.signature(query)
    except (TypeError, ValueError):
        return None


def _takes_any(signature: inspect.Signature) -> bool:
    return any(one.kind is one.VAR_KEYWORD for one in signature.parameters.values())


def _named(signature: inspect.Signature) -> list[str]:
    """The names of what can be given by name."""
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [one.name for one in signature.parameters.values() if one.kind in named]


def _places(inputs: int) -> list[None]:
    """Something for each of what a function gets by position: the database and its inputs."""
    return [None] * (1 + inputs)


def _one_line(sql: str) -> str:
    """SQL for a log, without the values of its parameters."""
    line = masked(" ".join(sql.split()))
    return line if len(line) <= _LONGEST_SQL else f"{line[:_LONGEST_SQL]} …"


def _article(value: object) -> str:
    name = type(value).__name__
    if name == DataFrame.__name__:
        name = f"{type(value).__module__.partition('.')[0]} {name}"
    return f"an {name}" if name[0] in "aeiouAEIOU" else f"a {name}"
