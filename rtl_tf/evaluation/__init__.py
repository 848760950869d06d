"""Judging: errors and metrics from prediction files. NumPy only: no network is ever loaded here."""
