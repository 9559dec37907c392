"""What every kind of check has in common: the options and the two usual ways of being evaluated."""

from __future__ import annotations

import dataclasses
import itertools
import warnings
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa

from .._shared.arguments import fraction, is_number, plain_number
from .._shared.wording import did_you_mean, listing, repr_of
from ..errors import MOST_PROBLEMS, RuleError
from ..relation.pattern import Pattern
from ..relation.selection import Aggregate, FollowUp, count_where
from ..report.report import SEVERITIES
from ..report.view import count, value_text
from . import options
from .field_types import mistyped
from .outcome import EvaluationError, Outcome, expectation, known_rows, outside, rows_where, share_outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sqlalchemy import ColumnElement

    from ..relation.column import Column
    from ..relation.questions import Named
    from ..relation.relation import Relation

__all__ = [
    "Aggregate", "Check", "ColumnCheck", "ColumnMetricCheck", "EvaluationError", "MetricCheck",
    "NullCheck", "Outcome", "PatternCheck", "RowCheck", "ValuesCheck", "count_where", "expectation", "known_rows",
    "outside", "rows_where", "share_outcome",
]  # fmt: skip

#: Annotations of options that are no decimals: `Decimal` is accepted and stored as int or float.
_BINARY = frozenset({"int", "int | None", "float", "float | None"})


#: Characters of a list of values that a message shows.
_LONGEST_LIST = 80

#: The kinds of this package, which check their options themselves.
_OWN_KINDS = f"{__package__}.kinds."


@dataclass(frozen=True, kw_only=True)
class Check:
    """A rule about data: the fields of a subclass are its options.

    Args:
        name: The name in reports; ``<type>_<column>`` if not given. Later checks of one name are numbered: ``#2``.
        severity: One of info, warning, error, critical. Failures of the first two do not fail a report.
        threshold: The share of the considered rows that must pass, from 0 to 1.
        where: A boolean SQL expression: only these rows are considered.
        description: A note for readers of the report.

    Raises:
        RuleError: An option has a wrong value; lists all of them.
    """

    #: The name that rules use.
    kind: ClassVar[str] = ""
    #: Where the rule is written (``rules.yaml:4``), if a file holds it; no option, and no part of what is equal.
    written_at = ""
    #: Whether `failing` contains a window function, which is allowed in a SELECT list but not in WHERE.
    windowed: ClassVar[bool] = False
    #: Whether it compares values, so that its meaning depends on what the database takes as equal, less or matching.
    compares: ClassVar[bool] = True
    #: Former names of what a kind may define.
    _FORMER: ClassVar[Mapping[str, str]] = {"work": "follow_up", "reveals": "exposes_values"}

    #: By option: whether people take a name, which is a value of it, for a type of check.
    variants: ClassVar[Mapping[str, Callable[[str], bool]]] = {}
    #: Further names of options in the dict form.
    aliases: ClassVar[Mapping[str, str]] = {"check_name": "name"}

    name: str | None = None
    severity: str = "error"
    threshold: float = 1.0
    where: str | None = None
    description: str = ""

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        for former, name in cls._FORMER.items():
            if former in vars(cls):
                warnings.warn(f"{cls.__name__}.{former} is now called {name}.", DeprecationWarning, stacklevel=2)
                setattr(cls, name, vars(cls)[former])

    def __post_init__(self) -> None:
        for one in dataclasses.fields(self):
            given = getattr(self, one.name)
            try:
                own = options.python_value(given)
            except RuleError as error:
                raise RuleError([f"{type(self).kind}: {one.name}: {problem}" for problem in error.problems]) from None
            if isinstance(own, Decimal) and is_number(own) and one.type in _BINARY:
                own = plain_number(own)
            if own is not given:
                object.__setattr__(self, one.name, own)
        # A kind that says nothing about its options itself gets at least values of the types that they declare.
        own = type(self).__module__.startswith(_OWN_KINDS)
        wrong = [] if own else list(mistyped(self, frozenset(one.name for one in dataclasses.fields(Check))))
        every = itertools.chain(self._common_problems(), self.problems())
        problems = wrong or list(itertools.islice(every, MOST_PROBLEMS + 1))
        if problems:
            raise RuleError(problems)

    # What a kind says about itself

    def problems(self) -> Iterator[str]:
        """Every option that is wrong in itself; called once, when the check is made. May also normalise options."""
        yield from ()

    @property
    def targets(self) -> tuple[str, ...]:
        """The columns that it is about."""
        return ()

    @property
    def others(self) -> tuple[Named, ...]:
        """The other tables of the same database that it reads."""
        return ()

    def misfits(self, relation: Relation) -> Iterator[str]:
        """Every option that does not fit the columns' types; all `targets` are known to exist.

        Args:
            relation: The rows and their columns.

        Raises:
            EvaluationError: The values of a column keep it from being evaluated, whatever the options.
        """
        del relation
        yield from ()

    def failing(self, relation: Relation) -> ColumnElement[bool] | None:
        """The predicate of the rows that break the rule (``where`` applied), or None if it is not about rows.

        Args:
            relation: The rows and their columns.
        """
        del relation
        return None

    def aggregates(self, relation: Relation) -> dict[str, Aggregate]:
        """The aggregates that it requires from the shared scan.

        Args:
            relation: The rows and their columns.
        """
        del relation
        return {}

    @property
    def exposes_values(self) -> bool:
        """Whether what it observes is a value of the column, which must not be shown if the column is masked."""
        return False

    def follow_up(self, relation: Relation, measured: Mapping[str, Any]) -> FollowUp | None:
        """Statements after the scan: a generator that yields SELECTs and returns further measurements, or None.

        Args:
            relation: The rows and their columns.
            measured: What the scan gave, by the name of the aggregate.
        """
        del relation, measured
        return None

    def outcome(self, relation: Relation, measured: Mapping[str, Any]) -> Outcome:
        """The verdict on what was measured.

        Args:
            relation: The rows and their columns.
            measured: What the scan and the statements after it gave, by name.
        """
        raise NotImplementedError

    @property
    def scanned(self) -> bool:
        """Whether the shared scan alone finds its failing rows, so that they can be looked for with those of others."""
        return not self.windowed and type(self).follow_up is Check.follow_up

    # Common to all kinds

    def _common_problems(self) -> Iterator[str]:
        if self.name is not None:
            yield from options.text(self.label, "name", self.name)
        severity: object = self.severity  # an array has no truth value
        if not isinstance(severity, str) or severity not in SEVERITIES:
            yield (
                f"{self.label}: severity must be one of {', '.join(SEVERITIES)}, not {repr_of(self.severity)}."
                f"{options.question(self.severity, SEVERITIES)}"
            )
        yield from fraction(f"{self.label}: threshold", self.threshold)
        if self.where is not None:
            yield from options.sql_problems(self.label, "where", self.where)
        yield from options.text(self.label, "description", self.description)

    @property
    def column_label(self) -> str | None:
        """The columns as reports print them."""
        return ", ".join(map(str, self.targets)) or None

    @property
    def label(self) -> str:
        """The check's name, or the default ``<type>_<column>``."""
        return self.name if isinstance(self.name, str) and self.name else self.default_name

    @property
    def default_name(self) -> str:
        """The name if none is given."""
        return "_".join(map(options.name_part, (self.kind, *self.targets)))

    @property
    def blocking(self) -> bool:
        """Whether its failure fails the report."""
        return self.severity in ("error", "critical")

    def misfit_columns(self, known: Mapping[str, Column]) -> Iterator[str]:
        """Every column that does not exist.

        Args:
            known: The columns of the rows by name.
        """
        for column in self.targets:
            if column in known and known[column].refusal:
                yield f"{self.label}: the column {repr_of(column)} cannot be checked: {known[column].refusal}."
            elif column not in known:
                yield f"{self.label}: the column {repr_of(column)} does not exist.{options.question(column, known)}" + (
                    "" if did_you_mean(column, known) else f" The columns are: {listing(known)}."
                )

    def to_dict(self) -> dict[str, Any]:
        """The rule as a dict with the options that differ from their defaults, as `dq_core.checks.parse` reads it."""
        rule: dict[str, Any] = {"type": self.kind}
        for one in dataclasses.fields(self):
            value = getattr(self, one.name)
            if one.default is dataclasses.MISSING or value != one.default:
                rule[one.name] = list(value) if isinstance(value, tuple) else value
        return rule

    def shown(self) -> dict[str, Any]:
        """The rule as reports show it: without rows and connections that it may hold."""
        return self.to_dict()

    def keys(self) -> list[str]:
        """The keys of the rule as a mapping: ``type``, ``name`` and the options that differ from their defaults."""
        return list(self._rule())

    def __getitem__(self, key: str) -> Any:
        """The type, the name or an option of the rule, as in its mapping: ``check["type"]``.

        Raises:
            KeyError: If a rule of this type has no such option.
        """
        if not isinstance(key, str):
            raise TypeError(f"A check has options by name, not {repr_of(key)}, and is not iterable.")
        rule = self._rule()
        if key in rule:
            return rule[key]
        if key in (one.name for one in dataclasses.fields(self)):
            return getattr(self, key)
        raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        return key in self._rule()

    def _rule(self) -> dict[str, Any]:
        return {**self.to_dict(), "name": self.label}


@dataclass(frozen=True, kw_only=True)
class RowCheck(Check):
    """A check of every row by a predicate: a subclass gives `violates` and `sentence`."""

    def violates(self, relation: Relation) -> ColumnElement[bool]:
        """The predicate of a row that breaks the rule, without ``where``; NULL counts as false."""
        raise NotImplementedError

    def considered(self, relation: Relation) -> Aggregate:
        """The number of rows that it considers, as an aggregate: here those where no column is NULL."""
        return known_rows(relation, self.targets, self.where)

    def sentence(self) -> str:
        """What is wrong with a failing row, to follow "n rows" in a message."""
        raise NotImplementedError

    def failing(self, relation: Relation) -> ColumnElement[bool]:
        """The predicate of the rows that break the rule."""
        return sa.and_(*relation.among([self.violates(relation)], self.where))

    def aggregates(self, relation: Relation) -> dict[str, Aggregate]:
        """The considered and the failing rows."""
        failed = (id(self), count_where(self.failing(relation)))
        return {"considered_rows": self.considered(relation), "failed_rows": failed}

    def outcome(self, relation: Relation, measured: Mapping[str, Any]) -> Outcome:
        """Passed if the share of passing rows reaches the threshold."""
        del relation
        return share_outcome(self, int(measured["considered_rows"]), int(measured["failed_rows"]), self.sentence())


@dataclass(frozen=True, kw_only=True)
class MetricCheck(Check):
    """A check of something about the whole table."""

    def _common_problems(self) -> Iterator[str]:
        yield from super()._common_problems()
        if options.is_number(self.threshold) and self.threshold != 1:
            yield f"{self.label}: threshold is a share of rows, but {self.kind} is not about rows; leave it out."


@dataclass(frozen=True, kw_only=True)
class _OneColumn(Check):
    """A check of one column.

    Args:
        column: The column.
    """

    #: The families of columns that it supports; None for all.
    families: ClassVar[frozenset[str] | None] = None

    column: str

    def problems(self) -> Iterator[str]:
        """What is wrong with the options."""
        yield from options.column(self.label, self.column)

    @property
    def targets(self) -> tuple[str, ...]:
        """The column."""
        return (self.column,)

    def misfits(self, relation: Relation) -> Iterator[str]:
        """A column of a type that the kind does not support."""
        if self.families is not None:
            yield from options.family_misfit(self.label, self.kind, relation.columns[self.column], self.families)


@dataclass(frozen=True, kw_only=True)
class ColumnCheck(RowCheck, _OneColumn):
    """A check of every value of one column; NULL is not considered."""


@dataclass(frozen=True, kw_only=True)
class NullCheck(ColumnCheck):
    """A check of whether the values of one column are NULL: every row is considered."""

    compares = False
    #: Whether it is NULL that fails.
    null_fails: ClassVar[bool] = True

    def aggregates(self, relation: Relation) -> dict[str, Aggregate]:
        """All rows, and those with a value."""
        return {"rows": rows_where(self.where), "known": known_rows(relation, self.targets, self.where)}

    def outcome(self, relation: Relation, measured: Mapping[str, Any]) -> Outcome:
        """Passed if the share of rows with (or without) a value reaches the threshold."""
        del relation
        rows, known = int(measured["rows"]), int(measured["known"])
        return share_outcome(self, rows, rows - known if self.null_fails else known, self.sentence())


@dataclass(frozen=True, kw_only=True)
class ColumnMetricCheck(MetricCheck, _OneColumn):
    """A check of something about one column as a whole; NULL is not considered."""

    def aggregates(self, relation: Relation) -> dict[str, Aggregate]:
        """The considered rows."""
        return {"considered_rows": known_rows(relation, self.targets, self.where)}


@dataclass(frozen=True, kw_only=True)
class ValuesCheck(ColumnCheck):
    """A check of every value against a list of values.

    Args:
        values: A list of values, without NULL.
    """

    values: Any

    def problems(self) -> Iterator[str]:
        """What is wrong with the options."""
        yield from super().problems()
        object.__setattr__(self, "values", options.frozen(self.values))
        yield from options.values(self.label, self.values)

    @property
    def listed(self) -> str:
        """The values for a sentence: themselves while they are few and short."""
        if not self.values:
            return "the empty set"
        shown = ", ".join(repr(value) if isinstance(value, str) else value_text(value) for value in self.values[:6])
        few = len(self.values) <= 5 and len(shown) <= _LONGEST_LIST
        return f"{{{shown}}}" if few else f"the set of {count(len(self.values))}"

    def misfits(self, relation: Relation) -> Iterator[str]:
        """Values that cannot be compared with the column."""
        for value in self.values:
            yield from options.misfit(self.label, "values", relation.columns[self.column], value)


@dataclass(frozen=True, kw_only=True)
class PatternCheck(ColumnCheck):
    """A check of every string against a pattern.

    Args:
        pattern: A regular expression that every database supports.
    """

    families = frozenset({"text"})

    pattern: str

    def problems(self) -> Iterator[str]:
        """What is wrong with the options."""
        yield from super().problems()
        wrong = list(options.text(self.label, "pattern", self.pattern))
        yield from wrong
        if not wrong:
            try:
                Pattern(self.pattern)
            except ValueError as error:
                yield f"{self.label}: pattern {repr_of(self.pattern)} {error}."

    @property
    def compiled(self) -> Pattern:
        """The pattern, to be translated for a database."""
        return Pattern(self.pattern)
