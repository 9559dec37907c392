"""Finding the rows in which two relations differ: fingerprints first, then buckets of keys, then rows.

What is the same on both sides is never fetched. The statements of both sides come in pairs, so that whoever runs them
can run both at once.
"""

from __future__ import annotations

import decimal
import math
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from .._shared.fingerprints.canonical_sql import MOST_BUCKETS
from .._shared.fingerprints.fingerprint import Fingerprint, value_of
from ..errors import SourceError
from .bucket_sums import BucketSums

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select

    from .forms import Side
    from .sides import Sides

__all__ = ["Differences", "Found", "Question", "Step", "Steps", "differences"]

#: About how many rows of each side are compared at once.
BATCH = 50_000
#: About how many rows a bucket is to have.
ROWS_OF_A_BUCKET = 64
#: Ranges of keys that are written as conditions, which an index answers; more are one expression.
_MOST_RANGES = 200
_LONGEST_KEY = 2**62

#: Yields what is done and the question to each side; is sent what they have made of their rows.
Steps = Generator["Step", "tuple[Any, Any]", Any]

_ByKey = dict[tuple[Any, ...], list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Question:
    """A statement, and what is made of its rows as they come: there may be many.

    Attributes:
        statement: The statement.
        read: Makes something of the rows.
    """

    statement: Select[Any]
    read: Callable[[Iterable[Sequence[Any]]], Any]


@dataclass(frozen=True)
class Step:
    """A question to each side.

    Attributes:
        message: What it is for.
        left: The question to the left side.
        right: That to the right side.
    """

    message: str
    left: Question
    right: Question


@dataclass(frozen=True)
class Found:
    """One row in which the sides differ.

    Attributes:
        kind: "missing" (only on the left), "extra" (only on the right) or "changed".
        left: The values of the left side by column; None if it has no such row.
        right: Those of the right side.
        columns: The columns that differ.
    """

    kind: str
    left: Mapping[str, Any] | None
    right: Mapping[str, Any] | None
    columns: tuple[str, ...] = ()


@dataclass
class Differences:
    """What was found; counts are exact.

    Attributes:
        left: The fingerprint of the left side.
        right: That of the right side.
        missing: Rows that only the left side has.
        extra: Rows that only the right side has.
        changed: Rows that both have by their keys, with other values.
        columns: In how many changed rows each column differs.
        within_tolerance: Rows that differ by no more than the tolerance; they count as equal.
        null_keys: How many rows of each side have a NULL in their key.
        repeated_keys: How many rows of each side share their key with another one, among those that were looked at.
        samples: The first rows of each kind.
    """

    left: Fingerprint
    right: Fingerprint
    missing: int = 0
    extra: int = 0
    changed: int = 0
    columns: Counter[str] = field(default_factory=Counter)
    within_tolerance: int = 0
    null_keys: tuple[int, int] = (0, 0)
    repeated_keys: tuple[int, int] = (0, 0)
    samples: list[Found] = field(default_factory=list)

    @property
    def equal(self) -> bool:
        """Whether both sides have the same rows, as often."""
        return not (self.missing or self.extra or self.changed)


def differences(sides: Sides) -> Steps:
    """Find in which rows two sides differ; the generator returns `Differences`.

    Raises:
        SourceError: A row has no fingerprint, or the rows change meanwhile.
    """
    totals = yield Step("compared the fingerprints", *(_totals(sides, one) for one in (sides.left, sides.right)))
    found = Differences(totals[0].fingerprint, totals[1].fingerprint, null_keys=(totals[0].nulls, totals[1].nulls))
    if found.left == found.right:
        return found
    rows = max(found.left.rows, found.right.rows)
    if rows <= BATCH // 4:
        yield from _compare(sides, [None], found, rows)
    else:
        bounds = [number for total in totals for number in total.bounds]
        ranged = len(bounds) == 4 and all(isinstance(one, int) for one in bounds)
        span = (min(bounds), max(bounds)) if ranged else None
        if span is not None and (span[0] < -_LONGEST_KEY or span[1] > _LONGEST_KEY):
            span = None
        yield from _narrow(sides, _Buckets.of(sides, rows, span), found, (found.left, found.right))
    if found.equal and not found.within_tolerance:
        raise SourceError("The fingerprints differ, and no row does: the rows changed while they were compared.")
    return found


@dataclass(frozen=True)
class _Total:
    fingerprint: Fingerprint
    nulls: int
    bounds: tuple[Any, ...]


def _hashes(sides: Sides, side: Side, *more: ColumnElement[Any], among: Sequence[Any] = ()) -> Any:
    """A subquery of the hash of each row, with further expressions."""
    selected = side.relation.select(side.sql.hash(side.of(sides.names)).label("h"), *more)
    return side.sql.once(selected.where(*side.relation.among(among, side.where))).subquery("hashes")


def _sums(side: Side, hashes: Any) -> list[ColumnElement[Any]]:
    return [sa.func.count(), sa.func.count(hashes.c.h), *side.sql.sums(hashes.c.h)]


def _totals(sides: Sides, side: Side) -> Question:
    key = sides.integer_key
    more: list[ColumnElement[Any]] = []
    if sides.keys:
        null = sa.or_(*(side.relation[name].is_(None) for name in sides.keys))
        more.append(sa.case((null, sa.literal_column("1")), else_=sa.literal_column("0")).label("n"))
    if key is not None:
        more.append(_bound_of(side, key).label("k"))
    hashes = _hashes(sides, side, *more)
    asked = _sums(side, hashes)
    if sides.keys:
        asked.append(sa.func.sum(hashes.c.n))
    if key is not None:
        asked += [sa.func.min(hashes.c.k), sa.func.max(hashes.c.k)]
    statement = sa.select(*(one.label(f"m{place}") for place, one in enumerate(asked))).select_from(hashes)

    def read(rows: Iterable[Sequence[Any]]) -> _Total:
        (row,) = rows
        return _Total(_fingerprint(side, row[:4]), int(row[4] or 0) if sides.keys else 0, tuple(row[5:7]))

    return Question(statement, read)


def _bound_of(side: Side, key: str) -> ColumnElement[Any]:
    """An integer key; where its column may have others, a string in the place of each, which is no bound of a range."""
    value = side.relation[key]
    if not side.relation.dialect.types_by_value:
        return value
    integer = sa.or_(value.is_(None), value == sa.cast(value, sa.BigInteger()))
    return sa.case((integer, value), else_=sa.literal_column("''"))


def _fingerprint(side: Side, row: Sequence[Any]) -> Fingerprint:
    rows, hashed, *sums = row
    if rows != hashed:
        raise SourceError(f"{rows - hashed:,} rows have no fingerprint: the database gives NULL for their hash.")
    return Fingerprint.of_sums(rows, *side.sql.folded(sums))


@dataclass(frozen=True)
class _Buckets:
    """How rows are divided into buckets: by ranges of an integer key, or by the hash of the key, or of the row.

    Attributes:
        sides: What is compared.
        number: How many buckets there are.
        least: The least key of a division by ranges; None for one by hashes.
        width: How many keys a range has.
        most: The greatest key of a division by ranges.
    """

    sides: Sides
    number: int
    least: int | None = None
    width: int = 1
    most: int = 0

    @classmethod
    def of(cls, sides: Sides, rows: int, span: tuple[int, int] | None) -> _Buckets:
        """Buckets for so many rows, with keys of a span."""
        number = min(MOST_BUCKETS, 1 << max(1, (rows // ROWS_OF_A_BUCKET).bit_length()))
        if span is None:
            return cls(sides, number)
        keys = span[1] - span[0] + 1
        return cls(sides, number, span[0], max(1, -(-keys // number)), span[1])

    def of_row(self, side: Side) -> ColumnElement[Any]:
        """The bucket of a row; NULL for a key that is NULL, in a division by ranges."""
        if self.least is not None:
            (key,) = self.sides.keys
            return side.sql.range_bucket(side.relation[key], self.least, self.width)
        return side.sql.bucket(side.sql.hash(side.of(self.sides.keys or self.sides.names)), self.number)

    def range_of(self, bucket: int) -> tuple[int, int]:
        """The first and the last key of a range."""
        assert self.least is not None  # noqa: S101 (only a division by ranges is asked)
        first = self.least + bucket * self.width
        return first, min(first + self.width - 1, self.most)

    def among(self, side: Side, buckets: Sequence[Any]) -> list[ColumnElement[bool]]:
        """The condition of the rows in some of the buckets."""
        known = sorted(one for one in buckets if one is not None)
        conditions: list[ColumnElement[bool]] = []
        if self.least is None:
            return [self.of_row(side).in_([sa.literal_column(str(one)) for one in known])]
        key = side.relation[self.sides.keys[0]]
        if len(known) < len(buckets):
            conditions.append(key.is_(None))
        ranges: list[list[int]] = []
        for one in known:
            first, last = self.range_of(one)
            if ranges and ranges[-1][1] == first - 1:
                ranges[-1][1] = last
            else:
                ranges.append([first, last])
        if len(ranges) <= _MOST_RANGES:
            conditions += [_between(key, low, high) for low, high in ranges]
        else:
            conditions.append(self.of_row(side).in_([sa.literal_column(str(one)) for one in known]))
        return [sa.or_(*conditions)]


def _narrow(sides: Sides, buckets: _Buckets, found: Differences, whole: tuple[Fingerprint, Fingerprint]) -> Steps:
    """Compare the fingerprints of buckets, then the rows of those that differ."""
    within: list[tuple[Side, list[Any]]] = []
    for side in (sides.left, sides.right):
        inside: list[Any] = []
        if buckets.least is not None and whole != (found.left, found.right):
            low, high = buckets.range_of(0)[0], buckets.range_of(buckets.number - 1)[1]
            inside = [_between(side.relation[sides.keys[0]], low, high)]
        within.append((side, inside))
    left, right = yield Step(
        "compared the fingerprints of buckets", *(_levels(sides, one, buckets, more) for one, more in within)
    )
    if (left.whole, right.whole) != whole:
        raise SourceError("The rows changed while they were compared.")
    batch: list[Any] = []
    size = 0
    for bucket in (None, *range(buckets.number)):
        pair = left.of(bucket), right.of(bucket)
        if pair[0] == pair[1]:
            continue
        rows = max(pair[0].rows, pair[1].rows)
        if rows > BATCH and buckets.least is not None and buckets.width > 1 and bucket is not None:
            yield from _narrow(sides, _Buckets.of(sides, rows, buckets.range_of(bucket)), found, pair)
            continue
        if batch and size + rows > BATCH:
            yield from _compare(sides, batch, found, size, buckets)
            batch, size = [], 0
        batch.append(bucket)
        size += rows
    if batch:
        yield from _compare(sides, batch, found, size, buckets)


def _between(key: ColumnElement[Any], low: int, high: int) -> ColumnElement[bool]:
    return key.between(sa.literal_column(f"({low})"), sa.literal_column(f"({high})"))


def _levels(sides: Sides, side: Side, buckets: _Buckets, inside: Sequence[Any]) -> Question:
    hashes = _hashes(sides, side, buckets.of_row(side).label("b"), among=inside)
    asked = [one.label(f"m{place}") for place, one in enumerate(_sums(side, hashes))]
    statement = sa.select(hashes.c.b, *asked).select_from(hashes).group_by(hashes.c.b)

    def read(rows: Iterable[Sequence[Any]]) -> BucketSums:
        found = BucketSums(buckets.number)
        for row in rows:
            found.add(None if row[0] is None else int(row[0]), _fingerprint(side, row[1:5]))
        return found

    return Question(statement, read)


def _compare(
    sides: Sides, batch: Sequence[Any], found: Differences, rows: int, buckets: _Buckets | None = None
) -> Steps:
    """Fetch the rows of some buckets, or all of them, and compare them."""
    questions = []
    for side in (sides.left, sides.right):
        fields = [side.sql.form(*value).label(f"c{place}") for place, value in enumerate(side.of(sides.names))]
        among = [] if buckets is None else buckets.among(side, batch)
        statement = side.relation.select(*fields).where(*side.relation.among(among, side.where))
        questions.append(Question(statement, lambda rows: _by_key(sides, rows)))
    grouped = yield Step(f"compared rows: {rows:,}", *questions)
    _match(sides, grouped, found)


def _by_key(sides: Sides, rows: Iterable[Sequence[Any]]) -> _ByKey:
    width = len(sides.keys) or len(sides.forms)
    found: _ByKey = {}
    for row in rows:
        found.setdefault(tuple(row[:width]), []).append(tuple(row))
    return found


def _match(sides: Sides, grouped: tuple[_ByKey, _ByKey], found: Differences) -> None:
    """Compare rows of both sides by their keys."""
    if sides.keys:
        repeated = [sum(len(rows) for rows in one.values() if len(rows) > 1) for one in grouped]
        before = found.repeated_keys
        found.repeated_keys = (before[0] + repeated[0], before[1] + repeated[1])
    for key in dict.fromkeys([*grouped[0], *grouped[1]]):
        ours, theirs = grouped[0].get(key, []), grouped[1].get(key, [])
        if ours == theirs:
            continue
        both = Counter(ours) & Counter(theirs)
        ours, theirs = _without(ours, both), _without(theirs, both)
        if sides.tolerance is not None and len(ours) * len(theirs) > 1:
            ours, theirs, near = _without_near(sides, ours, theirs)
            found.within_tolerance += near
        for one, other in zip(ours, theirs, strict=False):
            _note_changed(sides, one, other, found)
        for one in ours[len(theirs) :]:
            found.missing += 1
            _keep(sides, found, "missing", one, None)
        for other in theirs[len(ours) :]:
            found.extra += 1
            _keep(sides, found, "extra", None, other)


def _without(rows: list[tuple[Any, ...]], others: Counter[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    left = Counter(others)
    kept = []
    for row in rows:
        if left[row] > 0:
            left[row] -= 1
        else:
            kept.append(row)
    return kept


def _without_near(
    sides: Sides, ours: list[tuple[Any, ...]], theirs: list[tuple[Any, ...]]
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]], int]:
    """Rows of one key without pairs that are no further apart than the tolerance, and how many pairs these are."""
    places = {row: _place(sides, row) for row in (*ours, *theirs)}
    left, right = (sorted(rows, key=places.__getitem__) for rows in (ours, theirs))
    kept: tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]] = [], []
    near = 0
    while left and right:
        if not _changed(sides, left[-1], right[-1]):
            del left[-1], right[-1]
            near += 1
        elif places[left[-1]] > places[right[-1]]:
            kept[0].append(left.pop())
        else:
            kept[1].append(right.pop())
    return left + kept[0][::-1], right + kept[1][::-1], near


def _place(sides: Sides, row: tuple[Any, ...]) -> list[Any]:
    """By which rows of one key are in order: first by what must be equal, then by what may be apart."""
    exact: list[Any] = []
    tolerant: list[Any] = []
    for name, written in zip(sides.names, row, strict=True):
        if not sides.is_tolerant(name):
            exact.append((written is not None, written or ""))
            continue
        value = value_of(written, sides.forms[name])
        is_number = isinstance(value, int | float | decimal.Decimal) and not math.isnan(value)
        tolerant.append((is_number, value if is_number else repr(value)))
    return [*exact, *tolerant]


def _changed(sides: Sides, left: tuple[Any, ...], right: tuple[Any, ...]) -> tuple[str, ...]:
    """The columns in which two rows differ by more than the tolerance."""
    return tuple(
        name
        for name, one, other in zip(sides.names, left, right, strict=True)
        if one != other and not _allowed(sides, name, one, other)
    )


def _note_changed(sides: Sides, left: tuple[Any, ...], right: tuple[Any, ...], found: Differences) -> None:
    changed = _changed(sides, left, right)
    if not changed:
        found.within_tolerance += 1
        return
    found.changed += 1
    found.columns.update(changed)
    _keep(sides, found, "changed", left, right, columns=changed)


def _allowed(sides: Sides, name: str, left: Any, right: Any) -> bool:
    """Whether two canonical values of a column are no further apart than the tolerance."""
    if sides.tolerance is None or not sides.is_tolerant(name):
        return False
    return sides.tolerance.allows(*(value_of(one, sides.forms[name]) for one in (left, right)))


def _keep(sides: Sides, found: Differences, kind: str, left: Any, right: Any, *, columns: tuple[str, ...] = ()) -> None:
    if sum(one.kind == kind for one in found.samples) >= sides.samples:
        return
    shown = [None if row is None else _values(sides, row) for row in (left, right)]
    found.samples.append(Found(kind, shown[0], shown[1], columns))


def _values(sides: Sides, row: Sequence[Any]) -> dict[str, Any]:
    found = {name: value_of(value, sides.forms[name]) for name, value in zip(sides.names, row, strict=True)}
    return {name: bool(value) if value in (0, 1) and sides.is_boolean(name) else value for name, value in found.items()}
