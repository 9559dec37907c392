"""The memory of failed runs, held against plain Python."""

from __future__ import annotations

import io
import json
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import make_url

from truthound_kestra.outputs import KestraOutputHandler
from truthound_kestra.sla import KestraStateStore, SQLStateStore
from truthound_kestra.utils.exceptions import ConfigurationError, OutputError

if TYPE_CHECKING:
    from sqlalchemy import URL

runs = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5).map(str), st.booleans()), max_size=25)


def in_a_row(history: dict[str, bool], run: str) -> int:
    """Failures up to a run in the order in which runs came first."""
    count = 0
    for name, failed in history.items():
        count = count + 1 if failed else 0
        if name == run:
            return count
    raise AssertionError(run)


@given(runs)
@settings(max_examples=40, deadline=None)
def test_any_history_is_counted_as_in_plain_python(history: list[tuple[str, str, bool]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = SQLStateStore(f"sqlite:///{folder}/sla.sqlite")
        known: dict[str, dict[str, bool]] = {}
        for key, run, failed in history:
            known.setdefault(key, {})[run] = failed
            assert store.record(key, run, failed=failed) == in_a_row(known[key], run)
        store.close()


def test_every_database(database_url: URL) -> None:
    store = SQLStateStore(database_url)
    assert [store.record("k", f"r{n}", failed=n != 1) for n in range(4)] == [1, 0, 1, 2]
    store.close()


def test_the_embedded_default_lies_in_the_state_folder(tmp_path: Path) -> None:
    store = SQLStateStore()
    store.record("k", "r", failed=True)
    store.close()
    assert (tmp_path / "state" / "truthound-kestra" / "state.sqlite").exists()


def test_the_environment_names_another_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUTHOUND_KESTRA_STATE_URL", f"sqlite:///{tmp_path / 'mine.sqlite'}")
    store = SQLStateStore()
    store.record("k", "r", failed=True)
    store.close()
    assert (tmp_path / "mine.sqlite").exists()


@pytest.mark.parametrize("url", ["nonsense", "nodb://user:secret@host/x"])
def test_a_url_that_is_none(url: str) -> None:
    with pytest.raises(ConfigurationError, match="database cannot be opened") as caught:
        SQLStateStore(url).record("k", "r", failed=True)
    assert "secret" not in str(caught.value)


def test_runs_at_the_same_time_are_all_counted(tmp_path: Path) -> None:
    url = make_url(f"sqlite:///{tmp_path / 'sla.sqlite'}")
    first = SQLStateStore(url)
    first.record("k", "first", failed=True)
    counts: list[int] = []

    def run(name: str) -> None:
        store = SQLStateStore(url)
        counts.append(store.record("k", name, failed=True))
        store.close()

    threads = [threading.Thread(target=run, args=(f"r{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counts) == list(range(2, 10))
    first.close()


def through_kestra(history: list[tuple[str, bool]]) -> list[int]:
    """Each run gets the state that the one before it left in Kestra's KV store."""
    state, counts = "", []
    for run, failed in history:
        out = io.StringIO()
        store = KestraStateStore(KestraOutputHandler(out), {"KESTRA_SLA_STATE": state})
        counts.append(store.record("k", run, failed=failed))
        state = json.loads(out.getvalue()[2:-3])["outputs"]["sla_state"]
    return counts


def test_kestras_kv_store() -> None:
    assert through_kestra([("1", True), ("2", True), ("2", True), ("2", False), ("3", True), ("4", True)]) == [
        1,
        2,
        2,
        0,
        1,
        2,
    ]


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=20))
def test_kestras_kv_store_counts_as_plain_python_does(history: list[tuple[int, bool]]) -> None:
    ordered = [(str(run), failed) for run, failed in sorted(history, key=lambda item: item[0])]
    known: dict[str, bool] = {}
    expected = []
    for run, failed in ordered:
        known[run] = failed
        expected.append(in_a_row(known, run))
    assert through_kestra(ordered) == expected


@pytest.mark.parametrize("state", ["nonsense", "[]", "{}", '{"failures": "1", "before": 0}'])
def test_a_state_that_something_else_wrote(state: str) -> None:
    with pytest.raises(OutputError, match="does not contain the state of an SLA"):
        KestraStateStore(KestraOutputHandler(io.StringIO()), {"KESTRA_SLA_STATE": state}).record("k", "r", failed=True)


def test_the_state_of_another_sla_is_not_taken_over() -> None:
    state = json.dumps({"key": "other", "run": "1", "before": 1, "failures": 2})
    store = KestraStateStore(KestraOutputHandler(io.StringIO()), {"KESTRA_SLA_STATE": state})
    assert store.record("k", "2", failed=True) == 1


def test_tasks_that_start_at_the_same_time_share_a_new_database(tmp_path: Path) -> None:
    url = make_url(f"sqlite:///{tmp_path / 'new.sqlite'}")
    together = threading.Barrier(8)
    counts: list[int] = []

    def run(name: str) -> None:
        store = SQLStateStore(url)
        together.wait()
        counts.append(store.record("k", name, failed=True))
        store.close()

    threads = [threading.Thread(target=run, args=(f"r{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counts) == list(range(1, 9))


def test_a_missing_driver_is_named() -> None:
    with pytest.raises(ConfigurationError, match="oracledb") as caught:
        SQLStateStore("oracle://me:secret@host/x").record("k", "r", failed=True)
    assert "pip install" in str(caught.value)
    assert "secret" not in str(caught.value)
