"""Rules learned from data, each with a confidence that rows it was not learned from support."""

from dq_core.learning.learn import KINDS, learn
from dq_core.learning.model import LearnedRule, LearnedSuite

__all__ = ["KINDS", "LearnedRule", "LearnedSuite", "learn"]
