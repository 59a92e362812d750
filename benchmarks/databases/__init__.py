"""Databases with generated results: built once, cloned for every run."""
