"""A copy of a core under another package works as it is: without its own name, its metadata, or the other core."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = {
    "moltres": ROOT / "packages" / "moltres-core" / "src" / "moltres",
    "dq_core": ROOT / "packages" / "dq-core" / "src" / "dq_core",
}

# The names and the metadata of the installed distributions are out of reach.
ALONE = """
import importlib.metadata, sys
OURS = {"moltres", "dq_core", "moltres_airflow", "moltres_prefect", "truthound_kestra"}
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in OURS:
            raise ModuleNotFoundError(f"{name} is not here", name=name)
sys.meta_path.insert(0, Refuse())
real = importlib.metadata.Distribution.from_name.__func__
def from_name(cls, name):
    if name.replace("-", "_") in OURS | {"moltres_core"}:
        raise importlib.metadata.PackageNotFoundError(name)
    return real(cls, name)
importlib.metadata.Distribution.from_name = classmethod(from_name)
"""

MOLTRES = """
import pickle
from acme._vendor.moltres import ETLPipeline, col, connect, drop_staged, hand_over, pick_up, __version__
from acme._vendor.moltres.errors import ColumnNotFoundError, MissingDependencyError, TableNotFoundError

for url in ("sqlite:///people.db", "duckdb:///people.duckdb"):
    with connect(url) as db:
        people = [{"id": 1, "name": "Ada"}, {"id": 2, "name": "Grace"}]
        db.write(people).save_as_table("people")
        grown = db.table("people").with_columns(id=col("id") + 1)
        result = grown.write.save_as_table("people", mode="merge", keys=["id"], run_key="monday")
        assert (result.rows_written, result.rows_updated) == (2, 1), result
        assert db.table("people").order_by("id").collect()[1] == {"id": 2, "name": "Ada"}
        grown.write.csv("people.csv")
        staged = hand_over(db.table("people"), name="people", mode="table")
        assert pick_up(db, staged.to_dict()).count() == 3
        assert drop_staged(db, staged) == 1
        people_in = lambda: db.table("people")
        pipeline = ETLPipeline(people_in, load=lambda rows: rows.count(), validate=lambda rows: rows.count() == 3)
        assert pipeline.execute().loaded == 3
        try:
            db.table("people").select("nmae")
        except ColumnNotFoundError as error:
            assert "name" in error.suggestion
with connect() as db:
    db.write([{"id": 1}]).save_as_table("t")
    db.table("t").write.parquet("t.parquet")
    assert db.read_parquet("t.parquet").collect() == [{"id": 1}]
    assert db.table("t").to_arrow().num_rows == 1
    try:
        db.table("tt")
    except TableNotFoundError as error:
        assert type(pickle.loads(pickle.dumps(error))) is TableNotFoundError
    else:
        raise AssertionError("there is no table tt")
sys.modules["pymysql"] = None
try:
    connect("mysql+pymysql://h/d")
except MissingDependencyError as error:
    assert error.suggestion == "pip install pymysql", error.suggestion
try:
    from acme._vendor.moltres.integrations import data_quality
except MissingDependencyError as error:
    assert "dq-core" in str(error)
else:
    raise AssertionError("dq_core is not there")
assert __version__ == "0+unknown"
"""

DQ_CORE = """
import json, pickle, subprocess
import sqlalchemy as sa
from acme._vendor import dq_core
from acme._vendor.dq_core import CheckFailedError, MissingDependencyError, Suite, get_engine, learn, profile, validate
from acme._vendor.dq_core.history import History
from acme._vendor.dq_core.quarantine import quarantine
rules = [{"type": "not_null", "column": "id"}, {"type": "in_range", "column": "age", "min": 0}]
rows = [{"id": 1, "age": 31}, {"id": 2, "age": -4}]
report = validate(rows, rules)
assert [result.failed_rows for result in report.results] == [0, 1]
assert "in_range" in report.to_text() and "in_range" in report.to_markdown()
assert "<html" in report.to_html() and "<style" in report.to_html()
assert json.loads(report.to_json())["overall_status"] == "failed"
assert get_engine("dq_core").check(rows, rules).overall_status == "failed"
engine = sa.create_engine("sqlite:///x.sqlite")
with engine.begin() as connection:
    connection.exec_driver_sql("CREATE TABLE t (id int, age int)")
    connection.exec_driver_sql("INSERT INTO t VALUES (1, 31), (2, -4)")
assert validate("sqlite:///x.sqlite", rules, table="t").results[1].failed_rows == 1
open("t.csv", "w").write("id,age\\n1,31\\n2,-4\\n")
assert validate("t.csv", rules).results[1].failed_rows == 1
assert quarantine(engine, rules, table="t", to="bad_rows").quarantined_rows == 1
learned = learn([{"id": n, "country": "de"} for n in range(200)])
assert learned.rules and "<html" in learned.to_html()
assert profile(rows).columns[0].name == "id" and "<html" in profile(rows).to_html()
open("rules.yaml", "w").write("- {type: not_null, column: id}\\n")
from pathlib import Path
assert Suite.from_yaml(Path("rules.yaml"))(rows).overall_status == "passed"
history = History("sqlite:///h.sqlite")
history.record(report, suite="s")
assert history.points("total_rows", suite="s")[0].value == 2
sys.modules["psycopg"] = None
try:
    validate("postgresql+psycopg://h/d", rules, table="t")
except MissingDependencyError as error:
    assert error.suggestion == 'pip install "psycopg[binary]"', error.suggestion
else:
    raise AssertionError("there is no psycopg")
assert dq_core.__version__ == "0+unknown"
"""


@pytest.mark.parametrize(("core", "program"), [("moltres", MOLTRES), ("dq_core", DQ_CORE)])
def test_a_copy_under_another_package_works_alone(core: str, program: str, tmp_path: Path) -> None:
    vendored = tmp_path / "acme" / "_vendor"
    # Links are followed: the copy holds the shared modules as files.
    shutil.copytree(SOURCES[core], vendored / core, ignore=shutil.ignore_patterns("__pycache__"))
    for package in (vendored, vendored.parent):
        (package / "__init__.py").touch()
    assert not any(path.is_symlink() for path in vendored.rglob("*"))
    work = tmp_path / "work"
    work.mkdir()
    (work / "program.py").write_text(f"{ALONE}\nsys.path.insert(0, {str(tmp_path)!r})\n{program}")
    done = subprocess.run(
        [sys.executable, "-W", "error", "program.py"], cwd=work, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("core", SOURCES)
def test_no_module_of_a_core_names_it_in_an_import(core: str) -> None:
    for path in SOURCES[core].rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            named = []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                named = [node.module or ""]
            elif isinstance(node, ast.Import):
                named = [alias.name for alias in node.names]
            elif isinstance(node, ast.Call) and "import_module" in ast.unparse(node.func):
                named = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            assert not any(name.partition(".")[0] == core for name in named), f"{path}:{getattr(node, 'lineno', 0)}"
