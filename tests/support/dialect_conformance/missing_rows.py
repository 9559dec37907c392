"""delete_missing: rows that the source of a merge no longer has are deleted or marked, but never many by mistake."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from moltres import col
from moltres.errors import ConfigurationError, SchemaMismatchError, WriteError
from support.dialect_conformance.base import DialectSuite
from support.dialect_conformance.data import rows

if TYPE_CHECKING:
    from moltres import Database

SHOPS = [{"id": number, "shop": shop, "n": number} for number in range(6) for shop in ("a", "b")]
KEYS = ["id", "shop"]


def merge(db: Database, given: Any, **options: Any) -> Any:
    return db.write(given).save_as_table("t", mode="merge", **{"keys": KEYS, **options})


class MissingRows(DialectSuite):
    """A merge of all rows of the source."""

    @pytest.fixture(autouse=True)
    def _deletes(self, request: pytest.FixtureRequest, db: Database) -> None:
        asked = request.function
        # A class that runs this suite among others has their tests as well.
        if (
            not db.dialect.capabilities.transactions
            and asked.__module__ == __name__
            and "refused" not in asked.__name__
        ):
            pytest.skip("a merge that deletes takes several statements")

    def test_where_each_statement_commits_it_is_refused(self, db: Database) -> None:
        if db.dialect.capabilities.transactions:
            return
        with pytest.raises(ConfigurationError, match="delete_missing is not supported"):
            merge(db, SHOPS, delete_missing="hard")
        assert db.tables() == []

    @pytest.mark.parametrize("staged", [False, True], ids=["from elsewhere", "same database"])
    def test_missing_rows_are_deleted(self, db: Database, staged: bool) -> None:
        db.write(SHOPS).save_as_table("t")
        kept: Any = [*SHOPS[1:], {"id": 9, "shop": "a", "n": 9}]
        if staged:
            db.write(kept).save_as_table("kept")
            kept = db.table("kept")
        result = merge(db, kept, delete_missing="hard")
        assert (result.rows_written, result.rows_updated, result.rows_deleted) == (12, 11, 1)
        found = {(row["id"], row["shop"]) for row in db.table("t").collect()}
        assert found == {(row["id"], row["shop"]) for row in SHOPS[1:]} | {(9, "a")}
        assert merge(db, kept, delete_missing="hard").rows_deleted == 0

    @pytest.mark.parametrize("created", [True, False])
    def test_missing_rows_are_marked_and_come_back(self, db: Database, created: bool) -> None:
        if not db.dialect.adds_columns:
            with pytest.raises(ConfigurationError, match="adds none to a table"):
                merge(db, SHOPS, delete_missing="soft")
            return
        if created:
            merge(db, SHOPS, delete_missing="soft")
        else:
            db.write(SHOPS).save_as_table("t")
        for _ in range(2):
            assert merge(db, SHOPS[1:], delete_missing="soft").rows_deleted in (0, 1)
        marked = db.table("t").where(col("deleted_at").is_not(None)).collect()
        assert [(row["id"], row["shop"]) for row in marked] == [(0, "a")]
        moment = marked.rows[0][marked.columns.index("deleted_at")]
        now = dt.datetime.now(dt.UTC)
        assert abs(now - (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC))) < dt.timedelta(minutes=30)
        assert merge(db, SHOPS[2:], delete_missing="soft").rows_deleted == 1
        assert db.table("t").where(col("deleted_at") == moment).count() == 1, "a mark stays as it was"
        back = merge(db, SHOPS, delete_missing="soft")
        assert (back.rows_updated, back.rows_deleted) == (12, 0)
        assert db.table("t").where(col("deleted_at").is_not(None)).count() == 0

    @pytest.mark.parametrize("how", ["hard", "soft"])
    def test_more_than_the_share_is_refused(self, db: Database, how: Any) -> None:
        if how == "soft" and not db.dialect.adds_columns:
            pytest.skip("this database adds no columns to a table")
        db.write(SHOPS).save_as_table("t")
        changed = [{**row, "n": -1} for row in SHOPS[2:]]
        with pytest.raises(
            WriteError, match=r"2 of 12 rows .* more than delete_at_most=0.1 allows. Nothing was changed"
        ):
            merge(db, changed, delete_missing=how)
        assert sorted(row["n"] for row in rows(db)) == sorted(row["n"] for row in SHOPS)
        assert merge(db, changed, delete_missing=how, delete_at_most=0.2).rows_deleted == 2
        nothing = db.table("t").where(col("id") < 0).select(*KEYS, "n")
        assert merge(db, nothing, delete_missing=how, delete_at_most=1).rows_deleted == 10

    def test_what_cannot_work_is_refused_at_once(self, db: Database) -> None:
        with pytest.raises(ConfigurationError) as refused:
            db.write(SHOPS).save_as_table(
                "t",
                mode="append",
                cursor="n",
                delete_missing="all",
                delete_at_most=2,  # type: ignore[arg-type]
            )
        for said in ("delete_missing must be", "for 'merge', 'scd2'", "with a cursor only new ones", "delete_at_most"):
            assert said in str(refused.value)
        if db.dialect.capabilities.transactions and db.dialect.adds_columns:
            with pytest.raises(SchemaMismatchError, match="the rows have it"):
                merge(db, [{**SHOPS[0], "deleted_at": 1}], delete_missing="soft")
        assert db.tables() == []
