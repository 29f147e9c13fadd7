"""The e-mail that feeds learning back: what it says, who may be told, and that it goes once."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from email import message_from_bytes, policy

import pytest
from scored_office import ScoredOffice
from sqlalchemy import Engine

from learning_register.feedback_mail import proposed_feedback, write_feedback
from learning_register.mail import (
    MailState,
    claim_mail,
    record_failure,
    record_sent,
    settle_mail,
    state_of,
    take_mail,
)
from learning_register.mail_message import Outgoing, as_message, checked_body
from learning_register.mail_queries import mails_of_point, outbox
from learning_register.tables import LearningPoint
from learning_register.tables_mail import Mail
from sampling.records.audit_trail import record
from sampling.records.people import Person, Role
from sampling.refused import Refused
from sampling.tables import Route
from scorecards.requirements import Kind

NORTH, SOUTH, HEAD, QA, ADMIN = "Nora North", "Sue South", "Hedda Head", "Quinn Qua", "Ada Min"
DAY = date(2026, 7, 6)


@pytest.fixture
def office(sqlite_engine: Engine) -> ScoredOffice:
    return ScoredOffice(sqlite_engine, with_sign_in=[NORTH, SOUTH, HEAD, QA])


def learned(office: ScoredOffice) -> int:
    """A learning point from a review of North's."""
    office.draw_open("North", NORTH)
    review_id = office.score(NORTH, office.to_do(NORTH, Route.OPEN)[0], not_met=Kind.OUTCOME)
    return office.learn(NORTH, review_id)


def write(office: ScoredOffice, point_id: int, *, by: str = HEAD, to: str = NORTH, **given: object) -> int:
    with office.writing() as session:
        wanted: dict[str, object] = {"subject": "Learning", "body": "Please read.", "after": None, **given}
        mail = write_feedback(
            session,
            session.get_one(LearningPoint, point_id),
            to=office.person(session, to),
            by=office.person(session, by),
            **wanted,  # type: ignore[arg-type]
        )
        return mail.id


def do(
    office: ScoredOffice, action: Callable[..., object], mail_id: int, *given: object, **named: object
) -> None:
    with office.writing() as session:
        if isinstance(named.get("by"), str):
            named["by"] = office.person(session, str(named["by"]))
        action(session, session.get_one(Mail, mail_id), *given, **named)


def state(office: ScoredOffice, mail_id: int) -> MailState:
    with office.reading() as session:
        return state_of(session.get_one(Mail, mail_id), office.now)


def test_what_is_proposed_says_what_was_learned_and_names_nobody(office: ScoredOffice) -> None:
    point_id = learned(office)
    with office.reading() as session:
        point, by = session.get_one(LearningPoint, point_id), office.person(session, HEAD)
        to = office.person(session, NORTH)
        found = proposed_feedback(session, point, to, by=by, address="https://qa.example.org")
        without = proposed_feedback(session, point, to, by=by, address=None)
        reference = point.review.sampled_case.frame_case.reference if point.review else ""
        summary = point.citations[0].title
        assert point.caseworker is not None
        assert point.caseworker.name not in found.body
    assert found.subject == f"Learning point {point_id}, case {reference}"
    for words in (
        *("Dear Nora North,", "The reasons given did not answer the complaint.", "Every point was answered."),
        *(f"12.0, 38: {summary}", "Service Charter, commitment 5:", reference, "Test office"),
        f"https://qa.example.org/learning?point={point_id}",
    ):
        assert words in found.body
    assert "http" not in without.body
    assert found.body.count("Nora") == 1
    assert HEAD not in found.body


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"subject": "Learning\r\nBcc: all@example.org"}, "more than one line"),
        ({"subject": " "}, "no subject"),
        ({"subject": "x" * 201}, "Shorten"),
        ({"body": " \n\x00"}, "says nothing"),
        ({"body": "x" * 20_001}, "Shorten"),
        ({"to": "Otto Owner"}, "has no e-mail address"),
        ({"by": SOUTH}, "not for you to see"),
    ],
)
def test_what_is_not_kept(office: ScoredOffice, changes: dict[str, str], words: str) -> None:
    point_id = learned(office)
    with pytest.raises(Refused, match=words):
        write(office, point_id, **changes)
    with office.reading() as session:
        assert mails_of_point(session, point_id, office.person(session, HEAD)) == []


def test_what_is_written_in_two_windows_is_kept_once(office: ScoredOffice) -> None:
    point_id = learned(office)
    first = write(office, point_id)
    with pytest.raises(Refused, match="Another e-mail"):
        write(office, point_id, body="The other window.")
    assert write(office, point_id, body="Better words.", after=first) == first  # nothing went: written anew
    do(office, claim_mail, first, by=HEAD)
    with pytest.raises(Refused, match="not known yet whether"):
        write(office, point_id, after=first)
    do(office, record_sent, first, by=HEAD)
    assert write(office, point_id, body="One more thing.", after=first) != first
    with office.reading() as session:
        newest, sent = mails_of_point(session, point_id, office.person(session, NORTH))
    assert (sent.body, sent.state, sent.written_by) == ("Better words.\n", MailState.SENT, HEAD)
    assert newest.state is MailState.WAITING


def test_an_email_is_sent_once_and_then_the_feedback_is_recorded(engine: Engine) -> None:
    office = ScoredOffice(engine, with_sign_in=[NORTH, SOUTH, HEAD, QA])
    point_id = learned(office)
    mail_id = write(office, point_id)
    do(office, claim_mail, mail_id, by=HEAD)
    assert state(office, mail_id) is MailState.SENDING
    for action in (claim_mail, take_mail):
        with pytest.raises(Refused, match="being sent already"):
            do(office, action, mail_id, by=NORTH)
    do(office, record_failure, mail_id, "No such person.", is_certain=True)
    assert state(office, mail_id) is MailState.FAILED
    do(office, claim_mail, mail_id, by=HEAD)
    do(office, record_sent, mail_id, by=HEAD)
    for action in (claim_mail, take_mail):
        with pytest.raises(Refused, match="was sent already"):
            do(office, action, mail_id, by=HEAD)
    with pytest.raises(Refused, match="settled meanwhile"):
        do(office, record_sent, mail_id, by=HEAD)
    with office.reading() as session:
        point = session.get_one(LearningPoint, point_id)
        assert (point.fed_back_on, point.fed_back_to) == (DAY, office.person(session, NORTH))


@pytest.mark.parametrize("arrived", [True, False])
def test_where_nobody_knows_whether_it_went_somebody_says(office: ScoredOffice, arrived: bool) -> None:
    point_id = learned(office)
    mail_id = write(office, point_id)
    do(office, claim_mail, mail_id, by=HEAD)  # and then the machine stops
    with pytest.raises(Refused, match="being sent just now"):
        do(office, settle_mail, mail_id, arrived=arrived, by=HEAD)
    office.later(days=1)
    assert state(office, mail_id) is MailState.NOT_KNOWN
    with pytest.raises(Refused, match="not known whether"):
        do(office, claim_mail, mail_id, by=HEAD)
    do(office, settle_mail, mail_id, arrived=arrived, by=HEAD)
    assert state(office, mail_id) is (MailState.SENT if arrived else MailState.FAILED)
    with office.reading() as session:
        assert (session.get_one(LearningPoint, point_id).fed_back_on is not None) == arrived


def test_a_server_that_broke_off_leaves_it_open_at_once(office: ScoredOffice) -> None:
    mail_id = write(office, learned(office))
    do(office, claim_mail, mail_id, by=HEAD)
    do(office, record_failure, mail_id, "The line went dead.", is_certain=False)
    assert state(office, mail_id) is MailState.NOT_KNOWN


def test_an_email_taken_as_a_file_is_not_sent_too(office: ScoredOffice) -> None:
    point_id = learned(office)
    mail_id = write(office, point_id, to=HEAD, by=NORTH)
    do(office, take_mail, mail_id, by=NORTH)
    do(office, take_mail, mail_id, by=NORTH)  # the same file again
    with pytest.raises(Refused, match="taken as a file"):
        do(office, claim_mail, mail_id, by=NORTH)
    with office.reading() as session:
        point = session.get_one(LearningPoint, point_id)
        assert (point.fed_back_on, point.fed_back_to) == (DAY, office.person(session, HEAD))


def test_who_reviews_for_qa_is_never_told_of_an_open_case(office: ScoredOffice) -> None:
    """Not before its second score, and not after: else who tries would learn which cases are scored again."""
    point_id = learned(office)
    with pytest.raises(Refused, match="reviews for QA"):
        write(office, point_id, to=QA)
    for sampled_id in office.to_do(NORTH, Route.OPEN):
        office.score(NORTH, sampled_id)
    office.draw_second()
    for sampled_id in office.to_do(QA, Route.SECOND):
        office.score(QA, sampled_id)
    with pytest.raises(Refused, match="reviews for QA"):
        write(office, point_id, to=QA)
    mail_id = write(office, point_id, to=SOUTH)
    office.give_role(SOUTH, Role.THEMATIC_REVIEWER)
    with pytest.raises(Refused, match="reviews for QA"):  # asked again when it is to be sent
        do(office, claim_mail, mail_id, by=HEAD)


def test_nobody_is_told_of_a_second_scoring_that_runs(office: ScoredOffice) -> None:
    learned(office)
    for sampled_id in office.to_do(NORTH, Route.OPEN):
        office.score(NORTH, sampled_id)
    office.draw_second()
    first, *others = office.to_do(QA, Route.SECOND)
    point_id = office.learn(QA, office.score(QA, first, not_met=Kind.OUTCOME))
    with pytest.raises(Refused, match="still under way"):
        write(office, point_id, by=QA)
    for sampled_id in others:
        office.score(QA, sampled_id)
    write(office, point_id, by=QA)


def test_who_sees_the_outbox(office: ScoredOffice) -> None:
    write(office, learned(office))
    with office.writing() as session:
        nora = office.person(session, NORTH)
        session.add(_digest(nora))
        record(session, "set_up", "test", by=None)

    def seen(name: str) -> list[tuple[str, str]]:
        with office.reading() as session:
            return [(row.kind, row.body) for row in outbox(session, office.person(session, name), days=31)]

    assert seen(NORTH) == [("digest", "Private"), ("feedback", "Please read.\n")]
    assert seen(HEAD) == [("digest", ""), ("feedback", "Please read.\n")]
    assert seen(ADMIN) == [("digest", "")]
    assert seen(SOUTH) == []
    office.give_role(HEAD, Role.QA_REVIEWER)  # who reviews blind sees nothing of what it was learned from
    assert seen(HEAD) == [("digest", "")]


def _digest(to: Person) -> Mail:
    return Mail(
        kind="digest",
        to_id=to.id,
        to_address="nora@example.org",
        subject="S",
        body="Private",
        for_day=DAY,
        written_at=datetime(2026, 7, 6, tzinfo=UTC),
    )


MOMENT = datetime(2026, 7, 6, 9, tzinfo=UTC)
OUTGOING = Outgoing(
    mail_id=7,
    to_address="nora@example.org",
    subject="Lernen – é",
    body="Zoë's case.\n.\nFrom here on\n",
    reply_to="hedda@example.org",
    is_automatic=False,
    written_at=MOMENT,
    made_at=MOMENT,
)


def test_the_message_reads_as_it_was_written() -> None:
    assert as_message(OUTGOING, sender="qa@example.org", is_draft=True)["X-Unsent"] == "1"
    data = as_message(OUTGOING, sender="qa@example.org").as_bytes()
    assert data.isascii()
    read = message_from_bytes(data, policy=policy.default)
    assert (read["Subject"], read["To"], read["From"]) == (
        "Lernen – é",
        "nora@example.org",
        "qa@example.org",
    )
    assert (read["Reply-To"], read["X-Unsent"]) == ("hedda@example.org", None)
    assert read["Message-ID"] == "<casework-qa.7.20260706090000000000@example.org>"
    assert read["Date"].datetime == MOMENT
    body = read.get_body()
    assert body is not None
    assert body.get_content().splitlines() == OUTGOING.body.splitlines()


@pytest.mark.parametrize(
    "address",
    [
        "a@b.org\r\nBcc: c@d.org",
        "a@b.org, c@d.org",
        "a b@c.org",
        "<a@b.org>",
        "a",
        "é@b.org",
        "a@b.org\n",
        "",
    ],
)
def test_what_is_no_single_address_gets_into_no_header(address: str) -> None:
    with pytest.raises(Refused, match="no address"):
        as_message(OUTGOING, sender=address)


def test_a_text_holds_lines_and_nothing_else() -> None:
    assert checked_body("One\r\ntwo \x07\u2028three\x0bfour\t.\n\n") == "One\ntwo\nthree\nfour    .\n"
