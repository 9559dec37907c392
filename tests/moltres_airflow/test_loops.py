"""A loop of Airflow 3.4 in a real run: each of its iterations is an instance of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from airflow import sdk

from moltres_airflow import MoltresDataQualityOperator, MoltresQueryOperator, MoltresToTableOperator
from support.adapter_conformance import rows_of as rows_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow.sdk import DAG

    from support.airflow import Run

pytestmark = pytest.mark.skipif(not hasattr(sdk, "LoopDecision"), reason="this Airflow has no loops")


@pytest.fixture
def loop(run: Callable[[DAG], Run]) -> Callable[[str, Callable[[], object]], Run]:
    """Runs a DAG that does three iterations of a body."""

    def loop(name: str, body: Callable[[], object]) -> Run:
        with sdk.DAG(name, schedule=None) as dag:
            sdk.task_group(group_id="body")(body).loop(max_iterations=3)
        done = run(dag)
        assert set(done.states.values()) == {"success"}
        return done

    return loop


def test_every_iteration_appends_its_rows(loop, dsn):
    def body():
        @sdk.task
        def page(**context):
            return [{"id": context["loop"].index}]

        page() >> MoltresToTableOperator(
            task_id="write", dsn=dsn, table_name="pages", input_task_id="body.page", mode="append"
        )

    loop("appends", body)
    assert [row["id"] for row in rows_in(dsn, "pages")] == [0, 1, 2]


def test_every_iteration_stages_a_table_of_its_own(loop, dsn):
    def first(db, context):
        return db.table("users").limit(context["loop"].index + 1)

    def body():
        query = MoltresQueryOperator(task_id="query", dsn=dsn, query=first, handoff="table")
        write = MoltresToTableOperator(
            task_id="write", dsn=dsn, table_name="pages", input_task_id="body.query", mode="append"
        )
        query >> write

    loop("stages", body)
    assert len(rows_in(dsn, "pages")) == 1 + 2 + 3


def test_every_mapped_task_of_every_iteration_appends_its_rows(loop, dsn):
    def body():
        @sdk.task
        def page(**context):
            return [{"id": context["loop"].index}]

        page() >> MoltresToTableOperator.partial(
            task_id="write", dsn=dsn, input_task_id="body.page", mode="append"
        ).expand(table_name=["left", "right"])

    loop("maps", body)
    for table in ("left", "right"):
        assert [row["id"] for row in rows_in(dsn, table)] == [0, 1, 2]


def test_a_check_reads_the_rows_of_its_iteration(loop, dsn):
    def body():
        @sdk.task
        def page(**context):
            return [{"id": n} for n in range(context["loop"].index + 1)]

        @sdk.task
        def counted(**context):
            report = context["ti"].xcom_pull(task_ids="body.check", key="body.check_quality_report")
            assert report["total_rows"] == context["loop"].index + 1, report

        check = MoltresDataQualityOperator(
            task_id="check", dsn=dsn, input_task_id="body.page", checks=[{"type": "not_null", "column": "id"}]
        )
        page() >> check >> counted()

    loop("checks", body)
