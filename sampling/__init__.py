"""The population, and valid samples of it."""
