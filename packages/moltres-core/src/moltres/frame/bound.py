"""What belongs to the connections of one process."""

from __future__ import annotations

from typing import Any, NoReturn, Self, SupportsIndex

from ..errors import ConfigurationError


class Bound:
    """What is not pickled, and of which a copy is the thing itself."""

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        """Refuse to be pickled.

        Raises:
            ConfigurationError: In any case.
        """
        del protocol
        raise ConfigurationError(
            f"{self!r:.200} cannot be pickled: it belongs to connections of this process.",
            suggestion="Call connect() where it is used, and pass rows on as .collect() gives them, or by hand_over().",
        )

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        del memo
        return self
