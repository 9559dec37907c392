"""Nothing that a user passes breaks out of its YAML string, its Python literal or becomes an expression of Kestra's."""

from __future__ import annotations

import ast
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dq_core.checks.rule_file import load_rules
from truthound_kestra.flows import FlowConfig, FlowGenerator, TaskConfig
from truthound_kestra.flows.program import literal
from truthound_kestra.flows.values import env_value
from truthound_kestra.flows.yaml import rules_yaml

NASTY = (
    '"', "'", "'''", '"""', "\\", "\\n", "line\nbreak", "a: b", "# comment", "- item", "{{ secret('X') }}", "{% raw %}",
    "{# x #}",
    "{{{", "}}", "!!python/object/apply:os.system ['id']", "&anchor", "*alias", "|", ">", "%TAG", "@at", "`tick`",
    "\t", " lead", "trail ", "~", "null", "yes", "1e3", "0x1f", "2024-01-01", "é\u2028\x85\ufeff", "${HOME}", "$(id)",
    "---", "...",
    "? key", "\r\n", "\x07", "🙂",
)  # fmt: skip


def flow(rules: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    task = TaskConfig(id="check", input_uri="x.csv", rules=rules, **changes)
    config = FlowConfig(id="flow", tasks=(task,), description=changes.get("description", ""))
    document: dict[str, Any] = yaml.safe_load(FlowGenerator().generate(config))
    return document


@pytest.mark.parametrize("text", NASTY)
def test_rules_read_back_as_they_were_and_hold_no_expression(text: str) -> None:
    rules = [{"type": "in_set", "column": text, "values": [text, f"a{text}b"], "description": text}]
    written = flow(rules)["tasks"][0]["inputFiles"]["rules.yaml"]
    assert yaml.safe_load(written) == rules
    assert not any(mark in written for mark in ("{{", "{%", "{#"))


@pytest.mark.parametrize("text", NASTY)
def test_options_of_a_script_stay_literals(text: str) -> None:
    block = flow([{"type": "not_null", "column": "id"}], extra_args={"tags": [text], "metadata": {text: text}})[
        "tasks"
    ][0]
    script = block["script"]
    assert not any(mark in script for mark in ("{{", "{%", "{#"))
    (call,) = [node.value for node in ast.walk(ast.parse(script)) if isinstance(node, ast.Assign)]
    assert isinstance(call, ast.Call)
    arguments = {keyword.arg: keyword.value for keyword in call.keywords}
    assert ast.literal_eval(arguments["tags"]) == [text]
    metadata = arguments["metadata"]
    pairs = (
        ast.literal_eval(metadata.args[0])
        if isinstance(metadata, ast.Call)
        else list(ast.literal_eval(metadata).items())
    )
    assert dict(pairs) == {text: text}


@pytest.mark.parametrize("text", NASTY)
def test_texts_for_people_and_the_environment_read_back(text: str) -> None:
    env = {"X": text} if text not in ("{{{", "{% raw %}") else {}
    document = flow([{"type": "not_null", "column": "id"}], description=text, env=env)
    assert document.get("description", "") == text
    block = document["tasks"][0]
    assert block.get("description", "") == text
    assert {name: block["env"][name] for name in env} == {name: env_value(value) for name, value in env.items()}
    assert all(text in block["env"][name] for name in env)


texts = st.text() | st.sampled_from(NASTY) | st.lists(st.sampled_from(NASTY), max_size=3).map("".join)
plain_values = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts | st.dates()


@settings(deadline=None)
@given(st.lists(st.dictionaries(texts, plain_values | st.lists(plain_values, max_size=3), min_size=1), min_size=1))
def test_any_rules_survive_yaml_and_kestra(rules: list[dict[str, Any]]) -> None:
    written = rules_yaml(rules)
    assert yaml.safe_load(written) == rules
    assert load_rules(written).rules == rules
    assert not any(mark in written for mark in ("{{", "{%", "{#"))


@pytest.mark.parametrize("text", ["1e3", "-.5", "0o17", "08", "+1.", "1_000", "12:30", "2024-01-01"])
def test_strings_that_look_like_numbers_stay_strings(text: str) -> None:
    rules = [{"type": "in_set", "column": text, "values": [text]}]
    assert load_rules(rules_yaml(rules)).rules == rules


nested = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner) | st.dictionaries(texts, inner, max_size=3),
)


@given(nested)
def test_any_literal_is_pythons_and_not_kestras(value: Any) -> None:
    text = literal(value)
    assert not any(mark in text for mark in ("{{", "{%", "{#"))
    assert eval(text, {"__builtins__": {"dict": dict, "float": float}}) == value
