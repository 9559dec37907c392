"""Where a task finds what it reads: direct upstream tasks first, then all ancestors; never a guess."""

import pytest
from airflow.sdk import DAG, TaskGroup, task, task_group

from moltres import col
from moltres.errors import ConfigurationError
from moltres.handoff import rows_of as rows_handed_over
from moltres_airflow import MoltresDataQualityOperator, MoltresQueryOperator, MoltresToTableOperator
from support.adapter_conformance import rows_of

SUCCESS, FAILED = "success", "failed"


def users(db):
    return db.table("users").select("id")


def two(db):
    return db.table("numbers").select().limit(2)


@pytest.fixture
def query(dsn):
    return lambda task_id, what=users, **options: MoltresQueryOperator(task_id=task_id, dsn=dsn, query=what, **options)


@pytest.fixture
def write(dsn):
    return lambda **options: MoltresToTableOperator(task_id="write", dsn=dsn, table_name="target", **options)


@pytest.fixture
def count(dsn):
    return lambda: len(rows_of(dsn, "target"))


def test_a_key_is_found_among_the_ancestors(run, dsn, query, write, count):
    check = MoltresDataQualityOperator(task_id="check", dsn=dsn, query=users, checks=[{"type": "row_count", "min": 1}])
    with DAG("ancestors") as dag:
        dag.add_task(check)
        query("far", output_key="rows") >> check >> write(input_key="rows")
    assert run(dag).states["write"] == SUCCESS
    assert count() == 4


def test_a_direct_upstream_task_comes_before_an_ancestor(run, query, write, count):
    with DAG("direct") as dag:
        query("far", output_key="rows") >> query("near", two, output_key="rows") >> write(input_key="rows")
    assert run(dag).states["write"] == SUCCESS
    assert count() == 2


def test_without_a_key_rows_are_taken_and_reports_are_not(run, dsn, query, write, count):
    with DAG("any") as dag:
        check = MoltresDataQualityOperator(
            task_id="check", dsn=dsn, query=users, checks=[{"type": "row_count", "min": 1}]
        )
        [query("rows", two), check] >> write()
    assert run(dag).states["write"] == SUCCESS
    assert count() == 2


@pytest.mark.parametrize("key", ["rows", None])
def test_several_are_refused_with_their_names(run, query, write, key, capfd):
    with DAG("several") as dag:
        [query("one", output_key="rows"), query("other", output_key="rows")] >> write(input_key=key)
    done = run(dag)
    assert done.states["write"] == FAILED
    shown = capfd.readouterr().out
    assert "Several upstream tasks of 'write' have" in shown
    assert "'one', 'other'" in shown
    assert "Hint: Say which one with input_task_id." in shown


@pytest.mark.parametrize(("named", "rows"), [("one", 4), ("other", 2)])
def test_the_task_that_is_named_is_read(run, query, write, count, named, rows):
    with DAG("named") as dag:
        [query("one"), query("other", two)] >> write(input_task_id=named)
    assert run(dag).states["write"] == SUCCESS
    assert count() == rows


def test_a_skipped_upstream_task_does_not_count(run, query, write, count):
    with DAG("skipped") as dag:

        @task.branch
        def choose():
            return "other"

        choose() >> [query("one"), query("other", two)] >> write(trigger_rule="none_failed")
    done = run(dag)
    assert (done.states["one"], done.states["write"]) == ("skipped", SUCCESS)
    assert count() == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"input_key": "row"}, "Did you mean input_key='rows'?"),
        ({"input_task_id": "on"}, "'on' is not a task of DAG 'missing'; its tasks are 'one', 'write'"),
        ({"input_task_id": "on"}, "Did you mean 'one'?"),
        ({"input_task_id": "one", "input_key": "row"}, "Did you mean input_key='rows'?"),
        (
            {"input_task_id": "one", "input_key": "xyz"},
            "nothing under these keys of its upstream tasks: 'one' (key 'xyz')",
        ),
    ],
)
def test_what_is_not_there_is_named(run, query, write, options, message, capfd):
    with DAG("missing") as dag:
        query("one", output_key="rows") >> write(retries=2, retry_delay=0, **options)
    done = run(dag)
    assert done.states["write"] == FAILED
    assert done.tries["write"] == 1
    assert message in capfd.readouterr().out


def test_a_task_of_a_group_is_found_by_the_name_that_the_user_gave_it(run, query, write, capfd):
    with DAG("grouped") as dag:
        with TaskGroup("grp"):
            rows = query("one")
        rows >> write(input_task_id="one")
    assert run(dag).states["write"] == FAILED
    assert "Did you mean 'grp.one'?" in capfd.readouterr().out


@pytest.mark.parametrize("named", ["one", "grp.on", ["grp.one", "grp.ome"]])
def test_a_task_that_the_whole_dag_does_not_have_is_refused_while_it_is_parsed(dsn, query, write, named):
    with DAG("grouped") as dag:
        if isinstance(named, str):
            last = write(input_task_id=named)  # before the tasks that it might name
        else:
            last = query("last", lambda db, one, other: one, input_task_id=named)
        with TaskGroup("grp"):
            query("one") >> last
    with pytest.raises(ConfigurationError, match=r"is not a task of DAG 'grouped'[\s\S]*Did you mean 'grp.one'"):
        dag.resolve_template_files()  # as Airflow does when a DAG file is parsed


def test_a_task_that_comes_later_or_from_a_template_is_none_that_is_missing(query, write):
    with DAG("fine") as dag:
        write(input_task_id="later")
        query("reads", lambda db, rows: rows, input_task_id="{{ params.task }}")
        query("later")
    dag.resolve_template_files()


def test_a_task_without_upstream_is_told_so(run, write, capfd):
    with DAG("alone") as dag:
        write()
        run_of = dag
    assert run(run_of).states == {"write": FAILED}
    assert "has no upstream task that hands over rows" in capfd.readouterr().out


def test_mapped_upstream_tasks_are_put_together_in_order(run, dsn, write):
    with DAG("mapped_up") as dag:
        parts = MoltresQueryOperator.partial(task_id="part", dsn=dsn).expand(
            query=[lambda db, n=n: db.table("numbers").select().where(col("id") == n) for n in (7, 3, 5)]
        )
        parts >> write()
    done = run(dag)
    assert done.states == {"part[0]": SUCCESS, "part[1]": SUCCESS, "part[2]": SUCCESS, "write": SUCCESS}
    assert {row["id"] for row in rows_of(dsn, "target")} == {3, 5, 7}


def test_mapped_upstream_tasks_with_few_and_many_rows(run, dsn, write):
    with DAG("mapped_mixed") as dag:
        parts = MoltresQueryOperator.partial(task_id="part", dsn=dsn, max_inline_rows=2).expand(
            query=[lambda db, n=n: db.table("numbers").select().limit(n) for n in (1, 2, 3, 4)]
        )
        parts >> write()
    assert run(dag).states["write"] == SUCCESS
    assert len(rows_of(dsn, "target")) == 10


@pytest.mark.parametrize("options", [{}, {"output_key": "rows"}, {"handoff": "table"}, {"max_inline_rows": 2}])
def test_a_function_reads_the_rows_of_all_instances_of_a_mapped_task(run, dsn, options):
    with DAG("mapped_function") as dag:
        parts = MoltresQueryOperator.partial(task_id="part", dsn=dsn, **options).expand(
            query=[lambda db, n=n: db.table("numbers").select().limit(n) for n in (0, 1, 3)]
        )

        @task
        def count(handed_over):
            return len(rows_handed_over(handed_over, dsn=dsn))

        count(parts.output)
    assert run(dag).xcoms("count") == {"return_value": 4}


def test_writes_are_mapped_over_tables(run, dsn, query):
    with DAG("mapped_down") as dag:
        writes = MoltresToTableOperator.partial(task_id="write", dsn=dsn).expand(table_name=["a", "b"])
        query("rows") >> writes
    assert run(dag).states == {"rows": SUCCESS, "write[0]": SUCCESS, "write[1]": SUCCESS}
    assert rows_of(dsn, "a") == rows_of(dsn, "b") == [{"id": n} for n in (1, 2, 3, 4)]


def test_mapped_instances_of_one_table_each_append_their_own(run, dsn, query):
    # Each instance has a run_key of its own: none of them is taken for another one's retry.
    with DAG("mapped_same") as dag:
        writes = MoltresToTableOperator.partial(task_id="write", dsn=dsn).expand_kwargs(
            [{"table_name": "target"}, {"table_name": "target", "mode": "append"}]
        )
        query("rows") >> writes
    assert run(dag).states["write[1]"] == SUCCESS
    assert len(rows_of(dsn, "target")) == 8


def test_in_a_mapped_group_each_instance_reads_its_own_sibling(run, dsn):
    with DAG("group") as dag:

        @task_group
        def shard(table):
            rows = MoltresQueryOperator(task_id="rows", dsn=dsn, query=two)
            rows >> MoltresToTableOperator(task_id="write", dsn=dsn, table_name=table)

        shard.expand(table=["a", "b", "c"])
    done = run(dag)
    assert set(done.states.values()) == {SUCCESS}
    assert [len(rows_of(dsn, table)) for table in "abc"] == [2, 2, 2]


def test_a_task_after_a_mapped_group_reads_all_of_it(run, dsn, write):
    with DAG("after_group") as dag:

        @task_group
        def shard(number):
            MoltresQueryOperator(task_id="rows", dsn=dsn, query=two, output_key="rows")

        shard.expand(number=[1, 2, 3]) >> write(input_key="rows")
    assert run(dag).states["write"] == SUCCESS
    assert len(rows_of(dsn, "target")) == 6


def test_a_mapping_by_itself_is_no_rows_and_those_of_a_mapped_task_are(run, dsn, capfd):
    """Columns by name were one row of lists; as one item among several, a mapping is a row, as in every list."""

    @task
    def columns():
        return {"id": [1, 2], "name": ["a", "b"]}

    @task
    def row(number):
        return {"id": number}

    def write(table):
        return MoltresToTableOperator(task_id=f"write_{table}", dsn=dsn, table_name=table)

    with DAG("mappings") as dag:

        @task_group
        def each(number):
            row.override(task_id="own")(number) >> write("c")

        columns() >> write("a")
        row.expand(number=[1, 2]) >> write("b")
        each.expand(number=[1])
        checks = [{"type": "row_count", "min": 1}]
        columns.override(task_id="more")() >> MoltresDataQualityOperator(task_id="check", dsn=dsn, checks=checks)
    states = run(dag).states
    refused = {states[name] for name in ("write_a", "each.write_c[0]", "check")}
    assert (refused, states["write_b"]) == ({"failed"}, SUCCESS)
    assert rows_of(dsn, "b") == [{"id": 1}, {"id": 2}]
    assert capfd.readouterr().out.count("got dict") >= 3


def test_without_a_run_there_is_nothing_to_read(write):
    with pytest.raises(Exception, match=r"has no run to read its input from[\s\S]*dag\.test\(\)"):
        write().execute({})
