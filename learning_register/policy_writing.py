"""Writing a policy document as TOML that `learning_register.policy_reading` reads back, and as a table."""

import pandas as pd
import tomli_w

from learning_register.citations import PolicyDocument


def write_policy_document(document: PolicyDocument) -> str:
    """The document as TOML text. Read back, it is the same document."""
    table: dict[str, object] = {
        "key": document.key,
        "title": document.title,
        "short_name": document.short_name,
        "version": document.version,
    }
    if document.version_date is not None:
        table["version_date"] = document.version_date
    table["paragraph"] = [
        {
            "number": paragraph.number,
            "section": paragraph.section,
            "title": paragraph.title,
            "summary": paragraph.summary,
            "force": list(paragraph.forces),
        }
        for paragraph in document.paragraphs
    ]
    return tomli_w.dumps(table)


def document_frame(document: PolicyDocument) -> pd.DataFrame:
    """The paragraphs of a document, one a row."""
    return pd.DataFrame(
        {
            "Document": document.title,
            "Version": document.version,
            "Paragraph": paragraph.number,
            "Section": paragraph.section,
            "Title": paragraph.title,
            "Summary": paragraph.summary,
            "Force": ", ".join(paragraph.forces),
        }
        for paragraph in document.paragraphs
    )
