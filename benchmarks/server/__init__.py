"""The server under test: real `pserve` processes."""
