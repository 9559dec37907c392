"""The dialect of one kind of database, put together from its parts."""

from __future__ import annotations

from .increments import Increments
from .locks import Locks
from .proving import Proving
from .publishing import Publishing
from .reading import Reading
from .running import Running
from .sending import Sending


class Dialect(Running, Sending, Reading, Publishing, Locks, Proving, Increments):
    """What one kind of database can do, and how. It has no state: one instance serves every connection.

    Args:
        name: The name of the SQLAlchemy dialect.

        capabilities: What the database can do; by default those of the class.

    Attributes:
        capabilities: What the database can do.
        placeholder: The parameter marker of drivers that take the values of many rows as tuples.
        differs: Whether databases of this kind differ in what they can do, so that each is asked; see `of`.
        commits_each_table: Whether a transaction that changes several tables ends with a commit for each of them.
        one_process: Whether a file belongs to the process that opened it, with threads that its children lack.
        identifier_quote: The character around names, where it is another than SQLAlchemy's.
        bytes_literal: Bytes in a statement, with {} for their hexadecimal digits.
    """
