"""What frames ask of a database: order of NULL, joins, set operations, plans, files, names."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from moltres import col, lit
from moltres.errors import ConfigurationError, QueryError, SchemaMismatchError
from support.dialect_conformance.base import DialectSuite

if TYPE_CHECKING:
    from pathlib import Path

    from moltres import Database


class Queries(DialectSuite):
    """The verbs of frames whose SQL differs between databases.

    Attributes:
        longest_chain: How many set operations at least the database takes where it has no limit of its own.
        plans_name_tables: Whether a plan has the names of the tables that it reads.
    """

    longest_chain = 200
    plans_name_tables = True

    @pytest.mark.parametrize("descending", [False, True])
    @pytest.mark.parametrize("nulls", ["first", "last"])
    def test_null_is_where_it_is_asked_for(self, db: Database, nulls: Any, descending: bool) -> None:
        db.write([{"n": 2}, {"n": None}, {"n": 1}]).save_as_table("t")
        present = [2, 1] if descending else [1, 2]
        found = db.table("t").order_by("n", descending=descending, nulls=nulls).collect().column("n")
        assert found == ([None, *present] if nulls == "first" else [*present, None])

    def test_a_full_join_has_the_rows_of_both_sides(self, db: Database) -> None:
        db.write([{"id": 1, "a": "x"}, {"id": 2, "a": "y"}]).save_as_table("l")
        db.write([{"id": 2, "b": "u"}, {"id": 3, "b": "v"}]).save_as_table("r")
        joined = db.table("l").join(db.table("r"), on="id", how="full")
        assert joined.order_by("id").collect().rows == [(1, "x", None), (2, "y", "u"), (3, None, "v")]
        twice = joined.union_all(joined)
        assert twice.count() == 6

    @pytest.mark.parametrize("operation", ["union", "union_all", "intersect"])
    def test_a_chain_of_set_operations_longer_than_any_limit(self, db: Database, operation: str) -> None:
        db.write([{"n": 1}, {"n": 2}]).save_as_table("t")
        frame = part = db.table("t")
        rounds = (db.dialect.capabilities.max_set_operands or self.longest_chain) + 3
        for _ in range(rounds):
            frame = getattr(frame, operation)(part)
        assert frame.count() == (2 * (rounds + 1) if operation == "union_all" else 2)

    def test_a_statement_that_is_too_large_is_refused_with_a_hint(self, db: Database) -> None:
        with pytest.raises(QueryError, match="too large or too deeply nested for the database") as raised:
            db.sql("SELECT 1" + "+1" * 20_000 + " AS a").collect()
        assert "save_as_table()" in str(raised.value.suggestion)

    def test_the_plan_names_the_table_and_what_it_took_where_the_database_says_so(self, people: Database) -> None:
        frame = people.table("people").where(col("age") > 40)
        assert ("people" in frame.explain()) == self.plans_name_tables
        if not people.dialect.capabilities.explain_analyze:
            with pytest.raises(ConfigurationError, match="explain"):
                frame.explain(analyze=True)
            return
        analyzed = frame.explain(analyze=True)
        assert "ime" in analyzed
        assert analyzed != frame.explain()

    @pytest.mark.parametrize(
        "value",
        [
            7,
            -(2**63),
            "it's 50 % of :x \\ ? \n ü",
            2.5,
            1e300,
            Decimal(7),
            Decimal("-1.50"),
            True,
            b"x'\0",
            dt.date(2024, 2, 29),
            dt.datetime.fromisoformat("2024-02-29 03:04:05.000678"),
            dt.datetime(2024, 2, 29, 3, 4, 5, 678, tzinfo=dt.UTC),
            dt.time(3, 4, 5, 678),
            UUID(int=1),
        ],
        ids=repr,
    )
    def test_a_statement_with_its_values_in_it_means_the_same(self, db: Database, value: Any) -> None:
        """What `to_sql` writes out is run, and `explain` takes every value that a query takes."""
        try:
            db.write([{"x": value}]).save_as_table("t")
        except SchemaMismatchError as error:
            pytest.skip(f"no type for it: {error}")
        frame = db.table("t").where(col("x") == value)
        assert frame.count() == 1
        assert frame.explain()
        try:
            written = frame.select(same=col("x") == value).to_sql(literals=True)
        except ConfigurationError as error:
            assert "no literal form" in str(error)  # noqa: PT017 - only some databases have none
            return
        assert db.sql(written).collect().rows in ([(True,)], [(1,)])

    def test_files_are_read_where_the_database_can(self, db: Database, tmp_path: Path) -> None:
        path = tmp_path / "rows.csv"
        path.write_text("n\n1\n2\n")
        if not db.dialect.capabilities.file_functions:
            with pytest.raises(ConfigurationError, match="requires DuckDB"):
                db.read_csv(path)
            return
        assert sorted(db.read_csv(path).collect().column("n")) == [1, 2]

    def test_the_longest_name_is_a_table(self, db: Database) -> None:
        name = "n" * (db.dialect.capabilities.max_identifier_bytes or 200)
        db.write([{"n": 1}]).save_as_table(name)
        assert db.tables() == [name]
        db.write([{"n": 2}]).save_as_table(name, mode="append")
        assert db.table(name).where(col("n") > lit(0)).count() == 2
