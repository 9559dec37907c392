"""What there is to do, and everything that keeps it from being done, before a row moves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError, refuse
from ..write.left_overs import drop_left_overs, staging_name
from ..write.load_log import load_of
from ..write.modes import finish_renamed
from ..write.request import REPLACING, WriteRequest
from ..write.target import find_target
from .names import Place, expand
from .order import ordered
from .ranges import NO_KEY, Key, key_of, key_problems

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from ..database import Database
    from ..frame.source import Mode
    from ..types.receipt import Receipt
    from ..write.target import Target

__all__ = ["Arrived", "Item", "Options", "Plan", "made_plan"]


@dataclass(frozen=True, kw_only=True)
class Options:
    """How a replication writes; see `replicate`."""

    mode: Mode
    run_key: str | None
    schema: str | None
    target_schema: str | None
    batch_rows: int
    cascade: bool
    verify: bool
    range_rows: int | None
    range_keys: Mapping[str, str]

    def request(self, name: str, **options: Any) -> WriteRequest:
        """The request of a write of one table."""
        return WriteRequest(
            name=name,
            **{
                "mode": self.mode,
                "schema": self.target_schema,
                "batch_rows": self.batch_rows,
                "cascade": self.cascade,
                **options,
            },
        )


@dataclass(frozen=True, kw_only=True)
class Item:
    """One table of a plan.

    Attributes:
        source: Where it is.
        target: The table that is written.
        staged: The name of the table, beside it, that takes its rows before all are published.
        key: What ranges of it are ranges of.
        done: Whether there is nothing to do.
        rows: The rows on record, if it is done.
    """

    source: Place
    target: Target
    staged: str
    key: Key = NO_KEY
    done: bool = False
    rows: int | None = None

    @property
    def place(self) -> Place:
        """The table that is written, as a name."""
        return Place(self.target.schema, self.target.name)


@dataclass(frozen=True)
class Arrived:
    """A table whose rows are all in its staged table.

    Attributes:
        item: The table.
        rows: How many they are.
        receipt: What proves them; None if nothing does.
    """

    item: Item
    rows: int
    receipt: Receipt | None


@dataclass(frozen=True)
class Plan:
    """What there is to do.

    Attributes:
        items: The tables, in the order of their names.
        together: Whether the target publishes all tables at once.
    """

    items: list[Item]
    together: bool

    @property
    def open(self) -> list[Item]:
        """The tables with something to do."""
        return [item for item in self.items if not item.done]


def made_plan(source: Database, target: Database, tables: Sequence[str], options: Options) -> Plan:
    """Look everything up.

    Args:
        source: Where the tables are.
        target: Where they go.
        tables: Names and patterns.
        options: How they are written.

    Raises:
        ConfigurationError: With every problem that was found.
    """
    with source.connection() as connection:
        found = expand(source, connection, tables, options.schema)
        columns = {
            place: source.dialect.columns_of(connection, place.name, place.schema)
            for place in found
            if isinstance(place, Place)
        }
        problems = [place for place in found if isinstance(place, str)]
        problems += key_problems(options.range_keys, columns)
        keys = {}
        if not problems and options.range_rows is not None:
            keys = {place: key_of(connection, place, known, options.range_keys) for place, known in columns.items()}
    places = sorted(columns, key=lambda place: (place.schema or "", place.name))
    names = [place.name for place in places]
    for name in sorted({name for name in names if names.count(name) > 1}):
        from_ = ", ".join(f"{place}" for place in places if place.name == name)
        problems.append(f"Several tables would become {name!r} of the target ({from_}): replicate a schema at a time.")
    dialect = target.dialect
    together = dialect.capabilities.transactions and not dialect.commits_each_table
    items: list[Item] = []
    # Not a connection to read only: what a killed call with this key has renamed is recorded.
    with target.writing() as connection:
        for place in places:
            try:
                items.append(
                    replace(_item(target, connection, place, options, together=together), key=keys.get(place, NO_KEY))
                )
            except ConfigurationError as error:
                problems.append(f"{place}: {error.message}")
        plan = Plan(items, together)
        targets = [item.target for item in plan.open]
        for item in plan.open:
            names_given = [one["name"] for one in columns[item.source]]
            problems += _problems(item, names_given, options, together=together)
            if options.mode in REPLACING and not options.cascade:
                problems += _actions(connection, item.target, [one.name for one in targets])
        if together and options.mode in ("append", "overwrite"):
            problem = ordered(connection, targets)[1]
            problems += [] if problem is None else [problem]
        refuse(problems, "The tables cannot be replicated")
        if together:
            for one in targets:
                drop_left_overs(one, None)
    return plan


def _item(database: Database, connection: Connection, place: Place, options: Options, *, together: bool) -> Item:
    target = find_target(database, connection, options.request(place.name))
    if options.run_key is None:
        item = Item(source=place, target=target, staged=staging_name(target))
    else:
        key = sha256(options.run_key.encode()).hexdigest()[:16]
        item = Item(source=place, target=target, staged=f"moltres_replica_{target.digest}_{key}")
        load = load_of(connection, target.dialect, options.run_key, target.name, target.schema)
        recorded = load.recorded() if target.table is not None else None
        if recorded is not None:
            return replace(item, done=True, rows=recorded.rows)
        if together and target.table is not None and load.exists() and finish_renamed(target, target.table, load):
            recorded = load.recorded()
            return replace(item, done=True, rows=None if recorded is None else recorded.rows)
    if options.mode == "ignore" and target.table is not None:
        return replace(item, done=True)
    return item


def _problems(item: Item, columns: Sequence[str], options: Options, *, together: bool) -> Iterator[str]:
    target = item.target
    if target.table is None:
        return
    if options.mode == "error_if_exists":
        yield f"The table {item.place} already exists: use mode='append', 'overwrite' or 'ignore'."
        return
    generated = sorted(set(columns) & target.fill.generated)
    if generated:
        yield f"{item.place}: the database generates {', '.join(map(repr, generated))}, and stores no other value."
    fits = target.has_the_columns(columns)
    if not fits and (options.mode == "append" or (together and not target.dialect.capabilities.transactional_ddl)):
        there = set(target.table.columns.keys())
        parts = [f"it has no column {name!r}" for name in columns if name not in there]
        parts += [f"the source has no column {name!r}" for name in sorted(there - target.fill.columns - set(columns))]
        yield f"{item.place} does not fit the table of the source: {'; '.join(parts)}."


def _actions(connection: Connection, target: Target, names: Sequence[str]) -> Iterator[str]:
    """Rows of tables that are not replicated themselves must stay when those that they reference are replaced."""
    if target.table is None:
        return
    for action in target.dialect.delete_actions(connection, target.table, own=False):
        if action.partition(" (")[0].rpartition(".")[2] not in names:
            yield (
                f"Replacing rows of {target.name!r} would delete or change rows that reference them: {action};"
                " cascade=True lets this happen."
            )
