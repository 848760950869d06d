"""The page on which people correct landmarks, and label them from nothing: a server for one's own machine."""
