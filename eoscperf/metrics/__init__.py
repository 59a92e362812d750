"""The metric catalogue of a benchmark: what its numbers are called, measured in, and when they are better."""
