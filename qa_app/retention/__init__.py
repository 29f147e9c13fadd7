"""Retention: what is due to be disposed of, what keeps it, and taking it out. Run at the command line."""
