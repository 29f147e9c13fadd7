"""Scorecards: read by everybody, drafted, compared, published and retired by those who may."""

from collections.abc import Callable

import pytest
from scored_office import CARD, ScoredOffice
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from scorecards.card_editing import begun_from, with_fields
from scorecards.card_reading import read_draft, read_scorecard
from scorecards.card_versions import save_draft, start_draft
from scorecards.requirements import CaseAttribute, Change, Scorecard
from scorecards.tables import ScorecardUse, ScorecardVersion, VersionState

OpenScreen = Callable[..., AppTest]
HEAD, QA, ADA = "Hedda Head", "Quinn Qua", "Ada Min"


@pytest.fixture
def office(sqlite_engine: Engine) -> ScoredOffice:
    return ScoredOffice(sqlite_engine, closed=4, open_cases=8)


def see(office: ScoredOffice, open_screen: OpenScreen, name: str, **query: object) -> AppTest:
    with office.reading() as session:
        person = office.person(session, name)
    app = open_screen(office.engine, person, "scorecards", **query)
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    shown = [*app.title, *app.markdown, *app.info, *app.caption, *app.success, *app.warning, *app.error]
    return " ".join(str(element.value) for element in [*shown, *app.subheader])


def press(app: AppTest, label: str) -> AppTest:
    found = next(button for button in app.button if button.label.startswith(label)).click().run()
    assert not found.exception
    return found


def fill(app: AppTest, label: str, value: object) -> AppTest:
    """Type or choose something in the field of that name, and leave it."""
    fields = [*app.text_input, *app.text_area, *app.selectbox, *app.multiselect, *app.radio, *app.checkbox]
    fields += [*app.button_group]
    found = [field for field in fields if field.label.startswith(label)]
    field = next((field for field in found if field.label == label), found[0])
    app = field.set_value(value).run()
    assert not app.exception
    return app


def draft(office: ScoredOffice) -> int:
    """The number of a draft of the next version of the card in use."""
    with office.writing() as session:
        return start_draft(session, begun_from(read_scorecard(CARD)), by=office.person(session, ADA)).id


def kept(office: ScoredOffice, version_id: int) -> Scorecard:
    with office.reading() as session:
        return read_draft(session.get_one(ScorecardVersion, version_id).definition)


def test_a_card_is_shown_whole_with_what_it_rests_on(office: ScoredOffice, open_screen: OpenScreen) -> None:
    listed = see(office, open_screen, QA)
    assert "An administrator or the Head of Customer Care chooses them" in words(listed)
    assert not [button for button in listed.button if button.label.startswith("Start")]
    app = see(office, open_screen, QA, version=1)
    said = words(app)
    assert "Published on 6 July 2026 by Ada Min, and never changed" in said
    assert "in 98% of cases, independently of the others, only 96.0% of cases would meet them all" in said
    assert "each has to be met in 98.99%" in said
    assert "Means the same since version 1" in said
    assert "Paragraph 38 " in said
    assert "Commitment 5 " in said
    assert not [button for button in app.button if button.label.startswith(("Publish", "Retire"))]
    draft(office)
    assert "There is no such scorecard" in words(see(office, open_screen, QA, version=2))


def test_a_shipped_card_is_published_and_chosen_for_a_type_of_case(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    app = fill(see(office, open_screen, ADA), "Scorecard that comes with", "service-complaint")
    app = press(app, "Publish it")
    assert "is published" in words(app)
    next(box for box in app.selectbox if box.label == "Scorecard for it").set_value("service-complaint")
    press(app, "Use this scorecard")
    with office.reading() as session:
        newest = session.scalars(select(ScorecardUse).order_by(ScorecardUse.id.desc())).first()
        assert newest is not None
        assert (newest.case_type, newest.scorecard_key) == (None, "service-complaint")


def test_a_draft_is_made_on_the_screen_from_nothing(office: ScoredOffice, open_screen: OpenScreen) -> None:
    app = press(see(office, open_screen, HEAD), "Start the draft")
    assert "“” makes no key" in words(app)
    with office.writing() as session:
        blank = begun_from(read_draft(CARD.partition("[[")[0].replace("12.0", "")), title="Delays")
        number = start_draft(session, blank, by=office.person(session, HEAD)).id
    app = see(office, open_screen, HEAD, version=number)
    assert "policy version is missing or empty" in words(app)
    app = fill(app, "Policy document that is loaded", ("review-and-feedback-guidance", "12.0"))
    app = fill(app, "Method requirements", "A share of those that apply")
    app = fill(app, "Share in percent", "80 %")
    assert "is not a share in percent" in words(fill(app, "Share in percent", "8O"))
    app = press(see(office, open_screen, HEAD, version=number), "Add a requirement: outcome")
    app = fill(app, "Requirement", "Nobody waited without a reason.")
    app = fill(app, "Key", "No needless wait")
    app = fill(app, "Paragraphs", ["38", "40-41"])
    app = fill(app, "Critical", True)
    app = fill(app, "Risk", ["High"])
    app = fill(app, "Commitments", [5])
    app = press(app, "Add a requirement: method")
    assert "Requirement 2 (“requirement-2”): text is missing or empty" in words(app)
    assert "no method requirement" not in words(app)
    card = kept(office, number)
    assert (card.policy_version, str(card.method_share)) == ("12.0", "4/5")
    first, second = card.requirements
    assert (first.key, first.text) == ("no-needless-wait", "Nobody waited without a reason.")
    assert (first.citations, first.commitments, first.critical) == (("38", "40-41"), (5,), True)
    assert first.applies_when == ((CaseAttribute.RISK, ("High",)),)
    app = press(app, "Remove this requirement")
    assert kept(office, number).requirements == (first,)
    assert second.key == "requirement-2"


def test_a_new_version_is_edited_compared_and_published(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    number = draft(office)
    app = see(office, open_screen, ADA, version=number)
    assert "Nothing is missing. The draft can be published." in words(app)
    app = fill(app, "Part to edit", "remedy")
    app = press(app, "Move up")
    assert [one.key for one in kept(office, number).requirements] == ["remedy", "answered", "told"]
    app = fill(app, "Requirement", "The remedy was fair.")
    assert "it is not as it was in version 1" in words(app)
    app = fill(app, "Not as in version 1 (requirement)", Change.MEANING)
    app = press(fill(app, "Part to edit", "answered"), "Remove this requirement")
    assert "No longer asked: “Every point was answered.”" in words(app)
    app = fill(app, "Part", "Compare with another version")
    said = words(app)
    assert "1 no longer asked, 1 changed" in said
    assert "Before: The remedy was right. After: The remedy was fair." in said
    assert "The meaning: its trend begins anew" in said
    app = press(app, "Publish this version")
    assert "“Short card” version 2 is published" in words(app)
    assert "Means the same since version 2" in words(app)
    with office.reading() as session:
        assert session.get_one(ScorecardVersion, number).state == VersionState.PUBLISHED
    app = press(see(office, open_screen, ADA, version=1), "Retire this version")
    assert "Short card, version 1 is retired" in words(app)
    app = press(see(office, open_screen, ADA, version=number), "Retire this version")
    assert "this is its only published version" in words(app)


def test_a_draft_is_seen_as_a_reviewer_sees_it(office: ScoredOffice, open_screen: OpenScreen) -> None:
    number = draft(office)
    high = ((CaseAttribute.RISK, ("High",)),)
    with office.writing() as session:
        version, ada = session.get_one(ScorecardVersion, number), office.person(session, ADA)
        save_draft(session, version, lambda card: with_fields(card, "told", applies_when=high), by=ada)
    app = fill(see(office, open_screen, ADA, version=number), "Part", "As a reviewer sees it")
    answers = [radio for radio in app.radio if radio.label[0].isdigit()]
    assert [radio.label for radio in answers][-1] == "3. The person was told what happens next."
    assert all(radio.disabled and radio.value is None for radio in answers)
    app = fill(app, "Risk", "Another")
    assert "1 requirement of this card is not asked of such a case" in words(app)
    assert len([radio for radio in app.radio if radio.label[0].isdigit()]) == 2


def test_a_file_becomes_a_draft_as_far_as_it_has_come(office: ScoredOffice, open_screen: OpenScreen) -> None:
    def take_in(text: bytes) -> AppTest:
        app = see(office, open_screen, ADA)
        app.file_uploader[0].set_value(("card.toml", text, "application/toml"))
        return press(app.run(), "Start a draft from this file")

    assert "The file is not text in UTF-8" in words(take_in(b"\xff\xfe"))
    assert "“titel” is not a field that is read here" in words(
        take_in(CARD.replace("title", "titel", 1).encode())
    )
    take_in(CARD.replace('"Short card"', '""').replace("short-card", "from-a-file").encode())
    with office.reading() as session:
        found = session.scalars(select(ScorecardVersion).where(ScorecardVersion.key == "from-a-file")).one()
        assert (found.state, found.title) == (VersionState.DRAFT, "")
