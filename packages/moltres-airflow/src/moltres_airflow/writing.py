"""What the operator that writes does when it runs, and how it keeps the options of its write until then."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from moltres import connect
from moltres.task import WriteOptions, WriteOutcome, refuse, run_write
from moltres_airflow.connections import engine_of
from moltres_airflow.inputs import find_input
from moltres_airflow.instances import name_of, run_of
from moltres_airflow.running import execution, run

if TYPE_CHECKING:
    from airflow.sdk import Context

    from moltres import Database


def keep(operator: Any, options: WriteOptions) -> None:
    """Make an attribute of every option: Airflow renders attributes."""
    for option in fields(options):
        setattr(operator, option.name, getattr(options, option.name))


def kept(operator: Any) -> WriteOptions:
    """The options that an operator keeps, as Airflow has rendered them."""
    return WriteOptions(**{option.name: getattr(operator, option.name) for option in fields(WriteOptions)})


def write(operator: Any, context: Context) -> dict[str, Any]:
    """Write what an upstream task handed over, and push what came of it.

    Raises:
        AirflowException: If it failed and a retry can help.
        AirflowFailException: If it failed and a retry cannot help.
    """
    with (
        execution(operator, context),
        engine_of(operator.input_dsn, operator.input_conn_id, run_of(context)) as staged_in,
    ):
        options = kept(operator)
        refuse(f"Task {operator.task_id!r}", options.problems())
        value = find_input(operator, context, input_key=operator.input_key, input_task_id=operator.input_task_id)
        run_key = options.key(lambda: name_of(context))

        def work(database: Database) -> WriteOutcome:
            limit = operator.query_timeout
            with nullcontext(database) if staged_in is None else connect(staged_in, query_timeout=limit) as source:
                return run_write(database, source, value, options, run_key=run_key)

        outcome = run(operator, work)
        operator.lineage = outcome.lineage
        operator.log.info("%s", outcome.summary)
        result: dict[str, Any] = outcome.to_dict()
        operator.push(context, result)
    return result
