"""Webhooks are called and SECRET inputs encrypted by Kestra's own code; no secret stands in what is kept."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from typing import TYPE_CHECKING

import pytest

from support.kestra_engine import SECRETS, Engine
from truthound_kestra.flows import FlowConfig, FlowGenerator, InputConfig, TaskConfig, TriggerConfig, TriggerType

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Names = Callable[[str], str]

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]  # the first one starts the server, and may build it

GENERATOR = FlowGenerator(task_runner="process", dependencies=())
NASTY = 'a {{ 1+1 }} {% if true %}b{% endif %} {{ secret("PASSWORD") }} "q" \\ é'
KEY = SECRETS["WEBHOOK_KEY"]
ASKS = """
from truthound_kestra.outputs import send_outputs
from truthound_kestra.utils import get_kestra_variable

names = ["word", "trigger.body.word", "trigger.body.list", "trigger.headers.X-Sent", "trigger.parameters.page"]
send_outputs({"values": [get_kestra_variable(name, default=None) for name in names]})
"""


def test_a_webhook_passes_what_was_sent(kestra: Engine, flow_id: Names) -> None:
    flow = FlowConfig(
        id=flow_id("hook"),
        namespace="tests",
        inputs=(InputConfig(name="word"),),
        tasks=(TaskConfig(id="task", task_type="python_script", script=ASKS),),  # type: ignore[arg-type]
        triggers=(
            TriggerConfig(
                id="hook",
                type=TriggerType.WEBHOOK,
                key="{{ secret('WEBHOOK_KEY') }}",
                inputs={"word": "{{ trigger.body.word }}"},
                conditions=("{{ trigger.body.word != 'no' }}",),
            ),
        ),
    )
    written = GENERATOR.generate(flow)
    sent = {"key": KEY, "headers": {"X-Sent": "x"}, "query": "page=3"}
    body = json.dumps({"word": NASTY, "list": [1, {"a": "{{ 1+1 }}"}]})
    result = kestra.run(written, webhook={**sent, "body": body})
    assert result.state == "SUCCESS", result.logs
    assert result.vars("task")["values"] == [NASTY, NASTY, '[1, {"a": "{{ 1+1 }}"}]', '["x"]', '["3"]']
    unwanted = kestra.run(written, webhook={**sent, "body": json.dumps({"word": "no"})})
    assert (unwanted.state, "409" in unwanted.document["error"]) == ("REFUSED", True)
    wrong = kestra.run(written, webhook={"key": "{{ secret('WEBHOOK_KEY') }}", "body": body})
    assert (wrong.state, wrong.document["error"]) == ("REFUSED", "no webhook has this key")


def test_a_check_of_what_a_webhook_names(kestra: Engine, flow_id: Names, users: Path) -> None:
    flow = FlowConfig(
        id=flow_id("hooked-check"),
        namespace="tests",
        tasks=(
            TaskConfig(
                id="check",
                input_uri="{{ trigger.body.uri }}",
                rules=[{"type": "not_null", "column": "id"}],
                engine_name="dq_core",
            ),
        ),
        triggers=(TriggerConfig(id="hook", type=TriggerType.WEBHOOK, key=KEY),),
    )
    result = kestra.run(GENERATOR.generate(flow), webhook={"key": KEY, "body": json.dumps({"uri": str(users)})})
    assert result.state == "SUCCESS", result.logs
    assert result.vars("check")["row_count"] == 4


def test_secret_inputs_reach_the_script_and_nothing_that_is_kept(kestra: Engine, flow_id: Names) -> None:
    program = """
import hashlib
from truthound_kestra.outputs import send_outputs
from truthound_kestra.utils import get_kestra_variable

token = get_kestra_variable("token")
password = get_kestra_variable("password")
print("token", token)
send_outputs({"hashes": [hashlib.sha256(one.encode()).hexdigest() for one in (token, password)]})
"""
    flow = FlowConfig(
        id=flow_id("secret"),
        namespace="tests",
        inputs=(
            InputConfig(name="token", type="SECRET"),
            InputConfig(name="password", type="SECRET", default="{{ secret('PASSWORD') }}"),
        ),
        tasks=(TaskConfig(id="task", task_type="python_script", script=program),),  # type: ignore[arg-type]
    )
    token = 'tok-{{ 1+1 }}-"4713"'
    result = kestra.run(GENERATOR.generate(flow), inputs={"token": token})
    assert result.state == "SUCCESS", result.logs
    expected = [hashlib.sha256(one.encode()).hexdigest() for one in (token, SECRETS["PASSWORD"])]
    assert result.vars("task")["hashes"] == expected
    kept = json.dumps(result.document)
    assert "4713" not in kept
    assert SECRETS["PASSWORD"] not in kept


def test_a_secret_that_looks_like_an_expression_arrives(kestra: Engine, flow_id: Names) -> None:
    program = """
import hashlib, os
from truthound_kestra.outputs import send_outputs
send_outputs({name: hashlib.sha256(os.environ[name].encode()).hexdigest() for name in ("GIVEN", "EXTRA")})
"""
    secret = "{{ secret('BRACES') }}"
    task = TaskConfig(
        id="task",
        task_type="python_script",  # type: ignore[arg-type]
        script=program,
        env={"GIVEN": secret},
        extra={"env": {"EXTRA": secret}},
    )
    result = kestra.run(GENERATOR.generate(FlowConfig(id=flow_id("braces"), namespace="tests", tasks=(task,))))
    assert result.state == "SUCCESS", result.logs
    expected = hashlib.sha256(SECRETS["BRACES"].encode()).hexdigest()
    assert result.vars("task") == {"GIVEN": expected, "EXTRA": expected}


def test_a_secret_opens_the_data_and_stands_in_no_result(kestra: Engine, flow_id: Names, tmp_path: Path) -> None:
    """A database whose URL holds a secret; what is said of it in results, logs and errors is masked."""
    path = tmp_path / "db.sqlite"
    with sqlite3.connect(path) as connection:
        connection.executescript("CREATE TABLE t (id INTEGER); INSERT INTO t VALUES (1), (NULL)")
    connection.close()
    flow = FlowConfig(
        id=flow_id("secret-uri"),
        namespace="tests",
        inputs=(InputConfig(name="place", type="SECRET"),),
        tasks=(
            TaskConfig(
                id="check",
                input_uri="{{ inputs.place }}?password={{ secret('PASSWORD') }}",
                table="t",
                rules=[{"type": "not_null", "column": "id"}],
                engine_name="dq_core",
            ),
        ),
    )
    result = kestra.run(GENERATOR.generate(flow), inputs={"place": f"sqlite:///{path}"})
    assert SECRETS["PASSWORD"] not in json.dumps(result.document)
