"""A flow that shows a secret is refused, wherever the secret stands; an expression in its place is taken."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from support.kestra_cases import FLOW
from truthound_kestra.flows import FlowConfig, InputConfig, OutputConfig, TaskConfig, TriggerConfig, TriggerType

RULES = ({"type": "not_null", "column": "id"},)
PASSWORD = "hunter2-Zq9"
EXPRESSION = "{{ secret('PW') }}"

URIS = [
    "postgresql+psycopg://me:{}@host/db",
    "postgres://me:{}@host/db",
    "postgresql+psycopg://me@host/db?password={}",
    "postgresql+psycopg://me@host/db?sslpassword={}",
    "mysql://me:{}@host/db",
    "https://me:{}@host/users.csv",
    "https://host/users.csv?X-Amz-Signature={}",
    "https://host/users.csv?sig={}&sv=2024",
    "https://host/users.csv?api_key={}",
    "s3://key:{}@bucket/users.parquet",
    "https://hooks.slack.com/services/T0/B0/{}",
    "https://discord.com/api/webhooks/123/{}",
]


def of_task(**changes: Any) -> FlowConfig:
    task = TaskConfig(id="check", **{"input_uri": "users.parquet", "rules": RULES, **changes})
    return FlowConfig(id="flow", tasks=(task,))


def places(uri: str) -> dict[str, FlowConfig]:
    """The URI in every part of a flow that Kestra shows as it is written."""
    table = None if uri.startswith(("http", "s3")) else "users"
    poll = TriggerConfig(id="poll", type=TriggerType.POLLING, uri=uri.replace("s3://", "https://"))
    plugin = {"id": "call", "type": "io.kestra.plugin.core.http.Request", "uri": uri}
    return {
        "input_uri": of_task(input_uri=uri, table=table),
        "env": of_task(env={"SOURCE": uri}),
        "baseline_uri": of_task(rules=(), extra_args={"auto_schema": True, "baseline_uri": uri}),
        "metadata": of_task(extra_args={"metadata": {"from": {"uri": uri}}}),
        "variables": dataclasses.replace(FLOW, variables={"source": uri}),
        "default": dataclasses.replace(FLOW, inputs=(InputConfig(name="source", default=uri),)),
        "plugin": dataclasses.replace(FLOW, errors=(plugin,)),
        **({"trigger": dataclasses.replace(FLOW, triggers=(poll,))} if uri.startswith("http") else {}),
    }


@pytest.mark.parametrize("uri", URIS)
def test_a_secret_in_a_url_is_refused_in_every_place(uri: str) -> None:
    for place, flow in places(uri.format(PASSWORD)).items():
        found = flow.problems()
        assert any("contains a secret" in problem for problem in found), (place, found)
        assert not any(PASSWORD in problem for problem in found), place


@pytest.mark.parametrize("uri", URIS)
def test_an_expression_in_its_place_is_taken(uri: str) -> None:
    for place, flow in places(uri.format(EXPRESSION)).items():
        assert not [problem for problem in flow.problems() if "secret" in problem.partition("{{")[0]], place


@pytest.mark.parametrize(
    "name", ["DB_PASSWORD", "API_KEY", "GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "SSLKEY", "PGPASSWORD"]
)
def test_a_name_that_says_secret(name: str) -> None:
    for flow in (
        of_task(env={name: "x"}),
        dataclasses.replace(FLOW, variables={name: "x"}),
        dataclasses.replace(FLOW, inputs=(InputConfig(name=name, default="x"),)),
    ):
        (found,) = flow.problems()
        assert f"{name!r} contains a secret" in found
    assert of_task(env={name: f"{{{{ secret('{name}') }}}}"}).problems() == ()


def call(**properties: Any) -> FlowConfig:
    plugin = {"id": "call", "type": "io.kestra.plugin.core.http.Request", **properties}
    return dataclasses.replace(FLOW, errors=(plugin,))


NESTED = {
    "env": lambda pw: of_task(extra={"env": {"DB_PASSWORD": pw}}),
    "script": lambda pw: of_task(extra={"script": f"password = '{pw}'"}),
    "commands": lambda pw: of_task(extra={"beforeCommands": [f"export API_KEY={pw}"]}),
    "curl": lambda pw: of_task(extra={"beforeCommands": [f"curl -fsu me:{pw} https://h/x -o x"]}),
    "arguments": lambda pw: call(commands=["curl", "-u", f"me:{pw}", "https://h/x"]),
    "header": lambda pw: call(commands=[f"curl -H 'Authorization: Bearer {pw}' https://h/x"]),
    "mysqldump": lambda pw: call(script=f"mysqldump -u me -p{pw} shop > shop.sql"),
    "inputFiles": lambda pw: of_task(extra={"inputFiles": {"db.json": f'{{"password": "{pw}"}}'}}),
    "taskRunner": lambda pw: of_task(extra={"taskRunner": {"credentials": {"username": "u", "password": pw}}}),
    "lists": lambda pw: of_task(extra={"parts": [[{"apiKey": pw}]]}),
    "pluginDefaults": lambda pw: dataclasses.replace(FLOW, extra={"pluginDefaults": [{"values": {"password": pw}}]}),
    "plugin": lambda pw: call(options={"auth": {"password": pw}}),
    "headers": lambda pw: call(headers={"Authorization": f"Bearer {pw}"}),
    "within": lambda pw: call(tasks=[{"id": "in", "type": "x.y", "secretKeyId": pw}]),
    "trigger": lambda pw: dataclasses.replace(FLOW, triggers=({"id": "t", "type": "x.y", "sessionToken": pw},)),
    "of trigger": lambda pw: dataclasses.replace(
        FLOW, triggers=(TriggerConfig(id="t", cron="@daily", extra={"stopAfter": [{"password": pw}]}),)
    ),
    "default": lambda pw: dataclasses.replace(FLOW, inputs=(InputConfig(name="password", extra={"defaults": pw}),)),
    "variables": lambda pw: dataclasses.replace(FLOW, variables={"databases": [{"password": pw}]}),
    "labels": lambda pw: dataclasses.replace(FLOW, labels={"api-token": pw}),
    "metadata": lambda pw: of_task(extra_args={"metadata": {"of": [{"password": pw}]}}),
    "YAML": lambda pw: of_task(env={"CONF": f"user: me\npassword: {pw}\n"}),
    "output": lambda pw: dataclasses.replace(FLOW, outputs=(OutputConfig(name="password", value=pw),)),
}


@pytest.mark.parametrize("place", NESTED)
def test_a_secret_is_known_by_its_name_wherever_it_stands(place: str) -> None:
    found = NESTED[place](PASSWORD).problems()
    assert any("contains a secret" in problem for problem in found), found
    assert not any(PASSWORD in problem for problem in found)
    assert not [problem for problem in NESTED[place](EXPRESSION).problems() if "contains a secret" in problem]


@pytest.mark.parametrize(
    "properties",
    [
        {"key": "folder/file.csv", "sortKey": "id", "keys": ["id"], "tokenUrl": "https://h/token", "secretName": "db"},
        {"commands": ["mysql --password=$PW", 'export PASSWORD="$(cat pw)"', "login --token ${TOKEN}"]},
        {"commands": ["curl -u me:$PW https://h", 'mysql -p"${PW}" db', "mkdir -p a1/b2", "docker run -p 8080:80 x"]},
        {"script": "token = os.environ['TOKEN']\nlogin(password=password, token=self.token)"},
    ],
)
def test_what_only_looks_like_a_secret_is_taken(properties: dict[str, Any]) -> None:
    assert call(**properties).problems() == ()


def test_a_secret_input_has_no_default_that_can_be_read() -> None:
    inputs = (InputConfig(name="pw", type="SECRET", default="x"),)
    (found,) = dataclasses.replace(FLOW, inputs=inputs).problems()
    assert "of type SECRET" in found


@pytest.mark.parametrize("env", [{"TEAM": "data"}, {"TOKENS_FILE": ""}, {"URL": "https://host/a.csv?page=2"}])
def test_what_is_no_secret_is_taken(env: dict[str, str]) -> None:
    assert of_task(env=env).problems() == ()


@pytest.mark.parametrize(
    ("program", "refused"),
    [
        ('password = get_kestra_variable("password")', False),
        ('import os\ntoken = os.environ["TOKEN"]', False),
        ('password = "hunter2-Zq9"', True),
        ('url = "postgresql://me:hunter2-Zq9@host/db"', True),
        ('login(password=password)\nurl = f"host=h password={password}"', False),
        ('config = {"password": "hunter2-Zq9"}', True),
        ('os.environ["API_KEY"] = "hunter2-Zq9"', True),
        ('def login(password: str = "hunter2-Zq9"): ...', True),
        ('password = open("p").read()\ntoken = "hunter2-Zq9"', True),
    ],
)
def test_a_program_may_get_a_secret_and_not_contain_it(program: str, refused: bool) -> None:
    task = dataclasses.replace(FLOW.tasks[0], task_type="python_script", script=program, rules=(), input_uri=None)
    flow = dataclasses.replace(FLOW, tasks=(task,), inputs=(InputConfig(name="password", type="SECRET"),))
    assert any("contains a secret" in problem for problem in flow.problems()) is refused


@pytest.mark.parametrize(
    "part", ["x", "\n", " ", "a1", "a.", "a-", "a: ", "a://", "{", "{{", "{%", "f00d", "'", "\\", "é", "Bearer ", "'\\"]
)
def test_long_strings_are_searched_in_one_pass(part: str) -> None:
    """By the square of the length it would take minutes."""
    long = part * (100_000 // len(part))
    script = {"task_type": "python_script", "script": f"print(1)  # {long}", "rules": (), "input_uri": None}
    task = dataclasses.replace(FLOW.tasks[0], **(script if "\n" not in part else {}))
    flow = dataclasses.replace(FLOW, description=long, variables={"x": long}, tasks=(task,))
    assert all("unclosed" in problem or "secret" in problem for problem in flow.problems())
