"""Freezing frames: which cases are eligible, in which strata, kept as they stood at that moment."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, func, insert, or_, select
from sqlalchemy.orm import Session

from sampling.case_filters import case_field, excluded_counts, frame_condition
from sampling.draw import check_references, frame_file, sha256_hex
from sampling.records import audit_trail
from sampling.records.cases import Case, CaseState, Import, ever_was
from sampling.records.database import now, today
from sampling.records.people import Person, Role, Team, check_may_act_as, may_act_as, teams_managed
from sampling.refused import Refused
from sampling.tables import Frame, FrameCase, Plan, Route, Stratum

_PLANNERS: Final = {
    Route.CENTRAL: (Role.QA_REVIEWER, Role.HEAD),
    Route.THEMATIC: (Role.THEMATIC_REVIEWER, Role.QA_REVIEWER, Role.HEAD),
    Route.SECOND: (Role.QA_REVIEWER, Role.HEAD),
    Route.FILE: (Role.QA_REVIEWER, Role.THEMATIC_REVIEWER, Role.HEAD),
}


@dataclass(frozen=True)
class StratumOf:
    """What a stratum is of: a label for people, and the team or caseworker behind it.

    `code` is its own in files, for a stratum that neither its place nor its number may tell.
    """

    label: str
    team_id: int | None = None
    caseworker_id: int | None = None
    is_certainty: bool = False
    code: str | None = None


@dataclass(frozen=True)
class Eligible:
    """A case that belongs to a frame, with what is frozen of it."""

    case_id: int
    reference: str
    team_id: int | None
    caseworker_id: int | None
    stratum: StratumOf
    state: str
    closed_on: date | None


def check_may_sample_team(session: Session, person: Person, team: Team) -> None:
    """Refuse unless the person manages the team today, or stands in for who does."""
    if team.id not in teams_managed(session, person):
        raise Refused(
            f"{person.name} cannot draw or review open cases of {team.name}: that is for the team's line "
            f"manager, or the deputy during an absence. An administrator records both."
        )


def freeze_open_frame(
    session: Session, team: Team, *, certainty_risks: Sequence[str] = (), by: Person
) -> Frame:
    """Freeze a team's open cases for this month, a stratum per caseworker.

    Cases of a risk in `certainty_risks` form a stratum of their own that is reviewed whole;
    cases nobody owns yet form another. Cases the manager handled or decided are left out and counted.
    """
    check_may_sample_team(session, by, team)
    month = today(session).replace(day=1)
    before = session.scalars(select(Frame).where(Frame.team_id == team.id, Frame.period_from == month)).all()
    if any(not is_voided(session, frame) for frame in before):
        raise Refused(
            f"The sample of {team.name} for {month:%B %Y} was drawn already. "
            "One team and month is drawn once."
        )
    eligible, own_cases = eligible_open_cases(session, team, certainty_risks=certainty_risks, by=by)
    if not eligible:
        besides = f" besides {own_cases} you handled or decided yourself" if own_cases else ""
        raise Refused(
            f"{team.name} has no open cases to sample{besides}. Import an extract with its open cases first."
        )
    return freeze(
        session,
        eligible,
        route=Route.OPEN,
        name=f"{team.name}, open cases, {month:%B %Y}",
        team=team,
        period=(month, None),
        filters={"certainty_risks": list(certainty_risks)},
        excluded={"handled or decided by the manager": own_cases},
        attempt=len(before) + 1,
        by=by,
    )


def is_voided(session: Session, frame: Frame) -> bool:
    """Whether the plan of a frame was voided."""
    voided = select(Plan.id).where(Plan.frame_id == frame.id, Plan.voided_at.is_not(None))
    return session.scalars(voided).first() is not None


def eligible_open_cases(
    session: Session, team: Team, *, certainty_risks: Sequence[str] = (), by: Person
) -> tuple[list[Eligible], int]:
    """The open cases of a team that its manager may be given to review, and how many are left out.

    Left out are the cases the manager handled or decided, now or by an earlier extract.
    """
    open_cases = select(Case).where(Case.state == CaseState.OPEN, Case.team_id == team.id)
    names = dict(session.execute(select(Person.id, Person.name)).all())
    eligible = []
    had_a_hand = or_(ever_was(by, Case.caseworker_id), ever_was(by, Case.decided_by_id))
    own = set(session.scalars(select(Case.id).where(Case.team_id == team.id, had_a_hand)))
    own_cases = 0
    for case in session.scalars(open_cases.order_by(Case.id)):
        if case.id in own:
            own_cases += 1
            continue
        if case.risk in certainty_risks:
            stratum = StratumOf("High risk", team.id, is_certainty=True)
        elif case.caseworker_id is None:
            stratum = StratumOf("No caseworker yet", team.id)
        else:
            stratum = StratumOf(names[case.caseworker_id], team.id, case.caseworker_id)
        eligible.append(
            Eligible(
                case.id, case.reference, case.team_id, case.caseworker_id, stratum, case.state, case.closed_on
            )
        )
    return eligible, own_cases


def freeze_case_frame(
    session: Session,
    name: str,
    *,
    route: Route,
    period: tuple[date, date] | None,
    filters: Mapping[str, Sequence[Any]],
    stratify_by: str | None,
    by: Person,
) -> Frame:
    """Freeze the cases of the central or a thematic sample.

    The central frame holds the closed cases whose closing date is in the period (both days count).
    A thematic frame holds whatever the filters select; its period, if any, is of closing dates.
    `filters` maps a field (case_type, stage, outcome, risk, state, team, or "attribute:NAME") to the
    values wanted; `stratify_by` is one such field.
    """
    check_may_plan(session, by, route)
    if period is not None and period[1] < period[0]:
        raise Refused(
            f"The period ends on {period[1].day} {period[1]:%B %Y}, before it starts. "
            "Change one of the dates."
        )
    if not name.strip():
        raise Refused("The sample has no name. Type one, such as “Closed cases, April to June 2026”.")
    eligible = eligible_cases(session, frame_condition(route, period=period, filters=filters), stratify_by)
    if not eligible:
        raise Refused("No case fits this period and these filters. Widen them, or import an extract.")
    return freeze(
        session,
        eligible,
        route=route,
        name=name.strip(),
        team=None,
        period=period,
        filters={"fields": {field: list(values) for field, values in filters.items()}, "strata": stratify_by},
        excluded=excluded_counts(session, route),
        by=by,
    )


def eligible_cases(
    session: Session, condition: ColumnElement[bool], stratify_by: str | None
) -> list[Eligible]:
    """The cases that a condition selects, each in its stratum."""
    key = case_field(stratify_by) if stratify_by else None
    columns: list[Any] = [
        Case.id,
        Case.reference,
        Case.team_id,
        Case.caseworker_id,
        Case.state,
        Case.closed_on,
    ]
    rows = session.execute(select(*columns, *([] if key is None else [key])).where(condition)).all()
    teams = dict(session.execute(select(Team.id, Team.name)).all()) if stratify_by == "team" else {}
    strata: dict[Any, StratumOf] = {}
    eligible = []
    for row in rows:
        value = row[6] if stratify_by else None
        if value not in strata:
            strata[value] = stratum_of(stratify_by, value, teams)
        eligible.append(Eligible(row[0], row[1], row[2], row[3], strata[value], row[4], row[5]))
    return eligible


def may_plan(session: Session, person: Person, route: Route) -> bool:
    """Whether the person may plan samples of this route."""
    return may_act_as(session, person, _PLANNERS[route])


def check_may_plan(session: Session, person: Person, route: Route) -> None:
    """Refuse unless the person may plan samples of this route."""
    check_may_act_as(session, person, *_PLANNERS[route])


def freeze(
    session: Session,
    eligible: Sequence[Eligible],
    *,
    route: Route,
    name: str,
    team: Team | None,
    period: tuple[date, date | None] | None,
    filters: dict[str, Any],
    excluded: dict[str, int],
    attempt: int = 1,
    late_to: Frame | None = None,
    by: Person,
) -> Frame:
    """Keep the eligible cases, their strata and the SHA-256 of the frame file."""
    check_references([case.reference for case in eligible])
    codes = strata_codes({case.stratum for case in eligible})
    of_stratum = list(codes)
    content = frame_file((case.reference, codes[case.stratum]) for case in eligible)
    newest = session.scalar(select(func.max(Import.id)).where(Import.undone_at.is_(None)))
    frame = Frame(
        route=route,
        name=name,
        team_id=team.id if team else None,
        attempt=attempt,
        late_to_id=late_to.id if late_to else None,
        period_from=period[0] if period else None,
        period_until=period[1] if period else None,
        filters=filters,
        excluded=excluded,
        population=len(eligible),
        frame_sha256=sha256_hex(content),
        import_id=newest,
        frozen_at=now(session),
        frozen_by_id=by.id,
    )
    session.add(frame)
    session.flush()
    sizes = dict.fromkeys(of_stratum, 0)
    for case in eligible:
        sizes[case.stratum] += 1
    rows = {
        stratum: Stratum(
            frame_id=frame.id,
            code=codes[stratum],
            label=stratum.label,
            population=sizes[stratum],
            is_certainty=stratum.is_certainty,
            team_id=stratum.team_id,
            caseworker_id=stratum.caseworker_id,
        )
        for stratum in of_stratum
    }
    session.add_all(rows.values())
    session.flush()
    session.execute(
        insert(FrameCase),
        [
            {
                "frame_id": frame.id,
                "stratum_id": rows[case.stratum].id,
                "case_id": case.case_id,
                "reference": case.reference,
                "state": case.state,
                "closed_on": case.closed_on,
                "team_id": case.team_id,
                "caseworker_id": case.caseworker_id,
            }
            for case in eligible
        ],
    )
    audit_trail.record(
        session,
        "freeze_frame",
        f"frame {frame.id}",
        by=by,
        route=str(route),
        population=len(eligible),
        frame_sha256=frame.frame_sha256,
    )
    return frame


def strata_codes(strata: Iterable[StratumOf]) -> dict[StratumOf, str]:
    """The codes under which strata go into files: their own, or in their order S01, S02 and so on."""
    ordered = sorted(strata, key=lambda s: (not s.is_certainty, s.label, s.caseworker_id or 0))
    width = max(2, len(str(len(ordered))))
    return {
        stratum: stratum.code or f"S{number:0{width}d}" for number, stratum in enumerate(ordered, start=1)
    }


def frame_content(session: Session, frame: Frame) -> bytes:
    """The frame file again, from the rows that were frozen."""
    rows = session.execute(
        select(FrameCase.reference, Stratum.code)
        .join(Stratum, Stratum.id == FrameCase.stratum_id)
        .where(FrameCase.frame_id == frame.id)
    )
    return frame_file((reference, code) for reference, code in rows)


def stratum_of(field: str | None, value: Any, teams: Mapping[int, str]) -> StratumOf:
    """The stratum of the cases that have this value in the field of the strata."""
    if field is None:
        return StratumOf("All cases")
    if value is None:
        return StratumOf("No team" if field == "team" else "Not recorded")
    return StratumOf(teams[value], team_id=value) if field == "team" else StratumOf(str(value))
