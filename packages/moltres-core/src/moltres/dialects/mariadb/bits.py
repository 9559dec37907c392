"""Bits of integers with a sign, which MariaDB takes for integers without one.

There ~0 is 18446744073709551615, -3 & -1 is 18446744073709551613, and -4 >> 1 is 9223372036854775806
(https://mariadb.com/kb/en/bitwise-operators/).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.sql import operators

__all__ = ["with_signed_bits"]

_RIGHT = operators.bitwise_rshift_op
_BITWISE = {
    operators.bitwise_and_op, operators.bitwise_or_op, operators.bitwise_xor_op, operators.bitwise_lshift_op, _RIGHT,
}  # fmt: skip


class _SignedBits:
    """Mixed into SQLAlchemy's compiler."""

    def visit_binary(self, binary: Any, *args: Any, **options: Any) -> str:
        bitwise = binary.operator in _BITWISE and _has_sign(binary.left) and _has_sign(binary.right)
        if bitwise and binary.operator is _RIGHT:
            sides = (binary.left, *(binary.left, binary.right) * 2)
            return "CASE WHEN {} < 0 THEN CAST(~(~{} >> {}) AS SIGNED) ELSE CAST({} >> {} AS SIGNED) END".format(
                *(self.process(side, **options) for side in sides)  # type: ignore[attr-defined]  # of the compiler
            )
        written = str(super().visit_binary(binary, *args, **options))  # type: ignore[misc]  # as above
        return f"CAST({written} AS SIGNED)" if bitwise else written

    def visit_unary(self, unary: Any, *args: Any, **options: Any) -> str:
        written = str(super().visit_unary(unary, *args, **options))  # type: ignore[misc]  # as above
        bitwise = unary.operator is operators.bitwise_not_op and _has_sign(unary.element)
        return f"CAST({written} AS SIGNED)" if bitwise else written


def _has_sign(operand: Any) -> bool:
    return not getattr(operand.type, "unsigned", False)


def with_signed_bits(base: type[Any]) -> type[Any]:
    """SQLAlchemy's compiler for MariaDB, with such bits.

    Args:
        base: The compiler of the driver's dialect.
    """
    return type(f"SignedBits{base.__name__}", (_SignedBits, base), {})
