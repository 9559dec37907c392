"""The operator that hands rows over."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Literal, get_args

from moltres.handoff import MAX_INLINE_ROWS, Reference, frame_of, hand_over
from moltres_airflow import arguments
from moltres_airflow.base import MoltresOperator
from moltres_airflow.database import airflow_errors
from moltres_airflow.inputs import find_input
from moltres_airflow.lineage import Lineage, handed_over, tables_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from airflow.sdk import Context

    from moltres import Database, Records

Handoff = Literal["auto", "inline", "table", "parquet"]


class MoltresQueryOperator(MoltresOperator):
    """Run a query and hand its rows to the tasks downstream.

    Few rows are handed over as they are, through XCom, with their types. Many stay in the database (a staged table) or
    go to Parquet, and XCom holds a reference.

    Args:
        query: Gets the database and returns a DataFrame. With ``input_key`` or ``input_task_id`` it also gets what the
            upstream task handed over, as a DataFrame.
        max_inline_rows: Up to so many rows are handed over inline.
        handoff: ``"auto"``, ``"inline"``, ``"table"`` or ``"parquet"``.
        stage_uri: Folder (path or URI) for Parquet. Template field.
        input_key: XCom key of the rows that the query reads. Template field.
        input_task_id: The task that pushed them, or several: the query then gets an argument for each. Template field.
        **kwargs: Arguments of :class:`~moltres_airflow.base.MoltresOperator` (``dsn``, ``session``, ``conn_id``,
            ``query_timeout``, ``output_key`` which defaults to the task's id, ``do_xcom_push``) and of BaseOperator.

    Raises:
        ConfigurationError: While the DAG is parsed, if anything is wrong with the arguments.
    """

    template_fields: Sequence[str] = (*MoltresOperator.template_fields, "stage_uri", "input_key", "input_task_id")
    hands_over_rows = True

    def __init__(
        self,
        *,
        query: Callable[..., Any],
        max_inline_rows: int = MAX_INLINE_ROWS,
        handoff: Handoff = "auto",
        stage_uri: str | Path | None = None,
        input_key: str | None = None,
        input_task_id: str | Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        problems = [
            *arguments.function("query", query, "a function of the database that returns a DataFrame"),
            *arguments.whole_number("max_inline_rows", max_inline_rows),
            *arguments.choice("handoff", handoff, get_args(Handoff)),
            *_stage_problems(handoff, stage_uri),
        ]
        super().__init__(problems=problems, **kwargs)
        self.query = query
        self.max_inline_rows = max_inline_rows
        self.handoff = handoff
        self.stage_uri = None if stage_uri is None else str(stage_uri)
        self.input_key = input_key
        self.input_task_id = input_task_id

    def execute(self, context: Context) -> Records | Reference:
        """Run the query.

        Returns:
            The rows, or a reference to them; the same is pushed under ``output_key``.

        Raises:
            AirflowException: If it failed and a retry can help.
            AirflowFailException: If it failed and a retry cannot help.
        """
        with airflow_errors():
            inputs = self._inputs(context)
            name = self.run_name(context) or self.task_id
            result = self.run(lambda database: self._hand_over(database, inputs, name))
            self.push(context, result)
        return result

    def _inputs(self, context: Context) -> list[Any]:
        if self.input_key is None and self.input_task_id is None:
            return []
        ids = self.input_task_id
        names = [ids] if ids is None or isinstance(ids, str) else list(ids)
        return [find_input(self, context, input_key=self.input_key, input_task_id=name) for name in names]

    def _hand_over(self, database: Database, inputs: list[Any], name: str) -> Records | Reference:
        with ExitStack() as stack:
            frames = [
                stack.enter_context(frame_of(database, value, name=f"{name}/input-{number}"))
                for number, value in enumerate(inputs)
            ]
            frame = self.frame(database, self.query, *frames)
            result = hand_over(
                frame,
                name=name,
                max_inline_rows=self.max_inline_rows,
                mode=self.handoff,
                stage_uri=self.stage_uri,
                stage_in=database,
            )
            self.lineage = Lineage(inputs=tables_in(frame), outputs=handed_over(database, result))
            return result


def _stage_problems(handoff: object, stage_uri: object) -> Iterator[str]:
    if handoff == "parquet" and stage_uri is None:
        yield "handoff='parquet' needs a stage_uri, the folder for the files"
    if handoff in ("inline", "table") and stage_uri is not None:
        yield f"stage_uri is for Parquet and would do nothing with handoff={handoff!r}"
