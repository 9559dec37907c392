"""The kinds of check, one module each: a module put here is found by its place."""
