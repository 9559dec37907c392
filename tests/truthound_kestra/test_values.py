"""Values travel to a task in a file: no name becomes an environment variable, no value is rendered twice.

What Kestra does with the file, `engine_tests/test_values.py` tries on Kestra's engine.
"""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from truthound_kestra.flows import FlowConfig, FlowGenerator, InputConfig, TaskConfig, TaskType, TriggerConfig
from truthound_kestra.flows.values import values_file
from truthound_kestra.kestra.values import VALUES_ENV, VALUES_FILE
from truthound_kestra.utils import data_source, get_kestra_variable
from truthound_kestra.utils.exceptions import ScriptError

if TYPE_CHECKING:
    from pathlib import Path

RULES = ({"type": "not_null", "column": "id"},)
SCRIPT = TaskConfig(id="script", task_type=TaskType.PYTHON_SCRIPT, script="print(1)")
CHECK = TaskConfig(id="check", input_uri="x.csv", rules=RULES)
FAILS = "('x has no value in this execution; what is made of it' | number)"
CONTEXT = ("NAMESPACE", "FLOW_ID", "EXECUTION_ID", "TASK_ID", "TASKRUN_ID", "ATTEMPT", "VALUES")


def blocks(flow: FlowConfig) -> list[dict[str, Any]]:
    document = yaml.safe_load(FlowGenerator().generate(flow))
    return [task for key in ("tasks", "errors", "finally") for task in document.get(key, [])]


@pytest.mark.parametrize(
    "name", ["path", "home", "pythonpath", "kestra_execution_id", "kestra_values", "data_uri", "ld-preload", "a.b"]
)
def test_no_name_of_the_flow_becomes_an_environment_variable(name: str) -> None:
    given = f"{{{{ inputs['{name}'] }}}}"
    others = {place: dataclasses.replace(SCRIPT, id=place) for place in ("failed", "end")}
    flow = FlowConfig(
        id="flow",
        inputs=(InputConfig(name=name),),
        variables={f"{name}_": 1},
        tasks=(
            SCRIPT,
            dataclasses.replace(CHECK, input_uri=given),
            TaskConfig(id="table", input_uri="sqlite:///x", table=given, rules=RULES),
            TaskConfig(id="query", input_uri="sqlite:///x", query=f"SELECT {given}", rules=RULES),
        ),
        errors=(others["failed"],),
        finally_tasks=(others["end"],),
    )
    found = blocks(flow)
    assert [block["id"] for block in found] == ["script", "check", "table", "query", "failed", "end"]
    for block in found:
        kept = ["KESTRA_OUTPUT_FILES"] if "outputFiles" in block else []
        assert sorted(block["env"]) == sorted([*(f"KESTRA_{part}" for part in CONTEXT), *kept])
        assert "inputs" not in str(block["env"])


def test_what_comes_from_outside_is_rendered_once_in_env_too() -> None:
    once = [
        "<{{ inputs.x }}>",
        "{{ secret('PW') }}",
        "{{ read(vars.f) }}",
        "{{ render(vars.v) }}",
        "{{ http(uri=vars.u) }}",
        "{{ vars.v }}{{ namespace.v }}",
        "{% for x in labels %}{{ x }}{% endfor %}",
        "{{ vars.v ?? envs.v }}",
    ]
    own = ["{{ vars.v }}", "{{vars['v'].x}}-{{- flow.id -}}", "e", "{# inputs.x #}"]
    env = {f"V{number}": value for number, value in enumerate([*once, *own])}
    variables = {"v": 1, "f": "x", "u": "x"}
    for extra in (False, True):
        given = {"extra": {"env": env}} if extra else {"env": env}
        task = dataclasses.replace(SCRIPT, **given)
        flow = FlowConfig(id="flow", inputs=(InputConfig(name="x"),), variables=variables, tasks=(task,))
        written = [blocks(flow)[0]["env"][name] for name in env]
        assert written[: len(once)] == [
            f"""{{% filter replace({{"{{": "{{{{ '{{' }}}}"}}) %}}{value}{{% endfilter %}}""" for value in once
        ]
        assert written[len(once) :] == own


@pytest.mark.parametrize("name", ["KESTRA_EXECUTION_ID", "KESTRA_VALUES", "KESTRA_ATTEMPT"])
def test_what_the_flow_sets_cannot_be_set(name: str) -> None:
    (found,) = FlowConfig(id="flow", tasks=(dataclasses.replace(SCRIPT, env={name: "x"}),)).problems()
    assert found == f"Task 'script': the environment variable {name!r} is set by the flow itself."


def test_an_input_and_a_variable_of_one_name() -> None:
    flow = FlowConfig(id="flow", inputs=(InputConfig(name="limit"),), variables={"limit": 5}, tasks=(SCRIPT,))
    (found,) = flow.problems()
    assert found == "'limit' is an input and a variable: a script could not tell which of the two it asks for."
    assert dataclasses.replace(flow, tasks=(CHECK,)).problems() == ()


def passed(folder: Path, **parts: Any) -> dict[str, str]:
    """The environment of a task with a file of these values."""
    (folder / VALUES_FILE).write_text(json.dumps(parts), encoding="utf-8")
    return {VALUES_ENV: VALUES_FILE, "PATH": "/bin", "ROWS": "7"}


def test_an_input_with_dots_in_its_name(tmp_path: Path) -> None:
    """Kestra has it inside of mappings."""
    env = passed(tmp_path, inputs={"a": {"b": "AB", "c": {"d": 1}}, "x": "X"})
    for name, value in {"a.b": "AB", "inputs.a.b": "AB", "a.c.d": "1", "inputs.x": "X"}.items():
        assert get_kestra_variable(name, "default", env=env) == value
    assert get_kestra_variable("a.x", "default", env=env) == "default"
    inputs = (InputConfig(name="a.b", type="FILE"), InputConfig(name="a.c.d"))
    task = dataclasses.replace(
        CHECK, input_uri="{{ inputs.a.b }}", input_format="csv", conditions=("{{ inputs.a.c.d }}",)
    )
    (block,) = blocks(FlowConfig(id="flow", inputs=inputs, tasks=(task,)))
    assert block["inputFiles"]["data.csv"] == "{{ inputs.a.b }}"
    wrong = dataclasses.replace(SCRIPT, env={"X": "{{ inputs.a.x }}"})
    (problem,) = FlowConfig(id="flow", inputs=inputs, tasks=(wrong,)).problems()
    assert "refers to inputs.a" in problem


def test_each_input_has_its_own_value(tmp_path: Path) -> None:
    inputs = {"data-uri": "a {{ 1+1 }} b", "data_uri": "other", "path": "p", "none": None, "empty": ""}
    inputs |= {"list": [1, {"a": "x"}]}
    env = passed(
        tmp_path, inputs=inputs, vars={"limit": 5}, trigger={"body": {"uri": "u", "n": [1, True], "a[0]": "k"}}
    )
    assert get_kestra_variable("trigger.body.a[0]", env=env) == "k"
    for name in ("data-uri", "data_uri", "path", "inputs.data-uri"):
        assert get_kestra_variable(name, env=env) == inputs[name.removeprefix("inputs.")]
    assert get_kestra_variable("limit", env=env) == "5"
    assert get_kestra_variable("trigger.body.uri", env=env) == "u"
    assert get_kestra_variable("trigger.body.n", env=env) == "[1, true]"
    assert get_kestra_variable("empty", env=env) == ""
    assert get_kestra_variable("empty", default="d", env=env) == "d"
    assert [get_kestra_variable(f"trigger.body.n{one}", env=env) for one in (".0", "[0]", ".1")] == ["1", "1", "true"]
    assert get_kestra_variable("list.1.a", env=env) == get_kestra_variable("inputs.list[1].a", env=env) == "x"
    for missing in ("none", "home", "trigger.body.x", "ROWS", "trigger.body.n.2", "trigger.body.n.-1", "list.0.a"):
        assert get_kestra_variable(missing, default=None, env=env) is None
        with pytest.raises(ScriptError, match="does not pass the variable"):
            get_kestra_variable(missing, env=env)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        (True, "true"),
        (1.10, "1.1"),
        ({"a": [1.5, "é"]}, '{"a": [1.5, "é"]}'),
        ("3", "3"),
        (10**30, "1" + "0" * 30),
    ],
)
def test_values_are_texts_as_kestra_prints_them(tmp_path: Path, value: Any, text: str) -> None:
    assert get_kestra_variable("x", env=passed(tmp_path, inputs={"x": value})) == text


def test_digits_of_a_number_stay(tmp_path: Path) -> None:
    env = passed(tmp_path)
    (tmp_path / VALUES_FILE).write_text('{"inputs": {"x": 1.50}}', encoding="utf-8")
    assert get_kestra_variable("x", env=env) == "1.50"


def test_names_that_differ_in_letters_only(tmp_path: Path) -> None:
    """A script may write a name as an environment variable would be written, unless that means several."""
    env = passed(tmp_path, inputs={"data-uri": "x"}, vars={})
    assert get_kestra_variable("data_uri", env=env) == get_kestra_variable("DATA_URI", env=env) == "x"
    env = passed(tmp_path, inputs={"limit": 1, "a-b": 1, "a.b": 2}, vars={"limit": 2})
    for name in ("limit", "a_b"):
        with pytest.raises(ScriptError, match="means several values"):
            get_kestra_variable(name, env=env)
    assert get_kestra_variable("vars.limit", env=env) == "2"


def test_variables_of_the_environment_are_those_that_the_task_sets(tmp_path: Path) -> None:
    env = passed(tmp_path, inputs={"x": "1"}, env=["ROWS"])
    assert get_kestra_variable("rows", env=env) == "7"
    assert get_kestra_variable("path", default="none", env=env) == "none"


def test_a_script_may_leave_its_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    env = passed(tmp_path, inputs={"x": "1"})
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setattr("sys.argv", [str(tmp_path / "script.py")])
    assert get_kestra_variable("x", env=env) == "1"


@pytest.mark.parametrize("text", [None, "", "[1]", "{"])
def test_a_file_that_is_missing_or_is_something_else(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / VALUES_FILE).write_text(text, encoding="utf-8")
    for ask in (lambda env: get_kestra_variable("x", env=env), data_source):
        with pytest.raises(ScriptError, match=VALUES_FILE):
            ask({VALUES_ENV: VALUES_FILE})


def test_the_data_of_a_task(tmp_path: Path) -> None:
    env = passed(tmp_path, task={"data_uri": "a {{ 1+1 }} b", "table": "t"})
    assert data_source(env) == {"data_uri": "a {{ 1+1 }} b", "table": "t"}
    with pytest.raises(ScriptError, match="does not pass its data"):
        data_source({})


def test_the_address_of_a_file_is_not_its_content(tmp_path: Path) -> None:
    """What Kestra cannot hand in, it writes down: the text of the address would be read as a header."""
    uri = "s3://bucket/users.csv?X-Amz-Signature=S3CR3T"
    env = passed(tmp_path, task={"data_uri": "data.csv", "file": uri})
    (tmp_path / "data.csv").write_text(uri, encoding="utf-8")
    with pytest.raises(ScriptError, match="is not a file of Kestra's storage") as caught:
        data_source(env)
    assert "S3CR3T" not in str(caught.value)
    (tmp_path / "data.csv").write_text("id\n1\n", encoding="utf-8")
    assert data_source(env) == {"data_uri": "data.csv"}


def test_a_webhook_s_values_reach_a_script() -> None:
    flow = FlowConfig(id="flow", tasks=(SCRIPT,), triggers=(TriggerConfig(id="t", type="webhook", key="k"),))  # type: ignore[arg-type]
    assert '"trigger": {{ (trigger ?? null) | toJson }}' in blocks(flow)[0]["inputFiles"][VALUES_FILE]


def test_a_text_without_expressions_is_json_already() -> None:
    flow = FlowConfig(id="flow", tasks=(dataclasses.replace(CHECK, input_uri='a "b" \\ é.csv'),))
    written = blocks(flow)[0]["inputFiles"][VALUES_FILE]
    assert json.loads(written) == {"task": {"data_uri": 'a "b" \\ é.csv'}}


@pytest.mark.parametrize(
    ("template", "written"),
    [
        ("{{ inputs.x }}", "{{ (inputs.x) ?? '<<no value: inputs.x>>' }}"),
        ("a{{- inputs['x'] -}}b", """a{{- (inputs['x']) ?? '<<no value: inputs["x"]>>' -}}b"""),
        ("{{ inputs.x ?? '}' }}", "{{ inputs.x ?? '}' }}"),
        ("{% if a %}{{ max(1, 0) }}{% endif %}", "{% if a %}{{ (max(1, 0)) ?? '<<no value: max(1, 0)>>' }}{% endif %}"),
        ("{{ '}}' }}", "{{ '}}' }}"),
        ("{{ 'a' ~ inputs.x }}", "{{ 'a' ~ ((inputs.x) ?? '<<no value: inputs.x>>') }}"),
        ("{{ 'a~b'~inputs['x']~\"c\" }}", """{{ 'a~b'~((inputs['x']) ?? '<<no value: inputs["x"]>>')~"c" }}"""),
        ("{{ '}}' ~ x }}", "{{ '}}' ~ ((x) ?? '<<no value: x>>') }}"),
        ("{{ ('a' ~ x) ?? y ~ \"b\" }}", "{{ ('a' ~ ((x) ?? '<<no value: x>>')) ?? y ~ \"b\" }}"),
        ("{{ a ? x ~ 'b' : 'c' }}", "{{ a ? ((x) ?? '<<no value: x>>') ~ 'b' : 'c' }}"),
        ('{{ "a#{x}b" }}', "{{ \"a#{((x) ?? '<<no value: x>>')}b\" }}"),
        ("{{ x | upper ~ 'a' }}", "{{ ((x | upper) ?? '<<no value: x | upper>>') ~ 'a' }}"),
        ("{{ 'a' ~ x | upper }}", f"{{{{ ('a' ~ ((x) ?? {FAILS}) | upper) ?? '<<no value: \"a\" ~ x | upper>>' }}}}"),
        ("{{ [{'k': f(n='b' ~ x)}] }}", f"{{{{ [{{'k': f(n='b' ~ ((x) ?? {FAILS}))}}] }}}}"),
        ("{% if a == 'b' ~ x %}c{% endif %}", f"{{% if a == 'b' ~ ((x) ?? {FAILS}) %}}c{{% endif %}}"),
        ("{% set a = 'b' ~ x %}{# {{ #}", f"{{% set a = 'b' ~ ((x) ?? {FAILS}) %}}{{# {{{{ #}}"),
        ("{{ 'a' ~ }}{{ ( }}", "{{ 'a' ~ }}{{ ( }}"),
        ("{% raw %}{{ inputs.x }}{% endraw %}", "{% raw %}{{ inputs.x }}{% endraw %}"),
    ],
)  # fmt: skip
def test_an_expression_of_the_data_says_where_it_has_no_value(template: str, written: str) -> None:
    """Kestra prints an empty string for an input that is not given: a query of ``c = ''`` finds no rows."""
    file = values_file(inputs=False, variables=False, trigger=False, env=(), data={"table": template})
    assert f'"table": {{% filter toJson %}}{written}{{% endfilter %}}' in file


@pytest.mark.parametrize(("field", "name"), [("query", "query"), ("file", "input_uri"), ("copy_table", "copy_table")])
def test_data_of_an_expression_without_a_value_is_refused(tmp_path: Path, field: str, name: str) -> None:
    env = passed(tmp_path, task={"data_uri": "sqlite:///x", field: "c = '<<no value: inputs[\"c\"]>>'"})
    with pytest.raises(ScriptError, match=rf'^{name} contains {{{{ inputs\["c"\] }}}}, which has no value'):
        data_source(env)
