"""Retention: holds, disposals and what they took; what is frozen lets exactly a disposal through.

Revision 0008, after 0007.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_CLASSES = "'cases', 'reviews', 'learning', 'mail', 'calibration'"


def upgrade() -> None:
    op.create_table(
        "disposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("years", sa.Integer(), nullable=False),
        sa.Column("period_from", sa.Date(), nullable=True),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("records_sha256", sa.Text(), nullable=False),
        sa.CheckConstraint(f"kind IN ({_CLASSES})", name=op.f("ck_disposal_kind_known")),
        sa.CheckConstraint("records > 0", name=op.f("ck_disposal_has_records")),
        sa.CheckConstraint("years > 0", name=op.f("ck_disposal_has_period")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_disposal_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disposal")),
    )
    op.create_table(
        "disposed_record",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("disposal_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(f"kind IN ({_CLASSES}, 'samples')", name=op.f("ck_disposed_record_kind_known")),
        sa.ForeignKeyConstraint(
            ["disposal_id"], ["disposal.id"], name=op.f("fk_disposed_record_disposal_id_disposal")
        ),
        sa.PrimaryKeyConstraint("kind", "record_id", name=op.f("pk_disposed_record")),
    )
    with op.batch_alter_table("disposed_record") as batch_op:
        batch_op.create_index("ix_disposed_record_disposal", ["disposal_id"])
    op.create_table(
        "stand_in",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_stand_in_person_id_person")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_stand_in")),
        sa.UniqueConstraint("person_id", name=op.f("uq_stand_in_person_id")),
    )
    op.create_table(
        "audit_clearing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("disposal_id", sa.Integer(), nullable=False),
        sa.Column("before_sha256", sa.Text(), nullable=False),
        sa.Column("left_sha256", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["disposal_id"], ["disposal.id"], name=op.f("fk_audit_clearing_disposal_id_disposal")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["audit_entry.id"], name=op.f("fk_audit_clearing_entry_id_audit_entry")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_clearing")),
        sa.UniqueConstraint("entry_id", "disposal_id", name=op.f("uq_audit_clearing_entry_id_disposal_id")),
    )
    _holds()
    _guard()


def _holds() -> None:
    one_scope = " + ".join(
        f"CASE WHEN {name} IS NULL THEN 0 ELSE 1 END" for name in ("case_id", "person_id", "team_id", "kind")
    )
    op.create_table(
        "retention_hold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("team_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("placed_by_id", sa.Integer(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by_id", sa.Integer(), nullable=True),
        sa.Column("release_reason", sa.Text(), nullable=False),
        sa.CheckConstraint(f"{one_scope} = 1", name=op.f("ck_retention_hold_one_scope")),
        sa.CheckConstraint(f"kind IN ({_CLASSES})", name=op.f("ck_retention_hold_kind_known")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_retention_hold_has_reason")),
        sa.CheckConstraint(
            "(released_at IS NULL) = (released_by_id IS NULL)", name=op.f("ck_retention_hold_released_by")
        ),
        sa.CheckConstraint(
            "(released_at IS NULL) = (release_reason = '')", name=op.f("ck_retention_hold_released_why")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_retention_hold_case_id_case")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_retention_hold_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["placed_by_id"], ["person.id"], name=op.f("fk_retention_hold_placed_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["released_by_id"], ["person.id"], name=op.f("fk_retention_hold_released_by_id_person")
        ),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_retention_hold_team_id_team")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_hold")),
    )


def _same(*columns: str) -> str:
    return " AND ".join(f"NEW.{column} IS NOT DISTINCT FROM OLD.{column}" for column in columns)


def _disposed(kind: str, record: str) -> str:
    return f"EXISTS (SELECT 1 FROM disposed_record WHERE kind = '{kind}' AND record_id = {record})"


def _to_stand_in(column: str) -> str:
    """Somebody was named there, and a stand-in is now."""
    return f"(OLD.{column} IS NOT NULL AND NEW.{column} IN (SELECT person_id FROM stand_in))"


# What a disposal makes of a row that is frozen: every column that it leaves is named, and each it changes has
# only the one value that stands for nothing. All else is refused as before.
_FRAME_CASE = f"""
    {_same("id", "frame_id", "stratum_id", "case_id", "state", "closed_on", "team_id")}
    AND (NEW.reference = OLD.reference
         OR (NEW.reference = 'disposed-' || NEW.case_id AND {_disposed("cases", "NEW.case_id")}))
    AND NOT ({_same("reference", "caseworker_id")})
    AND ({_same("caseworker_id")}
         OR ({_to_stand_in("caseworker_id")} AND {_disposed("samples", "NEW.frame_id")}))
"""
_STRATUM = f"""
    {_same("id", "frame_id", "code", "population", "is_certainty", "team_id")}
    AND {_to_stand_in("caseworker_id")}
    AND NEW.label = (SELECT name FROM person WHERE id = NEW.caseworker_id)
    AND {_disposed("samples", "NEW.frame_id")}
"""
_REVISION = f"""
    {
    _same(
        "id",
        "review_id",
        "number",
        "cause",
        "made_at",
        "file_found",
        "critical_failed",
        "outcome_met",
        "method_met",
        "overall_met",
    )
}
    AND {_to_stand_in("made_by_id")}
    AND (NEW.reason = OLD.reason OR NEW.reason = 'Disposed of')
    AND {_disposed("reviews", "NEW.review_id")}
"""
# The answers without their evidence are the same, and none has any evidence left.
_ANSWERS_ON_SQLITE = """
    AND (SELECT json_group_object(key, json_remove(value, '$.evidence')) FROM json_each(NEW.answers))
        = (SELECT json_group_object(key, json_remove(value, '$.evidence')) FROM json_each(OLD.answers))
    AND NOT EXISTS (SELECT 1 FROM json_each(NEW.answers) WHERE json_extract(value, '$.evidence') <> '')
"""
_ANSWERS_ON_POSTGRESQL = """
    AND (SELECT jsonb_object_agg(key, value - 'evidence') FROM jsonb_each(NEW.answers::jsonb))
        IS NOT DISTINCT FROM
        (SELECT jsonb_object_agg(key, value - 'evidence') FROM jsonb_each(OLD.answers::jsonb))
    AND NOT EXISTS (SELECT 1 FROM jsonb_each(NEW.answers::jsonb) WHERE value ->> 'evidence' <> '')
"""
_LOG = ("disposal", "disposed_record")


def _guard() -> None:
    """What is frozen lets a disposal through; the log is only added to, and a hold is never deleted."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    register, scoring = (
        "What is in the register of draws stays",
        "A revision, and a scorecard that is published, is never changed",
    )
    answers = _ANSWERS_ON_POSTGRESQL if postgresql else _ANSWERS_ON_SQLITE
    for table, allowed, says in (
        ("frame_case", _FRAME_CASE, register),
        ("stratum", _STRATUM, register),
        ("revision", _REVISION + answers, scoring),
    ):
        if postgresql:
            op.execute(f"DROP TRIGGER {table}_not_changed ON {table}")
            op.execute(
                f"CREATE FUNCTION {table}_only_disposed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f"IF {allowed} THEN RETURN NEW; END IF; RAISE EXCEPTION '{says}'; END $$"
            )
            op.execute(
                f"CREATE TRIGGER {table}_not_changed BEFORE UPDATE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION {table}_only_disposed()"
            )
        else:
            op.execute(f"DROP TRIGGER {table}_not_changed")
            condition = allowed.replace("IS NOT DISTINCT FROM", "IS")
            op.execute(
                sa.text(
                    f"CREATE TRIGGER {table}_not_changed BEFORE UPDATE ON {table} "
                    f"WHEN coalesce({condition}, 0) = 0 BEGIN SELECT RAISE(ABORT, '{says}'); END".replace(
                        ":", "\\:"
                    )
                )
            )
    says = "The disposal log is only added to, and a hold is released, not deleted"
    if postgresql:
        op.execute(
            "CREATE FUNCTION keep_disposal_log() RETURNS trigger LANGUAGE plpgsql AS $$ "
            f"BEGIN RAISE EXCEPTION '{says}'; END $$"
        )
    refuse = (
        "FOR EACH ROW EXECUTE FUNCTION keep_disposal_log()"
        if postgresql
        else f"BEGIN SELECT RAISE(ABORT, '{says}'); END"
    )
    for table in (*_LOG, "retention_hold"):
        op.execute(f"CREATE TRIGGER {table}_not_deleted BEFORE DELETE ON {table} {refuse}")
    for table in _LOG:
        op.execute(f"CREATE TRIGGER {table}_not_changed BEFORE UPDATE ON {table} {refuse}")
