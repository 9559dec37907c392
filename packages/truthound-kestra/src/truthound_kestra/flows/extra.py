"""Extra: what Kestra can do and no config has a field for; merged last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from truthound_kestra.flows.secrets import secret_problems
from truthound_kestra.flows.yaml import yaml_problems

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

__all__ = ["extra_problems", "merged"]

# Maps of names, which are extended; whatever else is given replaces what the config writes.
_EXTENDED: Final = ("env", "inputFiles", "labels", "variables")


def extra_problems(label: str, extra: Mapping[str, Any], fields: Collection[str]) -> Iterator[str]:
    """Yield the problems of ``extra``, one sentence each.

    Args:
        label: How messages call the config.
        extra: The mapping.
        fields: Keys that must be given as fields of the config, because others refer to them.
    """
    for key in extra:
        if key in fields:
            yield f"{label}: extra must not contain {key!r}; it is a field of its own."
    yield from yaml_problems(f"{label}: extra", extra)
    yield from secret_problems(f"{label}: extra", extra)


def merged(block: dict[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """A block with ``extra`` merged last: its values win; maps of names (env, inputFiles, labels …) are extended."""
    result = dict(block)
    for key, value in extra.items():
        known = result.get(key)
        if key in _EXTENDED and isinstance(known, Mapping) and isinstance(value, Mapping):
            result[key] = {**known, **value}
        else:
            result[key] = value
    return result
