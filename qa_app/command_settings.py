"""`qa settings`: every setting there is, as a table for the deployment page."""

import typer


def settings_table() -> None:
    """Print what can be set, as Markdown. What is set says “qa doctor”."""
    from qa_app.settings_model import settings_in_markdown  # a fifth of a second to import

    typer.echo(settings_in_markdown())
