"""What the collector of cycles looks at in a process that serves."""

import json
import subprocess
import sys

SHOW = """
import gc, json
import eoscperf
{}
print(json.dumps([gc.get_freeze_count(), gc.get_threshold()[0], gc.isenabled()]))
"""


def in_a_process(*lines):
    """A process of its own: what is counted as there for good stays so."""
    code = SHOW.format("\n".join(lines))
    return json.loads(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout)


def test_what_is_there_when_it_settles_is_not_looked_at_again():
    frozen, threshold, enabled = in_a_process("from eoscperf.collecting import settle", "settle()")
    assert frozen > 1000
    assert threshold == 20_000
    assert enabled


def test_importing_the_platform_changes_nothing():
    assert in_a_process()[0] == 0
