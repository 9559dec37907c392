"""``schema``: the table has certain columns of certain types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..._shared.wording import repr_of
from ...relation.type_family import describe_type, type_names, wanted_families
from .. import options
from ..base import Aggregate, MetricCheck, Outcome, count_where
from ..registry import register

if TYPE_CHECKING:
    from ...relation.column import Column
    from ...relation.relation import Relation


@register("schema")
@dataclass(frozen=True, kw_only=True)
class Schema(MetricCheck):
    """The table has these columns, of these types; with strict, no others. Reads no row of what declares types.

    Args:
        columns: A mapping of column to type (NULL for any), or a list of columns.
        strict: No other columns are allowed.
    """

    compares = False

    columns: Any
    strict: bool = False

    def problems(self) -> Iterator[str]:
        """What is wrong with the options."""
        wanted = self.columns
        if isinstance(wanted, list | tuple) and all(isinstance(name, str) for name in wanted):
            wanted = dict.fromkeys(wanted)
        if not isinstance(wanted, Mapping) or not wanted or not all(isinstance(name, str) for name in wanted):
            yield f"{self.label}: columns must map names of columns to types, not {repr_of(self.columns)}."
            return
        named: dict[str, str | None] = {}
        for name, dtype in wanted.items():
            named[name] = describe_type(dtype) if isinstance(dtype, str | type) else None
            if dtype is not None and named[name] is None:
                yield (
                    f"{self.label}: columns: {name}: the type {repr_of(dtype)} does not exist."
                    f"{options.question(dtype, type_names())}"
                )
        object.__setattr__(self, "columns", named)
        yield from options.flag(self.label, "strict", self.strict)
        if self.where is not None:
            yield f"{self.label}: schema is not about rows: leave where out."

    def aggregates(self, relation: Relation) -> dict[str, Aggregate]:
        """Of columns for which a file declares no types, the values that are not of the type."""
        return {
            name: (("misread", name, dtype), count_where(relation.misread(name, wanted_families(dtype))))
            for name, dtype in self.columns.items()
            if dtype is not None and name in relation.columns and relation.columns[name].untyped is not None
        }

    def outcome(self, relation: Relation, measured: Mapping[str, Any]) -> Outcome:
        """Passed if nothing is missing, nothing has another type, and with strict there are no other columns."""
        known = relation.columns
        missing = [name for name in self.columns if name not in known]
        unexpected = [name for name in known if name not in self.columns] if self.strict else []
        wrong = {
            name: {"expected": dtype, "found": _found(known[name], measured.get(name))}
            for name, dtype in self.columns.items()
            if dtype is not None
            and name in known
            and (measured[name] > 0 if name in measured else not known[name].is_of(dtype))
        }
        parts = [f"{name} is missing{_but(name, known)}" for name in missing]
        parts += [f"{name} is {one['found']} instead of {one['expected']}" for name, one in wrong.items()]
        parts += [f"{name} is not expected" for name in unexpected]
        message = f"{'; '.join(parts)}." if parts else "The columns are as expected."
        details = {"missing": missing, "unexpected": unexpected, "wrong_types": wrong}
        observed = {name: column.type_name for name, column in known.items()}
        return Outcome(not parts, message, None, None, observed, details)


def _found(column: Column, misread: int | None) -> str:
    """A column's type; for a file that declares none, how many values are of another."""
    return (column.type_name or "unknown") if not misread else f"text with {misread} other values"


def _but(name: str, known: Mapping[str, Any]) -> str:
    hint = options.question(name, known)
    return f" ({hint.strip()})" if hint else ""
