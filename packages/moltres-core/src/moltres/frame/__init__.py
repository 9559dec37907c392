"""Lazy DataFrames: expressions, verbs, and the SELECT that they build."""
