"""Where code asks what a database is called."""

from __future__ import annotations

import ast


def is_name_of_database(node: ast.AST) -> bool:
    """Whether an expression gives the name of a database: of its dialect, its engine or its URL."""
    match node:
        case ast.Attribute(ast.Attribute(_, "dialect" | "_dialect") | ast.Name("dialect"), "name"):
            return True
        case ast.Attribute(ast.Name("engine") | ast.Attribute(_, "engine"), "name"):
            return True
        case ast.Call(ast.Attribute(_, "get_backend_name")):
            return True
    return False
