"""Facial anatomical landmark detection by regularized transfer learning."""

__version__ = "0.1.0"
