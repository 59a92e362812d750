"""Searches for results: what is asked for, worked out on the small tables and answered by the indexes."""
