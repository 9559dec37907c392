"""Learning rules from a source."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._shared.arguments import flag, fraction, seconds, whole
from .._shared.wording import question
from ..checks import parse
from ..run.reader import Deadline, Reader, chosen_columns, refuse
from ..run.sampling import hashed_rows, sampled
from ..sources import open_source
from .confidence import lower_limit
from .evidence import gather
from .propose import Proposer
from .references import foreign_keys
from .result import LearnedRule, LearnedSuite

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    import sqlalchemy as sa

    from ..relation.relation import Relation

__all__ = ["KINDS", "LearnOptions", "learn", "learn_rules", "learn_with"]

#: The kinds of rules that can be learned.
KINDS = ("not_null", "unique", "type", "in_range", "in_set", "regex", "length", "foreign_key")
_OPTIONAL = {
    "include_patterns": ("regex", "length"),
    "include_ranges": ("in_range",),
    "include_categories": ("in_set",),
}


def learn(
    source: Any,
    *,
    table: str | None = None,
    query: str | sa.Select[Any] | None = None,
    schema: str | None = None,
    columns: Collection[str] | None = None,
    min_confidence: float = 0.8,
    kinds: Collection[str] | None = None,
    include_patterns: bool = True,
    include_ranges: bool = True,
    include_categories: bool = True,
    categorical_threshold: int = 50,
    references: Collection[str] = (),
    sample_size: int = 0,
    seed: int = 0,
    timeout_seconds: float | None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> LearnedSuite:
    """Learn rules from a source, computed in the database.

    The rows are divided into five folds. What a rule would have been without a fold is tried on the rows of that fold;
    the confidence follows from how many of them break it, and the rule itself is taken from all rows, which therefore
    all obey it. It is assumed that further rows are like these: a column that only grows, such as a date or a serial
    number, is not; ranges are learned of numbers that are not unique, and of nothing else.

    Args:
        source: What to learn from; see `dq_core.sources.open_source`.
        table: The table or view, if the source is a database.
        query: A SELECT (string or SQLAlchemy) instead of a table.
        schema: The table's schema.
        columns: Only rules about these columns.
        min_confidence: Leave out rules of less confidence.
        kinds: Which kinds of rules, out of `KINDS`; default: all that the next three arguments allow. A kind that is
            named here is also learned where a stronger rule makes it unnecessary.
        include_patterns: Learn regex and length.
        include_ranges: Learn in_range.
        include_categories: Learn in_set.
        categorical_threshold: A column of more different values has no in_set.
        references: Tables of the same database (or files) that columns may refer to; without any, no foreign keys are
            looked for.
        sample_size: Learn from about this many rows only; 0 for all rows.
        seed: Another seed divides the rows in another way, and draws another sample.
        timeout_seconds: How long it may take; the database stops what runs then.
        storage_options: Options for the fsspec filesystem of a URI.

    Raises:
        RuleError: The arguments are wrong; nothing was scanned.
        SourceError: The source cannot be read.
        ValidationTimeoutError: It took longer than `timeout_seconds`.
    """
    chosen = LearnOptions(
        columns=columns,
        min_confidence=min_confidence,
        kinds=kinds,
        include_patterns=include_patterns,
        include_ranges=include_ranges,
        include_categories=include_categories,
        categorical_threshold=categorical_threshold,
        references=references,
        sample_size=sample_size,
        seed=seed,
        timeout_seconds=timeout_seconds,
    )
    return learn_with(source, chosen, table=table, query=query, schema=schema, storage_options=storage_options)


_COUNTS = ("categorical_threshold", "sample_size", "seed")


@dataclass(frozen=True, kw_only=True)
class LearnOptions:
    """What is to be learned; see `learn`.

    Raises:
        RuleError: Something is wrong; lists all of it.
    """

    columns: Collection[str] | None = None
    min_confidence: float = 0.8
    kinds: Collection[str] | None = None
    include_patterns: bool = True
    include_ranges: bool = True
    include_categories: bool = True
    categorical_threshold: int = 50
    references: Collection[str] = ()
    sample_size: int = 0
    seed: int = 0
    timeout_seconds: float | None = None

    def __post_init__(self) -> None:
        refuse([*self._wrong_numbers(), *self._wrong_choices()])
        for name in _COUNTS:
            object.__setattr__(self, name, int(getattr(self, name)))
        object.__setattr__(self, "min_confidence", float(self.min_confidence))

    @property
    def wanted(self) -> frozenset[str]:
        """The kinds of rules that are wanted."""
        left_out = {kind for name, those in _OPTIONAL.items() if not getattr(self, name) for kind in those}
        return frozenset(KINDS if self.kinds is None else self.kinds) - left_out

    def _wrong_numbers(self) -> Iterator[str]:
        yield from fraction("min_confidence", self.min_confidence)
        for name in _COUNTS:
            yield from whole(name, getattr(self, name))
        if self.timeout_seconds is not None:
            yield from seconds("timeout_seconds", self.timeout_seconds)

    def _wrong_choices(self) -> Iterator[str]:
        for name in _OPTIONAL:
            yield from flag(name, getattr(self, name))
        for name, values in (("kinds", self.kinds or ()), ("references", self.references)):
            if not isinstance(values, list | tuple | set | frozenset):
                yield f"{name} must be a list, not {values!r}."
        for kind in self.kinds if isinstance(self.kinds, list | tuple | set | frozenset) else ():
            if kind not in KINDS:
                hint = question(kind, KINDS) or f" The kinds are: {', '.join(KINDS)}."
                yield f"kinds: {kind!r} cannot be learned.{hint}"


def learn_with(
    source: Any,
    chosen: LearnOptions,
    proposed: Callable[[Reader, Relation, list[str]], Callable[[str, str], bool]] | None = None,
    *,
    table: str | None = None,
    query: str | sa.Select[Any] | None = None,
    schema: str | None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> LearnedSuite:
    """Like `learn`, with a function that says which rules to try.

    Args:
        source: What to learn from.
        chosen: What to learn, and how.
        proposed: Gets the rows and the names of the columns; says whether to try a kind of rule on a column.
        table: The table or view, if the source is a database.
        query: A SELECT instead of a table.
        schema: The table's schema.
        storage_options: Options for the fsspec filesystem of a URI.
    """
    wanted = chosen.wanted
    started_at, deadline = dt.datetime.now(dt.UTC), Deadline(chosen.timeout_seconds)
    with open_source(source, table=table, query=query, schema=schema, storage_options=storage_options) as opened:
        reader = Reader(opened, deadline)
        names = chosen_columns(opened.relation, chosen.columns)
        relation, total = sampled(reader, opened.relation, chosen.sample_size, chosen.seed)
        worth_trying = None if proposed is None else proposed(reader, relation, names)
        learned, rows = learn_rules(
            reader,
            relation,
            names,
            seed=chosen.seed,
            explicit=chosen.kinds is not None,
            wanted=lambda kind, name: kind in wanted and (worth_trying is None or worth_trying(kind, name)),
            categories=chosen.categorical_threshold,
            references=chosen.references if "foreign_key" in wanted else (),
        )
    return LearnedSuite(
        rules=tuple(rule for rule in learned if rule.confidence >= chosen.min_confidence),
        min_confidence=float(chosen.min_confidence),
        source=opened.description,
        row_count=rows if total is None else total,
        sampled_rows=None if relation is opened.relation else rows,
        engine="dq_core",
        execution_time_seconds=round(deadline.elapsed, 6),
        statements=reader.statements,
        started_at=started_at.isoformat(),
    )


def learn_rules(
    reader: Reader,
    relation: Relation,
    names: list[str],
    *,
    seed: int,
    explicit: bool,
    wanted: Callable[[str, str], bool],
    categories: int,
    references: Collection[str] = (),
) -> tuple[list[LearnedRule], int]:
    """All rules that hold, of any confidence, and the number of rows.

    Args:
        reader: Runs the statements.
        relation: The rows to learn from.
        names: The columns to learn about.
        seed: Divides the rows.
        explicit: Whether rules are wanted that a stronger rule makes unnecessary.
        wanted: Whether a kind of rule is wanted for a column.
        categories: The most different values of an in_set.
        references: Tables that columns may refer to.
    """
    hashed = hashed_rows(reader, relation, seed)
    columns = [relation.columns[name] for name in names]
    evidence = gather(reader, hashed, columns)
    proposer = Proposer(reader, hashed, relation, evidence, explicit=explicit, categories=categories)
    proposals = proposer.proposals(columns, wanted)
    found = [_rule(proposal.rule, proposal.rows, proposal.exceptions, proposal.confidence) for proposal in proposals]
    for table in references:
        for rule, rows in foreign_keys(reader, relation, evidence, columns, table):
            found.append(_rule(rule, rows, 0, lower_limit(rows, 0)))
    order = {name: place for place, name in enumerate(names)}
    return sorted(found, key=lambda rule: order[rule.column or ""]), evidence.rows


def _rule(rule: Mapping[str, Any], rows: int, exceptions: int, confidence: float) -> LearnedRule:
    tried = f"{rows} rows" if not exceptions else f"{rows} rows, of which {exceptions} broke it"
    (check,) = parse([{**rule, "description": f"Learned with confidence {confidence:.4f}, tried on {tried}."}])
    return LearnedRule(check, confidence, rows, exceptions)
