pytest_plugins = ["eoscperf.testing.databases"]
