"""`compare`: what is equal, and which rows differ, on every database."""

from __future__ import annotations

import datetime as dt
import decimal
import html
import importlib
import json
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
import sqlalchemy as sa
from sqlalchemy.pool import AssertionPool, QueuePool, SingletonThreadPool, StaticPool

from dq_core import (
    Comparison,
    ComparisonFailedError,
    DataQualityError,
    RuleError,
    Source,
    compare,
    learn,
    profile,
    validate,
)
from dq_core.comparing import source as source_module
from dq_core.errors import TableNotFoundError, ValidationTimeoutError
from dq_core.history import History
from dq_core.quarantine import quarantine
from dq_core.relation import differences
from dq_core.run import reader
from support.fingerprints import ARROW, EDGES, FORMS, document_types, fitting, stored, stored_documents
from support.hostile import Call, assert_refused
from support.shared import shared

_spec = shared("fingerprints.fingerprint")
comparing = importlib.import_module("dq_core.comparing.compare")  # the package has a function of the same name
_MARIADB, _TRINO = [pytest.param(name, marks=pytest.mark.engines) for name in ("mariadb", "trino_memory")]


@pytest.fixture(params=["sqlite", "duckdb", "postgresql", _MARIADB, _TRINO])
def engine(request: pytest.FixtureRequest) -> Iterator[sa.Engine]:
    engine = sa.create_engine(request.getfixturevalue(f"{request.param}_url"))
    yield engine
    engine.dispose()


@pytest.fixture
def transactional(engine: sa.Engine) -> sa.Engine:
    if engine.dialect.name == "trino":
        pytest.skip("its transactions change no rows of tables in memory")
    return engine


def _rows(number: int = 40) -> list[dict[str, Any]]:
    return [
        {
            "id": place,
            "part": f"p{place % 3}",
            "amount": decimal.Decimal(place) / 4,
            "note": None if place % 5 else "é ",
        }
        for place in range(number)
    ]


def _put(engine: sa.Engine, rows: list[dict[str, Any]], name: str = "t", key: Any = None) -> None:
    columns = [
        sa.Column("id", sa.BigInteger() if key is None else key),
        sa.Column("part", sa.String(20)),
        sa.Column("amount", sa.Numeric(20, 4)),
        sa.Column("note", sa.String(20)),
    ]
    table = sa.Table(name, sa.MetaData(), *columns)
    table.create(engine)
    with engine.begin() as connection:
        connection.execute(sa.insert(table).values(rows))  # one statement: a driver may send one for each of many


def _changed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with one changed in two columns, one missing and one more."""
    found = [dict(row) for row in rows]
    found[7] |= {"amount": decimal.Decimal("0.01"), "note": "other"}
    del found[3]
    return [*found, {"id": 900_000, "part": "new", "amount": None, "note": ""}]


@pytest.mark.parametrize("side", ["left", "right"])
def test_hostile_names_are_refused_with_their_side(engine: sa.Engine, side: str) -> None:
    _put(engine, _rows(2))

    def compared(table: Any, schema: Any = None) -> Comparison:
        sides = {"left": Source(engine, table="t"), "right": Source(engine, table="t")}
        return compare(**{**sides, side: Source(engine, table=table, schema=schema)}, keys=["id"])

    call = Call(compared, {"table": "t"})
    assert_refused(call, f"compare.{side}", (DataQualityError,), says={"*": (f"{side}: The table or view",)}, few=40)


def test_a_table_that_cannot_be_read_is_named(engine: sa.Engine) -> None:
    _put(engine, _rows(2))
    for side, sides in (("right", ("t", "a\0b")), ("left", ("a\0b", "t")), ("right", ("t", "tt"))):
        with pytest.raises(TableNotFoundError, match=f"^{side}: The table or view '") as caught:
            compare(*((engine, table) for table in sides), ["id"])
        again = pickle.loads(pickle.dumps(caught.value))
        assert (str(again), again.context, again.retryable) == (str(caught.value), caught.value.context, False)


def test_the_same_rows_are_equal_whatever_the_database(engine: sa.Engine) -> None:
    rows = _rows()
    _put(engine, rows)
    found = compare((engine, "t"), rows[::-1], ["id"])
    assert found
    assert (found.left_rows, found.right_rows, found.statements) == (40, 40, 2)
    assert found.left_fingerprint == found.right_fingerprint
    assert "Equal: 40 rows" in repr(found)
    assert found.raise_if_different() is found


@pytest.mark.parametrize("batch", [10, 50_000])
def test_it_finds_what_differs(engine: sa.Engine, batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # With small batches everything is looked for through buckets, and buckets are divided again.
    monkeypatch.setattr(differences, "BATCH", batch)
    monkeypatch.setattr(differences, "ROWS_OF_A_BUCKET", 4)
    rows = _rows()
    _put(engine, rows)
    found = compare((engine, "t"), _changed(rows), ["id"])
    assert not found
    assert (found.missing, found.extra, found.changed) == (1, 1, 1)
    assert found.changed_columns == {"amount": 1, "note": 1}
    by_kind = {one["kind"]: one for one in found.samples}
    assert by_kind["missing"]["left"]["id"] == 3
    assert by_kind["missing"]["right"] is None
    assert by_kind["extra"]["right"] == {"id": 900_000, "part": "new", "amount": None, "note": ""}
    changed = by_kind["changed"]
    assert (changed["left"]["amount"], changed["right"]["amount"]) == (1.75, 0.01)
    assert changed["columns"] == ["amount", "note"]
    with pytest.raises(ComparisonFailedError, match=r"1 missing, 1 extra, 1 changed \(in amount 1, note 1\)"):
        found.raise_if_different()


@pytest.mark.parametrize("keys", [["part", "id"], ["part"], []])
@pytest.mark.parametrize("batch", [10, 50_000])
def test_keys_of_any_type(engine: sa.Engine, keys: list[str], batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(differences, "BATCH", batch)
    monkeypatch.setattr(differences, "ROWS_OF_A_BUCKET", 4)
    rows = _rows()
    _put(engine, rows)
    found = compare((engine, "t"), _changed(rows), keys)
    expected = {("part", "id"): (1, 1, 1), (): (2, 2, 0)}
    if keys != ["part"]:
        assert (found.missing, found.extra, found.changed) == expected[tuple(keys)]
        assert found.repeated_keys == {"left": 0, "right": 0}
        return
    # A key that is not unique is told, and its rows are compared in any order.
    assert found.repeated_keys["left"] > 0
    assert (found.missing + found.changed, found.extra + found.changed) == (2, 2)
    assert "Keys that are not unique" in found.to_text()


@pytest.mark.most_cases(13)
@pytest.mark.parametrize("key", FORMS)
def test_a_changed_row_is_found_by_a_key_of_any_type(
    engine: sa.Engine, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Through buckets, and not by fetching all rows.
    monkeypatch.setattr(differences, "BATCH", 4)
    monkeypatch.setattr(differences, "ROWS_OF_A_BUCKET", 1)
    filler = {name: values[0] for name, values in EDGES.items()} | {"u": None}
    values = {_spec.canonical(one, FORMS[key]): one for one in EDGES[key]}.values()
    rows = [fitting(engine.dialect.name, filler | {key: value}) for value in values]
    other = "i" if key != "i" else "d"
    stored(engine, rows)
    types = pa.schema(list(zip(FORMS, ARROW, strict=True)))

    def copied(changed: int | None) -> pa.Table:
        copies = [row | {"u": None if row["u"] is None else str(row["u"])} for row in rows]
        for place in () if changed is None else (changed,):
            copies[place] |= {other: 7}
        return pa.Table.from_pylist(copies, types)

    assert compare((engine, "t"), copied(None), [key])
    for place in (0, len(rows) // 2):
        found = compare((engine, "t"), copied(place), [key])
        assert (found.missing, found.extra, found.changed) == (0, 0, 1), found.to_text()
        assert found.changed_columns == {other: 1}
        assert found.samples[0]["right"][other] == 7


def test_both_sides_in_the_same_database(engine: sa.Engine) -> None:
    _put(engine, _rows())
    _put(engine, _changed(_rows()), "u")
    with engine.connect() as connection:
        found = compare((connection, "t"), (connection, "u"), ["id"])
        assert (found.missing, found.extra, found.changed) == (1, 1, 1)
        assert compare(connection, (connection, "t"), ["id"], table="t")
        schema = sa.inspect(connection).default_schema_name
        assert compare(Source(connection, schema=schema), (connection, "t"), ["id"], table="t")
    assert compare(Source(engine, query="SELECT * FROM u WHERE id < 3"), (engine, "t"), ["id"], where="id < 3")


POOLS: dict[str, dict[str, Any]] = {
    "static": {"poolclass": StaticPool},
    "of a thread": {"poolclass": SingletonThreadPool},
    "asserting": {"poolclass": AssertionPool},
    "of one": {"poolclass": QueuePool, "pool_size": 1, "max_overflow": 0, "pool_timeout": 0.2},
}


@pytest.mark.parametrize("pool", POOLS)
def test_both_sides_on_the_only_connection_of_an_engine(engine: sa.Engine, pool: str) -> None:
    _put(engine, _rows())
    _put(engine, _changed(_rows()), "u")
    single = sa.create_engine(engine.url, **POOLS[pool])
    select = sa.select(sa.table("u", *[sa.column(name) for name in _rows()[0]]))
    frame = SimpleNamespace(statement=select, bind=single)
    try:
        wanted = compare((engine, "t"), (engine, "u"), ["id"])
        for right in ((single, "u"), Source(single, query="SELECT * FROM u"), frame):
            found = compare((single, "t"), right, ["id"])
            assert (found.missing, found.extra, found.changed) == (wanted.missing, wanted.extra, wanted.changed)
            assert compare(right, right, ["id"])
        with single.connect() as connection:
            found = compare((connection, "t"), (single, "u"), ["id"])
            assert (found.missing, found.extra, found.changed) == (wanted.missing, wanted.extra, wanted.changed)
        with single.connect() as connection:
            assert connection.execute(sa.text("SELECT count(*) FROM t")).scalar_one() == len(_rows())
    finally:
        single.dispose()


@pytest.mark.parametrize("pool", ["static", "of a thread"])
def test_a_transaction_on_the_only_connection_of_an_engine_stays(transactional: sa.Engine, pool: str) -> None:
    engine = transactional
    _put(engine, _rows())
    single = sa.create_engine(engine.url, **POOLS[pool])
    with single.connect() as connection:
        connection.execute(sa.text("DELETE FROM t WHERE id > 0"))
        attempts: list[Callable[[], object]] = [
            lambda: compare((single, "t"), (engine, "t"), ["id"]),
            lambda: validate(single, [{"type": "not_null", "column": "id"}], table="t"),
            lambda: profile(single, table="t"),
            lambda: learn(single, table="t"),
            lambda: quarantine(single, [{"type": "not_null", "column": "id"}], table="t", to="kept"),
            lambda: History(single).points("total_rows", suite="s"),
        ]
        for attempt in attempts:
            with pytest.raises(DataQualityError, match="one connection"):
                attempt()
        assert validate(connection, [{"type": "row_count", "max": 1}], table="t")
        connection.commit()
    assert validate(single, [{"type": "row_count", "max": 1}], table="t")
    single.dispose()


@pytest.mark.parametrize("pool", ["asserting", "of one"])
def test_a_connection_that_somebody_else_has_is_told(engine: sa.Engine, pool: str) -> None:
    _put(engine, _rows())
    single = sa.create_engine(engine.url, **POOLS[pool])
    with single.connect(), pytest.raises(DataQualityError, match="in use") as caught:
        compare((single, "t"), (single, "t"), ["id"])
    assert caught.value.retryable == (pool == "of one")
    single.dispose()


def test_null_keys_are_told_and_compared(engine: sa.Engine) -> None:
    rows = [*_rows(5), {"id": None, "part": "x", "amount": None, "note": None}]
    _put(engine, rows)
    assert compare((engine, "t"), rows, ["id"]).null_keys == {"left": 1, "right": 1}
    found = compare((engine, "t"), _rows(5), ["id"])
    assert (found.missing, found.null_keys) == (1, {"left": 1, "right": 0})
    assert "NULL in the key: 1 row on the left" in found.to_text()


def test_fractions_in_a_key_of_integers(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite keeps them, and ranges of integers would leave them out."""
    monkeypatch.setattr(differences, "BATCH", 10)
    monkeypatch.setattr(differences, "ROWS_OF_A_BUCKET", 1)
    engine = sa.create_engine("sqlite://")
    rows = [(place, "a") for place in range(40)] + [(2.5, "a"), (None, "a")]
    with engine.begin() as connection:
        for name, last in (("t", "a"), ("u", "b")):
            connection.exec_driver_sql(f"CREATE TABLE {name} (id INTEGER, v TEXT)")
            connection.exec_driver_sql(f"INSERT INTO {name} VALUES (?, ?)", [*rows, (7.25, last)])
        connection.exec_driver_sql("UPDATE u SET v = 'c' WHERE id IN (3, 2.5)")
    found = compare((engine, "t"), (engine, "u"), ["id"])
    assert (found.missing, found.extra, found.changed) == (0, 0, 3)
    assert {one["left"]["id"] for one in found.samples} == {3, 2.5, 7.25}


def test_null_keys_in_a_bucket_of_their_own(engine: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(differences, "BATCH", 10)
    rows = [*_rows(), {"id": None, "part": "x", "amount": None, "note": None}]
    _put(engine, rows)
    found = compare((engine, "t"), _rows(), ["id"])
    assert (found.missing, found.extra, found.changed) == (1, 0, 0)


@pytest.mark.parametrize(
    ("tolerance", "changed", "within"),
    [(None, 2, 0), (0.01, 1, 1), ({"relative": 0.001}, 1, 1), ({"absolute": 1, "relative": 0.5}, 0, 2)],
)
def test_tolerance(tolerance: Any, changed: int, within: int) -> None:
    left = [{"id": 1, "v": 10.0, "t": "a"}, {"id": 2, "v": 20.0, "t": "a"}, {"id": 3, "v": 1.0, "t": "a"}]
    right = [left[0] | {"v": 10.005}, left[1] | {"v": 21.0}, left[2]]
    found = compare(left, right, ["id"], tolerance=tolerance)
    assert (found.changed, found.within_tolerance, found.equal) == (changed, within, not changed)


@pytest.mark.parametrize("order", [1, -1])
def test_a_tolerance_finds_the_rows_of_a_repeated_key_that_belong_together(order: int) -> None:
    left = [{"id": 1, "v": value, "t": text} for value, text in ((1.0, "a"), (2.0, "a"), (3.0, "a"), (3.0, "b"))]
    right = [one | {"v": one["v"] + 0.01} for one in left][::order]
    left += [{"id": 1, "v": None, "t": "a"}, {"id": 1, "v": float("nan"), "t": "a"}]
    found = compare(left, right, ["id"], tolerance=0.1)
    assert (found.missing, found.extra, found.changed, found.within_tolerance) == (2, 0, 0, 4)
    found = compare(left[:2], [left[0] | {"v": 2.001}], ["id"], tolerance=0.1)
    assert (found.missing, found.extra, found.changed, found.within_tolerance) == (1, 0, 0, 1)


def test_no_boolean_hides_behind_a_tolerance(engine: sa.Engine) -> None:
    table = sa.Table("t", sa.MetaData(), sa.Column("id", sa.BigInteger()), sa.Column("v", sa.Boolean()))
    table.create(engine)
    with engine.begin() as connection:
        connection.execute(sa.insert(table), [{"id": 1, "v": True}])
    for other in (False, 0):
        found = compare((engine, "t"), [{"id": 1, "v": other}], ["id"], tolerance={"absolute": 1, "relative": 1})
        assert found.changed_columns == {"v": 1}


def test_no_difference_hides_behind_a_tolerance() -> None:
    left, right = [{"id": 1, "v": 1.0, "t": "a"}], [{"id": 1, "v": 1.001, "t": "b"}]
    found = compare(left, right, ["id"], tolerance=0.1)
    assert found.changed_columns == {"t": 1}
    assert not compare([{"id": 1, "v": float("nan")}], [{"id": 1, "v": 1.0}], ["id"], tolerance=100)


def test_types_that_hold_the_same_values_are_compared_by_value(tmp_path: Path) -> None:
    day = dt.date(2024, 2, 29)
    left = [{"id": 1, "n": decimal.Decimal("1.00"), "b": True, "d": day}]
    right = [{"id": decimal.Decimal(1), "n": 1, "b": 1, "d": dt.datetime(2024, 2, 29, tzinfo=dt.UTC)}]
    assert compare(left, right, ["id"])
    # A file declares no types: its values are read as what the other side has.
    file = tmp_path / "a.csv"
    file.write_text("id,zip,price,at\n1,00501,0.1,2024-02-29\n")
    other = [{"id": 1, "zip": "00501", "price": 0.1, "at": dt.datetime(2024, 2, 29, tzinfo=dt.UTC)}]
    assert compare(file, other, ["id"])
    assert not compare(file, [other[0] | {"zip": "501"}], ["id"])


@pytest.mark.parametrize("keys", [["i"], [*FORMS]])
def test_columns_without_values_go_with_every_type(engine: sa.Engine, keys: list[str]) -> None:
    rows = [dict.fromkeys(FORMS) | {"i": place} for place in range(2)]
    stored(engine, rows)
    frame = pd.DataFrame({name: pd.Series([row[name] for row in rows], dtype=object) for name in FORMS})
    for other in (rows, frame):
        found = compare((engine, "t"), other, keys)
        assert found.equal
        assert found.left_fingerprint == found.right_fingerprint


@pytest.mark.parametrize("suffix", ["csv", "json"])
def test_a_file_holds_negative_zero(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"a.{suffix}"
    form = {"csv": "id,f\n1,%s\n2,2\n", "json": '[{"id":1,"f":%s},{"id":2,"f":2}]'}[suffix]
    for written, value in (("-0.0", -0.0), ("0.0", 0.0), ("0.1", 0.1), ("-0.5e-3", -0.0005)):
        file.write_text(form % written)
        rows = [{"id": 1, "f": value}, {"id": 2, "f": 2.0}]
        assert compare(rows, file, ["id"])
        assert compare([rows[0] | {"f": -value}, rows[1]], file, ["id"]).changed_columns == {"f": 1}


def test_json_is_compared_by_what_it_means(engine: sa.Engine, tmp_path: Path) -> None:
    documents = [f'{{"n": {place}, "é": ["\\u00e9", 1.50, {{"b": null, "a": true}}]}}' for place in range(30)]
    other = [f'{{"é":["é",1.5e0,{{"a":true,"b":null}}],"n":{place}.0}}' for place in range(30)]
    other[7] = other[7].replace("1.5e0", "1.5000000000000000000001")
    stored_documents(engine, "t", documents, document_types(engine)[-1])
    file = tmp_path / "other.json"
    file.write_text("[" + ",".join(f'{{"id": {place}, "j": {one}}}' for place, one in enumerate(other)) + "]")
    mappings = [{"id": place, "j": json.loads(one)} for place, one in enumerate(documents)]
    same = compare((engine, "t"), mappings, ["id"])
    assert same.equal, same.to_text()
    duckdb = sa.create_engine(f"duckdb:///{tmp_path}/other.duckdb")
    stored_documents(duckdb, "u", other, "JSON")
    for found in (compare((engine, "t"), (duckdb, "u"), ["id"]), compare((engine, "t"), file, ["id"])):
        assert (found.changed, found.changed_columns) == (1, {"j": 1}), found.to_text()
        assert found.samples[0]["left"]["id"] == 7
    duckdb.dispose()


def test_what_cannot_be_compared_is_refused_all_at_once() -> None:
    left = [{"id": 1, "f": 1.5, "j": dt.timedelta(1), "only": 1}]
    right = [{"id": 1, "f": "x", "j": dt.timedelta(1), "other": 1}]
    with pytest.raises(RuleError) as caught:
        compare(left, right, ["id", "nix"], columns=["f", "onl"])
    assert len(caught.value.problems) == 4
    assert "Did you mean 'only'?" in str(caught.value)
    with pytest.raises(RuleError) as caught:
        compare(left, right, ["id"], columns=["f", "j"])
    assert [problem.partition(":")[0] for problem in caught.value.problems] == ["f", "j", "j"]
    with pytest.raises(RuleError, match="Only the left has 'only'; name the columns"):
        compare(left, right, ["id"])
    with pytest.raises(RuleError, match="columns is empty"):
        compare([{"id": 1, "v": 1}], [{"id": 1, "v": 2}], ["id"], columns=[])
    with pytest.raises(RuleError, match="tolerance requires keys"):
        compare(left, right, columns=["id"], tolerance=1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"keys": "id"}, "keys must be a list of column names"),
        ({"keys": ["id", "id"]}, "keys has duplicate names: 'id'"),
        ({"columns": 5}, "columns must be a list of column names"),
        ({"tolerance": -1}, "tolerance must be a number from 0"),
        ({"tolerance": {"abs": 1}}, "tolerance has no key 'abs'"),
        ({"samples": -1}, "samples"),
        ({"mask": ["nix"]}, "mask: the column 'nix' is not compared"),
        ({"where": "id = (SELECT 1 FROM t)"}, "where"),
        ({"where": "nix > 1"}, "left: where 'nix > 1' cannot be evaluated"),
        ({"table": "t", "query": "SELECT 1"}, "table is for each side that is a database"),
        ({"schema": "s"}, "schema is for each side that is a database"),
    ],
)
def test_wrong_arguments(options: dict[str, Any], message: str) -> None:
    rows = [{"id": 1}]
    with pytest.raises(RuleError, match=message.replace("(", r"\(")):
        compare(rows, rows, **{"keys": ["id"], **options})


def test_masked_columns_show_no_value() -> None:
    left, right = [{"id": 1, "name": "Ada"}, {"id": 2, "name": "Eve"}], [{"id": 1, "name": "Bob"}]
    found = compare(left, right, ["id"], mask=["name"])
    written = found.to_json() + found.to_html() + found.to_markdown() + found.to_text()
    assert not any(name in written for name in ("Ada", "Bob", "Eve"))
    assert found.changed_columns == {"name": 1}


def test_a_comparison_comes_back_from_json() -> None:
    found = compare([{"id": 1, "v": float("inf")}], [{"id": 1, "v": b"x".hex()}], columns=["id"])
    again = Comparison.from_dict(json.loads(found.to_json()))
    assert again.to_dict() == found.to_dict()


def test_what_comes_out_of_the_data_is_escaped() -> None:
    evil = "<script>alert(1)</script>|`x`\x1b[31m"
    found = compare([{"id": 1, evil: evil}], [{"id": 1, evil: "b"}], ["id"])
    assert "<script>" not in found.to_html()
    assert "<script>" not in found._repr_html_()
    assert "\x1b" not in found.to_text()
    assert "<del>" in found.to_html()
    assert "| `x`" not in found.to_markdown()


@pytest.mark.parametrize(
    ("left", "right", "shown"),
    [
        ("x" * 990 + "a", "x" * 990 + "b", ("xxa", "xxb")),
        ("x" * 990, "x" * 990 + " ", ('xx"', 'xx "')),
        ("caf\u00e9", "cafe\u0301", ("caf\\xe9", "cafe\\u0301")),
        ("a\u00a0b", "a b", ("a\\xa0b", "a b")),
        ("a\r\nb", "a\nb", ("a\\r\\nb", "a\\nb")),
        ("a\nb", "a\u21b5b", ("a\\nb", "a\\u21b5b")),
        ("a\x1bb", "a\\x1bb", ("a\\x1bb", "a\\")),
        (True, False, ("true", "false")),
    ],
)
def test_it_is_seen_where_values_differ(left: Any, right: Any, shown: tuple[str, str]) -> None:
    found = compare([{"id": 1, "v": left}], [{"id": 1, "v": right}], ["id"])
    for written in (found.to_text(), found.to_markdown(), found.to_html(), found._repr_html_()):
        plain = html.unescape(written).replace("\\\\", "\\")
        assert all(one in plain for one in shown), written
    assert found.samples[0]["left"]["v"] is left or found.samples[0]["left"]["v"] == left


def test_it_is_seen_where_long_bytes_differ() -> None:
    left, right = ([{"id": 1, "v": bytes(600) + end}] for end in (b"a", b"b"))
    found = compare(left, right, ["id"])
    for written in (found.to_text(), found.to_markdown(), found.to_html(), found.to_json()):
        assert "0061" in written
        assert "0062" in written


def test_a_number_does_not_look_like_the_string_of_its_digits() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        for name, value in (("t", "1"), ("u", "'1'")):
            connection.exec_driver_sql(f"CREATE TABLE {name} AS SELECT 1 AS id, {value} AS v")
    found = compare((engine, "t"), (engine, "u"), ["id"])
    assert found.changed_columns == {"v": 1}
    for written in (found.to_text(), found.to_markdown(), html.unescape(found.to_html())):
        assert '"1"' in written


@pytest.mark.parametrize("ends", [("a", "b"), ("", "b"), ("a" * 5000, "b" * 5000)])
@pytest.mark.parametrize("same", [950, 999, 1000, 1001, 5000])
def test_it_is_seen_where_long_strings_differ(same: int, ends: tuple[str, str]) -> None:
    left, right = ("x" * same + one for one in ends)
    found = compare([{"id": 1, "v": left}], [{"id": 1, "v": right}], ["id"])
    values = [found.samples[0][side]["v"] for side in ("left", "right")]
    assert values[0] != values[1]
    assert all(len(one) < 1100 and "xx" in one for one in values)
    for written in (found.to_text(), found.to_markdown(), found.to_html()):
        assert "xxb" in written
        assert "u2026" not in written


def test_progress_is_told() -> None:
    steps: list[str] = []
    compare([{"id": 1}], [{"id": 2}], ["id"], on_progress=lambda step: steps.append(step.message))
    assert steps == ["compared the fingerprints", "compared rows: 1"]


def test_samples_are_bounded() -> None:
    left, right = [{"id": n, "v": 1} for n in range(50)], [{"id": n + 25, "v": 2} for n in range(50)]
    found = compare(left, right, ["id"], samples=3)
    assert (found.missing, found.extra, found.changed) == (25, 25, 25)
    assert [one["kind"] for one in found.samples].count("changed") == 3
    assert compare(left, right, ["id"], samples=0).samples == []


def test_a_side_is_opened_in_the_time_that_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time limit is one for both sides: what opening the left one took, the right one does not have."""
    limits = []

    def opening(source: Source, timeout_seconds: float | None) -> Any:
        limits.append(timeout_seconds)
        deadline.seconds -= 10  # type: ignore[operator] # opening took ten seconds
        return source_module.opened(source, timeout_seconds)

    deadline = reader.Deadline(25)
    monkeypatch.setattr(comparing, "Deadline", lambda seconds: deadline)
    monkeypatch.setattr(comparing, "opening", opening)
    assert compare(_rows(2), _rows(2), ["id"], timeout_seconds=25)
    first, second = limits
    assert 24 < first <= 25
    assert second <= first - 10
    with pytest.raises(ValidationTimeoutError):
        compare(_rows(2), _rows(2), ["id"], timeout_seconds=25)
