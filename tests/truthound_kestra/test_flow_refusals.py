"""What the script would refuse in every run is refused when the flow is made; what an expression hides is not."""

from __future__ import annotations

import ast
import dataclasses
import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
import yaml

import dq_core
from truthound_kestra.flows import (
    FlowConfig,
    FlowGenerator,
    InputConfig,
    TaskConfig,
    TaskType,
    TriggerConfig,
    TriggerType,
    generate_check_flow,
    generate_learn_flow,
    generate_profile_flow,
    generate_quality_pipeline,
)
from truthound_kestra.scripts import load_rules
from truthound_kestra.utils.exceptions import FlowError

GOOD = [{"type": "not_null", "column": "id"}]
LOW = [{"type": "not_null", "column": "id", "severity": "low"}, {"type": "unique", "column": "id", "severity": "info"}]
MAKERS = {
    "check": lambda **options: generate_check_flow("a", "t", **{"rules": GOOD, **options}),
    "profile": lambda **options: generate_profile_flow("a", "t", **options),
    "learn": lambda **options: generate_learn_flow("a", "t", **options),
    "pipeline": lambda **options: generate_quality_pipeline("a", "t", include_profile=False, rules=GOOD, **options),
}
SOURCES = [
    ({"input_uri": "postgresql://h/db"}, "a database requires table or query"),
    ({"input_uri": "postgresql+psycopg://me:{{ secret('PW') }}@h/db"}, "a database requires table or query"),
    ({"input_uri": "sqlite:////data/x.db"}, "a database requires table or query"),
    ({"input_uri": "users.parquet", "table": "x"}, "table and query require the URL of a database"),
    ({"input_uri": "s3://{{ inputs.b }}/users.parquet", "query": "SELECT 1"}, "table and query require the URL"),
    ({"input_uri": "kestra:///users.parquet", "table": "x"}, "table and query require the URL of a database"),
    ({"input_uri": "postgresql://h/db", "table": "x", "query": "SELECT 1"}, "give either table or query"),
    ({"input_uri": "postgresql://h/db", "table": " "}, "table must not be empty"),
    ({"input_uri": "postgresql://h/db", "query": "DROP TABLE x"}, "query must be a SELECT, not DROP"),
    ({"input_uri": "postgresql://h/db", "query": "SELECT 1; DELETE FROM x"}, "several statements"),
    ({"input_uri": "postgresql://h/db", "query": "-- nothing"}, "no statement"),
    ({"input_uri": "shop.duckdb"}, "Did you mean 'duckdb:///shop.duckdb'?"),
    ({"input_uri": "users.txt"}, "none of the endings that are read"),
    ({"input_uri": "users.xlsx"}, "none of the endings that are read"),
    ({"input_uri": "s3://bucket/users"}, "none of the endings that are read"),
    ({"input_uri": "s3://bucket/{{ inputs.b }}/users.parqet"}, "Did you mean '.parquet'?"),
    ({"input_uri": "{{ inputs.b }}/users.txt"}, "none of the endings that are read"),
    ({"input_uri": "https://h/users.txt?v={{ inputs.b }}"}, "none of the endings that are read"),
    ({"input_uri": "data/*"}, "none of the endings that are read"),
    ({"input_uri": "hdfs://h/users.csv"}, "hdfs:// URLs are not supported"),
    ({"input_uri": "dbt://project/users"}, "dbt:// URLs are not supported"),
    ({"input_uri": "iceberg+mysql://h/d?warehouse=x", "table": "t"}, "kept in SQLite or PostgreSQL, not in 'mysql'"),
    ({"input_uri": "iceberg+mysql://{{ inputs.b }}", "table": "t"}, "kept in SQLite or PostgreSQL, not in 'mysql'"),
    ({"input_uri": "iceberg+sqlite:///c.db", "table": "t"}, "has no warehouse. Add where new tables go"),
    ({"input_uri": "iceberg://", "table": "t"}, "names no catalog"),
    ({"input_uri": "postgresql+psycopg+x://h/d", "table": "t"}, "names more than one driver"),
    ({"input_uri": "hdfs://{{ inputs.b }}/users.csv"}, "hdfs:// URLs are not supported"),
    ({"input_uri": "{{ inputs.b }}", "input_format": "xls"}, "input_format must be one of"),
    ({"input_uri": "users.csv", "input_format": "csv"}, "only supported for files of Kestra's storage"),
]


@pytest.mark.parametrize(
    ("data", "options", "said"),
    [
        (
            {"input_uri": "x.parquet"},
            {"delimiter": ";"},
            "delimiter say how CSV files are written",
        ),
        ({"input_uri": "sqlite:///x.db", "table": "t"}, {"header": False}, "and this is a database"),
        ({"input_uri": "x.jsonl.gz"}, {"types": {}, "null": ""}, ": null say"),
        ({"input_uri": "kestra:///a", "input_format": "parquet"}, {"quote": "'"}, "a parquet file"),
        ({"input_uri": "s3://b/{{ flow.id }}", "input_format": "csv"}, None, "'s3://b/' before the expression is not"),
    ],
)
def test_how_csv_files_are_written_is_said_of_them_only(data: Any, options: Any, said: str) -> None:
    with pytest.raises(FlowError, match=said):
        generate_check_flow("a", "b", rules=[{"type": "not_null", "column": "id"}], read_options=options, **data)


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize(("options", "words"), SOURCES)
def test_data_that_no_script_could_open(maker: str, options: dict[str, Any], words: str) -> None:
    with pytest.raises(FlowError) as caught:
        MAKERS[maker](inputs=(InputConfig(name="b"),), **options)
    assert len(caught.value.problems) == 1, caught.value.problems
    assert words in caught.value.problems[0]


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize(
    "options",
    [
        {"input_uri": "{{ inputs.b }}"},
        {"input_uri": "{{ inputs.b }}", "table": "x"},
        {"input_uri": "{{ inputs.b }}/db", "query": "{{ inputs.b }}"},
        {"input_uri": "postgresql://h/{{ inputs.b }}", "table": "{{ inputs.b }}"},
        {"input_uri": "s3://bucket/{{ inputs.b }}"},
        {"input_uri": "s3://bucket/{{ inputs.b }}.parquet"},
        {"input_uri": "{{ inputs.b }}.csv.gz"},
        {"input_uri": "{% if inputs.b %}x.txt{% else %}y.csv{% endif %}"},
        {"input_uri": "parts"},
        {"input_uri": "parts/*.parquet"},
        {"input_uri": "users.ndjson.zst"},
        {"input_uri": "https://h/users.csv?v=1"},
        {"input_uri": "postgresql://h/db", "query": "/* x */ WITH a AS (SELECT 1 AS id) SELECT * FROM a;"},
        {"input_uri": "postgresql://h/db", "query": "(SELECT 'drop table x' AS id)"},
    ],
)
def test_what_an_expression_hides_and_what_can_be_opened(maker: str, options: dict[str, Any]) -> None:
    assert MAKERS[maker](inputs=(InputConfig(name="b"),), **options)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"rules": LOW, "min_severity": "critical"}, "all 2 rules are below min_severity='critical'"),
        ({"rules": LOW, "min_severity": "medium"}, "nothing would be checked"),
        ({"min_severity": "loud"}, "min_severity must be one of"),
        ({"rules": [{"type": "row_count", "min": 2}], "engine_name": "pandera"}, "pandera cannot evaluate row_count"),
        (
            {"rules": [{"type": "expression", "sql": "id > 0"}], "engine_name": "great_expectations"},
            "great_expectations cannot evaluate",
        ),
        ({"engine_name": "great_expectations", "parallel": True}, "parallel=True is not supported"),
        ({"engine_name": "dq_core", "parallel": True, "max_workers": 2}, "dq_core does not support max_workers"),
        ({"auto_schema": True, "baseline_uri": "good.txt"}, "baseline_uri: 'good.txt' has none of the endings"),
        ({"auto_schema": True, "baseline_uri": "{{ inputs.b }}"}, "baseline_uri must not contain an expression"),
        ({"auto_schema": True, "baseline_uri": "postgresql://h/db"}, "a database requires table or query"),
        ({"metadata": {"since": dt.date(2024, 1, 1)}}, "metadata contains a value of type date"),
        ({"metadata": {"kinds": {1, 2}}}, "metadata contains a value of type set"),
        ({"tags": "prod"}, "tags must be a list of strings"),
        ({"sla": 5}, "sla must be an SLAConfig"),
    ],
)
def test_options_that_fail_every_check(options: dict[str, Any], words: str) -> None:
    with pytest.raises(FlowError) as caught:
        MAKERS["check"](**{"input_uri": "x.csv", **options}, inputs=(InputConfig(name="b"),))
    assert any(words in problem for problem in caught.value.problems), caught.value.problems
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize("engine", ["pandera", "great_expectations"])
def test_engines_that_only_check(engine: str) -> None:
    for maker, words in (("profile", "does not profile"), ("learn", "does not learn rules")):
        with pytest.raises(FlowError, match=words):
            MAKERS[maker](input_uri="x.csv", engine_name=engine)
    with pytest.raises(FlowError, match="truthound does not profile with include_histograms"):
        MAKERS["profile"](input_uri="x.csv", include_histograms=True)


def test_rules_of_low_severity_beside_learned_ones() -> None:
    assert MAKERS["check"](input_uri="x.csv", rules=LOW, min_severity="critical", auto_schema=True)


def test_metadata_of_numbers_is_a_program_that_works() -> None:
    given = {"nan": float("nan"), "half": Decimal("1.5"), "n": np.int64(3), "none": None, "infinite": float("inf")}
    text = MAKERS["check"](input_uri="x.csv", metadata=given)
    program = ast.parse(yaml.safe_load(text)["tasks"][0]["script"])
    (call,) = [node.value for node in ast.walk(program) if isinstance(node, ast.Assign)]
    assert isinstance(call, ast.Call)
    source = next(ast.unparse(one.value) for one in call.keywords if one.arg == "metadata")
    value = eval(source, {"float": float, "dict": dict})
    assert value.pop("nan") != value.get("nan")
    assert value == {"half": 1.5, "n": 3, "none": None, "infinite": float("inf")}


# Checks are written as rules.

CHECKS = [
    {"type": "in_range", "column": "a", "min": 0, "max": 5.5, "severity": "warning", "threshold": 0.9},
    {"type": "in_set", "column": "a", "values": ["x", "{{ y }}"]},
    {"type": "regex", "column": "a", "pattern": "^[a-z]{{2}}$", "name": "letters"},
    {"type": "type", "column": "a", "dtype": int},
    {"type": "in_range", "column": "a", "min": dt.date(2024, 1, 1)},
    {"type": "in_range", "column": "a", "min": Decimal("1.50")},
    {"type": "in_range", "column": "a", "max": np.float64(2.5)},
    {"type": "freshness", "column": "a", "max_age": dt.timedelta(hours=3)},
    {"type": "row_count", "min": np.int64(1)},
]


@pytest.mark.parametrize("rule", CHECKS)
def test_checks_and_rules_of_python_are_the_same_rules(rule: dict[str, Any], tmp_path: Any) -> None:
    (check,) = dq_core.parse([rule])
    found = []
    for given in (rule, check):
        text = MAKERS["check"](input_uri="x.csv", rules=[given], engine_name="dq_core")
        written = yaml.safe_load(text)["tasks"][0]["inputFiles"]["rules.yaml"]
        (tmp_path / "rules.yaml").write_text(written, encoding="utf-8")
        (read,) = dq_core.parse(load_rules(tmp_path / "rules.yaml"))
        found.append(read)
    assert found[0] == found[1]
    assert (found[0].kind, found[0].severity, found[0].threshold) == (check.kind, check.severity, check.threshold)


def test_learned_rules_are_rules() -> None:
    learned = dq_core.learn([{"id": number, "name": f"n{number % 7}"} for number in range(200)])
    checks = [rule.check for rule in learned.rules]
    text = MAKERS["check"](input_uri="x.csv", rules=checks, engine_name="dq_core")
    written = yaml.safe_load(yaml.safe_load(text)["tasks"][0]["inputFiles"]["rules.yaml"])
    assert dq_core.parse(written) == dq_core.parse([check.to_dict() for check in checks])


def test_a_rule_that_no_flow_can_contain() -> None:
    custom = dq_core.DataQualityCheck.custom(bool)
    with pytest.raises(FlowError, match=r"rule 1 \(custom\) cannot be part of a flow"):
        MAKERS["check"](input_uri="x.csv", rules=[custom], engine_name="dq_core")
    with pytest.raises(FlowError, match="not a value that a column can hold"):
        MAKERS["check"](input_uri="x.csv", rules=[{"type": "in_set", "column": "a", "values": [object()]}])


# input_format means: hand the file in, whatever the expression.

EXPRESSIONS = [
    "{{ trigger.outputs.file }}", "{{ trigger.uri }}", "{{ trigger.objects[0].uri }}", "{{ taskrun.value }}",
    "{{ inputs.file }}", "{{ read_file ?? inputs.file }}", "nsfile:///users", "kestra:///a/b",
    "{{ outputs.check_before.vars.file }}",
]  # fmt: skip


@pytest.mark.parametrize("uri", EXPRESSIONS)
@pytest.mark.parametrize("form", ["csv", "csv.gz", "tsv", "ndjson", "jsonl.zst", "parquet"])
def test_a_format_hands_the_file_in(uri: str, form: str) -> None:
    first = TaskConfig(id="check_before", task_type=TaskType.PYTHON_SCRIPT, script="print(1)")
    task = TaskConfig(id="check", input_uri=uri, input_format=form, rules=GOOD)
    up = TriggerConfig(id="t", type=TriggerType.FLOW, flow_id="up")
    flow = FlowConfig(id="f", tasks=(first, task), triggers=(up,), inputs=(InputConfig(name="file", type="FILE"),))
    block = yaml.safe_load(flow.to_yaml())["tasks"][1]
    assert block["inputFiles"][f"data.{form}"] == uri
    assert f'"data_uri": "data.{form}"' in block["inputFiles"]["kestra.json"]


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("nsfile:///users.csv", "data.csv"),
        ("kestra:///a/users.csv.gz", "data.csv.gz"),
        ("{{ outputs.make.outputFiles['x.ndjson'] }}", "data.ndjson"),
    ],
)
def test_a_name_tells_the_format(uri: str, name: str) -> None:
    make = TaskConfig(id="make", task_type=TaskType.PYTHON_SCRIPT, script="print(1)")
    flow = FlowConfig(id="f", tasks=(make, TaskConfig(id="check", input_uri=uri, rules=GOOD)))
    assert yaml.safe_load(flow.to_yaml())["tasks"][1]["inputFiles"][name] == uri


# A script has the packages that it needs, or the flow says that it has not.


def packages(script: str, generator: FlowGenerator | None = None, **options: Any) -> list[str]:
    task = TaskConfig(id="s", task_type=TaskType.PYTHON_SCRIPT, script=script, **options)
    text = (generator or FlowGenerator()).generate(FlowConfig(id="f", tasks=(task,), inputs=(InputConfig(name="x"),)))
    return [one.partition("==")[0] for one in yaml.safe_load(text)["tasks"][0].get("dependencies", [])]


OURS = ["truthound-kestra", "dq-core", "moltres-core"]


@pytest.mark.parametrize(
    ("script", "wanted"),
    [
        ("from truthound_kestra.outputs import send_outputs\nsend_outputs({'rows': 1})", OURS),
        ("import dq_core", OURS),
        ("def f():\n    from moltres import connect\n", OURS),
        ("import os, dq_core as d\nx = {{ inputs.x }}", OURS),
        ("if {{ inputs.x }} then\nfrom dq_core import validate", OURS),
        ("import dq_core\ndq_core.validate('s3://b/x.csv', [])", ["truthound-kestra[s3]", *OURS[1:], "s3fs"]),
        ("import moltres\nmoltres.connect('postgresql://h/db')", [*OURS, "psycopg[binary]"]),
        (
            "from truthound_kestra.scripts import check_quality_script",
            ["truthound-kestra[truthound]", *OURS[1:], "truthound"],
        ),
        ("import json, os.path\nfrom . import x", []),
        ("print('import dq_core')", []),
    ],
)
def test_a_script_has_what_it_imports_of_ours(script: str, wanted: list[str]) -> None:
    assert packages(script) == wanted


@pytest.mark.parametrize("script", ["import pandas", "from numpy.linalg import norm", "import somewhere.else_"])
def test_a_script_that_lacks_a_package(script: str) -> None:
    with pytest.raises(FlowError, match=r"which is not among its packages. Add dependencies="):
        packages(script)
    name = "pandas" if "pandas" in script else "numpy" if "numpy" in script else "somewhere"
    assert packages(script, dependencies=(name,)) == [name]
    assert packages(script, FlowGenerator(container_image="mine:1")) == []
    assert packages(script, FlowGenerator(task_runner="process")) == []
    assert packages(script, FlowGenerator(dependencies=())) == []


def test_packages_that_others_bring_and_imports_that_may_fail() -> None:
    assert packages("import pandas, numpy\nimport dq_core") == OURS
    assert packages("try:\n    import polars\nexcept ImportError:\n    polars = None") == []
    assert packages("import helper", extra={"inputFiles": {"helper.py": ""}}) == []


@pytest.mark.parametrize(
    ("uri", "package"),
    [
        ("postgresql://h/db", "psycopg[binary]"),
        ("postgres+psycopg2://h/db", "psycopg2-binary"),
        ("mysql://h/db", "pymysql"),
        ("mariadb+pymysql://h/db", "pymysql"),
        ("trino://h/c", "trino[sqlalchemy]"),
        ("iceberg+sqlite:///c.db?warehouse=s3://b/w", "pyiceberg[sql-sqlite,pyarrow]"),
        ("iceberg+postgresql://h/db?warehouse=s3://b/w", "psycopg[binary]"),
        ("iceberg://lake", "pyiceberg[sql-sqlite,pyarrow]"),
        ("gs://b/x.csv", "gcsfs"),
        ("az://b/x.csv", "adlfs"),
        ("https://h/x.csv", "aiohttp"),
        ("s3://b/x.csv", "s3fs"),
    ],
)
def test_data_brings_its_driver(uri: str, package: str) -> None:
    table = None if uri.endswith(".csv") else "t"
    task = TaskConfig(id="check", input_uri=uri, table=table, rules=GOOD, engine_name="dq_core")
    wanted = yaml.safe_load(FlowConfig(id="f", tasks=(task,)).to_yaml())["tasks"][0]["dependencies"]
    assert [one.partition("==")[0] for one in wanted][-1] == package


# Secrets, also inside of longer texts.

SECRET = "hunter2-Zq9"


@pytest.mark.parametrize(
    "uri", [f"https://b.s3.amazonaws.com/u.csv?X-Amz-Signature={SECRET}", f"https://h/u.csv?sig={SECRET}"]
)
def test_signed_addresses_are_refused_and_not_shown(uri: str) -> None:
    config = dataclasses.replace(TaskConfig(id="s", task_type=TaskType.PYTHON_SCRIPT), script=f"x = '{uri}'")
    database = {"input_uri": "sqlite:///x", "rules": GOOD}
    for make in (
        lambda: generate_check_flow("a", "t", input_uri=uri, rules=GOOD),
        lambda: FlowConfig(id="f", tasks=(config,)).to_yaml(),
        lambda: FlowConfig(id="f", tasks=(TaskConfig(id="c", query=f"SELECT '{uri}'", **database),)).to_yaml(),
        lambda: FlowConfig(id="f", tasks=(TaskConfig(id="c", table="t", env=[uri], **database),)).to_yaml(),  # type: ignore[arg-type]
        lambda: generate_check_flow("a", "t", input_uri="x.csv", rules=GOOD, labels={"a": uri}),
        lambda: generate_check_flow("a", "t", input_uri="x.csv", rules=GOOD, description=f"reads {uri} daily"),
    ):
        with pytest.raises(FlowError) as caught:
            make()
        assert SECRET not in str(caught.value)
