"""PostgreSQL through psycopg: its dialect, and COPY in both directions."""

from .dialect import PostgreSQLDialect

__all__ = ["PostgreSQLDialect"]
