"""Windows beside the window: sources, settings, templates, keys, backup."""
