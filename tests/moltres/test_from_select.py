"""Frames of SQLAlchemy statements, and statements of frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func as sa_func
from sqlalchemy import select, text, union_all
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from moltres import DataFrame, col, connect
from moltres.errors import ConfigurationError
from support.people import PEOPLE

if TYPE_CHECKING:
    from sqlalchemy import URL

    from moltres import Database


def test_any_select(people: DataFrame, db: Database) -> None:
    statement = select(PEOPLE.c.id, (PEOPLE.c.age + 1).label("next")).where(PEOPLE.c.active).limit(2)
    assert db.from_select(statement).where(col("next") > 0).count() == 2


def test_unions_unnamed_columns_and_same_names(people: DataFrame, db: Database) -> None:
    both = union_all(select(PEOPLE.c.id), select(PEOPLE.c.id))
    assert db.from_select(both).count() == 12
    frame = db.from_select(select(sa_func.max(PEOPLE.c.id), sa_func.count()))
    assert len(frame.columns) == 2
    assert frame.columns == ("max_1", "count_1")
    assert frame.collect().rows == [(6, 6)]
    with pytest.raises(ConfigurationError, match="duplicate column names"):
        db.from_select(select(PEOPLE.c.id.label("a"), PEOPLE.c.age.label("a")))
    other = PEOPLE.alias()
    twice = db.from_select(select(PEOPLE.c.id, other.c.id).join_from(PEOPLE, other, PEOPLE.c.id == other.c.id))
    assert len(set(twice.columns)) == 2
    assert twice.count() == 6


def test_orm_entities(people: DataFrame, db: Database) -> None:
    class Base(DeclarativeBase):
        pass

    class Person(Base):
        __tablename__ = "people"
        number: Mapped[int] = mapped_column("id", primary_key=True)
        name: Mapped[str]

    frame = db.from_select(select(Person).where(Person.number == 1))
    assert frame.collect().rows == [(1, "Ada")]


def test_a_frame_is_a_select(people: DataFrame, db: Database) -> None:
    adults = people.where(col("age") > 80).select("id")
    with Session(db.engine) as session:
        assert set(session.scalars(adults.statement)) == {2, 5}
        assert session.scalar(select(sa_func.count()).select_from(adults.statement.subquery())) == 2
    assert adults.bind is db.engine


def test_the_same_database_twice(people: DataFrame, db: Database, database_url: URL) -> None:
    with connect(database_url) as again:
        for frame in (again.table("people"), again.sql("SELECT * FROM people")):
            assert db.from_select(frame.statement).count() == 6
            assert db.table("people").where(col("id").in_(frame.select("id").statement)).count() == 6


def test_mistakes(db: Database) -> None:
    with pytest.raises(ConfigurationError, match="not TextClause"):
        db.from_select(text("SELECT 1"))  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="not str"):
        db.from_select("SELECT 1")  # type: ignore[arg-type]
