"""The triggers that write down each row that changes, and that keep the audit trail as it is.

They are made from the tables as declared and put up again after each migration (SQLite loses a table's
triggers when it changes the table), so that a new table is watched from its first row.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from sqlalchemy import Column, Connection, LargeBinary, MetaData, Table, text

from sampling.refused import Refused

TRAIL: Final = ("audit_entry", "audit_change", "audit_clearing")
# Who may write here disposes of records: whoever owns the tables does, at the command line, and not the app.
_OF_DISPOSALS: Final = ("audit_clearing", "disposal", "disposed_record", "stand_in")
# What a disposal may do to the trail, and nothing else: values go, of an entry that is noted as cleared, or
# those that the disposal itself has just made the triggers write.
_IS_DISPOSAL: Final = (
    "NEW.before IS NULL AND NEW.after IS NULL AND NEW.id = OLD.id AND NEW.entry_id = OLD.entry_id "
    "AND NEW.table_name = OLD.table_name AND NEW.row_key = OLD.row_key AND NEW.kind = OLD.kind "
    "AND (EXISTS (SELECT 1 FROM audit_clearing WHERE audit_clearing.entry_id = NEW.entry_id) "
    "OR NOT EXISTS (SELECT 1 FROM audit_entry WHERE audit_entry.id = NEW.entry_id))"
)
# Not watched: they hold secrets or count tries and live for hours, or are somebody's own until they save
# it. Signing in and out is recorded, and so is what is saved.
_PASSING: Final = frozenset({"sign_in_session", "failed_sign_in", "unfinished"})
# Thousands of rows at once, and kept by their own registers: imports, frozen frames, draws.
_IN_BULK: Final = frozenset({"case", "case_before", "frame_case", "sampled_case", "disposed_record"})
_NOT_TOLD: Final = frozenset({"password_hash"})
_SAYS: Final = "The audit trail is only added to"
_KINDS: Final = {"INSERT": "added", "UPDATE": "changed", "DELETE": "deleted"}


def put_up(connection: Connection, tables: MetaData) -> None:
    """Watch every table, and guard the trail. Done at the end of each migration; twice is as good as once."""
    take_down(connection)
    on_postgresql = connection.dialect.name == "postgresql"
    statements = _of_postgresql(tables) if on_postgresql else _of_sqlite(tables)
    for statement in statements:
        connection.execute(text(statement.replace(":", "\\:")))


def stand(connection: Connection, tables: MetaData) -> bool:
    """Whether every trigger is there that `put_up` would make."""
    on_postgresql = connection.dialect.name == "postgresql"
    statements = _of_postgresql(tables) if on_postgresql else _of_sqlite(tables)
    named = (re.search(r"CREATE TRIGGER (\w+)", statement) for statement in statements)
    wanted = {found[1] for found in named if found}
    query = (
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
        if on_postgresql
        else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    )
    return wanted <= set(connection.execute(text(query)).scalars())


def take_down(connection: Connection) -> None:
    """Take the triggers away, so that a migration can change what they name."""
    if connection.dialect.name == "postgresql":
        found = connection.execute(
            text(
                "SELECT tgname, relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
                "WHERE NOT tgisinternal AND tgname LIKE 'audit\\_%'"
            )
        )
        for name, table in found.all():
            connection.execute(text(f'DROP TRIGGER {name} ON "{table}"'))
        return
    found = connection.execute(
        text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit\\_%' ESCAPE '\\'")
    )
    for (name,) in found.all():
        connection.execute(text(f"DROP TRIGGER {name}"))


def grant_use(connection: Connection, role: str) -> None:
    """Let a role of PostgreSQL do all the app does and no more: the audit trail it can read and add to.

    Whoever owns the tables migrates them; the app runs as this role, so that not even a flaw in the app can
    change or remove an entry. Refused for a role that owns the tables, or that is above all rights.
    """
    if connection.dialect.name != "postgresql":
        raise Refused("Roles with rights of their own are PostgreSQL's. SQLite has none to give.")
    found = connection.execute(
        text("SELECT rolsuper OR rolname = current_user FROM pg_roles WHERE rolname = :role"), {"role": role}
    ).scalar()
    if found is None:
        raise Refused(f"There is no role {role} in this database. Make it with CREATE ROLE … LOGIN first.")
    if found:
        raise Refused(
            f"The role {role} owns everything here, so nothing can be kept from it. Choose another."
        )
    name = connection.dialect.identifier_preparer.quote(role)
    for statement in (
        f"GRANT USAGE ON SCHEMA public TO {name}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}",
        f"REVOKE UPDATE, DELETE, TRUNCATE ON {', '.join(TRAIL)} FROM {name}",
        f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {', '.join(_OF_DISPOSALS)} FROM {name}",
        f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON alembic_version FROM {name}",
    ):
        connection.execute(text(statement))


def watched(tables: MetaData) -> list[Table]:
    """The tables whose changes are written down."""
    return [table for table in tables.sorted_tables if table.name not in (*TRAIL, *_PASSING)]


def _told(table: Table) -> list[Column[object]]:
    return [
        column
        for column in table.columns
        if column.name not in _NOT_TOLD and not isinstance(column.type, LargeBinary)
    ]


def _of_sqlite(tables: MetaData) -> Iterator[str]:
    this_entry = "(SELECT coalesce(max(id), 0) + 1 FROM audit_entry)"
    for table in watched(tables):
        for event, kind in _KINDS.items():
            row = "OLD" if event == "DELETE" else "NEW"
            start = f'CREATE TRIGGER audit_{table.name}_{kind} AFTER {event} ON "{table.name}"'
            if table.name in _IN_BULK:
                yield (
                    f"{start} WHEN NOT EXISTS (SELECT 1 FROM audit_change WHERE entry_id = {this_entry} "
                    f"AND table_name = '{table.name}' AND kind = '{kind}') BEGIN "
                    "INSERT INTO audit_change (entry_id, table_name, row_key, kind) "
                    f"VALUES ({this_entry}, '{table.name}', '', '{kind}'); END"
                )
                continue
            key = " || ' ' || ".join(f"{row}.{_quoted(column)}" for column in table.primary_key.columns)
            before, after = _values_on_sqlite(table, event)
            yield (
                f"{start} BEGIN INSERT INTO audit_change "
                "(entry_id, table_name, row_key, kind, before, after) "
                f"VALUES ({this_entry}, '{table.name}', {key}, '{kind}', {before}, {after}); END"
            )
    refuse = f"BEGIN SELECT RAISE(ABORT, '{_SAYS}'); END"
    for name in TRAIL:
        unless = f"WHEN NOT ({_IS_DISPOSAL}) " if name == "audit_change" else ""
        yield f"CREATE TRIGGER audit_guard_{name}_update BEFORE UPDATE ON {name} {unless}{refuse}"
        yield f"CREATE TRIGGER audit_guard_{name}_delete BEFORE DELETE ON {name} {refuse}"
        # INSERT OR REPLACE takes away the rows in its way without a word to the triggers of deletion.
        yield (
            f"CREATE TRIGGER audit_guard_{name}_replace BEFORE INSERT ON {name} "
            f"WHEN EXISTS (SELECT 1 FROM {name} WHERE id = NEW.id) {refuse}"
        )
    yield (
        "CREATE TRIGGER audit_guard_number_replace BEFORE INSERT ON audit_entry "
        f"WHEN EXISTS (SELECT 1 FROM audit_entry WHERE number = NEW.number) {refuse}"
    )
    yield (
        "CREATE TRIGGER audit_guard_change_later BEFORE INSERT ON audit_change "
        f"WHEN EXISTS (SELECT 1 FROM audit_entry WHERE id = NEW.entry_id) {refuse}"
    )


def _values_on_sqlite(table: Table, event: str) -> tuple[str, str]:
    """The row before and after; of a change only the columns that differ."""
    columns = _told(table)

    def whole(row: str) -> str:
        pairs = ", ".join(f"'{column.name}', {row}.{_quoted(column)}" for column in columns)
        return f"json_object({pairs})"

    if event == "INSERT":
        return "NULL", whole("NEW")
    if event == "DELETE":
        return whole("OLD"), "NULL"
    pairs = " UNION ALL ".join(
        f"SELECT '{column.name}' AS c, OLD.{_quoted(column)} AS o, NEW.{_quoted(column)} AS n"
        for column in columns
    )
    return (
        f"(SELECT json_group_object(c, o) FROM ({pairs}) WHERE o IS NOT n)",
        f"(SELECT json_group_object(c, n) FROM ({pairs}) WHERE o IS NOT n)",
    )


def _of_postgresql(tables: MetaData) -> Iterable[str]:
    # The first change of a transaction takes the number of the entry that must follow.
    yield """
        CREATE OR REPLACE FUNCTION audit_entry_of_transaction() RETURNS integer LANGUAGE plpgsql AS $$
        BEGIN
            IF coalesce(current_setting('casework_qa.entry', true), '') = '' THEN
                PERFORM set_config('casework_qa.entry',
                    nextval(pg_get_serial_sequence('audit_entry', 'id'))::text, true);
            END IF;
            RETURN current_setting('casework_qa.entry')::integer;
        END $$"""
    # TG_ARGV: the columns that are the key, and those that are not told.
    yield """
        CREATE OR REPLACE FUNCTION audit_row() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            old_row jsonb := CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END;
            new_row jsonb := CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END;
            row_key text;
            hidden text[] := string_to_array(TG_ARGV[1], ' ');
        BEGIN
            SELECT string_agg(coalesce(new_row, old_row) ->> k, ' ' ORDER BY place) INTO row_key
                FROM unnest(string_to_array(TG_ARGV[0], ' ')) WITH ORDINALITY AS keys(k, place);
            old_row := old_row - hidden;
            new_row := new_row - hidden;
            IF TG_OP = 'UPDATE' THEN
                SELECT coalesce(jsonb_object_agg(o.key, o.value), '{}'),
                        coalesce(jsonb_object_agg(o.key, n.value), '{}')
                    INTO old_row, new_row
                    FROM jsonb_each(old_row) o JOIN jsonb_each(new_row) n ON n.key = o.key
                    WHERE o.value IS DISTINCT FROM n.value;
            END IF;
            INSERT INTO audit_change (entry_id, table_name, row_key, kind, before, after) VALUES (
                audit_entry_of_transaction(), TG_TABLE_NAME, row_key,
                CASE TG_OP WHEN 'INSERT' THEN 'added' WHEN 'UPDATE' THEN 'changed' ELSE 'deleted' END,
                old_row::json, new_row::json);
            RETURN NULL;
        END $$"""
    yield """
        CREATE OR REPLACE FUNCTION audit_table() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO audit_change (entry_id, table_name, row_key, kind) VALUES (
                audit_entry_of_transaction(), TG_TABLE_NAME, '',
                CASE TG_OP WHEN 'INSERT' THEN 'added' WHEN 'UPDATE' THEN 'changed' ELSE 'deleted' END);
            RETURN NULL;
        END $$"""
    yield f"""
        CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN
                IF NOT EXISTS (SELECT 1 FROM audit_entry WHERE id = NEW.entry_id) THEN
                    RETURN NEW;
                END IF;
            ELSIF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'audit_change' THEN
                IF {_IS_DISPOSAL} THEN
                    RETURN NEW;
                END IF;
            END IF;
            RAISE EXCEPTION '{_SAYS}';
        END $$"""
    for table in watched(tables):
        if table.name in _IN_BULK:
            for event, kind in _KINDS.items():
                yield (
                    f'CREATE TRIGGER audit_{table.name}_{kind} AFTER {event} ON "{table.name}" '
                    "FOR EACH STATEMENT EXECUTE FUNCTION audit_table()"
                )
            continue
        told = {column.name for column in _told(table)}
        key = " ".join(column.name for column in table.primary_key.columns)
        hidden = " ".join(column.name for column in table.columns if column.name not in told)
        yield (
            f'CREATE TRIGGER audit_{table.name}_rows AFTER INSERT OR UPDATE OR DELETE ON "{table.name}" '
            f"FOR EACH ROW EXECUTE FUNCTION audit_row('{key}', '{hidden}')"
        )
    for name in TRAIL:
        yield (
            f"CREATE TRIGGER audit_guard_{name}_rows BEFORE UPDATE OR DELETE ON {name} "
            "FOR EACH ROW EXECUTE FUNCTION audit_refuse()"
        )
        yield (
            f"CREATE TRIGGER audit_guard_{name}_all BEFORE TRUNCATE ON {name} "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
        )
    yield (
        "CREATE TRIGGER audit_guard_change_later BEFORE INSERT ON audit_change "
        "FOR EACH ROW EXECUTE FUNCTION audit_refuse()"
    )


def _quoted(column: Column[object]) -> str:
    return f'"{column.name}"'
