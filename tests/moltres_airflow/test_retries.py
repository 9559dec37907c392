"""A task that is tried again, or cleared and run again, does not double a row."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from airflow.sdk import DAG

from moltres_airflow import MoltresDataQualityOperator, MoltresQueryOperator, MoltresToTableOperator
from support.adapter_conformance import rows_of, tables_of, text_of

SUCCESS = "success"
MOMENT = datetime(2026, 11, 1, tzinfo=UTC)


class Losing:
    """Loses its worker at the first try, after everything in the database is done."""

    def push(self, context, value):
        if context["ti"].try_number == 1:
            raise ConnectionError("the worker was lost")
        super().push(context, value)


class LosingQuery(Losing, MoltresQueryOperator):
    pass


class LosingWrite(Losing, MoltresToTableOperator):
    pass


def numbers(db):
    return db.table("numbers").select().limit(3)


def flow(name, dsn, write=MoltresToTableOperator, query=numbers, **options):
    with DAG(name) as dag:
        rows = MoltresQueryOperator(task_id="rows", dsn=dsn, query=query)
        rows >> write(task_id="write", dsn=dsn, table_name="target", retries=1, retry_delay=0, **options)
    return dag


def change(url, statement):
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text(statement))
    engine.dispose()


@pytest.mark.parametrize("mode", ["append", "overwrite", "ignore", "error_if_exists"])
def test_a_retry_after_the_rows_were_committed(run, dsn, mode):
    done = run(flow(f"retry_{mode}", dsn, LosingWrite, mode=mode))
    assert done.states["write"] == SUCCESS
    assert done.tries["write"] == 2
    assert len(rows_of(dsn, "target")) == 3
    assert done.xcoms("write")["write"]["skipped"] is (mode != "overwrite")


def test_a_retry_of_an_append_on_every_database(run, users):
    assert run(flow("retry_everywhere", text_of(users), LosingWrite)).tries["write"] == 2
    assert len(rows_of(users, "target")) == 3


def test_without_a_record_a_retry_appends_twice(run, dsn):
    run(flow("unrecorded", dsn, LosingWrite, run_key=False))
    assert len(rows_of(dsn, "target")) == 6
    assert "moltres_loads" not in tables_of(dsn)


def test_another_run_appends_again(run, dsn):
    dag = flow("again", dsn)
    run(dag)
    run(dag)
    assert len(rows_of(dsn, "target")) == 6


def test_a_run_that_was_cleared_does_not_append_again(run, dsn, capfd):
    dag = flow("cleared", dsn)
    first, second = run(dag, moment=MOMENT), run(dag, moment=MOMENT)
    assert first.run_id == second.run_id
    assert second.xcoms("write")["write"] == {
        "success": True,
        "table_name": "target",
        "mode": "append",
        "rows_written": 0,
        "skipped": True,
        "receipt": None,
    }
    assert len(rows_of(dsn, "target")) == 3
    assert "An earlier try has written these rows already" in capfd.readouterr().out


@pytest.mark.parametrize("options", [{"mode": "overwrite"}, {"mode": "merge", "keys": "id"}])
def test_a_run_that_was_cleared_publishes_corrected_rows(run, dsn, options):
    dag = flow(f"corrected_{options['mode']}", dsn, query=lambda db: db.table("users").select("id", "name"), **options)
    run(dag, moment=MOMENT)
    change(dsn, "UPDATE users SET name = 'Augusta' WHERE id = 1")
    run(dag, moment=MOMENT)
    assert [row["name"] for row in rows_of(dsn, "target")][:2] == ["Augusta", "Grace"]
    assert len(rows_of(dsn, "target")) == 4


def test_a_run_key_of_ones_own_says_what_a_load_is(run, dsn):
    dag = flow("own_key", dsn, run_key="day {{ params.day }}")
    dag.params["day"] = "1"
    run(dag)
    run(dag)  # another run that loads the same day
    assert len(rows_of(dsn, "target")) == 3


def test_a_retried_query_overwrites_its_own_staged_table_and_no_other(run, dsn):
    def staged():
        return {table for table in tables_of(dsn) if table.startswith("moltres_stage_")}

    with DAG("staging") as dag:
        LosingQuery(task_id="rows", dsn=dsn, query=numbers, handoff="table", retries=1, retry_delay=0)
    assert run(dag, moment=MOMENT).tries["rows"] == 2
    (first,) = staged()
    run(dag)
    assert len(staged()) == 2
    assert first in staged()


def test_what_cannot_be_helped_is_not_tried_again(run, dsn, capfd):
    with DAG("final") as dag:
        MoltresQueryOperator(
            task_id="typo", dsn=dsn, query=lambda db: db.table("user").select("nmae"), retries=3, retry_delay=0
        )
        MoltresQueryOperator(task_id="none", dsn=dsn, query=lambda db: None, retries=3, retry_delay=0)
        MoltresDataQualityOperator(
            task_id="rule",
            dsn=dsn,
            query=lambda db: db.table("users").select(),
            checks=[{"type": "not_null", "column": "emial"}],
            retries=3,
            retry_delay=0,
        )
    done = run(dag)
    assert set(done.states.values()) == {"failed"}
    assert set(done.tries.values()) == {1}
    shown = capfd.readouterr().out
    assert "TableNotFoundError: The table or view 'user' does not exist" in shown
    assert "Hint: Did you mean 'users'" in shown
    assert "The query returned a NoneType, not a DataFrame." in shown
    assert "Hint: Return the frame itself" in shown
    assert "the column 'emial' does not exist" in shown


def test_errors_of_the_users_own_code_stay_what_they_are(run, dsn):
    def broken(db):
        raise ZeroDivisionError("my own")

    with DAG("own_error") as dag:
        MoltresQueryOperator(task_id="rows", dsn=dsn, query=broken, retries=1, retry_delay=0)
    done = run(dag)
    assert (done.states["rows"], done.tries["rows"]) == ("failed", 2)
