"""A task that is stopped stops what it runs in the database."""

import os
import signal
import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from sqlalchemy.orm import Session, sessionmaker

from moltres_airflow import MoltresDataQualityOperator, MoltresQueryOperator, MoltresToTableOperator
from support.adapter_conformance import tables_of, text_of
from support.airflow import Instance
from support.database_facts import facts_of
from support.waiting import repeating


def forever(db):
    return db.sql(facts_of(db.engine).forever)


@pytest.fixture
def working():
    """Is set when the task is at work in its database."""
    return threading.Event()


@pytest.fixture
def task(database_url, working):
    def query(db):
        working.set()
        return forever(db)

    return MoltresQueryOperator(task_id="rows", dsn=text_of(database_url), query=query)


def test_on_kill_cancels_in_the_database(task, working):
    with (
        repeating(task.on_kill, after=working),
        pytest.raises(AirflowException, match="The task was stopped") as stopped,
    ):
        task.execute({})
    assert not isinstance(stopped.value, AirflowFailException)  # whoever killed it may want it tried again


def test_a_signal_is_heard_while_the_driver_waits(task, working):
    # As Airflow's task runner does it: the handler runs in the main thread, which must not hang in the driver.
    before = signal.signal(signal.SIGTERM, lambda *_: task.on_kill())
    try:
        with (
            repeating(lambda: os.kill(os.getpid(), signal.SIGTERM), after=working),
            pytest.raises(AirflowException, match="The task was stopped"),
        ):
            task.execute({})
    finally:
        signal.signal(signal.SIGTERM, before)


class Statements:
    """Counts the statements that reach the table `users`."""

    def __init__(self, url):
        self.engine = sa.create_engine(url)
        self.sent = []
        sa.event.listen(sa.Engine, "before_cursor_execute", self.note)

    def note(self, _connection, _cursor, statement, *_):
        if "users" in statement.lower() and "select" in statement.lower():
            self.sent.append(statement)

    def close(self):
        sa.event.remove(sa.Engine, "before_cursor_execute", self.note)
        self.engine.dispose()


@pytest.fixture
def statements(users):
    found = Statements(users)
    yield found
    found.close()


PLACES = {
    "dsn": lambda url, engine: {"dsn": text_of(url)},
    "session": lambda url, engine: {"session": Session(engine)},
    "sessionmaker": lambda url, engine: {"session": sessionmaker(engine)},
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", [MoltresQueryOperator, MoltresDataQualityOperator])
def test_a_kill_in_the_users_function_is_followed_by_no_statement(users, statements, place, kind):
    def query(db):
        frame = db.table("users").select("id")
        statements.sent.clear()
        task.on_kill()
        return frame

    rules = [{"type": "not_null", "column": "id"}]
    more = {"checks": rules, "fail_on_error": False} if kind is MoltresDataQualityOperator else {}
    task = kind(task_id="t", query=query, **more, **PLACES[place](users, statements.engine))
    with pytest.raises(AirflowException, match="The task was stopped") as stopped:
        task.execute({})
    assert not isinstance(stopped.value, AirflowFailException)
    assert statements.sent == []
    if place == "session":
        task.session.close()


@pytest.mark.parametrize("place", PLACES)
def test_a_kill_while_the_input_is_read_writes_nothing(users, statements, place):
    class Reading(Instance):
        def xcom_pull(self, *arguments, **options):
            task.on_kill()
            return [[{"id": 1}]]

    task = MoltresToTableOperator(
        task_id="write",
        table_name="out",
        input_task_id="source",
        mode="overwrite",
        **PLACES[place](users, statements.engine),
    )
    with pytest.raises(AirflowException, match="The task was stopped"):
        task.execute({"ti": Reading()})
    assert "out" not in tables_of(users)
    if place == "session":
        task.session.close()


def test_a_kill_before_the_start_and_one_after_the_last_statement_stop_the_task(users):
    early = MoltresQueryOperator(task_id="early", dsn=text_of(users), query=lambda db: pytest.fail("it has started"))
    early.on_kill()
    with pytest.raises(AirflowException, match="The task was stopped"):
        early.execute({})

    class Late(Instance):
        def xcom_push(self, key, value):
            late.on_kill()

    late = MoltresQueryOperator(task_id="late", dsn=text_of(users), query=lambda db: db.table("users"))
    with pytest.raises(AirflowException, match="The task was stopped"):
        late.execute({"ti": Late()})


def test_a_task_that_was_stopped_can_run_again(users):
    task = MoltresQueryOperator(task_id="rows", dsn=text_of(users), query=lambda db: db.table("users"))
    task.on_kill()
    with pytest.raises(AirflowException):
        task.execute({})
    assert len(task.execute({})) == 4


def test_airflows_own_time_limit_reaches_the_database(run, postgresql_url):
    with DAG("limited") as dag:
        MoltresQueryOperator(
            task_id="rows", dsn=text_of(postgresql_url), query=forever, execution_timeout=timedelta(seconds=1)
        )
    assert run(dag).states == {"rows": "failed"}
    engine = sa.create_engine(postgresql_url)
    with engine.connect() as connection:
        sleeping = connection.execute(
            sa.text("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(6%'")
        ).scalar_one()
    engine.dispose()
    assert sleeping == 1  # this very question


@pytest.mark.parametrize("retries", [0, 1])
def test_query_timeout_is_enforced_by_the_database_and_may_be_retried(run, database_url, retries, capfd):
    with DAG("timeout") as dag:
        MoltresQueryOperator(
            task_id="rows",
            dsn=text_of(database_url),
            query=forever,
            query_timeout=0.5,
            retries=retries,
            retry_delay=0,
        )
    done = run(dag)
    assert (done.states["rows"], done.tries["rows"]) == ("failed", retries + 1)
    assert "QueryTimeoutError" in capfd.readouterr().out


def test_a_write_that_is_stopped_changes_nothing(run, dsn, postgresql_url):
    target = text_of(postgresql_url)
    staged = MoltresQueryOperator(task_id="rows", dsn=target, query=lambda db: db.sql("SELECT 1 AS id"))
    with DAG("stopped") as dag:
        dag.add_task(staged)
        write = MoltresToTableOperator(
            task_id="write", dsn=target, table_name="target", execution_timeout=timedelta(seconds=1)
        )
        staged >> write
    engine = sa.create_engine(postgresql_url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE target (id integer)"))
    with engine.connect() as connection:
        connection.execute(sa.text("LOCK TABLE target IN ACCESS EXCLUSIVE MODE"))  # the writer waits for us
        assert run(dag).states["write"] == "failed"
        connection.rollback()
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM target")).scalar_one() == 0
    engine.dispose()
    assert "moltres_loads" not in tables_of(target)
