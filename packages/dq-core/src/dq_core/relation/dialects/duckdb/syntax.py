"""Fragments of SQL as DuckDB's own parser reads them: one expression, and everything that it names."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from ...._shared.duckdb_literals import literal
from ...answers import answer

__all__ = ["Named", "named_by"]

_CLASSES = frozenset({
    "BETWEEN", "CASE", "CAST", "COLLATE", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT", "FUNCTION", "LAMBDA",
    "LAMBDA_REF", "OPERATOR", "STAR", "SUBQUERY", "TYPE", "WINDOW",
})  # fmt: skip
_NODES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
_ORIGINS = frozenset({"BASE_TABLE", "JOIN", "SUBQUERY", "EMPTY", "EXPRESSION_LIST", "TABLE_FUNCTION"})
#: How the names of kinds end that only say how rows are ordered and cut off.
_DETAILS = ("_MODIFIER", "_TYPE_INFO", "ORDER_DEFAULT", "ASCENDING", "DESCENDING")
#: What the outermost SELECT must not have, since then the fragment would be more than an expression.
_CLAUSES = ("where_clause", "group_expressions", "group_sets", "having", "sample", "qualify", "modifiers")
_LONGEST_REASON = 200


@dataclass
class Named:
    """What an expression names.

    Attributes:
        functions: The functions that it calls, operators included, in lower case.
        tables: The tables of its subqueries: schema (may be empty) and name.
        table_functions: The functions that its subqueries select from.
        problems: Why it is refused whatever these are.
    """

    functions: set[str] = field(default_factory=set)
    tables: set[tuple[str, str]] = field(default_factory=set)
    table_functions: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)


def named_by(sql: str) -> Named:
    """What a fragment names, as DuckDB's parser reads it; with problems if it is not one expression."""
    found = Named()
    alone, in_parentheses = _select(f"SELECT {sql}\n"), _select(f"SELECT ({sql}\n)")
    if isinstance(alone, str) or isinstance(in_parentheses, str):
        reason = alone if isinstance(alone, str) else in_parentheses
        found.problems.append(f"it is not one expression: {reason:.{_LONGEST_REASON}}")
    elif _without_places(alone) != _without_places(in_parentheses):
        found.problems.append("it is not one expression")
    else:
        _walk(alone["select_list"][0], found, frozenset())
    return found


def _select(sql: str) -> dict[str, Any] | str:
    """The SELECT of one expression that a string is, or why it is none."""
    # What is nested too deeply is an error of the function, not a value that it returns.
    try:
        tree = json.loads(answer(f"json_serialize_sql({literal(sql)})"))
    except Exception as error:  # noqa: BLE001 (whatever the parser refuses is refused)
        return str(error)
    if tree["error"]:
        return str(tree.get("error_message", tree.get("error_type")))
    if len(tree["statements"]) != 1:
        return "it has several statements"
    statement = tree["statements"][0]
    if statement.get("named_param_map"):
        return "it has a placeholder, which no rule gives a value"
    return statement["node"] if _is_expression(statement["node"]) else "it is a query"


def _is_expression(node: dict[str, Any]) -> bool:
    return (
        node["type"] == "SELECT_NODE"
        and node["from_table"]["type"] == "EMPTY"
        and len(node["select_list"]) == 1
        and not node["select_list"][0]["alias"]
        and not node["cte_map"]["map"]
        and not any(node.get(clause) for clause in _CLAUSES)
    )


def _without_places(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _without_places(value) for key, value in tree.items() if not key.startswith("query_location")}
    return [_without_places(value) for value in tree] if isinstance(tree, list) else tree


def _walk(tree: Any, found: Named, known: frozenset[str]) -> None:
    """Collect what a tree names.

    Args:
        tree: A part of the syntax tree.
        found: Where it is collected.
        known: The names of the common table expressions that are in scope.
    """
    if isinstance(tree, list):
        for part in tree:
            _walk(part, found, known)
    elif isinstance(tree, dict):
        _collect(tree, found, known)


def _collect(tree: dict[str, Any], found: Named, known: frozenset[str]) -> None:
    if "cte_map" in tree:
        known |= {entry["key"].lower() for entry in tree["cte_map"]["map"]}
    kind = tree.get("type")
    if "class" in tree:
        _expression(tree, found)
        if tree["class"] == "CONSTANT":
            return
    elif isinstance(kind, str) and "sample" in tree and "alias" in tree:
        _origin(tree, kind, found, known)
    elif isinstance(kind, str) and kind not in _NODES and not kind.endswith(_DETAILS):
        found.problems.append(f"it has a subquery of a kind that is not supported ({kind})")
    for key, part in tree.items():
        if key == "function" and kind == "TABLE_FUNCTION":
            # Its arguments, whatever a version calls them; the function itself is known as one of tables.
            _walk(list(part.values()), found, known)
        else:
            _walk(part, found, known)


def _expression(tree: dict[str, Any], found: Named) -> None:
    if tree["class"] not in _CLASSES or (tree["class"] == "STAR" and tree.get("columns")):
        found.problems.append(f"it has an expression that is not supported ({tree['class']})")
    if "function_name" in tree:
        found.functions.add(tree["function_name"].lower())


def _origin(tree: dict[str, Any], kind: str, found: Named, known: frozenset[str]) -> None:
    if kind not in _ORIGINS:
        found.problems.append(f"a subquery selects from something that is not supported ({kind})")
    elif kind == "TABLE_FUNCTION":
        found.table_functions.add(str(tree["function"].get("function_name", "")).lower())
    elif kind == "BASE_TABLE":
        schema, name = tree.get("schema_name", ""), tree["table_name"].lower()
        if schema or name not in known:
            found.tables.add((schema.lower(), name))
