"""Shapes of landmarks: laid over one another, what they have in common, and what does not fit."""
