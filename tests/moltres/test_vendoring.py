"""A copy of the package under another one works as it is, and brings no second package of its own name."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import moltres

JOB = """
import sys
from acme._vendor.moltres import ETLPipeline, col, connect, drop_staged, hand_over, pick_up, __version__
from acme._vendor.moltres.errors import ColumnNotFoundError

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
assert __version__
print(*(name for name in sys.modules if name.partition(".")[0] == "moltres"))
"""


def test_a_copy_in_another_package(tmp_path: Path) -> None:
    vendor = tmp_path / "acme" / "_vendor"
    shutil.copytree(Path(moltres.__path__[0]), vendor / "moltres", ignore=shutil.ignore_patterns("__pycache__"))
    for package in (vendor.parent, vendor):
        (package / "__init__.py").touch()
    job = [sys.executable, "-W", "error", "-c", JOB]
    done = subprocess.run(job, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []
