"""Run the work of an operator: in its database, stoppable, with the errors of Airflow."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from moltres import connect
from moltres.task import Lineage, Stop, run_stoppable
from moltres_airflow.connections import engine_of, transaction
from moltres_airflow.errors import airflow_errors
from moltres_airflow.instances import run_of
from moltres_airflow.templates import refuse_unrendered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow.sdk import Context

    from moltres import Database
    from moltres_airflow.base import MoltresOperator

_Result = TypeVar("_Result")


@contextmanager
def execution(operator: MoltresOperator, context: Context) -> Iterator[None]:
    """One execution of an operator: rendered before, stopped wherever a kill falls, its errors those of Airflow.

    Args:
        operator: The operator.
        context: The context of its run.

    Raises:
        AirflowException: If it failed and a retry can help; also if it was killed.
        AirflowFailException: If it failed and a retry cannot help.
    """
    operator.lineage, operator.report, operator.run_of_queries = Lineage(), None, run_of(context)
    with airflow_errors():
        refuse_unrendered(operator, operator.templates)
        try:
            operator.stop.check()
            yield
            operator.stop.check()
        finally:
            operator.stop.close()
            operator.stop = Stop()


def run(operator: MoltresOperator, work: Callable[[Database], _Result]) -> _Result:
    """Do the work of an operator in its database.

    A caller's Session stays in the caller's thread, because many are bound to it.

    Args:
        operator: The operator, during its `execution`.
        work: What to do; it gets the open database.
    """
    session = operator.session
    if session is None:
        with engine_of(operator.dsn, operator.conn_id, operator.run_of_queries) as target:

            def in_database() -> _Result:
                with connect(target, query_timeout=operator.query_timeout) as database:
                    return work(database)

            return run_stoppable(in_database, stop=operator.stop)

    def in_session() -> _Result:
        with transaction(session) as opened, connect(opened, query_timeout=operator.query_timeout) as database:
            result = work(database)
            operator.stop.check()
            return result

    return run_stoppable(in_session, stop=operator.stop, own_thread=False)
