"""Rules learned from data, made to hold on fresh data of the same kind."""

from .learn import learn
from .options import KINDS, LearnOptions
from .result import LearnedRule, LearnedSuite

__all__ = ["KINDS", "LearnOptions", "LearnedRule", "LearnedSuite", "learn"]
