"""How many to review, to show a standard: the sizes side by side, and what would follow from each."""

from collections.abc import Mapping
from fractions import Fraction

import pandas as pd
import streamlit as st

from qa_app.runtime import fresh, problem, table
from qa_app.sample_words import Judged, chances, consequences, option_in_words
from qa_app.wording import percent, whole_percent
from sampling.planning import SizeOption, options_to_show
from sampling.refused import Refused
from sampling.samples import ToShow


def choose_size(populations: Mapping[str, int], judged: Judged) -> ToShow | None:
    """Show the sizes with what would follow, and ask for one. None, with the reason, when there is none."""
    try:
        options = options_to_show(populations, standard=judged.standard, assurance=judged.assurance)
    except Refused as refused:
        problem(str(refused))
        return None
    possible = {option.allowed_failures: option for option in options if not option.refusal}
    if not possible:
        problem(options[0].refusal)
        return None
    sure, share = whole_percent(judged.assurance), whole_percent(judged.standard)
    st.write(
        f"These sizes show, with {sure} assurance, that at least {share} of the {judged.population:,} "
        f"{judged.noun}s {judged.meet}. {sure} assurance means: an office that misses the standard would "
        f"pass with a chance of at most {whole_percent(1 - Fraction(judged.assurance))}. Allowing for a few "
        f"that {judged.fail} takes more reviews, and is fairer where things are good but not perfect."
    )
    frame = _side_by_side(list(possible.values()), judged)
    to_the_right = st.column_config.TextColumn(alignment="right")
    table(
        frame,
        caption="How many to draw",
        key=f"options-{judged.noun}",
        columns=dict.fromkeys(frame.columns, to_the_right),
    )
    # The words of a choice stay the same when the sizes change: else the browser forgets what was chosen.
    allowed = st.radio(
        f"How many may {judged.fail}",
        list(possible),
        format_func=lambda count: str(count) if count else "None",
        horizontal=True,
        key=fresh(f"allowed-{judged.noun}"),
    )
    st.markdown(f"**{option_in_words(possible[allowed], judged)}**")
    lines = consequences(possible[allowed], judged)
    st.markdown("\n".join(f"- {line}" for line in lines))
    st.write(chances(possible[allowed], judged))
    return ToShow(judged.standard, judged.assurance, allowed)


def _side_by_side(options: list[SizeOption], judged: Judged) -> pd.DataFrame:
    rows = [
        (
            str(option.allowed_failures or "None"),
            f"{option.size:,}",
            percent((option.size or 0) / judged.population),
            "Not possible" if option.missed_from is None else f"{option.missed_from:,} or more {judged.fail}",
            "" if option.good_passes is None else percent(option.good_passes),
        )
        for option in options
    ]
    columns = [f"May {judged.fail}", "To draw", "Of all", "Shown missed if", "A good office passes"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame if (frame[columns[-1]] != "").any() else frame[columns[:-1]]
