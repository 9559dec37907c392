"""The former name of `dq_core.run.validate`: importing it warns."""

import warnings

from .run.validate import Progress, validate

__all__ = ["Progress", "validate"]

warnings.warn("dq_core.execute is deprecated: import these names from dq_core.", DeprecationWarning, stacklevel=2)
