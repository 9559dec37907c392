"""A template is rendered or refused; it is never taken for a value."""

from collections import UserString, deque
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from airflow.sdk import DAG, literal, task
from airflow.sdk.exceptions import AirflowFailException
from jinja2 import UndefinedError

from dq_core import DataQualityCheck
from moltres import Records, col, connect
from moltres.errors import ConfigurationError
from moltres.handoff import decode
from moltres_airflow import (
    MoltresCompareOperator,
    MoltresDataQualityOperator,
    MoltresQueryOperator,
    MoltresToTableOperator,
)
from support.adapter_conformance import rows_of, tables_of
from support.airflow import Instance

DAY = "2026-11-25"


def of_argument(db, x):
    return db.sql("SELECT :x AS x", x=x)


@pytest.fixture
def days(dsn):
    """A table with one row of this day, without id, and one of the day before."""
    with connect(dsn) as db:
        db.write([{"id": None, "day": DAY}, {"id": 1, "day": "2026-11-24"}]).save_as_table("days")
    return dsn


def context_of(**params):
    return {"ti": Instance(), "ds": DAY, "params": params}


def rendered(operator, **params):
    operator.render_template_fields(context_of(**params))
    return operator


def check(dsn, *checks, query=lambda db: db.table("days"), **options):
    return MoltresDataQualityOperator(
        task_id="c", dsn=dsn, query=query, checks=list(checks), fail_on_error=False, **options
    )


CHECKS = {
    "where": {"type": "not_null", "column": "id", "where": "day = '{{ ds }}'"},
    "a check object": DataQualityCheck.column_not_null("id", where="day = '{{ ds }}'"),
    "values": {"type": "not_in_set", "column": "day", "values": ["{{ ds }}"]},
    "expression": {"type": "expression", "sql": "day <> '{{ ds }}'"},
    "a number": {"type": "row_count", "min": "{{ params.least }}"},
    "a column": {"type": "not_null", "column": "{{ params.column }}"},
    "a bound": {"type": "in_range", "column": "day", "max": "{{ macros.ds_add(ds, -1) }}"},
    "a statement": "{% if params.least %}{{ params.least }}{% endif %}",
}
CHECKS["a statement"] = {"type": "row_count", "min": CHECKS["a statement"]}


@pytest.mark.parametrize("rule", CHECKS.values(), ids=CHECKS.keys())
def test_every_string_of_a_check_is_rendered(days, rule):
    operator = check(days, rule)
    from airflow.sdk.execution_time import macros

    operator.render_template_fields({**context_of(least=3, column="id"), "macros": macros})
    assert operator.execute(context_of())["overall_status"] == "failed"


@pytest.mark.parametrize("rule", CHECKS.values(), ids=CHECKS.keys())
def test_what_nobody_rendered_is_refused(days, rule):
    with pytest.raises(AirflowFailException, match=r"were not rendered: .*\{[{%]"):
        check(days, rule).execute(context_of())


def test_a_check_with_a_function_is_rendered_as_well(days):
    rule = DataQualityCheck.custom(lambda rows: len(rows) == 1, check_name="one", where="day = '{{ ds }}'")
    assert rendered(check(days, rule)).execute(context_of())["results"][0]["considered_rows"] == 1


def test_checks_are_rendered_in_a_run_and_in_mapped_tasks(run, days):
    with DAG("templates", params={"day": DAY}) as dag:
        check(days, {"type": "not_null", "column": "id", "where": "day = '{{ params.day }}'"})
        MoltresDataQualityOperator.partial(
            task_id="mapped",
            dsn=days,
            checks=[{"type": "not_null", "column": "id", "where": "day = '{{ params.day }}'"}],
            fail_on_error=False,
        ).expand(query=[lambda db: db.table("days")])
    done = run(dag)
    assert done.xcoms("c")["c_quality_report"]["overall_status"] == "failed"
    assert done.xcoms("mapped", 0)["mapped_quality_report"]["overall_status"] == "failed"


def test_a_number_that_a_template_gives_is_one_where_the_column_holds_numbers(days):
    rule = {"type": "in_range", "column": "id", "max": "{{ params.most }}", "where": "id IS NOT NULL"}
    assert rendered(check(days, rule), most=0).execute(context_of())["overall_status"] == "failed"
    rule = {"type": "in_set", "column": "id", "values": ["{{ params.one }}"]}
    assert rendered(check(days, rule), one=1).execute(context_of())["overall_status"] == "passed"
    rule = {"type": "in_set", "column": "day", "values": ["{{ params.one }}", "2026-11-24", DAY]}
    assert rendered(check(days, rule), one=1).execute(context_of())["overall_status"] == "passed"


@pytest.mark.parametrize(
    ("thresholds", "status"),
    [
        ({"not_null_id": "{{ params.share }}"}, "passed"),
        ({"not_null_id": 0.6}, "failed"),
    ],
)
def test_thresholds_are_rendered(days, thresholds, status):
    operator = check(days, {"type": "not_null", "column": "id"}, thresholds=thresholds)
    assert rendered(operator, share=0.5).execute(context_of())["overall_status"] == status


def test_thresholds_as_one_template(run, days):
    with DAG("native", render_template_as_native_obj=True, params={"t": {"not_null_id": 0.5}}) as dag:
        check(days, {"type": "not_null", "column": "id"}, thresholds="{{ params.t }}")
    assert run(dag).xcoms("c")["c_quality_report"]["overall_status"] == "passed"


def test_parameters_and_arguments_as_one_template(run, days):
    with DAG("whole", render_template_as_native_obj=True, params={"given": {"day": DAY}}) as dag:
        common = {"dsn": days, "checks": [{"type": "row_count", "min": 1, "max": 1}]}
        text = {"query": "SELECT id FROM days WHERE day = :day", "parameters": "{{ params.given }}"}
        function = {"query": lambda db, day: db.table("days").where(col("day") == day), "op_kwargs": text["parameters"]}
        for name, query in (("text", text), ("function", function)):
            MoltresQueryOperator(task_id=name, dsn=days, **query)
            MoltresDataQualityOperator(task_id=f"check_{name}", **common, **query)
    done = run(dag)
    assert set(done.states.values()) == {"success"}
    assert len(decode(done.xcoms("text")["text"])) == len(decode(done.xcoms("function")["function"])) == 1


@pytest.mark.parametrize("query", ["SELECT id FROM days WHERE day = :day", lambda db, day: db.table("days")])
def test_a_template_that_gives_no_mapping_is_refused(days, query):
    name = "parameters" if isinstance(query, str) else "op_kwargs"
    operator = MoltresQueryOperator(task_id="q", dsn=days, query=query, **{name: "{{ params.x }}"})
    with pytest.raises(AirflowFailException, match=f"{name} must be a mapping"):
        rendered(operator, x="day").execute(context_of())


@pytest.mark.parametrize("kind", [MoltresQueryOperator, MoltresDataQualityOperator, MoltresToTableOperator])
def test_every_template_field_may_be_one_template(kind, dsn):
    known = {
        MoltresQueryOperator: {"query": "SELECT 1 AS a"},
        MoltresDataQualityOperator: {"query": "SELECT 1 AS a", "checks": [{"type": "row_count", "min": 1}]},
        MoltresToTableOperator: {"table_name": "t", "input_task_id": "q"},
    }[kind]
    merge = {"mode": "merge", "keys": ["id"]}
    needed = {
        "keys": {"mode": "merge"}, "update": merge, "delete_missing": merge, "lag": {"cursor": "id"},
        "partition_by": {"mode": "overwrite_partitions"},
        **{name: {**merge, "mode": "scd2"} for name in ("valid_from", "valid_to", "valid_at")},
    }  # fmt: skip
    for field in kind.template_fields:
        name = "query" if field == "sql" else field
        place = {} if name == "conn_id" else {"dsn": dsn}
        given = {**place, **known, **needed.get(name, {}), name: "{{ params.x }}"}
        if name == "op_kwargs" or (name.startswith("input_") and "query" in known):
            given["query"] = lambda db, x: db.table(x)
        if kind is MoltresDataQualityOperator and name.startswith("input_"):
            del given["query"]
        assert kind(task_id="t", **given).templates[field] == {"{{ params.x }}"}, name


def test_a_template_that_gives_no_thresholds_is_refused(days):
    operator = check(days, {"type": "not_null", "column": "id"}, thresholds="{{ params.t }}")
    with pytest.raises(AirflowFailException, match="thresholds must be a mapping"):
        rendered(operator, t="most").execute(context_of())


@pytest.mark.parametrize(("full", "rows"), [(True, 1), (False, 2)])
def test_the_mode_is_rendered_and_judged_then(dsn, full, rows):
    for number in range(2):
        write = MoltresToTableOperator(
            task_id="w",
            dsn=dsn,
            table_name="{{ params.table }}",
            input_task_id="source",
            mode="{{ 'overwrite' if params.full else 'append' }}",
        )
        context = {"ti": Instance(run_id=f"run-{number}"), "params": {"full": full, "table": "pages"}}
        context["ti"].task_id = "source"
        context["ti"].xcom_push("source", [{"id": number}])
        write.render_template_fields(context)
        write.execute(context)
    assert len(rows_of(dsn, "pages")) == rows


def test_a_mode_that_no_template_should_have_given_is_refused(dsn):
    write = MoltresToTableOperator(task_id="w", dsn=dsn, table_name="x", input_task_id="s", mode="{{ params.mode }}")
    write.render_template_fields({"params": {"mode": "overwrit"}})
    with pytest.raises(AirflowFailException, match="Did you mean 'overwrite'"):
        write.execute({"ti": SimpleNamespace(xcom_pull=lambda **_: [[{"id": 1}]])})


def test_values_may_come_from_tasks_upstream(run, days):
    @task
    def rules():
        return [{"type": "not_null", "column": "id", "where": "day = '2026-11-24'"}]

    @task
    def shares():
        return {"not_null_id": 0.5}

    @task
    def how():
        return "overwrite"

    with DAG("xcomargs") as dag:
        MoltresDataQualityOperator(
            task_id="c", dsn=days, query=lambda db: db.table("days"), checks=rules(), thresholds=shares()
        )
        query = MoltresQueryOperator(task_id="q", dsn=days, query="SELECT id FROM days")
        query >> MoltresToTableOperator(task_id="w", dsn=days, table_name="out", mode=how(), input_task_id="q")
    assert dag.task_dict["c"].upstream_task_ids == {"rules", "shares"}
    assert dag.task_dict["w"].upstream_task_ids == {"q", "how"}
    done = run(dag)
    assert set(done.states.values()) == {"success"}
    assert done.xcoms("w")["w"]["mode"] == "overwrite"


def test_values_from_tasks_are_judged_when_they_are_known(run, days, capfd):
    @task
    def rules():
        return [{"type": "not_nul", "column": "id"}]

    with DAG("wrong_rules") as dag:
        MoltresDataQualityOperator(task_id="c", dsn=days, query=lambda db: db.table("days"), checks=rules())
    assert run(dag).states["c"] == "failed"
    assert "Did you mean 'not_null'" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("operator", "arguments", "problem"),
    [
        (MoltresQueryOperator, {"query": "SELECT 1", "output_key": "rows_{{ ds }}"}, "output_key is not a template"),
        (MoltresToTableOperator, {"table_name": "x", "output_key": "rows_{{ ds }}"}, "output_key is not a template"),
        (MoltresQueryOperator, {"query": "SELECT 1", "dsn": "sqlite:///{{ ds }}.db"}, "dsn is not rendered"),
        (
            MoltresToTableOperator,
            {"table_name": "x", "input_dsn": "sqlite:///{{ ds }}.db"},
            "input_dsn is not rendered",
        ),
    ],
)
def test_a_template_where_nothing_is_rendered_is_refused_with_the_dag(dsn, operator, arguments, problem):
    with pytest.raises(ConfigurationError, match=problem):
        operator(task_id="t", **{"dsn": dsn, **arguments})


@pytest.mark.parametrize("name", ["table_name", "run_key", "input_key"])
@pytest.mark.parametrize("word", ["None", "True"])
def test_a_word_for_no_value_names_nothing(dsn, name, word):
    arguments = {"table_name": "x", "input_task_id": "s", name: "{{ params.missing }}"}
    write = MoltresToTableOperator(task_id="w", dsn=dsn, **arguments)
    write.render_template_fields({"params": {"missing": word}})
    with pytest.raises(AirflowFailException, match=f"{name}: its template gave '{word}' as a word"):
        write.execute({"ti": SimpleNamespace(xcom_pull=lambda **_: [[{"id": 1}]])})
    assert tables_of(dsn) == {"numbers", "users"}


OF_OTHER_TYPES = {
    "forbidden values": (MoltresDataQualityOperator, {"checks": [{**CHECKS["values"], "values": ["{{ params.x }}"]}]}),
    "a parameter": (MoltresQueryOperator, {"query": "SELECT :x AS x", "parameters": {"x": "{{ params.x }}"}}),
    "an argument": (MoltresQueryOperator, {"query": of_argument, "op_kwargs": {"x": "{{ params.x }}"}}),
    "keys": (MoltresToTableOperator, {"table_name": "x", "keys": "{{ params.x }}", "input_task_id": "q"}),
}


@pytest.mark.parametrize("value", [[DAY], (1, 2), {"day": DAY}, {DAY}, [], b"x", True, False], ids=repr)
@pytest.mark.parametrize(("kind", "arguments"), OF_OTHER_TYPES.values(), ids=OF_OTHER_TYPES)
def test_a_value_of_another_type_does_not_become_its_text(dsn, kind, arguments, value):
    """``"['2026-11-25']"`` is no forbidden day, and ``"False"`` is true."""
    known = {"query": "SELECT 1 AS day"} if kind is MoltresDataQualityOperator else {}
    operator = kind(task_id="t", dsn=dsn, **{**known, **arguments})
    with pytest.raises(AirflowFailException, match=f"gives a value of type {type(value).__name__}, which would be"):
        operator.render_template_fields(context_of(x=value))


def test_the_text_of_a_value_is_rendered_on_request(dsn):
    query = {"query": "SELECT :x AS x", "parameters": {"x": "{{ params.x | string }}"}}
    operator = rendered(MoltresQueryOperator(task_id="q", dsn=dsn, **query), x=[1, 2])
    assert operator.execute(context_of()) == [{"x": "[1, 2]"}]
    within = MoltresQueryOperator(task_id="q", dsn=dsn, query="SELECT id FROM users WHERE id IN {{ params.x }}")
    assert len(rendered(within, x=(1, 2)).execute(context_of())) == 2


NONE = "{{ params.none }}"


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        (MoltresQueryOperator, {"query": f"SELECT id FROM days WHERE day = '{NONE}'"}),
        (
            MoltresQueryOperator,
            {"query": "SELECT id FROM days{% if true %} WHERE day = '{{ params.none }}'{% endif %}"},
        ),
        (MoltresQueryOperator, {"query": "SELECT :day AS day", "parameters": {"day": f"day {NONE}"}}),
        (MoltresDataQualityOperator, {"checks": [{**CHECKS["where"], "where": f"day = '{NONE}'"}]}),
        (MoltresDataQualityOperator, {"checks": [{**CHECKS["values"], "values": [f"{NONE}-25"]}]}),
        (MoltresToTableOperator, {"table_name": f"days_{NONE}", "input_task_id": "q"}),
        (MoltresToTableOperator, {"table_name": "x", "run_key": f"{NONE}/x", "input_task_id": "q"}),
    ],
)
def test_no_value_is_no_word_in_a_text(dsn, kind, arguments, native):
    """``day = 'None'`` finds no rows, and a check of none passes."""
    known = {"query": "SELECT 1 AS a"} if kind is MoltresDataQualityOperator else {}
    with DAG("none", render_template_as_native_obj=native):
        operator = kind(task_id="t", dsn=dsn, **{**known, **arguments})
    with pytest.raises(AirflowFailException, match="gives None, which would be the word 'None'"):
        operator.render_template_fields(context_of(none=None))


OF_NONE = [
    "{{ 'day ' ~ params.none }}", "{{ 'day %s' % params.none }}", "{{ '%s-%s' % (1, params.none) }}",
    "{{ '%(a)s' % {'a': params.none} }}", "{{ 'day %s' | format(params.none) }}", "{{ 'day {}'.format(params.none) }}",
    "{{ '{a}'.format(a=params.none) }}", "{{ [1, params.none] | join('-') }}", "{{ params.none | upper }}",
    "{{ [params.none] | map('lower') | first }}", "{{ [{'a': params.none}] | join(attribute='a') }}",
    "{{ 'a-b' | replace('b', params.none) }}", "{{ params.none | string }}", "{{ params.f() ~ '' }}",
    "{% set day = params.none %}{{ (day ~ '') | trim }}", "{{ ('x' ~ params.none) if true }}",
]  # fmt: skip


@pytest.mark.parametrize("native", [False, True])
def test_no_value_is_no_word_within_an_expression(dsn, native):
    with DAG("within", render_template_as_native_obj=native):
        operator = MoltresQueryOperator(task_id="t", dsn=dsn, query="SELECT :a AS a", parameters={"a": "{{ ds }}"})
    context = context_of(none=None, f=lambda: None)
    for template in OF_NONE:
        with pytest.raises(AirflowFailException, match="gives None"):
            operator.render_template(template, context)
    known = {
        "{{ 'day ' ~ params.day }}": "day x", "{{ '%s' % params.day }}": "x", "{{ 7 % 4 }}-": "3-",
        "{{ '{}{b}'.format(params.day, b='y') }}": "xy", "{{ 'a' | upper }}": "A",
        "{{ [{'a': 1}, {'a': 'b'}] | join('+', attribute='a') }}": "1+b",
        "{{ params.none | default('d', true) }}": "d", "{{ (params.none or 'e') ~ 'f' }}": "ef",
    }  # fmt: skip
    context = context_of(none=None, day="x")
    assert {template: operator.render_template(template, context) for template in known} == known


OF_SEVERAL = [
    "{{ 'day ' ~ params.x }}", "{{ '%s-%s' % (1, params.x) }}",
    "{{ 'day {}'.format(params.x) }}", "{{ 'day %s' | format(params.x) }}", "{{ [params.x] | join('-') }}",
    "{{ params.x | upper }}", "{{ 'a-b' | replace('b', params.x) }}",
]  # fmt: skip


@pytest.mark.parametrize("value", [[1], (), {"a": 1}, {1}, b"x"], ids=repr)
def test_several_values_are_no_string_within_an_expression(dsn, value):
    """``sales_[1]`` is no table that anybody means."""
    operator = MoltresQueryOperator(task_id="t", dsn=dsn, query="SELECT :a AS a", parameters={"a": "{{ ds }}"})
    known = [] if isinstance(value, list | tuple) else ["day {{ params.x }}"]  # as in "id IN {{ params.x }}"
    for template in [*OF_SEVERAL, *known]:
        with pytest.raises(AirflowFailException, match=f"gives a value of type {type(value).__name__}, which would be"):
            operator.render_template(template, context_of(x=value))
    assert operator.render_template("day {{ params.x | string }}", context_of(x=value)) == f"day {value}"


OF_A_LIST = [
    "sales_{{ params.x }}", "{{ params.x }}_sales", "s.{{ params.x }}", "/in/{{ params.x }}", " {{ params.x }}",
    "day = '{{ params.x }}'", "day = 'a, {{ params.x }}'", 'x "{{ params.x }}" y', "{% set t = params.x %}{{ t }}",
    "{% for y in [params.x] %}{{ y }}{% endfor %}", "a{% set y %}{{ params.x }}{% endset %}{{ y }}",
    "{% macro m(v) %}{{ v }}{% endmacro %}a{{ m(params.x) }}",
]  # fmt: skip


@pytest.mark.parametrize("value", [[1], ("a",), [], deque([1]), np.array([1, 2])], ids=repr)
def test_a_list_is_no_part_of_a_name_or_of_a_string(dsn, value):
    operator = MoltresToTableOperator(task_id="t", dsn=dsn, table_name="{{ ds }}", input_task_id="q")
    for template in OF_A_LIST:
        with pytest.raises(AirflowFailException, match=f"gives a value of type {type(value).__name__}, which would be"):
            operator.render_template(template, context_of(x=value))


@pytest.mark.parametrize(
    "value", [["it's"], ["a\nb"], ["a\\b"], [None], [[1]], [date(2026, 1, 1)], deque([1])], ids=repr
)
def test_a_list_is_one_of_sql_only_where_python_writes_its_items_alike(dsn, value):
    operator = MoltresQueryOperator(task_id="t", dsn=dsn, query="SELECT id FROM users WHERE id IN {{ params.x }}")
    with pytest.raises(AirflowFailException, match=f"gives a value of type {type(value).__name__}, which would be"):
        rendered(operator, x=value)
    known = {
        "id IN {{ params.x }}": "id IN (1, 'é')", "id in{{ params.x }})": "id in(1, 'é'))",
        "f(ARRAY{{ params.x }}::int[])": "f(ARRAY(1, 'é')::int[])",
        "a = 'x' -- don't\nAND id IN {{ params.x }} OR b = ''": "a = 'x' -- don't\nAND id IN (1, 'é') OR b = ''",
    }  # fmt: skip
    context = context_of(x=(1, "é"))
    assert {template: operator.render_template(template, context) for template in known} == known


def test_native_rendering_gives_one_value_itself_and_no_word_beside_another(dsn):
    with DAG("beside", render_template_as_native_obj=True):
        operator = MoltresQueryOperator(task_id="t", dsn=dsn, query="SELECT :a AS a", parameters={"a": "{{ ds }}"})
    for value in (None, {"a": 1}, [1], False):
        for template in (
            "{{ params.x }}",
            "{% if ds %}{{ params.x }}{% else %}{{ ds }}{% endif %}",
            "{# #}{{ params.x }}",
        ):
            assert operator.render_template(template, context_of(x=value)) == value
        for template in ("{{ ds }}{{ params.x }}", "{% for y in [1, params.x] %}{{ y }}{% endfor %}"):
            with pytest.raises(AirflowFailException, match="gives"):
                operator.render_template(template, context_of(x=value))


@pytest.mark.parametrize("template", [
    "{{ params.x | map('upper') }}", "a {{ params.x | select('odd') }}", "{{ params.f }}", "{{ 'a' ~ params.f }}",
    "{{ params.x | batch(2) | string }}", "{{ cycler('a') }}", "a {{ params.o }}", "a {{ range(3) }}",
])  # fmt: skip
def test_what_has_no_text_is_no_string(dsn, template):
    """``<generator object sync_do_map at 0x7f00a2dcbd40>`` is nobody's day."""
    operator = MoltresQueryOperator(task_id="t", dsn=dsn, query="SELECT :a AS a", parameters={"a": "{{ ds }}"})
    with pytest.raises(AirflowFailException, match="gives a value of type"):
        operator.render_template(template, context_of(x=["a"], f=lambda: 1, o=object()))
    assert operator.render_template("{{ params.x | map('upper') | join(',') }}", context_of(x=["a", "b"])) == "A,B"


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize("filter_", ["int", "float"])
def test_what_is_no_number_is_no_zero(dsn, filter_, native):
    with DAG("numbers", render_template_as_native_obj=native):
        operator = MoltresQueryOperator(task_id="t", dsn=dsn, query="SELECT :a AS a", parameters={"a": "{{ ds }}"})
    for value, message in ((None, "gives None"), ("", "is no number"), ("1,5", "is no number"), ([1], "is no number")):
        for template in ("{{ params.x | %s }}", "id > {{ params.x | %s }}", "{{ [params.x] | map('%s') | first }}"):
            with pytest.raises(AirflowFailException, match=message):
                operator.render_template(template % filter_, context_of(x=value))
        assert operator.render_template(f"> {{{{ params.x | {filter_}(7) }}}}", context_of(x=value)) == "> 7"
    assert operator.render_template("> {{ params.x | int }}", context_of(x=" 12 ")) == "> 12"
    assert operator.render_template("> {{ params.x | int(base=16) }}", context_of(x="ff")) == "> 255"


@dataclass
class Options:
    day: str


@pytest.mark.parametrize(
    "value",
    [Path("/in/{{ ds }}"), b"{{ ds }}", Options("{{ ds }}"), deque(["{{ ds }}"]), UserString("{{ ds }}"),
     Records([("{{ ds }}",)], ["day"]), {"a": [Path("{{ ds }}")]}, {"{{ ds }}": 1}, frozenset({"{{ ds }}"})],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_airflow_does_not_render_is_refused(dsn, value):
    operator = MoltresQueryOperator(task_id="t", dsn=dsn, query=of_argument, op_kwargs={"x": value})
    with pytest.raises(AirflowFailException, match="were not rendered"):
        rendered(operator).execute(context_of())


def test_a_literal_is_a_value_and_marks_of_ones_own_are_templates(dsn):
    marks = {"variable_start_string": "<<", "variable_end_string": ">>", "line_statement_prefix": "%"}
    with DAG("marks", jinja_environment_kwargs=marks):
        for value, x in ((literal("{{ ds }}"), "{{ ds }}"), ("<< ds >>", DAY)):
            operator = MoltresQueryOperator(task_id=f"t{len(x)}", dsn=dsn, query=of_argument, op_kwargs={"x": value})
            assert rendered(operator).execute(context_of()) == [{"x": x}]
    for template in ("<< params.none >>", "day << 'x' ~ params.none >>", "% if true\n<< params.none >>\n% endif"):
        with pytest.raises(AirflowFailException, match="gives None"):
            operator.render_template(template, context_of(none=None))


def test_what_an_object_has_rendered_is_a_value(dsn):
    class Holder:
        template_fields = ("day",)

        def __init__(self):
            self.day = "{{ ds }}"

    def query(db, x):
        return db.sql("SELECT :day AS day", day=x.day)

    operator = MoltresQueryOperator(task_id="t", dsn=dsn, query=query, op_kwargs={"x": Holder()})
    with pytest.raises(AirflowFailException, match="were not rendered"):
        operator.execute(context_of())
    assert rendered(operator).execute(context_of()) == [{"day": DAY}]


@pytest.mark.parametrize("template", ["{{ dss }}", "day {{ params.dya }}", "{% if dss %}a{% endif %}"])
def test_a_name_that_is_not_known_is_refused_without_a_dag_too(dsn, template):
    operator = MoltresQueryOperator(task_id="t", dsn=dsn, query="SELECT :a AS a", parameters={"a": template})
    with pytest.raises(UndefinedError):
        rendered(operator)


@pytest.mark.parametrize("native", [False, True])
def test_a_file_of_sql_with_no_value_is_refused_as_well(dsn, tmp_path, native):
    (tmp_path / "day.sql").write_text(f"SELECT id FROM days WHERE day = '{NONE}'")
    for resolved in (False, True):
        with DAG("none_file", render_template_as_native_obj=native, template_searchpath=[str(tmp_path)]):
            operator = MoltresQueryOperator(task_id="t", dsn=dsn, query="day.sql")
        if resolved:
            operator.resolve_template_files()
        with pytest.raises(AirflowFailException, match="gives None"):
            operator.render_template_fields(context_of(none=None))


def test_no_value_as_a_whole_is_one_where_values_are_native(dsn):
    with DAG("native_none", render_template_as_native_obj=True):
        write = MoltresToTableOperator(
            task_id="w",
            dsn=dsn,
            table_name="{{ params.table or 'numbers' }}",
            input_task_id="q",
            update=NONE,
            keys=["id"],
            mode="merge",
        )
        read = MoltresQueryOperator(task_id="q", dsn=dsn, query="SELECT :day AS day", parameters={"day": NONE})
    context = context_of(none=None, table=None)
    for operator in (write, read):
        operator.render_template_fields(context)
    assert (write.update, write.table_name) == (None, "numbers")
    assert read.execute(context)[0]["day"] is None


@pytest.mark.parametrize("value", [None, ""])
@pytest.mark.parametrize("field", ["conn_id", "input_conn_id", "right_conn_id"])
def test_no_value_is_no_other_database(dsn, field, value):
    sides = {"table": "users", "right_table": "users"}
    make = {
        "conn_id": lambda given: MoltresQueryOperator(task_id="t", query="SELECT 1 AS a", conn_id=given),
        "input_conn_id": lambda given: MoltresToTableOperator(
            task_id="t", dsn=dsn, table_name="out", input_key="rows", input_conn_id=given
        ),
        "right_conn_id": lambda given: MoltresCompareOperator(task_id="t", dsn=dsn, **sides, right_conn_id=given),
    }[field]
    with DAG("no_place", render_template_as_native_obj=True):
        by_template = make("{{ params.value }}")
    with DAG("no_place_of_a_task"):
        by_task = make(task(lambda: value, task_id="pick")())
    by_template.render_template_fields(context_of(value=value))
    setattr(by_task, field, value)  # as Airflow does with what another task has returned
    for operator in (by_template, by_task):
        with pytest.raises(AirflowFailException, match=f"{field}: .*names no connection"):
            operator.execute({})


def test_no_value_is_no_other_database_of_a_mapped_task(dsn):
    with DAG("no_place_mapped"):
        sides = MoltresCompareOperator.partial(task_id="t", dsn=dsn, table="users", right_table="users")
        mapped = sides.expand(right_conn_id=["warehouse", None])
    assert mapped.unmap({"right_conn_id": "warehouse"}).right_conn_id == "warehouse"
    with pytest.raises(ConfigurationError, match="right_conn_id: None names no connection"):
        mapped.unmap({"right_conn_id": None})


@pytest.mark.parametrize("value", [["q", 1], {"q": 1}, 5], ids=repr)
@pytest.mark.parametrize("field", ["input_key", "input_task_id"])
@pytest.mark.parametrize("kind", [MoltresDataQualityOperator, MoltresToTableOperator, MoltresQueryOperator])
def test_the_name_of_an_input_is_a_string(dsn, kind, field, value):
    own = {
        MoltresDataQualityOperator: {"checks": [CHECKS["values"]]},
        MoltresToTableOperator: {"table_name": "out"},
        MoltresQueryOperator: {"query": lambda db, given: given},
    }[kind]
    with DAG("native_names", render_template_as_native_obj=True):
        operator = kind(task_id="t", dsn=dsn, **own, **{"input_key": "rows", field: "{{ params.value }}"})
    operator.render_template_fields(context_of(value=value))
    with pytest.raises(AirflowFailException, match=f"{field} must be a"):
        operator.execute({"ti": Instance()})


@pytest.mark.parametrize("native", [False, True])
def test_no_value_in_a_mapped_task(run, days, native):
    with DAG("mapped_none", render_template_as_native_obj=native, params={"none": None}) as dag:
        MoltresQueryOperator.partial(task_id="q", dsn=days, query=f"SELECT id FROM days WHERE day = '{NONE}'").expand(
            parameters=[{}]
        )
    assert run(dag).states == {"q[0]": "failed"}


def test_a_comment_is_a_template(days):
    rule = {"type": "not_in_set", "column": "day", "values": ["2026-11-25{# of this run #}"]}
    assert rendered(check(days, rule)).execute(context_of())["overall_status"] == "failed"
    with pytest.raises(AirflowFailException, match="were not rendered"):
        check(days, rule).execute(context_of())


def test_only_a_query_is_the_name_of_a_file(run, dsn, tmp_path):
    for name in ("there.sql", "2026.sql"):
        (tmp_path / name).write_text("SELECT 1 AS a")
    with DAG("values", template_searchpath=[str(tmp_path)], params={"year": 2026}) as dag:
        MoltresQueryOperator(
            task_id="q",
            dsn=dsn,
            query=lambda db, first, second, third: db.sql(
                "SELECT :a AS a, :b AS b, :c AS c", a=first, b=second, c=third
            ),
            op_kwargs={"first": "there.sql", "second": "{{ params.year }}.sql", "third": "nowhere.sql"},
        )
    assert decode(run(dag).xcoms("q")["q"]) == [{"a": "there.sql", "b": "2026.sql", "c": "nowhere.sql"}]


def test_a_value_that_looks_like_a_template_is_a_value(dsn):
    # It came through a parameter of the run: nobody wrote it as a template, and it is not rendered again.
    query = MoltresQueryOperator(
        task_id="q", dsn=dsn, query="SELECT :text AS a", parameters={"text": "{{ params.text }}"}
    )
    query.render_template_fields({"params": {"text": "{{ 1 + 1 }}"}})
    assert query.execute({}) == [{"a": "{{ 1 + 1 }}"}]


@pytest.mark.parametrize(
    ("thresholds", "status"),
    [({"not_null_id#2": 0.4}, "failed"), ({"not_null_id": 0.4}, "failed"),
     ({"not_null_id": 0.4, "not_null_id#2": 0.4}, "passed")],
)  # fmt: skip
def test_thresholds_have_the_names_that_reports_give(days, thresholds, status):
    operator = MoltresDataQualityOperator(
        task_id="t",
        dsn=days,
        query=lambda db: db.sql("SELECT 1 AS id UNION ALL SELECT NULL"),
        checks=[{"type": "not_null", "column": "id"}] * 2,
        thresholds=thresholds,
        fail_on_error=False,
    )
    report = rendered(operator).execute(context_of())
    assert report["overall_status"] == status
    assert {result["check_name"] for result in report["results"]} == {"not_null_id", "not_null_id#2"}
