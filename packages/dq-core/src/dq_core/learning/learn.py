"""Learning rules from a source."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._shared.wording import plural
from ..checks import KINDS, parse
from ..profiling.prediction import none_again
from ..run.chosen import chosen_columns
from ..run.reader import Deadline, Reader, refuse
from ..run.sampling import hashed_rows, sampled
from ..run.semantics import PORTABLE, refuse_dependent_columns, semantics_of, semantics_problems
from ..sources import open_source
from .evidence import gather
from .options import LearnOptions
from .proposal import Proposal
from .propose import Proposer, certain
from .references import foreign_keys
from .result import LearnedRule, LearnedSuite
from .texts import null_markers

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    import sqlalchemy as sa

    from .._shared.iceberg.snapshots import AsOf
    from ..relation.relation import Relation

__all__ = ["learn", "learn_with"]


def learn(
    source: Any,
    *,
    table: str | None = None,
    query: str | sa.Select[Any] | None = None,
    schema: str | None = None,
    as_of: AsOf | None = None,
    columns: Collection[str] | None = None,
    false_alarm_rate: float = 0.05,
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
    read_options: Mapping[str, Any] | None = None,
    semantics: str = PORTABLE,
) -> LearnedSuite:
    """Learn rules from a source, computed in the database.

    The rules are made for the next rows and not only for these: a fresh sample of the same process and size passes all
    of them with a probability of at least ``1 - false_alarm_rate``, of which each rule gets an equal part. A rule gets
    a threshold for the share of rows that may fail (exact, whatever the distribution) or, for the range of all values,
    bounds as far beyond the known values as their tails reach. The guide says what each kind assumes.

    Args:
        source: What to learn from; see `dq_core.sources.open_source`.
        table: The table or view, if the source is a database.
        query: A SELECT (string or SQLAlchemy) instead of a table.
        schema: The table's schema.
        as_of: Of an Iceberg table, the snapshot: its id, a branch or tag, or a time; None for the current one.
        columns: Only rules about these columns.
        false_alarm_rate: The probability, at most, that a fresh sample of the same process and size fails any of the
            rules, between 0 and 1. A smaller one gives rules that let more rows fail.
        min_confidence: The probability, at least, that a fresh sample passes any single rule, from 0 to 1. At 0.75 or
            less, rules without an exception so far allow none: each fails a fresh sample in a quarter of the cases at
            worst, so that `false_alarm_rate` is not kept, which the confidence of the suite then says.
        kinds: Which kinds of rules, out of `KINDS`; default: all that the next three arguments allow. A kind that is
            named here is also learned where a stronger rule makes it unnecessary.
        include_patterns: Learn regex and length.
        include_ranges: Learn in_range and freshness.
        include_categories: Learn in_set.
        categorical_threshold: A column of more different values has no in_set.
        references: Tables of the same database (or files) that columns may refer to; without any, no foreign keys are
            looked for.
        sample_size: Learn from about so many rows only; 0 for all of them. The rules are for samples of the size of
            the whole source.
        seed: Another seed draws other examples, and another sample.
        timeout_seconds: How long it may take; the database stops what runs then.
        storage_options: Options for the fsspec filesystem of a URI.
        read_options: How CSV files are written; see `dq_core.sources.open_source`.
        semantics: ``"database"`` takes the meaning of a database that no conformance suite ran on, where string columns
            are refused otherwise; see `dq_core.validate`.

    Raises:
        RuleError: The arguments are wrong; nothing was scanned.
        SourceError: The source cannot be read.
        ValidationTimeoutError: It took longer than `timeout_seconds`.
    """
    options = LearnOptions(
        columns=columns,
        false_alarm_rate=false_alarm_rate,
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
    return learn_with(
        source,
        options,
        table=table,
        query=query,
        schema=schema,
        as_of=as_of,
        storage_options=storage_options,
        read_options=read_options,
        semantics=semantics,
    )


def learn_with(
    source: Any,
    options: LearnOptions,
    proposed: Callable[[Reader, Relation, list[str]], Callable[[str, str], bool]] | None = None,
    *,
    table: str | None = None,
    query: str | sa.Select[Any] | None = None,
    schema: str | None = None,
    as_of: AsOf | None = None,
    storage_options: Mapping[str, Any] | None = None,
    read_options: Mapping[str, Any] | None = None,
    semantics: str = PORTABLE,
) -> LearnedSuite:
    """Like `learn`, with somebody else to say which rules are worth a try.

    Args:
        source: What to learn from.
        options: What to learn.
        proposed: Gets the rows and the names of the columns; says whether to try a kind of rule on a column.
        table: The table or view, if the source is a database.
        query: A SELECT instead of a table.
        schema: The table's schema.
        as_of: Of an Iceberg table, the snapshot: its id, a branch or tag, or a time; None for the current one.
        storage_options: Options for the fsspec filesystem of a URI.
        read_options: How CSV files are written; see `dq_core.sources.open_source`.
        semantics: ``"database"`` takes the meaning of a database that no conformance suite ran on, where string columns
            are refused otherwise; see `dq_core.validate`.
    """
    refuse(semantics_problems(semantics))
    wanted = options.wanted
    started_at, deadline = dt.datetime.now(dt.UTC), Deadline(options.timeout_seconds)
    with open_source(
        source,
        table=table,
        query=query,
        schema=schema,
        as_of=as_of,
        storage_options=storage_options,
        read_options=read_options,
        timeout_seconds=options.timeout_seconds,
    ) as opened:
        reader = Reader(opened, deadline)
        names = chosen_columns(opened.relation, options.columns)
        if any(KINDS[kind].compares for kind in wanted):
            refuse_dependent_columns(names, opened, semantics, "learn")
        stated = semantics_of(opened, semantics)
        relation, total = sampled(reader, opened.relation, options.sample_size, options.seed)
        chosen = None if proposed is None else proposed(reader, relation, names)
        found = _examine(
            reader,
            relation,
            names,
            options,
            total=total,
            wanted=lambda kind, name: kind in wanted and (chosen is None or chosen(kind, name)),
        )
    return LearnedSuite(
        rules=_settled(found, options, names),
        false_alarm_rate=options.false_alarm_rate,
        min_confidence=options.min_confidence,
        null_markers=found.null_markers,
        source=opened.description,
        row_count=found.rows if total is None else total,
        sampled_rows=None if relation is opened.relation else found.rows,
        engine="dq_core",
        execution_time_seconds=round(deadline.elapsed, 6),
        statements=reader.statements,
        started_at=started_at.isoformat(),
        semantics=stated,
    )


@dataclass(frozen=True)
class _Found:
    proposals: list[Proposal]
    null_markers: dict[str, tuple[str, ...]]
    rows: int
    further: int


def _examine(
    reader: Reader,
    relation: Relation,
    names: list[str],
    options: LearnOptions,
    *,
    total: int | None,
    wanted: Callable[[str, str], bool],
) -> _Found:
    """All rules that hold, the markers of missing numbers, and the number of rows."""
    hashed = hashed_rows(reader, relation, options.seed)
    # No rule can be evaluated on what several files have in several types.
    columns = [relation.columns[name] for name in names if not relation.columns[name].refusal]
    evidence = gather(reader, hashed, columns, total)
    proposer = Proposer(reader, hashed, evidence, options.kinds is not None, options.categorical_threshold)
    proposals = proposer.proposals(columns, wanted)
    for table in options.references if "foreign_key" in options.wanted else ():
        for rule, rows in foreign_keys(reader, relation, evidence, columns, table):
            proposals.append(Proposal(rule["column"], certain(rule, rows), rows, strict=rule))
    # Columns of SQLite, and rows, may hold strings beside numbers.
    texts = [
        column.name
        for column in columns
        if column.family == "text" or any(isinstance(value, str) for value in evidence.examples[column.name])
    ]
    markers = {name: found for name in texts if (found := null_markers(evidence, name))}
    return _Found(proposals, markers, evidence.rows, evidence.further)


def _settled(found: _Found, options: LearnOptions, names: list[str]) -> tuple[LearnedRule, ...]:
    """The rules, each with its part of the error, in the order of the columns."""
    error = options.error(len(found.proposals))
    confidence = none_again(found.further / max(found.rows, 1)) if found.rows else 1.0
    strict = options.min_confidence <= confidence
    rules = []
    for proposal in found.proposals:
        rule = proposal.make(error) if error > 0 else None
        if strict and proposal.strict is not None and (rule is None or rule != proposal.strict):
            rules.append(_learned(proposal.strict, proposal, confidence))
        elif rule is not None:
            rules.append(_learned(rule, proposal, 1 - error))
    order = {name: place for place, name in enumerate(names)}
    return tuple(sorted(rules, key=lambda rule: order[rule.column or ""]))


def _learned(rule: Mapping[str, Any], proposal: Proposal, confidence: float) -> LearnedRule:
    held = "" if not proposal.exceptions else f", of which {proposal.exceptions:,} are exceptions"
    chance = f"a sample of the same kind passes with a probability of at least {confidence:.4f}"
    description = f"Learned from {plural(proposal.rows, 'row')}{held}; {chance}."
    (check,) = parse([{**rule, "description": description}])
    return LearnedRule(check, confidence, proposal.rows, proposal.exceptions)
