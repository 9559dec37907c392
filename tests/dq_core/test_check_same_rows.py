from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from dq_core import DataQualityCheck, RuleError, Suite, validate

ROWS = [{"id": place, "v": f"v{place}", "n": place * 1.5} for place in range(6)]
OTHER = [*ROWS[:2], {"id": 2, "v": "changed", "n": 3.0}, *ROWS[4:], {"id": 9, "v": None, "n": None}]


def _table(url: sa.URL, rows: list[dict[str, Any]], name: str = "t") -> None:
    engine = sa.create_engine(url)
    columns = (sa.Column("id", sa.Integer), sa.Column("v", sa.String(20)), sa.Column("n", sa.Double))
    table = sa.Table(name, sa.MetaData(), *columns)
    table.create(engine)
    with engine.begin() as connection:
        connection.execute(sa.insert(table), rows)
    engine.dispose()


def test_rows_that_are_the_same_pass(database_url: sa.URL) -> None:
    _table(database_url, ROWS)
    report = validate(database_url, [DataQualityCheck.same_rows(ROWS, keys=["id"])], table="t")
    assert report.passed
    assert report.results[0].message == "The 6 rows are those of 6 rows."
    assert report.statements == 2


def test_rows_that_differ_fail(database_url: sa.URL, tmp_path: Path) -> None:
    _table(database_url, OTHER)
    _table(database_url, ROWS, "source")
    rule = {"type": "same_rows", "source": database_url, "table": "source", "keys": ["id"]}
    report = validate(database_url, [rule], table="t")
    (result,) = report.results
    assert not result.passed
    assert result.observed == {"missing": 1, "extra": 1, "changed": 1}
    assert result.message.endswith("(table source): 1 missing, 1 extra, 1 changed (in v 1).")
    changed = next(one for one in result.details["samples"] if one["kind"] == "changed")
    assert (changed["left"]["v"], changed["right"]["v"]) == ("v2", "changed")
    assert validate(database_url, [rule | {"where": "id < 2"}], table="t").passed
    assert validate(database_url, [rule | {"severity": "warning"}], table="t").passed


def test_a_tolerance_and_columns_are_taken() -> None:
    rule = {"type": "same_rows", "source": ROWS, "keys": ["id"]}
    near = [row | {"n": row["n"] + 0.001} for row in ROWS]
    assert not validate(near, [rule]).passed
    assert validate(near, [rule | {"tolerance": {"absolute": 0.01}}]).passed
    assert validate(near, [rule | {"columns": ["v"]}]).passed


def test_masked_values_are_not_shown() -> None:
    report = validate(OTHER, [{"type": "same_rows", "source": ROWS, "keys": ["id"]}], mask=["v"])
    assert "v2" not in report.to_json()
    assert "changed" not in str(report.results[0].details["samples"][0]["right"])


def test_it_is_written_in_rule_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "expected.csv"
    file.write_text("id,v\n1,a\n2,b\n")
    monkeypatch.setenv("EXPECTED", str(file))
    suite = Suite.from_yaml("- {type: same_rows, source: 'env:EXPECTED', keys: [id]}")
    assert suite([{"id": 2, "v": "b"}, {"id": 1, "v": "a"}]).passed
    again = Suite.from_yaml(suite.to_yaml())
    assert again.to_dict() == suite.to_dict()
    assert dict(suite.checks[0])["keys"] == ["id"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"source": None}, "source must be a path"),
        ({"source": "postgresql://u:secret@h/x", "table": "t"}, "source holds a password"),
        ({"source": "env:NOT_SET_AT_ALL"}, "the environment variable 'NOT_SET_AT_ALL' is not set"),
        ({"source": "/nowhere/a.csv"}, "source: The file /nowhere/a.csv does not exist"),
        ({"source": ROWS, "keys": ["ident"]}, "the column 'ident' does not exist"),
        ({"source": ROWS, "keys": "id"}, "keys must be a list"),
        ({"source": ROWS, "tolerance": 1}, "tolerance requires keys"),
        ({"source": ROWS, "tolerance": "x", "keys": ["id"]}, "tolerance must be a number"),
        ({"source": [{"id": 1}]}, "Only the right has 'v', 'n'"),
        ({"source": [{"id": "x", "v": "", "n": 1.0}]}, "id: VARCHAR on the left and BIGINT on the right"),
        ({"source": ROWS, "where": "nix = 1"}, "where 'nix = 1' cannot be evaluated"),
    ],
)
def test_what_does_not_fit_is_refused_before_any_scan(options: dict[str, Any], message: str) -> None:
    with pytest.raises(RuleError) as caught:
        validate(ROWS, [{"type": "same_rows", **options}])
    assert message in str(caught.value)
    assert "secret" not in str(caught.value)
