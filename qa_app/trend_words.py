"""The sentences that read results over time, between teams, and requirement by requirement."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

import pandas as pd

from qa_app.wording import VERDICTS, cases_in_words, percent, whole_percent
from scorecards.control_limits import ONE_SIDE, OUTSIDE, TREND, TWO_OF_THREE, OverDispersion
from scorecards.periods import Grain, first_day
from scorecards.review_counts import CaseGroup
from scorecards.standing_out import ACTION, TAIL, WARNING, CountSeries, Place, Trend, chance_of_a_signal
from scorecards.verdicts import Judgement

GROUPS: Final = {
    CaseGroup.CLOSED: "Closed cases",
    CaseGroup.OPEN: "Open cases",
    CaseGroup.THEME_CLOSED: "Themes, closed cases",
    CaseGroup.THEME_OPEN: "Themes, open cases",
}
GROUP_NOTES: Final = {
    CaseGroup.CLOSED: "Central samples of closed cases, each in the month in which its case was closed.",
    CaseGroup.OPEN: "Cases that managers sampled while they were open, each in the month of the sample: a "
    "count of what was sampled, not an estimate of all open cases.",
    CaseGroup.THEME_CLOSED: "Closed cases of themes, each in the month in which its case was closed. A theme "
    "looks where something was expected, so it does not stand for the office.",
    CaseGroup.THEME_OPEN: "Open cases of themes, each in the month from which its sample is. A theme looks "
    "where something was expected, so it does not stand for the office.",
}
MEASURES: Final = {"outcome": "Outcome", "method": "Method", "overall": "Requirements overall"}
SEALED: Final = (
    "You second-score managers' reviews, so of those you see only the ones whose second score is in. They "
    "are not all of a month, and not chosen evenly: nothing here says how managers or teams do."
)
PLACES: Final = {
    Place.WITHIN: "Within the limits",
    Place.BELOW: "Below",
    Place.ABOVE: "Above",
    Place.FAR_BELOW: "Far below",
    Place.FAR_ABOVE: "Far above",
}
TEAM_PLACES: Final = {
    Place.WITHIN: "Within the 95% limits",
    Place.BELOW: "Below the 95% limits",
    Place.ABOVE: "Above the 95% limits",
    Place.FAR_BELOW: "Below the 99.8% limits",
    Place.FAR_ABOVE: "Above the 99.8% limits",
}
_RULES: Final = {
    OUTSIDE: "outside the limits",
    TREND: "seven or more in a row up or down",
    TWO_OF_THREE: "two of three near one limit",
    ONE_SIDE: "seven or more in a row on one side of the mean",
}
_ENOUGH: Final = 12  # counts from which limits of single values are worth much
_QUARTERS: Final = ("Jan to Mar", "Apr to Jun", "Jul to Sep", "Oct to Dec")


def period_in_words(period: int, grain: Grain) -> str:
    """A month or a quarter by the number of its first month: “Jul 2026”, “Jul to Sep 2026”."""
    first = first_day(period)
    if grain is Grain.MONTH:
        return f"{first:%b %Y}"
    return f"{_QUARTERS[(first.month - 1) // 3]} {first.year}"


def share_in_words(share: float, low: float, high: float, *, against: Fraction | None = None) -> str:
    """An estimate with its interval: “97.5% (likely range 94.2% to 99.2%)”; empty without cases."""
    if pd.isna(share):
        return ""
    of = (percent(value, against=against) for value in (share, low, high))
    return "{} (likely range {} to {})".format(*of)


def trend_sentences(trend: Trend, grain: Grain, *, standard: Fraction | None) -> list[str]:
    """What a trend shows: all periods together, those that stand out, and how often chance does that."""
    if trend.rate is None or trend.low is None or trend.high is None:
        return ["No case has a result yet."]
    of = f"; the standard is {whole_percent(standard)}" if standard is not None else ""
    share = share_in_words(trend.rate, trend.low, trend.high, against=standard)
    sentences = [f"All together: {trend.met:,} of {cases_in_words(trend.n)} met, {share}{of}."]
    if trend.periods < 2:
        return [*sentences, f"There is one {grain} with results, so there is no trend to read yet."]
    out = trend.rows[trend.rows["place"] != Place.WITHIN]
    if out.empty:
        sentences.append(
            f"Each of the {trend.periods} {grain}s with results lies within its limits, so chance "
            "alone could explain the differences between them."
        )
    for _, row in out.iterrows():
        side, edge = ("below", "limit_low") if row["place"] == Place.BELOW else ("above", "limit_high")
        ordinary = "at least" if side == "below" else "at most"
        sentences.append(
            f"**{period_in_words(int(row['period']), grain)} stands out {side} its limits:** "
            f"{int(row['met']):,} of {int(row['n']):,} met; ordinary would be {ordinary} "
            f"{round(row[edge] * row['n']):,}."
        )
    chance = chance_of_a_signal(trend.periods, 2 * TAIL)
    sentences.append(
        f"Chance alone puts at least one of {trend.periods} outside with a chance of up to {percent(chance)}."
    )
    return sentences


def counts_sentence(series: CountSeries, grain: Grain, noun: str) -> str:
    """Whether counts are ordinary, by the four rules."""
    limits = series.limits
    if limits.mean is None or limits.low is None or limits.high is None:
        return f"Limits need two finished {grain}s at least."
    words = (
        f"{limits.mean:.1f} {noun} a {grain} on average; from {max(limits.low, 0):.1f} to {limits.high:.1f} "
        "is ordinary."
    )
    if len(series.rows) < _ENOUGH:
        words += f" From fewer than {_ENOUGH} {grain}s, limits are rough."
    found = [
        f"{_RULES[rule]}: {', '.join(period_in_words(period, grain) for period in periods)}"
        for rule, periods in series.signals.items()
        if periods
    ]
    return f"{words} Not ordinary: {'; '.join(found)}." if found else f"{words} Nothing stands out."


def teams_sentences(teams: pd.DataFrame, *, standard: Fraction) -> list[str]:
    """Which teams stand out, and how often chance alone does that among so many."""
    out = teams[teams["place"] != Place.WITHIN]
    words = [
        f"**{row['team']}** is {TEAM_PLACES[row['place']].lower()}: {int(row['met']):,} of {int(row['n']):,} "
        f"met, {share_in_words(row['share'], row['low'], row['high'], against=standard)}."
        for _, row in out.iterrows()
    ]
    if out.empty:
        words = [f"No team lies outside the {whole_percent(Fraction(str(WARNING)))} limits."]
    if len(teams) > 1:
        chance, far = (chance_of_a_signal(len(teams), 1 - level) for level in (WARNING, ACTION))
        words.append(
            f"Of {len(teams)} teams that are all on the standard, at least one lies outside the 95% limits "
            f"with a chance of up to {percent(chance)}, and outside the 99.8% limits of up to "
            f"{percent(far)}. So a team that stands apart is a question, not yet a finding."
        )
    return words


def dispersion_sentence(found: OverDispersion, by_chance_alone: Sequence[str]) -> str:
    """Why the limits of a funnel stand further apart, and who would be outside them if they did not."""
    assert found.ratio is not None
    assert found.p_value is not None
    words = (
        f"**These teams differ among themselves by more than chance explains:** their scatter is "
        f"{found.ratio:.1f} times what chance makes (p = {found.p_value:.3f}). So the limits allow for "
        "the ordinary difference between teams too."
    )
    if by_chance_alone:
        words += f" By chance alone these would be outside as well: {', '.join(by_chance_alone)}."
    return words


def judgement_in_words(judgement: Judgement | None, met: int, n: int, *, standard: Fraction | None) -> str:
    """A verdict for a table; of what is only counted whether the standard was reached, as a count."""
    if judgement is not None:
        return VERDICTS[judgement.verdict]
    if standard is None:
        return "Counts only"
    if not n:
        return "No result yet"
    return "Reached" if met >= standard * n else "Not reached"


def requirement_sentences(together: pd.DataFrame, names: dict[str, str], *, most: int = 3) -> Sequence[str]:
    """Which requirements are not met most often, by how many cases, each with its share."""
    failing = together[together["met"] < together["n"]].copy()
    if failing.empty:
        return ["Every requirement is met wherever it applied."]
    failing["fails"] = failing["n"] - failing["met"]
    total = int(failing["fails"].sum())
    first = failing.nlargest(most, "fails")
    listed = "; ".join(
        f"{names[row['requirement']]}: {int(row['fails']):,} of {cases_in_words(int(row['n']))}, met in "
        f"{share_in_words(row['share'], row['low'], row['high'])}"
        for _, row in first.iterrows()
    )
    start = f"{cases_in_words(total, 'answer')} not met. "
    return [f"{start}Most of them: {listed}." if len(failing) > most else f"{start}They are: {listed}."]
