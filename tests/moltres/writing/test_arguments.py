"""What is refused before anything is done, and what is told meanwhile. For the modes see the conformance suite."""

from __future__ import annotations

import inspect
from dataclasses import fields
from typing import Any

import pytest

from moltres import Database
from moltres.errors import ConfigurationError
from moltres.frame.source import Writable
from moltres.task import WriteOptions
from moltres.write import Writer


def test_nothing_at_all_tells_no_columns(db: Database) -> None:
    with pytest.raises(ConfigurationError, match="there are no rows"):
        db.write([]).save_as_table("t")
    assert db.tables() == []


def test_a_mistyped_mode_gets_the_closest_one(db: Database) -> None:
    with pytest.raises(ConfigurationError, match="Did you mean 'overwrite'"):
        db.write([{"a": 1}]).save_as_table("t", mode="overwite")  # type: ignore[arg-type]


def test_contradicting_options_are_refused_all_at_once(db: Database) -> None:
    with pytest.raises(ConfigurationError) as caught:
        db.write([{"a": 1}]).save_as_table("", mode="append", keys=["a"], partition_by="a", batch_rows=0, run_key="")
    parts = (
        "name must not be empty",
        "keys is for 'merge', 'scd2'",
        "partition_by must be a list of strings, not the string 'a'",
        "batch_rows must be a whole number from 1, not 0",
        "run_key must not be empty",
    )
    assert [part for part in parts if part not in str(caught.value)] == []
    for mode, need in (("merge", "keys"), ("overwrite_partitions", "partition_by")):
        with pytest.raises(ConfigurationError, match=f"requires {need}"):
            db.write([{"a": 1}]).save_as_table("t", mode=mode)  # type: ignore[arg-type]


def test_a_run_key_holds_no_secret(db: Database) -> None:
    with pytest.raises(ConfigurationError, match=r"run_key must hold no secret.*u:\*\*\*@h") as refused:
        db.write([{"a": 1}]).save_as_table("t", mode="append", run_key="load of postgresql://u:s3cr3t@h/x")
    assert "s3cr3t" not in str(refused.value)


@pytest.mark.parametrize("data", [{"a": 1}, 7, "text", object()])
def test_data_of_no_known_form(db: Database, data: object) -> None:
    with pytest.raises(ConfigurationError, match=r"write\(\): data"):
        db.write(data).save_as_table("t")


def test_progress_is_told_after_each_batch(db: Database) -> None:
    told: list[int] = []
    rows = [{"a": number} for number in range(10)]
    db.write(rows).save_as_table("t", batch_rows=4, on_progress=told.append)
    assert told == [4, 8, 10, 10]


@pytest.mark.parametrize("method", ["save_as_table", "parquet", "csv"])
def test_a_frame_knows_every_argument_of_its_writer(method: str) -> None:
    def parameters(cls: Any) -> list[inspect.Parameter]:
        return list(inspect.signature(getattr(cls, method)).parameters.values())

    assert parameters(Writable) == parameters(Writer)


def test_a_task_has_every_option_of_a_write() -> None:
    # A task names its schema in table_name, and an orchestrator has no place for a function that is told of progress.
    beyond_tasks = {"self", "name", "schema", "batch_rows", "on_progress"}
    of_a_write = set(inspect.signature(Writer.save_as_table).parameters) - beyond_tasks
    assert of_a_write - {option.name for option in fields(WriteOptions)} == set()


@pytest.mark.parametrize("odd", [3, None, "x", [1], ("a", 1)])
def test_dicts_among_which_is_something_else(db: Database, odd: Any) -> None:
    with pytest.raises(ConfigurationError, match="dicts and other items"):
        db.write([{"a": 1}, odd]).save_as_table("t")
    assert db.tables() == []
