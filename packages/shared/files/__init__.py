"""Files as tables of DuckDB: equal to what they hold, value by value, or refused."""
