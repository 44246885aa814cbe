"""The right pane: one conversation, its messages, and the composer."""
