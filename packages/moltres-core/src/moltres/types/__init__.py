"""What columns can hold, and rows in memory: SQL types, Python values, Arrow, pandas, Polars, Records."""
