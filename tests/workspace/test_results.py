"""A run is green only if everything that was expected ran and passed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from support.tools import load_tool

results = load_tool("results")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "RESULTS", tmp_path)


def suite(folder: Path, name: str, *, tests: int, failures: int = 0, errors: int = 0, skipped: int = 0) -> None:
    (folder / f"{name}.xml").write_text(
        f'<testsuites><testsuite tests="{tests}" failures="{failures}" errors="{errors}" skipped="{skipped}"/>'
        "</testsuites>"
    )


def last_line(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out.splitlines()[-1]


def test_everything_is_added_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite(tmp_path, "a", tests=5, skipped=1)
    assert results.run("b", [sys.executable, "-c", ""]) == 0
    assert results.main(["sum", "a", "b"]) == 0
    assert last_line(capsys) == "5 passed, 0 failed, 1 skipped"


@pytest.mark.parametrize("bad", [{"failures": 1}, {"errors": 1}])
def test_a_failed_test_fails_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str], bad: dict[str, int]) -> None:
    suite(tmp_path, "a", tests=5, **bad)
    assert results.main(["sum", "a"]) == 1
    assert last_line(capsys) == "4 passed, 1 failed, 0 skipped"


def test_a_failed_step_fails_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert results.run("a", [sys.executable, "-c", "raise SystemExit(3)"]) == 3
    assert results.main(["sum", "a"]) == 1
    assert last_line(capsys) == "0 passed, 1 failed, 0 skipped"


def test_what_did_not_run_has_failed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite(tmp_path, "a", tests=2)
    assert results.main(["sum", "a", "missing"]) == 1
    assert last_line(capsys) == "2 passed, 1 failed, 0 skipped"


def test_a_suite_without_tests_has_failed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite(tmp_path, "a", tests=0)
    assert results.main(["sum", "a"]) == 1
    assert last_line(capsys) == "0 passed, 1 failed, 0 skipped"
