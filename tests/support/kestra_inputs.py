"""Values of inputs by type: those that arrive in an execution, and those that would not, or not as they are given.

The tests hold our verdicts against both lists, and Kestra's own engine.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, Final

import numpy as np

from truthound_kestra.flows import InputConfig

__all__ = ["ARRIVE", "REFUSED", "input_of"]

_BERLIN: Final = dt.timezone(dt.timedelta(hours=1))

#: Type, value as a default and from a trigger, what an expression then finds, and further options.
ARRIVE: Final[tuple[tuple[str, Any, Any, dict[str, Any]], ...]] = (
    ("STRING", "1e3", "1e3", {}),
    ("STRING", "yes", "yes", {}),
    ("STRING", 5, "5", {}),
    ("STRING", 0.5, "0.5", {}),
    ("STRING", "AB", "AB", {"validator": "[A-Z]{2,3}"}),
    ("STRING", "a", "a", {"validator": "(?<name>a)"}),
    ("STRING", "É", "É", {"validator": r"\p{Lu}"}),
    ("INT", 2**31 - 1, 2**31 - 1, {}),
    ("INT", -(2**31), -(2**31), {"max": 0}),
    ("FLOAT", 0.1, 0.1, {"min": 0.1, "max": 0.5}),
    ("FLOAT", 123456.7, 123456.7, {}),
    ("FLOAT", 16777216.0, 16777216.0, {}),
    ("FLOAT", 3, 3.0, {}),
    ("BOOL", False, False, {}),
    ("DATE", "2024-02-29", "2024-02-29", {}),
    ("DATE", dt.date(2024, 2, 29), "2024-02-29", {}),
    ("DATETIME", "2024-02-29T10:00:00.123456Z", "2024-02-29T10:00:00.123456Z", {}),
    ("DATETIME", "2024-02-29T10:00:00+01:00", "2024-02-29T09:00:00.000000Z", {}),
    ("DATETIME", dt.datetime(2024, 2, 29, 10, tzinfo=_BERLIN), "2024-02-29T09:00:00.000000Z", {}),
    ("TIME", "10:11", "10:11:00", {}),
    ("TIME", "10:11:12.123456789", "10:11:12.123456789", {}),
    ("DURATION", "P1DT2H3M4.5S", 93784.5, {}),
    ("DURATION", "pt1h", 3600.0, {}),
    ("JSON", '{"a": [1, null]}', {"a": [1, None]}, {}),
    ("YAML", "a: [1, x]", {"a": [1, "x"]}, {}),
    ("URI", "s3://bucket/a%20b.csv", "s3://bucket/a%20b.csv", {}),
    ("URI", "http://[::1]/é", "http://[::1]/é", {}),
    ("EMAIL", "name@example.org", "name@example.org", {}),
    ("FILE", "nsfile:///users.csv", "nsfile:///users.csv", {}),
    ("ARRAY", ["x", "1"], ["x", "1"], {"item_type": "STRING"}),
    ("ARRAY", [1, 2], [1, 2], {"item_type": "INT"}),
    ("ARRAY", ["2024-02-29"], ["2024-02-29"], {"item_type": "DATE"}),
    (
        "ARRAY",
        [dt.datetime(2024, 2, 29, 10, tzinfo=_BERLIN)],
        ["2024-02-29T09:00:00.000000Z"],
        {"item_type": "DATETIME"},
    ),
    ("INT", np.int64(3), 3, {"min": np.int32(3), "max": Decimal(3)}),
    ("INT", Decimal(3), 3, {}),
    ("FLOAT", np.float32(0.5), 0.5, {"max": Decimal("0.5")}),
    ("FLOAT", Decimal("0.1"), 0.1, {}),
    ("SELECT", "1", "1", {"values": ("1", "no")}),
    ("SELECT", "other", "other", {"values": ("1", "no"), "extra": {"allowCustomValue": True}}),
    ("MULTISELECT", ["no"], ["no"], {"values": ("1", "no")}),
)

#: Type, value and further options: Kestra starts no execution with them, or makes another value of them.
REFUSED: Final[tuple[tuple[str, Any, dict[str, Any]], ...]] = (
    ("STRING", ["a"], {}),
    ("STRING", 1e16, {}),
    ("INT", 2**31, {}),
    ("INT", "1.0", {}),
    ("INT", 1.5, {}),
    ("FLOAT", 16777217.0, {}),
    ("FLOAT", 123456.789, {}),
    ("FLOAT", 1e300, {}),
    ("FLOAT", 1e-50, {}),
    ("FLOAT", "1e300", {}),
    ("FLOAT", "1_0", {}),
    ("FLOAT", "\u0661", {}),
    ("DURATION", "PT\u0661S", {}),
    ("DATE", "202\u0664-02-29", {}),
    ("BOOL", "yes", {}),
    ("BOOL", 1, {}),
    ("DATE", "20240229", {}),
    ("DATE", 20240229, {}),
    ("DATE", "2023-02-29", {}),
    ("DATE", "2024-W05-1", {}),
    ("DATETIME", "2024-02-29", {}),
    ("DATETIME", "2024-02-29T10:00:00", {}),
    ("DATETIME", "2024-02-29T10:00Z", {}),
    ("DATETIME", "2024-02-29T10:00:00.123456789Z", {}),
    ("DATETIME", "2024-02-29T23:59:60Z", {}),
    ("TIME", "10", {}),
    ("TIME", "T10:11", {}),
    ("TIME", "10:11Z", {}),
    ("TIME", 1011, {}),
    ("DURATION", "P1M", {}),
    ("DURATION", "5 minutes", {}),
    ("JSON", "NaN", {}),
    ("JSON", "{a", {}),
    ("YAML", "a: [", {}),
    ("YAML", "", {}),
    ("URI", "a file.csv", {}),
    ("URI", "/a/b", {}),
    ("URI", "s3://b/k%", {}),
    ("EMAIL", "a b@c.d", {}),
    ("EMAIL", "ä@example.org", {}),
    ("FILE", "https://example.org/users.csv", {}),
    ("ARRAY", ["x"], {"item_type": "INT"}),
    ("ARRAY", [2**33], {"item_type": "INT"}),
    ("ARRAY", [16777217.0], {"item_type": "FLOAT"}),
    ("INT", 7, {"max": 5}),
    ("INT", 3, {"min": 5}),
    ("FLOAT", "7.5", {"max": Decimal(5)}),
    ("STRING", "ABCD", {"validator": "[A-Z]{2,3}"}),
    ("SELECT", "x", {"values": ("1", "no")}),
    ("MULTISELECT", ["no", "x"], {"values": ("1", "no")}),
    ("MULTISELECT", "no", {"values": ("1", "no")}),
)


def input_of(kind: str, options: dict[str, Any], default: Any = None, name: str = "x") -> InputConfig:
    """An input of a type."""
    return InputConfig(name=name, type=kind, default=default, **options)
