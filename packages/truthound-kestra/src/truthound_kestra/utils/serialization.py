"""Results as JSON, YAML and Markdown; see :mod:`truthound_kestra.outputs.serialization`."""

from truthound_kestra.outputs.serialization import JsonSerializer, MarkdownSerializer, YamlSerializer

__all__ = ["JsonSerializer", "MarkdownSerializer", "YamlSerializer"]
