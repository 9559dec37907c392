"""What there is to do, and everything that keeps it from being done, before a row moves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from .._shared.wording import with_hint
from ..errors import ConfigurationError, MoltresError, refuse
from ..write.left_overs import drop_left_overs, staging_name
from ..write.missing_rows import require_possible
from ..write.request import REPLACING
from ..write.target import find_target
from .finished import finished
from .items import Item
from .merging import keys_of, merge_problems
from .names import Place, expand
from .order import ordered
from .ranges import NO_KEY, key_of, key_problems

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from ..database import Database
    from ..write.target import Target
    from .items import Options

__all__ = ["Plan", "made_plan"]


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
        problems += merge_problems(connection, columns, options)
        keys = {}
        if not problems and options.range_rows is not None:
            keys = {place: key_of(connection, place, known, options.range_keys) for place, known in columns.items()}
        merge_keys = {place: keys_of(connection, place, options) for place in columns}
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
                item = _item(target, connection, place, options, together=together)
                item = replace(item, key=keys.get(place, NO_KEY), keys=merge_keys[place])
                items.append(_narrowed(item, [one["name"] for one in columns[place]], options))
            except ConfigurationError as error:
                problems.append(f"{place}: {with_hint(error)}")
        plan = Plan(items, together)
        targets = [item.target for item in plan.open]
        for item in plan.open:
            names_given = [one["name"] for one in columns[item.source]]
            problems += _problems(item, names_given, options, together=together)
            if (options.mode in REPLACING or options.delete_missing == "hard") and not options.cascade:
                problems += _actions(connection, item.target, [one.name for one in targets])
        if together and options.mode in ("append", "overwrite", "merge"):
            problem = ordered(connection, targets)[1]
            problems += [] if problem is None else [problem]
            problems += _twice(connection, targets)
        refuse(problems, "The tables cannot be replicated")
        if together:
            for one in targets:
                drop_left_overs(one, None)
    return plan


def _item(database: Database, connection: Connection, place: Place, options: Options, *, together: bool) -> Item:
    target = find_target(database, connection, options.lookup(place.name, options.target_schema))
    if options.run_key is None:
        item = Item(source=place, target=target, staged=staging_name(target))
    else:
        key = sha256(options.run_key.encode()).hexdigest()[:16]
        item = Item(source=place, target=target, staged=f"moltres_replica_{target.digest}_{key}")
        recorded = finished(item, options, options.run_key, together=together)
        if recorded is not None:
            return replace(item, done=True, rows=recorded.rows)
    if options.mode == "ignore" and target.table is not None:
        return replace(item, done=True)
    return item


def _narrowed(item: Item, columns: Sequence[str], options: Options) -> Item:
    """The table without the columns that are not to be read, because the target does not have them."""
    table = item.target.table
    if table is None or options.on_schema_change != "ignore":
        return item
    return replace(item, left_out=tuple(name for name in columns if name not in table.c))


def _problems(item: Item, columns: Sequence[str], options: Options, *, together: bool) -> Iterator[str]:
    target = item.target
    if not together and target.schema is None and "." in target.name:
        yield f"The name {target.name!r} has a dot: name the schema of the target's tables in target_schema."
    if target.table is None:
        return
    if options.mode == "error_if_exists":
        yield f"The table {item.place} already exists: use mode='append', 'overwrite' or 'ignore'."
        return
    generated = sorted(set(columns) & target.fill.generated)
    if generated:
        yield f"{item.place}: the database generates {', '.join(map(repr, generated))}, and stores no other value."
    kept = [name for name in columns if name not in item.left_out]
    there = set(target.table.columns.keys())
    parts = [f"it has no column {name!r}" for name in kept if name not in there]
    parts = [] if options.on_schema_change == "append_new_columns" else parts
    if options.mode != "merge":
        parts += [f"the source has no column {name!r}" for name in sorted(there - target.fill.columns - set(kept))]
    keeps = options.mode in ("append", "merge") or (together and not target.dialect.capabilities.transactional_ddl)
    if parts and keeps:
        yield f"{item.place} does not fit the table of the source: {'; '.join(parts)}."
    if options.delete_missing == "soft":
        try:
            require_possible(target, options.request(item), kept)
        except MoltresError as error:
            yield f"{item.place}: {error}"


def _twice(connection: Connection, targets: Sequence[Target]) -> Iterator[str]:
    """No two tables that are written may have the same rows."""
    there = [(target, target.table) for target in targets if target.table is not None]
    if not there:
        return
    for part, whole, of_it in there[0][0].dialect.contained(connection, [table for _, table in there]):
        relation = "is a partition of" if of_it else "inherits from"
        yield (
            f"The table {there[part][0].name!r} of the target {relation} {there[whole][0].name!r}, which would have its"
            " rows twice: replicate one of the two."
        )


def _actions(connection: Connection, target: Target, names: Sequence[str]) -> Iterator[str]:
    """Rows of tables that are not replicated themselves must stay when those that they reference are replaced."""
    if target.table is None:
        return
    for action in target.dialect.delete_actions(connection, target.table, own=False):
        if action.partition(" (")[0].rpartition(".")[2] not in names:
            yield (
                f"Replacing rows of {target.name!r} would delete or change further rows: {action};"
                " cascade=True lets this happen."
            )
