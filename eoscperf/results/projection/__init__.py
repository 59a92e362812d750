"""The values in the JSON of results, kept as rows beside it, for searches that need not read the JSON."""
