"""SQLite."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ...statements import driver_connection
from ..fingerprint import canonical, digest, encoded
from .base import CanonicalSQL, Value, raw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection, Select

__all__ = ["SQLiteForms"]


class SQLiteForms(CanonicalSQL):
    """SQLite, which has no hashes: functions of Python that are registered on the connection."""

    _widest = 90

    def problem(self, connection: Connection) -> str | None:
        """Register the functions."""
        raw = driver_connection(connection)
        raw.create_function("dq_canonical", 2, _canonical, deterministic=True)
        raw.create_function("dq_part", -1, _part, deterministic=True)
        raw.create_function("dq_hash", -1, _hash, deterministic=True)
        raw.create_function("dq_hash_of_parts", -1, _hash_of_parts, deterministic=True)
        raw.create_function("dq_bucket", 2, _bucket, deterministic=True)
        raw.create_aggregate("dq_sums", 1, _Sums)
        return None

    def form(self, value: ColumnElement[Any], form: str, type_name: str) -> ColumnElement[Any]:
        """By Python."""
        del type_name
        return sa.func.dq_canonical(raw(f"'{form}'"), value, type_=sa.Text())

    def hash(self, values: Sequence[Value]) -> ColumnElement[Any]:
        """By Python, in parts where a function would have too many arguments."""
        parts = [values[at : at + self._widest] for at in range(0, len(values), self._widest)]
        called = sa.func.dq_hash if len(parts) == 1 else sa.func.dq_part
        hashed = [
            called(
                raw("'" + ",".join(form for _, form, _ in part) + "'"), *(value for value, *_ in part), type_=sa.Text()
            )
            for part in parts
        ]
        return hashed[0] if len(parts) == 1 else sa.func.dq_hash_of_parts(*hashed, type_=sa.Text())

    def once(self, hashes: Select[Any]) -> Select[Any]:
        """A LIMIT keeps the subquery from being flattened, which would call the function for each use of the hash."""
        return hashes.limit(raw("-1", sa.Integer()))

    def sums(self, hash_: ColumnElement[Any]) -> Sequence[ColumnElement[Any]]:
        """One aggregate for both sums: SQLite's own overflow."""
        return [sa.func.dq_sums(hash_, type_=sa.Text()), sa.null()]

    def folded(self, sums: Sequence[Any]) -> tuple[int, int]:
        """Both are in the first."""
        first, _, second = (sums[0] or "0 0").partition(" ")
        return int(first), int(second)

    def bucket(self, hash_: ColumnElement[Any], number: int) -> ColumnElement[Any]:
        """By Python."""
        return sa.func.dq_bucket(hash_, raw(str(number), sa.Integer()), type_=sa.Integer())


class _Sums:
    """The sums of the halves of hashes, which are hexadecimal digits."""

    def __init__(self) -> None:
        self.first = self.second = 0

    def step(self, digest: str) -> None:
        self.first += int(digest[:16], 16)
        self.second += int(digest[16:], 16)

    def finalize(self) -> str:
        return f"{self.first} {self.second}"


def _canonical(form: str, value: Any) -> str | None:
    return canonical(value, form)


@lru_cache(maxsize=64)
def _named(forms: str) -> tuple[str, ...]:
    return tuple(forms.split(","))


def _hash(forms: str, *values: Any) -> str:
    named = _named(forms)
    fields = [canonical(value, form) for value, form in zip(values, named, strict=True)]
    return digest(encoded(fields, named)).hex()


def _part(forms: str, *values: Any) -> str:
    named = forms.split(",")
    return json.dumps([[canonical(value, form), form] for value, form in zip(values, named, strict=True)])


def _hash_of_parts(*parts: str) -> str:
    fields = [field for part in parts for field in json.loads(part)]
    return digest(encoded([one for one, _ in fields], [form for _, form in fields])).hex()


def _bucket(digest: str, number: int) -> int:
    return int(digest[:4], 16) & (number - 1)
