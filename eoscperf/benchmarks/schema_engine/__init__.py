"""The bounded JSON Schema engine behind `eoscperf.benchmarks.json_schema`."""
