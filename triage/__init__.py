"""The workshop of the complaint model: its corpus and its training. Not part of the packaged program."""
