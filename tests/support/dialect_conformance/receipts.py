"""Receipts: a load from elsewhere proves what landed, or is rolled back."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from sqlalchemy import JSON, REAL, Integer, Numeric, event

from moltres import Receipt, Records, col, connect, receipts, verify
from moltres.errors import MoltresError, ReceiptError, TableNotFoundError
from support.dialect_conformance.base import DialectSuite
from support.dialect_conformance.data import EVERY_MODE, run
from support.dialect_conformance.receipt_faults import rows as drawn

if TYPE_CHECKING:
    from sqlalchemy import URL

    from moltres import Database, DataFrame
    from moltres.write import WriteResult
    from support.dialect_conformance.receipt_faults import Fault


def _fractions(rows: list[tuple[Decimal]]) -> DataFrame:
    """The rows in another database than that of the test."""
    source = connect("sqlite://")
    source.write(Records(rows, ["d"], {"d": Numeric(4, 4)})).save_as_table("t")
    return source.table("t")


class Receipts(DialectSuite):
    """What was read and what landed have one fingerprint, or nothing is committed.

    Attributes:
        faults: Ways in which a value can change on its way into this database.
        proves: Whether the database proves what it writes to a table.
        tells_added: Whether it tells the rows that a load adds from those that were there.
        guest: Statements that make a user of this name, who may read and fill the table t; none where there are none.
        guest_records: The statement that lets it record loads.
        no_guest: Statements that end it.
    """

    faults: ClassVar[tuple[Fault, ...]] = ()
    proves = True
    tells_added = True
    guest: ClassVar[tuple[str, ...]] = ()
    guest_records = ""
    no_guest: ClassVar[tuple[str, ...]] = ()

    @pytest.mark.parametrize(("mode", "options"), EVERY_MODE)
    def test_a_load_proves_itself(self, db: Database, mode: Any, options: Any) -> None:
        draw = random.Random(7)
        made = db.write(drawn(draw)).save_as_table("target", mode=mode, run_key="made", **options).receipt
        assert made is not None
        assert (made.proved, made.rows, made.covers) == (self.proves, 20, "table" if self.proves else "rows"), made
        if mode in ("ignore", "error_if_exists"):
            return
        again = db.write(drawn(draw, first=10)).save_as_table("target", mode=mode, run_key="again", **options).receipt
        assert again is not None
        assert again.proved is (self.proves and (self.tells_added or mode != "append")), again
        assert again.landed in (None, again.source)
        if again.proved and self.logs(db):
            ended = (col("run_key") == "again") & col("rows_written").is_not(None)
            row = db.table("moltres_loads").where(ended).first()
            assert row is not None
            assert Receipt.from_json(row["receipt"]) == again

    @pytest.mark.parametrize(("mode", "options"), [*EVERY_MODE, ("scd2", {"keys": ["id"]})])
    def test_a_load_of_columns_that_no_receipt_covers(
        self, db: Database, mode: Any, options: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if mode == "scd2" and not db.dialect.capabilities.transactions:
            pytest.skip("a write is one statement here")
        monkeypatch.setattr(
            db.dialect, "cover", lambda _, columns: ([], {name: "there is no hash" for name, _ in columns})
        )
        for last in (2, 4):
            rows = [{"id": number, "n": 1} for number in range(1, last)]
            receipt = db.write(rows).save_as_table("target", mode=mode, **options).receipt
            assert receipt is not None
            assert not receipt.columns
            if mode in ("ignore", "error_if_exists"):
                return
        assert set(db.table("target").collect().column("id")) == {1, 2, 3}

    def test_a_load_from_another_database_is_on_record_without_a_key(self, db: Database) -> None:
        with connect() as source:
            source.write([{"id": one, "n": one / 8} for one in range(5)]).save_as_table("source")
            frame = source.table("source")
            with pytest.raises(TableNotFoundError):
                receipts(db, "target")
            made = db.write(frame).save_as_table("target")
            if not db.dialect.capabilities.transactions:
                assert (made.recorded, receipts(db, "target")) == (False, [])  # it would take a commit of its own
                assert not self.logs(db) & set(db.tables())
                return
            more = db.write(frame).save_as_table("target", mode="append")
            assert (made.recorded, more.recorded) == (True, True)
            assert receipts(db, "target") == [made.receipt, more.receipt]
            if self.proves and self.tells_added:
                assert verify(receipts(db, "target"), db)
            with_key = db.write(frame).save_as_table("target", mode="append", run_key="r")
            assert with_key.recorded
            assert receipts(db, "target") == [made.receipt, more.receipt, with_key.receipt]
            db.write(frame).save_as_table("other")
            for mode, options in (("overwrite", {}), ("merge", {"keys": ["id"]}), ("overwrite", {})):
                last = db.write(frame).save_as_table("target", mode=mode, **options)
                assert last.recorded
                assert receipts(db, "target")[-1] == last.receipt
                known = receipts(db, "target")
                assert mode == "merge" or not self.proves or known == [last.receipt]
            if self.logs(db):
                loads = db.table("moltres_loads").where(col("table_name") == "target").collect()
                keys = sorted(one["run_key"] for one in loads)
                assert [key.rpartition(" ")[0] or key for key in keys] == ["moltres receipt", "r"], keys
            assert len(receipts(db, "other")) == 1

    def test_rows_at_hand_and_copies_leave_no_record_without_a_key(self, db: Database) -> None:
        given = db.write([{"id": 1}]).save_as_table("t")
        copied = db.write(db.table("t").select()).save_as_table("u")
        assert (given.recorded, copied.recorded) == (False, False)
        assert db.tables() == ["t", "u"]
        assert receipts(db, "t") == receipts(db, "u") == []

    def test_a_load_that_fails_leaves_the_record_as_it_was(self, db: Database) -> None:
        if not db.dialect.capabilities.transactions:
            pytest.skip("nothing is recorded")
        with connect() as source:
            made = db.write(source.sql("SELECT 1 AS id")).save_as_table("t")
            with pytest.raises(MoltresError):
                db.write(source.sql("SELECT 1 AS id, error('no') AS n")).save_as_table("t", mode="overwrite")
            assert receipts(db, "t") == [made.receipt]

    def test_the_first_load_is_recorded_by_its_own_commit(self, db: Database) -> None:
        if not (db.dialect.capabilities.transactional_ddl and db.dialect.capabilities.savepoints):
            pytest.skip("the table of loads is made after the commit, or there is none")
        commits: list[object] = []
        event.listen(db.engine, "commit", commits.append)
        with connect() as source:
            with pytest.raises(MoltresError):
                db.write(source.sql("SELECT error('no') AS n")).save_as_table("t")
            assert (db.tables(), len(commits)) == ([], 0)
            made = db.write(source.sql("SELECT 1 AS id")).save_as_table("t")
        assert (made.recorded, len(commits)) == (True, 1)
        assert receipts(db, "t") == [made.receipt]

    def test_several_loads_are_recorded_at_once(self, db: Database, url: URL) -> None:
        if not db.dialect.capabilities.transactions or not self.logs(db):
            pytest.skip("nothing is recorded, or the commits of one table exclude each other")
        db.write([{"id": 0}]).save_as_table("t")

        def load(number: int) -> WriteResult:
            with connect() as source, connect(url) as target:
                return target.write(source.sql(f"SELECT {number} AS id")).save_as_table("t", mode="append")

        with ThreadPoolExecutor(4) as pool:
            written = list(pool.map(load, range(1, 9)))
        assert all(one.recorded for one in written)
        assert sorted(map(str, receipts(db, "t"))) == sorted(str(one.receipt) for one in written)
        assert db.table("t").count() == 9

    def test_who_may_not_record_a_load_loads_nevertheless(self, db: Database, url: URL) -> None:
        if not self.guest:
            pytest.skip("there are no users, or none with fewer rights")
        db.write([{"id": 0}]).save_as_table("t")
        run(db, *self.guest)
        try:
            with connect() as source, connect(url.set(username="guest")) as guest:

                def load() -> WriteResult:
                    written = guest.write(source.sql("SELECT 1 AS id")).save_as_table("t", mode="append")
                    assert written.receipt is not None
                    assert written.receipt.proved
                    return written

                assert not load().recorded
                assert db.tables() == ["t"]
                db.write([{"id": 0}]).save_as_table("t", mode="append", run_key="makes the table")
                assert not load().recorded
                run(db, self.guest_records)
                assert load().recorded
            assert db.table("t").count() == 5
            assert len(receipts(db, "t")) == 2
        finally:
            run(db, *self.no_guest)

    def test_rows_with_and_without_keys_are_told_from_those_that_were_there(self, db: Database) -> None:
        if not (self.proves and self.tells_added and db.dialect.capabilities.constraints):
            pytest.skip("nothing is proved of added rows, or there are no keys")
        run(db, "CREATE TABLE target (id INTEGER PRIMARY KEY, number INTEGER)")
        run(db, "INSERT INTO target VALUES (4, 1), (40, 2)")
        for ids in ((1, 50), (2, 3, 41)):
            result = db.write([{"id": one, "number": one} for one in ids]).save_as_table("target", mode="append")
            assert result.receipt is not None
            assert (result.receipt.proved, result.receipt.rows) == (True, len(ids))

    def test_decimals_with_all_digits_behind_the_point(self, db: Database) -> None:
        rows = [(Decimal(one),) for one in ("0.25", "-0.0001", "0.5", "0")]
        for name, source in (("target", Records(rows, ["d"], {"d": Numeric(4, 4)})), ("copied", _fractions(rows))):
            receipt = db.write(source).save_as_table(name).receipt
            assert receipt is not None
            assert receipt.proved is self.proves

    @pytest.mark.parametrize("number", [20, 6000])
    def test_documents_are_covered(self, db: Database, number: int) -> None:
        if db.dialect.column_type(JSON()) is None:
            pytest.skip("it has no type for documents")
        shapes = ({"b": [1.5, None], "a": "é"}, "a", [Decimal("0.1"), True], {}, None)
        rows = [(one, {"n": one, "of": shapes[one % len(shapes)]}, [one]) for one in range(number)]
        types = {"id": Integer(), "j": JSON(), "k": JSON()}
        receipt = db.write(Records(rows, list(types), types)).save_as_table("target").receipt
        assert receipt is not None
        assert receipt.proved is self.proves
        if not self.proves:
            return
        assert list(receipt.columns) == ["id", "j", "k"], receipt.not_covered
        assert verify(receipt, db)
        for more in (db.table("target").collect().to_arrow(), db.table("target").collect()):
            copied = db.write(more).save_as_table("copied", mode="overwrite").receipt
            assert copied is not None
            assert "j" in copied.columns
        if db.dialect.capabilities.replaces_rows:
            run(db, """UPDATE target SET j = '{"n": 5}' WHERE id = 5""")
            assert "other values" in str(verify(receipt, db))

    def test_floats_of_32_bits_are_those_with_their_shortest_digits(self, db: Database) -> None:
        db.write(Records([(1, 1.1), (2, -0.1), (3, None)], ["id", "r"], {"r": REAL()})).save_as_table("target")
        receipt = db.write(db.table("target").collect()).save_as_table("copied").receipt
        assert receipt is not None
        assert receipt.proved is self.proves

    @pytest.mark.parametrize("name", ["rowid", "ROWID", "_rowid_", "oid"])
    def test_columns_called_like_the_number_of_a_row(self, db: Database, name: str) -> None:
        db.write([{name: 5, "n": 1}]).save_as_table("target")
        receipt = db.write([{name: 3, "n": 2}]).save_as_table("target", mode="append").receipt
        assert receipt is None or receipt.proved or receipt.reason
        assert db.table("target").count() == 2

    def test_nothing_is_proved_if_nobody_wants_it(self, db: Database) -> None:
        assert db.write([{"id": 1}]).save_as_table("t", verify=False).receipt is None
        copied = db.write(db.table("t").select()).save_as_table("u")
        assert copied.receipt is None, "rows that never leave their database need no proof"

    def test_a_table_is_verified_later(self, db: Database) -> None:
        made = db.write([{"id": 1, "n": 0.5}, {"id": 2, "n": None}]).save_as_table("target").receipt
        assert made is not None
        if not self.proves:
            with pytest.raises(MoltresError, match="proves nothing"):
                verify(made, db)
            return
        assert verify(Receipt.from_dict(made.to_dict()), db)
        more = db.write([{"id": 3, "n": 1.5}]).save_as_table("target", mode="append").receipt
        assert more is not None
        assert "3 rows; the loads wrote 2" in str(verify(made, db))
        if self.tells_added:
            assert verify([made, more], db).equal is True
            assert verify(more, db).equal is None
            if not db.dialect.capabilities.replaces_rows:
                return  # nobody can change them
            run(db, "UPDATE target SET n = 2.5 WHERE id = 3")
            assert "other values" in str(verify([made, more], db))

    def test_a_receipt_tells_later_which_columns_differ(self, db: Database) -> None:
        if not (self.proves and db.dialect.capabilities.replaces_rows):
            pytest.skip("nothing is proved, or nobody can change rows")
        first = [{"id": 1, "n": 0.5, "s": "a"}, {"id": 2, "n": None, "s": "b"}]
        receipts = [db.write(first).save_as_table("target", verify="columns").receipt]
        if self.tells_added:
            more = db.write(iter([[{"id": 3, "n": 1.5, "s": "c"}]]))
            receipts.append(more.save_as_table("target", mode="append", verify="columns").receipt)
        kept = [Receipt.from_json(one.to_json()) for one in receipts if one is not None]
        assert kept == receipts
        assert verify(kept, db).columns is None
        run(db, "UPDATE target SET n = 2.5 WHERE id = 2")
        found = verify(kept, db)
        assert (found.equal, found.columns) == (False, ("n",)), str(found)
        assert "other values in 'n'" in str(found)
        run(db, "UPDATE target SET n = NULL WHERE id = 2")
        run(db, "UPDATE target SET s = CASE id WHEN 1 THEN 'b' WHEN 2 THEN 'a' ELSE s END")
        found = verify(kept, db)
        assert (found.equal, found.columns) == (False, ()), str(found)
        assert "changed places" in str(found)

    @pytest.mark.parametrize("once", [False, True])
    @pytest.mark.parametrize("mode", ["append", "merge", "overwrite"])
    def test_the_columns_that_differ_are_named(self, db: Database, mode: Any, once: bool) -> None:
        for fault in self.faults:
            if not fault.__name__.startswith("by_a_"):
                continue  # it changes another value with each load
            draw = random.Random(fault.__name__)
            db.write(drawn(draw)).save_as_table("target", mode="overwrite")
            more = drawn(draw, first=20)
            rows = Records(iter([tuple(one.values()) for one in more]), list(more[0])) if once else more
            with fault(db, draw), pytest.raises(ReceiptError) as caught:
                db.write(rows).save_as_table("target", mode=mode, keys=["id"] if mode == "merge" else None)
            assert caught.value.columns is not None, fault.__name__
            assert len(caught.value.columns) == 1, fault.__name__
            assert db.table("target").count() == 20
            run(db, "DROP TABLE target")

    def test_every_fault_is_found_and_rolled_back(self, db: Database) -> None:
        for fault in self.faults:
            draw = random.Random(fault.__name__)
            db.write(drawn(draw)).save_as_table("target", mode="overwrite")
            before = db.table("target").count()
            for mode, options in (("append", {}), ("merge", {"keys": ["id"]})):
                with fault(db, draw), pytest.raises(ReceiptError) as caught:
                    db.write(drawn(draw, first=20)).save_as_table("target", mode=mode, **options)
                assert caught.value.columns is None or len(caught.value.columns) == 1, fault.__name__
                assert db.table("target").count() == before, fault.__name__
            run(db, "DROP TABLE target")
