"""The text of queries: read as the database reads it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import JSON

from moltres import col
from moltres.errors import ConfigurationError, QueryError, SchemaMismatchError
from support.dialect_conformance.base import DialectSuite

if TYPE_CHECKING:
    from moltres import Database


class SqlText(DialectSuite):
    """Strings, names, comments, semicolons, and what looks like them.

    Attributes:
        readings: Queries of one column in the SQL of this database, with what they give.
    """

    readings: tuple[tuple[str, object], ...] = ()

    def test_strings_names_and_comments_have_no_parameters(self, db: Database) -> None:
        query = """SELECT ':a' AS x, -- :b isn't one
        '--' AS y, /* :c ' */ '/*' AS z, :d AS w"""
        assert db.sql(query, d=1).collect() == [{"x": ":a", "y": "--", "z": "/*", "w": 1}]

    def test_text_that_looks_like_a_parameter_of_a_driver(self, db: Database) -> None:
        db.write([{"n": 1}]).save_as_table("t")
        for text in ("%(n)s", "%s", "%%", "?", ":n", "$1", "%(n_0)s", "%(n_1)s", "%(n_1_1)s", "__[POSTCOMPILE_n_1]"):
            for query in (f"SELECT '{text}' AS s FROM t WHERE n = :n", f"SELECT '{text}' AS s FROM t WHERE n IN :n"):
                value: object = [1, 2] if "IN" in query else 1
                assert db.sql(query, n=value).collect() == [{"s": text}], query
            frame = db.sql(f"SELECT '{text}' AS s, n FROM t")
            for chosen in (frame.where(col("n") == 1), frame.where(col("n").in_([1, 2])).limit(3)):
                assert chosen.collect() == [{"s": text, "n": 1}], text

    def test_a_parameter_right_behind_a_word(self, db: Database) -> None:
        db.write([{"n": 1}, {"n": 2}]).save_as_table("t")
        query = "SELECT n FROM t WHERE n IN:some AND NOT n=:other AND n BETWEEN:low AND:high"
        assert db.sql(query, some=[1, 2], other=2, low=1, high=2).collect() == [{"n": 1}]

    @pytest.mark.parametrize(
        "end", ["", ";", " ; ", ";;", ";\n", "; -- done", "-- done", "\n-- it's; done\n", ";/* a; b */", "/* ' */ ;"]
    )
    def test_what_follows_the_query_is_left_out(self, db: Database, end: str) -> None:
        frame = db.sql(f"SELECT 1 AS a{end}")
        assert frame.collect() == [{"a": 1}]
        assert frame.where(col("a") == 1).count() == 1

    def test_a_second_query_is_refused(self, db: Database) -> None:
        db.write([{"n": 1}]).save_as_table("t")
        with pytest.raises(ConfigurationError, match="semicolon"):
            db.sql("SELECT 1 AS a; DROP TABLE t")
        assert db.tables() == ["t"]

    @pytest.mark.parametrize("text", ["", ";", "-- nothing", "/* nothing */ ;"])
    def test_no_query_is_refused(self, db: Database, text: str) -> None:
        with pytest.raises(ConfigurationError):
            db.sql(text)

    def test_everything_the_database_reads(self, db: Database) -> None:
        for query, value in self.readings:
            frame = db.sql(query, one=1) if ":one" in query else db.sql(query)
            assert frame.collect().rows == [(value,)], query
            if ":one" not in query and query.count("/*") == query.count("*/"):
                inner = db.sql(f"SELECT q.*, :x AS b FROM ({query}\n) q", x=7)
                assert inner.collect().rows == [(value, 7)], query

    def test_one_column_is_read_as_one_of_several(self, db: Database) -> None:
        rows = [{"i": 1, "f": 1.5, "s": "x", "d": Decimal("1.50"), "b": True, "t": dt.date(2026, 1, 2)}]
        db.write(rows).save_as_table("t")
        for name in rows[0]:
            alone, beside = db.sql(f"SELECT {name} FROM t"), db.sql(f"SELECT {name}, {name} AS x FROM t")
            assert str(alone.schema[name]) == str(beside.schema[name]), name
            assert alone.collect().rows == beside.select(name).collect().rows, name

    def test_methods_of_json_columns_work_on_names(self, db: Database) -> None:
        rows = [{"j": {"a": "x", "n": 3, "f": 1.5, "t": True, "o": {"p": "q"}}}]
        if db.dialect.column_type(JSON()) is None:
            with pytest.raises(SchemaMismatchError, match="column 'j' is json"):
                db.write(rows).save_as_table("j")
            return
        db.write(rows).save_as_table("j")
        found = db.table("j").select(
            a=col("j")["a"].as_string(), n=col("j")["n"].as_integer(), f=col("j")["f"].as_float()
        )
        assert found.collect() == [{"a": "x", "n": 3, "f": 1.5}]
        assert db.table("j").where(col("j")["a"].as_string() == "x").count() == 1

    def test_methods_of_other_types_are_refused(self, db: Database) -> None:
        db.write([{"n": 1}]).save_as_table("t")
        with pytest.raises(ConfigurationError):
            db.table("t").select(a=col("n")["a"].as_string())
        with pytest.raises(ConfigurationError, match="as_string"):
            db.table("t").select(a=col("n").as_string())
        with pytest.raises(AttributeError):
            col("n").as_strings()

    def test_an_error_of_the_database_is_told(self, db: Database) -> None:
        with pytest.raises(QueryError):
            db.sql("SELECT 'a")
