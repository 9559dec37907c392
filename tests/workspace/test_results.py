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


def suite(
    folder: Path, name: str, *, tests: int, failures: int = 0, errors: int = 0, skipped: int = 0, code: int = 0
) -> None:
    """What a leg leaves behind."""
    (folder / f"{name}.ended").write_text(f"{code} 7")
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


def test_the_summary_names_what_failed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "test_two.py"
    path.write_text("def test_right():\n    pass\n\n\ndef test_wrong():\n    raise ValueError\n")
    pytest_alone = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--noconftest",
        f"--rootdir={tmp_path}",
    ]
    assert results.leg("a", [*pytest_alone, str(path)]) == 1
    assert results.main(["sum", "a"]) == 1
    assert "failed: test_two.test_wrong\n" in capsys.readouterr().out


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


def test_pytest_that_ends_with_an_error_has_failed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite(tmp_path, "a", tests=2, code=3)
    assert results.main(["sum", "a"]) == 1
    assert "pytest of a ended with 3 although its tests passed" in capsys.readouterr().out


def test_a_leg_that_was_stopped_has_failed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite(tmp_path, "a", tests=2)
    (tmp_path / "a.ended").unlink()
    assert results.main(["sum", "a"]) == 1
    assert last_line(capsys) == "0 passed, 1 failed, 0 skipped"


def test_a_leg_is_a_run_of_pytest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tests = tmp_path / "test_two.py"
    tests.write_text("import pytest\ndef test_one(): pass\ndef test_two(): pytest.skip()\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(tests)]
    assert results.main(["leg", "a", "--", *command]) == 0
    assert results.main(["sum", "a"]) == 0
    assert last_line(capsys) == "1 passed, 0 failed, 1 skipped"
    # A run that collects nothing leaves nothing of the run before.
    assert results.main(["leg", "a", "--", *command, "-k", "nothing"]) != 0
    assert results.main(["sum", "a"]) == 1
    assert last_line(capsys) == "0 passed, 1 failed, 0 skipped"
