"""Runs in the packaged program before everything else: PyInstaller's own hook for PySide6 imports QtCore, and
whoever imports it first decides what that costs (``gui/pyside.py``)."""

from gui import pyside

pyside.core()
del pyside
