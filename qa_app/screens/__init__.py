"""The screens: one module each, one function that Streamlit calls."""
