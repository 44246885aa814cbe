"""The left and the middle pane: views, sources, and the conversations that wait."""
