"""The script Streamlit runs. Its folder holds nothing else: Streamlit puts that folder first on the path."""

from qa_app.main import main

main()
