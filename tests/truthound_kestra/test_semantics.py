"""Databases that dq_core has no conformance suite for: strings are compared there only if the config says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from truthound_kestra.flows import generate_check_flow, generate_learn_flow, generate_profile_flow
from truthound_kestra.scripts import (
    CheckScriptConfig,
    LearnScriptConfig,
    ProfileScriptConfig,
    check_quality_script,
    forget_schema,
    learn_schema_script,
    profile_data_script,
)
from truthound_kestra.utils.exceptions import ConfigurationError, EngineError, FlowError, RuleError

RULE = {"type": "in_set", "column": "code", "values": ["AB1"]}
URL = "postgresql://h/db"


class Odd(SQLiteDialect_pysqlite):
    """A database that nobody knows."""

    name = "odd"
    supports_statement_cache = True


@pytest.fixture
def odd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setitem(registry.impls, "odd", lambda: Odd)
    url = f"odd:///{tmp_path / 'odd.db'}"
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id INTEGER, code TEXT)")
        rows = [(number, "AB1" if number % 2 else "ab1") for number in range(60)]
        connection.execute(sa.text("INSERT INTO t VALUES (:id, :code)"), [{"id": a, "code": b} for a, b in rows])
    engine.dispose()
    return url


def test_scripts_take_the_meaning_of_the_database_if_asked(odd: str) -> None:
    own: dict[str, Any] = {"engine_name": "dq_core", "semantics": "database"}
    with pytest.raises(RuleError, match='semantics="database"'):
        check_quality_script(odd, table="t", rules=[RULE], config=CheckScriptConfig(engine_name="dq_core"))
    checked = check_quality_script(odd, table="t", rules=[RULE], config=CheckScriptConfig(fail_on_error=False, **own))
    assert (checked.report.semantics, checked.failed_count) == ("database", 1)
    with pytest.raises(RuleError, match='semantics="database"'):
        profile_data_script(odd, table="t", config=ProfileScriptConfig(engine_name="dq_core"))
    assert profile_data_script(odd, table="t", config=ProfileScriptConfig(**own)).row_count == 60
    assert learn_schema_script(odd, table="t", config=LearnScriptConfig(**own)).row_count == 60
    automatic = check_quality_script(odd, table="t", config=CheckScriptConfig(auto_schema=True, **own))
    assert automatic.learned_count > 0
    forget_schema(odd, table="t")


def test_what_an_engine_has_no_use_for_is_refused(odd: str) -> None:
    with pytest.raises(EngineError, match="truthound does not profile with semantics"):
        profile_data_script(odd, table="t", config=ProfileScriptConfig(semantics="database"))
    with pytest.raises(ConfigurationError, match="semantics must be one of 'portable', 'database'"):
        CheckScriptConfig(semantics="databse")


def test_flows_pass_it_on() -> None:
    options: dict[str, Any] = {"input_uri": URL, "table": "t", "engine_name": "dq_core", "semantics": "database"}
    for flow in (
        generate_check_flow("a", "t", rules=[RULE], **options),
        generate_profile_flow("a", "t", **options),
        generate_learn_flow("a", "t", **options),
    ):
        assert 'semantics="database"' in flow
    with pytest.raises(FlowError, match="semantics must be one of 'portable', 'database'"):
        generate_check_flow("a", "t", rules=[RULE], **options | {"semantics": "x"})
    with pytest.raises(FlowError, match="truthound does not profile with semantics"):
        generate_profile_flow("a", "t", **options | {"engine_name": "truthound"})
