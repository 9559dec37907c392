"""Importing the package costs next to nothing; what costs is imported where it is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

import moltres

HEAVY = ("pandas", "polars", "pyarrow", "duckdb", "numpy", "psycopg", "fsspec")


def loaded_after(code: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after running some code."""
    script = f"{code}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "code",
    ["import moltres", "from moltres import col, connect, func, lit, when", "from moltres.errors import MoltresError"],
)
def test_nothing_heavy(code: str) -> None:
    assert loaded_after(code).isdisjoint(HEAVY)


def test_the_package_alone_loads_nothing_of_sqlalchemy_either() -> None:
    assert "sqlalchemy" not in loaded_after("import moltres")


def test_reading_a_sqlite_database_loads_nothing_heavy() -> None:
    code = "from moltres import connect\nwith connect('sqlite://') as db: db.sql('SELECT 1 AS a').collect()"
    assert loaded_after(code).isdisjoint(HEAVY)


def test_the_dialect_of_one_database_changes_no_function_of_others() -> None:
    code = """
from moltres import col, connect, func
connect("trino://nobody@127.0.0.1:1/memory/default")
with connect("sqlite://") as db:
    db.write([{"n": 1}, {"n": 2}]).save_as_table("t")
    for name in ("lag", "lead", "first_value", "last_value"):
        db.table("t").select(found=getattr(func, name)(col("n")).over(order_by=col("n"))).collect()
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_public_name_is_there() -> None:
    for name in moltres.__all__:
        assert getattr(moltres, name) is not None
    assert dir(moltres) == sorted(moltres.__all__)
    with pytest.raises(AttributeError, match="nothing_like_it"):
        moltres.nothing_like_it  # noqa: B018 - the access is what is tested


def test_version() -> None:
    from importlib.metadata import version

    assert moltres.__version__ == version("moltres-core")
