"""How many visible results there are of each kind, kept up to date, for totals that need not be counted."""
