"""Connections to databases: their URLs, and what a driver or server does otherwise than both cores ask for."""
