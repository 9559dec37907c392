"""Commits on Iceberg that are killed, late or not answered: the rows are there once or not, and no file stays."""

from __future__ import annotations

import inspect
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from moltres import ETLPipeline, connect
from moltres.dialects.iceberg import commit
from moltres.errors import MoltresError
from support.iceberg import catalog_in, catalog_url, load, unreferenced
from support.kills import in_child
from support.shared import shared

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import URL

    from moltres import Database

ROWS = [{"id": number, "p": number % 2} for number in range(4)]
CATALOG = shared("iceberg.sql").Catalog
LOST = OperationalError("UPDATE iceberg_tables", {}, Exception("the connection was lost"))


@pytest.fixture
def url(tmp_path: Path) -> URL:
    return catalog_url(tmp_path)


@pytest.fixture(params=["sqlite", "postgresql"])
def any_url(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    """In a file, and on a server, where a commit that is killed ends with its connection."""
    return catalog_in(request, tmp_path)


def ids(url: URL) -> list[int]:
    with connect(url) as db:
        return sorted(db.table("t").select("id").collect().column("id")) if "t" in db.tables() else []


# -- lost answers


@pytest.mark.parametrize("mode", ["append", "error_if_exists"])
def test_a_commit_whose_answer_is_lost_is_a_commit(any_url: URL, monkeypatch: pytest.MonkeyPatch, mode: Any) -> None:
    url = any_url
    with connect(url) as db:
        if mode == "append":
            db.write([{"id": 9, "p": 9}]).save_as_table("t")
        with monkeypatch.context() as patched:
            committing = CATALOG.commit_table

            def lost(self: Any, *given: Any, **named: Any) -> Any:
                committing(self, *given, **named)
                raise LOST

            patched.setattr(CATALOG, "commit_table", lost)
            assert db.write(ROWS).save_as_table("t", mode=mode, run_key="k").rows_written == 4
        assert db.write(ROWS).save_as_table("t", mode="append", run_key="k").skipped
        db.write([{"id": 10, "p": 0}]).save_as_table("t", mode="append")
    assert ids(url) == [0, 1, 2, 3, *([9] if mode == "append" else []), 10]
    assert unreferenced(url) == set()


@pytest.mark.parametrize("arrived", [True, False])
def test_files_stay_while_nobody_knows_of_the_commit(
    any_url: URL, monkeypatch: pytest.MonkeyPatch, *, arrived: bool
) -> None:
    url = any_url
    with connect(url) as db:
        db.write([{"id": 9, "p": 9}]).save_as_table("t")
        with monkeypatch.context() as patched:
            committing, loading = CATALOG.commit_table, CATALOG.load_table

            def lost(self: Any, *given: Any, **named: Any) -> Any:
                if arrived:
                    committing(self, *given, **named)
                patched.setattr(CATALOG, "load_table", silent)
                raise LOST

            def silent(self: Any, *given: Any) -> Any:
                del self, given
                raise LOST

            patched.setattr(CATALOG, "commit_table", lost)
            with pytest.raises(MoltresError, match="the connection was lost"):
                db.write(ROWS).save_as_table("t", mode="append", run_key="k")
            patched.setattr(CATALOG, "load_table", loading)
        assert db.table("t").count() == (5 if arrived else 1)
        assert db.write(ROWS).save_as_table("t", mode="append", run_key="k").skipped == arrived
        db.write(ROWS).save_as_table("u")
    assert ids(url) == [0, 1, 2, 3, 9]
    assert unreferenced(url) == set()


# -- kills


def killed(url: URL, work: Callable[[Database], object], place: Any, name: str, *, before: bool) -> None:
    """Do some work in a process that is killed before or after it calls a function for the first time."""

    def run() -> None:
        calling = getattr(place, name)

        def call(*given: Any, **named: Any) -> Any:
            if not before:
                calling(*given, **named)
            os.kill(os.getpid(), signal.SIGKILL)

        static = isinstance(inspect.getattr_static(place, name), staticmethod)
        setattr(place, name, staticmethod(call) if static else call)
        with connect(url) as db:
            work(db)

    child, pipe = in_child(run)
    _, status = os.waitpid(child, 0)
    os.close(pipe)
    assert os.WTERMSIG(status) == signal.SIGKILL


MODES: list[tuple[str, dict[str, Any]]] = [
    ("error_if_exists", {}),
    ("append", {}),
    ("merge", {"keys": ["id"]}),
    ("overwrite_partitions", {"partition_by": ["p"]}),
]


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize(("mode", "options"), MODES)
def test_what_a_killed_commit_has_written_goes_with_the_next_write(
    url: URL, mode: Any, options: dict[str, Any], *, before: bool
) -> None:
    new = [{"id": 1, "p": 1}]
    with connect(url) as db:
        if mode != "error_if_exists":
            db.write(ROWS).save_as_table("t")
    killed(
        url,
        lambda db: db.write(new).save_as_table("t", mode=mode, run_key="k", **options),
        CATALOG,
        "_write_metadata",
        before=before,
    )
    assert ids(url) == ([] if mode == "error_if_exists" else [0, 1, 2, 3])
    assert unreferenced(url) != set()
    with connect(url) as db:
        assert not db.write(new).save_as_table("t", mode=mode, run_key="k", **options).skipped
    assert unreferenced(url) == set()


def test_what_a_killed_drop_has_left_goes_with_the_next_write(url: URL) -> None:
    def drop(db: Database) -> None:
        with db.transaction() as connection:
            connection.execute(text("DROP TABLE t"))

    with connect(url) as db:
        db.write(ROWS).save_as_table("t")
    killed(url, drop, CATALOG, "drop_table", before=False)
    assert unreferenced(url) != set()
    with connect(url) as db:
        assert db.tables() == []
        db.write(ROWS).save_as_table("u")
    assert unreferenced(url) == set()


@pytest.mark.parametrize("before", [True, False])
def test_a_pipeline_that_is_killed_while_it_publishes_can_run_again(any_url: URL, *, before: bool) -> None:
    url = any_url

    def publish(db: Database) -> Any:
        return ETLPipeline(
            lambda: db.table("source"),
            load=lambda frame: frame.write.save_as_table("t", mode="append", run_key="k"),
            validate=lambda frame: frame.count() == 4,
        ).execute(run_key="r")

    with connect(url) as db:
        db.write(ROWS).save_as_table("source")
        db.write([{"id": 9, "p": 9}]).save_as_table("t")
    # The properties of the staged table say that its files are given away, and then the target gets them.
    killed(url, publish, commit, "change", before=before)
    with connect(url) as db:
        publish(db)
        assert db.tables() == ["source", "t"]
    assert ids(url) == [0, 1, 2, 3, 9]
    with connect(url) as db:
        db.write(ROWS).save_as_table("u")
        with db.transaction() as connection:
            connection.execute(text("DROP TABLE t"))
    assert unreferenced(url) == set()


def test_a_table_that_was_renamed_after_a_kill_keeps_its_files(url: URL) -> None:
    with connect(url) as db:
        db.write(ROWS).save_as_table("t")
    killed(url, lambda db: db.write(ROWS).save_as_table("t", mode="append"), CATALOG, "commit_table", before=False)
    table = load(url, "t")
    table.catalog.rename_table(("default", "t"), ("default", "other"))
    with connect(url) as db:
        db.write(ROWS).save_as_table("t")
        assert (db.table("other").count(), db.table("t").count()) == (8, 4)
