"""The truth oracle of checks: drawn tables and rules, judged in plain Python and by every kind of source.

`values` says what can be in a column, `rules` draws rules for a table, `semantics` judges them from the guide alone,
and `sources` puts a table somewhere and says what that place holds of it.
"""
