"""Engines that evaluate rules on frames: everything but the library itself."""

from __future__ import annotations

import concurrent.futures
import datetime as dt
import os
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import sqlalchemy as sa

from .._shared.arguments import flag, is_whole, whole
from ..checks import parse
from ..checks.base import EvaluationError
from ..checks.kinds.type import Type
from ..errors import EngineError
from ..relation.selection import fragment
from ..relation.type_family import wanted_families
from ..run.elsewhere import with_others
from ..run.reader import Deadline, Reader, refuse
from ..run.results import results_of
from ..run.semantics import PORTABLE
from ..run.validate import checked_arguments, refuse_unfit, report_of
from ..run.workers import Workers
from ..sources import open_source
from .arrow import arrow_table, is_held, read_alike
from .protocol import Capabilities
from .rule_input import RuleInput, input_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager

    import pyarrow as pa

    from .._shared.iceberg.snapshots import AsOf
    from ..checks.base import Check
    from ..learning import LearnedSuite
    from ..profiling import Profile
    from ..relation.column import Column
    from ..relation.relation import Relation
    from ..report.report import Report

__all__ = ["FrameEngine", "Library"]

_VERBS = {"profile": "profile", "learn": "learn rules"}
_OTHERS = {
    "custom": "the function gets all rows as dicts, which only dq_core supports",
    "expression": "the expression is the database's own SQL",
    "schema": "its types are those of the database, which a frame does not have",
}


@dataclass(frozen=True)
class Library:
    """What a library says about one rule at a time.

    Attributes:
        name: The name that `get_engine` knows it by.
        kinds: The kinds of check that it evaluates.
        refusal: Why it cannot evaluate a rule of one of these kinds on a relation, or None if it can.
        session: Gives what answers for a rule: with the failing rows, or with the measured value for a rule about one.
        parallel: Whether several threads may ask at the same time.
        never: Why it cannot evaluate a rule whatever the relation, or None.
        profile: Its way of profiling, if any; takes the arguments of `dq_core.profile`.
        learn: Its way of learning, if any; takes the arguments of `dq_core.learn`.
    """

    name: str
    kinds: frozenset[str]
    refusal: Callable[[Any, Relation], str | None]
    session: Callable[[], AbstractContextManager[Callable[[RuleInput], Any]]]
    parallel: bool
    never: Callable[[Any], str | None] = lambda _: None
    profile: Callable[..., Profile] | None = None
    learn: Callable[..., LearnedSuite] | None = None

    def never_evaluates(self, check: Check) -> str | None:
        """Why it cannot evaluate a rule whatever the data, or None."""
        if check.kind not in self.kinds:
            return _OTHERS.get(check.kind, "it has no rule of this kind")
        return self.never(check)

    def refusals(self, verb: str, checks: Sequence[Check], options: Mapping[str, Any]) -> tuple[str, ...]:
        """What it refuses whatever the data; see `dq_core.engines.refusals`."""
        found = []
        if verb != "check":
            if getattr(self, verb) is None:
                found.append(_cannot(self.name, _VERBS[verb], ("dq_core", "truthound")).message)
            elif options.get("include_histograms"):
                found.append(f"{self.name} does not {verb} with include_histograms.")
            elif verb == "profile" and options.get("semantics", PORTABLE) != PORTABLE:
                # Its library reads and compares the values itself.
                found.append(f"{self.name} does not {verb} with semantics.")
            return tuple(found)
        if options.get("parallel") and not self.parallel:
            found.append(_sequential(self.name))
        for check in checks:
            reason = self.never_evaluates(check)
            if reason is not None:
                found.append(f"{self.name} cannot evaluate {check.label} ({check.kind}): {reason}.")
        return tuple(found)


class FrameEngine:
    """An engine that reads the columns that the rules need, and lets a library evaluate rule by rule.

    The verdict, the failed and considered rows, messages, samples and SQL are those of `dq_core.validate`.
    """

    def __init__(self, library: Library) -> None:
        self._library = library

    @property
    def name(self) -> str:
        """The name that `get_engine` knows it by."""
        return self._library.name

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        return Capabilities(
            kinds=self._library.kinds,
            profile=self._library.profile is not None,
            learn=self._library.learn is not None,
            parallel=self._library.parallel,
            in_database=False,
        )

    def check(
        self,
        source: Any,
        checks: Iterable[Check | Mapping[str, Any]],
        *,
        table: str | None = None,
        query: str | sa.Select[Any] | None = None,
        schema: str | None = None,
        as_of: AsOf | None = None,
        samples: int = 5,
        mask: Iterable[str] = (),
        fail_fast: bool = False,
        timeout_seconds: float | None = None,
        parallel: bool = False,
        max_workers: int | None = None,
        storage_options: Mapping[str, Any] | None = None,
        read_options: Mapping[str, Any] | None = None,
        semantics: str = PORTABLE,
    ) -> Report:
        """Check a source; see `dq_core.engines.Engine.check`.

        Once the time is over, the database stops what it runs, and no further rule is begun; a rule that the library
        is evaluating ends in the background.
        """
        parsed = parse(checks)
        masked = checked_arguments(samples, mask, timeout_seconds, semantics, fail_fast=fail_fast)
        samples = int(samples)
        workers = self._workers(parallel, max_workers)
        started_at, deadline = dt.datetime.now(dt.UTC), Deadline(timeout_seconds)
        expected = list(dict.fromkeys(column for check in parsed for column in check.targets))
        with (
            ExitStack() as others,
            open_source(
                source,
                table=table,
                query=query,
                schema=schema,
                as_of=as_of,
                storage_options=storage_options,
                read_options=read_options,
                expected=expected,
                timeout_seconds=timeout_seconds,
                by_value=True,
            ) as source_alone,
            self._library.session() as answer,
        ):
            opened = with_others(source_alone, deadline, others, masked, semantics)
            reader = Reader(opened, deadline, hide_values=bool(masked))
            refuse_unfit(parsed, reader, masked, semantics)
            self._refuse(parsed, opened.relation)
            with _Answers(reader, answer, workers, masked=masked) as answers:
                answers.prepare(parsed)
                results = results_of(
                    parsed, answers.measured, reader, masked=masked, samples=samples, fail_fast=fail_fast
                )
        return report_of(results, answers.total_rows, reader, started_at, semantics)

    def profile(self, source: Any, **options: Any) -> Profile:
        """Describe a source; see `dq_core.engines.Engine.profile`."""
        if self._library.profile is None:
            raise _cannot(self.name, "profile", ("dq_core", "truthound"))
        return self._library.profile(source, **options)

    def learn(self, source: Any, **options: Any) -> LearnedSuite:
        """Learn rules from a source; see `dq_core.engines.Engine.learn`."""
        if self._library.learn is None:
            raise _cannot(self.name, "learn rules", ("dq_core", "truthound"))
        return self._library.learn(source, **options)

    def _workers(self, parallel: object, max_workers: object) -> int:
        """How many rules may be evaluated at the same time; 0 for sequentially."""
        problems = [*flag("parallel", parallel)]
        if max_workers is not None:
            problems += whole("max_workers", max_workers, least=1)
            if parallel is False:
                problems.append("max_workers is given without parallel=True.")
        refuse(problems)
        if not parallel:
            return 0
        if not self._library.parallel:
            raise EngineError(
                _sequential(self.name),
                suggestion="Leave it out, or use the engine dq_core, which evaluates all rules in one scan.",
                context={"engine": self.name},
            )
        return int(max_workers) if is_whole(max_workers) else os.cpu_count() or 1  # type: ignore[call-overload]

    def _refuse(self, checks: Sequence[Check], relation: Relation) -> None:
        """Refuse rules that the library cannot evaluate, all of them at once."""
        problems = []
        for check in checks:
            reason = self._refusal(check, relation)
            if reason is not None:
                problems.append(f"{check.label} ({check.kind}): {reason}")
        if problems:
            listed = "".join(f"\n  - {problem}" for problem in problems)
            raise EngineError(
                f"{self.name} cannot evaluate {len(problems)} of {len(checks)} rules:{listed}",
                suggestion='get_engine("dq_core") evaluates all of them.',
                context={"engine": self.name, "rules": problems},
            )

    def _refusal(self, check: Check, relation: Relation) -> str | None:
        reason = self._library.never_evaluates(check)
        if reason is not None:
            return reason
        for name in check.targets:
            column = relation.columns[name]
            if not is_held(column, relation):
                kind = "of no single type" if column.family == "untyped" else column.type_name or column.family
                return f"{name} is {kind}, which a frame does not hold as it is"
            if column.untyped is not None and not read_alike(check, relation, name):
                return f"the file declares no type for {name}, whose values this rule does not read as {column.family}"
            if isinstance(check, Type) and not _told_by_family(check, column):
                return f"{name} is {column.type_name}, and a frame does not tell that from {check.dtype}"
        return self._library.refusal(check, relation.by_type())


def _told_by_family(check: Type, column: Column) -> bool:
    """Whether the family of a column's values says whether they are of a type."""
    if column.kinds is not None:
        return False
    other_family = column.family not in wanted_families(check.dtype)
    return column.untyped is not None or other_family or column.is_of(check.dtype)


def _sequential(name: str) -> str:
    return f"{name} evaluates one rule after the other; parallel=True is not supported."


def _cannot(name: str, what: str, others: tuple[str, ...]) -> EngineError:
    return EngineError(
        f"{name} does not {what}.",
        suggestion=f"These engines do: {', '.join(others)}.",
        context={"engine": name},
    )


class _Answers:
    """The rows that the rules consider, and what the library says about them: on demand, or ahead in threads."""

    def __init__(
        self, reader: Reader, answer: Callable[[RuleInput], Any], workers: int, *, masked: frozenset[str]
    ) -> None:
        self.reader = reader
        # What a frame holds has one type; `_refuse` has seen to it that all rules read the values as that.
        self.relation = reader.opened.relation.by_type()
        self.total_rows = 0
        self._answer = answer
        self._masked = masked
        self._inputs: dict[int, Callable[[], RuleInput]] = {}
        # With a time limit the library runs in a thread as well, so that the caller gets its answer in time.
        threads = workers or int(reader.deadline.seconds is not None)
        self._pool = Workers(threads) if threads else None
        self._ahead = workers > 0
        self._futures: dict[int, concurrent.futures.Future[dict[str, Any]]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.close()

    def prepare(self, checks: Sequence[Check]) -> None:
        """Read the rows: the columns of all rules with the same ``where`` together."""
        groups: dict[str | None, list[int]] = {None: []}
        for place, check in enumerate(checks):
            groups.setdefault(check.where, []).append(place)
        for where, group in groups.items():
            table = self._read([checks[place] for place in group], where)
            if where is None:
                self.total_rows = table.num_rows
            for place in group:
                references = self._references(checks[place])
                self._inputs[place] = _later(checks[place], self.relation, table, references)
                if self._ahead and self._pool is not None:
                    self._futures[place] = self._pool.submit(self._evaluate, place)

    def _read(self, checks: Sequence[Check], where: str | None) -> pa.Table:
        wanted = {name for check in checks for name in check.targets}
        names = [name for name in self.relation.columns if name in wanted]
        conditions = [] if where is None else [fragment(where)]
        if names:
            return arrow_table(self.reader, self.relation, names, *conditions)
        import pyarrow as pa

        # Only the number of rows is required.
        count = self.reader.fetch(self.relation.select(sa.func.count()).where(*conditions))[0][0]
        return pa.table({"row": pa.nulls(int(count), pa.int64()).fill_null(1)})

    def _references(self, check: Any) -> pa.Table | None:
        if check.kind != "foreign_key":
            return None
        if self.relation.find is None:
            raise EngineError(f"{check.label}: there is no other table in {self.reader.opened.description}.")
        other = self.relation.find(check.references["table"], check.references.get("schema"))
        names = check.references["columns"]
        return arrow_table(self.reader, other, names, *(other[name].is_not(None) for name in names))

    def measured(self, place: int) -> dict[str, Any]:
        """What the library says about a rule, given by its place.

        Raises:
            EvaluationError: It could not evaluate it.
            ValidationTimeoutError: The time is over.
        """
        left = self.reader.deadline.left()
        if self._pool is None:
            return self._evaluate(place)
        future = self._futures.get(place) or self._pool.submit(self._evaluate, place)
        try:
            return future.result(left)
        except concurrent.futures.TimeoutError:
            raise self.reader.deadline.error() from None

    def _evaluate(self, place: int) -> dict[str, Any]:
        try:
            given = self._inputs[place]()
            answer = self._answer(given) if given.table.num_rows else given.answer_without_rows
            return given.measured(answer)
        except EvaluationError:
            raise
        except Exception as error:
            name = type(error).__name__
            raise EvaluationError(name if self._masked else f"{name}: {error}") from error


def _later(check: Check, relation: Relation, table: pa.Table, references: pa.Table | None) -> Callable[[], RuleInput]:
    return lambda: input_of(check, relation, table, references)
