"""Rules from files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from dq_core.errors import RuleError, SourceError
from truthound_kestra.scripts.severity import with_canonical_severity

__all__ = ["load_rules"]


def load_rules(path: str | Path) -> tuple[Mapping[str, Any], ...]:
    """The rules in a YAML or JSON file: a list, or a mapping with the key ``checks`` or ``rules``.

    Raises:
        RuleError: The file does not contain rules.
        SourceError: The file cannot be read.
    """
    try:
        data = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise SourceError(f"The rules in {path} cannot be read: {error.strerror}.") from error
    except yaml.YAMLError as error:
        raise RuleError([f"The rules in {path} are not valid YAML: {error}"]) from None
    if isinstance(data, Mapping):
        data = data.get("checks", data.get("rules"))
    if not isinstance(data, list):
        raise RuleError([f"{path} does not contain a list of rules."])
    return tuple(with_canonical_severity(rule) for rule in data)
