"""The command `eoscperf`."""

from eoscperf.client.cli.main import main

__all__ = ["main"]
