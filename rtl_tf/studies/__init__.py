"""Studies: many runs, planned and trained side by side. Their TOML files say what each compares, see `runs.designs`."""
