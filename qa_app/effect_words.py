"""The sentences that read what came of an action."""

from typing import Final

import pandas as pd

from learning_register.action_effects import ActionEffect
from learning_register.effectiveness import BeforeAndAfter, Effect
from learning_register.follow_up import Result
from qa_app.wording import cases_in_words, in_words, percent, whole_percent

_SHOWN: Final = {
    Effect.WORKED: "Worked",
    Effect.NOT_SHOWN: "Not shown",
    Effect.WORSE: "Worse",
}
_READ: Final = {
    Effect.WORKED: "fewer reviews fail {what} since the action was done.",
    Effect.NOT_SHOWN: "the reviews do not tell whether the action made a difference.",
    Effect.WORSE: "more reviews fail {what} since the action was done.",
}


def effect_sentence(effect: ActionEffect) -> str:
    """Did the action work? With both shares, the number of reviews, and the range of the difference."""
    counts = effect.counts
    if effect.is_chosen:
        return (
            "Whether it worked is not for you to say: of managers' reviews you see only those that were "
            "scored again, and these are chosen by their result. The Head of Customer Care sees all of them."
        )
    what = "this requirement" if len(effect.items) == 1 else "any of these requirements"
    for reviewed, when in (
        (counts.reviewed_after, f"after {in_words(effect.done_on)}"),
        (counts.reviewed_before, f"from {in_words(effect.since)} to {in_words(effect.done_on)}"),
    ):
        if not reviewed:
            answers = f"no other review {when} that you may see answers {what}."
            return f"Not shown: {answers} {needed_sentence(counts)}".strip()
    return (
        f"{_SHOWN[counts.verdict]}: {_READ[counts.verdict].format(what=what)} "
        f"Not met in {_of(counts, after=False)} before, and in {_of(counts, after=True)} after. "
        f"{_range(counts)} {needed_sentence(counts)}"
    ).strip()


def needed_sentence(counts: BeforeAndAfter) -> str:
    """How many more reviews would show that it worked; empty where the counts say something already."""
    if counts.verdict is not Effect.NOT_SHOWN:
        return ""
    if not counts.reviewed_before:
        return "Without reviews from before, no number of them can show it."
    needed, rate = counts.reviews_needed, "none of them failing"
    if counts.failed_after and counts.share_after is not None:
        rate = f"failing as often as those so far ({percent(counts.share_after)})"
    if needed is None:
        if counts.failed_after:
            return "No number of further reviews would show it, failing as often as those so far."
        return "No number of further reviews would show it: too little failed before."
    more = "more review" if needed == 1 else "more reviews"
    return f"{needed:,} {more}, {rate}, would show it."


def proposal_sentence(effect: ActionEffect) -> str:
    """What the product proposes to the verifier, with the reason."""
    if effect.proposed is None:
        return "Nothing is proposed: from what you may see, nothing can be concluded."
    reason = {
        Result.EFFECTIVE: "so few failures since it was done would be unlikely had nothing changed",
        Result.NOT_EFFECTIVE: "so many failures since it was done would be unlikely had nothing changed",
        Result.NOT_SHOWN: "the samples show no difference that could not be chance",
    }[effect.proposed]
    proposed = {
        Result.EFFECTIVE: "effective",
        Result.NOT_EFFECTIVE: "not effective",
        Result.NOT_SHOWN: "not shown, unless there is time for more reviews",
    }[effect.proposed]
    return f"Proposed: {proposed}, because {reason}. The verifier decides."


def effect_basis(effect: ActionEffect) -> str:
    """What was counted, and how sure the verdict is."""
    whose = "the whole office" if effect.of_office else effect.team or "cases without a team"
    if effect.is_open:
        cases, dated = "open cases that managers sampled", "the file was read"
    else:
        cases, dated = "closed cases of the central samples", "the case was closed"
    confidence = whole_percent(effect.counts.confidence)
    several = "" if len(effect.items) == 1 else "A review fails when any of the requirements does. "
    return (
        f"Answers of {cases}, {whose}, as far as you may see the reviews, by the day on which {dated}. "
        f"{several}The review it was learned from is left out, since it was picked because it failed, and so "
        "are reviews of files that were not found or on a scorecard that meant something else; what "
        "cannot be assessed counts as not met. Fisher's exact test says whether it worked, at "
        f"{confidence}; the range of the difference is exact too, but wider than the test needs. Other "
        "things may have changed at the same time, and whoever looks again after every review and stops at "
        "the first good sign is misled more often than that."
    )


def effect_chart_frame(effect: ActionEffect) -> pd.DataFrame:
    """The shares not met before and after with their intervals, for the chart; without what has no review."""
    counts = effect.counts
    rows = [
        ("Before", counts.reviewed_before, counts.share_before, counts.before),
        ("After", counts.reviewed_after, counts.share_after, counts.after),
    ]
    return pd.DataFrame(
        [
            {
                "label": f"{when} ({cases_in_words(reviewed, 'review')})",
                "share": share,
                "low": limits.low,
                "high": limits.high,
            }
            for when, reviewed, share, limits in rows
            if reviewed
        ]
    )


def effect_chart_sentence(effect: ActionEffect) -> str:
    """What the chart shows, for those who do not see it."""
    counts = effect.counts
    parts = [
        f"{when} {percent(share)} of {cases_in_words(reviewed, 'review')}, likely range "
        f"{percent(limits.low)} to {percent(limits.high)}"
        for when, reviewed, share, limits in (
            ("before", counts.reviewed_before, counts.share_before, counts.before),
            ("after", counts.reviewed_after, counts.share_after, counts.after),
        )
        if share is not None
    ]
    return f"Share of reviews not met: {'; '.join(parts)} ({whole_percent(counts.confidence)} sure of each)."


def effect_table(effect: ActionEffect) -> pd.DataFrame:
    """The reviews behind the verdict: all of them, and each requirement."""
    before = f"{in_words(effect.since)} to {in_words(effect.done_on)}"
    after = f"After {in_words(effect.done_on)}"
    parts = [("All reviews", effect.counts)] if len(effect.items) > 1 else []
    parts += [(f"{item.requirement} ({item.scorecard})", item.counts) for item in effect.items]
    return pd.DataFrame(
        [
            {
                "What": what,
                "When": when,
                "Reviews": reviewed,
                "Not met": failed,
                "Share not met": "" if share is None else percent(share),
                "Likely range": f"{percent(limits.low)} to {percent(limits.high)}" if reviewed else "",
            }
            for what, counts in parts
            for when, reviewed, failed, share, limits in (
                (before, counts.reviewed_before, counts.failed_before, counts.share_before, counts.before),
                (after, counts.reviewed_after, counts.failed_after, counts.share_after, counts.after),
            )
        ]
    )


def _of(counts: BeforeAndAfter, *, after: bool) -> str:
    failed = counts.failed_after if after else counts.failed_before
    reviewed = counts.reviewed_after if after else counts.reviewed_before
    return f"{failed:,} of {cases_in_words(reviewed, 'review')} ({percent(failed / reviewed)})"


def _range(counts: BeforeAndAfter) -> str:
    return (
        f"The difference lies between {_points(counts.difference_low)} and {_points(counts.difference_high)} "
        f"({whole_percent(counts.confidence)} sure)."
    )


def _points(difference: float) -> str:
    """A difference of shares: 12.5 percentage points fewer."""
    tenths = round(abs(difference) * 1000)
    if not tenths:
        return "no difference"
    return f"{tenths / 10:.1f} percentage points {'fewer' if difference < 0 else 'more'}"
