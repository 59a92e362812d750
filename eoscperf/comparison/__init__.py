"""Numbers turned into decisions: what the runs of a cell say, ranks, and verdicts in words."""
