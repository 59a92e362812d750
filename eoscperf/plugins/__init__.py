"""Optional features that come with the platform, each enabled by name in `eoscperf.plugins`."""
