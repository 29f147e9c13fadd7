"""Was the casework good, and do reviewers agree."""
