"""The numbers and strings of canonical JSON, in SQL that several databases have in common."""

from __future__ import annotations

__all__ = ["escaped_sql", "scientific_sql"]


def scientific_sql(digits: str) -> str:
    """What `canonical_json.scientific` gives.

    Args:
        digits: An expression: the number as JSON has it.
    """
    mantissa = f"replace(split_part(lower({digits}), 'e', 1), '-', '')"
    power = f"coalesce(nullif(replace(split_part(lower({digits}), 'e', 2), '+', ''), ''), '0')"
    every = f"replace({mantissa}, '.', '')"
    significant = f"trim(LEADING '0' FROM {every})"
    trimmed = f"trim(TRAILING '0' FROM {significant})"
    # Digits before the point, less the zeros that all of them begin with.
    exponent = f"length(split_part({mantissa}, '.', 1)) - 1 - length({every}) + length({significant})"
    return (
        f"CASE WHEN {trimmed} = '' THEN '0.0E0' ELSE CASE WHEN substr({digits}, 1, 1) = '-' THEN '-' ELSE '' END"
        f" || substr({trimmed}, 1, 1) || '.' || coalesce(nullif(substr({trimmed}, 2), ''), '0')"
        f" || 'E' || CAST({exponent} + CAST({power} AS bigint) AS varchar) END"
    )


def escaped_sql(text: str) -> str:
    """What a string is between its quotes.

    Args:
        text: An expression: the string.
    """
    return f"replace(replace({text}, chr(92), chr(92) || chr(92)), '\"', chr(92) || '\"')"
