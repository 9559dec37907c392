"""Iceberg tables without a server: the catalog, the snapshots and files of a table, and their SQL in DuckDB."""
