"""Demonstration data: real measurements to try the platform on, loaded and cleared by a command."""
