"""The connection that a block of statements gets, whoever owns it, and the transaction around it."""
