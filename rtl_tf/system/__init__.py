"""What is of the machine: files, locks, processes, terminals, the cache."""
