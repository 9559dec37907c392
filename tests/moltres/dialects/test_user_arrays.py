"""Arrays of types that users have made in PostgreSQL: read as lists, and written to their own table again."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest

from moltres import connect
from moltres.errors import MoltresError
from moltres.handoff import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import URL

    from moltres import DataFrame


@pytest.mark.parametrize("form", ["frame", "records", "encoded", "arrow", "query"])
def test_arrays_of_types_of_users_keep_their_table(postgresql_url: URL, form: str) -> None:
    forms: dict[str, Callable[[DataFrame], Any]] = {
        "frame": lambda frame: frame,
        "records": lambda frame: frame.collect(),
        "encoded": lambda frame: decode(json.loads(json.dumps(encode(frame.collect())))),
        "arrow": lambda frame: frame.to_arrow(),
        "query": lambda frame: frame.database.sql("SELECT * FROM own"),
    }
    with connect(postgresql_url) as db:
        with db.transaction() as connection:
            connection.exec_driver_sql(
                "CREATE TYPE shade AS ENUM ('light', 'very dark'); CREATE DOMAIN few AS integer CHECK (VALUE < 10);"
                " CREATE TABLE own (id integer PRIMARY KEY, s shade[], f few[], r int4range[]);"
                " INSERT INTO own VALUES (1, '{light,NULL,very dark}', '{1,2}', '{\"[1,5)\"}'), (2, NULL, '{}', NULL)"
            )
        rows = [
            {"id": 1, "s": ["light", None, "very dark"], "f": [1, 2], "r": ["[1,5)"]},
            {"id": 2, "s": None, "f": [], "r": None},
        ]
        assert db.table("own").order_by("id").collect() == rows
        db.write(forms[form](db.table("own"))).save_as_table("own", mode="overwrite")
        kept = db.sql(
            "SELECT string_agg(udt_name, ' ' ORDER BY ordinal_position) AS types, (SELECT count(*) FROM pg_indexes"
            " WHERE tablename = 'own') AS keys FROM information_schema.columns WHERE table_name = 'own'"
        )
        assert kept.collect() == [{"types": "int4 _shade _few _int4range", "keys": 1}]
        db.forget()
        assert db.table("own").order_by("id").collect() == rows
        with pytest.raises(MoltresError, match="shade"):
            db.write([{"id": 3, "s": ["grey"], "f": None, "r": None}]).save_as_table("own", mode="append")


@pytest.mark.filterwarnings("ignore:Did not recognize type")
def test_domains_of_every_depth(postgresql_url: URL) -> None:
    columns = {
        "shade[]": "{light,NULL}",
        "dull[]": "{light}",
        "duller[]": "{light}",
        "fewer[]": "{1,2}",
        "pairs[]": '{"{1,2}"}',
        "near[]": "{2026-01-02}",
        "place": '(1,"a b")',
        "place[]": '{"(1,a)"}',
        "spot[]": '{"(1,a)"}',
        "duller": "light",
        "pairs": "{1,2}",
    }
    made = ", ".join(f'"{name}" {name}' for name in columns)
    with connect(postgresql_url) as db:
        with db.transaction() as connection:
            connection.exec_driver_sql(
                "CREATE TYPE shade AS ENUM ('light', 'dark'); CREATE DOMAIN dull AS shade;"
                " CREATE DOMAIN duller AS dull;"
                " CREATE DOMAIN few AS integer; CREATE DOMAIN fewer AS few; CREATE DOMAIN pairs AS integer[];"
                " CREATE DOMAIN near AS date; CREATE TYPE place AS (x integer, y text); CREATE DOMAIN spot AS place;"
                f" CREATE TABLE own ({made});"
            )
            values = ", ".join(["%s"] * len(columns))
            connection.exec_driver_sql(f"INSERT INTO own VALUES ({values})", tuple(columns.values()))
        for _ in range(2):  # what is known of arrays by then changes no other column
            read = {name: db.table("own").select(name).collect().column(name)[0] for name in columns}
            assert read == {
                "shade[]": ["light", None],
                "dull[]": ["light"],
                "duller[]": ["light"],
                "fewer[]": [1, 2],
                "pairs[]": [[1, 2]],
                "near[]": [dt.date(2026, 1, 2)],
                "place": '(1,"a b")',
                "place[]": '{"(1,a)"}',
                "spot[]": ["(1,a)"],
                "duller": "light",
                "pairs": [1, 2],
            }
            assert db.table("own").to_arrow().num_rows == 1


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("integer[]", "{{1,2},{3,NULL}}"),
        ("integer[][]", "{{{1},{2}},{{3},{4}}}"),
        ("numeric(5,2)[]", "{{1.25},{2.00}}"),
        ("timestamptz[]", '{{"2024-01-01 08:00:00+00"}}'),
        ("uuid[]", "{{5a9d2f3e-0000-0000-0000-000000000001}}"),
    ],
)
@pytest.mark.parametrize("form", ["frame", "records", "encoded"])
def test_arrays_of_several_dimensions_keep_their_table(postgresql_url: URL, type_: str, value: str, form: str) -> None:
    with connect(postgresql_url) as db:
        with db.transaction() as connection:
            connection.exec_driver_sql(f"CREATE TABLE own (id integer PRIMARY KEY, x {type_})")
            connection.exec_driver_sql(f"INSERT INTO own VALUES (1, '{value}'), (2, NULL)")
            connection.exec_driver_sql("CREATE TABLE other (LIKE own INCLUDING ALL)")
        rows: Any = db.table("own")
        if form != "frame":
            rows = rows.collect()
        if form == "encoded":
            rows = decode(json.loads(json.dumps(encode(rows))))
        db.write(rows).save_as_table("other", mode="append")
        db.write(rows).save_as_table("own", mode="overwrite")
        for table in ("own", "other"):
            query = f"SELECT x = '{value}'::{type_} AS same FROM {table} ORDER BY id"
            assert db.sql(query).collect().column("same") == [True, None]
            assert db.sql(f"SELECT count(*) AS n FROM pg_indexes WHERE tablename = '{table}'").first() == {"n": 1}
