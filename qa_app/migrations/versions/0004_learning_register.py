"""The learning register: policy versions, sources of learning, actions to their effect, mail, reports, risks.

Revision 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "root_cause",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("retired_on", sa.Date(), nullable=True),
        sa.CheckConstraint("name <> ''", name=op.f("ck_root_cause_has_name")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_root_cause")),
        sa.UniqueConstraint("name", name=op.f("uq_root_cause_name")),
    )
    op.create_table(
        "learning_import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_sha256", sa.Text(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_by_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("points > 0", name=op.f("ck_learning_import_has_points")),
        sa.ForeignKeyConstraint(
            ["imported_by_id"], ["person.id"], name=op.f("fk_learning_import_imported_by_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learning_import")),
        sa.UniqueConstraint("file_sha256", name=op.f("uq_learning_import_file_sha256")),
    )
    op.create_table(
        "closed_period",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by_id", sa.Integer(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.CheckConstraint("last_day >= first_day", name=op.f("ck_closed_period_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["closed_by_id"], ["person.id"], name=op.f("fk_closed_period_closed_by_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closed_period")),
        sa.UniqueConstraint("first_day", "last_day", name=op.f("uq_closed_period_first_day_last_day")),
    )
    op.create_table(
        "policy_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("short_name", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("version_date", sa.Date(), nullable=True),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("loaded_by_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["loaded_by_id"], ["person.id"], name=op.f("fk_policy_version_loaded_by_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_version")),
        sa.UniqueConstraint("document", "version", name=op.f("uq_policy_version_document_version")),
    )
    op.create_table(
        "risk_sign_off",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_by_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["signed_by_id"], ["person.id"], name=op.f("fk_risk_sign_off_signed_by_id_person")
        ),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_risk_sign_off")),
    )
    op.create_table(
        "report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("as_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("commission_id", sa.Integer(), nullable=True),
        sa.Column("contents", sa.JSON(), nullable=False),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("prepared_by_id", sa.Integer(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by_id", sa.Integer(), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("issued_by_id", sa.Integer(), nullable=True),
        sa.Column("recipients", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "(approved_at IS NULL) = (approved_by_id IS NULL)", name=op.f("ck_report_approved_whole")
        ),
        sa.CheckConstraint(
            "(issued_at IS NULL) = (issued_by_id IS NULL)", name=op.f("ck_report_issued_whole")
        ),
        sa.CheckConstraint("approved_by_id <> prepared_by_id", name=op.f("ck_report_second_person")),
        sa.CheckConstraint(
            "issued_at IS NULL OR approved_at IS NOT NULL", name=op.f("ck_report_issued_approved")
        ),
        sa.CheckConstraint("last_day >= first_day", name=op.f("ck_report_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["approved_by_id"], ["person.id"], name=op.f("fk_report_approved_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["commission_id"], ["commission.id"], name=op.f("fk_report_commission_id_commission")
        ),
        sa.ForeignKeyConstraint(["issued_by_id"], ["person.id"], name=op.f("fk_report_issued_by_id_person")),
        sa.ForeignKeyConstraint(
            ["prepared_by_id"], ["person.id"], name=op.f("fk_report_prepared_by_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
    )
    with op.batch_alter_table("report", schema=None) as batch_op:
        batch_op.create_index("ix_report_kind", ["kind", "first_day"], unique=False)

    op.create_table(
        "paragraph_move",
        sa.Column("from_id", sa.Integer(), nullable=False),
        sa.Column("to_id", sa.Integer(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said_by_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("from_id <> to_id", name=op.f("ck_paragraph_move_not_to_itself")),
        sa.ForeignKeyConstraint(
            ["from_id"], ["policy_paragraph.id"], name=op.f("fk_paragraph_move_from_id_policy_paragraph")
        ),
        sa.ForeignKeyConstraint(
            ["said_by_id"], ["person.id"], name=op.f("fk_paragraph_move_said_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["to_id"], ["policy_paragraph.id"], name=op.f("fk_paragraph_move_to_id_policy_paragraph")
        ),
        sa.PrimaryKeyConstraint("from_id", "to_id", name=op.f("pk_paragraph_move")),
    )
    op.create_table(
        "report_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_report_file_report_id_report")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_file")),
        sa.UniqueConstraint("report_id", "name", name=op.f("uq_report_file_report_id_name")),
    )
    op.create_table(
        "risk_record",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("high_risk", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_risk_record_case_id_case")),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["person.id"], name=op.f("fk_risk_record_recorded_by_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_risk_record")),
    )
    with op.batch_alter_table("risk_record", schema=None) as batch_op:
        batch_op.create_index("ix_risk_record_case", ["case_id"], unique=False)

    op.create_table(
        "no_action_needed",
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=False),
        sa.Column("authorised_on", sa.Date(), nullable=True),
        sa.Column("authorised_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_no_action_needed_has_reason")),
        sa.CheckConstraint(
            "(authorised_by_id IS NULL) = (authorised_on IS NULL)",
            name=op.f("ck_no_action_needed_authorised_whole"),
        ),
        sa.CheckConstraint(
            "proposed_by_id <> authorised_by_id", name=op.f("ck_no_action_needed_second_person")
        ),
        sa.ForeignKeyConstraint(
            ["authorised_by_id"], ["person.id"], name=op.f("fk_no_action_needed_authorised_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"], ["person.id"], name=op.f("fk_no_action_needed_proposed_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["review_id"], ["review.id"], name=op.f("fk_no_action_needed_review_id_review")
        ),
        sa.PrimaryKeyConstraint("review_id", name=op.f("pk_no_action_needed")),
    )
    op.create_table(
        "mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("to_id", sa.Integer(), nullable=False),
        sa.Column("to_address", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("learning_point_id", sa.Integer(), nullable=True),
        sa.Column("for_day", sa.Date(), nullable=True),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by_id", sa.Integer(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.CheckConstraint("sent_at IS NULL OR claimed_at IS NOT NULL", name=op.f("ck_mail_sent_by_claim")),
        sa.CheckConstraint("sent_at IS NULL OR failure = ''", name=op.f("ck_mail_sent_or_failed")),
        sa.CheckConstraint("(kind = 'digest') = (for_day IS NOT NULL)", name=op.f("ck_mail_digest_has_day")),
        sa.CheckConstraint(
            "(kind = 'feedback') = (learning_point_id IS NOT NULL)", name=op.f("ck_mail_feedback_has_point")
        ),
        sa.CheckConstraint("kind IN ('feedback', 'digest')", name=op.f("ck_mail_kind_known")),
        sa.ForeignKeyConstraint(
            ["learning_point_id"],
            ["learning_point.id"],
            name=op.f("fk_mail_learning_point_id_learning_point"),
        ),
        sa.ForeignKeyConstraint(["to_id"], ["person.id"], name=op.f("fk_mail_to_id_person")),
        sa.ForeignKeyConstraint(["written_by_id"], ["person.id"], name=op.f("fk_mail_written_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
        sa.UniqueConstraint("to_id", "for_day", name=op.f("uq_mail_to_id_for_day")),
    )
    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.create_index("ix_mail_point", ["learning_point_id"], unique=False)

    op.create_table(
        "action_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("action_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["action_id"], ["follow_up_action.id"], name=op.f("fk_action_change_action_id_follow_up_action")
        ),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["person.id"], name=op.f("fk_action_change_made_by_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action_change")),
    )
    with op.batch_alter_table("action_change", schema=None) as batch_op:
        batch_op.create_index("ix_action_change_action", ["action_id"], unique=False)

    op.create_table(
        "action_evidence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("action_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_by_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'file') = (sha256 IS NOT NULL)", name=op.f("ck_action_evidence_file_has_hash")
        ),
        sa.CheckConstraint("kind IN ('note', 'link', 'file')", name=op.f("ck_action_evidence_kind_known")),
        sa.CheckConstraint("words <> ''", name=op.f("ck_action_evidence_has_words")),
        sa.ForeignKeyConstraint(
            ["action_id"], ["follow_up_action.id"], name=op.f("fk_action_evidence_action_id_follow_up_action")
        ),
        sa.ForeignKeyConstraint(
            ["given_by_id"], ["person.id"], name=op.f("fk_action_evidence_given_by_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action_evidence")),
    )
    with op.batch_alter_table("action_evidence", schema=None) as batch_op:
        batch_op.create_index("ix_action_evidence_action", ["action_id"], unique=False)

    op.create_table(
        "action_improves",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("action_id", sa.Integer(), nullable=False),
        sa.Column("scorecard_key", sa.Text(), nullable=True),
        sa.Column("requirement_key", sa.Text(), nullable=True),
        sa.Column("document", sa.Text(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(scorecard_key IS NULL) = (requirement_key IS NULL) AND (document IS NULL) = (reference IS NULL) AND (scorecard_key IS NULL) <> (document IS NULL)",
            name=op.f("ck_action_improves_requirement_or_paragraph"),
        ),
        sa.ForeignKeyConstraint(
            ["action_id"], ["follow_up_action.id"], name=op.f("fk_action_improves_action_id_follow_up_action")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action_improves")),
    )
    with op.batch_alter_table("action_improves", schema=None) as batch_op:
        batch_op.create_index("ix_action_improves_action", ["action_id"], unique=False)

    op.create_table(
        "action_milestone",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("action_id", sa.Integer(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.CheckConstraint("description <> ''", name=op.f("ck_action_milestone_described")),
        sa.ForeignKeyConstraint(
            ["action_id"],
            ["follow_up_action.id"],
            name=op.f("fk_action_milestone_action_id_follow_up_action"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action_milestone")),
    )
    with op.batch_alter_table("action_milestone", schema=None) as batch_op:
        batch_op.create_index("ix_action_milestone_action", ["action_id"], unique=False)

    op.create_table(
        "action_shared",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("action_id", sa.Integer(), nullable=False),
        sa.Column("with_whom", sa.Text(), nullable=False),
        sa.Column("shared_on", sa.Date(), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("with_whom <> ''", name=op.f("ck_action_shared_with_somebody")),
        sa.ForeignKeyConstraint(
            ["action_id"], ["follow_up_action.id"], name=op.f("fk_action_shared_action_id_follow_up_action")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["person.id"], name=op.f("fk_action_shared_recorded_by_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action_shared")),
    )
    with op.batch_alter_table("action_shared", schema=None) as batch_op:
        batch_op.create_index("ix_action_shared_action", ["action_id"], unique=False)

    _change_actions()
    _change_points()
    _change_paragraphs()
    _guard()
    _search()


def _change_actions() -> None:
    with op.batch_alter_table("follow_up_action") as batch_op:
        for name in ("state_known", "done_when"):
            batch_op.drop_constraint(batch_op.f(f"ck_follow_up_action_{name}"), type_="check")
        batch_op.add_column(sa.Column("owner_team_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("authorised_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("decline_reason", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("verifier_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("review_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("result", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("result_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("result_reason", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("closed_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("follows_id", sa.Integer(), nullable=True))
        batch_op.alter_column("owner_id", existing_type=sa.Integer(), nullable=True)
        batch_op.create_index("ix_follow_up_action_state", ["state", "target_date"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_follow_up_action_follows_id_follow_up_action"),
            "follow_up_action",
            ["follows_id"],
            ["id"],
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_follow_up_action_owner_team_id_team"), "team", ["owner_team_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_follow_up_action_verifier_id_person"), "person", ["verifier_id"], ["id"]
        )
    # An action was open once its authoriser was named: that is authorised, and being worked on.
    op.execute("UPDATE follow_up_action SET state = 'in_progress' WHERE state = 'open'")
    op.execute(
        "UPDATE follow_up_action SET authorised_on = CAST(substr(CAST(logged_at AS TEXT), 1, 10) AS DATE)"
        if op.get_bind().dialect.name == "postgresql"
        else "UPDATE follow_up_action SET authorised_on = substr(logged_at, 1, 10)"
    )
    # What was done stood in a note; it is the first piece of evidence now.
    at = (
        "COALESCE(CAST(done_on AS timestamp) + interval '12 hours', logged_at)"
        if op.get_bind().dialect.name == "postgresql"
        else "COALESCE(done_on || ' 12:00:00.000000', logged_at)"
    )
    op.execute(
        "INSERT INTO action_evidence (action_id, kind, words, given_at, given_by_id) "
        f"SELECT id, 'note', done_note, {at}, owner_id FROM follow_up_action WHERE done_note <> ''"
    )
    done = "state IN ('done', 'monitoring', 'effective', 'not_effective', 'closed')"
    checks = {
        "state_known": "state IN ('draft', 'authorised', 'in_progress', 'done', 'monitoring', 'effective', 'not_effective', 'closed', 'declined')",
        "described": "description <> ''",
        "one_owner": "(owner_id IS NULL) <> (owner_team_id IS NULL)",
        "verifier_not_owner": "owner_id <> verifier_id",
        "authorised_when": "state IN ('draft', 'declined') OR authorised_on IS NOT NULL",
        "done_when": f"({done}) = (done_on IS NOT NULL)",
        "declined_why": "state <> 'declined' OR decline_reason <> ''",
        "result_known": "result IN ('effective', 'not_effective', 'not_measurable', 'not_shown')",
        "result_when": "(state IN ('effective', 'not_effective', 'closed')) = (result IS NOT NULL)",
        "result_whole": "(result IS NULL) = (result_on IS NULL) AND (result IS NULL OR verifier_id IS NOT NULL)",
        "result_why": "result IS NULL OR result NOT IN ('not_measurable', 'not_shown') OR result_reason <> ''",
        "closed_when": "(state = 'closed') = (closed_on IS NOT NULL)",
    }
    with op.batch_alter_table("follow_up_action") as batch_op:
        batch_op.drop_column("done_note")
        for name, condition in checks.items():
            batch_op.create_check_constraint(batch_op.f(f"ck_follow_up_action_{name}"), condition)


def _change_points() -> None:
    with op.batch_alter_table("learning_citation") as batch_op:
        batch_op.create_index(
            "ix_learning_citation_place", ["document", "reference", "version"], unique=False
        )
    with op.batch_alter_table("learning_point") as batch_op:
        batch_op.add_column(sa.Column("source", sa.Text(), nullable=False, server_default="review"))
        batch_op.add_column(sa.Column("dispute_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("finding_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("case_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("import_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("source_note", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("root_cause_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("recurrence_risk", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("severity", sa.Text(), nullable=True))
        batch_op.add_column(
            sa.Column("may_be_published", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(sa.Column("is_complete", sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column("acknowledged_on", sa.Date(), nullable=True))
        batch_op.alter_column("review_id", existing_type=sa.Integer(), nullable=True)
        batch_op.alter_column("requirement_key", existing_type=sa.Text(), nullable=True)
        batch_op.create_index("ix_learning_point_case", ["case_id"], unique=False)
        batch_op.create_index("ix_learning_point_logged", ["logged_at"], unique=False)
        batch_op.create_index("ix_learning_point_team", ["team_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_learning_point_finding_id_finding"), "finding", ["finding_id"], ["id"]
        )
        batch_op.create_foreign_key(batch_op.f("fk_learning_point_case_id_case"), "case", ["case_id"], ["id"])
        batch_op.create_foreign_key(
            batch_op.f("fk_learning_point_import_id_learning_import"),
            "learning_import",
            ["import_id"],
            ["id"],
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_learning_point_dispute_id_dispute"), "dispute", ["dispute_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_learning_point_root_cause_id_root_cause"), "root_cause", ["root_cause_id"], ["id"]
        )
    checks = {
        "source_known": "source IN ('review', 'dispute', 'adjudication', 'theme', 'positive_feedback', 'review_team', 'by_hand')",
        "has_review": "source NOT IN ('review', 'dispute', 'adjudication') OR review_id IS NOT NULL",
        "has_requirement": "source <> 'review' OR requirement_key IS NOT NULL",
        "has_dispute": "(source = 'dispute') = (dispute_id IS NOT NULL)",
        "has_finding": "(source = 'theme') = (finding_id IS NOT NULL)",
        "has_import": "(source = 'review_team') = (import_id IS NOT NULL)",
        "recurrence_risk_known": "recurrence_risk IN ('low', 'medium', 'high')",
        "severity_known": "severity IN ('minor', 'moderate', 'serious')",
        "fed_back_whole": "(fed_back_on IS NULL) = (fed_back_to_id IS NULL)",
        "acknowledged_feedback": "acknowledged_on IS NULL OR fed_back_on IS NOT NULL",
    }
    with op.batch_alter_table("learning_point") as batch_op:
        for name, condition in checks.items():
            batch_op.create_check_constraint(batch_op.f(f"ck_learning_point_{name}"), condition)


def _change_paragraphs() -> None:
    # Whoever set the office up has loaded what was loaded so far.
    op.execute(
        "INSERT INTO policy_version (document, title, short_name, version, version_date, loaded_at, loaded_by_id) "
        "SELECT document, min(document_title), min(document_title), version, min(version_date), "
        "CURRENT_TIMESTAMP, (SELECT min(id) FROM person) FROM policy_paragraph GROUP BY document, version"
    )
    with op.batch_alter_table("policy_paragraph") as batch_op:
        batch_op.add_column(sa.Column("version_id", sa.Integer(), nullable=True))
    op.execute(
        "UPDATE policy_paragraph SET version_id = (SELECT policy_version.id FROM policy_version "
        "WHERE policy_version.document = policy_paragraph.document AND policy_version.version = policy_paragraph.version)"
    )
    with op.batch_alter_table("policy_paragraph") as batch_op:
        batch_op.alter_column("version_id", existing_type=sa.Integer(), nullable=False)
        batch_op.drop_constraint(batch_op.f("uq_policy_paragraph_document_version_number"), type_="unique")
        batch_op.create_unique_constraint(
            batch_op.f("uq_policy_paragraph_version_id_number"), ["version_id", "number"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_policy_paragraph_version_id_policy_version"),
            "policy_version",
            ["version_id"],
            ["id"],
        )
        batch_op.create_check_constraint(batch_op.f("ck_policy_paragraph_has_number"), "number <> ''")
        for name in ("document", "version", "version_date", "document_title"):
            batch_op.drop_column(name)


# A complete learning point rests on what its kind asks for: guidance 12.0, Annex A.
_BREAKS_THE_RULES = """
    (NEW.kind = 'individual' AND NOT (
        EXISTS (SELECT 1 FROM learning_citation WHERE learning_point_id = NEW.id)
        AND EXISTS (SELECT 1 FROM learning_commitment WHERE learning_point_id = NEW.id)))
    OR (NEW.kind = 'organisational' AND NOT NEW.is_gap AND NOT EXISTS (
        SELECT 1 FROM learning_citation WHERE learning_point_id = NEW.id))
"""
_CITES = "A learning point cites what its kind asks for, and keeps it"
_FIXED = "A report that is approved, and its files, are never changed"
_CLOSED = "A period that is closed keeps its figures"
_IS_ISSUED = "(SELECT issued_at FROM report WHERE id = NEW.report_id) IS NOT NULL"


def _guard() -> None:
    """The database itself holds learning points to the rules of citing, and keeps approved reports."""
    if op.get_bind().dialect.name == "postgresql":
        _guard_postgresql()
    else:
        _guard_sqlite()


_REPORT = "kind, title, first_day, last_day, as_at, commission_id, contents, prepared_at, prepared_by_id, approved_at, approved_by_id"


def _guard_sqlite() -> None:
    for event in ("INSERT", "UPDATE OF is_complete, kind, is_gap"):
        name = "added" if event == "INSERT" else "changed"
        op.execute(
            f"CREATE TRIGGER learning_point_{name} AFTER {event} ON learning_point "
            f"WHEN NEW.is_complete AND ({_BREAKS_THE_RULES}) BEGIN SELECT RAISE(ABORT, '{_CITES}'); END"
        )
    for table in ("learning_citation", "learning_commitment"):
        for event in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_{event.lower()} BEFORE {event} ON {table} "
                "WHEN (SELECT is_complete FROM learning_point WHERE id = OLD.learning_point_id) "
                f"BEGIN SELECT RAISE(ABORT, '{_CITES}'); END"
            )
    refuse = f"BEGIN SELECT RAISE(ABORT, '{_FIXED}'); END"
    op.execute(
        f"CREATE TRIGGER report_not_changed BEFORE UPDATE OF {_REPORT} ON report WHEN OLD.approved_at IS NOT NULL {refuse}"
    )
    op.execute(
        f"CREATE TRIGGER report_issued_once BEFORE UPDATE ON report WHEN OLD.issued_at IS NOT NULL {refuse}"
    )
    op.execute(
        f"CREATE TRIGGER report_not_deleted BEFORE DELETE ON report WHEN OLD.approved_at IS NOT NULL {refuse}"
    )
    op.execute(f"CREATE TRIGGER report_file_not_changed BEFORE UPDATE ON report_file {refuse}")
    op.execute(f"CREATE TRIGGER report_file_not_deleted BEFORE DELETE ON report_file {refuse}")
    op.execute(
        f"CREATE TRIGGER report_file_not_added BEFORE INSERT ON report_file WHEN {_IS_ISSUED} {refuse}"
    )
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER closed_period_{event.lower()} BEFORE {event} ON closed_period "
            f"BEGIN SELECT RAISE(ABORT, '{_CLOSED}'); END"
        )


def _guard_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION check_learning_point() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF NEW.is_complete AND ({_BREAKS_THE_RULES}) THEN RAISE EXCEPTION '{_CITES}'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER learning_point_checked AFTER INSERT OR UPDATE OF is_complete, kind, is_gap ON learning_point "
        "FOR EACH ROW EXECUTE FUNCTION check_learning_point()"
    )
    op.execute(
        "CREATE FUNCTION keep_citations() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF (SELECT is_complete FROM learning_point WHERE id = OLD.learning_point_id) "
        f"THEN RAISE EXCEPTION '{_CITES}'; END IF; "
        "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$"
    )
    for table in ("learning_citation", "learning_commitment"):
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION keep_citations()"
        )
    op.execute(
        "CREATE FUNCTION refuse_change_of_report() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN RAISE EXCEPTION '{_FIXED}'; END $$"
    )
    refuse = "EXECUTE FUNCTION refuse_change_of_report()"
    op.execute(
        f"CREATE TRIGGER report_not_changed BEFORE UPDATE OF {_REPORT} ON report FOR EACH ROW WHEN (OLD.approved_at IS NOT NULL) {refuse}"
    )
    op.execute(
        f"CREATE TRIGGER report_issued_once BEFORE UPDATE ON report FOR EACH ROW WHEN (OLD.issued_at IS NOT NULL) {refuse}"
    )
    op.execute(
        f"CREATE TRIGGER report_not_deleted BEFORE DELETE ON report FOR EACH ROW WHEN (OLD.approved_at IS NOT NULL) {refuse}"
    )
    op.execute(
        f"CREATE TRIGGER report_file_kept BEFORE UPDATE OR DELETE ON report_file FOR EACH ROW {refuse}"
    )
    op.execute(
        "CREATE FUNCTION refuse_late_file() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {_IS_ISSUED} THEN RAISE EXCEPTION '{_FIXED}'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER report_file_not_added BEFORE INSERT ON report_file "
        "FOR EACH ROW EXECUTE FUNCTION refuse_late_file()"
    )
    op.execute(
        "CREATE FUNCTION keep_closed_period() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN RAISE EXCEPTION '{_CLOSED}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER closed_period_kept BEFORE UPDATE OR DELETE ON closed_period "
        "FOR EACH ROW EXECUTE FUNCTION keep_closed_period()"
    )


def _search() -> None:
    """What points say, in full text. Each database has its own way, which the tables as declared leave out."""
    if op.get_bind().dialect.name == "postgresql":
        # English, but without its list of words left out: a phrase may hold them.
        op.execute("CREATE TEXT SEARCH DICTIONARY learning_words (TEMPLATE = snowball, LANGUAGE = english)")
        op.execute("CREATE TEXT SEARCH CONFIGURATION learning_words (COPY = english)")
        op.execute(
            "ALTER TEXT SEARCH CONFIGURATION learning_words ALTER MAPPING REPLACE english_stem WITH learning_words"
        )
        op.execute(
            "CREATE INDEX ix_learning_point_text ON learning_point "
            "USING gin (to_tsvector('learning_words', description || ' ' || source_note))"
        )
        return
    op.execute(
        "CREATE VIRTUAL TABLE learning_point_text USING fts5(description, source_note, "
        "content='learning_point', content_rowid='id', tokenize='porter unicode61 remove_diacritics 2')"
    )
    op.execute("INSERT INTO learning_point_text (learning_point_text) VALUES ('rebuild')")
    put = (
        "INSERT INTO learning_point_text (rowid, description, source_note) "
        "VALUES (NEW.id, NEW.description, NEW.source_note);"
    )
    take = (
        "INSERT INTO learning_point_text (learning_point_text, rowid, description, source_note) "
        "VALUES ('delete', OLD.id, OLD.description, OLD.source_note);"
    )
    for name, event, does in (
        ("put", "INSERT", put),
        ("taken", "DELETE", take),
        ("changed", "UPDATE OF description, source_note", take + put),
    ):
        op.execute(
            f"CREATE TRIGGER learning_point_text_{name} AFTER {event} ON learning_point BEGIN {does} END"
        )
