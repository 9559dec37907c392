"""A password is in no place where Airflow stores or shows something."""

import sqlite3
from secrets import token_hex

import pytest
from airflow.sdk import DAG
from sqlalchemy import make_url

from moltres.errors import ConfigurationError
from moltres_airflow import Dsn, MoltresDataQualityOperator, MoltresQueryOperator, MoltresToTableOperator
from support.adapter_conformance import make_users, rows_of, text_of
from support.airflow import store

PASSWORD = token_hex(8)  # not written here: Airflow stores the source of a DAG, which this file is


@pytest.fixture
def secret_dsn(postgresql_url):
    make_users(postgresql_url)
    return text_of(postgresql_url.set(password=PASSWORD))  # the server trusts everybody, so any password is right


@pytest.fixture
def stored(metadata_database):
    """Every table of Airflow's database which holds a text, by name."""

    def search(text):
        with sqlite3.connect(metadata_database) as connection:
            tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return [
                table
                for table in tables
                if any(
                    text in (value.decode(errors="replace") if isinstance(value, bytes) else str(value))
                    for row in connection.execute(f'SELECT * FROM "{table}"')
                    for value in row
                )
            ]

    return search


def query(db):
    return db.table("users").select("id", "email")


def test_a_whole_dag_with_everything_that_can_hold_one(run, secret_dsn, stored, capfd, caplog):
    with DAG("secret_main", default_args={"dsn": Dsn(secret_dsn)}) as dag:
        rows = MoltresQueryOperator(task_id="rows", query=query, handoff="table", dsn=secret_dsn)
        check = MoltresDataQualityOperator(task_id="check", checks=[{"type": "not_null", "column": "id"}])
        write = MoltresToTableOperator(task_id="write", table_name="target", input_dsn=secret_dsn)
        mapped = MoltresToTableOperator.partial(task_id="mapped", input_dsn=secret_dsn).expand(
            dsn=[secret_dsn, make_url(secret_dsn)], table_name=["a", "b"]
        )
        more = MoltresToTableOperator.partial(task_id="more").expand_kwargs([{"dsn": secret_dsn, "table_name": "c"}])
        fails = MoltresQueryOperator(task_id="fails", query=lambda db: db.table("userz").select())
        rows >> check >> write >> [mapped, more, fails]
    done = run(dag)
    assert done.states["fails"] == "failed"
    assert [done.states[name] for name in ("write", "mapped[0]", "mapped[3]", "more[0]")] == ["success"] * 4
    assert len(rows_of(secret_dsn, "c")) == 4
    output = capfd.readouterr()
    assert "did you mean" in output.out.lower()  # the log was seen
    assert stored("secret_main")  # so was the database
    assert stored(PASSWORD) == []
    assert [text for text in (output.out, output.err, caplog.text) if PASSWORD in text] == []
    assert [text for task in dag.tasks for text in (repr(task), str(task)) if PASSWORD in text] == []


def test_the_dsn_is_no_template_field():
    for operator in (MoltresQueryOperator, MoltresDataQualityOperator, MoltresToTableOperator):
        assert {"dsn", "input_dsn", "session", "query"}.isdisjoint(operator.template_fields)
        assert "conn_id" in operator.template_fields


def test_a_plain_password_in_default_args_is_refused(secret_dsn):
    with DAG("plain", default_args={"dsn": secret_dsn}), pytest.raises(ConfigurationError) as refused:
        MoltresQueryOperator(task_id="rows", query=query)
    assert refused.value.context["problems"] == [
        "dsn has a secret and would be stored in clear with the DAG's default_args: wrap it in Dsn(...)."
    ]
    assert PASSWORD not in str(refused.value)


def test_an_address_in_default_args_that_airflow_stores_shows_no_password(stored, metadata_database):
    address = Dsn(f"postgresql://ada:{PASSWORD}@db.example/shop_of_ada")
    with DAG("wrapped", default_args={"dsn": address}) as dag:
        MoltresQueryOperator(task_id="rows", query=query)
    store(dag)
    assert "serialized_dag" in stored("shop_of_ada")
    assert stored(PASSWORD) == []


def test_a_broken_address_is_not_repeated():
    with pytest.raises(ConfigurationError, match="dsn: The URL of the database cannot be read") as refused:
        MoltresQueryOperator(task_id="rows", query=query, dsn=f"postgresql://ada:{PASSWORD}@db:port/shop")
    assert PASSWORD not in str(refused.value)


def test_an_unreachable_database_is_named_without_the_password(run, capfd):
    with DAG("unreachable") as dag:
        MoltresQueryOperator(
            task_id="rows",
            query=query,
            dsn=f"postgresql+psycopg://ada:{PASSWORD}@127.0.0.1:1/shop",
            retries=1,
            retry_delay=0,
        )
    done = run(dag)
    assert done.states == {"rows": "failed"}
    assert done.tries == {"rows": 2}  # another try may find the database again
    shown = capfd.readouterr().out
    assert "DatabaseConnectionError" in shown
    assert PASSWORD not in shown
