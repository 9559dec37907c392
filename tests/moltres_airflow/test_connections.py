"""Where the database is: ``conn_id``, ``session``, ``dsn``."""

import json
from secrets import token_hex
from types import SimpleNamespace

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

from moltres.errors import SchemaMismatchError
from moltres.handoff import decode
from moltres_airflow import MoltresDataQualityOperator, MoltresQueryOperator, MoltresToTableOperator
from support.adapter_conformance import make_users, rows_of, tables_of, text_of
from support.airflow import Instance

PASSWORD = token_hex(8)
SUCCESS = "success"


def users(db):
    return db.table("users").select("id", "name")


def flow(name, **where):
    with DAG(name) as dag:
        query = MoltresQueryOperator(task_id="query", query=users, **where)
        check = MoltresDataQualityOperator(
            task_id="check", query=users, checks=[{"type": "not_null", "column": "id"}], **where
        )
        write = MoltresToTableOperator(task_id="write", table_name="copies", **where)
        query >> check >> write
    return dag


@pytest.fixture
def connection(monkeypatch):
    """Gives Airflow a connection, through the environment."""
    return lambda name, **parts: monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(parts))


def test_an_airflow_connection_to_sqlite(run, sqlite_url, connection):
    make_users(sqlite_url)
    connection("shop", conn_type="sqlite", host=sqlite_url.database)
    assert set(run(flow("conn_sqlite", conn_id="shop")).states.values()) == {SUCCESS}
    assert len(rows_of(sqlite_url, "copies")) == 4


def parts_of(url):
    """A PostgreSQL address as the parts of an Airflow connection."""
    return {
        "conn_type": "postgres",
        "host": url.host,
        "port": url.port,
        "schema": url.database,
        "login": url.username,
        "password": PASSWORD,
    }


def test_an_airflow_connection_to_postgresql(run, postgresql_url, connection, capfd):
    make_users(postgresql_url)
    connection("shop", **parts_of(postgresql_url))
    dag = flow("conn_postgresql", conn_id="{{ params.where }}")
    dag.params["where"] = "shop"  # conn_id is a template field
    assert set(run(dag).states.values()) == {SUCCESS}
    assert len(rows_of(postgresql_url, "copies")) == 4
    assert PASSWORD not in capfd.readouterr().out


def test_the_extra_of_a_connection_reaches_the_engine(run, postgresql_url, connection):
    connection("shop", **parts_of(postgresql_url), extra={"connect_args": {"application_name": "nightly"}})
    with DAG("conn_extra") as dag:
        MoltresQueryOperator(
            task_id="query",
            conn_id="shop",
            query=lambda db: db.sql("SELECT current_setting('application_name') AS who"),
        )
    assert decode(run(dag).xcoms("query")["query"])[0] == {"who": "nightly"}


SETTINGS = {"s": "search_path", "t": "statement_timeout", "a": "application_name"}


def settings(db):
    columns = [f"current_setting('{name}') AS {key}" for key, name in SETTINGS.items()]
    return db.sql(f"SELECT {', '.join(columns)}")


KINDS = {
    "query": lambda query, **where: MoltresQueryOperator(task_id="t", query=query, **where),
    "check": lambda query, **where: MoltresDataQualityOperator(
        task_id="t", query=query, checks=[{"type": "row_count", "min": 1}], **where
    ),
    "write": lambda query, **where: MoltresToTableOperator(task_id="t", table_name="out", input_key="rows", **where),
}


def test_the_extra_holds_as_for_the_hook_itself(postgresql_url, connection):
    options = "-c search_path=app -c statement_timeout=1500"
    connection(
        "shop",
        **parts_of(postgresql_url),
        extra={
            "options": options,
            "application_name": "nightly",
            "cursor": "dictcursor",
            "isolation_level": "SERIALIZABLE",
        },
    )
    query = MoltresQueryOperator(task_id="q", conn_id="shop", query=settings)
    assert query.execute({}) == [{"s": "app", "t": "1500ms", "a": "nightly"}]
    level = MoltresQueryOperator(
        task_id="q", conn_id="shop", query=lambda db: db.sql("SELECT current_setting('transaction_isolation') AS l")
    )
    assert level.execute({}) == [{"l": "serializable"}]


def test_a_write_lands_in_the_schema_of_the_search_path(postgresql_url, connection):
    engine = create_engine(postgresql_url)
    with engine.begin() as opened:
        opened.execute(text("CREATE SCHEMA app"))
    connection("shop", **parts_of(postgresql_url), extra={"options": "-c search_path=app"})
    instance = Instance(task_id="source")
    instance.xcom_push("source", [{"id": 1}])
    write = MoltresToTableOperator(task_id="w", conn_id="shop", table_name="out", input_task_id="source")
    write.execute({"ti": instance})
    with engine.connect() as opened:
        assert opened.execute(text("SELECT id FROM app.out")).scalar_one() == 1
    engine.dispose()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("extra", "message"),
    [({"sslmode": "require"}, "SSL"), ({"no_such_option": "x"}, "no_such_option")],
)
def test_what_the_server_or_the_driver_does_not_honour_is_an_error(postgresql_url, connection, kind, extra, message):
    connection("shop", **parts_of(postgresql_url), extra=extra)
    task = KINDS[kind](lambda db: db.sql("SELECT 1 AS a"), conn_id="shop")
    instance = SimpleNamespace(xcom_pull=lambda **_: [{"id": 1}], xcom_push=lambda **_: None)
    with pytest.raises(AirflowException, match=message):
        task.execute({"ti": instance})


def test_the_extra_of_sqlite_reaches_the_file(sqlite_url, connection):
    make_users(sqlite_url)
    connection("shop", conn_type="sqlite", host=sqlite_url.database, extra={"mode": "ro", "timeout": 1})
    query = MoltresQueryOperator(task_id="q", conn_id="shop", query=users)
    assert len(query.execute({})) == 4
    instance = Instance(task_id="source")
    instance.xcom_push("source", [{"id": 1}])
    write = MoltresToTableOperator(task_id="w", conn_id="shop", table_name="out", input_task_id="source")
    with pytest.raises(AirflowException, match="readonly"):
        write.execute({"ti": instance})


@pytest.mark.parametrize("name", ["a#b.db", "a b.db", "\N{LATIN SMALL LETTER E WITH ACUTE}&+;.db"])
@pytest.mark.parametrize("extra", [{}, {"mode": "rwc"}, {"timeout": 1}])
def test_a_file_of_sqlite_has_the_name_that_the_connection_gives_it(tmp_path, connection, name, extra):
    connection("shop", conn_type="sqlite", host=str(tmp_path / name), extra=extra)
    instance = Instance(task_id="source")
    instance.xcom_push("source", [{"id": 1}])
    MoltresToTableOperator(task_id="w", conn_id="shop", table_name="out", input_task_id="source").execute(
        {"ti": instance}
    )
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_a_connection_by_which_sqlite_would_change_values_is_refused(sqlite_url, connection):
    connection("shop", conn_type="sqlite", host=sqlite_url.database, extra={"detect_types": 1})
    with pytest.raises(AirflowFailException, match="detect_types is not supported"):
        MoltresQueryOperator(task_id="q", conn_id="shop", query=users).execute({})


def test_an_extra_that_sqlite_does_not_know_is_named(sqlite_url, connection):
    connection("shop", conn_type="sqlite", host=sqlite_url.database, extra={"timeoutt": 1})
    with pytest.raises(AirflowFailException, match=r"timeoutt[\s\S]*Did you mean 'timeout'"):
        MoltresQueryOperator(task_id="q", conn_id="shop", query=users).execute({})


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ("application_name=x", "is no JSON object"),
        ('["application_name"]', "is no JSON object"),
        (
            {"connect_args": "x", "isolation_level": 5},
            r"connect_args must[\s\S]*isolation_level must be a string",
        ),
        ({"execution_options": ["x"]}, "execution_options must be an object, not list"),
    ],
)
def test_an_extra_that_is_written_wrongly_is_refused(sqlite_url, connection, extra, message):
    connection("shop", conn_type="sqlite", host=sqlite_url.database, extra=extra)
    with pytest.raises(AirflowFailException, match=message):
        MoltresQueryOperator(task_id="q", conn_id="shop", query=users).execute({})


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({"sqlalchemy_scheme": "mysql"}, "sqlalchemy_scheme"),
        ({"sqlalchemy_query": "x"}, "sqlalchemy_query"),
        ({"iam": True}, "providers-amazon not installed"),
    ],
)
def test_what_the_hook_does_not_take_is_refused(postgresql_url, connection, extra, message):
    connection("shop", **{**parts_of(postgresql_url), "password": "pw-of-the-shop"}, extra=extra)
    with pytest.raises(AirflowFailException, match=f"The hook of the connection 'shop' .*{message}") as raised:
        MoltresQueryOperator(task_id="q", conn_id="shop", query=users).execute({})
    assert "pw-of-the-shop" not in str(raised.value)


@pytest.mark.parametrize("kind", ["generic", "nosuchkind"])
def test_a_type_without_a_hook_is_named(connection, kind):
    connection("shop", conn_type=kind, host="x")
    with pytest.raises(AirflowFailException, match=f"'shop' is of the type '{kind}', for which"):
        MoltresQueryOperator(task_id="q", conn_id="shop", query=users).execute({})


def test_an_unknown_connection_is_named(run, capfd):
    assert run(flow("conn_unknown", conn_id="nowhere")).states["query"] == "failed"
    assert "nowhere" in capfd.readouterr().out


def test_a_connection_that_is_no_database_is_refused(run, connection, capfd):
    connection("mail", conn_type="smtp", host="mail.example")
    assert run(flow("conn_mail", conn_id="mail")).states["query"] == "failed"
    assert "The connection 'mail' is not one of a database" in capfd.readouterr().out


def test_rows_move_between_connections(run, sqlite_url, tmp_path, connection):
    make_users(sqlite_url)
    target = sqlite_url.set(database=str(tmp_path / "target.sqlite"))
    connection("shop", conn_type="sqlite", host=sqlite_url.database)
    connection("lake", conn_type="sqlite", host=target.database)
    with DAG("conn_move") as dag:
        query = MoltresQueryOperator(task_id="query", conn_id="shop", query=users, handoff="table")
        query >> MoltresToTableOperator(task_id="write", conn_id="lake", input_conn_id="shop", table_name="copies")
    assert set(run(dag).states.values()) == {SUCCESS}
    assert len(rows_of(target, "copies")) == 4


@pytest.fixture
def users_engine(database_url):
    make_users(database_url)
    engine = create_engine(database_url)
    yield engine
    engine.dispose()


@pytest.mark.parametrize("make", [Session, sessionmaker])
def test_a_session_is_committed_with_the_task(run, users_engine, database_url, make):
    assert set(run(flow(f"session_{make.__name__}", session=make(users_engine))).states.values()) == {SUCCESS}
    assert len(rows_of(database_url, "copies")) == 4


def test_what_a_session_wrote_before_a_failure_is_rolled_back(users_engine, database_url):
    def write_and_fail(db):
        db.bind.execute(text("DELETE FROM users"))
        return db.table("userz").select()

    with Session(users_engine) as session:
        operator = MoltresQueryOperator(task_id="query", session=session, query=write_and_fail)
        with pytest.raises(AirflowFailException, match="userz"):
            operator.execute({})
    assert len(rows_of(database_url, "users")) == 4


def test_a_task_closes_what_it_opened(run, postgresql_url):
    make_users(postgresql_url)
    run(flow("closing", dsn=text_of(postgresql_url)))
    engine = create_engine(postgresql_url)
    with engine.connect() as connection:
        count = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        assert connection.execute(count).scalar_one() == 1  # this one
    engine.dispose()


def test_a_target_that_does_not_fit_is_refused_with_every_mismatch(run, dsn, capfd):
    engine = create_engine(dsn)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE copies (id INTEGER, nick TEXT)"))
    engine.dispose()
    done = run(flow("mismatch", dsn=dsn))
    assert done.states["write"] == "failed"
    assert SchemaMismatchError.__name__ in capfd.readouterr().out
    assert "copies" in tables_of(dsn)
