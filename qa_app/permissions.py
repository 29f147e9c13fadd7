"""Who may do and see what: one table of actions and queries by role, to which the tests hold the code.

The actions and queries themselves refuse (`check_may_…`, `may_see_…`). `tests/test_permissions.py` tries each
line of the table as every kind of person, and fails for an action that a screen or a command can reach and
that no line names.
"""

from typing import Final

from qa_app.permission import Permission as Permission
from qa_app.permission import Scope as Scope
from qa_app.permission import line as _line

_ALL, _TEAM, _THEIRS, _AFTER, _NAMED = Scope.ALL, Scope.TEAM, Scope.THEIRS, Scope.AFTER, Scope.NAMED

_PLAN = (
    "register_plan_to_show register_stop_or_go_plan register_estimate_plan register_rolling_plan "
    "register_sized_plan plan_late_strata freeze_case_frame plan_case_sample preview_case_sample"
)
_DRAW = "seed_plan record_roll draw_sample go_on_to_second_stage ask_to_void_plan"
_ANSWER_REQUEST = "void_plan decline_to_void"
_SHARE_OUT = "propose_sharing allocate_cases reassign_case"
_REVIEW = "start_review replace_sampled_case"


PERMISSIONS: Final = (
    # The office
    _line(
        "Teams, people, roles, passwords, approvers, policy documents",
        "add_team add_person set_password forget_account disable_person enable_person give_role end_role "
        "join_team set_line_manager set_approval_level end_approval_level add_approver end_approver "
        "load_shipped load_shipped_approval_levels load_policy_document load_commitments "
        "load_shipped_documents",
        administrator=_ALL,
    ),
    _line(
        "Settings, scorecards, root causes, where a paragraph went",
        "set_setting publish_scorecard use_scorecard start_draft save_draft publish_draft retire_version "
        "load_shipped_root_causes add_root_cause rename_root_cause retire_root_cause bring_back_root_cause "
        "say_where_paragraph_went take_back_paragraph_move",
        head=_ALL,
        administrator=_ALL,
    ),
    _line(
        "What one has typed and not saved yet: keep, read, throw away",
        "keep_typed forget_typed begun every_begun",
        anybody=_THEIRS,
    ),
    _line(
        "Outside auditors: open an account, name samples, end both",
        "open_auditor_account move_last_day name_sample take_sample_back auditor_accounts samples_to_name",
        head=_ALL,
        administrator=_ALL,
        but="who also reviews for QA names no sample",
    ),
    _line("Absences and deputies", "record_absence", head=_ALL, administrator=_ALL, anybody=_THEIRS),
    _line(
        "Teams and people: read",
        "teams people history_of approvers decision_history",
        head=_ALL,
        administrator=_ALL,
    ),
    _line(
        "Retention: see what is due and the log, place and release holds; dispose at the command line",
        "place_hold release_hold holds due_records disposal_log dispose",
        head=_ALL,
        administrator=_ALL,
    ),
    _line(
        "Audit trail: read",
        "audit_entries changes_of entries_frame entry_choices",
        head=_ALL,
        administrator=_ALL,
        but="what a blind reviewer must not know is left out for whoever also reviews",
    ),
    _line(
        "Import cases, take an import back",
        "import_cases take_back_import save_mapping cases_by_team",
        qa=_ALL,
        head=_ALL,
        administrator=_ALL,
    ),
    # Samples
    _line(
        "Open cases of a team: sample",
        "freeze_open_frame plan_open_sample preview_open_sample register_quota_plan request_reduction "
        + _DRAW,
        manager=_TEAM,
    ),
    _line("Open cases: approve fewer", "approve_reduction", head=_ALL, but="not who asked"),
    _line("Closed cases: sample", f"{_PLAN} {_DRAW}", qa=_ALL, head=_ALL),
    _line("Theme: sample", f"{_PLAN} {_DRAW}", qa=_ALL, theme=_ALL, head=_ALL),
    _line(
        "A file of cases: sample",
        f"register_file_plan record_file_draw {_DRAW}",
        qa=_ALL,
        theme=_ALL,
        head=_ALL,
    ),
    _line(
        "Second scoring: sample", f"plan_second_scoring preview_second_scoring {_DRAW}", qa=_ALL, head=_ALL
    ),
    _line(
        "Second scoring by the managers' verdicts: sample",
        "plan_by_verdict preview_by_verdict risks_of_reviews",
        head=_ALL,
        but="not who also reviews for QA",
    ),
    _line("Open cases: answer a request to void", _ANSWER_REQUEST, qa=_ALL, head=_ALL, but="not who asked"),
    _line("Closed cases: answer a request to void", _ANSWER_REQUEST, qa=_ALL, head=_ALL, but="not who asked"),
    _line("Dice: confirm the roll", "confirm_roll", anybody=_THEIRS, but="the second person named"),
    _line("Samples of open cases: read", "samples", manager=_TEAM, head=_ALL, auditor=_NAMED),
    _line("Samples of closed cases: read", "samples", qa=_ALL, head=_ALL, auditor=_NAMED),
    _line(
        "Evidence pack of a sample: take",
        "open_sample take_evidence evidence_counts",
        head=_ALL,
        auditor=_NAMED,
        but="not who also reviews for QA or manages a team",
    ),
    # Reviews
    _line("Declare an involvement", "declare_involvement", anybody=_ALL, but="one's own"),
    _line("Open cases: review", _REVIEW, manager=_TEAM, but="not what they handled or decided"),
    _line("Closed cases: review", _REVIEW, qa=_ALL, but="not what they handled or decided"),
    _line("Theme: review", _REVIEW, qa=_THEIRS, theme=_THEIRS, but="who is named for the theme"),
    _line(
        "Score sheet: answer, submit",
        "read_file_again save_answer answer_as_shown note_first_sight set_file_found record_fact "
        "submit_review",
        manager=_THEIRS,
        qa=_THEIRS,
        theme=_THEIRS,
    ),
    _line("Submitted review: correct", "correct_review", anybody=_THEIRS),
    _line("Open cases: share out", _SHARE_OUT, manager=_TEAM, head=_ALL),
    _line("Closed cases: share out", _SHARE_OUT, qa=_ALL, head=_ALL),
    _line("Theme: share out", _SHARE_OUT, qa=_ALL, theme=_ALL, head=_ALL),
    _line(
        "A manager's review of an open case: read",
        "review_sheet submitted_reviews",
        manager=_TEAM,
        qa=_AFTER,
        head=_ALL,
    ),
    _line("QA's review of a closed case: read", "review_sheet submitted_reviews", qa=_ALL, head=_ALL),
    # What comes of a review
    _line(
        "Open case: step in, put right",
        "intervene put_right put_outcomes_right finish_intervention",
        manager=_TEAM,
        but="also its reviewer; who was asked to do it says that it is done",
    ),
    _line(
        "Held case: say which decision, let it go",
        "tell_manager choose_decision release_case",
        manager=_TEAM,
        head=_ALL,
        but="of the level, and not its reviewer; approvers of the level too",
    ),
    _line(
        "Feedback sheet of a closed case: read, share",
        "note_feedback_read share_feedback record_comments",
        manager=_TEAM,
        qa=_ALL,
        head=_ALL,
        but="never about oneself",
    ),
    _line("Dispute: raise", "raise_dispute", manager=_TEAM),
    _line(
        "Dispute: decide", "decide_dispute", qa=_ALL, head=_ALL, but="not who raised it or scored the case"
    ),
    _line("Risks of a case: record", "record_risk", manager=_TEAM, head=_ALL),
    _line("Risks of a month: sign off", "sign_off_risks", head=_ALL),
    # Agreement
    _line("Adjudication: draw", "draw_adjudication", qa=_ALL, head=_ALL),
    _line(
        "Adjudication: decide a pair",
        "start_pair save_pair_answer save_pair_reason decide_pair",
        qa=_ALL,
        head=_ALL,
        but="a third person, who scored neither",
    ),
    _line(
        "Calibration: open, excuse, close",
        "open_calibration excuse_member close_calibration agree_answer",
        qa=_ALL,
        head=_ALL,
    ),
    _line(
        "Calibration: score",
        "save_calibration_answer submit_calibration_score",
        manager=_THEIRS,
        qa=_THEIRS,
        theme=_THEIRS,
        but="members of the session",
    ),
    # Themes
    _line("Theme: commission", "commission_review", qa=_ALL, theme=_ALL, head=_ALL),
    _line(
        "Theme: work on it, close it",
        "change_reviewers add_sample add_finding cite_reviews record_accuracy_response recommend close_theme",
        qa=_THEIRS,
        theme=_THEIRS,
        head=_ALL,
    ),
    _line("Recommendation: decide", "decide_recommendation", head=_ALL),
    _line(
        "Recommendation: turn into an action",
        "act_on_recommendation",
        qa=_THEIRS,
        theme=_THEIRS,
        head=_ALL,
        but="the reviewer of the case cited",
    ),
    # Learning
    _line("Learning from an open case: log", "log_learning", manager=_THEIRS, head=_ALL),
    _line(
        "Learning by hand, for a team: log", "learn_by_hand", manager=_TEAM, qa=_ALL, theme=_ALL, head=_ALL
    ),
    _line(
        "Learning from a decided dispute: log",
        "learn_from_dispute",
        manager=_TEAM,
        qa=_ALL,
        head=_ALL,
        but="who sees the feedback sheet",
    ),
    _line("Learning from adjudication: log", "learn_from_adjudication", qa=_ALL, head=_ALL),
    _line(
        "Learning from a finding: log",
        "learn_from_finding",
        qa=_THEIRS,
        theme=_THEIRS,
        head=_ALL,
        but="reviewers of the theme",
    ),
    _line("Learning: import a list", "read_point_list import_points", qa=_ALL, head=_ALL),
    _line(
        "Learning from an open case: read",
        "learning_points page_of_points",
        manager=_TEAM,
        qa=_AFTER,
        head=_ALL,
    ),
    _line(
        "Learning from an open case: correct, cite more, feed back, act on it",
        "correct_point cite_more feed_back proposed_feedback write_feedback take_mail settle_mail "
        "mail_to_take add_action",
        manager=_TEAM,
        head=_ALL,
    ),
    _line("Learning: acknowledge", "acknowledge_feedback", anybody=_THEIRS, but="who was told"),
    _line(
        "No action needed: propose", "propose_no_action", manager=_TEAM, head=_ALL, but="who sees the review"
    ),
    _line(
        "No action needed: authorise",
        "authorise_no_action",
        manager=_TEAM,
        head=_ALL,
        but="not who proposed it",
    ),
    # Actions
    _line(
        "Action from an open case: read",
        "follow_up_actions",
        manager=_TEAM,
        qa=_AFTER,
        head=_ALL,
        anybody=_THEIRS,
        but="its owner, authoriser and verifier too",
    ),
    _line(
        "Action: authorise, decline",
        "authorise_action decline_action",
        manager=_THEIRS,
        head=_ALL,
        but="its authoriser, who is not its owner",
    ),
    _line(
        "Action: carry out",
        "start_action finish_action reopen_action add_note add_link add_file add_milestone "
        "finish_milestone share_action monitor_action",
        manager=_TEAM,
        head=_ALL,
        anybody=_THEIRS,
    ),
    _line(
        "Action: change its plan and people",
        "reword_action move_target_date change_aims hand_over change_person move_review_date",
        manager=_THEIRS,
        head=_ALL,
        but="its authoriser; of a draft also who wrote it",
    ),
    _line(
        "Action: judge its effect, close it",
        "judge_effective judge_not_effective close_without_result close_action",
        anybody=_THEIRS,
        but="its verifier, who had no hand in it; its authoriser closes what was judged",
    ),
    _line("Reassign work", "reassign burdened held_by why_not", manager=_TEAM, head=_ALL, administrator=_ALL),
    # Reports
    _line(
        "Reports: prepare, approve, issue; close a period",
        "make_report prepare_report approve_report issue_report discard_report close_period looking_back",
        head=_ALL,
        but="approved by a second person; not who also reviews",
    ),
)
