"""Random chains of verbs against plain Python lists of dicts, on every database."""

from __future__ import annotations

import re
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Column, MetaData, Table

from moltres import Database, DataFrame, col, func, lit, when

if TYPE_CHECKING:
    from collections.abc import Callable

Row = dict[str, Any]
Rows = list[Row]

LEFT: Rows = [
    {"a": 1, "b": 2, "c": None},
    {"a": 1, "b": 2, "c": None},
    {"a": 2, "b": None, "c": 7},
    {"a": None, "b": 3, "c": 7},
    {"a": 3, "b": 3, "c": 0},
    {"a": None, "b": None, "c": None},
    {"a": -4, "b": 2, "c": 1},
    {"a": 2, "b": 5, "c": 1},
]
RIGHT: Rows = [{"a": 1, "x": 10}, {"a": 2, "x": 20}, {"a": 2, "x": None}, {"a": None, "x": 30}, {"a": 9, "x": 90}]

_metadata = MetaData()
_left = Table("t_left", _metadata, *(Column(name, BigInteger) for name in LEFT[0]))
_right = Table("t_right", _metadata, *(Column(name, BigInteger) for name in RIGHT[0]))


@pytest.fixture
def tables(db: Database) -> tuple[DataFrame, DataFrame]:
    with db.engine.begin() as connection:
        _metadata.create_all(connection)
        connection.execute(_left.insert(), LEFT)
        connection.execute(_right.insert(), RIGHT)
    return db.table("t_left"), db.table("t_right")


def key_of(row: Row) -> tuple[Any, ...]:
    """An order of rows in which NULL is last, as `order_by` has it."""
    return tuple((value is None, 0 if value is None else value) for value in row.values())


def frozen(rows: Any) -> Counter[tuple[tuple[str, Any], ...]]:
    return Counter(tuple(row.items()) for row in rows)


def unique(rows: Rows) -> Rows:
    return [dict(items) for items in frozen(rows)]


# -- predicates in three-valued logic: a SQLAlchemy expression, and a function of a row that gives True, False or None


def compare(name: str, operator: str, value: int) -> tuple[Any, Callable[[Row], bool | None]]:
    column = col(name)
    expression = {"<": column < value, "==": column == value, "!=": column != value, ">=": column >= value}[operator]
    functions: dict[str, Callable[[int], bool]] = {
        "<": lambda x: x < value,
        "==": lambda x: x == value,
        "!=": lambda x: x != value,
        ">=": lambda x: x >= value,
    }
    return expression, lambda row: None if row[name] is None else functions[operator](row[name])


@st.composite
def predicates(draw: st.DrawFn, names: list[str]) -> tuple[Any, Callable[[Row], bool | None], str]:
    name = draw(st.sampled_from(names))
    operator = draw(st.sampled_from(["<", "==", "!=", ">="]))
    value = draw(st.integers(-5, 12))
    expression, truth = compare(name, operator, value)
    text = f"{name} {operator} {value}"
    match draw(st.sampled_from(["plain", "plain", "null", "or", "not"])):
        case "null":
            return (
                expression | col(name).is_(None),
                lambda row: True if row[name] is None else truth(row),
                f"{text} or null",
            )
        case "or":
            other = draw(st.sampled_from(names))

            def either(row: Row) -> bool | None:
                results = (truth(row), None if row[other] is None else row[other] > 1)
                return True if True in results else None if None in results else False

            return expression | (col(other) > 1), either, f"{text} or {other} > 1"
        case "not":
            return ~expression, lambda row: None if (t := truth(row)) is None else not t, f"not ({text})"
    return expression, truth, text


# -- verbs: each draws what it needs from the columns there are and changes both sides


def where(draw: st.DrawFn, frame: DataFrame, rows: Rows, names: list[str], _: Any) -> tuple[DataFrame, Rows, str]:
    expression, truth, text = draw(predicates(names))
    return frame.where(expression), [row for row in rows if truth(row) is True], f"where({text})"


def with_columns(
    draw: st.DrawFn, frame: DataFrame, rows: Rows, names: list[str], _: Any
) -> tuple[DataFrame, Rows, str]:
    source, other = draw(st.sampled_from(names)), draw(st.sampled_from(names))
    name = draw(st.sampled_from([*names, "n1", "n2"]))
    value = draw(st.integers(-3, 3))
    kind = draw(st.sampled_from(["add", "sum", "minus", "case", "lit"]))

    def compute(row: Row) -> int | None:
        a, b = row[source], row[other]
        match kind:
            case "add":
                return None if a is None else a + value
            case "sum":
                return None if a is None or b is None else a + b
            case "minus":
                return None if a is None else value - a
            case "case":
                return value if a is not None and a > 1 else b
        return value

    expression = {
        "add": col(source) + value,
        "sum": col(source) + col(other),
        "minus": value - col(source),
        "case": when(col(source) > 1, value).otherwise(col(other)),
        "lit": lit(value),
    }[kind]
    result = [{**row, name: compute(row)} for row in rows]
    return frame.with_columns(**{name: expression}), result, f"with_columns({name}={kind} {source} {other} {value})"


def select(draw: st.DrawFn, frame: DataFrame, rows: Rows, names: list[str], _: Any) -> tuple[DataFrame, Rows, str]:
    kept = draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True))
    source = draw(st.sampled_from(names))
    if "new" in kept:
        return frame.select(*kept), [{name: row[name] for name in kept} for row in rows], f"select({kept})"
    result = [{**{name: row[name] for name in kept}, "new": row[source]} for row in rows]
    return frame.select(*kept, new=col(source)), result, f"select({kept}, new={source})"


def is_open(frame: DataFrame) -> bool:
    """Whether the outermost SELECT still takes a WHERE, as its SQL shows."""
    text = frame.to_sql()
    while "(" in text:
        text = re.sub(r"\([^()]*\)", "", text)
    return re.search(r"\b(LIMIT|OFFSET|DISTINCT|GROUP BY|OVER)\b", text) is None


def select_where(
    draw: st.DrawFn, frame: DataFrame, rows: Rows, names: list[str], _: Any
) -> tuple[DataFrame, Rows, str]:
    """A filter on columns that select has left out, as SQL allows it in one SELECT."""
    kept = draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True))
    expression, truth, text = draw(predicates(names if is_open(frame) else kept))
    result = [{name: row[name] for name in kept} for row in rows if truth(row) is True]
    return frame.select(*kept).where(expression), result, f"select({kept}).where({text})"


def rename(draw: st.DrawFn, frame: DataFrame, rows: Rows, names: list[str], _: Any) -> tuple[DataFrame, Rows, str]:
    old, new = draw(st.sampled_from(names)), draw(st.sampled_from(names))
    mapping = {old: new, new: old}  # a swap
    result = [{mapping.get(name, name): value for name, value in row.items()} for row in rows]
    return frame.rename(mapping), result, f"rename({mapping})"


def drop(draw: st.DrawFn, frame: DataFrame, rows: Rows, names: list[str], _: Any) -> tuple[DataFrame, Rows, str]:
    if len(names) == 1:
        return frame, rows, "drop()"
    name = draw(st.sampled_from(names))
    return frame.drop(name), [{k: v for k, v in row.items() if k != name} for row in rows], f"drop({name})"


def cut(draw: st.DrawFn, frame: DataFrame, rows: Rows, names: list[str], _: Any) -> tuple[DataFrame, Rows, str]:
    skip, take = draw(st.integers(0, 3)), draw(st.integers(0, 6))
    descending = draw(st.booleans())
    ordered = sorted(rows, key=key_of)
    if descending:

        def reverse(row: Row) -> tuple[Any, ...]:
            return tuple((value is None, 0 if value is None else -value) for value in row.values())

        ordered = sorted(rows, key=reverse)
    frame = frame.order_by(*names, descending=descending)
    match draw(st.sampled_from(["limit", "offset", "page", "limit offset"])):
        case "limit":
            return frame.limit(take), ordered[:take], f"top {take} desc={descending}"
        case "offset":
            return frame.offset(skip), ordered[skip:], f"skip {skip} desc={descending}"
        case "page":
            return frame.offset(skip).limit(take), ordered[skip:][:take], f"skip {skip} take {take} desc={descending}"
    return frame.limit(take).offset(skip), ordered[:take][skip:], f"take {take} skip {skip} desc={descending}"


def distinct(draw: st.DrawFn, frame: DataFrame, rows: Rows, names: list[str], _: Any) -> tuple[DataFrame, Rows, str]:
    return frame.distinct(), unique(rows), "distinct()"


def groups(draw: st.DrawFn, frame: DataFrame, rows: Rows, names: list[str], _: Any) -> tuple[DataFrame, Rows, str]:
    source = draw(st.sampled_from(names))
    name = draw(st.sampled_from(names))
    computed = draw(st.booleans())

    def key(row: Row) -> Any:
        return row[name] if not computed else None if row[name] is None else row[name] + 1

    result = []
    for value, group in groupby(sorted(rows, key=lambda row: (key(row) is None, key(row) or 0)), key=key):
        values = [row[source] for row in group]
        present = [v for v in values if v is not None]
        result.append(
            {
                "g": value,
                "n": len(values),
                "s": sum(present) if present else None,
                "m": max(present) if present else None,
            }
        )
    grouped = frame.group_by(g=col(name) + 1 if computed else col(name)).agg(
        n=func.count(), s=func.sum(col(source)), m=func.max(col(source))
    )
    return grouped, result, f"group_by({name}{' + 1' if computed else ''}).agg({source})"


def combined(draw: st.DrawFn, frame: DataFrame, rows: Rows, names: list[str], _: Any) -> tuple[DataFrame, Rows, str]:
    expression, truth, text = draw(predicates(names))
    order = draw(st.permutations(names))
    other, other_rows = frame.select(*order).where(expression), [row for row in rows if truth(row) is True]
    operation = draw(st.sampled_from(["union", "union_all", "intersect", "except_"]))
    match operation:
        case "union":
            result = unique(rows + other_rows)
        case "union_all":
            result = rows + other_rows
        case "intersect":
            result = [row for row in unique(rows) if row in other_rows]
        case _:
            result = [row for row in unique(rows) if row not in other_rows]
    return getattr(frame, operation)(other), result, f"{operation}(where {text})"


def join(
    draw: st.DrawFn, frame: DataFrame, rows: Rows, names: list[str], right: DataFrame
) -> tuple[DataFrame, Rows, str]:
    how = draw(st.sampled_from(["inner", "left", "right", "full", "semi", "anti", "cross"]))
    name = draw(st.sampled_from(names))
    limited = draw(st.booleans())
    others = [{"k": row["a"], "v": row["x"]} for row in RIGHT]
    right = right.select(k=col("a"), v=col("x"))
    if limited:
        right, others = right.where(col("v") > 10), [row for row in others if row["v"] is not None and row["v"] > 10]
    frame, rows = frame.select(l=col(name)), [{"l": row[name]} for row in rows]
    if how == "cross":
        rows, frame = rows[:0] + sorted(rows, key=key_of)[:2], frame.order_by("l").limit(2)
        return frame.join(right, how="cross"), [{**a, **b} for a in rows for b in others], "cross join"

    def meets(a: Row, b: Row) -> bool:
        return a["l"] is not None and a["l"] == b["k"]

    matched = [row for row in rows if any(meets(row, other) for other in others)]
    unmatched = [row for row in rows if not any(meets(row, other) for other in others)]
    lonely = [other for other in others if not any(meets(row, other) for row in rows)]
    if how in {"semi", "anti"}:
        return (
            frame.join(right, on=[("l", "k")], how=how),  # type: ignore[arg-type]
            matched if how == "semi" else unmatched,
            f"{how} join on {name}",
        )
    result = [{**a, **b} for a in rows for b in others if meets(a, b)]
    if how in {"left", "full"}:
        result += [{**row, "k": None, "v": None} for row in unmatched]
    if how in {"right", "full"}:
        result += [{"l": None, **other} for other in lonely]
    on: Any = draw(st.sampled_from([[("l", "k")], "condition"]))
    condition = col("l") == col("k") if on == "condition" else on
    return frame.join(right, on=condition, how=how), result, f"{how} join on {name} limited={limited}"  # type: ignore[arg-type]


def merged_join(
    draw: st.DrawFn, frame: DataFrame, rows: Rows, names: list[str], right: DataFrame
) -> tuple[DataFrame, Rows, str]:
    how = draw(st.sampled_from(["inner", "left", "right", "full"]))
    name = draw(st.sampled_from(names))
    keep = [other for other in names if other != name][:1]
    frame = frame.select(*keep, a=col(name)) if "a" not in keep else frame.select(z=col("a"), a=col(name))
    rows = [{**{("z" if k == "a" else k): row[k] for k in keep}, "a": row[name]} for row in rows]
    others = RIGHT
    if "x" in keep:
        right, others = right.rename(x="y"), [{"a": row["a"], "y": row["x"]} for row in RIGHT]
    left_only = dict.fromkeys(rows[0]) if rows else {**{("z" if k == "a" else k): None for k in keep}, "a": None}
    right_only = {k: None for k in others[0] if k != "a"}

    def meets(a: Row, b: Row) -> bool:
        return a["a"] is not None and a["a"] == b["a"]

    result = [{**a, **{k: v for k, v in b.items() if k != "a"}} for a in rows for b in others if meets(a, b)]
    if how in {"left", "full"}:
        result += [{**row, **right_only} for row in rows if not any(meets(row, other) for other in others)]
    if how in {"right", "full"}:
        result += [{**left_only, **other} for other in others if not any(meets(row, other) for row in rows)]
    return frame.join(right, on="a", how=how), result, f"{how} join on a={name}"  # type: ignore[arg-type]


def self_join(draw: st.DrawFn, frame: DataFrame, rows: Rows, names: list[str], _: Any) -> tuple[DataFrame, Rows, str]:
    name = draw(st.sampled_from(names))
    small, few = frame.select(name).distinct(), unique([{name: row[name]} for row in rows])
    result = [row for row in rows if row[name] is not None and {name: row[name]} in few]
    return frame.join(small, on=name, how="semi" if draw(st.booleans()) else "inner"), result, f"self join on {name}"


def window(draw: st.DrawFn, frame: DataFrame, rows: Rows, names: list[str], _: Any) -> tuple[DataFrame, Rows, str]:
    name = draw(st.sampled_from(names))
    result: Rows = []
    for _key, group in groupby(sorted(rows, key=lambda r: (key_of({name: r[name]}), key_of(r))), key=lambda r: r[name]):
        result += [{**row, "w": number} for number, row in enumerate(group, 1)]
    order = [col(each).asc().nulls_last() for each in names]
    number = func.row_number().over(partition_by=col(name), order_by=order)
    return frame.with_columns(w=number), result, f"row_number by {name}"


VERBS = [
    where,
    where,
    with_columns,
    with_columns,
    select,
    select_where,
    rename,
    drop,
    cut,
    distinct,
    groups,
    combined,
    join,
]
VERBS += [merged_join, self_join, window]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_chain_of_verbs_does_what_it_would_do_to_a_list(
    tables: tuple[DataFrame, DataFrame], data: st.DataObject
) -> None:
    frame, right = tables
    rows: Rows = [dict(row) for row in LEFT]
    for _ in range(data.draw(st.integers(1, 7), label="verbs")):
        verb = data.draw(st.sampled_from(VERBS))
        frame, rows, text = verb(data.draw, frame, rows, list(frame.columns), right)
        note(text)
        rows = rows[:200]
        if len(rows) == 200:
            break
    else:
        note(str(frame.statement))
        assert frame.count() == len(rows)
        collected = frame.collect()
        assert frozen(collected) == frozen(rows)
        names = list(frame.columns)
        assert list(frame.order_by(*names).collect()) == sorted(rows, key=key_of)
