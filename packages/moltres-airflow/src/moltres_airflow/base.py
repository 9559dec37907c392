"""What the three operators share: where the database is, how results and errors reach Airflow, how work is stopped."""

from __future__ import annotations

import contextvars
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from airflow.sdk import BaseOperator, XComArg
from airflow.sdk.exceptions import AirflowException

from dq_core.errors import DataQualityError
from moltres import DataFrame, connect
from moltres.errors import ConfigurationError, MoltresError
from moltres.handoff import encode
from moltres_airflow import arguments
from moltres_airflow.database import engine_of, transaction
from moltres_airflow.dsn import Dsn, DsnHidingPartial, hide_addresses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from airflow.providers.openlineage.extractors import OperatorLineage
    from airflow.sdk import Context
    from airflow.sdk.definitions.mappedoperator import OperatorPartial
    from sqlalchemy import URL
    from sqlalchemy.orm import Session

    from moltres import Database
    from moltres_airflow.lineage import Lineage

_Result = TypeVar("_Result")


class MoltresOperator(BaseOperator):
    """A task that works in one database.

    Args:
        dsn: Address of the database. Give this, or ``session``, or ``conn_id``.
        session: A SQLAlchemy Session, or a function without arguments that gives one. The task commits it when it
            succeeds and rolls it back when it fails; a Session that the function gave is closed as well.
        conn_id: An Airflow connection, used through its hook's ``get_sqlalchemy_engine()``. Template field.
        query_timeout: Seconds after which the database stops a statement.
        output_key: XCom key of the result.
        do_xcom_push: Whether the result is pushed.
        problems: What is wrong with the arguments of the operator that extends this one.
        **kwargs: Arguments of Airflow's BaseOperator.

    Raises:
        ConfigurationError: If anything is wrong with the arguments.
    """

    template_fields: Sequence[str] = ("conn_id",)
    # Airflow copies operators deeply; a Session or an engine in a closure must stay the same one.
    shallow_copy_attrs: Sequence[str] = ("_BaseOperator__init_kwargs", "_session")
    ui_color = "#e3eef6"

    hands_over_rows: ClassVar[bool] = False
    """Whether the result is rows which a task downstream can pick up."""

    output_suffix: ClassVar[str] = ""
    """What follows the task's id in the default ``output_key``."""

    def __init__(
        self,
        *,
        dsn: str | URL | Dsn | None = None,
        session: Session | Callable[[], Session] | None = None,
        conn_id: str | None = None,
        query_timeout: float | None = None,
        output_key: str | None = None,
        do_xcom_push: bool = True,
        problems: Iterable[str] = (),
        **kwargs: Any,
    ) -> None:
        arguments.refuse(
            type(self),
            kwargs["task_id"],
            [
                *arguments.unknown(type(self), kwargs),
                *arguments.addresses(
                    {"dsn": dsn, "session": session, "conn_id": conn_id}, default_args_of(kwargs), needed=True
                ),
                *arguments.seconds("query_timeout", query_timeout),
                *problems,
            ],
        )
        # Airflow's own push would store the result once more, under another key and without keeping the types.
        super().__init__(**kwargs, do_xcom_push=False)
        self.dsn = None if dsn is None else Dsn(dsn)
        self._session = (session,)  # in a tuple, of which even a copy holds the same object
        self.conn_id = conn_id
        self.query_timeout = query_timeout
        self.output_key = output_key or self.default_output_key(self.task_id)
        self.push_result = do_xcom_push
        self._databases: list[Database] = []  # those in use; execution runs on a copy of the task, so it gets its own
        self._killed = False
        self.lineage: Lineage | None = None  # what an execution touched

    @classmethod
    def default_output_key(cls, task_id: str) -> str:
        """The XCom key of the result of a task that names none."""
        return f"{task_id}{cls.output_suffix}"

    @classmethod
    def partial(cls, **kwargs: Any) -> OperatorPartial:
        """Arguments that all instances of a mapped task share; ``.expand()`` gives the others."""
        kwargs = hide_addresses(kwargs)
        plain = super().partial(**kwargs)
        plain._expand_called = True  # noqa: SLF001 - or Airflow warns that this one was never mapped
        return DsnHidingPartial(operator_class=cls, kwargs=plain.kwargs, params=plain.params)

    @property
    def session(self) -> Session | Callable[[], Session] | None:
        """The Session that was given, or what makes one."""
        return self._session[0]

    @property
    def output(self) -> XComArg:
        """The result, for use as an argument of another task."""
        return XComArg(self, key=self.output_key)

    def on_kill(self) -> None:
        """Stop what runs in the database; Airflow calls this when the task is killed or runs out of time."""
        self._killed = True
        self._cancel()

    def run(self, work: Callable[[Database], _Result]) -> _Result:
        """Do the work of the task in its database.

        The work runs in a thread of its own, so that this one can hear the signals by which Airflow stops a task: a
        driver which waits in C keeps Python from running signal handlers in the thread that waits, and they belong to
        the main thread. A caller's Session stays in the caller's thread, because many are bound to it.

        Args:
            work: What to do; it gets the open database.
        """
        if self.session is not None:
            with transaction(self.session) as session:
                return self._work(session, work)
        with engine_of(self.dsn, self.conn_id) as target, ThreadPoolExecutor(1, "moltres") as pool:
            future = pool.submit(contextvars.copy_context().run, self._work, target, work)
            try:
                return future.result()
            except BaseException:
                # Airflow's time limit may strike here, while the thread still works.
                self._cancel()
                raise

    def frame(self, database: Database, query: Callable[..., Any], *inputs: DataFrame) -> DataFrame:
        """The frame that a user's function makes of the database and its inputs."""
        frame = query(database, *inputs)
        if isinstance(frame, DataFrame):
            return frame
        raise ConfigurationError(
            f"The query of task {self.task_id!r} returned a {type(frame).__name__}, not a DataFrame.",
            suggestion="Return the frame itself, not its rows, as in lambda db: db.table('users').select().",
        )

    @contextmanager
    def connected(self, target: Any) -> Iterator[Database]:
        """An open database which is stopped with the task."""
        with connect(target, query_timeout=self.query_timeout) as database:
            self._databases = [*self._databases, database]
            try:
                yield database
            finally:
                self._databases = [other for other in self._databases if other is not database]

    def _work(self, target: Any, work: Callable[[Database], _Result]) -> _Result:
        try:
            with self.connected(target) as database:
                return work(database)
        except (MoltresError, DataQualityError) as error:
            if self._killed:  # it failed because we stopped it, and may well succeed another time
                raise AirflowException("The task was stopped, and with it what ran in the database.") from error
            raise

    def _cancel(self) -> None:
        for database in self._databases:
            database.cancel()

    def push(self, context: Context, value: Any) -> None:
        """Push a value under ``output_key``, so that no type is lost; an orderly no-op where there is no run."""
        instance = context.get("ti") or context.get("task_instance")
        if self.push_result and instance is not None:
            instance.xcom_push(key=self.output_key, value=encode(value))

    def run_name(self, context: Context) -> str | None:
        """What names this task in this run: the same at every try, another for every mapped instance."""
        instance: Any = context.get("ti") or context.get("task_instance")
        if instance is None:
            return None
        parts = [instance.dag_id, instance.task_id, instance.run_id]
        return "/".join(parts if instance.map_index < 0 else [*parts, str(instance.map_index)])

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> OperatorLineage[Any, Any] | None:  # noqa: ARG002 - its API
        """What OpenLineage asks a task that has succeeded or failed."""
        return None if self.lineage is None else self.lineage.facets()


def default_args_of(kwargs: Mapping[str, Any]) -> Mapping[str, Any]:
    """The default arguments of the DAG for which an operator is made: Airflow stores them in clear."""
    dag = kwargs.get("dag")
    return {} if dag is None else dag.default_args
