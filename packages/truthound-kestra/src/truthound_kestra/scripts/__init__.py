"""The scripts that tasks of Kestra run: check, profile, learn, compare."""

from truthound_kestra.results import (
    CheckScriptResult,
    CompareScriptResult,
    LearnScriptResult,
    ProfileScriptResult,
    ScriptResult,
)
from truthound_kestra.scripts.check import check_quality_script
from truthound_kestra.scripts.compare import compare_data_script
from truthound_kestra.scripts.config import (
    DEFAULT_SCRIPT_CONFIG,
    LENIENT_SCRIPT_CONFIG,
    PRODUCTION_SCRIPT_CONFIG,
    STRICT_SCRIPT_CONFIG,
    CheckScriptConfig,
    CompareScriptConfig,
    LearnScriptConfig,
    ProfileScriptConfig,
    ScriptConfig,
)
from truthound_kestra.scripts.engines import ENGINES, get_engine
from truthound_kestra.scripts.learn import learn_schema_script
from truthound_kestra.scripts.log import errors_in_log
from truthound_kestra.scripts.profile import profile_data_script
from truthound_kestra.scripts.rules import load_rules
from truthound_kestra.scripts.schema import forget_schema

__all__ = [
    "DEFAULT_SCRIPT_CONFIG",
    "ENGINES",
    "LENIENT_SCRIPT_CONFIG",
    "PRODUCTION_SCRIPT_CONFIG",
    "STRICT_SCRIPT_CONFIG",
    "CheckScriptConfig",
    "CheckScriptResult",
    "CompareScriptConfig",
    "CompareScriptResult",
    "LearnScriptConfig",
    "LearnScriptResult",
    "ProfileScriptConfig",
    "ProfileScriptResult",
    "ScriptConfig",
    "ScriptResult",
    "check_quality_script",
    "compare_data_script",
    "errors_in_log",
    "forget_schema",
    "get_engine",
    "learn_schema_script",
    "load_rules",
    "profile_data_script",
]
