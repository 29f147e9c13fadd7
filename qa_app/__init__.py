"""Streamlit screens, the command line, and what only they need."""
