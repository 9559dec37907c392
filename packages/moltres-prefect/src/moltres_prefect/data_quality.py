"""The task that judges rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dq_core import Suite
from moltres.errors import ConfigurationError
from moltres.task import refuse, rows_to_check
from moltres_prefect.call import moltres_task
from moltres_prefect.databases import Dsn, work_in_database
from moltres_prefect.iterators import refuse_read_before
from moltres_prefect.lineage import leave_artifact, note_reading
from moltres_prefect.options import flag_problems, key_problems
from moltres_prefect.queries import query_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from sqlalchemy.orm import Session

    from dq_core import Report
    from moltres import Database, DataFrame


@moltres_task
def moltres_data_quality(
    *,
    checks: Sequence[Any],
    query: Callable[[Database], DataFrame] | str | Path | None = None,
    parameters: Mapping[str, Any] | None = None,
    data: Any = None,
    dsn: Dsn = None,
    session: Session | Callable[[], Session] | None = None,
    connection: Any = None,
    fail_on_error: bool = False,
    fail_fast: bool = False,
    samples: int = 5,
    mask: Sequence[str] = (),
    semantics: str = "portable",
    artifact: bool = True,
    artifact_key: str | None = None,
    query_timeout: float | None = None,
) -> Report:
    """Check rows where they are, and leave the report as a Markdown artifact.

    Args:
        checks: Rules: made by ``DataQualityCheck``, or dicts.
        query: Gets the database and returns the DataFrame to check; or SQL, or the path of a ``.sql`` file. Give this
            or ``data``.
        parameters: Values for the ``:name`` of SQL, never part of its text.
        data: What another task handed over. Rows that were handed over inline need no database.
        dsn: See :func:`moltres_query`; the same goes for ``session``, ``connection`` and ``query_timeout``.
        session: A Session, or a function that makes one.
        connection: A block of prefect-sqlalchemy, or ``"type/name"`` of one.
        fail_on_error: Whether the task fails if the checks fail. By default the flow decides, by the report.
        fail_fast: Whether to stop at the first failure.
        samples: How many failing rows the report, and with it the artifact, shows for each check.
        mask: Columns whose values it shows as ``***``.
        semantics: ``"database"`` takes rules as a database means them that dq_core has no conformance suite for.
        artifact: Whether to leave the artifact.
        artifact_key: Its key; by default made of the flow, the task and the number of its call.
        query_timeout: Seconds after which the database stops a statement.

    Returns:
        The report; ``report["overall_status"]`` is ``"passed"`` or ``"failed"``.

    Raises:
        CheckFailedError: If checks failed and ``fail_on_error`` is set; it carries the report.
    """
    if (query is None) == (data is None):
        raise ConfigurationError(f"Give either query or data to check, not {'both' if query else 'neither'}.")
    if query is None and parameters is not None:
        raise ConfigurationError("parameters are for query, which is not given.")
    flags = {"fail_on_error": fail_on_error, "fail_fast": fail_fast, "artifact": artifact}
    refuse("moltres_data_quality", [*flag_problems(flags), *key_problems(artifact_key)])
    refuse_read_before("moltres_data_quality", data=data)
    suite = Suite(checks)
    what = None if query is None else query_of("moltres_data_quality", query, parameters)

    def work(database: Database) -> Report:
        rows, lineage = rows_to_check(database, what, data)
        note_reading(lineage)
        report: Report = suite(rows, fail_fast=fail_fast, samples=samples, mask=mask, semantics=semantics)
        return report

    report = work_in_database(
        work,
        dsn=dsn,
        session=session,
        connection=connection,
        query_timeout=query_timeout,
        optional=data is not None,
    )
    if artifact:
        leave_artifact(report.to_markdown(), artifact_key)
    if fail_on_error:
        report.raise_if_failed()
    return report
