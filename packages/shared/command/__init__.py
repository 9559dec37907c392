"""What the commands ``dq`` and ``moltres`` have in common: how they read arguments, run, report progress and end."""
