"""What the three operators share: where the database is, and what Airflow asks of a task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseOperator, XComArg

from moltres.handoff import encode
from moltres.task import Lineage, Stop, options, refuse, with_origin
from moltres_airflow import arguments
from moltres_airflow.dsn import Dsn
from moltres_airflow.environments import environment_of
from moltres_airflow.instances import instance_of
from moltres_airflow.lineage import facets
from moltres_airflow.mapping import DsnHidingPartial, hide_urls
from moltres_airflow.templates import no_file, read_query
from moltres_airflow.upstream import named_input_problems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from airflow.providers.openlineage.extractors import OperatorLineage
    from airflow.sdk import Context
    from airflow.sdk.definitions.mappedoperator import OperatorPartial
    from sqlalchemy import URL
    from sqlalchemy.orm import Session

    from dq_core import Report
    from moltres.task import Run


class MoltresOperator(BaseOperator):
    """A task that works in one database.

    Args:
        dsn: URL of the database. Give this, or ``session``, or ``conn_id``.
        session: A SQLAlchemy Session, or a function without arguments that gives one. The task commits it when it
            succeeds and rolls it back when it fails; a Session that the function gave is closed as well.
        conn_id: An Airflow connection, used as its hook uses it. Template field.
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
        places = {"dsn": dsn, "session": session, "conn_id": conn_id}
        found = [
            *arguments.unknown(type(self), kwargs),
            *arguments.urls(places, arguments.default_args_of(kwargs), required=True),
            *options.session(session),
            *arguments.seconds("query_timeout", query_timeout),
            *arguments.names({"conn_id": conn_id, "output_key": output_key}),
            *arguments.flag("do_xcom_push", do_xcom_push),
            *arguments.no_template("output_key", output_key),
            *problems,
            *([] if "task_id" in kwargs else ["task_id is required."]),
        ]
        refuse(f"{type(self).__name__} {kwargs.get('task_id')!r}", found)
        # Airflow's own push would store the result once more, under another key and without keeping the types.
        super().__init__(**kwargs, do_xcom_push=False)
        self.dsn = None if dsn is None else Dsn(dsn)
        self._session = (session,)  # in a tuple, of which even a copy holds the same object
        self.conn_id = conn_id
        self.query_timeout = query_timeout
        self.output_key = output_key or self.default_output_key(self.task_id)
        self.push_result = do_xcom_push
        self.templates: Mapping[str, frozenset[str]] = {}  # as they were given, before Airflow renders them
        self.stop = Stop()  # a copy of the task gets its own
        self.lineage = Lineage()  # what an execution touched
        self.report: Report | None = None
        self.run_of_queries: Run | None = None  # the run of an execution, as its queries name it

    @classmethod
    def default_output_key(cls, task_id: str) -> str:
        """The XCom key of the result of a task that names none."""
        return f"{task_id}{cls.output_suffix}"

    @classmethod
    def partial(cls, **kwargs: Any) -> OperatorPartial:
        """Arguments that all instances of a mapped task share; ``.expand()`` gives the others."""
        refuse(f"{cls.__name__} {kwargs.get('task_id')!r}", arguments.unknown(cls, kwargs))
        plain = super().partial(**hide_urls(kwargs))
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

    def resolve_template_files(self) -> None:
        """Read the file that the query names; whatever else ends like the name of such a file is a value."""
        read_query(self)
        self.prepare_template()

    def render_template(self, content: Any, context: Context, jinja_env: Any = None, seen_oids: Any = None) -> Any:
        """What Airflow makes of a template: of a file only where it is the query, and of None no word in a string."""
        jinja_env = environment_of(self, content, jinja_env)
        return super().render_template(no_file(self, content), context, jinja_env, seen_oids)

    def prepare_template(self) -> None:
        """Check what only the whole DAG can tell; Airflow calls this when the DAG is complete, while it is parsed."""
        super().prepare_template()
        refuse(f"{type(self).__name__} {self.task_id!r}", named_input_problems(self))

    def on_kill(self) -> None:
        """Stop the task, and what it runs in the database; Airflow calls this when it is killed or out of time."""
        self.stop.request()

    def push(self, context: Context, value: Any) -> None:
        """Push a value under ``output_key``, so that no type is lost; an orderly no-op where there is no run."""
        if self.push_result and (instance := instance_of(context)) is not None:
            instance.xcom_push(key=self.output_key, value=with_origin(encode(value), self.lineage.inputs))

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> OperatorLineage[Any, Any]:  # noqa: ARG002 - its API
        """What OpenLineage asks a task that has succeeded or failed."""
        return facets(self.lineage, self.report)
