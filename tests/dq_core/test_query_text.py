"""What is cut off from a pasted query: blanks, semicolons and comments at its ends, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_core import RuleError
from dq_core.sources.query_text import statement_of

DATABASES = ("sqlite", "duckdb", "postgresql", "mysql", "mariadb", "oracle")
COMMENTS = (" ", "\n", ";", "-- it's; \n", "/* ' ; \" -- */", "--\n", "/**/")
PIECES = ("SELECT 1", " x ", "'a;b'", "'it''s -- '", '"a;/*"', "/* ; */", "-- ;'\n", "+", "`a;`")


@given(
    st.sampled_from(DATABASES),
    st.lists(st.sampled_from(COMMENTS)).map("".join),
    st.lists(st.sampled_from(PIECES)).map("".join),
    st.lists(st.sampled_from(COMMENTS)).map("".join),
)
def test_only_the_ends_are_cut(dialect: str, before: str, inside: str, behind: str) -> None:
    statement = f"SELECT{inside} FROM t"
    assert statement_of(before + statement + behind, dialect) == statement
    assert statement_of(before + statement + "; -- last", dialect) == statement
    with pytest.raises(RuleError, match="several statements"):
        statement_of(f"{before}{statement};{behind}x", dialect)


@pytest.mark.parametrize(
    ("dialect", "query", "statement"),
    [
        ("postgresql", "SELECT $$;--$$; /* a /* b */ ; */", "SELECT $$;--$$"),
        ("duckdb", "SELECT $q$ $$ ; $q$ -- x", "SELECT $q$ $$ ; $q$"),
        ("postgresql", r"SELECT E'\';--' AS x; --", r"SELECT E'\';--' AS x"),
        ("postgresql", r"SELECT '\'; -- '", r"SELECT '\'"),
        ("postgresql", "SELECT a#b; -- c", "SELECT a#b"),
        ("mysql", r"SELECT 'it\';s' # ; 'x", r"SELECT 'it\';s'"),
        ("mysql", "SELECT 5--1; -- x", "SELECT 5--1"),
        ("mariadb", "SELECT 1;\n# one\n# two", "SELECT 1"),
        ("sqlite", "SELECT [a;--] ; /* never closed", "SELECT [a;--]"),
        ("sqlite", "SELECT 1 -- x\r WHERE true", "SELECT 1"),
        ("mariadb", "SELECT 1 -- x\r WHERE true", "SELECT 1"),
        *(
            (name, "SELECT 1 -- x\r WHERE true -- y\r", "SELECT 1 -- x\r WHERE true")
            for name in ("postgresql", "duckdb", "trino")
        ),
        *(
            (name, f"SELECT 1 {code} -- x", f"SELECT 1 {code}")
            for name in ("mysql", "mariadb")
            for code in ("/*! WHERE true */", "/*!50000 WHERE a = ';' */", "/*M! WHERE true */")
        ),
        ("mariadb", "/*! SELECT */ 1 /* x */", "/*! SELECT */ 1"),
        ("sqlite", "SELECT 1 /*! WHERE true */", "SELECT 1"),
    ],
)
def test_what_is_a_comment_depends_on_the_database(dialect: str, query: str, statement: str) -> None:
    assert statement_of(query, dialect) == statement
