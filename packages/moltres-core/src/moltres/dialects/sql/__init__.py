"""How statements are written such that they mean the same on every database."""
