"""What was learned, against which paragraph, what was done about it."""
