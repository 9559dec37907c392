"""The interface between a script and Kestra: context, output protocol, state, storage."""
