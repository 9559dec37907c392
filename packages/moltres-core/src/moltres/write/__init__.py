"""Rows into tables and files: the one write path, its six modes, and changes of single tables."""

from .writer import BATCH_ROWS, Mode, Writer, WriteResult

__all__ = ["BATCH_ROWS", "Mode", "WriteResult", "Writer"]
