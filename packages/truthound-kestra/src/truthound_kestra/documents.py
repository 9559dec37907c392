"""Results and options that have ``to_dict`` and ``from_dict``."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, ClassVar, Self

from dq_core.adapters import listing, question
from moltres.errors import MoltresError
from moltres.handoff.encoding import decode, encode
from truthound_kestra.errors import DataQualityError, OutputError

__all__ = ["Document"]


class Document:
    """A dataclass that can be stored as plain JSON values.

    Values that JSON does not have (decimals, dates in ``metadata`` …) become objects with one key that begins with
    ``$``, as in moltres' hand-off.
    """

    #: How `from_dict` reads the fields of a class that are not of a type of JSON, besides those of its bases.
    _readers: ClassVar[Mapping[str, Callable[[Any], Any]]] = {}

    def to_dict(self) -> dict[str, Any]:
        """The fields by name, as plain JSON values; `from_dict` makes an equal object of them.

        Raises:
            OutputError: A value cannot be stored without loss.
        """
        fields = dataclasses.fields(self)  # type: ignore[arg-type]  # every subclass is a dataclass
        return {field.name: _stored(field.name, getattr(self, field.name)) for field in fields}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """The object of which :meth:`to_dict` made the mapping. Fields that are missing have their defaults.

        Raises:
            OutputError: The mapping is not of such an object; lists what is unknown.
        """
        name = cls.__name__
        if not isinstance(document, Mapping):
            raise OutputError(f"A {name} is made of a mapping, not {type(document).__name__}.")
        fields = [field.name for field in dataclasses.fields(cls)]  # type: ignore[arg-type]  # as above
        unknown = [key for key in document if key not in fields]
        if unknown:
            raise OutputError(
                f"A {name} has no {listing(map(str, unknown))}.{question(str(unknown[0]), fields)}",
                suggestion=f"Give what {name}.to_dict() returned.",
            )
        readers = {name: reader for base in cls.__mro__ for name, reader in vars(base).get("_readers", {}).items()}
        try:
            return cls(**{key: _read(readers.get(key, decode), value) for key, value in document.items()})
        except OutputError:
            raise
        except (TypeError, ValueError, KeyError, AttributeError, MoltresError, DataQualityError) as error:
            raise OutputError(f"The mapping is not of a {name}: {error}") from error


def _stored(name: str, value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if callable(getattr(value, "to_dict", None)):
        # Reports, profiles and suites of dq_core may hold values that JSON does not have, such as failing rows.
        return value.to_dict() if isinstance(value, Document) else encode(value.to_dict())
    if isinstance(value, tuple):
        return [_stored(name, item) for item in value]
    try:
        return encode(dict(value) if isinstance(value, Mapping) else value)
    except MoltresError as error:
        raise OutputError(
            f"{name} contains a value that cannot be stored without loss: {error.message}",
            suggestion="Leave it out of metadata, or convert it to a string.",
        ) from error


def _read(reader: Callable[[Any], Any], value: Any) -> Any:
    return None if value is None else reader(value)
