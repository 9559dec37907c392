"""From a statement to rows: in memory, in batches, as Arrow, or shown to people."""
