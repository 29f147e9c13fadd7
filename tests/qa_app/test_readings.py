"""Reading a named person's results is on record: once a day on each screen, and no query is forgotten."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from scored_office import ScoredOffice
from sqlalchemy import Engine, select, text
from streamlit.testing.v1 import AppTest
from structlog.testing import capture_logs

from learning_register.feedback_mail import write_feedback
from learning_register.mail_queries import mail_to_read
from learning_register.tables import LearningPoint
from learning_register.tables_mail import Mail
from sampling.records.audit_trail import AuditEntry
from sampling.records.people import LineManagement
from sampling.records.readings import (
    READ,
    ReadingOn,
    keep_readings,
    note_reading,
    readings_about,
    take_noted,
)
from sampling.tables import Route
from scorecards.requirements import Kind
from scorecards.revision_queries import revisions_of
from scorecards.tables import Review

OpenScreen = Callable[..., AppTest]
NORA, HEAD, QUINN = "Nora North", "Hedda Head", "Quinn Qua"


@pytest.fixture
def office(sqlite_engine: Engine) -> ScoredOffice:
    return ScoredOffice(sqlite_engine, closed=4, open_cases=8, with_sign_in=[NORA])


@pytest.fixture
def numbers(office: ScoredOffice) -> dict[str, int]:
    """What there is to open, by its number."""
    office.draw_open("North", NORA)
    held = office.score(NORA, office.to_do(NORA, Route.OPEN)[0], not_met=Kind.OUTCOME)
    office.draw_closed([1])
    closed = office.score(QUINN, office.to_do(QUINN, Route.CENTRAL)[0], not_met=Kind.OUTCOME)
    return {"open review": held, "closed review": closed, "held": 1, "point": office.learn(NORA, held)}


def caseworker(office: ScoredOffice, review_id: int) -> int:
    with office.reading() as session:
        found = session.get_one(Review, review_id).sampled_case.frame_case.caseworker_id
    assert found is not None
    return found


def entries(office: ScoredOffice) -> list[tuple[str, int | None, str, dict[str, object]]]:
    with office.reading() as session:
        rows = session.scalars(
            select(AuditEntry).where(AuditEntry.action == READ).order_by(AuditEntry.number)
        )
        return [(one.action, one.by_id, one.subject, one.details) for one in rows]


@pytest.mark.parametrize(
    ("reader", "screen", "query", "of"),
    [
        (HEAD, "review", {"review": "closed review"}, "closed review"),
        (HEAD, "review", {"review": "open review"}, "open review"),
        (HEAD, "disputes", {"review": "closed review"}, "closed review"),
        (HEAD, "held_cases", {"held": "held"}, "open review"),
        (HEAD, "learning", {"point": "point"}, "open review"),
        (NORA, "service", {}, "her team"),
        (NORA, "review", {"review": "open review"}, None),  # she wrote it
        (NORA, "learning", {"point": "point"}, None),
        (HEAD, "service", {}, None),  # caseworkers have numbers there, for who is not their manager
        (HEAD, "reviews", {}, None),
        (HEAD, "results", {"part": "Open cases"}, None),
    ],
)
def test_each_reading_is_on_record_once_a_day(
    reader: str,
    screen: str,
    query: dict[str, str],
    of: str | None,
    office: ScoredOffice,
    numbers: dict[str, int],
    open_screen: OpenScreen,
) -> None:
    with office.reading() as session:
        person = office.person(session, reader)
        team = session.scalars(
            select(LineManagement.person_id).where(LineManagement.manager_id == person.id)
        ).all()
    asked = {name: numbers.get(what, what) for name, what in query.items()}
    for _ in range(2):  # two visits, of two clicks each
        app = open_screen(office.engine, person, screen, **asked)
        app.run()
        assert not app.exception
    about = sorted(team) if of == "her team" else [caseworker(office, numbers[of])] if of else []
    assert entries(office) == [(READ, person.id, f"person {number}", {"screen": screen}) for number in about]


def test_the_next_day_is_another_and_nobody_reads_about_themselves(office: ScoredOffice) -> None:
    for _ in range(2):
        for reader in (HEAD, QUINN):
            with office.writing() as session:
                nora, by = office.person(session, NORA), office.person(session, reader)
                note_reading(session, [nora.id, by.id, None], by=by)
                keep_readings(session, take_noted(session), "calibration")
                assert not take_noted(session)
        office.later(1)
    with office.reading() as session:
        nora = office.person(session, NORA)
        found = readings_about(session, nora, findings=True)
        assert [(one.reader, one.screen) for one in found] == [
            (name, "calibration") for name in (QUINN, HEAD, QUINN, HEAD)
        ]
        assert found == readings_about(session, nora, findings=False)
        assert isinstance(found[0], ReadingOn)
        assert not readings_about(session, office.person(session, HEAD), findings=True)


def test_what_a_review_found_is_noted_by_whatever_gives_it(
    office: ScoredOffice, numbers: dict[str, int]
) -> None:
    with office.writing() as session:
        head = office.person(session, HEAD)
        point = session.get_one(LearningPoint, numbers["point"])
        write_feedback(
            session,
            point,
            to=office.person(session, NORA),
            subject="Learned",
            body="The reasons did not answer.",
            after=None,
            by=office.person(session, NORA),
        )
    with office.reading() as session:
        (mail_id,) = session.scalars(select(Mail.id))
        for give in (
            lambda: revisions_of(session, numbers["open review"], head),
            lambda: mail_to_read(session, mail_id, head),
        ):
            assert give()
            assert {one.person_id for one in take_noted(session)} == {
                caseworker(office, numbers["open review"])
            }


@pytest.fixture
def trail_that_takes_nothing(office: ScoredOffice) -> Iterator[None]:
    with office.engine.begin() as connection:
        connection.execute(
            text("CREATE TRIGGER full BEFORE INSERT ON audit_entry BEGIN SELECT RAISE(ABORT, 'full'); END")
        )
    yield
    with office.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER full"))


def test_who_cannot_be_put_on_record_reads_all_the_same(
    office: ScoredOffice,
    numbers: dict[str, int],
    open_screen: OpenScreen,
    request: pytest.FixtureRequest,
) -> None:
    with office.reading() as session:
        head = office.person(session, HEAD)
    request.getfixturevalue("trail_that_takes_nothing")
    with capture_logs() as lines:
        app = open_screen(office.engine, head, "learning", point=numbers["point"])
    assert not app.exception
    assert "The reasons given did not answer the complaint." in " ".join(one.value for one in app.markdown)
    assert "does not say yet that you read this" in app.warning[-1].value
    who = caseworker(office, numbers["open review"])
    (line,) = [one for one in lines if one["event"] == "readings_not_kept"]
    assert (line["screen"], line["readers_and_read"]) == ("learning", [[head.id, who]])
    assert not entries(office)


# Each class of what queries give that holds what was found in a case, or figures or answers beside a name:
# the query that notes its reading, or why it is not a named person's results.
GIVEN = {
    "ReviewSheet": "review_sheet",
    "RevisionRow": "revisions_of",
    "AnswerThen": "revisions_of",
    "FeedbackSheet": "feedback_sheet",
    "FeedbackItem": "feedback_sheet",
    "DisputeRow": "_rows",
    "DisputedAnswer": "_rows",
    "Finding": "held_findings",
    "HeldDetail": "held_detail",
    "OneReview": "pair_sheet",
    "CalibrationCaseSheet": "calibration_sheet",
    "MailRow": "mail_to_read",
    "Given": "an answer that its own reviewer gives",
    "Completion": "how many cases of somebody were reviewed, not what was found in them",
    "ReductionRow": "how many cases of somebody are to be reviewed",
    "WorkItem": "a case to review: nothing has been found yet",
    "ThemeSheet": "findings about an area, from cases of many",
    "ItemAgreement": "counts of a whole second scoring",
    "Submitted": "inside the rules of pairs: `pair_sheet` gives it",
    "_Review": "inside the rules of pairs: `pair_sheet` gives it",
    "Requirement": "a question of a scorecard",
    "ActionEffect": "counts before and after an action",
    "ActionSheet": "what was done about learning, and by whom",
    "Wording": "an e-mail before it is written, on the page of its point",
    "Outgoing": "an e-mail on its way to whom it is for",
    "Points": "a report's list of learning without names",
}
_TELLS = {
    *("caseworker", "caseworker_id", "reviewer", "responses", "evidence", "answers", "findings", "items"),
    *("given", "outcome_met", "overall_met", "body"),
}
# Frames have no class: the queries that put a person's name beside something, and give a frame.
FRAMES = {
    "_by_reviewer": "notes",
    "submitted_reviews": "who reviewed a case, not whose case it is",
    "people_in": "who planned, reviewed or decided what an evidence pack holds",
    "case_risks": "who recorded the risks of a case; `seen_by` notes whose cases they are",
}
_NOTING = {"note_reading", "note_findings_read"}


def test_no_query_of_a_named_persons_results_is_forgotten() -> None:
    """A new one fails here until somebody has said what its reading is."""
    root, classes, frames, noting = Path(__file__).parents[2], set(), set(), {"seen_by"}
    for package in ("scorecards", "learning_register"):
        for path in (root / package).glob("*.py"):
            for node in ast.parse(path.read_text("utf-8")).body:
                inside = list(ast.walk(node))
                if isinstance(node, ast.ClassDef) and not path.name.startswith("tables"):
                    fields = {
                        field.target.id
                        for field in node.body
                        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
                    }
                    if fields & _TELLS:
                        classes.add(node.name)
                elif isinstance(node, ast.FunctionDef):
                    texts = {ast.unparse(one) for one in inside if isinstance(one, ast.Attribute)}
                    gives_frame = node.returns is not None and ast.unparse(node.returns) == "pd.DataFrame"
                    names = any(
                        one.endswith(("Person.name", "get_one(Person, reviewer_id).name")) for one in texts
                    )
                    if gives_frame and names:
                        frames.add(node.name)
                    if any(isinstance(one, ast.Call) and ast.unparse(one.func) in _NOTING for one in inside):
                        noting.add(node.name)
    assert classes == set(GIVEN)
    assert frames == set(FRAMES)
    named = {words for words in GIVEN.values() if " " not in words} | {"_by_reviewer"}
    assert named <= noting
