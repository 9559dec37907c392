from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dq_core import LearnedSuite, Profile, Suite
from dq_core.cli import main


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    pq.write_table(pa.table({"id": list(range(200)), "kind": ["a", "b"] * 100}), "data.parquet")
    return "data.parquet"


def test_profile(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", data, "--histograms", "--format", "json", "--top", "1", "--mask", "kind"]) == 0
    found = Profile.from_dict(json.loads(capsys.readouterr().out))
    assert (found.row_count, len(found.column("id").top_values), found.column("kind").top_values) == (200, 1, ())
    assert found.column("id").histogram
    assert main(["profile", data, "--column", "id", "--sample", "50", "--no-stats"]) == 0
    out = capsys.readouterr().out
    assert "of which" in out
    assert "kind" not in out


def test_what_learn_writes_check_reads(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["learn", data, "--output", "rules.yaml", "--output", "learned.json", "--output", "rules.html"]) == 0
    assert capsys.readouterr().err == "dq: written: rules.yaml, learned.json, rules.html\n"
    learned = LearnedSuite.from_dict(json.loads(Path("learned.json").read_text()))
    assert Suite.from_yaml(Path("rules.yaml").read_text()) == learned.suite
    assert Path("rules.html").read_text().startswith("<!doctype html>")
    assert main(["check", data, "--rules", "rules.yaml", "--quiet"]) == 0


def test_what_learn_writes_of_a_csv_file_finds_its_one_bad_value(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    del data
    fares = [f"{10 + place % 40}.5" for place in range(600)]
    Path("one.csv").write_text("fare\n" + "\n".join(fares[:300]) + "\n")
    Path("other.csv").write_text("fare\n" + "\n".join([*fares[300:450], "?", *fares[451:]]) + "\n")
    assert main(["learn", "one.csv", "--kind", "in_range", "--kind", "type", "--output", "rules.yaml"]) == 0
    capsys.readouterr()
    assert main(["check", "other.csv", "--rules", "rules.yaml", "--format", "json"]) == 1
    failed = {one["check_name"]: one["failed_rows"] for one in json.loads(capsys.readouterr().out)["results"]}
    assert (failed["type_fare"], failed["in_range_fare"]) == (1, 1)


def test_chosen_rules(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--kind", "in_set", "--kind", "unique", "--min-confidence", "0.9", "--format", "yaml"]
    assert main(["learn", data, *arguments]) == 0
    kinds = [check.kind for check in Suite.from_yaml(capsys.readouterr().out).checks]
    assert kinds == ["unique", "in_set"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["profile", "data.parquet", "--column", "idd"], "the column 'idd' does not exist"),
        (["learn", "data.parquet", "--min-confidence", "7"], "--min-confidence must be a number from 0 to 1"),
        (["learn", "nowhere.parquet"], "nowhere.parquet"),
        (["profile", "data.parquet", "--engine", "truthound"], 'pip install "dq-core[truthound]'),
    ],
)
def test_what_cannot_run_ends_with_2(
    data: str, arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert reason in capsys.readouterr().err
