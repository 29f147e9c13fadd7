"""Policy documents: read by everybody, loaded by an administrator from a file that a person corrects."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from scored_office import ScoredOffice
from sqlalchemy import Engine, delete, select
from streamlit.testing.v1 import AppTest

from learning_register.citations import Force, PolicyDocument, PolicyParagraph
from learning_register.document_queries import document_of, loaded_versions, moves_said, paragraphs_of
from learning_register.documents import GUIDANCE, load_policy_document
from learning_register.policy_writing import write_policy_document
from learning_register.tables_policy import PolicyParagraph as Kept
from learning_register.tables_policy import PolicyVersion
from sampling.records.audit_trail import record
from sampling.tables import Route
from scorecards.requirements import Kind

OpenScreen = Callable[..., AppTest]
ADMIN, NORTH, HEAD = "Ada Min", "Nora North", "Hedda Head"

GUIDE = """Version: 2.0

Parcels

1. A parcel is signed for. (Policy requirement)
2. It is weighed. (Legal requirement)
4. It is stamped.
"""


@pytest.fixture
def office(sqlite_engine: Engine) -> ScoredOffice:
    return ScoredOffice(sqlite_engine, closed=4, open_cases=8)


def see(office: ScoredOffice, open_screen: OpenScreen, name: str, **query: object) -> AppTest:
    with office.reading() as session:
        person = office.person(session, name)
    app = open_screen(office.engine, person, "policy", **query)
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    shown = [*app.title, *app.markdown, *app.info, *app.caption, *app.success, *app.error, *app.subheader]
    return " ".join(str(element.value) for element in shown)


def press(app: AppTest, label: str) -> AppTest:
    found = next(button for button in app.button if button.label == label).click().run()
    assert not found.exception
    return found


def fill(app: AppTest, label: str, value: object) -> AppTest:
    fields = [*app.text_input, *app.selectbox, *app.button_group]
    app = next(field for field in fields if field.label.startswith(label)).set_value(value).run()
    assert not app.exception
    return app


def edit(app: AppTest, key: str, **changes: object) -> AppTest:
    """Correct the table with that key, as its editor would keep it."""
    # Its key is the end of the number that Streamlit gives it.
    name = next(one.proto.id.split("-", 2)[2] for one in app.dataframe if f"-{key}" in one.proto.id)
    app.session_state[name] = {"edited_rows": {}, "added_rows": [], "deleted_rows": []} | changes
    return app.run()


def version_id(office: ScoredOffice, document: str, version: str) -> int:
    with office.reading() as session:
        return next(
            one.version_id
            for one in loaded_versions(session)
            if (one.document, one.version) == (document, version)
        )


def opened(office: ScoredOffice, number: str) -> int:
    with office.reading() as session:
        return next(row.id for row in paragraphs_of(session, GUIDANCE) if row.number == number)


def load_next(office: ScoredOffice) -> int:
    """A made-up version 13.0 of the guidance, in which 38 is something else; its id."""
    paragraphs = tuple(
        PolicyParagraph(number, "Reviews", title, f"{title}.", (Force.GUIDANCE,))
        for number, title in (("38", "Something else"), ("40", "Where it is now"))
    )
    document = PolicyDocument(GUIDANCE, "The guidance", "Guide", "13.0", date(2025, 1, 1), paragraphs)
    with office.writing() as session:
        return load_policy_document(session, document, by=office.person(session, ADMIN)).id


def test_everybody_reads_the_documents_and_an_administrator_loads_what_is_missing(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    app = see(office, open_screen, NORTH)
    assert len(app.dataframe[0].value) == 6
    assert len(app.dataframe[1].value) == 18
    assert "An administrator loads documents" in words(app)
    assert "Load them" not in [button.label for button in app.button]
    with office.writing() as session:
        six = select(PolicyVersion.id).where(PolicyVersion.version == "six").scalar_subquery()
        session.execute(delete(Kept).where(Kept.version_id == six))
        session.execute(delete(PolicyVersion).where(PolicyVersion.version == "six"))
        record(session, "set_up", "test", by=None)
    app = see(office, open_screen, ADMIN)
    assert "Quality standards, version six of 1 April 2021" in words(app)
    press(app, "Load them")
    assert "Loaded: Quality standards, version six." in words(app)
    assert "not loaded in this office" not in words(app)


def test_a_version_is_searched_and_shows_what_rests_on_it(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    office.draw_open("North", NORTH)
    review = office.score(NORTH, office.to_do(NORTH, Route.OPEN)[0], not_met=Kind.OUTCOME)
    office.learn(NORTH, review, description="Nobody *asked*.")
    app = see(office, open_screen, NORTH, version=version_id(office, GUIDANCE, "12.0"))
    assert "This is version 12.0 of 1 August 2023." in words(app)
    app = fill(app, "Force", Force.LEGAL)
    assert list(app.dataframe[0].value["Paragraph"]) == ["63"]
    app = fill(fill(app, "Force", "All"), "Search", "recording and ANALYSING")
    (row,) = app.dataframe[0].value.to_dict("records")
    assert (row["Paragraph"], row["Requirements"], row["Learning points"]) == ("38", 3, 1)
    app = fill(app, "See what rests", opened(office, "38"))
    assert "Short card: The remedy was right." in words(app)
    assert list(app.dataframe[1].value["Cited as"]) == ["38 of version 12.0"]
    assert see(office, open_screen, NORTH, version=999).error[0].value.endswith("Choose one from the list.")


def test_the_head_says_where_paragraphs_went(office: ScoredOffice, open_screen: OpenScreen) -> None:
    new = load_next(office)
    assert "An administrator or the Head" in words(see(office, open_screen, NORTH, version=new))
    app = see(office, open_screen, HEAD, version=new)
    press(app, "Keep where they went")
    assert "Nothing is chosen yet" in app.error[0].value
    app = edit(app, "moves-", edited_rows={37: {"Is now": "40 Where it is now"}})  # 38 of version 12.0
    press(app, "Keep where they went")
    with office.reading() as session:
        (said,) = moves_said(session, GUIDANCE)
        assert said.became == "40 of version 13.0: Where it is now"
    press(app, "Take it back")
    with office.reading() as session:
        assert moves_said(session, GUIDANCE) == []


def test_a_document_is_found_in_a_file_corrected_and_loaded(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    assert "An administrator loads policy documents" in words(see(office, open_screen, HEAD, load="yes"))
    app = see(office, open_screen, ADMIN, load="yes")
    app.file_uploader[0].set_value(("guide.txt", b"No numbers.", "text/plain")).run()
    assert "No numbered paragraph was found" in app.error[0].value
    app.file_uploader[0].set_value(("guide.txt", GUIDE.encode(), "text/plain")).run()
    assert "3 paragraphs: 1 marked as policy requirement, 1 as legal requirement" in words(app)
    assert "before paragraph 4, 3 was not found" in words(app)
    added = {
        "Paragraph": "Annex A",
        "Section": "Forms",
        "Title": "Forms",
        "Summary": "One.",
        "Force": "guidance",
    }
    edit(app, "policy-rows-", edited_rows={2: {"Paragraph": "2"}}, added_rows=[added])
    app = fill(fill(app, "Title", "Parcels"), "Short name", "Parcels")
    press(app, "Load this version")
    assert "Row 3 (line 7): paragraph 2 is there twice" in app.error[0].value
    edit(app, "policy-rows-", edited_rows={2: {"Paragraph": "3"}}, added_rows=[added])
    press(app, "Load this version")
    with office.reading() as session:
        rows = paragraphs_of(session, "parcels")
        assert [(row.number, row.section, row.force) for row in rows] == [
            ("1", "Parcels", "policy requirement"),
            ("2", "Parcels", "legal requirement"),
            ("3", "Parcels", "guidance"),
            ("Annex A", "Forms", "guidance"),
        ]
        document = document_of(session, rows[0].version_id)
    # What one office takes away, another loads.
    app = see(office, open_screen, ADMIN, load="yes")
    toml = write_policy_document(replace(document, version="2.1"))
    app.file_uploader[0].set_value(("guide.toml", toml.encode(), "application/toml")).run()
    press(app, "Load this version")
    with office.reading() as session:
        loaded = document_of(session, version_id(office, "parcels", "2.1"))
    assert loaded == replace(document, version="2.1")
