"""Running a validation: the plan, the statements, the verdicts."""
