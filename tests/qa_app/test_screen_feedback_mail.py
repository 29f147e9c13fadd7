"""Feedback by e-mail on the page of a learning point, and the outbox: written, sent once, taken, refused."""

from collections.abc import Callable, Iterator

import pytest
from post_office import PostOffice, free_port, post_office
from scored_office import ScoredOffice
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from learning_register.mail import MailState, claim_mail
from learning_register.mail_queries import MailRow, outbox
from learning_register.tables import LearningPoint
from learning_register.tables_mail import Mail
from sampling.tables import Route
from scorecards.requirements import Kind

OpenScreen = Callable[..., AppTest]
HEAD, NORTH, SOUTH, QA = "Hedda Head", "Nora North", "Sue South", "Quinn Qua"


@pytest.fixture(scope="module")
def server() -> Iterator[PostOffice]:
    with post_office() as found:
        yield found


@pytest.fixture
def post(server: PostOffice, monkeypatch: pytest.MonkeyPatch) -> PostOffice:
    server.reset()
    for name, value in server.settings.items():
        monkeypatch.setenv(name, value)
    return server


@pytest.fixture
def office(sqlite_engine: Engine) -> ScoredOffice:
    return ScoredOffice(sqlite_engine, closed=4, with_sign_in=[HEAD, NORTH, SOUTH, QA])


@pytest.fixture
def point_id(office: ScoredOffice) -> int:
    office.draw_open("North", NORTH)
    return office.learn(NORTH, office.score(NORTH, office.to_do(NORTH, Route.OPEN)[0], not_met=Kind.OUTCOME))


def see(
    office: ScoredOffice, open_screen: OpenScreen, name: str, *, screen: str = "learning", **query: object
) -> AppTest:
    with office.reading() as session:
        person = office.person(session, name)
    app = open_screen(office.engine, person, screen, **query)
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    shown = [*app.markdown, *app.info, *app.caption, *app.warning, *app.success, *app.text]
    return " ".join(element.value for element in shown)


def press(app: AppTest, label: str) -> AppTest:
    found = next(button for button in app.button if button.label == label).click().run()
    assert not found.exception
    return found


def field(elements: object, label: str):  # type: ignore[no-untyped-def]
    return next(element for element in elements if element.label == label)  # type: ignore[attr-defined]


def mails(office: ScoredOffice) -> list[MailRow]:
    with office.reading() as session:
        return outbox(session, office.person(session, HEAD), days=10_000)


def test_the_manager_is_sent_what_was_learned(
    office: ScoredOffice, open_screen: OpenScreen, point_id: int, post: PostOffice
) -> None:
    app = see(office, open_screen, HEAD, point=point_id)
    assert field(app.selectbox, "To").value is not None  # the caseworker's manager
    field(app.text_area, "Text").input("Dear Nora North,\n\nPlease read this – thank you.")
    press(app, "Send the e-mail")
    assert "The e-mail is sent, and the feedback is recorded." in app.success[0].value
    (message,) = post.taken
    assert (message["To"], message["Reply-To"]) == ("nora@example.org", "hedda@example.org")
    assert "Please read this – thank you." in message.get_content()
    (row,) = mails(office)
    assert (row.state, row.to, row.written_by) == (MailState.SENT, NORTH, HEAD)
    with office.reading() as session:
        assert session.get_one(LearningPoint, point_id).fed_back_to_id == row.to_id
    # Whoever was told finds it on Start, until they say that they have taken it in.
    asked = "1 learning point you were told of"
    assert asked in words(see(office, open_screen, NORTH, screen="start"))
    press(see(office, open_screen, NORTH, point=point_id), "Acknowledge it")
    assert asked not in words(see(office, open_screen, NORTH, screen="start"))


def test_a_window_left_open_does_not_send_it_again(
    office: ScoredOffice, open_screen: OpenScreen, point_id: int, post: PostOffice
) -> None:
    first, second = (see(office, open_screen, HEAD, point=point_id) for _ in range(2))
    press(first, "Send the e-mail")
    press(second, "Send the e-mail")  # the form it pressed is gone
    assert len(post.taken) == 1
    assert "Sent**: to Nora North" in words(second)


def test_what_did_not_go_says_why_and_is_sent_again(
    office: ScoredOffice,
    open_screen: OpenScreen,
    point_id: int,
    post: PostOffice,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("QA_SMTP_URL", f"smtp://127.0.0.1:{free_port()}")
    app = press(see(office, open_screen, HEAD, point=point_id), "Send the e-mail")
    assert "does not answer" in words(app)
    assert mails(office)[0].state is MailState.FAILED
    monkeypatch.setenv("QA_SMTP_URL", post.settings["QA_SMTP_URL"])
    post.refuses = {"nora@example.org"}
    press(app, "Send the e-mail")
    assert "550 Nobody here has that name" in words(app)
    post.refuses = set()
    press(app, "Send the e-mail")
    assert post.to() == ["nora@example.org"]
    assert [row.state for row in mails(office)] == [MailState.SENT]


def test_without_a_server_it_is_kept_and_taken_as_a_file(
    office: ScoredOffice, open_screen: OpenScreen, point_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("QA_SMTP_URL", raising=False)
    app = see(office, open_screen, NORTH, point=point_id)
    assert "Send the e-mail" not in [button.label for button in app.button]
    assert "No mail server is set here" in words(app)
    field(app.selectbox, "To").select(HEAD).run()
    assert field(app.text_area, "Text").value.startswith("Dear Hedda Head,\n")
    press(app, "Keep the e-mail")
    (taken,) = app.get("download_button")
    assert mails(office)[0].state is MailState.WAITING
    taken.click().run()
    assert not app.exception
    assert mails(office)[0].state is MailState.TAKEN


def test_where_nobody_knows_whether_it_went_the_page_asks(
    office: ScoredOffice, open_screen: OpenScreen, point_id: int, post: PostOffice
) -> None:
    post.breaks_off = True
    app = press(see(office, open_screen, HEAD, point=point_id), "Send the e-mail")
    assert "the server broke off" in words(app)
    assert "Send the e-mail" not in [button.label for button in app.button]
    press(app, "It arrived")
    assert mails(office)[0].state is MailState.SENT


def test_who_may_not_be_told_is_refused_and_nothing_is_lost(
    office: ScoredOffice, open_screen: OpenScreen, point_id: int, post: PostOffice
) -> None:
    app = see(office, open_screen, HEAD, point=point_id)
    field(app.text_area, "Text").input("Dear Nora North,\nMine.").run()
    field(app.selectbox, "To").select(QA).run()
    press(app, "Send the e-mail")
    assert "reviews for QA" in app.error[0].value
    assert field(app.text_area, "Text").value == "Dear Quinn Qua,\nMine."
    assert mails(office) == []
    assert post.taken == []


def test_the_outbox(office: ScoredOffice, open_screen: OpenScreen, point_id: int, post: PostOffice) -> None:
    assert "There is none yet." in words(see(office, open_screen, HEAD, part="Outbox"))
    press(see(office, open_screen, HEAD, point=point_id), "Keep the e-mail")
    app = see(office, open_screen, NORTH, part="Outbox")
    assert list(app.dataframe[0].value["What became of it"]) == ["Written, not sent"]
    field(app.selectbox, "Read an e-mail").select_index(0).run()
    assert "What was learned" in words(app)
    assert "There is none yet." in words(see(office, open_screen, SOUTH, part="Outbox"))
    with office.writing() as session:
        mail = session.scalars(select(Mail)).one()
        claim_mail(session, mail, by=office.person(session, HEAD))
    app = see(office, open_screen, HEAD, part="Outbox")
    assert list(app.dataframe[0].value["What became of it"]) == ["Not known whether it went"]
