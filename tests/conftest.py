"""What all tests share. In the checks of a change (CI=true), a test that did not run fails them."""

import os

import hypothesis
import pytest

# How long an example takes says more about the machine than about the code.
hypothesis.settings.register_profile("eoscperf", deadline=None)
hypothesis.settings.load_profile("eoscperf")

pytest_plugins = ["eoscperf.testing.databases"]

NOT_RUN = ("skipped", "xfailed", "xpassed", "deselected")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") != "true" or reporter is None or hasattr(session.config, "workerinput"):
        return
    count = sum(len(reporter.stats.get(kind, ())) for kind in NOT_RUN)
    if count:
        reporter.write_line(f"\n{count} tests did not run; here all of them must.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
