"""What is asked for, and how each of it is measured."""
