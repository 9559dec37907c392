"""The checks of an operator: as they are given, and in the form in which Airflow renders them."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

from dq_core.adapters import is_number, repr_of
from dq_core.checks import Check, parse
from dq_core.checks.names import names_of
from dq_core.errors import RuleError
from moltres.errors import ConfigurationError, closest
from moltres.task import with_hint
from moltres_airflow.templates import comes_from_a_task, comes_later

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHECK: Final = "check"
"""The key of a check object in the form in which Airflow renders its options."""

_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_PLACEHOLDER: Final = {"type": "row_count", "min": 0}
"""What stands for a rule that is known only when it is rendered, so that the others keep their numbers."""


@dataclasses.dataclass(frozen=True)
class Held:
    """A check object in a template field, which Airflow leaves as it is and stores as its dict."""

    check: Check
    template_fields: ClassVar[Sequence[str]] = ()

    def serialize(self) -> dict[str, Any]:
        """What Airflow stores of it."""
        return self.check.to_dict()


def templated(checks: Any) -> Any:
    """The checks in the form in which Airflow renders every string in them."""
    return [_templated(check) for check in checks] if is_list(checks) else checks


def rule_problems(checks: Any, thresholds: Any) -> Iterator[str]:
    """What is wrong with the checks and thresholds, as far as it is known before they are rendered."""
    if comes_later(checks) and not is_list(checks):
        return
    rules = [_PLACEHOLDER if _is_open(check) else check for check in checks] if is_list(checks) else checks
    try:
        known = parse(rules)
    except RuleError as error:
        yield from (f"checks: {problem}" for problem in error.problems)
        return
    if not any(map(_is_open, checks)) and not comes_from_a_task(thresholds):
        yield from threshold_problems(known, thresholds)


def is_list(checks: object) -> bool:
    """Whether these are several, and not one thing that gives them later."""
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


def restored(check: Any) -> Any:
    """A check as it was given, with its options rendered."""
    if isinstance(check, Held):
        return check.check
    if isinstance(check, Mapping) and isinstance(held := check.get(_CHECK), Held):
        return dataclasses.replace(held.check, **{name: value for name, value in check.items() if name != _CHECK})
    return check


def threshold_problems(checks: Sequence[Check], thresholds: Any, *, final: bool = False) -> Iterator[str]:
    """What is wrong with thresholds.

    Args:
        checks: The checks.
        thresholds: Shares by the name that reports give a check.
        final: Whether they are rendered.
    """
    if thresholds is None or (not final and comes_later(thresholds) and not isinstance(thresholds, Mapping)):
        return
    if not isinstance(thresholds, Mapping):
        yield f"thresholds must be a mapping from names of checks to shares, not {repr_of(thresholds, 80)}."
        return
    named = dict(zip(names_of(checks), checks, strict=True))
    for name, share in thresholds.items():
        if not final and (comes_later(name) or comes_later(share)):
            continue
        if name not in named:
            match = closest(str(name), named)
            yield f"thresholds: no check is called {name!r}." + (f" Did you mean {match!r}?" if match else "")
            continue
        try:
            with_threshold(named[name], name, thresholds)
        except (ConfigurationError, RuleError) as error:
            yield f"thresholds: {with_hint(error)}"


def with_threshold(check: Check, name: str, thresholds: Mapping[str, Any]) -> Check:
    """The check with the share that is given for it.

    Args:
        check: The check.
        name: Its name in reports: later checks of one name have a number behind it.
        thresholds: Shares by name.

    Raises:
        ConfigurationError: If that is no number.
    """
    if name not in thresholds:
        return check
    given = thresholds[name]
    share = float(given) if isinstance(given, str) and _NUMBER.fullmatch(given.strip()) else given
    if not is_number(share):
        raise ConfigurationError(f"The threshold of {name!r} must be a number, not {repr_of(given, 80)}.")
    return dataclasses.replace(check, threshold=float(share))
