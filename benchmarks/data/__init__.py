"""Generated data: benchmarks, places, people and any number of results, always the same for a size and a seed."""
