"""The operator that compares two tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dq_core import Comparison, Source, compare
from dq_core.relation.tolerance import tolerance_problems
from moltres.task import compared, options, refuse
from moltres_airflow import arguments
from moltres_airflow.base import MoltresOperator
from moltres_airflow.connections import engine_of
from moltres_airflow.dsn import Dsn
from moltres_airflow.running import execution, run
from moltres_airflow.templates import templates_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow.sdk import Context
    from sqlalchemy import URL

    from moltres import Database


class MoltresCompareOperator(MoltresOperator):
    """Say whether two tables hold the same rows, and stop the DAG if they do not.

    The left side, which is right, is in the task's database; the right side is in the same one, in another one, or a
    file. The comparison is pushed before the task fails.

    Args:
        table: The table of the left side. Template field.
        query: A SELECT instead of a table. Template field.
        schema: The schema of the table. Template field.
        right_dsn: URL of the right side's database, if it is another one. Never shown or stored.
        right_conn_id: An Airflow connection instead. Template field.
        right_table: The table of the right side. Template field.
        right_query: A SELECT instead of a table. Template field.
        right_schema: The schema of the table. Template field.
        right_file: The path or URI of files instead of a database. Template field.
        keys: The columns that identify a row. Template field.
        columns: The columns to compare; all by default. Template field.
        where: Only these rows of both sides. Template field.
        tolerance: How far numbers may be apart: a number, or a mapping with ``absolute`` and ``relative``.
        samples: How many rows of each kind the comparison shows.
        mask: Columns whose values it shows as ``***``.
        semantics: ``"database"`` also compares strings on a database that dq_core has no conformance suite for.
        fail_on_difference: Whether the task fails if the sides differ.
        **kwargs: Arguments of :class:`~moltres_airflow.base.MoltresOperator` (``output_key`` defaults to
            ``{task_id}_comparison``) and of BaseOperator.

    Raises:
        ConfigurationError: While the DAG is parsed, if anything is wrong with the arguments.
    """

    template_fields: Sequence[str] = (
        *MoltresOperator.template_fields,
        "table",
        "query",
        "schema",
        "right_conn_id", "right_table", "right_query", "right_schema", "right_file", "keys", "columns", "where",
    )  # fmt: skip
    output_suffix = "_comparison"

    def __init__(
        self,
        *,
        table: str | None = None,
        query: str | None = None,
        schema: str | None = None,
        right_dsn: str | URL | Dsn | None = None,
        right_conn_id: str | None = None,
        right_table: str | None = None,
        right_query: str | None = None,
        right_schema: str | None = None,
        right_file: str | None = None,
        keys: Sequence[str] | str = (),
        columns: Sequence[str] | str | None = None,
        where: str | None = None,
        tolerance: float | Mapping[str, float] | None = None,
        samples: int = 20,
        mask: Sequence[str] = (),
        semantics: str = "portable",
        fail_on_difference: bool = True,
        **kwargs: Any,
    ) -> None:
        places = {"right_dsn": right_dsn, "right_conn_id": right_conn_id}
        right = (right_table, right_query, right_schema)
        problems = [
            *options.sides((table, query, schema), right, {**places, "right_file": right_file}),
            *arguments.stored("right_file", right_file),
            *tolerance_problems("tolerance", tolerance),
            *arguments.urls({**places}, arguments.default_args_of(kwargs), required=False),
            *arguments.of_report(samples, mask, semantics, fail_on_difference=fail_on_difference),
        ]
        right_side = {"right_table": right_table, "right_query": right_query, "right_schema": right_schema}
        left = {"table": table, "query": query, "schema": schema, "where": where, "right_file": right_file}
        if tolerance is not None and not keys:
            problems.append("tolerance requires keys, which say which rows belong together.")
        lists = {"keys": keys or None, "columns": columns}
        problems += arguments.names({**left, **right_side, **lists, "right_conn_id": right_conn_id}, several=lists)
        problems += options.no_database("right_file", right_file, {**places, **right_side})
        super().__init__(problems=problems, **kwargs)
        self.table, self.query, self.schema = table, query, schema
        self.right_dsn = None if right_dsn is None else Dsn(right_dsn)
        self.right_conn_id, self.right_table, self.right_query = right_conn_id, right_table, right_query
        self.right_schema, self.right_file = right_schema, right_file
        self.keys, self.columns, self.where = keys, columns, where
        self.tolerance, self.samples, self.mask = tolerance, samples, mask
        self.semantics, self.fail_on_difference = semantics, fail_on_difference
        self.templates = templates_of(self)

    def execute(self, context: Context) -> Comparison:
        """Compare both sides.

        Returns:
            The comparison; the same is pushed under ``output_key``, as plain JSON.

        Raises:
            AirflowException: If they could not be compared and a retry can help.
            AirflowFailException: If they differ, or could not be compared and a retry cannot help.
        """
        with execution(self, context):
            refuse(f"Task {self.task_id!r}", arguments.stored("right_file", self.right_file))
            found = run(self, self._compare)
            self.push(context, found.to_dict())
            self.log.info("%s", found.to_text())
            if self.fail_on_difference:
                found.raise_if_different()
        return found

    def _compare(self, database: Database) -> Comparison:
        right = engine_of(self.right_dsn, self.right_conn_id, self.run_of_queries)
        with database.connection() as connection, right as target:
            other = self.right_file or (connection if target is None else target)
            found = compare(
                Source(connection, table=self.table, query=self.query, schema=self.schema),
                Source(other, table=self.right_table, query=self.right_query, schema=self.right_schema),
                arguments.several(self.keys),
                columns=arguments.several(self.columns),
                where=self.where,
                tolerance=self.tolerance,
                samples=self.samples,
                mask=self.mask,
                semantics=self.semantics,
            )
            left, beside = (self.table, self.schema), (self.right_table, self.right_schema)
            self.lineage = compared(database, target, left, beside, self.right_file)
            return found
