"""What tests of the platform and of its plug-ins stand on: databases, issuers, contracts.

`pytest_plugins = ["eoscperf.testing.databases"]` in a top-level conftest.py brings the database fixtures.
"""
