"""What a merge has written, counted to prove it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from .._shared.fingerprints.fingerprint import Fingerprint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Table

    from ..dialects.tally import Covered
    from .inputs import TemporaryRows
    from .proof import Proof


class Merged:
    """The rows of a table that a merge has written: those with the keys of the staged rows.

    Args:
        table: The table.
        staged: The staged rows.
        same_key: What joins both.
    """

    def __init__(self, table: Table, staged: TemporaryRows, same_key: ColumnElement[bool]) -> None:
        self._table = table
        self._staged = staged
        self._same_key = same_key
        self._noted: Fingerprint | None = Fingerprint()

    def note(self, proof: Proof | None) -> None:
        """Count the rows that are there already, before their keys are deleted from the staged rows."""
        if proof is not None:
            # The same row for each of several with one key, which a table without a key can have.
            self._noted = self._count(proof, None, once=True)

    def prove(self, proof: Proof, *, changed: int | None) -> None:
        """Prove that the rows are those that were read.

        Args:
            proof: What counted these.
            changed: The rows that the statements have updated and inserted; None if they update none.
        """

        def counted(some: Sequence[Covered]) -> Fingerprint | None:
            found = self._count(proof, some, once=False)
            noted = self._noted
            if found is None or noted is None or (noted.rows and not proof.covers_all(some)):
                return None
            if noted.rows:
                return noted + found
            if found.rows != self._staged.rows and changed in (None, found.rows):
                return self._count(proof, some, once=True)
            return found

        proof.prove(counted)

    def _count(self, proof: Proof, some: Sequence[Covered] | None, *, once: bool) -> Fingerprint | None:
        rows = select(*proof.picked(self._table)).select_from(self._table.join(self._staged.table, self._same_key))
        return proof.counted((rows.distinct() if once else rows).subquery("found"), some)
