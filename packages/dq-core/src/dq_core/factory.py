"""The former name of `dq_core.checks.factory`: importing it warns."""

import warnings

from .checks.factory import DataQualityCheck

__all__ = ["DataQualityCheck"]

warnings.warn("dq_core.factory is deprecated: import these names from dq_core.", DeprecationWarning, stacklevel=2)
