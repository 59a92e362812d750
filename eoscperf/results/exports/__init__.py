"""Exports: everything a search finds, in one stream, in the formats that are registered."""
