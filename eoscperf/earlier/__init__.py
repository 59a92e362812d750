"""Taking over the database of the earlier EOSC Performance service."""
