"""The benchmarks: ``make bench`` runs them all, ``python -m bench NAME ...`` some of them.

Each measures what is ours beside its base in the same minutes. Nothing is written outside a temporary folder.
"""
