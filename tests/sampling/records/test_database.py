"""What the database itself promises, whoever writes to it: transactions, moments, and the constraints."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta, timezone
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import CheckConstraint, Engine, bindparam, func, insert, inspect, literal, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, StatementError
from sqlalchemy.orm import Session
from unguarded import unguarded

from qa_app.migrating import TABLES
from sampling.records.audit_trail import AuditEntry, check_trail, close_entries, record
from sampling.records.database import UtcDateTime, connect, frame_of, now, reading, today, total, writing
from sampling.records.people import Person, Team
from sampling.refused import Refused

NOW = datetime(2026, 7, 6, 9, 0, tzinfo=UTC)
DAY = date(2026, 7, 6)

# A row of each table that is allowed, by table and number; numbers are also the primary keys.
ROWS: dict[str, list[dict[str, Any]]] = {
    "office": [{"id": 1, "name": "Office", "is_demonstration": False}],
    "team": [{"id": 1, "name": "North"}],
    "person": [
        {"id": 1, "name": "One", "email": "one@example.org"},
        {"id": 2, "name": "Two", "email": None},
    ],
    "role_held": [{"id": 1, "person_id": 1, "role": "line_manager", "team_id": 1, "starts_on": DAY}],
    "membership": [{"id": 1, "person_id": 1, "team_id": 1, "starts_on": DAY}],
    "line_management": [{"id": 1, "person_id": 1, "manager_id": 2, "starts_on": DAY}],
    "absence": [{"id": 1, "person_id": 1, "deputy_id": 2, "starts_on": DAY, "ends_on": DAY}],
    "import": [
        {"id": 1, "file_name": "cases.csv", "file_sha256": "00", "as_at": NOW, "mapping": {}}
        | {"dropped_columns": [], "notes": [], "cases_new": 1, "cases_changed": 0, "cases_same": 0}
        | {"cases_vanished": 0, "rows_refused": 0, "by_id": 1, "at": NOW}
    ],
    "case": [
        {"id": 1, "reference": "c-1", "reference_key": "C-1", "state": "closed", "received_on": DAY}
        | {"closed_on": DAY, "attributes": {}, "first_import_id": 1, "last_import_id": 1}
    ],
    "frame": [
        {"id": 1, "route": "open", "name": "July", "team_id": 1, "filters": {}, "excluded": {}}
        | {"population": 1, "frame_sha256": "00", "frozen_at": NOW, "frozen_by_id": 1}
    ],
    "stratum": [
        {"id": 1, "frame_id": 1, "code": "S01", "label": "All", "population": 1, "is_certainty": False}
    ],
    "frame_case": [
        {"id": 1, "frame_id": 1, "stratum_id": 1, "case_id": 1, "reference": "c-1", "state": "open"}
    ],
    "plan": [
        {"id": 1, "frame_id": 1, "purpose": "quota", "assurance": "0.95", "sizes": {}, "plan_text": "{}"}
        | {"plan_sha256": "00", "due_on": DAY, "registered_at": NOW, "registered_by_id": 1}
    ],
    "draw": [
        {"id": 1, "plan_id": 1, "randomness": "dice", "public_value": "1", "seed": "1", "seeded_at": NOW}
        | {"seeded_by_id": 1}
    ],
    "sampled_case": [
        {"id": 1, "draw_id": 1, "frame_case_id": 1, "stratum_id": 1, "position": 1, "ticket": "00"}
    ],
    "audited_sample": [{"id": 1, "person_id": 1, "draw_id": 1, "named_at": NOW, "named_by_id": 2}],
    "replacement": [
        {"sampled_case_id": 1, "code": "duplicate", "reason": "The same complaint", "at": NOW, "by_id": 1}
    ],
    "register_entry": [
        {"number": 1, "event": "planned", "plan_id": 1, "at": NOW, "by_id": 1, "second_id": None}
        | {"details": "{}", "previous_sha256": "0" * 64, "entry_sha256": "1" * 64},
        {"number": 2, "event": "rolled", "plan_id": 1, "at": NOW, "by_id": 1, "second_id": 2}
        | {"details": "{}", "previous_sha256": "1" * 64, "entry_sha256": "2" * 64},
    ],
    "scorecard_version": [
        {"id": 1, "key": "card", "version": 1, "title": "Card", "definition": "", "sha256": "00"}
        | {"published_at": NOW, "published_by_id": 1}
    ],
    "review": [
        {"id": 1, "sampled_case_id": 1, "reviewer_id": 1, "scorecard_version_id": 1, "state": "draft"}
        | {"is_open_case": True, "approved_by_reviewer": False, "file_read_at": NOW, "file_found": True}
        | {"started_at": NOW}
    ],
    "answer": [
        {"review_id": 1, "requirement_key": "r", "response": "not_met", "evidence": "", "put_right": True}
    ],
    "revision": [
        {"id": 1, "review_id": 1, "number": 1, "cause": "submitted", "reason": "", "made_at": NOW}
        | {"made_by_id": 1, "file_found": True, "answers": {}}
    ],
    "approval_level": [
        {"id": 1, "decision": "To close", "level": "head", "reference": "63", "starts_on": DAY}
    ],
    "approver": [{"id": 1, "person_id": 1, "level": "deputy", "starts_on": DAY}],
    "intervention": [
        {"id": 1, "review_id": 1, "requirement_key": "r", "what": "Call", "owner_id": 1, "due_on": DAY}
        | {"made_at": NOW, "made_by_id": 1, "result": ""}
    ],
    "held_case": [
        {"id": 1, "review_id": 1, "case_id": 1, "held_at": NOW, "required_level": "head", "decision": "Any"}
        | {"release_reason": ""}
    ],
    "feedback": [{"review_id": 1, "shared_on": DAY, "shared_by_id": 1, "comments": ""}],
    "dispute": [
        {"id": 1, "review_id": 1, "requirement_keys": ["r"], "grounds": "It is there", "raised_at": NOW}
        | {"raised_by_id": 1, "decision": "upheld", "decision_reason": "It is", "decided_at": NOW}
        | {"decided_by_id": 2}
    ],
    "adjudication_draw": [
        {"draw_id": 1, "seed": "1", "discordant": 1, "both_met": 1, "chosen": 1, "made_at": NOW}
        | {"made_by_id": 1}
    ],
    "second_scoring": [{"sampled_case_id": 1, "manager_review_id": 1}],
    "adjudication": [
        {"sampled_case_id": 1, "draw_id": 1, "is_discordant": True, "manager_is_a": True, "verdicts": {}}
        | {"note": "", "reason_code": "none", "started_by_id": 1, "decided_at": NOW, "decided_by_id": 1}
    ],
    "calibration_session": [
        {"id": 1, "name": "July", "scorecard_version_id": 1, "due_on": DAY, "opened_at": NOW}
        | {"opened_by_id": 1}
    ],
    "commission": [
        {"id": 1, "name": "Delay", "asked_by": "The board", "question": "Why?", "scope": "All"}
        | {"scorecard_key": "card", "due_on": DAY, "made_at": NOW, "made_by_id": 1}
    ],
    "finding": [
        {"id": 1, "commission_id": 1, "statement": "It is late", "made_at": NOW, "made_by_id": 1}
        | {"accuracy_response": ""}
    ],
    "recommendation": [
        {"id": 1, "finding_id": 1, "wording": "Be quick", "made_at": NOW, "made_by_id": 1}
        | {"decision": "declined", "reason": "It is", "decided_at": NOW, "decided_by_id": 2}
    ],
    "sampling_reduction": [
        {"id": 1, "team_id": 1, "caseworker_id": 2, "month": DAY, "required": 0, "reason": "Leave"}
        | {"requested_by_id": 1, "approved_by_id": 2}
    ],
    "learning_point": [
        {"id": 1, "review_id": 1, "requirement_key": "r", "kind": "organisational", "description": "D"}
        | {"is_gap": True, "logged_at": NOW, "logged_by_id": 1, "source": "review", "source_note": ""}
        | {"may_be_published": False, "is_complete": True}
    ],
    "follow_up_action": [
        {"id": 1, "learning_point_id": 1, "description": "Do", "owner_id": 1, "authoriser_id": 2}
        | {"target_date": DAY, "first_target_date": DAY, "state": "done", "done_on": DAY}
        | {"authorised_on": DAY, "logged_at": NOW, "logged_by_id": 1}
    ],
    "audit_entry": [
        {
            "id": 1000,
            "number": 1000,
            "at": NOW,
            "source": "",
            "action": "look",
            "subject": "clock",
            "details": {},
        }
        | {"previous_sha256": "0" * 64, "sha256": "1" * 64}
    ],
    "audit_change": [{"id": 1000, "entry_id": 1000, "table_name": "team", "row_key": "1", "kind": "added"}],
    "root_cause": [{"id": 1, "name": "Haste"}],
    "learning_import": [
        {"id": 1, "file_name": "list.csv", "file_sha256": "00", "points": 1}
        | {"imported_at": NOW, "imported_by_id": 1}
    ],
    "policy_version": [
        {"id": 1, "document": "d", "title": "D", "short_name": "D", "version": "1", "version_date": DAY}
        | {"loaded_at": NOW, "loaded_by_id": 1}
    ],
    "policy_paragraph": [
        {"id": number, "version_id": 1, "place": number, "number": str(number), "section": "S"}
        | {"title": "T", "summary": "S", "force": "guidance"}
        for number in (1, 2)
    ],
    "paragraph_move": [{"from_id": 1, "to_id": 2, "said_at": NOW, "said_by_id": 1}],
    "action_improves": [{"id": 1, "action_id": 1, "document": "d", "reference": "1"}],
    "action_milestone": [{"id": 1, "action_id": 1, "description": "Half", "due_on": DAY}],
    "action_evidence": [
        {"id": 1, "action_id": 1, "kind": "note", "words": "Done", "given_at": NOW, "given_by_id": 1}
    ],
    "action_shared": [{"id": 1, "action_id": 1, "with_whom": "All", "shared_on": DAY, "recorded_by_id": 1}],
    "no_action_needed": [
        {"review_id": 1, "reason": "All is well", "proposed_at": NOW, "proposed_by_id": 1}
        | {"authorised_on": DAY, "authorised_by_id": 2}
    ],
    "mail": [
        {"id": 1, "kind": "feedback", "to_id": 1, "to_address": "one@example.org", "subject": "S"}
        | {"body": "B", "learning_point_id": 1, "written_at": NOW, "failure": "", "told": []}
    ],
    "closed_period": [
        {"id": 1, "first_day": DAY, "last_day": DAY, "closed_at": NOW, "closed_by_id": 1, "figures": {}}
    ],
    "report": [
        {"id": 1, "kind": "quarterly", "title": "Q", "first_day": DAY, "last_day": DAY, "as_at": NOW}
        | {"contents": {}, "prepared_at": NOW, "prepared_by_id": 1, "recipients": []}
        | {"approved_at": NOW, "approved_by_id": 2}
    ],
    "disposal": [
        {"id": 1, "kind": "cases", "at": NOW, "by_id": 1, "until": DAY, "years": 10, "records": 1}
        | {"held": 0, "records_sha256": "00"}
    ],
    "disposed_record": [{"kind": "cases", "record_id": 1, "disposal_id": 1}],
    "stand_in": [{"number": 1, "person_id": 2}],
    "audit_clearing": [
        {"id": 1, "entry_id": 1000, "disposal_id": 1, "before_sha256": "00", "left_sha256": "11"}
    ],
    "retention_hold": [
        {"id": 1, "case_id": 1, "reason": "An appeal", "placed_at": NOW, "placed_by_id": 1}
        | {"release_reason": ""}
    ],
    "report_file": [{"id": 1, "report_id": 1, "name": "q.html", "sha256": "00", "content": b"<html>"}],
}

YESTERDAY = DAY - timedelta(days=1)
VERIFIED = {"verifier_id": 2, "result_on": DAY}
ISSUED = {"issued_at": NOW, "issued_by_id": 1}

# What breaks each check constraint, as changes to the allowed row.
BROKEN: list[tuple[str, str, dict[str, Any]]] = [
    ("office", "only_one", {"id": 2}),
    ("person", "email_lower", {"email": "One@example.org"}),
    ("role_held", "manager_has_team", {"team_id": None}),
    ("role_held", "manager_has_team", {"role": "head"}),
    ("role_held", "role_known", {"role": "king", "team_id": None}),
    ("role_held", "auditor_ends", {"role": "auditor", "team_id": None}),
    ("audited_sample", "ended_whole", {"ended_at": NOW}),
    ("audited_sample", "not_by_oneself", {"named_by_id": 1}),
    ("role_held", "ends_after_start", {"ends_on": YESTERDAY}),
    ("membership", "ends_after_start", {"ends_on": YESTERDAY}),
    ("line_management", "ends_after_start", {"ends_on": YESTERDAY}),
    ("line_management", "not_own_manager", {"manager_id": 1}),
    ("absence", "ends_after_start", {"ends_on": YESTERDAY}),
    ("absence", "not_own_deputy", {"deputy_id": 1}),
    ("case", "reference_key", {"reference_key": "c-1"}),
    ("disposal", "kind_known", {"kind": "all"}),
    ("disposal", "has_records", {"records": 0}),
    ("disposal", "has_period", {"years": 0}),
    ("disposed_record", "kind_known", {"kind": "all"}),
    ("retention_hold", "one_scope", {"case_id": None}),
    ("retention_hold", "one_scope", {"team_id": 1}),
    ("retention_hold", "kind_known", {"kind": "all", "case_id": None}),
    ("retention_hold", "has_reason", {"reason": ""}),
    ("retention_hold", "released_by", {"released_at": NOW, "release_reason": "Over"}),
    ("retention_hold", "released_why", {"released_at": NOW, "released_by_id": 1}),
    ("case", "state_known", {"state": "shut"}),
    ("case", "dates", {"closed_on": YESTERDAY}),
    ("frame", "route_known", {"route": "guess", "team_id": None}),
    ("frame", "open_has_team", {"team_id": None}),
    ("frame", "open_has_team", {"route": "central"}),
    ("frame", "not_empty", {"population": 0}),
    ("frame", "attempt_counts", {"attempt": 0}),
    ("plan", "not_own_parent", {"parent_id": 1}),
    ("sampled_case", "cause_known", {"cause": "whim"}),
    ("replacement", "code_known", {"code": "hard"}),
    ("replacement", "has_reason", {"reason": ""}),
    ("register_entry", "second_person", {"second_id": 1}),
    ("plan", "purpose_known", {"purpose": "fun"}),
    ("plan", "show_has_standard", {"purpose": "show"}),
    ("plan", "show_has_standard", {"standard": "0.98"}),
    ("review", "state_known", {"state": "lost"}),
    ("review", "submitted_when", {"state": "submitted"}),
    ("review", "submitted_when", {"submitted_at": NOW}),
    ("review", "no_file_not_met", {"file_found": False, "outcome_met": True}),
    ("answer", "response_known", {"response": "perhaps", "put_right": False}),
    ("answer", "put_right_not_met", {"response": "met"}),
    ("answer", "severity_known", {"severity": "dire"}),
    ("answer", "severity_not_met", {"severity": "minor", "response": "met", "put_right": False}),
    ("scorecard_version", "state_known", {"state": "lost"}),
    ("scorecard_version", "published_whole", {"sha256": None}),
    ("scorecard_version", "draft_not_published", {"state": "draft"}),
    (
        "scorecard_version",
        "published_when",
        {"published_at": None, "published_by_id": None, "sha256": None},
    ),
    ("scorecard_version", "retired_when", {"state": "retired"}),
    ("revision", "cause_known", {"cause": "whim", "number": 2, "reason": "R"}),
    ("revision", "first_is_submitted", {"number": 2, "reason": "R"}),
    ("revision", "has_reason", {"number": 2, "cause": "corrected"}),
    ("approval_level", "level_known", {"level": "king"}),
    ("approver", "level_known", {"level": "king"}),
    ("approver", "ends_after_start", {"ends_on": YESTERDAY}),
    ("intervention", "has_what", {"what": ""}),
    ("intervention", "done_has_result", {"done_on": DAY}),
    ("held_case", "level_known", {"required_level": "king"}),
    ("held_case", "released_by", {"released_by_id": 1}),
    ("held_case", "released_why", {"released_at": NOW, "released_by_id": 1}),
    (
        "held_case",
        "let_go_once",
        {"released_at": NOW, "released_by_id": 1, "release_reason": "R", "put_right_at": NOW},
    ),
    ("feedback", "commented_when", {"comments": "Fair"}),
    ("dispute", "has_grounds", {"grounds": ""}),
    ("dispute", "decision_known", {"decision": "perhaps"}),
    ("dispute", "decided_whole", {"decided_at": None}),
    ("dispute", "decided_why", {"decision_reason": ""}),
    ("dispute", "second_person", {"decided_by_id": 1}),
    ("adjudication_draw", "chosen_of_both_met", {"chosen": 2}),
    ("adjudication", "decided_whole", {"reason_code": None}),
    ("adjudication", "decided_whole", {"decided_at": None}),
    ("adjudication", "decided_by_holder", {"started_by_id": 2}),
    ("adjudication", "decided_by_holder", {"started_by_id": None}),
    ("calibration_session", "revealed_before_closed", {"closed_at": NOW}),
    ("commission", "has_question", {"question": ""}),
    ("finding", "has_statement", {"statement": ""}),
    ("finding", "accuracy_whole", {"accuracy_response": "True"}),
    ("recommendation", "decision_known", {"decision": "perhaps"}),
    ("recommendation", "decided_whole", {"decided_at": None}),
    ("recommendation", "declined_why", {"reason": ""}),
    ("sampling_reduction", "second_person", {"approved_by_id": 1}),
    ("sampling_reduction", "required_not_negative", {"required": -1}),
    ("learning_point", "kind_known", {"kind": "gossip", "is_gap": False}),
    ("learning_point", "gap_is_organisational", {"kind": "individual"}),
    ("learning_point", "described", {"description": ""}),
    ("follow_up_action", "authoriser_not_owner", {"authoriser_id": 1}),
    ("follow_up_action", "state_known", {"state": "late", "done_on": None}),
    ("follow_up_action", "done_when", {"done_on": None}),
    ("follow_up_action", "done_when", {"state": "in_progress"}),
    ("follow_up_action", "described", {"description": ""}),
    ("follow_up_action", "one_owner", {"owner_team_id": 1}),
    ("follow_up_action", "verifier_not_owner", {"verifier_id": 1}),
    ("follow_up_action", "authorised_when", {"authorised_on": None}),
    ("follow_up_action", "declined_why", {"state": "declined", "done_on": None}),
    ("follow_up_action", "result_known", {"state": "effective", "result": "fine"} | VERIFIED),
    ("follow_up_action", "result_when", {"result": "effective"} | VERIFIED),
    ("follow_up_action", "result_whole", {"state": "effective", "result": "effective", "verifier_id": 2}),
    ("follow_up_action", "result_whole", {"state": "effective", "result": "effective", "result_on": DAY}),
    ("follow_up_action", "result_why", {"state": "effective", "result": "not_shown"} | VERIFIED),
    ("follow_up_action", "closed_when", {"state": "closed", "result": "effective"} | VERIFIED),
    ("learning_point", "source_known", {"source": "rumour"}),
    ("learning_point", "has_review", {"review_id": None}),
    ("learning_point", "has_requirement", {"requirement_key": None}),
    ("learning_point", "has_dispute", {"source": "dispute"}),
    ("learning_point", "has_finding", {"source": "theme"}),
    ("learning_point", "has_import", {"source": "review_team"}),
    ("learning_import", "has_points", {"points": 0, "file_sha256": "01"}),
    ("learning_point", "recurrence_risk_known", {"recurrence_risk": "some"}),
    ("learning_point", "severity_known", {"severity": "some"}),
    ("learning_point", "fed_back_whole", {"fed_back_on": DAY}),
    ("learning_point", "acknowledged_feedback", {"acknowledged_on": DAY}),
    ("audit_entry", "counts_from_one", {"number": 0}),
    ("audit_change", "kind_known", {"kind": "guessed"}),
    ("root_cause", "has_name", {"name": ""}),
    ("policy_paragraph", "has_number", {"number": ""}),
    ("paragraph_move", "not_to_itself", {"to_id": 1}),
    ("action_improves", "requirement_or_paragraph", {"scorecard_key": "c", "requirement_key": "r"}),
    ("action_improves", "requirement_or_paragraph", {"reference": None}),
    ("action_milestone", "described", {"description": ""}),
    ("action_evidence", "kind_known", {"kind": "rumour"}),
    ("action_evidence", "has_words", {"words": ""}),
    ("action_evidence", "file_has_hash", {"kind": "file"}),
    ("action_shared", "with_somebody", {"with_whom": ""}),
    ("no_action_needed", "has_reason", {"reason": ""}),
    ("no_action_needed", "second_person", {"authorised_by_id": 1}),
    ("no_action_needed", "authorised_whole", {"authorised_on": None}),
    ("mail", "kind_known", {"kind": "gossip", "learning_point_id": None}),
    ("mail", "feedback_has_point", {"learning_point_id": None}),
    ("mail", "digest_has_day", {"for_day": DAY}),
    ("mail", "sent_by_claim", {"sent_at": NOW}),
    ("mail", "sent_or_failed", {"claimed_at": NOW, "sent_at": NOW, "failure": "Refused"}),
    ("closed_period", "ends_after_start", {"last_day": YESTERDAY}),
    ("report", "ends_after_start", {"last_day": YESTERDAY}),
    ("report", "approved_whole", {"approved_at": None}),
    ("report", "second_person", {"approved_by_id": 1}),
    ("report", "issued_whole", {"issued_at": NOW}),
    ("report", "issued_approved", {"approved_at": None, "approved_by_id": None} | ISSUED),
]

STAYS = "What is in the register of draws stays"
NEEDS_LINE = "This needs its line in the register of draws first"

# What must not be there twice, by the columns that then are alike.
TWICE = {
    "team": {"name"},
    "person": {"email"},
    "case": {"reference_key"},
    "draw": {"plan_id"},
    "sampled_case": {"draw_id", "frame_case_id"},
    "scorecard_version": {"sha256", "key"},
    "review": {"sampled_case_id"},
    "sampling_reduction": {"team_id", "caseworker_id", "month"},
}


@pytest.fixture
def filled(engine: Engine) -> Iterator[Session]:
    """A database with the allowed rows of every table, in a transaction."""
    with writing(engine, now=NOW) as session:
        with unguarded(session.connection()):  # the rows stand in the order of the tables, not of events
            for table, rows in ROWS.items():
                session.execute(insert(TABLES.tables[table]), rows)
        yield session
        session.rollback()


def violate(session: Session, statement: Any, values: dict[str, Any]) -> str:
    with pytest.raises(IntegrityError) as caught, session.begin_nested():
        session.execute(statement, values)
    return str(caught.value.orig)


def test_every_check_constraint_holds_against_direct_writes(filled: Session) -> None:
    with unguarded(filled.connection()):
        for name, constraint, changes in BROKEN:
            table = TABLES.tables[name]
            if (name, constraint) == ("office", "only_one"):
                message = violate(filled, insert(table), ROWS[name][0] | changes)
            else:
                keys = {column.name: ROWS[name][0][column.name] for column in table.primary_key}
                one = [table.c[key] == bindparam(f"its_{key}") for key in keys]
                values = {f"its_{key}": value for key, value in keys.items()} | changes
                message = violate(filled, table.update().where(*one), values)
            assert f"ck_{name}_{constraint}" in message, (name, constraint, message)


def test_no_check_constraint_is_left_untried() -> None:
    declared = {
        constraint.name
        for table in TABLES.sorted_tables
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    }
    assert declared == {f"ck_{table}_{constraint}" for table, constraint, _ in BROKEN}


def test_what_is_there_once_is_not_there_twice(filled: Session) -> None:
    enter(filled, "seeded")
    for name, columns in TWICE.items():
        row = ROWS[name][0] | {"id": 99}
        message = violate(filled, insert(TABLES.tables[name]), row)
        guarded = name in KEPT and filled.connection().dialect.name == "sqlite"
        says = {STAYS} if guarded else columns
        assert any(each in message for each in says), (name, message)


def test_nothing_points_at_what_is_not_there_and_nothing_in_use_goes(filled: Session) -> None:
    violate(filled, insert(TABLES.tables["membership"]), ROWS["membership"][0] | {"id": 2, "team_id": 99})
    for name in ("person", "team", "case", "review"):
        table = TABLES.tables[name]
        violate(filled, table.delete().where(table.c.id == 1), {})


# What may be written later into a row of the register: once, and nothing else.
LATER = {"plan": {"voided_at", "due_on"}, "draw": {"drawn_at", "closed_at"}}
DRAWN_FROM = (
    *("action_improves", "action_milestone", "action_evidence", "action_shared", "no_action_needed"),
    *("mail", "follow_up_action", "learning_point", "recommendation", "finding", "commission"),
    *("calibration_session", "adjudication", "second_scoring", "adjudication_draw", "dispute"),
    *("audited_sample", "feedback", "held_case", "intervention", "revision", "answer", "review"),
    *("replacement", "sampled_case"),
)
KEPT = ("frame", "stratum", "frame_case", "plan", "draw", "sampled_case", "replacement", "register_entry")


NEVER_CHANGED = "A revision, and a scorecard that is published, is never changed"


def test_revisions_and_published_scorecards_stay_as_they_are(filled: Session) -> None:
    revision, version = (TABLES.tables[name] for name in ("revision", "scorecard_version"))
    for statement in (
        revision.update().values(outcome_met=True),
        revision.delete(),
        version.update().values(definition="Another"),
        version.delete(),
    ):
        with pytest.raises(DBAPIError, match=NEVER_CHANGED), filled.begin_nested():
            filled.execute(statement)
    filled.execute(version.update().values(state="retired", retired_at=NOW))


def test_a_learning_point_cites_what_its_kind_asks_for_and_keeps_it(filled: Session) -> None:
    point = TABLES.tables["learning_point"]
    citation, named = TABLES.tables["learning_citation"], TABLES.tables["learning_commitment"]
    filled.execute(
        insert(TABLES.tables["charter_commitment"]),
        {"number": 5, "section": "S", "summary": "S", "number_inferred": False},
    )
    row = ROWS["learning_point"][0] | {"id": 2, "is_gap": False}
    cites = {"learning_point_id": 2, "document": "d", "version": "1", "reference": "2", "title": "T"}
    for kind in ("organisational", "individual"):
        refused(filled, insert(point).values(row | {"kind": kind}), RULES_OF_CITING)
    filled.execute(insert(point), row | {"is_complete": False, "kind": "individual"})
    complete = point.update().where(point.c.id == 2).values(is_complete=True)
    filled.execute(insert(citation), cites | {"is_verified": True})
    refused(filled, complete, RULES_OF_CITING)
    filled.execute(insert(named), {"learning_point_id": 2, "number": 5})
    filled.execute(complete)
    for statement in (citation.delete(), named.delete(), citation.update().values(reference="3")):
        refused(filled, statement, RULES_OF_CITING)


def test_a_report_stays_as_it_was_approved_and_its_files_as_they_were_issued(filled: Session) -> None:
    report, file = TABLES.tables["report"], TABLES.tables["report_file"]
    for statement in (
        report.update().values(contents={"title": "Another"}),
        report.delete(),
        file.update().values(content=b""),
        file.delete(),
    ):
        refused(filled, statement, FIXED_REPORT)
    filled.execute(report.update().values(recipients=["Board"], **ISSUED))
    refused(filled, report.update().values(recipients=[]), FIXED_REPORT)
    added = {"id": 2, "report_id": 1, "name": "late.html", "sha256": "00", "content": b"<html>"}
    refused(filled, insert(file).values(added), FIXED_REPORT)


def test_a_closed_period_keeps_its_figures(filled: Session) -> None:
    closed = TABLES.tables["closed_period"]
    for statement in (closed.update().values(figures={"cases_received": {}}), closed.delete()):
        refused(filled, statement, "A period that is closed keeps its figures")


RULES_OF_CITING = "A learning point cites what its kind asks for"
FIXED_REPORT = "A report that is approved, and its files, are never changed"


def refused(session: Session, statement: Any, says: str) -> None:
    with pytest.raises(DBAPIError, match=says), session.begin_nested():
        session.execute(statement)


def refused_by_a_guard(session: Session, statement: Any) -> None:
    with pytest.raises(DBAPIError, match=STAYS), session.begin_nested():
        session.execute(statement)


@pytest.mark.parametrize("name", KEPT)
def test_what_is_in_the_register_can_be_neither_changed_nor_deleted(filled: Session, name: str) -> None:
    table = TABLES.tables[name]
    refused_by_a_guard(filled, table.delete())
    if filled.connection().dialect.name == "postgresql":
        refused_by_a_guard(filled, text(f'TRUNCATE "{name}" CASCADE'))
    for column in table.columns:
        if column.name not in LATER.get(name, ()):
            refused_by_a_guard(filled, table.update().values({column.name: column}))


@pytest.mark.parametrize(
    ("name", "column", "before", "event"),
    [
        ("plan", "voided_at", (), "voided"),
        ("draw", "drawn_at", ("seeded",), "drawn"),
        ("draw", "closed_at", ("seeded", "drawn"), "closed"),
    ],
)
def test_a_plan_is_voided_and_a_draw_made_and_closed_once_and_after_its_line(
    filled: Session, name: str, column: str, before: tuple[str, ...], event: str
) -> None:
    table = TABLES.tables[name]
    for earlier in before:
        enter(filled, earlier)
    refused_for_want_of_a_line(filled, table.update().values({column: NOW}))
    enter(filled, event)
    refused_for_want_of_a_line(filled, table.update().values({column: NOW + timedelta(seconds=1)}))
    filled.execute(table.update().values({column: NOW}))
    refused_by_a_guard(filled, table.update().values({column: None}))


def enter(session: Session, event: str) -> None:
    """Add a line of the first plan to the register."""
    table = TABLES.tables["register_entry"]
    number = session.scalar(select(func.max(table.c.number))) or 0
    line = ROWS["register_entry"][0] | {"number": number + 1, "event": event}
    line |= {"previous_sha256": str(number) * 64, "entry_sha256": str(number + 1) * 64}
    session.execute(insert(table), line)


def refused_for_want_of_a_line(session: Session, statement: Any) -> None:
    with pytest.raises(DBAPIError, match=NEEDS_LINE), session.begin_nested():
        session.execute(statement)


def without(session: Session, *tables: str) -> None:
    with unguarded(session.connection()):
        for table in tables:
            session.execute(TABLES.tables[table].delete())


def test_a_plan_and_a_draw_begin_as_what_the_register_says(filled: Session) -> None:
    without(filled, *DRAWN_FROM, "draw")
    draw = TABLES.tables["draw"]
    refused_for_want_of_a_line(filled, insert(draw).values(ROWS["draw"][0]))
    enter(filled, "seeded")
    for column in ("drawn_at", "closed_at"):
        refused_for_want_of_a_line(filled, insert(draw).values(ROWS["draw"][0] | {column: NOW}))
    filled.execute(insert(draw), ROWS["draw"])
    frame = ROWS["frame"][0] | {"id": 2, "attempt": 2}
    filled.execute(insert(TABLES.tables["frame"]).values(frame))
    plan = ROWS["plan"][0] | {"id": 2, "frame_id": 2, "plan_sha256": "01"}
    voided = insert(TABLES.tables["plan"]).values(plan | {"voided_at": NOW})
    refused_for_want_of_a_line(filled, voided)
    filled.execute(insert(TABLES.tables["plan"]).values(plan))


def test_each_replacement_needs_a_line_of_its_own(filled: Session) -> None:
    without(filled, "replacement")
    replacement, sampled = TABLES.tables["replacement"], TABLES.tables["sampled_case"]
    rows = [ROWS["replacement"][0] | {"sampled_case_id": number} for number in (1, 2)]
    with unguarded(filled.connection()):
        filled.execute(
            insert(TABLES.tables["case"]).values(
                ROWS["case"][0] | {"id": 2, "reference": "c-2", "reference_key": "C-2"}
            )
        )
        filled.execute(
            insert(TABLES.tables["frame_case"]).values(ROWS["frame_case"][0] | {"id": 2, "case_id": 2})
        )
        filled.execute(
            insert(sampled).values(ROWS["sampled_case"][0] | {"id": 2, "frame_case_id": 2, "position": 2})
        )
    for event in ("seeded", "drawn"):
        enter(filled, event)
    refused_for_want_of_a_line(filled, insert(replacement).values(rows[0]))
    enter(filled, "replaced")
    refused_for_want_of_a_line(filled, insert(replacement).values(rows))  # two rows for one line
    filled.execute(insert(replacement).values(rows[0]))
    refused_for_want_of_a_line(filled, insert(replacement).values(rows[1]))
    enter(filled, "replaced")
    filled.execute(insert(replacement).values(rows[1]))


# The keys of what is kept, each by the columns that a row put in the place of another shares with it.
KEYS = [
    ("frame", {"id"}),
    ("frame", {"team_id", "period_from", "attempt"}),
    ("stratum", {"id"}),
    ("stratum", {"frame_id", "code"}),
    ("frame_case", {"id"}),
    ("frame_case", {"frame_id", "case_id"}),
    ("plan", {"id"}),
    ("plan", {"frame_id"}),
    ("plan", {"plan_sha256"}),
    ("draw", {"id"}),
    ("draw", {"plan_id"}),
    ("sampled_case", {"id"}),
    ("sampled_case", {"draw_id", "frame_case_id"}),
    ("sampled_case", {"draw_id", "stratum_id", "position"}),
    ("replacement", {"sampled_case_id"}),
    ("replacement", {"next_id"}),
    ("register_entry", {"number"}),
    ("register_entry", {"previous_sha256"}),
    ("register_entry", {"entry_sha256"}),
]


def test_no_key_of_what_is_kept_is_left_untried(engine: Engine) -> None:
    found = inspect(engine)
    keys = set()
    for table in KEPT:
        keys.add((table, frozenset(found.get_pk_constraint(table)["constrained_columns"])))
        keys |= {(table, frozenset(key["column_names"])) for key in found.get_unique_constraints(table)}
        unique = [index for index in found.get_indexes(table) if index["unique"]]
        keys |= {(table, frozenset(index["column_names"])) for index in unique}
    assert keys == {(table, frozenset(columns)) for table, columns in KEYS}


@pytest.mark.parametrize(("name", "shared"), KEYS)
def test_sqlite_replaces_nothing_that_is_kept(sqlite_engine: Engine, name: str, shared: set[str]) -> None:
    """INSERT OR REPLACE takes rows away without a word to the triggers of deletion."""
    table = TABLES.tables[name]
    # Another row: every column of a key differs, but for the key in question.
    other = {"id": 77, "team_id": 2, "frame_id": 2, "code": "S77", "case_id": 77, "plan_id": 77}
    other |= {"plan_sha256": "77", "draw_id": 77, "frame_case_id": 77, "position": 77, "number": 3}
    other |= {"sampled_case_id": 77, "next_id": 77, "previous_sha256": "2" * 64, "entry_sha256": "7" * 64}
    there = ROWS[name][0] | ({"period_from": DAY} if name == "frame" else {})
    there |= {"attempt": 1} if name == "frame" else {}
    there |= {"next_id": 1} if name == "replacement" else {}
    row = {column: there.get(column) for column in there}
    if name == "replacement":
        other["code"] = "duplicate"
    if name == "register_entry":
        other |= {"event": "voided", "plan_id": 1}
    row |= {column: value for column, value in other.items() if column in there and column not in shared}
    with writing(sqlite_engine, now=NOW) as session:
        session.execute(text("PRAGMA defer_foreign_keys=ON"))
        with unguarded(session.connection()):
            for each, rows in ROWS.items():
                rows = [there, *rows[1:]] if each == name else rows
                session.execute(insert(TABLES.tables[each]), rows)
        whole = session.execute(select(table)).all()
        for statement in (insert(table).prefix_with("OR REPLACE"), insert(table)):
            # A line that is not the next one, a draw and a replacement without a line are refused as that.
            says = rf"{STAYS}|{NEEDS_LINE}|cannot come next"
            with pytest.raises(DBAPIError, match=says), session.begin_nested():
                session.execute(statement, row)
        assert session.execute(select(table)).all() == whole
        with unguarded(session.connection()):  # without the guards it would have gone through
            session.execute(insert(table).prefix_with("OR REPLACE"), row)
        assert session.execute(select(table)).all() != whole
        session.rollback()


@pytest.mark.parametrize(
    "change",
    [
        {"number": 4},
        {"number": 2},
        {"previous_sha256": "1" * 64},
        {"event": "planned"},
        {"event": "rolled"},
        {"event": "drawn"},
        {"event": "replaced"},
        {"event": "won"},
    ],
)
def test_a_line_that_cannot_come_next_is_not_taken(filled: Session, change: dict[str, Any]) -> None:
    table = TABLES.tables["register_entry"]
    line = ROWS["register_entry"][0] | {"number": 3, "event": "seeded"}
    line |= {"previous_sha256": "2" * 64, "entry_sha256": "3" * 64}
    with pytest.raises(DBAPIError, match=rf"cannot come next|{STAYS}|duplicate key"), filled.begin_nested():
        filled.execute(insert(table), line | change)
    filled.execute(insert(table), line)


def test_writers_at_once_lose_nothing(sqlite_engine: Engine) -> None:
    # Read, then write: without BEGIN IMMEDIATE both would read the same number, or one would fail.
    workers, rounds = 4, 25
    with writing(sqlite_engine) as session:
        session.add(Team(id=1, name="0"))
        record(session, "set_up", "test", by=None)  # what is changed by hand is recorded too
    ready, errors = Barrier(workers), []

    def count_up() -> None:
        mine = connect(str(sqlite_engine.url))  # as another process would
        ready.wait()
        try:
            for _ in range(rounds):
                with writing(mine) as session:
                    team = session.get_one(Team, 1)
                    team.name = str(int(team.name) + 1)
                    record(session, "count_up", "team 1", by=None)
        except OperationalError as error:
            errors.append(error)
        finally:
            mine.dispose()

    threads = [Thread(target=count_up) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with reading(sqlite_engine) as session:
        assert session.get_one(Team, 1).name == str(workers * rounds)
        assert check_trail(session) == (workers * rounds + 1, None)


def test_sqlite_takes_the_write_lock_at_once_and_readers_go_on(sqlite_engine: Engine) -> None:
    with closing(sqlite3.connect(sqlite_engine.url.database or "", timeout=0)) as other:
        with writing(sqlite_engine) as session:
            session.scalar(select(func.count()).select_from(Team))  # has only read so far
            assert other.execute("SELECT count(*) FROM team").fetchone() == (0,)
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
        with reading(sqlite_engine) as session:
            session.scalar(select(func.count()).select_from(Team))
            other.execute("BEGIN IMMEDIATE")  # whoever only reads keeps nobody from writing


def test_sqlite_is_opened_with_the_settings_that_keep_it_sound(sqlite_engine: Engine) -> None:
    with reading(sqlite_engine) as session:
        for pragma, value in (("foreign_keys", 1), ("journal_mode", "wal"), ("busy_timeout", 30000)):
            assert session.scalar(text(f"PRAGMA {pragma}")) == value


def test_a_transaction_is_kept_whole_or_not_at_all(engine: Engine) -> None:
    def fail_half_way() -> None:
        with writing(engine, now=NOW) as session:
            session.add(Team(name="Kept?"))
            record(session, "add_team", "team 1", by=None)
            session.flush()
            raise Refused("Not like this.")

    with pytest.raises(Refused):
        fail_half_way()
    with reading(engine) as session:
        session.add(Team(name="Only read"))
        session.flush()
    with reading(engine) as session:
        assert session.scalars(select(Team)).all() == []
        assert session.scalars(select(AuditEntry)).all() == []


def test_a_moment_without_a_zone_is_refused_and_comes_back_in_utc(engine: Engine) -> None:
    summer = timezone(timedelta(hours=1))
    with reading(engine, now=datetime(2026, 7, 6, 10, 0, tzinfo=summer)) as session:
        record(session, "look", "clock", by=None)
        close_entries(session)
        session.expire_all()
        moment = session.scalars(select(AuditEntry.at)).one()
        assert moment == NOW
        assert moment.tzinfo is UTC
        naive = AuditEntry(
            at=datetime(2026, 7, 6, 9, 0),  # noqa: DTZ001  what is to be refused
            action="look",
            subject="clock",
            details={},
        )
        session.add(naive)
        with pytest.raises(StatementError, match="A moment needs a time zone"):
            session.flush()
        session.rollback()
        assert session.scalar(select(literal(None, UtcDateTime()))) is None


def test_the_clock_of_a_session_is_the_one_it_was_given(sqlite_engine: Engine) -> None:
    with reading(sqlite_engine, now=datetime(2026, 6, 30, 23, 30, tzinfo=UTC)) as session:
        assert now(session) == datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
        assert today(session) == date(2026, 7, 1)  # summer time in London
    before = datetime.now(UTC)
    with reading(sqlite_engine) as session:
        assert before <= now(session) <= datetime.now(UTC)


def test_a_frame_has_its_columns_even_without_rows(engine: Engine) -> None:
    query = select(Person.name.label("who"), Person.disabled_on, total(Person.email.is_(None)).label("dark"))
    query = query.group_by(Person.id)
    with reading(engine) as session:
        assert list(frame_of(session, query).columns) == ["who", "disabled_on", "dark"]
        assert frame_of(session, query).empty
        session.add(Person(name="One", email=None))
        session.flush()
        frame = frame_of(session, query)
        assert frame.to_dict("records") == [{"who": "One", "disabled_on": None, "dark": 1}]


def test_a_total_of_no_rows_is_nought(engine: Engine) -> None:
    with reading(engine) as session:
        assert session.scalar(select(total(Person.email.is_(None)))) == 0
