"""What a script knows of its execution."""

from __future__ import annotations

import pytest

from truthound_kestra.utils import create_kestra_output, get_execution_context, get_kestra_variable
from truthound_kestra.utils.exceptions import OutputError, ScriptError


def test_outside_of_kestra_nothing_is_known() -> None:
    context = get_execution_context()
    assert not context.in_kestra
    assert dict(context) == dict.fromkeys(["namespace", "flow_id", "execution_id", "task_id", "taskrun_id", "attempt"])


@pytest.mark.usefixtures("in_kestra")
def test_the_environment_of_a_generated_task() -> None:
    context = get_execution_context()
    assert context.in_kestra
    assert (context["flow_id"], context["execution_id"], context.attempt) == ("users", "e1", 0)
    assert context.taskrun_id is None
    with pytest.raises(KeyError):
        context["flow"]


def test_short_names_count_only_beside_an_execution_id() -> None:
    assert get_execution_context({"NAMESPACE": "n"}).namespace is None
    assert get_execution_context({"NAMESPACE": "n", "EXECUTION_ID": "e"}).namespace == "n"


@pytest.mark.parametrize("env", [{"DATA_URI": "x"}, {"data_uri": "x"}])
def test_a_variable_by_its_name(env: dict[str, str]) -> None:
    assert get_kestra_variable("data_uri", env=env) == "x"


def test_a_variable_with_other_letters() -> None:
    assert get_kestra_variable("data.uri-1", env={"DATA_URI_1": "x"}) == "x"


def test_an_empty_or_missing_variable_has_its_default() -> None:
    assert get_kestra_variable("data_uri", default="d", env={"DATA_URI": ""}) == "d"
    assert get_kestra_variable("data_uri", default=None, env={}) is None


def test_a_missing_variable_says_how_to_hand_it_over() -> None:
    with pytest.raises(ScriptError) as caught:
        get_kestra_variable("data_uri", env={"DATA_URL": "x"})
    assert 'env: {DATA_URI: "{{ inputs.data_uri }}"}' in str(caught.value)
    assert 'Did you mean "DATA_URL"?' in str(caught.value)
    assert "x" not in caught.value.context.values()


def test_an_output() -> None:
    assert create_kestra_output("result", {"share": float("nan")}) == {"result": {"share": "NaN"}}
    with pytest.raises(OutputError):
        create_kestra_output("", 1)
