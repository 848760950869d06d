"""From landmarks to measurements: their values, what these are worth, and what norms say of them. Needs no network."""
