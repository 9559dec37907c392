"""Rules learned from data, each with a confidence that rows it was not learned from support."""

from .learn import KINDS, learn
from .result import LearnedRule, LearnedSuite

__all__ = ["KINDS", "LearnedRule", "LearnedSuite", "learn"]
