"""The paper's tables and figures, filled with the runs that exist."""
