"""What data URIs point to, and reading it."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pandas as pd
import pytest

from truthound_kestra.errors import EngineError
from truthound_kestra.scripts import CheckScriptConfig, check_quality_script, profile_data_script
from truthound_kestra.scripts.sources import masked_uri, usable_source
from truthound_kestra.utils import DataSourceType, detect_data_source_type, load_data
from truthound_kestra.utils.exceptions import ConfigurationError, MissingDependencyError, ScriptError, SourceError

FRAME = pd.DataFrame({"id": [1, 2, 3], "name": ["a", None, "ü"]})


@pytest.mark.parametrize(
    ("uri", "kind"),
    [
        ("s3://bucket/data.parquet", DataSourceType.S3),
        ("s3a://bucket/data.parquet", DataSourceType.S3),
        ("gs://bucket/x.csv", DataSourceType.GCS),
        ("abfss://c@account/x.csv", DataSourceType.AZURE),
        ("https://example.com/data.json", DataSourceType.HTTP),
        ("kestra:///ns/flow/x.csv", DataSourceType.KESTRA),
        ("/path/to/file.csv", DataSourceType.LOCAL),
        ("file:///path/to/file.csv", DataSourceType.LOCAL),
        (Path("relative.csv"), DataSourceType.LOCAL),
        ("C:\\data\\x.csv", DataSourceType.LOCAL),
        ("postgresql+psycopg://me:pw@host/db", DataSourceType.DATABASE),
        ("sqlite:///x.db", DataSourceType.DATABASE),
        ("duckdb:///:memory:", DataSourceType.DATABASE),
        ("mysql+pymysql://host/db", DataSourceType.DATABASE),
    ],
)
def test_kinds_of_sources(uri: str | Path, kind: DataSourceType) -> None:
    assert detect_data_source_type(uri) is kind


def test_what_nothing_reads() -> None:
    with pytest.raises(ConfigurationError, match="Did you mean https://"):
        detect_data_source_type("htps://example.com/x.csv")
    with pytest.raises(ConfigurationError, match="must not be empty"):
        detect_data_source_type(" ")


@pytest.mark.parametrize("uri", ["users.csv", Path("users.csv"), "sqlite:///users.db"])
def test_options_of_a_file_system_that_nothing_uses_are_refused(uri: str | Path) -> None:
    with pytest.raises(ConfigurationError, match="storage_options are for the file system of a URI"):
        load_data(uri, storage_options={"key": "x"})


def test_a_file_without_columns_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "none.json").write_text("[]")
    with pytest.raises(SourceError, match=r"none\.json has no columns"):
        load_data(tmp_path / "none.json")


def test_passwords_are_masked() -> None:
    assert masked_uri("postgresql://me:pw@host/db?sslpassword=x") == "postgresql://me:***@host/db?sslpassword=***"
    assert masked_uri("https://x.org/a.csv?signature=secret") == "https://x.org/a.csv?signature=***"
    assert masked_uri(FRAME) == "DataFrame"


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("x.parquet", FRAME.to_parquet),
        ("x.csv", lambda path: FRAME.to_csv(path, index=False)),
        ("x.tsv", lambda path: FRAME.to_csv(path, index=False, sep="\t")),
        ("x.csv.gz", lambda path: FRAME.to_csv(path, index=False)),
        ("x.json", lambda path: FRAME.to_json(path, orient="records")),
        ("x.jsonl", lambda path: FRAME.to_json(path, orient="records", lines=True)),
    ],
)
def test_files_of_each_format(tmp_path: Path, name: str, write: object, file_server: str) -> None:
    write(tmp_path / name)  # type: ignore[operator]
    for uri in (tmp_path / name, (tmp_path / name).as_uri(), f"{file_server}/{name}"):
        loaded = load_data(uri)
        assert loaded["id"].tolist() == [1, 2, 3]
        assert loaded["name"].isna().tolist() == [False, True, False]
        assert loaded["name"][2] == "ü"


def test_databases(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with sqlite3.connect(path) as connection:
        FRAME.to_sql("t", connection, index=False)
    connection.close()
    assert load_data(f"sqlite:///{path}", table="t")["id"].tolist() == [1, 2, 3]
    assert load_data(f"sqlite:///{path}", query="SELECT name FROM t WHERE id = 3")["name"].tolist() == ["ü"]
    with pytest.raises(SourceError, match="The table or view 'u' does not exist"):
        load_data(f"sqlite:///{path}", table="u")
    with pytest.raises(ConfigurationError, match="requires table or query"):
        load_data(f"sqlite:///{path}")


CODES = "id,code,big,day,flag\n1,007,9007199254740993,2024-01-01,true\n2,010,,,\n"


@pytest.mark.parametrize("engine", ["dq_core", "truthound"])
def test_the_values_are_those_that_the_check_reads(tmp_path: Path, engine: str) -> None:
    path = tmp_path / "codes.csv"
    path.write_text(CODES, encoding="utf-8")
    loaded = load_data(path)
    assert loaded["code"].tolist() == ["007", "010"]
    assert loaded["big"][0] == 2**53 + 1
    assert loaded.isna().sum().to_dict() == {"id": 0, "code": 0, "big": 1, "day": 1, "flag": 1}
    # A frame has a type for each column, and "007" is a string and a number: another engine refuses it by name.
    held = [name for name in loaded.columns if engine == "dq_core" or name != "code"]
    rules = [{"type": "in_set", "column": name, "values": loaded[name].dropna().tolist()} for name in held]
    config = CheckScriptConfig(engine_name=engine, rules=rules, fail_on_error=False)
    result = check_quality_script(path, config)
    assert (result.status, result.passed_count) == ("passed", len(held))
    if engine != "dq_core":
        with pytest.raises(EngineError, match="code is of no single type"):
            check_quality_script(path, CheckScriptConfig(engine_name=engine, rules=[{**rules[0], "column": "code"}]))


def test_values_of_json_that_differ_stay_apart(tmp_path: Path) -> None:
    path = tmp_path / "mixed.jsonl"
    rows = [{"code": 1, "text": "1", "kind": {"a": 1}}, {"code": "1", "text": "2", "kind": '{"a":1}'}, {"code": True}]
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    loaded = load_data(path)
    assert loaded["code"].tolist() == ["1", '"1"', "true"]
    assert loaded["text"].tolist()[:2] == ["1", "2"]
    assert [json.loads(one) for one in loaded["kind"][:2]] == [{"a": 1}, '{"a":1}']
    assert loaded["kind"].isna().tolist() == [False, False, True]


def test_a_late_string_does_not_change_the_values_before_it(tmp_path: Path) -> None:
    path = tmp_path / "late.csv"
    path.write_text("code\n" + "01\n" * 30_000 + "n/a\n", encoding="utf-8")
    assert load_data(path)["code"].value_counts().to_dict() == {"01": 30_000, "n/a": 1}


def test_separators_zeros_texts_and_several_files_are_those_of_the_check(tmp_path: Path) -> None:
    rows = [{"zip": "01234", "code": "NA"}, {"zip": "99999", "code": "null"}]
    for separator in ",;":
        text = "\n".join(separator.join(row) for row in (["zip", "code"], ["01234", "NA"], ["99999", "null"]))
        (tmp_path / "z.csv").write_text(text, encoding="utf-8")
        assert load_data(tmp_path / "z.csv").to_dict("records") == rows
        profiled = profile_data_script(tmp_path / "z.csv")
        assert [(one.name, one.null_count) for one in profiled.columns] == [("zip", 0), ("code", 0)]
    (tmp_path / "parts").mkdir()
    for number in (1, 2):
        pd.DataFrame({"a": [number]}).to_parquet(tmp_path / "parts" / f"{number}.parquet")
    for uri in (tmp_path / "parts", tmp_path / "parts" / "*.parquet"):
        assert load_data(uri).to_dict("records") == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize(("name", "content"), [
    ("x.csv", "a,b\n007,\nx,\n"), ("x.tsv", "a\tb\n007\t\nx\t\n"),
    ("x.json", '[{"a": "007", "b": null}, {"a": "x"}]'),
    ("x.jsonl", '{"a": "007", "b": null}\n{"a": "x", "b": null}\n'),
])  # fmt: skip
def test_a_column_without_values_is_text(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    frame = load_data(tmp_path / name)
    assert frame["a"].tolist() == ["007", "x"]
    assert frame["b"].isna().all()
    assert frame["a"].dtype == frame["b"].dtype


def test_what_is_not_there(tmp_path: Path, file_server: str) -> None:
    with pytest.raises(SourceError, match=r"The file .* does not exist"):
        load_data(tmp_path / "missing.csv")
    with pytest.raises(SourceError, match=r"The file .* does not exist"):
        load_data(f"{file_server}/missing.csv")


def test_a_format_that_nothing_reads() -> None:
    with pytest.raises(ConfigurationError, match=r"Did you mean '\.parquet'\?"):
        load_data("data.parqet")


def test_kestras_storage_is_handed_in_by_kestra() -> None:
    with pytest.raises(ScriptError, match="inputFiles"):
        load_data("kestra:///a/b.csv")


def test_tables_are_for_databases() -> None:
    with pytest.raises(ConfigurationError, match="require a database URL"):
        usable_source("x.csv", table="t", query=None)


def test_a_missing_package_is_named_with_its_pip_line() -> None:
    with pytest.raises(MissingDependencyError, match="pip install") as caught:
        load_data("gs://bucket/x.csv")
    assert "gcsfs" in str(caught.value)
