"""The whole application without a window. Nothing below here imports Qt."""

__version__ = "0.1.0"
