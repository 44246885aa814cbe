"""Training of the complaint model: ``python -m triage.train``. Needs the packages of the group ``train``."""
