from __future__ import annotations

import subprocess
import sys

import dq_core

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


def test_everything_that_is_exported_exists() -> None:
    assert [name for name in dq_core.__all__ if not hasattr(dq_core, name)] == []
    assert sorted(dq_core.__all__) == dq_core.__all__


def test_the_package_shows_its_public_names_only() -> None:
    assert dir(dq_core) == dq_core.__all__
