"""Results of validations in two SQL tables: ``dq_runs``, and ``dq_results`` with one row per check."""

from __future__ import annotations

import contextlib
import datetime as dt
import math
import uuid
from threading import Event
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from .._shared.arguments import is_unicode, string, whole
from .._shared.databases.connecting import missing_file, retry_can_help
from .._shared.databases.urls import database_url, make_engine
from .._shared.masking import masked, scrubbed, secrets_of, stored_problems
from .._shared.wording import question, repr_of
from ..errors import RuleError, SourceConnectionError, SourceError, translated
from ..relation.dialects import dialect_for
from ..relation.dialects.exact_text import ExactText
from ..report.report import SEVERITIES, CheckResult, Report
from ..sources.database import connect, connect_to_read
from .bounds import Bounds, wrong_arguments
from .drift import COUNTS, TOTAL_ROWS, Drift, measured_of, metrics_of, with_drift
from .series import Measured, expected_range

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


__all__ = ["History", "Point"]


class _Microseconds(sa.types.UserDefinedType[dt.datetime]):
    """Trino's timestamps, which have milliseconds unless they are told to have more."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """Its name."""
        return "TIMESTAMP(6)"


_MOMENT = sa.DateTime().with_variant(_Microseconds(), "trino")
#: Seconds between attempts to make the tables; after the last one it is an error.
_WAITS = (0.05, 0.1, 0.2, 0.4, None)
#: No history has more runs.
_MOST_RUNS = 10**9


class Point(NamedTuple):
    """One value of a metric.

    Attributes:
        run_id: The run that measured it.
        started_at: When that run started, in UTC without a time zone.
        value: The value.
    """

    run_id: str
    started_at: dt.datetime
    value: float


def _is_name(given: str) -> bool:
    return "\0" not in given and is_unicode(given)


class History:
    """The history of validations in a database; the first recorded run creates its tables.

    Args:
        bind: A SQLAlchemy Engine, or a URL (also as a string).
        prefix: The prefix of the names of the two tables.
        schema: The schema of the tables.
    """

    def __init__(self, bind: sa.Engine | sa.URL | str, *, prefix: str = "dq_", schema: str | None = None) -> None:
        named = [*string("prefix", prefix, empty=True), *([] if schema is None else string("schema", schema))]
        if named:
            raise RuleError(named)
        self.engine = bind if isinstance(bind, sa.Engine) else _engine_of(bind)
        longest = self.engine.dialect.max_identifier_length
        unfit = [
            f"{name} cannot be {given!r:.60}: a name has at most {longest} characters, of Unicode and without NUL."
            for name, given in (("prefix", f"{prefix}results"), ("schema", schema or ""))
            if len(given) > longest or not _is_name(given)
        ]
        if unfit:
            raise RuleError(unfit)
        self._metadata = sa.MetaData(schema=schema)
        self._runs = sa.Table(
            f"{prefix}runs",
            self._metadata,
            sa.Column("run_id", ExactText(64), nullable=False),
            sa.Column("suite", ExactText(255), nullable=False),
            sa.Column("source", ExactText(), nullable=False),
            sa.Column("started_at", _MOMENT, nullable=False),
            sa.Column("overall_status", ExactText(16), nullable=False),
            sa.Column("total_rows", sa.BigInteger, nullable=False),
            sa.Column("execution_time_seconds", sa.Double, nullable=False),
            sa.PrimaryKeyConstraint("run_id").ddl_if(callable_=_has_keys),
            sa.Index(f"ix_{prefix}runs_suite", "suite").ddl_if(callable_=_has_keys),
        )
        self._results = sa.Table(
            f"{prefix}results",
            self._metadata,
            sa.Column("run_id", ExactText(64), nullable=False),
            sa.Column("position", sa.Integer, nullable=False, autoincrement=False),
            sa.Column("metric", ExactText(), nullable=False),
            sa.Column("type", ExactText(64), nullable=False),
            sa.Column("column_name", ExactText()),
            sa.Column("severity", ExactText(16), nullable=False),
            sa.Column("status", ExactText(16), nullable=False),
            sa.Column("failed_rows", sa.BigInteger),
            sa.Column("considered_rows", sa.BigInteger),
            sa.Column("value", sa.Double),
            sa.Column("message", ExactText(), nullable=False),
            sa.PrimaryKeyConstraint("run_id", "position").ddl_if(callable_=_has_keys),
        )

    def __repr__(self) -> str:
        return f"History({masked(self.engine.url)!r})"

    def record(self, report: Report, *, suite: str, run_id: str | None = None) -> str:
        """Record a report, in one transaction.

        Args:
            report: What to record; samples, SQL and details are left out.
            suite: The name under which runs of the same checks on the same data belong together.
            run_id: What identifies the run, such as an orchestrator's; recording it again replaces it, so that a
                retry leaves one run. Default: a new one.

        Returns:
            The run's identity.
        """
        _refuse(report=report, suite=suite, run_id=run_id)
        run_id = run_id or uuid.uuid4().hex
        measured = [one for one in metrics_of(report) if one[1] is not None]
        with self._tables() as connection:
            # A run is read by its row in the first table: it goes first and comes last, should each statement commit.
            for table in (self._runs, self._results):
                connection.execute(sa.delete(table).where(table.c.run_id == run_id))
            self._insert_results(connection, run_id, measured)
            connection.execute(
                sa.insert(self._runs).values(
                    run_id=run_id,
                    suite=suite,
                    source=report.source.encode(errors="backslashreplace").decode(),
                    started_at=_utc(report.started_at),
                    overall_status=report.overall_status,
                    total_rows=report.total_rows,
                    execution_time_seconds=report.execution_time_seconds,
                )
            )
        return run_id

    def points(
        self, metric: str, *, suite: str, last: int = 365, before: str | dt.datetime | None = None
    ) -> tuple[Point, ...]:
        """The values of a metric, oldest first.

        Args:
            metric: ``"total_rows"`` or the name of a check.
            suite: The name under which the runs were recorded.
            last: At most this many, the latest.
            before: Only runs that started before this time.
        """
        _refuse(suite=suite, metric=metric, last=last)
        earlier = None if before is None else _moment("before", before)
        return tuple(point for point, _ in self._series([metric], suite, int(last), earlier)[metric])

    def bounds(
        self,
        metric: str,
        *,
        suite: str,
        false_alarm_rate: float = 0.01,
        method: str = "auto",
        last: int = 365,
    ) -> Bounds | None:
        """The expected range of the next value of a metric, or None while no bounds keep the rate.

        The next value of a share is taken to be one of as many rows as the last one.

        Args:
            metric: ``"total_rows"`` or the name of a check.
            suite: The name under which the runs were recorded.
            false_alarm_rate: The highest rate of false alarms; see `bounds_of` for its assumptions.
            method: ``"auto"``, ``"order"`` or ``"normal"``.
            last: How many of the latest runs to use.
        """
        _refuse(suite=suite, metric=metric)
        problems = [*wrong_arguments(false_alarm_rate, method), *whole("last", last, least=1, most=_MOST_RUNS)]
        if problems:
            raise RuleError(problems)
        series = [measured for _, measured in self._series([metric], suite, int(last), None)[metric]]
        if not series:
            return None
        return expected_range(series, series[-1], false_alarm_rate=false_alarm_rate, method=method)

    def drift(
        self,
        report: Report,
        *,
        suite: str,
        false_alarm_rate: float = 0.01,
        method: str = "auto",
        last: int = 365,
        lag: int = 0,
    ) -> tuple[Drift, ...]:
        """Every metric of a report compared with its values in earlier runs.

        Args:
            report: The new report, recorded or not.
            suite: The name under which the runs before were recorded.
            false_alarm_rate: The rate for the whole report: the probability, at most, that any of its metrics raises
                a false alarm. Each metric gets an equal part of it (Bonferroni), which needs no independence.
            method: ``"auto"``, ``"order"`` or ``"normal"``; see `bounds_of` for what each assumes.
            last: Compare with this many of the latest runs.
            lag: 0 compares values. Another number compares the change from the value ``lag`` runs earlier, among those
                that have one, with earlier such changes: 1 for what grows, 7 for daily runs with a weekly rhythm.

        Returns:
            One for each metric that has a value in this report.
        """
        _refuse(report=report, suite=suite)
        problems = [
            *wrong_arguments(false_alarm_rate, method),
            *whole("lag", lag),
            *whole("last", last, least=1, most=_MOST_RUNS),
        ]
        if problems:
            raise RuleError(problems)
        lag, last = int(lag), int(last)
        now = {metric: measured_of(result, value) for metric, result, value in metrics_of(report) if value is not None}
        series: dict[str, list[tuple[Point, Measured]]] = {metric: [] for metric in now}
        if missing_file(self.engine.url) is None:  # before the first run is recorded there is no file, and no drift
            series = self._series(list(now), suite, last + lag, _utc(report.started_at))
        drifts = []
        rate = false_alarm_rate / len(now)
        for metric, new in now.items():
            earlier = [measured for _, measured in series[metric]]
            if len(earlier) < lag:
                continue
            bounds = expected_range(earlier, new, false_alarm_rate=rate, method=method, lag=lag)
            value = new.value - earlier[-lag].value if lag else new.value
            drifts.append(Drift(metric, value, bounds, len(earlier) - lag))
        return tuple(drifts)

    def judge(
        self,
        report: Report,
        *,
        suite: str,
        severity: str = "warning",
        false_alarm_rate: float = 0.01,
        method: str = "auto",
        last: int = 365,
        lag: int = 0,
    ) -> Report:
        """The report with a result of type ``drift`` for each of its metrics; those without bounds yet are skipped.

        Args:
            report: The new report.
            suite: The name under which the runs before were recorded.
            severity: That of the new results; "error" lets drift fail the report.
            false_alarm_rate: For the whole report; see `drift`, also for what follows.
            method: ``"auto"``, ``"order"`` or ``"normal"``.
            last: Compare with this many of the latest runs.
            lag: Compare changes over ``lag`` runs instead of values.
        """
        given: object = severity
        if not isinstance(given, str) or given not in SEVERITIES:
            known = ", ".join(SEVERITIES)
            hint = question(severity, SEVERITIES)
            raise RuleError([f"severity must be one of {known}, not {repr_of(severity)}.{hint}"])
        drifts = self.drift(report, suite=suite, false_alarm_rate=false_alarm_rate, method=method, last=last, lag=lag)
        return with_drift(report, drifts, severity)

    def _insert_results(
        self, connection: sa.Connection, run_id: str, measured: Sequence[tuple[str, CheckResult | None, float | None]]
    ) -> None:
        rows = [
            {
                "run_id": run_id,
                "position": position,
                "metric": metric,
                "type": result.type,
                "column_name": result.column,
                "severity": result.severity,
                "status": result.status,
                "failed_rows": result.failed_rows,
                "considered_rows": result.considered_rows,
                # No value stands for one that not every database stores: infinite, or NaN.
                "value": None if value is None or not math.isfinite(value) else value,
                "message": result.message,
            }
            for position, (metric, result, value) in enumerate(measured)
            if result is not None
        ]
        if rows and dialect_for(connection.dialect).writes_commit:
            connection.execute(sa.insert(self._results).values(rows))
        elif rows:
            connection.execute(sa.insert(self._results), rows)

    @contextlib.contextmanager
    def _tables(self, *, reads: bool = False) -> Iterator[sa.Connection]:
        """A transaction in which the tables exist.

        Args:
            reads: Whether a file that does not exist is an error, and not made.

        Raises:
            SourceConnectionError: The database cannot be reached.
            SourceError: The database refused a statement.
            TableNotFoundError: There is no file to read.
        """
        try:
            with (connect_to_read if reads else connect)(self.engine) as connection:
                self._make_tables(connection)
                with connection.begin():
                    yield connection
        except DBAPIError as error:
            reason = scrubbed(str(error.orig).strip(), secrets_of(self.engine.url))
            again = retry_can_help(self.engine.dialect.name, error.orig or error, unknown=False)
            kind = SourceConnectionError if again else SourceError
            raise kind(f"The history in {masked(self.engine.url)} cannot be used: {reason}") from None

    def _make_tables(self, connection: sa.Connection) -> None:
        """Make the tables that are not there, in a transaction of its own.

        It fails where another one makes them at the same moment, in as many ways as there are databases.
        """
        for wait in _WAITS:
            try:
                with connection.begin():
                    self._metadata.create_all(connection)
            except DBAPIError:
                if wait is None:
                    raise
                Event().wait(wait)
            else:
                return

    def _series(
        self, metrics: Sequence[str], suite: str, last: int, before: dt.datetime | None
    ) -> dict[str, list[tuple[Point, Measured]]]:
        runs, results = self._runs, self._results
        latest = sa.select(runs.c.run_id, runs.c.started_at, runs.c.total_rows).where(runs.c.suite == suite)
        if before is not None:
            latest = latest.where(runs.c.started_at < before)
        latest_runs = latest.order_by(runs.c.started_at.desc(), runs.c.run_id).limit(last).subquery("latest")
        ordered = (latest_runs.c.started_at, latest_runs.c.run_id)
        measured = (
            sa.select(
                results.c.metric,
                latest_runs.c.run_id,
                latest_runs.c.started_at,
                results.c.value,
                results.c.failed_rows,
                results.c.considered_rows,
                results.c.type,
            )
            .join_from(latest_runs, results, results.c.run_id == latest_runs.c.run_id)
            .where(results.c.metric.in_(metrics), results.c.value.is_not(None))
            # Of no rows there is no share.
            .where(sa.or_(results.c.failed_rows.is_(None), results.c.considered_rows > 0))
            .order_by(*ordered)
        )
        series: dict[str, list[tuple[Point, Measured]]] = {metric: [] for metric in metrics}
        with self._tables(reads=True) as connection:
            if TOTAL_ROWS in series:
                rows = connection.execute(sa.select(latest_runs).order_by(*ordered))
                series[TOTAL_ROWS] = [
                    (Point(run_id, at, float(total)), Measured(float(total), counts=True)) for run_id, at, total in rows
                ]
            for metric, run_id, at, value, failed, considered, kind in connection.execute(measured):
                share = failed is not None and bool(considered)
                one = Measured(value, failed, considered) if share else Measured(value, counts=kind in COUNTS)
                series[metric].append((Point(run_id, at, value), one))
        return series


def _has_keys(*_: object, dialect: sa.Dialect, **__: object) -> bool:
    """Whether tables have keys and indexes in a database."""
    return dialect_for(dialect).has_keys


def _engine_of(url: sa.URL | str) -> sa.Engine:
    with translated():
        return make_engine(database_url(url), core="dq-core")


def _moment(name: str, given: object) -> dt.datetime:
    """A moment that an argument gives, as `_utc`.

    Raises:
        RuleError: It is none.
    """
    if isinstance(given, str | dt.datetime):
        with contextlib.suppress(ValueError, OverflowError):
            return _utc(given)
    shown = masked(given) if isinstance(given, str) else given
    raise RuleError([f"{name} must be a time (2026-02-28T10:00:00+00:00), not {repr_of(shown, 80)}."])


def _utc(moment: str | dt.datetime) -> dt.datetime:
    """A moment in UTC without its zone, as the tables store it."""
    parsed = dt.datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return parsed if parsed.tzinfo is None else parsed.astimezone(dt.UTC).replace(tzinfo=None)


def _refuse(
    *, suite: object, metric: object = TOTAL_ROWS, run_id: object = None, last: object = 1, report: object = ...
) -> None:
    """Refuse what identifies nothing, all problems at once.

    Raises:
        RuleError: Some do not fit.
    """
    problems = [*string("suite", suite), *string("metric", metric), *whole("last", last, least=1, most=_MOST_RUNS)]
    if run_id is not None:
        problems += string("run_id", run_id, empty=True)
    identities = [("suite", suite), ("metric", metric), ("run_id", run_id)]
    named = [("the name of a check", one.check_name) for one in report.results] if isinstance(report, Report) else []
    for name, given in (*identities, *named):
        if isinstance(given, str) and not is_unicode(given):
            problems.append(f"{name} has characters that no database stores: {scrubbed(given)!r}.")
    problems += [problem for one in identities for problem in stored_problems(*one)]
    if report is not ... and not isinstance(report, Report):
        problems.append(f"report must be a report of validate(), not {repr_of(report, 80)}.")
    if problems:
        raise RuleError(problems)
