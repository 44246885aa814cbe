"""The whole application without a window. Nothing below here imports Qt."""
