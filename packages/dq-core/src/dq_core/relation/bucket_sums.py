"""The fingerprints of buckets of rows."""

from __future__ import annotations

from array import array

from .._shared.fingerprints.fingerprint import Fingerprint
from ..errors import SourceError

__all__ = ["BucketSums"]


class BucketSums:
    """The fingerprints of buckets, which are many, in little memory.

    Args:
        number: How many buckets there are, beside that of rows whose key is NULL.
    """

    def __init__(self, number: int) -> None:
        self._numbers = tuple(array("Q", bytes(8 * number)) for _ in range(3))
        self._null = Fingerprint()

    def add(self, bucket: int | None, found: Fingerprint) -> None:
        """Note the fingerprint of a bucket."""
        if bucket is None:
            self._null = found
        elif 0 <= bucket < len(self._numbers[0]):
            for numbers, value in zip(self._numbers, (found.rows, found.first, found.second), strict=True):
                numbers[bucket] = value
        else:
            raise SourceError("The rows changed while they were compared.")

    def of(self, bucket: int | None) -> Fingerprint:
        """The fingerprint of a bucket."""
        return self._null if bucket is None else Fingerprint(*(numbers[bucket] for numbers in self._numbers))

    @property
    def whole(self) -> Fingerprint:
        """The fingerprint of all rows."""
        return Fingerprint.of_sums(*map(sum, self._numbers)) + self._null
