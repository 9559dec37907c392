"""What a kind of database can do, asked for by everything outside of `dialects` instead of the database's name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What one kind of database can do. The defaults are those of a database that moltres does not know.

    Attributes:
        transactions: Several statements can be one transaction. Without them each statement is a commit of its own, and
            a write is one statement; see `moltres.write.publish`.
        replaces_rows: Rows that are there can be changed, deleted or replaced.
        run_keys: A load can be recorded such that a retry of it does nothing, wherever the first try ended.
        constraints: A table can have keys, indexes, defaults and checks.
        views: Queries can be kept as views.
        keeps_case: Names keep upper and lower case.
        transactional_ddl: CREATE, DROP and ALTER are rolled back with their transaction.
        savepoints: A transaction can be rolled back to a point within it.
        statement_timeout: The database or its driver stops a statement that takes too long.
        cancellation: A running statement can be stopped from another thread.
        full_join: FULL OUTER JOIN gives the right rows wherever a SELECT may stand.
        nulls_first: ORDER BY takes NULLS FIRST and NULLS LAST.
        explain_analyze: EXPLAIN can run the statement and report what it took.
        file_functions: SELECT can read Parquet, CSV and JSON files, and COPY can write them.
        insertion_order: The pseudo-column that orders a temporary table, of the same types, as a query filled it.
        arrays: A column can hold arrays.
        binds_types: A column holds, and a result has, only values of the types that are reported for it.
        untyped_literals: A string in SQL is read as a value of the type that it is compared with, and is no error.
        concurrent_reads: Others can read while a transaction writes, and never keep it from committing.
        hash_joins: Two tables without indexes are joined in time that grows with their sum, not their product.
        nan: A column of floats can hold NaN.
        enforces_types: A column takes only values of its type, so that text compared with it must be one of these.
        max_identifier_bytes: The longest name of a table or column, in bytes of UTF-8; None for no limit.
        counts_characters: The limits of names are of characters instead of bytes.
        max_label_bytes: The longest name within a statement, such as that of a computed column, where it is another.
        max_file_name_bytes: The longest name of a table as a part of the file system, where tables are files.
        name_pattern: What names look like, as a regular expression.
        name_rule: The same in words: what names have.
        most_decimal_digits: The digits for want of which the database rounds decimals in one column; None for no limit.
        max_set_operands: The most SELECTs that one UNION, INTERSECT or EXCEPT may combine; None for no limit.
    """

    transactions: bool = True
    replaces_rows: bool = True
    run_keys: bool = True
    constraints: bool = True
    views: bool = True
    keeps_case: bool = True
    transactional_ddl: bool = False
    savepoints: bool = True
    statement_timeout: bool = False
    cancellation: bool = False
    full_join: bool = True
    nulls_first: bool = True
    explain_analyze: bool = True
    file_functions: bool = False
    insertion_order: str = ""
    arrays: bool = False
    binds_types: bool = False
    untyped_literals: bool = True
    concurrent_reads: bool = True
    hash_joins: bool = True
    nan: bool = True
    enforces_types: bool = True
    max_identifier_bytes: int | None = None
    counts_characters: bool = False
    max_label_bytes: int | None = None
    max_file_name_bytes: int | None = None
    name_pattern: str = r"[^\0]+"
    name_rule: str = "at least one character, and no NUL"
    most_decimal_digits: int | None = None
    max_set_operands: int | None = None


MYSQL = Capabilities(
    full_join=False,
    nulls_first=False,
    hash_joins=False,
    max_identifier_bytes=64,
    counts_characters=True,
    max_label_bytes=256,
    max_file_name_bytes=251,
    name_pattern=r"[^\0\U00010000-\U0010FFFF]*[^\0\s\U00010000-\U0010FFFF]",
    name_rule="characters up to U+FFFF without NUL, the last of which is no blank",
)
"""What MySQL and MariaDB have in common."""
