"""The learning part of reports: what was learned, where nothing was, and what was done about it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from learning_register.action_queries import Concern, follow_up_actions
from learning_register.citations import LearningKind
from learning_register.learning_reported import (
    ReportedPoint,
    actions_reported,
    points_reported,
    teams_and_commitments,
)
from learning_register.report_contents import Block, Cell, Paragraph, Points, Section, Table
from qa_app.reports.making import Making
from qa_app.wording import ACTION_RESULTS, ACTION_STATES, LEARNING_KINDS, cases_in_words

_MOST: Final = 15  # paragraphs in a table
_WITHOUT: Final = "No team"
_CONCERNS: Final = {
    Concern.LATE: "Late",
    Concern.UNOWNED: "Nobody acts for the owner",
    Concern.UNAUTHORISED: "Not authorised",
    Concern.UNVERIFIED: "Done, and nobody has said whether it worked",
}


def learning(making: Making) -> list[Section]:
    """What was learned in the period: by area, areas without learning among them, and in words."""
    points = points_reported(making.session, making.person, first=making.first, last=making.last)
    kinds = Counter(point.kind for point in points)
    words = ", ".join(f"{kinds[kind]:,} {LEARNING_KINDS[kind].lower()}" for kind in LearningKind)
    start = Paragraph(f"{cases_in_words(len(points), 'learning point')}: {words}.")
    teams, commitments = teams_and_commitments(making.session)
    blocks: list[Block] = [start, _by_team(points, teams)]
    if silent := sorted(set(teams) - {point.team for point in points}):
        blocks.append(Paragraph(f"{', '.join(silent)}.", lead="Teams without any learning recorded:"))
    blocks += [_by_paragraph(points), _by_commitment(points, commitments), _by_cause(points)]
    return [
        Section("What was learned", tuple(blocks)),
        Section("Lessons in words", tuple(_in_words(points)), 3),
    ]


def _by_team(points: Sequence[ReportedPoint], teams: Sequence[str]) -> Table:
    counts = Counter((point.team or _WITHOUT, point.kind) for point in points)
    names = [*teams, *([_WITHOUT] if any(point.team is None for point in points) else [])]
    return Table(
        "Learning points by team",
        ("Team", *(LEARNING_KINDS[kind] for kind in LearningKind), "All"),
        tuple(
            (
                name,
                *(counts[name, kind] for kind in LearningKind),
                sum(counts[name, kind] for kind in LearningKind),
            )
            for name in names
        ),
        note="A team without learning may have had little reviewed: the number of reviews stands above.",
    )


def _by_paragraph(points: Iterable[ReportedPoint]) -> Table:
    counts = Counter(place for point in points for place in set(point.paragraphs))
    most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_MOST]
    return Table(
        "Paragraphs cited most often",
        ("Paragraph", "Document", "Learning points"),
        tuple((f"{place[1]} {place[2]}".strip(), place[0], count) for place, count in most),
        empty="No learning point of this period cites a paragraph.",
    )


def _by_commitment(points: Iterable[ReportedPoint], commitments: Mapping[int, str]) -> Table:
    counts = Counter(number for point in points for number in set(point.commitments))
    return Table(
        "Learning by commitment of the Service Charter",
        ("Commitment", "What it says", "Learning points"),
        tuple((str(number), summary, counts[number]) for number, summary in commitments.items()),
        note="Commitments without learning are shown too.",
        empty="No Service Charter is loaded.",
    )


def _by_cause(points: Sequence[ReportedPoint]) -> Table:
    causes = sorted(
        point.root_cause or "Not said" for point in points if point.kind is not LearningKind.GOOD_PRACTICE
    )
    return Table(
        "Learning by root cause",
        ("Root cause", "Learning points"),
        tuple(Counter(causes).most_common()),
        empty="Nothing went wrong that was recorded.",
    )


def _in_words(points: Sequence[ReportedPoint]) -> list[Block]:
    """Lessons about the organisation and good practice; what was learned about a person stays with them."""
    blocks: list[Block] = [
        Paragraph("What was learned about a single person is fed back to them, and only counted here.")
    ]
    for kind, lead in (
        (LearningKind.ORGANISATIONAL, "About how the office works:"),
        (LearningKind.GOOD_PRACTICE, "Good practice:"),
    ):
        lessons = [point.description for point in points if point.kind is kind]
        if lessons:
            blocks += [Paragraph("", lead=lead), Points(tuple(dict.fromkeys(lessons)))]
        else:
            blocks.append(Paragraph("nothing was recorded in this period.", lead=lead))
    return blocks


def actions(making: Making) -> list[Section]:
    """What was done about learning: the actions of the period, and how all of them stood in the end."""
    done = actions_reported(making.session, making.person, first=making.first, last=making.last)
    rows = follow_up_actions(making.session, making.person)
    states = Counter(row.state for row in rows)
    concerns = Counter(concern for row in rows for concern in row.concerns)
    results = Counter(row.result for row in rows if row.result is not None)
    table: tuple[tuple[Cell, ...], ...] = tuple(
        (words, states[state]) for state, words in ACTION_STATES.items() if states[state]
    )
    blocks: list[Block] = [
        Paragraph(f"{cases_in_words(len(done), 'action')} were done in this period."),
        Table(
            "Follow-up actions as they stood",
            ("State", "Actions"),
            table,
            empty="There were no follow-up actions.",
        ),
        Table(
            "What needs somebody to look after it",
            ("Concern", "Actions"),
            tuple((words, concerns[concern]) for concern, words in _CONCERNS.items()),
        ),
        Table(
            "What came of actions",
            ("Result", "Actions"),
            tuple((words, results[result]) for result, words in ACTION_RESULTS.items()),
            note="By samples before and after, where it can be measured. “Not shown” and “not "
            "measurable” are answers too, and are never counted as effective.",
        ),
    ]
    lessons = [
        f"{action.description} ({LEARNING_KINDS[action.point.kind].lower()} learning)"
        for action in done
        if action.point.kind is not LearningKind.INDIVIDUAL
    ]
    if lessons:
        blocks += [
            Paragraph("", lead="Done, about how the office works:"),
            Points(tuple(dict.fromkeys(lessons))),
        ]
    return [Section("What was done about it", tuple(blocks))]
