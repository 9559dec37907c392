"""Names of tables and columns: any word and any character, kept as they are or refused before anything is done."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moltres import col, connect, func
from moltres.errors import ConfigurationError, QueryError
from support.dialect_conformance.base import DialectSuite
from support.dialect_conformance.data import run

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import URL

    from moltres import Database

HIDDEN = (
    *("filename", "file_row_number", "file_index", "rowid", "_rowid_", "oid", "ctid", "xmin", "tableoid"),
    *("$path", "_file", "_pos", "moltres_file"),
)

# Words that the lists of SQLAlchemy lack on one database or another, and what is punctuation in SQL or in Python.
WORDS = (
    *("lateral", "concurrently", "tablesample", "returning", "true", "false", "null", "portion", "window", "qualify"),
    *(
        "order",
        "select",
        "user",
        "a b",
        " lead",
        "a.b",
        "a%b",
        "%s",
        "%%",
        "%(a)s",
        "%(extra_1)s",
        "__[POSTCOMPILE_n_1]",
        "a:b",
        ":a",
        "a?b",
        "Group",
    ),
    *('a"b', "a'b", "a`b", "a[b]", "a\\b", "a\nb", "a\tb", "a--b", "a/*b", "a;b", "$1", "ß", "日本", "id(1)"),
)


class Names(DialectSuite):
    """Every verb and mode with every name."""

    def test_any_word_names_columns(self, db: Database) -> None:
        names = [name if db.dialect.capabilities.keeps_case else name.lower() for name in WORDS]
        row = {name: number for number, name in enumerate(names)}
        db.write([row]).save_as_table("t")
        db.write([row]).save_as_table("t", mode="append")
        db.write([row]).save_as_table("t", mode="overwrite")
        db.write([{**row, "extra": 1}]).save_as_table("t", mode="overwrite")
        db.write([{**row, "extra": 2}]).save_as_table("t", mode="merge", keys=names[:2])
        db.write([{**row, "extra": 3}]).save_as_table("t", mode="overwrite_partitions", partition_by=[names[0]])
        frame = db.table("t")
        assert frame.drop("extra").collect() == [row]
        assert frame.limit(1).with_columns(extra=col(names[0])).collect() == [{**row, "extra": 0}]
        for name in names[:: 1 if self.most_cases is None else 6]:
            both = frame.where(col(name) == row[name], col(name).in_([row[name], -1]))
            found = both.select(name).order_by(name).distinct()
            assert found.collect() == [{name: row[name]}], name
            groups = frame.group_by(name).agg(largest=func.max(col(name)))
            assert groups.collect() == [{name: row[name], "largest": row[name]}], name
        assert db.update("t", {names[1]: 7}, where=col(names[0]) == 0) == 1
        assert db.delete("t", where=col(names[1]) == 7) == 1

    @pytest.mark.parametrize(
        "made",
        [
            lambda one: one.select("a", A=col("b")),
            lambda one: one.rename({"b": "A"}).order_by("a").limit(5),
            lambda one: one.select("a").join(one.select(A=col("b")), how="cross"),
            lambda one: one.group_by("a", A=col("b")).agg(n=func.count()),
            lambda one: one.database.from_select(one.with_columns(A=col("b")).statement),
        ],
        ids=["select", "rename", "join", "group", "statement"],
    )
    def test_names_that_differ_in_case_are_two_or_refused(self, db: Database, made: Callable[[Any], Any]) -> None:
        db.write([{"a": 1, "b": 2}]).save_as_table("t")
        try:
            frame = made(db.table("t"))
            found = frame.distinct().order_by("A").select("a", "A")
        except ConfigurationError as error:
            assert "'a' and 'A'" in str(error)  # noqa: PT017 - the values are equal, or the names are in the error
            return
        if db.dialect.capabilities.keeps_case:
            assert found.where(col("A") == 2).collect() == frame.select("a", "A").collect() == [{"a": 1, "A": 2}]
            frame.select("a", "A").write.save_as_table("n")
            assert db.table("n").collect() == [{"a": 1, "A": 2}]

    @pytest.mark.parametrize(
        "name",
        [
            "lateral",
            "true",
            "tablesample",
            "concurrently",
            "returning",
            "portion",
            "a`b",
            'a"b',
            "a b",
            "a%b",
            "a:b",
            "a\\b",
            "日本",
            "%(n_1)s",
            "__[POSTCOMPILE_n_1]",
        ],
    )
    def test_any_word_names_a_table(self, db: Database, name: str) -> None:
        db.write([{"n": 1}]).save_as_table(name)
        db.write([{"n": 2}]).save_as_table(name, mode="append", run_key="k")
        db.write([{"n": 2}]).save_as_table(name, mode="merge", keys=["n"])
        assert name in db.tables()
        assert db.table(name).join(db.table(name), on="n").order_by("n").collect().column("n") == [1, 2]
        db.write(db.table(name)).save_as_table(name, mode="overwrite")
        assert db.delete(name, where=col("n") == 1) == 1
        assert db.table(name).count() == 1

    @pytest.mark.parametrize("name", HIDDEN)
    def test_a_column_may_have_a_name_that_databases_give_to_hidden_ones(self, db: Database, name: str) -> None:
        rows = [{"id": number, name: value, "n": number} for number, value in ((1, "x"), (2, "y"), (3, "z"))]
        try:
            db.write(rows).save_as_table("t")
        except (ConfigurationError, QueryError) as error:
            assert name in str(error)  # noqa: PT017 - equal or refused
            return
        found = db.table("t").where(col(name) == "x")
        assert found.collect() == rows[:1]
        if db.dialect.capabilities.replaces_rows:
            db.write([{"id": 2, name: "y", "n": 20}]).save_as_table("t", mode="merge", keys=[name])
            assert db.update("t", {"n": 9}, where=col(name) == "x") == 1
            assert db.delete("t", where=col(name).in_(["z", "w"])) == 1
            assert db.table("t").order_by("id").collect() == [{**rows[0], "n": 9}, {**rows[1], "n": 20}]

    @pytest.mark.parametrize("letter", ["n", "é", "日"])
    @pytest.mark.parametrize("mode", ["error_if_exists", "ignore", "append", "overwrite"])
    def test_a_name_that_would_be_cut_is_refused_before_anything_is_done(
        self, db: Database, mode: Any, letter: str
    ) -> None:
        most = db.dialect.capabilities.max_identifier_bytes
        if most is None:
            pytest.skip("names have no limit")
        width = 1 if db.dialect.capabilities.counts_characters else len(letter.encode())
        longest, longer = letter * (most // width), letter * (most // width + 1)
        for table, column in ((longer, "n"), ("t", longer)):
            key = "k" if db.dialect.capabilities.run_keys else None
            with pytest.raises(ConfigurationError, match=re.escape(longer[:20])) as caught:
                db.write([{column: 1}]).save_as_table(table, mode=mode, run_key=key)
            assert not caught.value.retryable
        assert [name for name in db.tables() if not name.startswith("moltres")] == []
        files = db.dialect.capabilities.max_file_name_bytes
        table = longest if files is None or letter != "日" else letter * (files // 5)
        db.write([{longest: 1}]).save_as_table(table, mode=mode)
        assert db.table(table).select(longest).collect() == [{longest: 1}]

    def test_a_label_that_would_be_cut_is_refused(self, db: Database) -> None:
        most = db.dialect.capabilities.max_label_bytes or db.dialect.capabilities.max_identifier_bytes
        db.write([{"n": 1}]).save_as_table("t")
        if most is None:
            most = 1000
        else:
            with pytest.raises(ConfigurationError, match="at most"):
                db.table("t").select(**{"x" * (most + 1): col("n")}).collect()
        assert db.table("t").select(**{"x" * most: col("n")}).limit(1).collect() == [{"x" * most: 1}]

    @pytest.mark.parametrize("options", [{}, {"label_length": 10}], ids=["", "label_length"])
    def test_the_longest_names_stay_whole(self, url: URL, options: Any) -> None:
        with connect(url, **options) as db, connect() as other:
            name = "x" * (db.dialect.capabilities.max_identifier_bytes or 200)
            db.write([{name: 1, "n": 1}, {name: 2, "n": 2}]).save_as_table("t")
            some = db.table("t").order_by(name).limit(1)
            other.write(some).save_as_table("u")
            assert other.table("u").collect() == some.collect() == [{name: 1, "n": 1}]
            db.write(db.table("t").select(name).distinct()).save_as_table("u")
            db.write(db.table("u").select(name).distinct()).save_as_table("u", mode="append")
            assert db.table("u").group_by(name).agg(n=func.count()).where(col(name) == 1).collect() == [
                {name: 1, "n": 2}
            ]

    @pytest.mark.parametrize("name", ["a\0b", "\ud800"])
    def test_a_name_that_no_database_has_is_refused(self, db: Database, name: str) -> None:
        for row, table in (({name: 1}, "t"), ({"n": 1}, name)):
            with pytest.raises(ConfigurationError, match="names are UTF-8 and have"):
                db.write([row]).save_as_table(table)
        assert db.tables() == []

    @pytest.mark.parametrize("name", ["", 1])
    def test_what_is_no_name_is_refused(self, db: Database, name: Any) -> None:
        with pytest.raises(ConfigurationError, match=re.escape(repr(name))):
            db.write([{name: 1}]).save_as_table("t")
        assert db.tables() == []

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(name=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20))
    def test_a_drawn_name_is_kept_or_refused(self, db: Database, name: str) -> None:
        if not db.dialect.capabilities.replaces_rows:
            run(db, "DROP TABLE IF EXISTS t")
        try:
            db.write([{name: 1}]).save_as_table("t", mode="overwrite")
        except ConfigurationError as error:
            said = str(error)
        else:
            frame = db.table("t").where(col(name) == 1).limit(1)
            assert frame.select(name, **{f"{name}2": col(name)}).collect().rows == [(1, 1)]
            return
        assert "name" in said

    def test_a_column_that_is_not_there_is_no_string(self, db: Database) -> None:
        db.write([{"n": 1}]).save_as_table("t")
        frame = db.table("t")
        run(db, "ALTER TABLE t RENAME COLUMN n TO m")
        with pytest.raises(QueryError):
            frame.select("n").collect()
