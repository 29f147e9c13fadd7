"""What a file would do to the books, and doing it."""

from dataclasses import asdict
from datetime import datetime

import pandas as pd
import streamlit as st

from qa_app.runtime import as_typed, do, problem, reading, table
from qa_app.screens.import_upload import Checked, Upload, drop_file
from qa_app.wording import cases_in_words, moment_in_words
from sampling.records.case_import import Preview, import_cases, preview_import
from sampling.records.case_import_history import newest_import
from sampling.records.case_mapping import Mapping
from sampling.records.case_rows import RefusedRow, parse_cases
from sampling.records.cases import Import
from sampling.refused import Refused


def check_and_import(upload: Upload, mapping: Mapping, mapping_name: str | None, as_at: datetime) -> None:
    """Check the whole file when asked to, show what came out, and import it when asked to."""
    last_import = _last_import()
    checked = upload.checked
    if checked is not None and (checked.mapping, checked.as_at, checked.last_import) != (
        mapping,
        as_at,
        last_import,
    ):
        st.write("Something was changed since the file was checked. Check it again.")
        checked = None
    if checked is None:
        if not st.button("Check the whole file", type="primary"):
            return
        upload.checked = _check(upload, mapping, as_at, last_import)
        if upload.checked is None:
            return
        st.rerun()
    else:
        _show(checked, upload.file_id)
        _offer_to_import(upload, checked, mapping_name)


def _last_import() -> int | None:
    with reading() as session:
        newest = newest_import(session)
    return newest.id if newest is not None else None


def _check(upload: Upload, mapping: Mapping, as_at: datetime, last_import: int | None) -> Checked | None:
    bar = st.progress(0.1, f"Reading {len(upload.table.rows):,} rows")
    try:
        extract = parse_cases(upload.table, mapping, as_at=as_at)
        bar.progress(0.5, f"Comparing {cases_in_words(len(extract.rows))} with the books")
        with reading() as session:
            preview = preview_import(
                session, extract, as_at=as_at, file_sha256=upload.sha256, mapping=mapping
            )
    except Refused as refused:
        problem(str(refused))
        return None
    finally:
        bar.empty()
    return Checked(mapping, as_at, last_import, extract, preview)


def _show(checked: Checked, file_id: str) -> None:
    preview = checked.preview
    st.markdown(
        "| What the import would do | Cases |\n|:--|--:|\n"
        f"| New | {preview.new:,} |\n"
        f"| Changed | {preview.changed:,} |\n"
        f"| The same as before | {preview.same:,} |\n"
        f"| In the books but not in this file (they stay as they are) | {preview.vanished:,} |\n"
        f"| Rows refused | {preview.rows_refused:,} |\n"
    )
    for sentence in (*_made(preview), *checked.extract.notes):
        st.markdown(f"- {as_typed(sentence)}")
    if checked.extract.refusals:
        _show_refused(checked.extract.refusals, key=f"refused-{file_id}")
    if preview.vanished:
        with st.expander("Cases that are not in this file"):
            table(
                pd.DataFrame({"Reference": preview.vanished_references}),
                caption="In the books but not in this file",
                key=f"vanished-{file_id}",
                download="cases-not-in-the-file.csv",
            )


def _made(preview: Preview) -> list[str]:
    said = []
    if preview.new_teams:
        listed = ", ".join(preview.new_teams[:5])
        more = f" and {len(preview.new_teams) - 5:,} more" if len(preview.new_teams) > 5 else ""
        said.append(f"Teams that will be added: {len(preview.new_teams):,} ({listed}{more}).")
    if preview.new_people:
        said.append(
            f"People that will be added by their names in the case system: {len(preview.new_people):,}. "
            "They cannot sign in until an administrator completes them."
        )
    return said


def _show_refused(refusals: list[RefusedRow], *, key: str) -> None:
    frame = pd.DataFrame([asdict(refusal) for refusal in refusals])
    frame.columns = pd.Index(["Row", "Column", "Value", "Reason"])
    table(
        frame,
        caption="Refused rows: the rest of the file can be imported without them",
        key=key,
        columns={"Row": st.column_config.NumberColumn(format="localized", width="small")},
        download="refused-rows.csv",
    )


def _offer_to_import(upload: Upload, checked: Checked, mapping_name: str | None) -> None:
    preview, extract = checked.preview, checked.extract
    if preview.same_file is not None:
        st.info(
            f"This file was imported before, on {moment_in_words(preview.same_file.at)}, with the same "
            "mapping. There is nothing to do, and nothing was changed."
        )
        return
    if not extract.rows:
        st.info("None of the rows can be imported. Most likely a column or a date format is chosen wrongly.")
        return
    confirmed = preview.older_than is None
    if preview.older_than is not None:
        older_than = preview.older_than
        st.warning(
            as_typed(
                f"This extract is older than {older_than.file_name}, made on "
                f"{moment_in_words(older_than.as_at)}, which is in the books already."
            )
        )
        confirmed = st.checkbox(
            "It is meant as a correction: what it says replaces what the newer extract said",
            key=f"older-{upload.file_id}",
        )
    if st.button(f"Import {cases_in_words(len(extract.rows))}", type="primary", disabled=not confirmed):
        _import(upload, checked, mapping_name, confirm_older=confirmed)


def _import(upload: Upload, checked: Checked, mapping_name: str | None, *, confirm_older: bool) -> None:
    bar = st.progress(0.0, "Importing")
    made = do(
        lambda session, by: import_cases(
            session,
            checked.extract,
            file_name=upload.file_name,
            file_sha256=upload.sha256,
            as_at=checked.as_at,
            mapping=checked.mapping,
            mapping_name=mapping_name,
            confirm_older=confirm_older,
            by=by,
            progress=bar.progress,
        ),
        done=_what_was_done,
    )
    bar.empty()
    if made is not None:
        drop_file()
        st.rerun()


def _what_was_done(made: Import) -> str:
    return (
        f"Imported {made.file_name}: {made.cases_new:,} new, {made.cases_changed:,} changed, "
        f"{made.cases_same:,} the same; {made.rows_refused:,} rows refused."
    )
