"""What is checked, as SQL sees it: a relation of typed columns, in the dialect of its database."""
