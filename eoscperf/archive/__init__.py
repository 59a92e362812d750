"""Everything in the database as an open archive, and back."""
