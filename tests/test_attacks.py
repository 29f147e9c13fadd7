"""What an attacker would try: forged addresses, text that is code, files that are not what they say."""

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from docx import Document
from openpyxl import Workbook
from scored_office import ScoredOffice
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route as Address
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest
from structlog.testing import capture_logs

from learning_register.authorising import authorise_action
from learning_register.guidance_files import text_of_guidance
from learning_register.policy_reading import read_policy_document
from learning_register.progressing import add_file, start_action
from learning_register.tables import LearningPoint
from learning_register.tables_actions import FollowUpAction
from qa_app.gate import Gate
from qa_app.screen_roles import SCREENS_OF, has_screen
from qa_app.server import _SETTINGS
from sampling.records.audit_trail import AuditEntry, record
from sampling.records.case_files import LARGEST_FILE, read_table
from sampling.records.cases import Case
from sampling.records.people import Person, Role, Team
from sampling.refused import Refused
from sampling.tables import Route
from scorecards.card_reading import read_draft
from scorecards.requirements import Kind
from scorecards.tables import Review

OpenScreen = Callable[..., AppTest]

NORA, SUE, ROBIN, OTTO, HEAD = "Nora North", "Sue South", "Robin Qua", "Otto Owner", "Hedda Head"
# What a page asks for by number, and of what. Every screen that reads its address is here.
ADDRESSES = {
    ("review", "review"): "review",
    ("review", "sampled"): "sampled",
    ("samples", "sample"): "draw",
    ("allocation", "sample"): "draw",
    ("results", "sample"): "draw",
    ("risks", "case"): "case",
    ("risks", "part"): "no number",
    ("office", "part"): "no number",
    ("held_cases", "held"): "held",
    ("disputes", "review"): "review",
    ("learning", "point"): "point",
    ("learning", "action"): "action",
    ("reports", "report"): "report",
    ("themes", "theme"): "theme",
    ("adjudication", "pair"): "sampled",
    ("calibration", "session"): "session",
    ("scorecards", "version"): "no number",
    ("policy", "version"): "no number",
    ("reassign", "whose"): "person",
}
FORGED = ("-1", "0", "999999999", "9" * 40, "١٢", "1 OR 1=1", "'; DROP TABLE person; --", "<img src=x>")
SECRET = "Zyzzyva"  # what Nora wrote on her sheet
CODE = "<img src=x onerror=alert(1)>'\"; DROP TABLE person; -- [a](javascript:alert(1)) $x$ =1+1"


def shown(app: AppTest) -> str:
    """All text of a page, the cells of its tables too."""
    parts = [str(element.proto) for element in app.main] + [str(element.proto) for element in app.sidebar]
    parts += [frame.value.to_string() for frame in app.dataframe]
    return "\n".join(parts)


@pytest.fixture
def office(sqlite_engine: Engine) -> ScoredOffice:
    return ScoredOffice(sqlite_engine)


@pytest.fixture
def numbers(office: ScoredOffice) -> dict[str, int]:
    """The number of a thing of each kind that is North's."""
    draw_id = office.draw_open("North", NORA)
    first, *_ = office.to_do(NORA, Route.OPEN)
    review_id = office.score(NORA, first, not_met=Kind.OUTCOME)
    point_id = office.learn(NORA, review_id, description=f"The reasons were {SECRET}.")
    action_id = office.act_on(
        NORA, point_id, description=f"Mend {SECRET}.", owner=HEAD, authoriser=NORA, begun=False
    )
    with office.writing() as session:
        review = session.get_one(Review, review_id)
        case = session.get_one(Case, review.sampled_case.frame_case.case_id)
        case.reference = case.reference_key = SECRET.upper()
        record(session, "set_up", "test", by=None)
        return {
            "review": review_id,
            "sampled": first,
            "draw": draw_id,
            "case": case.id,
            "held": 1,
            "point": point_id,
            "action": action_id,
            "person": office.person(session, NORA).id,
        }


@pytest.mark.parametrize("name", [SUE, ROBIN, OTTO])
def test_a_forged_address_shows_nothing_of_others(
    name: str, office: ScoredOffice, numbers: dict[str, int], open_screen: OpenScreen
) -> None:
    with office.reading() as session:
        person = office.person(session, name)
    for place, ((screen, parameter), what) in enumerate(ADDRESSES.items()):
        app = open_screen(office.engine, person, screen, **{parameter: numbers.get(what, 1)})
        for forged in (None, FORGED[(place + len(name)) % len(FORGED)]):
            if forged is not None:
                app.query_params[parameter] = forged
                app.run()
            assert not app.exception, (screen, parameter, forged, app.exception[0].message)
            assert SECRET.lower() not in shown(app).lower(), (screen, parameter, forged)


def test_an_address_of_others_is_logged_without_names(
    office: ScoredOffice, numbers: dict[str, int], open_screen: OpenScreen
) -> None:
    with office.reading() as session:
        sue = office.person(session, SUE)
    with capture_logs() as lines:
        open_screen(office.engine, sue, "review", review=numbers["review"], Smith=7)
    (line,) = [line for line in lines if line["event"] == "problem_shown"]
    assert (line["person"], line["records"]) == (sue.id, [f"review {numbers['review']}"])


def test_a_record_of_another_team_is_refused_on_every_screen_and_leaves_a_trace(
    office: ScoredOffice, numbers: dict[str, int], open_screen: OpenScreen
) -> None:
    with office.reading() as session:
        sue = office.person(session, SUE)
    not_a_managers = {"results"}  # a number there names a sample of closed cases
    for (screen, parameter), what in ADDRESSES.items():
        if what not in numbers or screen in not_a_managers or not has_screen([Role.LINE_MANAGER], screen):
            continue
        part = {"part": "Register"} if screen == "samples" else {}
        with capture_logs() as lines:
            app = open_screen(office.engine, sue, screen, **part, **{parameter: numbers[what]})
        assert len(app.error) == 1, (screen, parameter)
        (line,) = [line for line in lines if line["event"] == "problem_shown"]
        assert (line["person"], line["records"]) == (sue.id, [f"{parameter} {numbers[what]}"])


def test_a_choice_that_was_not_offered_is_not_taken(
    office: ScoredOffice, numbers: dict[str, int], open_screen: OpenScreen
) -> None:
    """As a browser sends it that somebody has tampered with: the number of a thing of another team."""
    with office.reading() as session:
        sue = office.person(session, SUE)
    forged, asked = str(numbers["point"]), 0
    for screen in SCREENS_OF:
        if not has_screen([Role.LINE_MANAGER], screen):
            continue
        app = open_screen(office.engine, sue, screen)
        for box in app.selectbox:
            box.options.append(forged)
            box.set_value(forged)
            asked += 1
        app.run()
        assert not app.exception, screen
        assert forged not in [box.value for box in app.selectbox], screen
        assert SECRET.lower() not in shown(app).lower(), screen
    assert asked > 15


def test_code_in_every_text_is_shown_as_typed(
    office: ScoredOffice, numbers: dict[str, int], open_screen: OpenScreen
) -> None:
    office.give_role(HEAD, Role.ADMINISTRATOR)
    with office.writing() as session:
        everything_is_code(session)
        head = office.person(session, HEAD)
        record(session, "set_up", "test", by=None)
    for screen in SCREENS_OF:
        check_harmless(open_screen(office.engine, head, screen), screen)
    for (screen, parameter), what in ADDRESSES.items():
        if what in numbers:
            app = open_screen(office.engine, head, screen, **{parameter: numbers[what]})
            check_harmless(app, f"{screen}?{parameter}")
    with office.reading() as session:
        assert session.scalar(select(func.count()).select_from(Person))


def everything_is_code(session: Session) -> None:
    for row in session.scalars(select(Team)):
        row.name = f"{CODE} {row.id}"
    for row in session.scalars(select(Person).where(Person.name != HEAD)):
        row.name = f"{CODE} {row.id}"
    for row in session.scalars(select(Case).where(Case.state == "open")):
        row.reference = row.reference_key = f"{CODE.upper()} {row.id}"
    for review in session.scalars(select(Review)):
        for answer in review.answers:
            answer.evidence = CODE
    for point in session.scalars(select(LearningPoint)):
        point.description = CODE
    for action in session.scalars(select(FollowUpAction)):
        action.description = CODE
    session.flush()


def check_harmless(app: AppTest, where: str) -> None:
    """What was typed is neither a tag where HTML is taken, nor a link where Markdown is."""
    assert not app.exception, (where, app.exception[0].message)
    for element in app.get("html"):
        assert "<img" not in element.proto.body.lower(), where
    for element in app.markdown:
        assert not element.allow_html or "<img" not in element.value.lower(), where
        assert "](javascript:" not in element.value.replace("\\]", "").lower(), where


def workbook_of(sheet_xml: bytes) -> bytes:
    """A workbook whose only sheet has been replaced."""
    book, out = io.BytesIO(), io.BytesIO()
    made = Workbook()
    made.active.append(["Case", "State"])
    made.save(book)
    with (
        zipfile.ZipFile(book) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target,
    ):
        for name in source.namelist():
            target.writestr(name, sheet_xml if name == "xl/worksheets/sheet1.xml" else source.read(name))
    return out.getvalue()


def document_of(document_xml: bytes) -> bytes:
    book, out = io.BytesIO(), io.BytesIO()
    Document().save(book)
    with (
        zipfile.ZipFile(book) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target,
    ):
        for name in source.namelist():
            target.writestr(name, document_xml if name == "word/document.xml" else source.read(name))
    return out.getvalue()


LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + at, b"&%c;" % (97 + at) * 20) for at in range(9))
    + b"]>"
)
SHEET = (
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    b'<row r="1"><c r="A1" t="inlineStr"><is><t>Case</t></is></c>'
    b'<c r="B1" t="inlineStr"><is><t>State</t></is></c></row>'
    b'<row r="2"><c r="A2" t="inlineStr"><is><t>&j;</t></is></c>'
    b'<c r="B2" t="inlineStr"><is><t>x</t></is></c></row></sheetData></worksheet>'
)
WORDS = (
    b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r>'
    b"<w:t>1. &j;</w:t></w:r></w:p></w:body></w:document>"
)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("bomb.xlsx", lambda: workbook_of(b" " * 1_000_000_001)),
        (
            "wide.xlsx",
            lambda: workbook_of(b'<worksheet><sheetData><c r="XFD1048576"/></sheetData></worksheet>'),
        ),
        ("huge.csv", lambda: bytes(1_000_000_000)),
        ("huge.xlsx", lambda: bytes(1_000_000_000)),
        ("renamed.csv", lambda: workbook_of(SHEET)),
        ("renamed.xlsx", lambda: b"%PDF-1.7 not a workbook"),
        ("program.exe", lambda: b"MZ"),
        ("../../etc/passwd", lambda: b"Case,State\nA,Open"),
    ],
)
def test_a_bad_file_of_cases_is_refused(name: str, data: Callable[[], bytes]) -> None:
    with pytest.raises(Refused, match=r"\."):
        read_table(data(), name)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("bomb.docx", lambda: document_of(b" " * 60_000_001)),
        ("huge.docx", lambda: bytes(1_000_000_000)),
        ("renamed.docx", lambda: workbook_of(SHEET)),
        ("renamed.txt", lambda: bytes(range(256))),
        ("../../etc/passwd", lambda: b"1. A paragraph"),
    ],
)
def test_a_bad_document_is_refused(name: str, data: Callable[[], bytes]) -> None:
    with pytest.raises(Refused, match=r"\."):
        text_of_guidance(name, data())


def test_entities_are_never_laid_out() -> None:
    """A thousand million laughs: the reader refuses the file, or leaves the word as it stands."""
    for read in (
        lambda: str(read_table(workbook_of(LAUGHS + SHEET), "laughs.xlsx").rows),
        lambda: text_of_guidance("laughs.docx", document_of(LAUGHS + WORDS)),
    ):
        try:
            assert len(read()) < 1_000
        except Refused:
            continue


@pytest.mark.parametrize("read", [read_draft, read_policy_document])
@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 100_000 + "]" * 100_000,
        "a" + ".a" * 100_000 + " = 1",
        "a" + " . 'a'" * 100_000 + " = 1",
        "a = " + "9" * 5_000,
        'a = """' + "x" * 2_000_000 + '"""',
        "\0",
    ],
    ids=["nested", "dotted", "dotted in quotes", "digits", "long", "no text"],
)
def test_a_settings_file_made_to_do_harm_is_refused(read: Callable[[str], object], text: str) -> None:
    with pytest.raises(Refused, match=r"\."):
        read(text)


def test_a_scorecard_that_is_refused_is_on_record_too(office: ScoredOffice, open_screen: OpenScreen) -> None:
    with office.reading() as session:
        head = office.person(session, HEAD)
    app = open_screen(office.engine, head, "scorecards")
    bomb = b"a" + b".a" * 100_000 + b" = 1"
    app.file_uploader[0].upload("card.toml", bomb, "application/toml").run()
    next(button for button in app.button if button.label == "Start a draft from this file").click().run()
    assert not app.exception
    assert "far larger or deeper than any that is read here" in app.error[0].value
    with office.reading() as session:
        (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "refuse_file"))
        assert (entry.by_id, entry.details["kind"], entry.details["size"]) == (head.id, ".toml", len(bomb))


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\Windows\\passwd", "/passwd"])
def test_evidence_keeps_the_name_of_a_file_and_not_its_folders(
    office: ScoredOffice, numbers: dict[str, int], name: str
) -> None:
    with office.writing() as session:
        action, head = session.get_one(FollowUpAction, numbers["action"]), office.person(session, HEAD)
        authorise_action(session, action, by=office.person(session, NORA))
        start_action(session, action, by=head)
        add_file(session, action, file_name=name, content=b"x", by=head)
        session.expire(action)
        assert [one.words for one in action.evidence] == ["passwd"]


def test_every_table_that_is_taken_away_is_written_where_formulas_are_made_harmless() -> None:
    writes = re.compile(r"\.to_csv\(|\.to_excel\(|csv\.writer|csv\.DictWriter|\bWorkbook\(")
    root = Path(__file__).parents[1]
    found = {
        path.relative_to(root).as_posix()
        for package in ("sampling", "scorecards", "learning_register", "qa_app")
        for path in (root / package).rglob("*.py")
        if writes.search(path.read_text("utf-8"))
    }
    ours = {"qa_app/reports/workbook.py", "qa_app/demo_cases.py"}  # the second makes an extract
    assert found - ours == {"sampling/records/downloads.py"}
    assert "harmless" in (root / "qa_app/reports/workbook.py").read_text("utf-8")


def test_an_upload_that_is_too_large_leaves_a_line_in_the_log() -> None:
    too_large = Starlette(
        routes=[Address("/sign-in", lambda _: PlainTextResponse("", status_code=413))],
        middleware=[Middleware(Gate)],
    )
    with capture_logs() as lines:
        assert TestClient(too_large).get("/sign-in").status_code == 413
    assert [line["event"] for line in lines] == ["upload_too_large"]


def test_the_server_takes_no_larger_file_than_is_read() -> None:
    # Streamlit answers 413 as soon as a request has more, before the file is whole.
    assert _SETTINGS["server.maxUploadSize"] * 1_000_000 <= LARGEST_FILE


def test_a_refused_file_is_on_record_once_without_its_name(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    with office.reading() as session:
        robin = office.person(session, ROBIN)
    app = open_screen(office.engine, robin, "import_cases")
    app.file_uploader[0].upload("Otto's list.exe", b"MZ", "application/octet-stream").run()
    assert "of a kind that cannot be read" in app.error[0].value
    app.run()
    with office.reading() as session:
        (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "refuse_file"))
        assert (entry.by_id, entry.details["kind"], entry.details["size"]) == (robin.id, ".exe", 2)
        assert "Otto" not in str(entry.details)
