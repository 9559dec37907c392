from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

import dq_core

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = ("pandas", "polars", "pyarrow", "duckdb", "rich", "yaml", "fsspec", "numpy")


def test_import_loads_no_heavy_module() -> None:
    code = f"import sys, dq_core; print(sorted({set(HEAVY)!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_checking_a_database_loads_no_duckdb() -> None:
    code = (
        "import sys, sqlalchemy as sa, dq_core; e = sa.create_engine('sqlite://'); c = e.connect();"
        "c.exec_driver_sql('create table t (x)');"
        "print(dq_core.validate(c, [{'type': 'unique', 'column': 'x'}], table='t').passed,"
        f"sorted({set(HEAVY)!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "True []"


@pytest.mark.skipif(find_spec("pandas") is None, reason="pandas is not installed")
def test_checking_files_and_rows_imports_no_pandas(tmp_path: Path) -> None:
    rules = [
        {"type": "not_null", "column": "id"}, {"type": "unique", "column": "id"},
        {"type": "in_range", "column": "amount", "min": 0.5}, {"type": "regex", "column": "code", "pattern": "^a"},
        {"type": "in_set", "column": "code", "values": ["a", "b"]}, {"type": "row_count", "min": 1},
        {"type": "not_null", "column": "id", "where": "amount > 0"}, {"type": "expression", "sql": "id + amount < 9"},
    ]  # fmt: skip
    code = f"""
import sys
import duckdb
from dq_core import compare, profile, validate
from dq_core.quarantine import quarantine
c = duckdb.connect("x.duckdb")
c.execute("CREATE TABLE t AS SELECT 1 AS id, 2.5 AS amount, 'a' AS code UNION ALL SELECT 2, -1, 'b'")
for kind in ("csv", "parquet", "json"):
    c.execute(f"COPY t TO 't.{{kind}}'")
c.close()
table = {{"table": "t"}}
for source, options in (("t.csv", {{}}), ("t.parquet", {{}}), ("t.json", {{}}), ("duckdb:///x.duckdb", table)):
    assert not validate(source, {rules!r}, **options).passed
    assert "pandas" not in sys.modules, source
profile("t.parquet")
assert "pandas" not in sys.modules, "profile"
quarantine("t.parquet", {rules!r}, to="bad.parquet")
assert "pandas" not in sys.modules, "quarantine"
rows = [{{"id": n, "code": "a", "amount": n / 4}} for n in range(60)]
assert not validate(rows, {rules!r}).passed
assert compare(rows, [*rows[1:], dict(rows[0], code="b")], ["id"]).changed == 1
assert not compare("t.parquet", rows, ["id"], columns=["code"])
assert "pandas" not in sys.modules, "rows"
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_everything_that_is_exported_exists() -> None:
    assert [name for name in dq_core.__all__ if not hasattr(dq_core, name)] == []
    assert sorted(dq_core.__all__) == dq_core.__all__


def test_the_package_shows_its_public_names_only() -> None:
    assert dir(dq_core) == dq_core.__all__
