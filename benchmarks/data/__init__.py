"""Generated data: always the same for a size and a seed."""
