"""``auto_schema``: rules that the first run learns, and that later runs are checked against."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from dq_core import parse
from truthound_kestra.errors import ConfigurationError
from truthound_kestra.kestra.context import get_execution_context
from truthound_kestra.scripts.engines import get_engine
from truthound_kestra.scripts.rules import load_rules
from truthound_kestra.scripts.schema_store import schema_store
from truthound_kestra.scripts.sources import masked_uri, usable_source

if TYPE_CHECKING:
    from dq_core import Check
    from truthound_kestra.kestra.handler import KestraOutputHandler
    from truthound_kestra.scripts.config import CheckScriptConfig

__all__ = ["Schema", "forget_schema", "schema_rules"]

# Nobody reviews these rules before they are used, so they must be almost certain.
_CONFIDENCE = 0.95


@dataclass(frozen=True)
class Schema:
    """Learned rules, and where they come from.

    Attributes:
        checks: The rules.
        learned: Whether this run has learned them from the data that it checks, which obeys them by construction.
        origin: Where they come from, as the end of a sentence.
    """

    checks: tuple[Check, ...]
    learned: bool
    origin: str


def schema_rules(
    source: Any,
    config: CheckScriptConfig,
    *,
    table: str | None = None,
    query: str | None = None,
    handler: KestraOutputHandler | None = None,
) -> Schema:
    """The learned rules of a source; they are learned now if there are none.

    Args:
        source: The data that is checked.
        config: Options; with ``baseline_uri``, the rules come from there.
        table: The table, if the source is a database.
        query: A SELECT instead of a table.
        handler: Writes the file with learned rules for Kestra's KV store.

    Raises:
        ConfigurationError: The source has no identity under which its rules could be stored, or nothing would keep
            them.
        OutputError: What is stored are not learned rules.
    """
    baseline = config.baseline_uri
    if baseline is not None:
        shown = masked_uri(baseline)
        if Path(baseline).suffix.lower() in (".yaml", ".yml"):
            return Schema(parse(load_rules(baseline)), learned=False, origin=f"come from {shown}")
        learned = _learn(usable_source(baseline, table=None, query=None), config)
        return Schema(learned, learned=False, origin=f"were learned from {shown}")
    with schema_store(_subject(source, table, query), handler) as store:
        rules, own = store.load(), False
        if rules is None:
            # Nothing learned is nothing to store: the next run, with more data, may learn something.
            learned = _learn(source, config, table=table, query=query)
            rules, own = store.save([check.to_dict() for check in learned]) if learned else ([], True)
    if own:
        return Schema(parse(rules) if rules else (), learned=True, origin="were learned from the data of this run")
    return Schema(parse(rules), learned=False, origin="were learned from the data of an earlier run")


def forget_schema(data_uri: str | Path, *, table: str | None = None, query: str | None = None) -> bool:
    """Delete the rules that ``auto_schema`` learned, so that the next run learns them again.

    Args:
        data_uri: As given to the script. In a Kestra task the rules belong to the task, not to the URI.
        table: As given to the script.
        query: As given to the script.

    Returns:
        Whether there were any rules to delete.

    Raises:
        ConfigurationError: The rules are in Kestra's KV store, from which a script cannot delete.
    """
    with schema_store(_subject(usable_source(data_uri, table=table, query=query), table, query), None) as store:
        return store.forget()


def _learn(
    source: Any, config: CheckScriptConfig, *, table: str | None = None, query: str | None = None
) -> tuple[Check, ...]:
    # dq_core learns, whichever engine checks: it validates its rules on rows that they were not learned from.
    suite = get_engine("dq_core").learn(
        source,
        table=table,
        query=query,
        min_confidence=_CONFIDENCE,
        timeout_seconds=config.timeout_seconds,
        semantics=config.semantics,
        read_options=config.read_options,
    )
    return tuple(rule.check for rule in suite.rules)


def _subject(source: Any, table: str | None, query: str | None) -> str:
    """What the rules belong to: the task in Kestra, where a file's name may change every day; the source elsewhere."""
    context = get_execution_context()
    place = (context.namespace, context.flow_id, context.task_id)
    if context.in_kestra and None not in place:
        return f"kestra:{context.namespace}/{context.flow_id}/{context.task_id}"
    if not isinstance(source, str):
        raise ConfigurationError(
            "auto_schema cannot store rules for this data: it has neither a path nor a URL.",
            suggestion="Give baseline_uri or rules.",
        )
    return json.dumps([_identity(source), table, query])


def _identity(uri: str) -> str:
    """A source without user, password and query. Stored keys depend on it: do not change it."""
    if "://" not in uri:
        return uri
    parts = urlsplit(uri)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
