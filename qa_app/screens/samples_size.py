"""How many to review, to show a standard: the sizes side by side, and what would follow from each."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd
import streamlit as st

from qa_app.planning_charts import passing_chart
from qa_app.planning_words import (
    chance_in_words,
    consequences,
    consequences_of_stages,
    convention,
    option_in_words,
    reading,
)
from qa_app.runtime import fresh, problem, table
from qa_app.sample_words import Judged
from qa_app.wording import percent, whole_percent
from sampling.plan_effects import Rule, passing_curves
from sampling.planning import SizeOption, in_two_stages, options_to_show
from sampling.refused import Refused
from sampling.samples import InTwoStages, Size, ToShow

_STAGES = -1  # beside the numbers of failures that a plan may allow for


@dataclass(frozen=True)
class Chosen:
    """A size that was chosen, how it falls on the strata, and how many cases a second stage would add."""

    size: Size
    sizes: Mapping[str, int]
    more: int = 0

    @property
    def to_show(self) -> bool:
        """Whether it is to show a standard: the bound that sized it then judges it."""
        return isinstance(self.size, ToShow | InTwoStages)


def choose_size(populations: Mapping[str, int], judged: Judged) -> ToShow | None:
    """Show the sizes with what would follow, and ask for one. None, with the reason, when there is none."""
    chosen = choose_to_show(populations, judged, stages=False)
    return chosen.size if chosen is not None and isinstance(chosen.size, ToShow) else None


def choose_to_show(populations: Mapping[str, int], judged: Judged, *, stages: bool = True) -> Chosen | None:
    """The same, with a sample in two stages among the choices where that is possible."""
    try:
        options = options_to_show(populations, standard=judged.standard, assurance=judged.assurance)
    except Refused as refused:
        problem(str(refused))
        return None
    possible = {option.allowed_failures: option for option in options if not option.refusal}
    if not possible:
        problem(options[0].refusal)
        return None
    rules = {allowed: Rule(option.size or 0, allowed) for allowed, option in possible.items()}
    if stages and len(populations) == 1:
        found = in_two_stages(judged.population, standard=judged.standard, assurance=judged.assurance)
        if found is not None:
            rules[_STAGES] = Rule(found.first_stage, 0, found.second_stage)
    _sizes(list(possible.values()), judged)
    # The words of a choice stay the same when the sizes change: else the browser forgets what was chosen.
    allowed = st.radio(
        f"How many may {judged.fail}",
        list(rules),
        format_func=_label,
        horizontal=True,
        key=fresh(f"allowed-{judged.noun}"),
        help="In two stages: none may fail; if exactly one does, as many again are reviewed, of which none "
        "may. Where things are good, that mostly takes fewer reviews than allowing for one."
        if _STAGES in rules
        else None,
    )
    rule = rules[allowed]
    st.markdown(f"**{option_in_words(rule.sample_size, judged)}**{_second(rule)}")
    lines = (
        consequences_of_stages(rule.sample_size, rule.second_stage, judged)
        if allowed == _STAGES
        else consequences(possible[allowed], judged)
    )
    st.markdown("\n".join(f"- {line}" for line in lines))
    _chart(rules, allowed, judged, strata=len(populations) > 1)
    if allowed == _STAGES:
        (code,) = populations
        size = InTwoStages(judged.standard, judged.assurance, judged.measure)
        return Chosen(size, {code: rule.sample_size}, rule.second_stage)
    return Chosen(
        ToShow(judged.standard, judged.assurance, allowed, judged.measure), possible[allowed].sizes or {}
    )


def _sizes(options: list[SizeOption], judged: Judged) -> None:
    sure, share = whole_percent(judged.assurance), whole_percent(judged.standard)
    st.write(
        f"These sizes show, with {sure} assurance, that at least {share} of the {judged.population:,} "
        f"{judged.noun}s {judged.meet}. {sure} assurance means: an office that misses the standard would "
        f"pass with a chance of at most {whole_percent(1 - Fraction(judged.assurance))}. Allowing for a few "
        f"that {judged.fail} takes more reviews, and is fairer where things are good but not perfect."
    )
    frame = _side_by_side(options, judged)
    to_the_right = st.column_config.TextColumn(alignment="right")
    table(
        frame,
        caption="How many to draw",
        key=f"options-{judged.noun}",
        columns=dict.fromkeys(frame.columns, to_the_right),
    )
    st.caption(convention(judged))


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


def _label(allowed: int) -> str:
    if allowed == _STAGES:
        return "None, in two stages"
    return str(allowed) if allowed else "None"


def _second(rule: Rule) -> str:
    return f", and {rule.second_stage:,} more if exactly one fails" if rule.second_stage else ""


def _chart(rules: Mapping[int, Rule], allowed: int, judged: Judged, *, strata: bool) -> None:
    names = {count: _label(count) for count in rules}
    curves = passing_curves(
        judged.population, judged.standard, {names[count]: rule for count, rule in rules.items()}
    )
    read = reading(rules[allowed], judged)
    st.markdown("**What the rule does to a good office and to a bad one**")
    st.altair_chart(
        passing_chart(
            curves,
            standard=float(judged.standard),
            chosen=names[allowed],
            order=list(names.values()),
            across=f"Share of all {judged.noun}s that {judged.meet}",
            rules=f"May {judged.fail}",
        ),
        alt=f"How often an office passes, by the share of its {judged.noun}s that {judged.meet}: {read} "
        "The figures are below.",
    )
    st.write(read)
    if strata:
        st.caption(
            "Worked out for failing cases that sit anywhere, by chance. Where they gather in one group, an "
            "office passes more or less often; one that misses the standard never more often than the "
            "assurance allows."
        )
    with st.expander("See the figures"):
        figures = curves.pivot(index="failing", columns="rule", values="chance")[list(names.values())]
        shown = figures.map(chance_in_words)
        shown.insert(0, f"{judged.noun.capitalize()}s that {judged.fail}", shown.index)
        shares = [percent((judged.population - count) / judged.population) for count in shown.index]
        shown.insert(1, f"Share that {judged.meet}", shares)
        table(
            shown.reset_index(drop=True).rename_axis(columns=None),
            caption=f"Chance to pass, when so many may {judged.fail}",
            key=f"curves-{judged.noun}",
            columns=dict.fromkeys(shown.columns, st.column_config.Column(alignment="right")),
        )
