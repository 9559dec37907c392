"""The results of the scripts."""

from truthound_kestra.results.check import CheckScriptResult
from truthound_kestra.results.compare import CompareScriptResult
from truthound_kestra.results.learn import LearnScriptResult
from truthound_kestra.results.profile import ProfileScriptResult
from truthound_kestra.results.script import ScriptResult

__all__ = ["CheckScriptResult", "CompareScriptResult", "LearnScriptResult", "ProfileScriptResult", "ScriptResult"]
