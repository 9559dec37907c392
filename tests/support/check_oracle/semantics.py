"""What a rule means, in plain Python: written from the guide (docs/guides/checks.md), not from the product."""

from __future__ import annotations

import datetime as dt
import fractions
import math
import re
import statistics
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from support.check_oracle.reading import (
    CLOCK,
    MISFIT,
    Held,
    common_kind,
    exact,
    is_equal,
    is_nan,
    key_of,
    kind_of,
    moment_of,
    viewed,
)

__all__ = ["ANY", "Rule", "Verdict", "judge"]

#: An observation that the oracle does not predict to the last digit.
ANY = object()


@dataclass(frozen=True)
class Rule:
    """A drawn rule with what plain Python needs to judge it.

    Attributes:
        dict: The rule as users write it.
        where: Whether a row is considered, by its number; None is unknown.
        test: For patterns, expressions and functions: what they say of a value or a row.
        referenced: For foreign keys, the rows of the other table.
    """

    dict: Mapping[str, Any]
    where: Callable[[int], bool | None] = lambda row: True
    test: Callable[..., bool | None] = lambda value: True
    referenced: Sequence[tuple[Any, ...]] = ()


@dataclass(frozen=True)
class Verdict:
    """What a report must say: status, the numbers of the failing rows (None if it is not about rows), and so on."""

    status: str
    failing: tuple[int, ...] | None
    considered: int | None
    observed: Any = ANY
    #: How far an observed number may be off.
    tolerance: float = 0.0
    #: Whether an honest error is right as well, as where a sum is greater than any type of the database.
    error_is_right: bool = False


# Judging


def judge(rule: Rule, table: Mapping[str, Held]) -> Verdict:
    """What a report must say about a rule."""
    rows = [row for row in table["id"].values if rule.where(int(row))]
    rows = [int(row) for row in rows]
    kind = rule.dict["type"]
    column = rule.dict.get("column")
    if kind == "schema":
        return _schema(rule, table)
    if kind in _METRICS:
        held = table[column] if column else None
        known = [] if held is None else [held.values[row] for row in rows if held.values[row] is not None]
        return _METRICS[kind](rule, rows, held, known)
    fails = _FAILS[kind](rule, table, rows)
    considered = [row for row in rows if fails(row) is not None]
    failing = tuple(row for row in considered if fails(row))
    share = fractions.Fraction(len(considered) - len(failing), len(considered)) if considered else fractions.Fraction(1)
    passed = share >= fractions.Fraction(str(rule.dict.get("threshold", 1.0)))
    return Verdict(_status(passed), failing, len(considered), float(share))


def _status(passed: bool) -> str:
    return "passed" if passed else "failed"


Fails = Callable[[int], "bool | None"]


def _of_value(test: Callable[[Any, Held], bool]) -> Callable[..., Fails]:
    """A rule about single values: None where the value is NULL, else whether it fails."""

    def fails(rule: Rule, table: Mapping[str, Held], rows: Sequence[int]) -> Fails:
        held = table[rule.dict["column"]]
        return lambda row: None if held.values[row] is None else test(rule, held, held.values[row])  # type: ignore[call-arg]

    return fails


def _wanted(option: Any, held: Held) -> str:
    """The kind of value that an option is compared with."""
    own = kind_of(option)
    if own == "boolean" and held.form == "sqlite":
        return "number"
    if own != "text":
        return own
    declared = {"date": "moment", "datetime": "moment", "zoned": "moment", "time": "time", "uuid": "uuid"}
    if held.family is not None:
        return declared.get(held.family, own)
    if held.form in ("csv", "json"):
        common = common_kind(held)
        if common == "time" and CLOCK.fullmatch(option):
            return "time"
        moment = viewed(option, "moment", "csv") is not MISFIT
        if common == "moment" or (common is None and held.form == "csv") or (common is None and held.form == "json"):
            return "moment" if moment else "text"
    return own


def _option(option: Any, held: Held) -> Any:
    if held.form == "sqlite" and isinstance(option, bool):
        return int(option)
    wanted = _wanted(option, held)
    if wanted == "number":
        # SQLite keeps decimals as floats; a column that declares no type has the values that were put there.
        binary = held.form == "sqlite" and (
            held.family == "decimal" or (held.family is None and not isinstance(option, int))
        )
        return exact(option, "float" if binary else held.family)
    if isinstance(option, str) and wanted != "text":
        return viewed(option, wanted, "csv")
    return moment_of(option) if wanted == "moment" else option


def _out_of_range(rule: Rule, held: Held, value: Any) -> bool:
    low, high = rule.dict.get("min"), rule.dict.get("max")
    seen = viewed(value, _wanted(low if high is None else high, held), held.form)
    if seen is MISFIT or is_nan(seen):
        return True
    return outside(seen, rule, held)


def _beyond(seen: Any, low: Any, high: Any, rule: Rule) -> bool:
    """Whether a value is beyond two bounds, of which either may be None."""
    under = low is not None and (seen < low or bool(rule.dict.get("strict_min") and seen == low))
    return under or (high is not None and (seen > high or bool(rule.dict.get("strict_max") and seen == high)))


def outside(seen: Any, rule: Rule, held: Held) -> bool:
    """Whether a value is beyond the bounds of a rule."""
    low, high = (None if one is None else _option(one, held) for one in (rule.dict.get("min"), rule.dict.get("max")))
    return _beyond(seen, low, high, rule)


def _among(rule: Rule, held: Held, value: Any) -> bool:
    for option in rule.dict["values"]:
        seen = viewed(value, _wanted(option, held), held.form)
        if seen is not MISFIT and is_equal(seen, _option(option, held)):
            return True
    return False


def _text(rule: Rule, held: Held, value: Any) -> Any:
    del rule
    return viewed(value, "text", held.form)


def _found(rule: Rule, held: Held, value: Any) -> bool:
    seen = _text(rule, held, value)
    return seen is not MISFIT and bool(rule.test(seen))


def _length(rule: Rule, held: Held, value: Any) -> bool:
    seen = _text(rule, held, value)
    low, high = rule.dict.get("min"), rule.dict.get("max")
    return seen is MISFIT or (low is not None and len(seen) < low) or (high is not None and len(seen) > high)


#: The families that a value of SQLite's storage classes can be of.
_STORED = {
    int: {"integer", "float", "decimal"},
    float: {"float", "decimal"},
    bytes: {"binary", "uuid"},
    bool: {"boolean"},
}


def _mistyped(rule: Rule, held: Held, value: Any) -> bool:
    wanted = rule.dict["dtype"]
    families = {"integer", "float", "decimal"} if wanted == "number" else {wanted}
    if held.form == "sqlite":
        declared = held.family in (None, *families)
        return not (declared and any(_is_stored_as(value, family) for family in families))
    if held.form in ("csv", "json"):
        if wanted == "date":
            seen = isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII)
            return not seen or viewed(value, "moment", held.form) is MISFIT
        kind = {"float": "number", "decimal": "number", "number": "number", "datetime": "moment"}.get(wanted, wanted)
        if wanted == "integer":
            if held.form == "csv":
                return re.fullmatch(r" *[+-]?[0-9]+ *", value) is None
            return not (isinstance(value, int) and not isinstance(value, bool))
        return viewed(value, kind, held.form) is MISFIT
    family = held.family
    if family is None:
        kind = {"number": "number", "datetime": "moment"}.get(wanted, wanted)
        return viewed(value, kind, held.form) is MISFIT
    return {"zoned": "datetime", "huge": "integer"}.get(family, family) not in families


def _is_stored_as(value: Any, family: str) -> bool:
    if family in ("date", "datetime"):
        seen = isinstance(value, str) and viewed(value, "moment", "csv") is not MISFIT
        return seen and (family == "datetime" or len(value) == 10)
    if family == "boolean":
        return isinstance(value, int) and value in (0, 1)
    if isinstance(value, str):
        return family in ("text", "time", "uuid", "json")
    return family in _STORED[type(value)]


def _null(rule: Rule, table: Mapping[str, Held], rows: Sequence[int]) -> Fails:
    del rows
    held = table[rule.dict["column"]]
    return lambda row: (held.values[row] is None) is (rule.dict["type"] != "null")


def _repeated(rule: Rule, table: Mapping[str, Held], rows: Sequence[int]) -> Fails:
    held = [table[name] for name in rule.dict.get("columns") or [rule.dict["column"]]]
    kinds = [common_kind(one) if one.form in ("csv", "json") else None for one in held]
    keys = {
        row: tuple(
            None if one.values[row] is None else key_of(one.values[row], kind, one.form)
            for one, kind in zip(held, kinds, strict=True)
        )
        for row in rows
    }
    counts = Counter(keys.values())
    return lambda row: None if all(part is None for part in keys[row]) else counts[keys[row]] > 1


def _absent(rule: Rule, table: Mapping[str, Held], rows: Sequence[int]) -> Fails:
    del rows
    held = [table[name] for name in rule.dict.get("columns") or [rule.dict["column"]]]
    there = {tuple(key_of(part, None, "values") for part in row) for row in rule.referenced if None not in row}

    def fails(row: int) -> bool | None:
        key = [one.values[row] for one in held]
        if None in key:
            return None
        return tuple(key_of(part, None, "values") for part in key) not in there

    return fails


_FAILS: Mapping[str, Callable[..., Fails]] = {
    "not_null": _null, "null": _null, "completeness": _null, "unique": _repeated, "foreign_key": _absent,
    "in_range": _of_value(_out_of_range),  # type: ignore[arg-type]
    "in_set": _of_value(lambda rule, held, value: not _among(rule, held, value)),  # type: ignore[arg-type, misc]
    "not_in_set": _of_value(_among),  # type: ignore[arg-type]
    "length": _of_value(_length),  # type: ignore[arg-type]
    "regex": _of_value(lambda rule, held, value: not _found(rule, held, value)),  # type: ignore[arg-type, misc]
    "not_regex": _of_value(_found),  # type: ignore[arg-type]
    "type": _of_value(_mistyped),  # type: ignore[arg-type]
    "expression": lambda rule, table, rows: lambda row: None if (answer := rule.test(row)) is None else not answer,
}  # fmt: skip


# Rules about a column or a table as a whole


def _count(rule: Rule, rows: Sequence[int], held: Held | None, known: Sequence[Any]) -> Verdict:
    del held, known
    return _counted(rule, len(rows), len(rows))


def _counted(rule: Rule, count: int, considered: int) -> Verdict:
    low, high = rule.dict.get("min"), rule.dict.get("max")
    passed = (low is None or count >= low) and (high is None or count <= high)
    return Verdict(_status(passed), None, considered, count)


def _distinct(rule: Rule, rows: Sequence[int], held: Held, known: Sequence[Any]) -> Verdict:
    del rows
    kind = common_kind(held) if held.form in ("csv", "json") else None
    return _counted(rule, len({key_of(value, kind, held.form) for value in known}), len(known))


def _custom(rule: Rule, rows: Sequence[int], held: Held | None, known: Sequence[Any]) -> Verdict:
    del held, known
    answer = rule.test([{"id": row} for row in rows])
    return Verdict(_status(bool(answer)), None, len(rows), answer)


def _fresh(rule: Rule, rows: Sequence[int], held: Held, known: Sequence[Any]) -> Verdict:
    del rows
    moments = [viewed(value, "moment", held.form) for value in known]
    if MISFIT in moments:
        return Verdict("error", None, None)
    if not moments:
        return Verdict("failed", None, 0)
    age = dt.datetime.now(dt.UTC).replace(tzinfo=None) - max(moments)
    return Verdict(_status(age <= dt.timedelta(seconds=rule.dict["max_age"])), None, len(known))


def _statistic(rule: Rule, rows: Sequence[int], held: Held, known: Sequence[Any]) -> Verdict:
    del rows
    name = rule.dict["statistic"]
    low, high = rule.dict.get("min"), rule.dict.get("max")
    kind = _wanted(low if high is None else high, held) if name in ("min", "max") else "number"
    seen = [viewed(value, kind, held.form) for value in known]
    if any(one is MISFIT for one in seen):
        return Verdict("error", None, None)
    if not seen:
        return Verdict("passed", None, 0, None)
    if name in ("min", "max"):
        # NaN is greater than every number.
        order = sorted(seen, key=lambda one: (is_nan(one), 0 if is_nan(one) else one))
        value = order[0 if name == "min" else -1]
        passed = not is_nan(value) and not outside(value, rule, held)
        return Verdict(_status(passed), None, len(seen), value)
    return _computed(rule, held, name, seen)


#: Beyond this a square is no float.
_LARGE = 1e150


def _computed(rule: Rule, held: Held, name: str, seen: Sequence[Any]) -> Verdict:
    """Sums and what is made of them."""
    if not all(math.isfinite(one) for one in seen):
        # NaN, or an infinity, and no database agrees with the next one which: no bound holds NaN, one side an infinity.
        passed = _with_infinities(rule, name, seen)
        status = "failed" if passed is None else _status(passed)
        return Verdict(status, None, len(seen), ANY, error_is_right=True)
    numbers = [fractions.Fraction(one) for one in seen]
    large = max(abs(one) for one in numbers)
    match name:
        case "sum":
            value = sum(numbers)
        case "mean":
            value = sum(numbers) / len(numbers)
        case "median":
            value = statistics.median(numbers)
        case _:
            if len(numbers) == 1:
                return Verdict("passed", None, 1, None)
            mean = sum(numbers) / len(numbers)
            square = sum((one - mean) ** 2 for one in numbers) / (len(numbers) - 1)
            value = fractions.Fraction(math.isqrt(int(square * 10**60))) / 10**30
    off = float(large) * 1e-12 if large < 1e300 else math.inf
    error = large > _LARGE or abs(sum(numbers)) >= 2**63 or large >= 10**26
    low, high = rule.dict.get("min"), rule.dict.get("max")
    bounds = [fractions.Fraction(one) for one in (low, high) if one is not None]
    near = any(abs(value - bound) <= off for bound in bounds)
    passed = not _beyond(value, *(None if one is None else fractions.Fraction(one) for one in (low, high)), rule)
    return Verdict("any" if near else _status(passed), None, len(seen), float(value), off, error_is_right=error)


def _with_infinities(rule: Rule, name: str, seen: Sequence[Any]) -> bool | None:
    """The verdict on a statistic of numbers among which are infinities; None for NaN."""
    if any(is_nan(one) for one in seen) or name == "stddev":
        return None if len(seen) > 1 or name != "stddev" else True
    floats = [float(one) for one in seen]
    value = sum(floats) if name in ("sum", "mean") else statistics.median(floats)
    if math.isnan(value):
        return None
    low, high = rule.dict.get("min"), rule.dict.get("max")
    return (low is None or value > low) and (high is None or value < high)


def _schema(rule: Rule, table: Mapping[str, Held]) -> Verdict:
    """The columns that a table must have, with their types, and with ``strict`` no others."""
    wanted = rule.dict["columns"]
    extra = rule.dict.get("strict") and set(table) - set(wanted)
    passed = not extra and all(
        name in table and (dtype is None or not any(_other(dtype, table[name]))) for name, dtype in wanted.items()
    )
    return Verdict(_status(passed), None, None)


def _other(dtype: str, held: Held) -> Iterator[bool]:
    """Whether something about a column is not of a type."""
    rule = Rule({"dtype": dtype})
    yield held.form in ("typed", "sqlite") and _mistyped(rule, Held(held.values, held.family, "typed"), None)
    if held.form in ("csv", "json"):
        yield from (_mistyped(rule, held, value) for value in held.values if value is not None)


_METRICS: Mapping[str, Callable[..., Verdict]] = {
    "row_count": _count, "distinct_count": _distinct, "custom": _custom, "freshness": _fresh, "statistic": _statistic,
}  # fmt: skip
