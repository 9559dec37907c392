"""The checks of an operator: judged while the DAG is parsed, rendered, and parsed again when the task runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from dq_core.checks import Check, parse
from dq_core.errors import RuleError
from moltres.errors import ConfigurationError, closest
from moltres.task import refuse
from moltres_airflow.templates import comes_from_a_task, comes_later

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHECK: Final = "check"
"""The key of a check object in the form in which Airflow renders its options."""

_PLACEHOLDER: Final = {"type": "row_count", "min": 0}
"""What stands for a rule that is known only when it is rendered, so that the others keep their numbers."""


@dataclasses.dataclass(frozen=True)
class Held:
    """A check object in a template field, which Airflow leaves as it is and stores as its dict."""

    check: Check

    def serialize(self) -> dict[str, Any]:
        """What Airflow stores of it."""
        return self.check.to_dict()


def templated(checks: Any) -> Any:
    """The checks in the form in which Airflow renders every string in them."""
    return [_templated(check) for check in checks] if _is_list(checks) else checks


def rule_problems(checks: Any, thresholds: Any) -> Iterator[str]:
    """What is wrong with the checks and thresholds, as far as it is known before they are rendered."""
    if comes_later(checks) and not _is_list(checks):
        return
    rules = [_PLACEHOLDER if _is_open(check) else check for check in checks] if _is_list(checks) else checks
    try:
        known = parse(rules)
    except RuleError as error:
        yield from (f"checks: {problem}" for problem in error.problems)
        return
    if not any(map(_is_open, checks)) and not comes_from_a_task(thresholds):
        yield from _threshold_problems(known, thresholds)


def checks_of(operator: Any) -> tuple[Check, ...]:
    """The checks of an operator whose templates are rendered.

    Raises:
        ConfigurationError: If they, or the thresholds, cannot work.
    """
    checks = operator.checks
    try:
        known = parse([_restored(check) for check in checks] if _is_list(checks) else checks)
    except RuleError as error:
        refuse(f"Task {operator.task_id!r}", [f"checks: {problem}" for problem in error.problems])
        raise
    refuse(f"Task {operator.task_id!r}", _threshold_problems(known, operator.thresholds, final=True))
    return tuple(_with_threshold(check, operator.thresholds or {}) for check in known)


def _is_list(checks: object) -> bool:
    return isinstance(checks, Sequence) and not isinstance(checks, str)


def _options(check: Check) -> dict[str, Any]:
    return {one.name: getattr(check, one.name) for one in dataclasses.fields(check)}


def _is_open(check: object) -> bool:
    """Whether a check has templates, or comes from another task."""
    return comes_later(_options(check)) if isinstance(check, Check) else comes_later(check)


def _templated(check: Any) -> Any:
    if not isinstance(check, Check):
        return check
    later = {name: value for name, value in _options(check).items() if comes_later(value)}
    return {_CHECK: Held(check), **later} if later else Held(check)


def _restored(check: Any) -> Any:
    if isinstance(check, Held):
        return check.check
    if isinstance(check, Mapping) and isinstance(held := check.get(_CHECK), Held):
        return dataclasses.replace(held.check, **{name: value for name, value in check.items() if name != _CHECK})
    return check


def _threshold_problems(checks: Sequence[Check], thresholds: Any, *, final: bool = False) -> Iterator[str]:
    if thresholds is None or (not final and comes_later(thresholds) and not isinstance(thresholds, Mapping)):
        return
    if not isinstance(thresholds, Mapping):
        yield f"thresholds must be a mapping from names of checks to shares, not {thresholds!r}."
        return
    labels = {check.label: check for check in checks}
    for name, share in thresholds.items():
        if not final and (comes_later(name) or comes_later(share)):
            continue
        if name not in labels:
            match = closest(str(name), labels)
            yield f"thresholds: no check is called {name!r}." + (f" Did you mean {match!r}?" if match else "")
            continue
        try:
            _with_threshold(labels[name], thresholds)
        except (ConfigurationError, RuleError) as error:
            yield f"thresholds: {error.message}"


def _with_threshold(check: Check, thresholds: Mapping[str, Any]) -> Check:
    if check.label not in thresholds:
        return check
    share = thresholds[check.label]
    try:
        number = float(share)
    except (TypeError, ValueError):
        raise ConfigurationError(f"The threshold of {check.label!r} must be a number, not {share!r}.") from None
    return dataclasses.replace(check, threshold=number)
