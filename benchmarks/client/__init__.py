"""A load client that leaves the processors to the server."""
