"""Reading an opened source: every statement is run here, counted, limited in time, its errors translated."""

from __future__ import annotations

import concurrent.futures
import datetime as dt
import re
from contextlib import closing, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from .._shared.databases.connecting import retry_can_help
from .._shared.masking import scrubbed
from .._shared.wording import listing
from ..errors import RuleError, SourceConnectionError, SourceError
from ..relation.narrow import narrowed
from ..sources.files import without_own_sql
from ..sources.limit import Deadline
from .workers import Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy.engine import Row

    from ..relation.relation import Relation
    from ..sources import Opened

    Statement = sa.Select[Any] | sa.CompoundSelect[Any]

K = TypeVar("K")
T = TypeVar("T")
_AT_ONCE = 1000
"""Rows that are held while something is made of them."""

__all__ = ["Deadline", "Progress", "Reader", "StatementError", "by_halves", "refuse"]

_UNREADABLE = "(cannot be read)"
_WITH_MOMENTS = frozenset({dt.datetime, dt.time, list, dict})
"""What a value with moments is in Python; what has nanoseconds is of a class of its own."""


class Progress(NamedTuple):
    """The progress of a validation.

    Attributes:
        done: Statements and other steps that are done.
        total: Steps that are known to be needed; may grow when checks fail and samples are fetched.
        message: What was just done.
    """

    done: int
    total: int
    message: str


class StatementError(SourceError):
    """The database refused a statement because of what it asks; the connection still works.

    Whoever goes on without an answer must know that it is the question, and not the database, that has a problem: a
    lost connection, the locks of others and whoever stops a statement are errors of other classes.

    Args:
        source: What was read, for people.
        reason: The database's message, without secrets.
    """

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{source} cannot be read: {reason}")
        self.reason = reason


class Reader:
    """Runs SELECTs on an opened source.

    Args:
        opened: The source.
        deadline: When to stop; the database itself stops a statement that still runs then.
        hide_values: Whether errors must not repeat the database's messages, which may hold values of masked columns.
        on_progress: Called with a `Progress` after every step.

    Attributes:
        statements: How many statements read data.
    """

    def __init__(
        self,
        opened: Opened,
        deadline: Deadline,
        *,
        hide_values: bool = False,
        on_progress: Callable[[Progress], object] | None = None,
    ) -> None:
        self.opened = opened
        self.deadline = deadline
        self.statements = 0
        self._hide_values = hide_values
        self._on_progress = on_progress
        self._done = self._total = 0
        self._shortens = any(map(opened.relation.dialect.shortens, opened.relation.columns.values()))

    def fetch(self, statement: Statement, *, counted: bool = True) -> Sequence[Row[Any]]:
        """The rows of a statement.

        Args:
            statement: A SELECT, or several with UNION ALL.
            counted: Whether it counts as a statement that reads data.

        Raises:
            SourceError: As for `read`.
        """
        return self.read(statement, list, counted=counted)

    def read(self, statement: Statement, make: Callable[[Iterable[Row[Any]]], T], *, counted: bool = True) -> T:
        """What is made of the rows of a statement as they come.

        Args:
            statement: A SELECT, or several with UNION ALL.
            make: Makes something of the rows; is called again if the statement has to run again.
            counted: Whether it counts as a statement that reads data.

        Raises:
            StatementError: The database refused it.
            SourceConnectionError: The connection was lost, or the locks of others are in the way.
            SourceError: Somebody stopped it.
            ValidationTimeoutError: The deadline has passed.
        """
        self.statements += counted
        try:
            return self._read(statement, make)
        except StatementError:
            if self.opened.more_memory is None:
                raise
            self.opened.more_memory()
            return self._read(statement, make)

    def _read(self, statement: Statement, make: Callable[[Iterable[Row[Any]]], T]) -> T:
        with self._asking(), closing(self._rows(statement)) as rows:
            return make(rows)

    def _rows(self, statement: Statement) -> Generator[Row[Any]]:
        try:
            exact = self.opened.relation.dialect.exact(narrowed(statement))
            for some in self.opened.connection.execute(exact).partitions(_AT_ONCE):
                yield from some
        except (ArithmeticError, ValueError) as error:
            # The driver's, for a value that Python cannot hold.
            raise StatementError(self.opened.description, self.reason(error)) from None

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """A block that runs statements within the time that is left, and whose errors are those of `fetch`."""
        opened, dialect = self.opened, self.opened.relation.dialect
        try:
            with self.limited(), dialect.guard(opened.connection, owns_transaction=opened.owns_transaction):
                yield
        except DBAPIError as error:
            # A wait for a lock that the deadline cut short ends with the database's own error.
            if self.deadline.passed or (self.deadline.is_near and dialect.timed_out(error)):
                raise self.deadline.error() from None
            raise self._refusal(error) from None

    def exists(self, statement: sa.Select[Any], source: sa.FromClause) -> bool:
        """Whether the database understands a statement and its first value is not NULL; not counted.

        Args:
            statement: What may not be understood.
            source: What it reads.

        Raises:
            StatementError: The database refuses to read the source, whatever is asked.
        """
        for _ in range(2):
            with suppress(StatementError):
                rows = self.fetch(statement.limit(1), counted=False)
                return bool(rows) and rows[0][0] is not None
        self.fetch(sa.select(sa.literal_column("1")).select_from(source).limit(1), counted=False)
        return False

    def refused(self, sqls: Sequence[str]) -> dict[str, str]:
        """Which fragments of SQL the dialect refuses, and why; no row is read."""
        opened = self.opened
        with self._asking():
            found = opened.relation.dialect.refused(opened.connection, opened.relation, sqls)
        return {sql: scrubbed(reason, opened.secrets) for sql, reason in found.items()}

    def compile_error(self, sqls: Sequence[str]) -> str | None:
        """Why the database's parser refuses one of these fragments; no row is read."""
        opened = self.opened
        try:
            with self._asking():
                opened.relation.dialect.compile_fragments(opened.connection, opened.relation, sqls)
        except StatementError as error:
            return error.reason
        return None

    def limited(self) -> AbstractContextManager[None]:
        """A block in which the database stops what still runs at the deadline.

        Raises:
            ValidationTimeoutError: The deadline has passed already.
        """
        left = self.deadline.left()
        if left is None:
            return nullcontext()
        return self.opened.relation.dialect.deadline(self.opened.connection, left)

    def call(self, function: Callable[[], Any]) -> Any:
        """What a function of the user returns; after the deadline it goes on in its thread, and nobody waits for it."""
        left = self.deadline.left()
        if left is None:
            return function()
        workers = Workers(1)
        try:
            return workers.submit(function).result(left)
        except concurrent.futures.TimeoutError:
            if self.deadline.passed:
                raise self.deadline.error() from None
            raise
        finally:
            workers.close()

    def one_row(self, statement: sa.Select[Any]) -> Row[Any]:
        """The only row of a statement.

        Raises:
            StatementError: The database refused it, or the driver handed over another value than the database holds.
        """
        return self.exact_rows(statement)[0]

    def aggregates(
        self,
        relation: Relation,
        expressions: Mapping[K, sa.ColumnElement[Any]],
        *conditions: Any,
        failures: dict[K, str] | None = None,
    ) -> dict[K, Any]:
        """Aggregates over a relation by name, in as few statements as the database's widest SELECT allows.

        Args:
            relation: The rows.
            expressions: The aggregates.
            conditions: Only these rows.
            failures: Where to note why an aggregate cannot be read; it is then left out, and no other one with it.

        Raises:
            StatementError: One of them cannot be read, and there is no place to note it; or not even the rows can be
                counted.
        """
        names = list(expressions)
        found: dict[K, Any] = {}
        width = relation.dialect.widest_select

        def read(batch: Sequence[K]) -> None:
            statement = relation.select(*(expressions[name].label(f"m{place}") for place, name in enumerate(batch)))
            found.update(zip(batch, self.one_row(statement.where(*conditions)), strict=True))

        def read_again(batch: Sequence[K]) -> None:
            try:
                read(batch)
            except StatementError:
                if len(batch) > 1:
                    raise  # it is asked again by halves
                read(batch)

        refused: dict[K, str] = {}
        for start in range(0, len(names), width):
            batch = names[start : start + width]
            if failures is None:
                read(batch)
            else:
                refused.update((name, error.reason) for name, error in by_halves(batch, read_again))
        if failures is not None and refused:
            self.fetch(relation.select(sa.func.count()).where(*conditions), counted=False)
            failures.update(refused)
        return found

    def rows(
        self,
        select: Callable[[Sequence[sa.ColumnElement[Any]]], sa.Select[Any]],
        columns: Sequence[sa.ColumnElement[Any]],
        printed: set[int] | None = None,
    ) -> Sequence[Row[Any]]:
        """Rows with values of columns; where the driver cannot hand over a column's, as the database prints them.

        Where it cannot print them either, such as bytes that are no text, a few words stand in their place.

        Args:
            select: Makes a SELECT of these expressions, which gives the same rows for any of them.
            columns: The columns.
            printed: Where to note the places of the columns that are printed.

        Raises:
            StatementError: The database refuses the statement whatever the columns.
        """
        try:
            return self.exact_rows(select(columns))
        except StatementError:
            if not columns:
                raise
        # Fails if it is not the columns that the database refuses.
        self.fetch(select([sa.literal_column("1")]))
        odd = set(self._odd(select, list(enumerate(columns))))
        if printed is not None:
            printed |= odd
        dialect = self.opened.relation.dialect
        shown: dict[int, sa.ColumnElement[Any]] = {place: dialect.printed(columns[place]) for place in odd}
        shown |= {place: sa.literal(_UNREADABLE) for place in self._odd(select, list(shown.items()))}
        return self.fetch(select([shown.get(place, one) for place, one in enumerate(columns)]))

    def exact_rows(self, statement: sa.Select[Any] | sa.CompoundSelect[Any]) -> Sequence[Row[Any]]:
        """The rows of a statement as `fetch` gives them, all values of which are the database's.

        Raises:
            StatementError: The database refused it, or the driver handed over another value than the database holds.
        """
        found = self.fetch(statement)
        suspects = {place for row in found for place, value in enumerate(row) if self._suspects(value)}
        if suspects and self._prints_otherwise(statement, suspects):
            raise StatementError(self.opened.description, "a value is one that Python cannot hold")
        return found

    def _suspects(self, value: Any) -> bool:
        """Whether the driver may have handed over another value than the database holds."""
        return self.opened.relation.dialect.lost(value) or (self._shortens and type(value) in _WITH_MOMENTS)

    def _prints_otherwise(self, statement: sa.Select[Any] | sa.CompoundSelect[Any], places: Collection[int]) -> bool:
        """Whether the database prints a value in these columns of a statement as one that Python cannot hold."""
        dialect = self.opened.relation.dialect
        columns = [
            dialect.printed(column) for place, column in enumerate(statement.subquery("found").c) if place in places
        ]
        return any(dialect.unheld(text) for row in self.fetch(sa.select(*columns), counted=False) for text in row)

    def _odd(
        self,
        select: Callable[[Sequence[sa.ColumnElement[Any]]], sa.Select[Any]],
        columns: list[tuple[int, sa.ColumnElement[Any]]],
    ) -> Iterator[int]:
        """The places of the columns whose values the driver cannot hand over, found by halving."""
        if not columns:
            return
        try:
            self.exact_rows(select([one for _, one in columns]))
        except StatementError:
            if len(columns) == 1:
                yield columns[0][0]
                return
            middle = len(columns) // 2
            yield from self._odd(select, columns[:middle])
            yield from self._odd(select, columns[middle:])

    def expect(self, steps: int) -> None:
        """Count further steps into the total of the progress."""
        self._total += steps

    def step(self, message: str) -> None:
        """Report that a step is done."""
        self._done += 1
        if self._on_progress is not None:
            self._on_progress(Progress(self._done, max(self._total, self._done), message))

    def reason(self, error: BaseException | None) -> str:
        """The message of a driver's error without secrets; only its class if columns are masked."""
        kind = type(error).__name__
        if self._hide_values:
            return f"{kind} (the database's message is not shown because columns are masked)"
        said = _of_the_user(self.opened.relation.dialect.message(error), self.opened.relation.columns)
        if isinstance(error, ArithmeticError | ValueError) or not said:
            said = f"{kind}: {said}"
        return scrubbed(said, self.opened.secrets)

    def _refusal(self, error: DBAPIError) -> SourceError:
        reason = self.reason(error.orig)
        if error.connection_invalidated:
            return SourceConnectionError(f"The connection to {self.opened.description} was lost: {reason}")
        if retry_can_help(self.opened.connection.dialect.name, error.orig or error, unknown=False):
            return SourceConnectionError(f"{self.opened.description} cannot be read now: {reason}")
        if self.opened.relation.dialect.timed_out(error):
            return SourceError(f"A statement on {self.opened.description} was stopped: {reason}")
        return StatementError(self.opened.description, reason)


def by_halves(keys: Sequence[K], read: Callable[[Sequence[K]], object]) -> Iterator[tuple[K, StatementError]]:
    """Read for all keys together; if the database refuses, find the keys that cause it by halving.

    Args:
        keys: What is read for.
        read: Reads for these keys.

    Yields:
        The keys for which nothing can be read, each with the reason.
    """
    try:
        read(keys)
    except StatementError as error:
        if len(keys) == 1:
            yield keys[0], error
            return
        middle = len(keys) // 2
        yield from by_halves(keys[:middle], read)
        yield from by_halves(keys[middle:], read)


def _of_the_user(message: str, columns: Iterable[str]) -> str:
    """A message of the database without our SQL, and with all columns, not those that our SQL left to choose from."""
    message = re.sub(r"\s*\n\s*Candidate functions:.*", "", without_own_sql(message), flags=re.DOTALL)
    offered = f" The columns are: {listing(columns)}."
    return re.sub(r"\s*\n\s*Candidate bindings:.*", lambda _: offered, message, flags=re.DOTALL).strip()


def refuse(problems: Iterable[str]) -> None:
    """Raise one error for all problems, if there are any.

    Raises:
        RuleError: There are.
    """
    found = list(problems)
    if found:
        raise RuleError(found)
