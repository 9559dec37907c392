"""Servers and data that the tests of every distribution share."""
