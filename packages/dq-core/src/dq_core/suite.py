"""The former name of `dq_core.run.suite`: importing it warns."""

import warnings

from .run.suite import Suite

__all__ = ["Suite"]

warnings.warn("dq_core.suite is deprecated: import these names from dq_core.", DeprecationWarning, stacklevel=2)
