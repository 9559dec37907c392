"""What every adapter to an orchestrator must do, as tests which an adapter subclasses.

A subclass says how its orchestrator runs a task (`run_query`, `run_to_table`, `run_quality`, `write_twice`) and what a
failed task raises (`failures`); everything else is here. It runs each scenario on every database that the project's
fixtures know. Rows are read back with plain SQLAlchemy, never with the code that wrote them.
"""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
import sqlalchemy as sa

from dq_core import DataQualityCheck
from moltres import col

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from moltres.database import Database
    from moltres.frame.dataframe import DataFrame

    Query = Callable[[Database], DataFrame]

SECRET = "s3cr3t-Zq9"

USERS = [
    # id, name, email, age, active, balance, born
    (1, "Ada", "ada@example.org", 36, True, Decimal("10.10"), dt.date(1815, 12, 10)),
    (2, "Grace", "grace@example.org", 85, True, Decimal("0.01"), dt.date(1906, 12, 9)),
    (3, "Edsger", None, 72, False, Decimal("99999999.99"), dt.date(1930, 5, 11)),
    (4, 'Bobby "x"; DROP', "bobby@example.org", 12, True, None, None),
]
NAMES = ("id", "name", "email", "age", "active", "balance", "born")


def text_of(url: sa.URL) -> str:
    """The URL as a user writes it, with its password."""
    return url.render_as_string(hide_password=False)


def rows_of(url: sa.URL | str, table: str) -> list[dict[str, Any]]:
    """Every row of a table, in the order of its id if it has one."""
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            found = sa.Table(table, sa.MetaData(), autoload_with=connection)
            order = [found.c.id] if "id" in found.c else []
            return [dict(row) for row in connection.execute(sa.select(found).order_by(*order)).mappings()]
    finally:
        engine.dispose()


def tables_of(url: sa.URL | str) -> set[str]:
    """The names of all tables."""
    engine = sa.create_engine(url)
    try:
        return set(sa.inspect(engine).get_table_names())
    finally:
        engine.dispose()


def make_users(url: sa.URL | str) -> None:
    """A table of users, and a table of 500 numbers."""
    engine = sa.create_engine(url)
    metadata = sa.MetaData()
    keyed = engine.dialect.name != "iceberg"  # whose tables nobody keeps keys of
    users = sa.Table(
        "users",
        metadata,
        sa.Column("id", sa.Integer, primary_key=keyed, autoincrement=False),
        sa.Column("name", sa.String(100)),
        sa.Column("email", sa.String(100)),
        sa.Column("age", sa.Integer),
        sa.Column("active", sa.Boolean),
        sa.Column("balance", sa.Numeric(12, 2)),
        sa.Column("born", sa.Date),
    )
    numbers = sa.Table("numbers", metadata, sa.Column("id", sa.Integer, primary_key=keyed, autoincrement=False))
    try:
        with engine.begin() as connection:
            metadata.create_all(connection)
            connection.execute(users.insert(), [dict(zip(NAMES, row, strict=True)) for row in USERS])
            connection.execute(numbers.insert(), [{"id": number} for number in range(500)])
    finally:
        engine.dispose()


class AdapterConformance(ABC):
    """The scenarios. Name the subclass `Test…`."""

    failures: ClassVar[tuple[type[BaseException], ...]]
    """What a failed task raises, where the test called it."""

    # --- what a subclass gives ---------------------------------------------------------------------------------------

    @abstractmethod
    def run_query(self, dsn: str, query: Query, **options: Any) -> Any:
        """Run a query task alone; what it hands to the next task, as the next task would get it."""

    @abstractmethod
    def run_to_table(self, dsn: str, table_name: str, data: Any, **options: Any) -> Mapping[str, Any]:
        """Run a task that writes `data`, which `run_query` gave or which is a list of dicts; its result."""

    @abstractmethod
    def run_quality(self, dsn: str, query: Query, checks: list[Any], **options: Any) -> Mapping[str, Any]:
        """Run a task that checks; its report."""

    @abstractmethod
    def write_twice(self, dsn: str, table_name: str, data: Any, **options: Any) -> None:
        """Run one writing task whose first attempt is lost after it has written, and which is tried again."""

    @abstractmethod
    def persisted(self) -> str:
        """Everything that the orchestrator has stored and logged by now, as text."""

    # --- fixtures ----------------------------------------------------------------------------------------------------

    @pytest.fixture
    def url(self, database_url: sa.URL) -> sa.URL:
        make_users(database_url)
        return database_url

    @pytest.fixture
    def dsn(self, url: sa.URL) -> str:
        return text_of(url)

    @pytest.fixture
    def secret_dsn(self, postgresql_url: sa.URL) -> Iterator[str]:
        make_users(postgresql_url)
        return text_of(postgresql_url.set(password=SECRET))  # the server trusts everybody, so any password is right

    # --- scenarios ---------------------------------------------------------------------------------------------------

    def test_rows_of_a_query_are_written_unchanged(self, dsn: str, url: sa.URL) -> None:
        handed = self.run_query(dsn, lambda db: db.table("users").select().where(col("active") == True))  # noqa: E712
        result = self.run_to_table(dsn, "active_users", handed, mode="append")
        expected = [dict(zip(NAMES, row, strict=True)) for row in USERS if row[4]]
        assert rows_of(url, "active_users") == [{**row, "active": pytest.approx(True)} for row in expected]
        assert result["success"] is True
        assert result["rows_written"] == 3
        assert result["table_name"] == "active_users"

    def test_an_empty_result_makes_an_empty_table(self, dsn: str, url: sa.URL) -> None:
        handed = self.run_query(dsn, lambda db: db.table("users").select("id", "born").where(col("id") < 0))
        result = self.run_to_table(dsn, "nobody", handed)
        assert result["rows_written"] == 0
        engine = sa.create_engine(url)
        kinds = {column["name"]: column["type"] for column in sa.inspect(engine).get_columns("nobody")}
        engine.dispose()
        assert set(kinds) == {"id", "born"}
        assert isinstance(kinds["born"], sa.Date)
        assert rows_of(url, "nobody") == []

    def test_rows_that_a_user_passes_are_written(self, dsn: str, url: sa.URL) -> None:
        self.run_to_table(dsn, "people", [{"id": 1, "name": "Alice"}, {"id": 2, "name": None}])
        assert rows_of(url, "people") == [{"id": 1, "name": "Alice"}, {"id": 2, "name": None}]

    def test_append_adds_and_overwrite_replaces(self, dsn: str, url: sa.URL) -> None:
        for mode, expected in (("append", 1), ("append", 2), ("overwrite", 1), ("ignore", 1)):
            self.run_to_table(dsn, "people", [{"id": 1}], mode=mode)
            assert len(rows_of(url, "people")) == expected

    def test_error_if_exists_refuses_a_table_that_is_there(self, dsn: str, url: sa.URL) -> None:
        before = rows_of(url, "users")
        with pytest.raises(self.failures, match="users"):
            self.run_to_table(dsn, "users", [{"id": 9}], mode="error_if_exists")
        assert rows_of(url, "users") == before

    def test_merge_updates_by_its_keys(self, dsn: str, url: sa.URL) -> None:
        self.run_to_table(dsn, "people", [{"id": 1, "name": "A"}, {"id": 2, "name": "B"}])
        self.run_to_table(dsn, "people", [{"id": 2, "name": "b"}, {"id": 3, "name": "c"}], mode="merge", keys=["id"])
        assert [row["name"] for row in rows_of(url, "people")] == ["A", "b", "c"]

    def test_merge_updates_only_the_columns_that_it_is_told(self, dsn: str, url: sa.URL) -> None:
        self.run_to_table(dsn, "people", [{"id": 1, "name": "A", "age": 1}])
        others = [{"id": 1, "name": "a", "age": 2}, {"id": 2, "name": "b", "age": 3}]
        for update, first in ((["age"], ("A", 2)), ("name", ("a", 2)), (False, ("a", 2))):
            self.run_to_table(dsn, "people", others, mode="merge", keys=["id"], update=update)
            assert [(row["name"], row["age"]) for row in rows_of(url, "people")] == [first, ("b", 3)]

    @pytest.mark.parametrize(
        ("mode", "options"), [("overwrite", {}), ("overwrite_partitions", {"partition_by": ["id"]})]
    )
    def test_rows_that_others_follow_are_replaced_on_request_only(
        self, postgresql_url: sa.URL, mode: str, options: dict[str, Any]
    ) -> None:
        engine = sa.create_engine(postgresql_url)
        with engine.begin() as connection:
            connection.execute(sa.text("CREATE TABLE parent (id INTEGER PRIMARY KEY)"))
            connection.execute(sa.text("CREATE TABLE child (id INTEGER REFERENCES parent ON DELETE CASCADE)"))
            connection.execute(sa.text("INSERT INTO parent VALUES (1), (2)"))
            connection.execute(sa.text("INSERT INTO child VALUES (1)"))
        engine.dispose()
        dsn = text_of(postgresql_url)
        with pytest.raises(self.failures, match="child"):
            self.run_to_table(dsn, "parent", [{"id": 1}], mode=mode, **options)
        assert rows_of(postgresql_url, "child") == [{"id": 1}]
        self.run_to_table(dsn, "parent", [{"id": 1}], mode=mode, cascade=True, **options)
        assert rows_of(postgresql_url, "child") == []

    def test_all_that_is_wrong_with_a_write_is_told_at_once(self, dsn: str, url: sa.URL) -> None:
        with pytest.raises(self.failures, match=r"(?s)update.*partition_by.*cascade"):
            self.run_to_table(
                dsn, "people", [{"id": 1}], mode="append", update=["id"], partition_by=["id"], cascade=True
            )
        assert "people" not in tables_of(url)

    def test_many_rows_are_handed_over_without_moving_them(self, dsn: str, url: sa.URL) -> None:
        handed = self.run_query(dsn, lambda db: db.table("numbers").select(), max_inline_rows=100)
        staged = {table for table in tables_of(url) if table.startswith("moltres_stage_")}
        assert len(staged) == 1
        assert staged.pop() in str(handed)
        assert len(str(handed)) < 1_500  # a reference, not the rows: their numbers alone have 1,390 digits
        result = self.run_to_table(dsn, "copies", handed)
        assert result["rows_written"] == 500
        assert [row["id"] for row in rows_of(url, "copies")] == list(range(500))

    def test_many_rows_are_handed_over_as_parquet_to_another_database(
        self, dsn: str, sqlite_url: sa.URL, tmp_path: Any
    ) -> None:
        handed = self.run_query(
            dsn, lambda db: db.table("numbers").select(), max_inline_rows=100, stage_uri=str(tmp_path / "stage")
        )
        assert [file.suffix for file in (tmp_path / "stage").iterdir()] == [".parquet"]
        other = sqlite_url.set(database=str(tmp_path / "other.sqlite"))
        self.run_to_table(text_of(other), "copies", handed)
        assert [row["id"] for row in rows_of(other, "copies")] == list(range(500))

    def test_staged_rows_that_are_gone_are_named(self, dsn: str, url: sa.URL) -> None:
        handed = self.run_query(dsn, lambda db: db.table("numbers").select(), max_inline_rows=100)
        (staged,) = (table for table in tables_of(url) if table.startswith("moltres_stage_"))
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            connection.execute(sa.text(f'DROP TABLE "{staged}"'))
        engine.dispose()
        with pytest.raises(self.failures, match=staged):
            self.run_to_table(dsn, "copies", handed)
        assert "copies" not in tables_of(url)

    def test_checks_that_pass(self, dsn: str) -> None:
        report = self.run_quality(
            dsn,
            lambda db: db.table("users").select(),
            [DataQualityCheck.column_not_null("name"), DataQualityCheck.column_range("age", min=0, max=150)],
        )
        assert report["overall_status"] == "passed"
        assert (report["total_checks"], report["passed_checks"], report["total_rows"]) == (2, 2, 4)

    def test_checks_that_fail_are_reported(self, dsn: str) -> None:
        report = self.run_quality(
            dsn,
            lambda db: db.table("users").select(),
            [
                DataQualityCheck.column_not_null("email"),
                DataQualityCheck.column_unique("id"),
                {"type": "in_range", "column": "age", "min": 18},
            ],
            fail_on_error=False,
        )
        assert report["overall_status"] == "failed"
        assert [(result["status"], result["failed_rows"]) for result in report["results"]] == [
            ("failed", 1),
            ("passed", 0),
            ("failed", 1),
        ]

    def test_checks_that_fail_fail_the_task_on_request(self, dsn: str) -> None:
        with pytest.raises(self.failures, match="email"):
            self.run_quality(
                dsn,
                lambda db: db.table("users").select(),
                [DataQualityCheck.column_not_null("email")],
                fail_on_error=True,
            )

    def test_an_unknown_column_fails_with_the_closest_name(self, dsn: str) -> None:
        with pytest.raises(self.failures, match=r"emial[\s\S]*email"):
            self.run_query(dsn, lambda db: db.table("users").select("emial"))

    def test_an_unknown_table_fails_with_the_closest_name(self, dsn: str) -> None:
        with pytest.raises(self.failures, match=r"user_s[\s\S]*users"):
            self.run_query(dsn, lambda db: db.table("user_s").select())

    def test_a_rule_on_an_unknown_column_fails_before_anything_is_scanned(self, dsn: str) -> None:
        with pytest.raises(self.failures, match=r"agee[\s\S]*age"):
            self.run_quality(
                dsn, lambda db: db.table("users").select(), [{"type": "in_range", "column": "agee", "min": 0}]
            )

    def test_a_wrong_mode_is_refused_with_the_closest_one(self, dsn: str, url: sa.URL) -> None:
        with pytest.raises(self.failures, match=r"overwrit[\s\S]*overwrite"):
            self.run_to_table(dsn, "people", [{"id": 1}], mode="overwrit")
        assert "people" not in tables_of(url)

    def test_a_value_that_is_no_rows_is_refused(self, dsn: str) -> None:
        with pytest.raises(self.failures, match="rows"):
            self.run_to_table(dsn, "people", "not rows")

    def test_a_second_attempt_does_not_write_twice(self, dsn: str, url: sa.URL) -> None:
        self.write_twice(dsn, "people", [{"id": 1}, {"id": 2}], mode="append")
        assert [row["id"] for row in rows_of(url, "people")] == [1, 2]

    def test_no_password_reaches_a_result_an_error_or_a_store(
        self, secret_dsn: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        handed = self.run_query(secret_dsn, lambda db: db.table("numbers").select(), max_inline_rows=100)
        result = self.run_to_table(secret_dsn, "copies", handed)
        report = self.run_quality(
            secret_dsn, lambda db: db.table("copies").select(), [DataQualityCheck.column_not_null("id")]
        )
        with pytest.raises(self.failures) as failed:
            self.run_query(secret_dsn, lambda db: db.table("nothing").select())
        texts = [str(handed), str(dict(result)), str(dict(report)), str(failed.value), caplog.text, self.persisted()]
        assert [text for text in texts if SECRET in text] == []
