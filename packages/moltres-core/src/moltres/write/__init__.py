"""Writing rows to tables and files; INSERT, UPDATE and DELETE of single tables."""

from .writer import BATCH_ROWS, Mode, Writer, WriteResult

__all__ = ["BATCH_ROWS", "Mode", "WriteResult", "Writer"]
