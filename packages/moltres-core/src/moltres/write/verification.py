"""Whether a table still holds what loads have written, by their receipts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._shared.fingerprints.fingerprint import Fingerprint
from .._shared.wording import repr_of
from ..dialects import Capabilities
from ..dialects.base import named
from ..errors import ConfigurationError, listing, refuse
from ..types.receipt import Receipt, Verification

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection, Table

    from ..dialects import Dialect
    from ..dialects.tally import Covered
    from ..frame.source import Source

_HOME = "database must be a Database, which connect() makes"


def verify(receipt: Receipt | Sequence[Receipt], database: Source) -> Verification:
    """Compare a table with what a load has written, or several loads one after the other.

    The receipt of a load that wrote all rows of its table (modes ``error_if_exists`` and ``overwrite``, and every mode
    that made it) says what the table holds as long as nobody else writes to it. That of an append says it together
    with those before it: the fingerprint of a table is the sum of those of its loads.

    Args:
        receipt: The receipt of a load; or those of a load that wrote all rows, and of all appends since.
        database: The database that has the table, from `connect`. It is read only.

    Returns:
        A result that is true if the table holds these rows, and only these; its text says what was found, and which
        columns differ if the loads had ``verify="columns"``.

    Raises:
        ConfigurationError: If the receipts are not those of one table, or prove nothing.
        TableNotFoundError: If the table does not exist.
    """
    receipts: list[Any] = list(receipt) if isinstance(receipt, list | tuple) else [receipt]
    known = isinstance(getattr(getattr(database, "dialect", None), "capabilities", None), Capabilities)
    home = [] if known else [f"{_HOME}, not {repr_of(database, 80)}."]
    refuse([*_problems(receipts), *home], "These receipts cannot be verified")
    first, *rest = receipts
    unknown = [one for one in rest if one.mode != "append"] or ([] if first.covers == "table" else [first])
    if unknown:
        return Verification(
            equal=None,
            message=f"Whether {first.table!r} still holds these rows cannot be told: a load with mode="
            f"{unknown[0].mode!r} left other rows there, whose fingerprint nobody took. The receipts of all loads since"
            " the one that made or replaced the table can be verified together, if all but that are appends.",
        )
    if any(list(one.columns.items()) != list(first.columns.items()) for one in rest):
        return Verification(
            equal=None, message="The loads covered different columns, so that their fingerprints have no sum."
        )
    expected = Fingerprint()
    for one in receipts:
        expected += one.source
    with database.connection() as connection:
        held = _held(first, database, connection)
        if isinstance(held, str):
            return Verification(equal=False, message=held, expected=expected)
        found = held.counted()
        differing = _differing(receipts, held) if found != expected and found.rows == expected.rows else None
    if found == expected:
        message = f"{first.table!r} holds what was loaded and nothing else: {_rows(expected)}."
    elif found.rows != expected.rows:
        message = f"{first.table!r} has {_rows(found)}; the loads wrote {expected.rows:,}."
    else:
        where = f"some have other values{f' in {listing(differing)}' if differing else ''}"
        said = "values have changed places between rows" if differing == () else where
        message = f"{first.table!r} has as many rows as were loaded ({found.rows:,}), and {said}."
    return Verification(equal=found == expected, message=message, expected=expected, found=found, columns=differing)


def _rows(counted: Fingerprint) -> str:
    return f"{counted.rows:,} row{'' if counted.rows == 1 else 's'}"


def _problems(given: Sequence[Any]) -> Iterator[str]:
    if not given:
        yield "receipt must be a Receipt, or a list of these."
    yield from (
        f"receipt must be a Receipt, or a list of these, not {repr_of(one, 80)}." for one in given if not _is(one)
    )
    known = [one for one in given if _is(one)]
    yield from (
        f"The receipt of {one.at:%Y-%m-%d %H:%M:%S} proves nothing: {one.reason}." for one in known if not one.proved
    )
    tables = sorted({one.table if one.schema is None else f"{one.schema}.{one.table}" for one in known})
    if len(tables) > 1:
        yield f"The receipts are those of several tables: {listing(tables)}."


def _is(given: object) -> bool:
    return isinstance(given, Receipt)


@dataclass(frozen=True)
class _Held:
    """A table that has the columns of a receipt."""

    connection: Connection
    dialect: Dialect
    table: Table
    columns: Sequence[Covered]

    def counted(self, *names: str) -> Fingerprint:
        """The fingerprint of all of its rows, by these columns or all.

        Raises:
            ConfigurationError: If a row is too large for it.
        """
        chosen = [one for one in self.columns if not names or one.name in names]
        found = self.dialect.counted(self.connection, self.table, chosen)
        if found is None:
            raise ConfigurationError("The table cannot be verified: a row is too large for a hash of the database.")
        return found


def _differing(receipts: Sequence[Receipt], held: _Held) -> tuple[str, ...] | None:
    """The columns of which each has other values than were loaded; None if the receipts do not tell them."""
    if any(one.by_column.keys() != one.columns.keys() for one in receipts):
        return None
    loaded = {name: sum((one.by_column[name] for one in receipts), Fingerprint()) for name in receipts[0].columns}
    return tuple(name for name, sums in loaded.items() if held.counted(name) != sums)


def _held(receipt: Receipt, database: Source, connection: Connection) -> _Held | str:
    """The table of a receipt now; or why it cannot hold the rows of the loads."""
    dialect = database.dialect
    reason = dialect.unproved(connection)
    if reason is not None:
        raise ConfigurationError(f"The table cannot be verified: {reason}.")
    table = database.reflect(receipt.table, schema=receipt.schema, connection=connection)
    proved = [one for one in named(table) if one[0] in receipt.columns]
    covered, _ = dialect.cover(connection, proved)
    now = {one.name: one for one in covered}
    missing = [name for name in receipt.columns if name not in table.columns]
    if missing:
        return f"{receipt.table!r} no longer has the columns {listing(missing)}."
    changed = [name for name, form in receipt.columns.items() if name not in now or now[name].form != form]
    if changed:
        return f"Columns of {receipt.table!r} have other types than when they were loaded: {listing(changed)}."
    return _Held(connection, dialect, table, [now[name] for name in receipt.columns])
