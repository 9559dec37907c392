"""The arguments of one write, checked as a whole before anything is done."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from .._shared import arguments
from ..errors import listing, refuse
from ..frame.source import BATCH_ROWS, DeleteMissing, Mode, OnSchemaChange
from ..types.receipt import verify_problems
from .load_log import key_problems
from .watermarks import lag_problems

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from decimal import Decimal

    from ..types.receipt import Verify

REPLACING = ("overwrite", "overwrite_partitions")
"""The modes that delete rows of a table that is there."""

OF_MODE = (
    "mode", "keys", "update", "partition_by", "cascade", "cursor", "lag", "delete_missing", "delete_at_most",
    "valid_from", "valid_to", "valid_at", "on_schema_change", "rejects", "rejects_at_most",
)  # fmt: skip
"""The mode, and the options that have an effect with some modes or other options only."""

ADDING = ("append", "merge", "overwrite_partitions", "scd2")
"""The modes that add rows to a table that is there, and keep it."""

INCREMENTAL = ("append", "merge", "scd2")
"""The modes that can write what is new in a source."""

KEYED = ("merge", "scd2")
"""The modes that tell rows apart by their keys."""

_OPTION_MODES = {"keys": KEYED, "update": ("merge",), "partition_by": ("overwrite_partitions",)}

_DELETIONS = {"merge": ("hard", "soft"), "scd2": ("close",)}
"""By mode: what can become of rows that the source no longer has."""

VALID_FROM, VALID_TO = "valid_from", "valid_to"
"""The columns of a history, unless the caller names others."""


@dataclass(frozen=True, kw_only=True)
class WriteRequest:
    """The arguments of `Writer.save_as_table`, which explains them.

    Attributes:
        as_it_is: Whether the name is that of a table, dots and all, also without a schema.

    Raises:
        ConfigurationError: If they are not valid; all problems at once.
    """

    name: str
    mode: Mode = "error_if_exists"
    keys: Sequence[str] | None = None
    update: bool | Sequence[str] | None = None
    partition_by: Sequence[str] | None = None
    run_key: str | None = None
    schema: str | None = None
    cascade: bool = False
    cursor: str | None = None
    lag: dt.timedelta | str | Decimal | int | None = None
    delete_missing: DeleteMissing | None = None
    delete_at_most: float | None = None
    valid_from: str | None = None
    valid_to: str | None = None
    valid_at: dt.datetime | str | None = None
    on_schema_change: OnSchemaChange = "fail"
    rejects: Literal["table"] | None = None
    rejects_at_most: float | None = None
    batch_rows: int = BATCH_ROWS
    on_progress: Callable[[int], object] | None = None
    verify: Verify = True
    as_it_is: bool = False

    def __post_init__(self) -> None:
        options = {name: getattr(self, name) for name in OF_MODE}
        problems = [*arguments.string("name", self.name), *mode_problems(**options)]
        if self.run_key is not None:
            problems += key_problems(self.run_key)
        if self.schema is not None:
            problems += arguments.string("schema", self.schema)
        problems += arguments.whole("batch_rows", self.batch_rows, least=1)
        if self.on_progress is not None:
            problems += arguments.function("on_progress", self.on_progress)
        problems += verify_problems(self.verify)
        refuse(problems, "The rows cannot be written with these arguments")
        object.__setattr__(self, "batch_rows", int(self.batch_rows))

    def updated(self, names: Sequence[str]) -> list[str]:
        """The columns that a merge updates.

        Args:
            names: The columns of the rows.
        """
        if self.update is None or self.update is True:
            return [name for name in names if name not in (self.keys or ())]
        return list(self.update or [])

    @property
    def validity(self) -> tuple[str, str]:
        """The columns that say since when and until when a version is valid."""
        return self.valid_from or VALID_FROM, self.valid_to or VALID_TO


def mode_problems(
    *,
    mode: Any,
    keys: Any,
    update: Any,
    partition_by: Any,
    cascade: Any,
    cursor: Any,
    lag: Any,
    delete_missing: Any,
    delete_at_most: Any,
    valid_from: Any,
    valid_to: Any,
    valid_at: Any,
    on_schema_change: Any,
    rejects: Any,
    rejects_at_most: Any,
    unknown: Collection[str] = (),
) -> Iterator[str]:
    """What is wrong with a mode and its options; `Writer.save_as_table` explains them.

    Args:
        mode: What to do with rows that are there already.
        keys: For merge and scd2.
        update: For merge.
        partition_by: For overwrite_partitions.
        cascade: For the modes that delete rows.
        cursor: For append, merge and scd2.
        lag: With a cursor.
        delete_missing: For merge and scd2, without a cursor.
        delete_at_most: With ``delete_missing``.
        valid_from: For scd2.
        valid_to: For scd2.
        valid_at: For scd2.
        on_schema_change: For the modes that add rows to a table that is there.
        rejects: For the same modes.
        rejects_at_most: With ``rejects``.
        unknown: The options whose values are not known yet.
    """
    if "mode" not in unknown:
        yield from arguments.choice("mode", mode, get_args(Mode))
    its_mode = mode if isinstance(mode, str) and "mode" not in unknown else None
    for option, value in (("keys", keys), ("update", update), ("partition_by", partition_by)):
        if option not in unknown:
            yield from _option_problems(option, value, its_mode)
    if isinstance(update, list | tuple) and isinstance(keys, list | tuple) and not {"keys", "update"} & set(unknown):
        yield from (f"update names the key {key!r}." for key in keys if key in update)
    if "cascade" not in unknown:
        yield from arguments.flag("cascade", cascade)
        deletes = its_mode is None or its_mode in REPLACING or delete_missing == "hard"
        if cascade is True and not deletes and "delete_missing" not in unknown:
            yield f"cascade is for {listing(REPLACING)} and has no effect with mode={mode!r}."
    history = {"valid_from": valid_from, "valid_to": valid_to, "valid_at": valid_at}
    yield from _history_problems(
        {name: value for name, value in history.items() if name not in unknown}, its_mode, keys
    )
    if "rejects" not in unknown:
        yield from _reject_problems(rejects, rejects_at_most, its_mode)
        if rejects is not None and delete_missing is not None and "delete_missing" not in unknown:
            yield "delete_missing would take rows that rejects sets aside for rows that the source no longer has."
    if "on_schema_change" not in unknown:
        yield from _change_problems(on_schema_change, its_mode, None if "cursor" in unknown else cursor)
    known = {"cursor": cursor, "lag": lag, "delete_missing": delete_missing, "delete_at_most": delete_at_most}
    yield from _source_problems({name: value for name, value in known.items() if name not in unknown}, its_mode)


def _source_problems(known: dict[str, Any], mode: str | None) -> Iterator[str]:
    """What is wrong with the options that say what the rows are of their source; of every mode if it is not known.

    Args:
        known: The options whose values are known, by name.
        mode: The mode.
    """
    yield from _cursor_problems(known.get("cursor"), mode)
    yield from _delete_problems(known.get("delete_missing"), mode, known.get("cursor"))
    lag, most = known.get("lag"), known.get("delete_at_most")
    yield from lag_problems(lag)
    if lag is not None and known.get("cursor", "") is None:
        yield "lag is for a cursor, and has no effect without one."
    if most is not None:
        yield from arguments.fraction("delete_at_most", most)
        if known.get("delete_missing", "") is None:
            yield "delete_at_most is for delete_missing, and has no effect without it."


def _cursor_problems(cursor: Any, mode: str | None) -> Iterator[str]:
    """What is wrong with a cursor in a mode; in every mode if the mode is not known."""
    if cursor is None:
        return
    yield from arguments.string("cursor", cursor, in_names=True)
    if mode is not None and mode not in INCREMENTAL:
        yield f"cursor is for {listing(INCREMENTAL)} and has no effect with mode={mode!r}."


def _delete_problems(delete_missing: Any, mode: str | None, cursor: Any) -> Iterator[str]:
    """What is wrong with the deletion of rows that the source no longer has."""
    if delete_missing is None:
        return
    if mode is not None and mode not in _DELETIONS:
        yield f"delete_missing is for {listing(_DELETIONS)} and has no effect with mode={mode!r}."
    yield from arguments.choice("delete_missing", delete_missing, _DELETIONS.get(mode or "", get_args(DeleteMissing)))
    if cursor is not None:
        yield "delete_missing needs all rows of the source, and with a cursor only new ones are read."


def _history_problems(known: dict[str, Any], mode: str | None, keys: Any) -> Iterator[str]:
    """What is wrong with the options of a history.

    Args:
        known: The options whose values are known, by name.
        mode: The mode; None if it is not known.
        keys: The columns that tell rows apart.
    """
    given = {name: value for name, value in known.items() if value is not None}
    if given and mode not in (None, "scd2"):
        yield f"{listing(given)}: for mode='scd2', and without effect with mode={mode!r}."
    for name, value in given.items():
        if name != "valid_at" or not isinstance(value, dt.datetime):
            yield from arguments.string(name, value)
        elif value != value or getattr(value, "nanosecond", None):  # noqa: PLR0124 - NaT of pandas is a datetime
            yield f"valid_at must be a moment of microseconds, not {value!r}."
    since, until = (given.get(name, usual) for name, usual in (("valid_from", VALID_FROM), ("valid_to", VALID_TO)))
    if (
        isinstance(since, str)
        and isinstance(until, str)
        and since == until
        and {"valid_from", "valid_to"} <= set(known)
    ):
        yield f"valid_from and valid_to are two columns, not {since!r} both."
    if mode == "scd2" and isinstance(keys, list | tuple):
        yield from (f"{name!r} is a column of the history and no key." for name in keys if name in (since, until))


def _reject_problems(rejects: Any, most: Any, mode: str | None) -> Iterator[str]:
    """What is wrong with what becomes of rows that the table refuses."""
    if rejects is not None:
        yield from arguments.choice("rejects", rejects, ("table",))
        if mode is not None and mode not in ADDING:
            yield f"rejects is for {listing(ADDING)} and has no effect with mode={mode!r}."
    if most is not None:
        yield from arguments.fraction("rejects_at_most", most)
        if rejects is None:
            yield "rejects_at_most is for rejects, and has no effect without it."


def _change_problems(on_schema_change: Any, mode: str | None, cursor: Any) -> Iterator[str]:
    """What is wrong with what becomes of new columns."""
    yield from arguments.choice("on_schema_change", on_schema_change, get_args(OnSchemaChange))
    if on_schema_change == "fail" or mode is None:
        return
    if mode not in ADDING:
        yield f"on_schema_change is for {listing(ADDING)} and has no effect with mode={mode!r}."
    if on_schema_change == "append_new_columns" and cursor is not None and mode == "append":
        yield (
            "on_schema_change='append_new_columns' with mode='append' and a cursor cannot tell rows that were loaded"
            " without the new column from new ones: use mode='merge' with keys."
        )


def _option_problems(option: str, value: Any, mode: str | None) -> Iterator[str]:
    """What is wrong with an option of one mode; of every mode if the mode is not known."""
    its_modes = _OPTION_MODES[option]
    if value is None or value == []:
        if mode in its_modes and option != "update":
            yield f"mode={mode!r} requires {option}."
        return
    if mode is not None and mode not in its_modes:
        its = f"mode={its_modes[0]!r}" if len(its_modes) == 1 else listing(its_modes)
        yield f"{option} is for {its} and has no effect with mode={mode!r}."
    if option == "update" and isinstance(value, bool):
        return
    found = [*arguments.strings(option, value)]
    if not found and len(set(value)) < len(value):
        found = [f"{option} has duplicate columns: {listing(value)}."]
    yield from found
