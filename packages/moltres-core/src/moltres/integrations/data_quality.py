"""The data-quality checks of ``dq-core``."""

from ..errors import MissingDependencyError

try:
    from dq_core import CheckResult, DataQualityCheck, Report, Suite, validate
except ModuleNotFoundError as error:
    if error.name != "dq_core":
        raise
    raise MissingDependencyError.extra("dq-core", "quality", "moltres.integrations.data_quality") from error

__all__ = ["CheckResult", "DataQualityCheck", "Report", "Suite", "validate"]
