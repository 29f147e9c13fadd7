"""The sentences that read what came of an action."""

from typing import Final

from learning_register.action_effects import ActionEffect
from learning_register.effectiveness import BeforeAndAfter, Effect
from qa_app.wording import cases_in_words, in_words, percent, whole_percent

_SHOWN: Final = {
    Effect.WORKED: "Worked",
    Effect.NOT_SHOWN: "Not shown",
    Effect.WORSE: "Worse",
}
_READ: Final = {
    Effect.WORKED: "fewer reviews fail this requirement since the action was done.",
    Effect.NOT_SHOWN: "the reviews do not tell whether the action made a difference.",
    Effect.WORSE: "more reviews fail this requirement since the action was done.",
}


def effect_sentence(effect: ActionEffect) -> str:
    """Did the action work? With both shares, the number of reviews, and the range of the difference."""
    counts = effect.counts
    if effect.is_chosen:
        return (
            "Whether it worked is not for you to say: of managers' reviews you see only those that were "
            "scored again, and these are chosen by their result. The Head of Customer Care sees all of them."
        )
    for reviewed, when in (
        (counts.reviewed_after, f"after {in_words(effect.done_on)}"),
        (counts.reviewed_before, f"from {in_words(effect.since)} to {in_words(effect.done_on)}"),
    ):
        if not reviewed:
            return f"Not shown: no other review {when} that you may see answers this requirement."
    return (
        f"{_SHOWN[counts.verdict]}: {_READ[counts.verdict]} Not met in {_of(counts, after=False)} before, "
        f"and in {_of(counts, after=True)} after. {_range(counts)}"
    )


def effect_basis(effect: ActionEffect) -> str:
    """What was counted, and how sure the verdict is."""
    whose = "the whole office" if effect.of_office else effect.team or "cases without a team"
    if effect.is_open:
        cases, dated = "open cases that managers sampled", "the file was read"
    else:
        cases, dated = "closed cases of the central samples", "the case was closed"
    confidence = whole_percent(effect.counts.confidence)
    return (
        f"Answers of {cases}, {whose}, as far as you may see the reviews, by the day on which {dated}. "
        "The review it was learned from is left out, since it was picked because it failed, and so are "
        "reviews of files that were not found or on a scorecard that meant something else; what "
        "cannot be assessed counts as not met. Fisher's exact test says whether it worked, at "
        f"{confidence}; the range of the difference is exact too, but wider than the test needs. Other "
        "things may have changed at the same time."
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
