"""Failing rows, copied with the names of the checks that they fail.

The rows never leave the database: they go into another of its tables in one transaction, or, where DuckDB reads the
source (files, frames, lists of dicts, DuckDB's own tables), into a Parquet file, written completely or not at all.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from .._shared.arguments import is_unicode, seconds
from .._shared.arguments import path as path_problems
from .._shared.databases.connecting import retry_can_help
from .._shared.drafts import draft_of
from .._shared.masking import masked, scrubbed, secrets_of
from .._shared.wording import question, repr_of
from ..checks import parse
from ..checks.names import names_of
from ..errors import RuleError, SourceConnectionError, SourceError
from ..relation.dialects import dialect_for
from ..relation.selection import literal_sql
from ..report.report import SEVERITIES
from ..run.plan import mentioned
from ..run.reader import Deadline, Reader, refuse
from ..run.semantics import PORTABLE, semantics_of, semantics_problems
from ..run.validate import refuse_unfit
from ..sources import Opened, open_source
from ..sources.database import connect_to_read, create_engine_of
from ..sources.given import database_of
from .split import Split
from .staged import write_staged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy.sql.expression import Executable

    from .._shared.iceberg.snapshots import AsOf
    from ..checks.base import Check

__all__ = ["Quarantine", "quarantine"]

MODES = ("replace", "append")


@dataclass(frozen=True)
class Quarantine:
    """What was quarantined; ``passed_rows + quarantined_rows == total_rows`` was verified before anything was kept.

    Attributes:
        target: The table or file that holds the failing rows.
        column: Its column with the names of the failed checks, a JSON list as text.
        total_rows: Rows of the source.
        passed_rows: Rows that failed none of the checks.
        quarantined_rows: Rows that failed at least one check; this many were written.
        failed_rows: For each check, the rows that failed it.
        not_applied: The checks that are not about rows, or below the severity that was asked for.
        semantics: "database" where rules have the meaning that the database gives them.
    """

    target: str
    column: str
    total_rows: int
    passed_rows: int
    quarantined_rows: int
    failed_rows: Mapping[str, int]
    not_applied: tuple[str, ...]
    semantics: str = PORTABLE


def quarantine(
    source: Any,
    checks: Iterable[Check | Mapping[str, Any]],
    *,
    to: str | Path,
    table: str | None = None,
    query: str | sa.Select[Any] | None = None,
    schema: str | None = None,
    as_of: AsOf | None = None,
    mode: str = "replace",
    column: str = "failed_checks",
    min_severity: str = "error",
    storage_options: Mapping[str, Any] | None = None,
    read_options: Mapping[str, Any] | None = None,
    semantics: str = PORTABLE,
    timeout_seconds: float | None = None,
) -> Quarantine:
    """Copy the rows that break rules to a table or file, with the names of the rules.

    A row that breaks a rule is quarantined even if enough others pass for the rule's ``threshold``. The source is not
    changed.

    Args:
        source: What to check; see `dq_core.sources.open_source`. A Connection inside a transaction stays in it; the
            caller commits.
        checks: Checks, or rules as dicts; see `dq_core.checks.parse`.
        to: A table in the same database (created if it does not exist), or a path that ends in ``.parquet``.
        table: The table or view, if the source is a database.
        query: A SELECT instead of a table.
        schema: The schema of ``table`` and ``to``.
        as_of: Of an Iceberg table, the snapshot: its id, a branch or tag, or a time; None for the current one.
            Its rows go to a file.
        mode: ``"replace"`` what an earlier quarantine left in the table, or ``"append"`` to it.
        column: The column for the names of the checks; underscores are appended if the source has such a column.
        min_severity: Only checks of this severity or a higher one.
        storage_options: Options for the fsspec filesystem of a URI.
        read_options: How CSV files are written; see `dq_core.sources.open_source`.
        semantics: ``"database"`` takes rules as a database means them that no conformance suite ran on; see
            `dq_core.validate`.
        timeout_seconds: How long it may take, in seconds; the database stops what still runs then.

    Returns:
        How many rows passed and failed, and where the latter are.

    Raises:
        RuleError: The rules or arguments are wrong; lists all problems, and nothing was written.
        SourceError: The source cannot be read, the target cannot be written, or the numbers of rows do not add up
            because the source changed during the run; nothing was written.
        ValidationTimeoutError: It took longer than `timeout_seconds`; nothing was written.
    """
    parsed = parse(checks)
    refuse(path_problems("to", to))
    file = Path(to) if str(to).endswith(".parquet") else None
    _refuse_arguments(mode, min_severity, column, file, semantics=semantics, timeout_seconds=timeout_seconds)
    deadline = Deadline(timeout_seconds)
    applied = {
        name: check
        for name, check in zip(names_of(parsed), parsed, strict=True)
        if SEVERITIES.index(check.severity) >= SEVERITIES.index(min_severity)
    }
    if file is not None:
        with (
            open_source(
                source,
                table=table,
                query=query,
                schema=schema,
                as_of=as_of,
                storage_options=storage_options,
                read_options=read_options,
                expected=mentioned(parsed),
                by_value=True,
                timeout_seconds=timeout_seconds,
            ) as opened,
            draft_of(file) as draft,
        ):
            refuse_unfit(list(applied.values()), Reader(opened, deadline), semantics=semantics, writes=[draft])
            split = Split.of(applied, opened.relation, column)
            counts = _write_file(opened, split, file, draft, deadline)
            stated = semantics_of(opened, semantics)
    else:
        if as_of is not None:
            raise RuleError(["as_of: the rows of a snapshot are quarantined to a file, such as to='failed.parquet'."])
        in_transaction = isinstance(source, sa.Connection) and source.in_transaction()
        with (
            _writable(source, table, query, deadline) as (connection, chosen),
            open_source(connection, schema=schema, timeout_seconds=deadline.left(), **chosen) as opened,
        ):
            refuse_unfit(list(applied.values()), Reader(opened, deadline), semantics=semantics)
            split = Split.of(applied, opened.relation, column)
            target = sa.table(str(to), schema=schema)
            counts = _write_table(opened, split, target, mode, table, deadline=deadline, in_transaction=in_transaction)
            stated = semantics_of(opened, semantics)
    total, passed, quarantined, *failed = counts
    return Quarantine(
        target=str(to),
        column=split.column,
        total_rows=total,
        passed_rows=passed,
        quarantined_rows=quarantined,
        failed_rows=dict(zip(split.names, failed, strict=True)),
        semantics=stated,
        not_applied=tuple(name for name in names_of(parsed) if name not in split.names),
    )


def _refuse_arguments(
    mode: object, min_severity: object, column: object, file: Path | None, *, semantics: object, timeout_seconds: object
) -> None:
    limits = () if timeout_seconds is None else seconds("timeout_seconds", timeout_seconds)
    problems = [*limits, *semantics_problems(semantics)]
    if not isinstance(column, str) or not column or "\0" in column or not is_unicode(column):
        problems.append(f"column must be the name of a column, not {repr_of(column, 80)}.")
    if not isinstance(mode, str) or mode not in MODES:
        problems.append(f"mode must be one of {', '.join(MODES)}, not {repr_of(mode)}.{question(mode, MODES)}")
    elif mode == "append" and file is not None:
        problems.append("A Parquet file cannot be appended to; give each run its own file.")
    if not isinstance(min_severity, str) or min_severity not in SEVERITIES:
        known = ", ".join(SEVERITIES)
        problems.append(
            f"min_severity must be one of {known}, not {repr_of(min_severity)}.{question(min_severity, SEVERITIES)}"
        )
    if file is not None and not file.parent.is_dir():
        problems.append(f"The folder {str(file.parent)!r} does not exist.")
    refuse(problems)


@contextmanager
def _writable(
    source: Any, table: str | None, query: Any, deadline: Deadline
) -> Iterator[tuple[sa.Connection, dict[str, Any]]]:
    """A connection in a transaction that may write and sees one snapshot, and what to open with it."""
    database = database_of(source, table, query, None)
    if database is None:
        raise RuleError(["Rows of files and frames are quarantined in a file: let to= end in .parquet."])
    source, chosen = database.bind, {"table": database.table, "query": database.query}
    with ExitStack() as stack:
        if isinstance(source, sa.Connection):
            connection = source
        else:
            if isinstance(source, sa.URL):
                source = create_engine_of(source)
                stack.callback(source.dispose)
            connection = stack.enter_context(connect_to_read(source))
            connection = connection.execution_options(**dialect_for(connection.dialect).snapshot_options)
        if not connection.in_transaction():
            stack.enter_context(connection.begin())
        dialect, left = dialect_for(connection.dialect), deadline.left()
        try:
            with nullcontext() if left is None else dialect.deadline(connection, left):
                dialect.begin_writing(connection)
        except DBAPIError as error:
            if deadline.is_near:
                raise deadline.error() from None
            reason = scrubbed(str(error.orig).strip(), secrets_of(connection.engine.url))
            again = retry_can_help(connection.dialect.name, error.orig or error, unknown=False)
            kind = SourceConnectionError if again else SourceError
            raise kind(f"Nothing can be written to {masked(connection.engine.url)}: {reason}") from None
        yield connection, chosen


def _write_table(
    opened: Opened,
    split: Split,
    target: sa.TableClause,
    mode: str,
    source_table: str | None,
    *,
    deadline: Deadline,
    in_transaction: bool,
) -> tuple[int, ...]:
    """Write the failing rows to a table inside the open transaction."""
    connection, run = opened.connection, _Statements(opened, deadline)
    if target.name == source_table:
        raise RuleError([f"The failing rows of {repr_of(source_table)} cannot be written to that table itself."])
    names = [column.name for column in split.rows.selected_columns]
    count = sa.select(sa.func.count()).select_from(target)
    with ExitStack() as stack, _translated(opened):
        with run.limited():
            exists = sa.inspect(connection).has_table(target.name, schema=target.schema)
            known = sa.inspect(connection).get_columns(target.name, schema=target.schema) if exists else []
        if exists and [one["name"] for one in known] != names:
            there, needed = ", ".join(one["name"] for one in known), ", ".join(names)
            raise RuleError(
                [f"The table {repr_of(target.name)} exists with other columns: {there} (not {needed})."],
                suggestion="Choose another name, or drop the table if it holds an older quarantine.",
            )
        if opened.relation.dialect.writes_commit:
            return write_staged(
                connection,
                counts=split.counts,
                rows=split.rows,
                target=target,
                exists=exists,
                mode=mode,
                limited=run.limited,
                check=_assert_sums,
            )
        if exists:
            # Before the old rows go: a query or a view may read them.
            counts = run.counts(split)
            if mode == "replace":
                run(sa.delete(target))
        else:
            if opened.relation.dialect.ddl_commits and in_transaction:
                raise RuleError(
                    [f"Creating the table {repr_of(target.name)} would commit your transaction."],
                    suggestion="Give an Engine or a URL, or create the table before.",
                )
            name = connection.dialect.identifier_preparer.format_table(target)
            declared = opened.relation.dialect.declared(connection, names[-1])
            create = f"CREATE TABLE {name}{declared} AS {literal_sql(split.empty, connection)}"
            run(create)
            if opened.relation.dialect.ddl_commits:
                # No rollback takes the table back.
                stack.callback(connection.exec_driver_sql, f"DROP TABLE {name}")
            counts = run.counts(split)
        ((before,),) = run(count)
        written = sa.table(target.name, *map(sa.column, names), schema=target.schema)
        run(sa.insert(written).from_select(names, split.rows), checked=True)
        ((after,),) = run(count)
        _assert_sums(counts, after - before)
        stack.pop_all()
    return counts


def _write_file(opened: Opened, split: Split, path: Path, draft: Path, deadline: Deadline) -> tuple[int, ...]:
    """Write the failing rows to a draft beside the file, then rename it."""
    connection, run = opened.connection, _Statements(opened, deadline)
    if not opened.relation.dialect.writes_parquet:
        raise RuleError(
            [f"Rows of {opened.description} cannot be written to Parquet from here: give the name of a table."],
            suggestion="The table can be exported afterwards.",
        )
    with _translated(opened):
        counts = run.counts(split)
        quoted = str(draft).replace("'", "''")
        rows = opened.relation.dialect.for_parquet(connection, literal_sql(split.rows, connection))
        copy = f"COPY ({rows}) TO '{quoted}' (FORMAT parquet)"
        ((written,),) = run(copy)
        _assert_sums(counts, written)
    draft.replace(path)
    return counts


def _assert_sums(counts: Sequence[int], written: int) -> None:
    total, passed, failed, *_ = counts
    if passed + failed != total or written != failed:
        raise SourceError(
            f"{passed:,} passing and {written:,} quarantined rows are not the {total:,} rows of the source: "
            "it changed during the run, or reads what is written.",
            suggestion="Nothing was written. Try again, or check a snapshot.",
            context={"total_rows": total, "passed_rows": passed, "failed_rows": failed, "written_rows": written},
        )


@dataclass(frozen=True)
class _Statements:
    """Runs statements, each of which the database stops if it still runs at the deadline."""

    opened: Opened
    deadline: Deadline

    def __call__(self, statement: Executable | str, *, checked: bool = False) -> Sequence[sa.Row[Any]]:
        """The rows of a statement; none if it has no result.

        Args:
            statement: The statement; a string has no parameters.
            checked: Whether a warning that it leaves is an error.
        """
        connection = self.opened.connection
        with self.limited():
            if isinstance(statement, str):
                result = connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
            else:
                result = connection.execute(statement)
            rows = result.all() if result.returns_rows else []
            if checked:
                self.opened.relation.dialect.refuse_warnings(connection)
        return rows

    def counts(self, split: Split) -> tuple[int, ...]:
        """The numbers of all, passing and failing rows, then of those that fail each check."""
        (found,) = self(split.counts, checked=True)
        return tuple(map(int, found))

    @contextmanager
    def limited(self) -> Iterator[None]:
        """A block in which the database stops what still runs at the deadline.

        Raises:
            ValidationTimeoutError: The deadline has passed.
        """
        left, dialect = self.deadline.left(), self.opened.relation.dialect
        if left is None:
            yield
            return
        connection = self.opened.connection
        try:
            with dialect.deadline(connection, left), dialect.guard(connection, owns_transaction=False):
                yield
        except DBAPIError as error:
            if self.deadline.passed or (self.deadline.is_near and dialect.timed_out(error)):
                raise self.deadline.error() from None
            raise


@contextmanager
def _translated(opened: Opened) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        reason = scrubbed(str(error.orig).strip(), opened.secrets)
        again = retry_can_help(opened.connection.dialect.name, error.orig or error, unknown=False)
        kind = SourceConnectionError if again or error.connection_invalidated else SourceError
        raise kind(f"The failing rows of {opened.description} cannot be quarantined: {reason}") from None
