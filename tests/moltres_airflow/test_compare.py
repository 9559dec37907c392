"""The operator that compares two tables: it translates, and nothing else."""

from unittest.mock import MagicMock

import pytest
import sqlalchemy as sa
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowFailException

from dq_core import Comparison
from moltres.errors import ConfigurationError
from moltres_airflow import Dsn, MoltresCompareOperator


@pytest.fixture
def dsn(tmp_path):
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for name, amount in (("orders", 2.5), ("same", 2.5), ("copy", 2.6)):
            connection.exec_driver_sql(f"CREATE TABLE {name} (id INTEGER, amount DECIMAL(8, 2), note VARCHAR(9))")
            connection.exec_driver_sql(f"INSERT INTO {name} VALUES (1, 1.5, 'a'), (2, {amount}, NULL)")
    engine.dispose()
    return url


def _run(**arguments):
    instance = MagicMock()
    operator = MoltresCompareOperator(task_id="c", keys=["id"], **arguments)
    try:
        return operator.execute({"ti": instance}), instance
    except AirflowFailException as error:
        return error, instance


def test_equal_sides_pass_and_the_comparison_is_pushed(dsn):
    found, instance = _run(dsn=dsn, table="orders", right_table="same")
    assert isinstance(found, Comparison)
    assert found.equal
    assert instance.xcom_push.call_args.kwargs["key"] == "c_comparison"
    assert instance.xcom_push.call_args.kwargs["value"]["equal"] is True


def test_sides_that_differ_fail_without_another_try_after_the_push(dsn):
    error, instance = _run(dsn=dsn, table="orders", right_dsn=Dsn(dsn), right_table="copy")
    assert "ComparisonFailedError: Different: 1 changed (in amount 1)" in str(error)
    assert instance.xcom_push.call_args.kwargs["value"]["changed"] == 1


def test_every_option_reaches_the_comparison(dsn, tmp_path):
    file = tmp_path / "copy.csv"
    file.write_text("id,amount,note\n1,1.5,a\n2,2.6,\n")
    found, _ = _run(
        dsn=dsn,
        query="SELECT * FROM orders",
        right_file=str(file),
        columns=["amount"],
        where="id > 1",
        samples=1,
        mask=["amount"],
        fail_on_difference=False,
    )
    assert (found.left_rows, found.columns, found.changed) == (1, ["id", "amount"], 1)
    assert found.samples[0]["left"]["amount"] == "***"
    assert _run(dsn=dsn, table="orders", right_table="copy", tolerance=0.2)[0].equal


def test_wrong_arguments_are_refused_while_the_dag_is_parsed(dsn):
    with DAG("d"), pytest.raises(ConfigurationError) as refused:
        MoltresCompareOperator(
            task_id="c", dsn=dsn, right_file="a.csv", right_table="t", right_dsn="nosuch", right_conn_id="x", kys=["id"]
        )
    problems = refused.value.context["problems"]
    assert "There is no argument 'kys'. Did you mean 'keys'?" in problems
    assert "Give exactly one of table and query." in problems
    assert any(
        problem.startswith("right_file is no database: leave out right_dsn, right_conn_id") for problem in problems
    )
    assert any("right_dsn" in problem and "right_conn_id" in problem for problem in problems)


def test_what_cannot_be_compared_fails_with_its_reason(dsn):
    error, _ = _run(dsn=dsn, table="orders", right_table="nowhere")
    assert "TableNotFoundError: right: The table or view 'nowhere' does not exist." in str(error)
    error, _ = _run(dsn=dsn, table="orders", right_table="same", columns=["nix"])
    assert "columns: the column 'nix' does not exist on the left" in str(error)


def test_no_secret_is_shown():
    operator = MoltresCompareOperator(
        task_id="c", dsn="sqlite://", table="a", right_dsn="postgresql://u:hunter2@h/x", right_table="b"
    )
    assert "hunter2" not in f"{operator!r} {operator.right_dsn!r} {operator.right_dsn}"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"query": "SELECT 1", "schema": "s", "right_table": "t"}, "schema is that of table, which is not given."),
        ({"table": "t", "right_query": "SELECT 1", "right_schema": "s"}, "right_schema is that of right_table"),
        ({"table": "t"}, "Give exactly one of right_table and right_query."),
        ({"table": "t", "right_table": "t"}, "Both sides are the same rows of one database: give one of"),
        ({"table": "t", "right_table": "u", "tolerance": 0.1}, "tolerance requires keys"),
        ({"table": "t", "right_table": "u", "keys": ["id"], "tolerance": {"abs": 1}}, "tolerance has no key 'abs'"),
        ({"table": "t", "right_table": "u", "mask": ["{{ ds }}"]}, "mask is not a template field"),
        ({"table": "t", "right_file": "https://h/x.csv?sig=hunter2"}, "right_file must hold no secret"),
    ],
)
def test_what_no_run_could_compare_is_refused_while_the_dag_is_parsed(arguments, message):
    with pytest.raises(ConfigurationError) as refused:
        MoltresCompareOperator(task_id="c", dsn="sqlite://", **arguments)
    assert message in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_a_secret_that_a_template_gives_is_refused(dsn):
    operator = MoltresCompareOperator(task_id="c", dsn=dsn, table="orders", right_file="{{ params.file }}")
    operator.render_template_fields({"params": {"file": "https://u:hunter2@h/x.csv"}})
    with pytest.raises(AirflowFailException, match="right_file must hold no secret") as refused:
        operator.execute({})
    assert "hunter2" not in str(refused.value)


def test_what_was_compared_is_reported_to_openlineage(dsn, tmp_path):
    file = tmp_path / "copy.csv"
    file.write_text("id,amount,note\n1,1.5,a\n2,2.5,\n")
    for right, name in (
        ({"right_table": "copy"}, "copy"),
        ({"right_dsn": dsn, "right_table": "same"}, "same"),
        ({"right_query": "SELECT * FROM same"}, None),
        ({"right_file": str(file)}, str(file)),
    ):
        operator = MoltresCompareOperator(task_id="c", dsn=dsn, table="orders", keys="id", **right)
        try:
            operator.execute({})
        except AirflowFailException:
            assert name == "copy"
        found = operator.get_openlineage_facets_on_complete(None).inputs
        assert [one.name for one in found] == ["orders", *([name] if name else [])]
