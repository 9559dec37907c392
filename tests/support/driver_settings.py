"""What a caller can set on the connection of a driver, so that it gives rows of another form, or other values."""

from __future__ import annotations

import sqlite3
import sys
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Engine


def as_dict(cursor: Any, row: Any) -> dict[str, Any]:
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}


def settings_of(raw: Any) -> Mapping[str, Any]:
    """What may be set on this connection; nothing on those of drivers that have no such settings."""
    if isinstance(raw, sqlite3.Connection):
        return {"row_factory": as_dict, "text_factory": bytes}
    if "psycopg" in sys.modules and isinstance(raw, sys.modules["psycopg"].Connection):
        from psycopg.rows import dict_row
        from psycopg.types.numeric import FloatLoader

        raw.adapters.register_loader("numeric", FloatLoader)
        return {"row_factory": dict_row}
    if "pymysql" in sys.modules and isinstance(raw, sys.modules["pymysql"].Connection):
        from pymysql.constants import FIELD_TYPE
        from pymysql.converters import decoders
        from pymysql.cursors import DictCursor

        return {"cursorclass": DictCursor, "decoders": {**decoders, FIELD_TYPE.NEWDECIMAL: float}}
    return {}


def pragmas_of(raw: Any) -> list[int]:
    """The flags of SQLite that give results other columns, or rows that no query asked for."""
    if not isinstance(raw, sqlite3.Connection):
        return []
    cursor = raw.cursor()
    cursor.row_factory = None
    return [int(cursor.execute(f"PRAGMA {name}").fetchone()[0]) for name in PRAGMAS]


PRAGMAS = {"count_changes": 1, "full_column_names": 1, "short_column_names": 0}


def reshape(engine: Engine) -> None:
    """Let connections of an engine give dicts in the place of tuples, and floats in that of decimals."""

    def on_checkout(raw: Any, *_: Any) -> None:
        if isinstance(raw, sqlite3.Connection):
            for name, flag in PRAGMAS.items():
                raw.execute(f"PRAGMA {name} = {flag}").close()
        for name, value in settings_of(raw).items():
            setattr(raw, name, value)

    event.listen(engine, "checkout", on_checkout)
