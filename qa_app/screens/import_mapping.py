"""Which column of the file means what: chosen, tried on the first rows, saved under a name."""

from dataclasses import replace
from datetime import datetime
from typing import Final

import pandas as pd
import streamlit as st

from qa_app.import_queries import shipped_mappings
from qa_app.runtime import as_typed, carry_out, reading, table
from qa_app.screens.import_fields import edit_mapping
from qa_app.screens.import_upload import Upload
from sampling.records.case_import_history import newest_import
from sampling.records.case_mapping import FIELDS, Mapping, check_mapping, columns_used
from sampling.records.case_mappings_saved import save_mapping, saved_mappings
from sampling.records.case_rows import ParsedCase, parse_cases
from sampling.refused import Refused

_GUESS: Final = "A first guess from the names of the columns"
_FIRST_ROWS: Final = 5


def choose_mapping(upload: Upload, as_at: datetime) -> tuple[Mapping, str | None, bool]:
    """The mapping as it stands on screen, the name it is known under, and whether it can be used."""
    known = _known()
    fitting = [words for words, (_, mapping) in known.items() if not _columns_missing(mapping, upload)]
    words = st.selectbox(
        "Start from",
        [*fitting, _GUESS, *(words for words in known if words not in fitting)],
        format_func=lambda words: words if words in (*fitting, _GUESS) else f"{words}: columns are missing",
        key=f"start-{upload.file_id}",
        help="A mapping that was saved, an example that comes with the product, or a first guess.",
    )
    name, start = known.get(words, ("", upload.suggestion))
    if lost := _columns_missing(start, upload):
        listed = ", ".join(f"“{column}”" for column in lost)
        st.warning(as_typed(f"The mapping asks for columns that the file does not have: {listed}."))
    with st.expander("Columns and their meaning", expanded=words not in fitting):
        mapping = edit_mapping(upload, _without(start, set(lost)), prefix=f"{upload.file_id}-{words}")
    _say_dropped(mapping, upload)
    ready = _show_first_rows(mapping, upload, as_at)
    _offer_to_save(mapping, name)
    return mapping, next((name for name, other in known.values() if other == mapping), None), ready


def _known() -> dict[str, tuple[str, Mapping]]:
    """Saved mappings, the one used last before the others, then the shipped examples: name and mapping."""
    with reading() as session:
        saved = saved_mappings(session)
        newest = newest_import(session)
    last = newest.mapping_name if newest is not None else None
    known = {name: (name, saved[name]) for name in sorted(saved, key=lambda name: name != last)}
    for name, mapping in shipped_mappings().items():
        known.setdefault(f"{name} (example)", (name, mapping))
    return known


def _columns_missing(mapping: Mapping, upload: Upload) -> list[str]:
    wanted = dict.fromkeys([*columns_used(mapping).values(), *mapping.attributes])
    return [column for column in wanted if column not in upload.table.columns]


def _without(mapping: Mapping, columns: set[str]) -> Mapping:
    """The mapping with columns that the file does not have left unchosen."""
    blank = Mapping()
    lost = [name for name, column in columns_used(mapping).items() if column in columns]
    kept = {column: name for column, name in mapping.attributes.items() if column not in columns}
    return replace(mapping, **{name: getattr(blank, name) for name in lost}, attributes=kept)


def _say_dropped(mapping: Mapping, upload: Upload) -> None:
    used = {*columns_used(mapping).values(), *mapping.attributes}
    dropped = [column for column in upload.table.columns if column not in used]
    if dropped:
        listed = as_typed(", ".join(dropped))
        st.write(f"**Not kept:** {len(dropped):,} of {len(upload.table.columns):,} columns: {listed}.")
    else:
        st.write("Every column of the file is kept.")


def _show_first_rows(mapping: Mapping, upload: Upload, as_at: datetime) -> bool:
    """Show how the first rows would be read; False, with what is still to be chosen, when they cannot be."""
    try:
        check_mapping(mapping, upload.table.columns)
        if not mapping.team and not mapping.team_name:
            raise Refused("No team is chosen. Choose its column, or type one team for all cases.")
        first = replace(upload.table, rows=upload.table.rows[:_FIRST_ROWS])
        extract = parse_cases(first, mapping, as_at=as_at)
    except Refused as refused:
        st.info(f"**Still to do**\n\n{as_typed(str(refused))}")
        return False
    told = [name for name in FIELDS if name in (*extract.told, "reference", "state")]
    table(
        pd.DataFrame(
            [_told(case, told, mapping) for case in extract.rows],
            columns=[*(FIELDS[name].capitalize() for name in told), *mapping.attributes.values()],
        ),
        caption="The first rows, as they would be read",
        key="import-first-rows",
        empty="None of the first rows would be accepted.",
    )
    for refusal in extract.refusals:
        st.caption(as_typed(f"Row {refusal.row:,}, {refusal.column}, “{refusal.value}”: {refusal.reason}"))
    return True


def _told(case: ParsedCase, told: list[str], mapping: Mapping) -> list[object]:
    return [
        *(getattr(case, name) for name in told),
        *(case.attributes[name] for name in mapping.attributes.values()),
    ]


def _offer_to_save(mapping: Mapping, name_before: str) -> None:
    with st.expander("Save this mapping to use it again"):
        name = st.text_input("Name of the mapping", value=name_before, key=f"save-as-{name_before}")
        st.caption("A saved mapping of the same name is replaced.")
        if st.button("Save the mapping"):
            carry_out(
                lambda session, by: save_mapping(session, name or "", mapping, by=by),
                done=lambda saved: f"Saved the mapping “{saved.name}”.",
            )
