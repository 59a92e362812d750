"""`eoscperf-admin`: the server's side of administration, one module per group of commands."""
