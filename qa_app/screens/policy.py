"""Policy documents: which are loaded, in which versions, and the commitments of the Service Charter."""

from collections.abc import Sequence
from typing import Final

import pandas as pd
import streamlit as st

from learning_register.citations import Commitment, PolicyDocument
from learning_register.document_queries import LoadedVersion, charter_commitments, loaded_versions
from learning_register.documents import load_shipped_documents, missing_shipped
from qa_app.policy_words import version_named
from qa_app.runtime import carry_out, go, link, number_in_address, problem, reading, signed_in, table, title
from qa_app.screens import policy_load, policy_version
from sampling.records.people import Role, may_act_as
from sampling.refused import Refused

_LEAD: Final = (
    "What casework is measured against: the paragraphs that scorecards and learning points cite, as numbers, "
    "titles and one-line summaries."
)


def show() -> None:
    """One version or the loading of another, when the address says so; else all that is loaded."""
    with reading() as session:
        may_load = may_act_as(session, signed_in(), [Role.ADMINISTRATOR])
    try:
        if "version" in st.query_params:
            policy_version.show(number_in_address("version", of="version"))
        elif "load" in st.query_params:
            policy_load.show(may_load=may_load)
        else:
            _all(may_load=may_load)
    except Refused as refused:
        title("Policy documents", _LEAD)
        problem(str(refused))
        link("policy", "All policy documents")


def _all(*, may_load: bool) -> None:
    with reading() as session:
        versions, missing = loaded_versions(session), missing_shipped(session)
        commitments = [
            {
                "Commitment": row.number,
                "Section": row.section,
                "What it promises": row.summary,
                "Number": "Inferred from the order" if row.number_inferred else "Published",
            }
            for row in charter_commitments(session)
        ]
    title("Policy documents", _LEAD)
    _versions(versions)
    if may_load:
        _load_missing(*missing)
        link("policy", "Load a document of your own", load="yes")
    else:
        st.caption("An administrator loads documents and new versions of them.")
    table(
        pd.DataFrame(commitments),
        caption="Commitments of the Service Charter",
        key="commitments",
        empty="The commitments are not loaded yet. An administrator loads them.",
        download="service-charter.csv",
    )


def _versions(versions: Sequence[LoadedVersion]) -> None:
    table(
        pd.DataFrame(
            {
                "Document": one.title,
                "Version": one.version,
                "Dated": one.version_date,
                "Paragraphs": one.paragraphs,
                "Loaded": one.loaded_at,
                "Loaded by": one.loaded_by,
            }
            for one in versions
        ),
        caption="Documents and their versions, the newest of each first",
        key="policy-versions",
        empty="No policy document is loaded yet. An administrator loads them.",
        download="policy-documents.csv",
    )
    names = {one.version_id: version_named(one.title, one.version, one.version_date) for one in versions}
    if names:
        opened = st.selectbox(
            "Open a version",
            list(names),
            index=None,
            format_func=names.__getitem__,
            placeholder="Choose a document and version",
            key="open-policy",
        )
        if opened is not None:
            go("policy", version=opened)


def _load_missing(documents: Sequence[PolicyDocument], commitments: Sequence[Commitment]) -> None:
    if not documents and not commitments:
        return
    st.write("These come with the product and are not loaded in this office:")
    names = [version_named(one.title, one.version, one.version_date) for one in documents]
    names += [f"Commitments of the Service Charter ({len(commitments)})"] if commitments else []
    st.markdown("\n".join(f"- {name}" for name in names))
    if st.button("Load them"):
        carry_out(
            lambda session, by: load_shipped_documents(session, by=by),
            done=lambda loaded: f"Loaded: {'; '.join(loaded)}.",
        )
