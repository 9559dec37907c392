"""SQLite keeps moments, times and UUIDs as text: all spellings of one of them are the same value to every check."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from dq_core import compare, validate

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import URL

TIME, MOMENT = dt.time(10, 30), dt.datetime.fromisoformat("2024-05-01")
ZONED = dt.datetime(2024, 5, 1, 10, 0, 0, 123456, dt.UTC)
ZONED_TYPES = ["TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ", "DATETIME WITH TIME ZONE", "TIMESTAMP", "DATETIME"]
UUID = uuid.UUID("2f1b6c1e-0000-4000-8000-0000000000ab")
SPELLINGS = {
    ("TIME", TIME): ["10:30", "10:30:00", "10:30:00.0", "10:30:00.000", "10:30:00.000000"],
    ("TIMESTAMP", MOMENT): [
        *(f"2024-05-01{between}{clock}" for between in " T" for clock in ("00:00", "00:00:00", "00:00:00.000000")),
        "2024-05-01",
    ],
    **{
        (type_, ZONED): [
            "2024-05-01 10:00:00.123456",
            "2024-05-01T10:00:00.123456Z",
            "2024-05-01 12:00:00.1234560+02:00",
            "2024-05-01 03:30:00.123456 -06:30",
        ]
        for type_ in ZONED_TYPES
    },
}


def checked(url: URL, type_: str, strings: list[str], **rule: Any) -> str:
    """The status of one rule on a column of the type with these strings."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE IF EXISTS t")
        connection.exec_driver_sql(f"CREATE TABLE t (v {type_})")
        connection.execute(sa.text("INSERT INTO t VALUES (:v)"), [{"v": text} for text in strings])
    report = validate(engine, [{"column": "v", **rule}], table="t")
    engine.dispose()
    return report.results[0].status


@pytest.mark.parametrize(("type_", "value"), SPELLINGS)
def test_every_spelling_is_the_value(sqlite_url: URL, type_: str, value: Any) -> None:
    for text in SPELLINGS[type_, value]:
        expected = {
            "passed": [
                {"type": "in_range", "min": value, "max": value},
                {"type": "in_set", "values": [value]},
                {"type": "statistic", "statistic": "max", "min": value, "max": value},
                {"type": "type", "dtype": "time" if type_ == "TIME" else "datetime"},
            ],
            "failed": [
                {"type": "in_range", "min": value, "strict_min": True},
                {"type": "not_in_set", "values": [value]},
                {"type": "statistic", "statistic": "min", "min": value, "strict_min": True},
                {"type": "statistic", "statistic": "min", "max": value, "strict_max": True},
            ],
        }
        for status, rules in expected.items():
            for rule in rules:
                assert checked(sqlite_url, type_, [text], **rule) == status, (text, rule)


@pytest.mark.parametrize(("type_", "value"), SPELLINGS)
def test_two_spellings_of_one_value_are_twice_the_same(sqlite_url: URL, type_: str, value: Any) -> None:
    strings = SPELLINGS[type_, value]
    assert checked(sqlite_url, type_, strings, type="unique") == "failed"
    assert checked(sqlite_url, type_, strings, type="distinct_count", max=1) == "passed"


@pytest.mark.parametrize("type_", ZONED_TYPES)
def test_moments_of_different_digits_or_hours_are_different(sqlite_url: URL, type_: str) -> None:
    strings = ["2024-05-01 12:00:00.123456+02:00", "2024-05-01 12:00:00.123457+02:00", "2024-05-01 12:00:00.123456Z"]
    strings += ["2024-05-01 10:00:00.1234561", "2024-05-01 10:00:00.12345601Z"]
    assert checked(sqlite_url, type_, strings, type="unique") == "passed"
    for text in strings[1:]:
        assert checked(sqlite_url, type_, [text], type="in_range", max=ZONED) == "failed", text
        assert checked(sqlite_url, type_, [text], type="not_in_set", values=[ZONED]) == "passed", text
        assert checked(sqlite_url, type_, [text], type="statistic", statistic="max", max=ZONED) == "failed", text
        assert checked(sqlite_url, type_, [text], type="statistic", statistic="min", min=ZONED) == "passed", text


@pytest.mark.parametrize("text", ["2024-05-01 24:00:00", "2024-05-01 10:00:00\t", "2024-05-01 10:00:00+02:00\n"])
def test_what_is_no_moment_is_none(sqlite_url: URL, text: str) -> None:
    assert checked(sqlite_url, "TIMESTAMP", [text], type="type", dtype="datetime") == "failed"
    assert checked(sqlite_url, "TIMESTAMP", [text], type="in_range", min=MOMENT) == "failed"


def test_the_declared_type_is_what_a_rule_asks_for(sqlite_url: URL) -> None:
    for type_ in ZONED_TYPES[:3]:
        assert checked(sqlite_url, type_, ["2024-05-01 10:00:00Z"], type="type", dtype="timestamptz") == "passed"
    assert checked(sqlite_url, "JSONB", ["[1]"], type="type", dtype="json") == "passed"
    assert checked(sqlite_url, "JSONB", ["[1"], type="type", dtype="json") == "failed"


def test_every_spelling_is_the_uuid(sqlite_url: URL) -> None:
    strings = [str(UUID), str(UUID).upper(), UUID.hex, f"{{{UUID}}}", UUID.urn]
    for text in strings:
        for value in (UUID, str(UUID).upper()):
            assert checked(sqlite_url, "UUID", [text], type="in_set", values=[value]) == "passed"
            assert checked(sqlite_url, "UUID", [text], type="not_in_set", values=[value]) == "failed"
        assert checked(sqlite_url, "UUID", [text], type="type", dtype="uuid") == "passed"
    assert checked(sqlite_url, "UUID", strings, type="unique") == "failed"
    assert checked(sqlite_url, "UUID", strings, type="distinct_count", max=1) == "passed"
    for text in ("", "nope", UUID.hex[1:], f"g{UUID.hex[1:]}"):
        assert checked(sqlite_url, "UUID", [text], type="type", dtype="uuid") == "failed"
        assert checked(sqlite_url, "UUID", [text], type="in_set", values=[UUID]) == "failed"


@pytest.mark.parametrize(
    ("value", "strings"),
    [
        (UUID, [str(UUID), str(UUID).upper(), UUID.hex, UUID.urn]),
        (dt.time(10), ["10:00", "10:00:00", "10:00:00.000000"]),
        (dt.datetime(2024, 5, 1), ["2024-05-01", "2024-05-01T00:00", "2024-05-01 00:00:00.000"]),  # noqa: DTZ001
    ],
)
@pytest.mark.parametrize("column", ["v", "coalesce(v, v)"])
def test_every_spelling_in_a_query_is_the_value_of_a_rule(
    sqlite_url: URL, value: Any, strings: list[str], column: str
) -> None:
    engine = sa.create_engine(sqlite_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (v TEXT)")
        connection.execute(sa.text("INSERT INTO t VALUES (:v)"), [{"v": text} for text in (*strings, "other")])
    rules = [{"type": kind, "column": "v", "values": [value]} for kind in ("in_set", "not_in_set")]
    report = validate(engine, rules, query=f"SELECT {column} AS v FROM t")
    engine.dispose()
    assert [result.failed_rows for result in report.results] == [1, len(strings)]


@pytest.mark.parametrize(("own", "referenced"), [("UUID", "UUID"), ("UUID", "CHAR(36)"), ("CHAR(36)", "UUID")])
def test_a_key_refers_to_every_spelling_of_a_uuid(sqlite_url: URL, own: str, referenced: str) -> None:
    engine = sa.create_engine(sqlite_url)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE TABLE t (v {own})")
        connection.exec_driver_sql(f"CREATE TABLE there (v {referenced})")
        connection.execute(sa.text("INSERT INTO t VALUES (:v)"), [{"v": UUID.hex}, {"v": str(UUID)}, {"v": "nope"}])
        connection.execute(sa.text("INSERT INTO there VALUES (:v)"), {"v": str(UUID).upper()})
    rule = {"type": "foreign_key", "column": "v", "references": {"table": "there", "column": "v"}}
    (result,) = validate(engine, [rule], table="t").results
    assert result.failed_rows == 1
    engine.dispose()


KEYS = [("TIME", "TIME"), ("TIMESTAMP", "TIMESTAMP"), ("TIMESTAMP", "DATE"), ("DATE", "TIMESTAMP")]


@pytest.mark.parametrize(("own", "referenced"), KEYS)
@pytest.mark.parametrize("names", [["v"], ["v", "w"]])
def test_a_key_refers_to_every_spelling_of_its_value(
    sqlite_url: URL, own: str, referenced: str, names: list[str]
) -> None:
    strings = {"TIME": SPELLINGS["TIME", TIME], "TIMESTAMP": SPELLINGS["TIMESTAMP", MOMENT], "DATE": ["2024-05-01"]}
    engine = sa.create_engine(sqlite_url)
    with engine.begin() as connection:
        # Of the other table one spelling is enough.
        for table, type_, rows in (("t", own, strings[own]), ("there", referenced, strings[referenced][:1])):
            connection.exec_driver_sql(f"CREATE TABLE {table} (v {type_}, w INT)")
            connection.execute(sa.text(f"INSERT INTO {table} VALUES (:v, 1)"), [{"v": text} for text in rows])
    rule = {"type": "foreign_key", "columns": names, "references": {"table": "there", "columns": names}}
    assert validate(engine, [rule], table="t")
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE there SET v = '1999-01-01 00:00:00.000000'")
    (result,) = validate(engine, [rule], table="t").results
    assert result.failed_rows == len(strings[own])
    engine.dispose()


@pytest.mark.parametrize("text", ["10:30Z", "10:30+02:00", "24:00", "10:60", "10", "noon", ""])
def test_what_is_no_time_is_none(sqlite_url: URL, text: str) -> None:
    assert checked(sqlite_url, "TIME", [text], type="type", dtype="time") == "failed"
    assert checked(sqlite_url, "TIME", [text], type="in_range", min=dt.time()) == "failed"


@pytest.mark.parametrize("text", ["2024-02-30", "01/02/2024", "", "2024-2-9", "10:30"])
def test_what_is_no_date_is_none(sqlite_url: URL, text: str) -> None:
    assert checked(sqlite_url, "DATE", ["2024-02-29", text], type="type", dtype="date") == "failed"


@pytest.mark.parametrize("type_", ["TIMESTAMP", "TIME"])
def test_digits_below_a_microsecond_are_a_difference(tmp_path: Path, type_: str) -> None:
    day = "2024-05-01 " if type_ == "TIMESTAMP" else ""
    for name, digits in (("left", "1234567"), ("right", "123456"), ("same", "1234560")):
        engine = sa.create_engine(f"sqlite:///{tmp_path / name}")
        with engine.begin() as connection:
            connection.exec_driver_sql(f"CREATE TABLE t (id INTEGER, v {type_})")
            connection.exec_driver_sql(f"INSERT INTO t VALUES (1, '{day}10:30:00.{digits}')")
        engine.dispose()
    left, right, same = (f"sqlite:///{tmp_path / name}" for name in ("left", "right", "same"))
    assert not compare(left, right, ["id"], table="t")
    assert compare(same, right, ["id"], table="t")
