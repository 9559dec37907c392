"""Data quality in Kestra: scripts that check, profile and learn, flows that run them, outputs, and service levels.

The parts are imported from where they are: `truthound_kestra.scripts`, `truthound_kestra.flows`,
`truthound_kestra.outputs`, `truthound_kestra.sla`, `truthound_kestra.utils`.
"""

from importlib.metadata import version

__version__ = version("truthound-kestra")
