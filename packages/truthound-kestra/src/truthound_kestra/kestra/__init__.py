"""How a script and Kestra talk to each other: context, output lines, values, state."""
