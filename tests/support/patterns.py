"""Patterns that engines which backtrack search in exponential time, or nearly so."""

from __future__ import annotations

__all__ = ["CATASTROPHES"]

CATASTROPHES = [
    "(a+)+$", "(a|a)*b", "(a*)*b", "^(a?){40}$b", "(a|aa)+c", "(?:a+){2,}b", "a*a*a*a*a*a*b", "(.*)*x", "(a+)+[$]",
    "a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?aaaaaaaaaaaaaaaaaaaaaaaaaaaaaab",
]  # fmt: skip
