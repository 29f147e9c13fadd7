"""The people of the demonstration office, and how an administrator sets it up."""

from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from learning_register.documents import load_shipped_documents
from learning_register.root_causes import load_shipped_root_causes
from sampling.audited_samples import name_sample
from sampling.records.appointments import give_role, join_team, set_line_manager
from sampling.records.auditor_accounts import open_auditor_account
from sampling.records.office import add_person, add_team, open_office
from sampling.records.people import Person, Role, Team
from sampling.records.settings import SETTINGS, set_setting
from sampling.tables import Draw, Frame, Plan, Route
from scorecards.approval_rows import Level
from scorecards.approvals import add_approver, load_shipped_approval_levels
from scorecards.cards import publish_scorecard, use_scorecard

PASSWORD: Final = "demonstration"
OFFICE: Final = "Ombudsman for Fictional Services"

DECISION: Final = "Complaint about a decision"
SERVICE: Final = "Service complaint"
SCORECARDS: Final = {DECISION: "complaint-about-a-decision", SERVICE: "service-complaint"}

ADMINISTRATOR: Final = "Wren Inkwell"
HEAD: Final = "Ngozi Lanternlight"
ASSISTANT_DIRECTOR: Final = "Alasdair Fennel"
DEPUTY: Final = "Marguerite Ashgrove"
REVIEWERS: Final = ("Mei Foxglove", "Callum Thistledown")
THEMATIC: Final = "Rosa Bluebell"
AUDITOR: Final = "Tamsin Goldenrod"
# Each team with its line manager and caseworkers, as the case system names them too.
TEAMS: Final = {
    "North": (
        "Priya Marigold",
        ("Amara Larkspur", "Dafydd Oakapple", "Hana Silverbirch", "Jakub Clover", "Zainab Primrose"),
    ),
    "South": (
        "Kwame Juniper",
        ("Aoife Meadowsweet", "Bilal Cornflower", "Esther Rowanberry", "Leilani Snowdrop", "Tomasz Fernleaf"),
    ),
    "East": (
        "Ingrid Hollyhock",
        ("Ceri Honeysuckle", "Farid Tansy", "Grace Elderflower", "Ravi Buttercup", "Yuki Heather"),
    ),
    "West": (
        "Samuel Hawthorn",
        ("Beatriz Sorrel", "Eilidh Bramble", "Imran Campion", "Nia Wildrose", "Viktor Speedwell"),
    ),
}


def email_of(name: str) -> str:
    return f"{name.lower().replace(' ', '.')}@example.org"


# Every role in words, with the address that signs in; the password is the same for all.
SIGN_INS: list[tuple[str, str]] = [
    ("Line manager, North", email_of(TEAMS["North"][0])),
    ("Line manager, South", email_of(TEAMS["South"][0])),
    ("QA reviewer", email_of(REVIEWERS[0])),
    ("Thematic reviewer", email_of(THEMATIC)),
    ("Head of Customer Care", email_of(HEAD)),
    ("Assistant director", email_of(ASSISTANT_DIRECTOR)),
    ("Deputy Ombudsman, who approves", email_of(DEPUTY)),
    ("Administrator", email_of(ADMINISTRATOR)),
    ("Outside auditor", email_of(AUDITOR)),
]


@dataclass(frozen=True)
class Cast:
    """Who plays, by id: managers and teams by the name of the team."""

    administrator: int
    head: int
    assistant_director: int
    thematic: int
    reviewers: tuple[int, ...]
    managers: dict[str, int]
    teams: dict[str, int]


def set_up_office(session: Session, *, starts_on: date) -> Cast:
    """Open the office and add everybody, with what they are from a day on; the scorecards; the documents."""
    by = open_office(
        session,
        OFFICE,
        administrator=ADMINISTRATOR,
        email=email_of(ADMINISTRATOR),
        password=PASSWORD,
        is_demonstration=True,
    )
    head = _add(session, HEAD, by=by)
    give_role(session, head, role=Role.HEAD, starts_on=starts_on, by=by)
    director = _add(session, ASSISTANT_DIRECTOR, by=by)
    give_role(session, director, role=Role.HEAD, starts_on=starts_on, by=by)
    reviewers = [_add(session, name, by=by) for name in REVIEWERS]
    thematic = _add(session, THEMATIC, by=by)
    for person in reviewers:
        give_role(session, person, role=Role.QA_REVIEWER, starts_on=starts_on, by=by)
    give_role(session, thematic, role=Role.THEMATIC_REVIEWER, starts_on=starts_on, by=by)
    for person in (*reviewers, thematic):
        set_line_manager(session, person, manager=head, starts_on=starts_on, by=by)
    managers, teams = {}, {}
    for name in TEAMS:
        team, manager = _add_team(session, name, head=head, starts_on=starts_on, by=by)
        teams[name], managers[name] = team.id, manager.id
    set_setting(session, "monthly_quota", SETTINGS["monthly_quota"][0], starts_on=starts_on, by=by)
    for case_type, key in SCORECARDS.items():
        card = files("scorecards") / "shipped" / f"{key}.toml"
        publish_scorecard(session, card.read_text("utf-8"), by=by)
        use_scorecard(session, case_type, scorecard_key=key, starts_on=starts_on, by=by)
    load_shipped_approval_levels(session, by=by)
    deputy = _add(session, DEPUTY, by=by)
    add_approver(session, deputy, level=Level.DEPUTY, starts_on=starts_on, ends_on=None, by=by)
    load_shipped_documents(session, by=by)
    load_shipped_root_causes(session, by=by)
    return Cast(
        administrator=by.id,
        head=head.id,
        assistant_director=director.id,
        thematic=thematic.id,
        reviewers=tuple(person.id for person in reviewers),
        managers=managers,
        teams=teams,
    )


def open_for_auditor(session: Session, cast: Cast, *, starts_on: date) -> None:
    """Let an outside auditor read the theme and the sample of closed cases, for a year."""
    head = session.get_one(Person, cast.head)
    auditor = open_auditor_account(
        session,
        AUDITOR,
        email=email_of(AUDITOR),
        password=PASSWORD,
        starts_on=starts_on,
        ends_on=starts_on + timedelta(days=365),
        by=head,
    )
    drawn = select(Draw).join(Plan).join(Frame).where(Frame.route.in_([Route.CENTRAL, Route.THEMATIC]))
    for draw in session.scalars(drawn.order_by(Draw.id)):
        name_sample(session, draw, auditor=auditor, by=head)


def _add_team(
    session: Session, name: str, *, head: Person, starts_on: date, by: Person
) -> tuple[Team, Person]:
    team = add_team(session, name, by=by)
    manager_name, caseworkers = TEAMS[name]
    manager = _add(session, manager_name, by=by)
    give_role(session, manager, role=Role.LINE_MANAGER, team=team, starts_on=starts_on, by=by)
    join_team(session, manager, team=team, starts_on=starts_on, by=by)
    set_line_manager(session, manager, manager=head, starts_on=starts_on, by=by)
    for caseworker_name in caseworkers:
        person = add_person(
            session, caseworker_name, email=None, password=None, case_system_name=caseworker_name, by=by
        )
        join_team(session, person, team=team, starts_on=starts_on, by=by)
        set_line_manager(session, person, manager=manager, starts_on=starts_on, by=by)
    return team, manager


def _add(session: Session, name: str, *, by: Person) -> Person:
    """Somebody who signs in, and may also occur in extracts."""
    return add_person(session, name, email=email_of(name), password=PASSWORD, case_system_name=name, by=by)
