"""Fingerprints of sets of rows, in Python and in the SQL of each database."""
