"""The first lines of a long report: each standard and figure in one sentence."""

from collections.abc import Sequence

from learning_register.period_figures import Figure, period_figures
from learning_register.report_contents import Points, Section
from qa_app.reports.making import Making
from qa_app.reports.method import FIGURES
from qa_app.reports.standards import samples_of
from qa_app.wording import MEASURES, VERDICTS, percent, whole_percent
from sampling.tables import Route

_TOLD = (
    "reviews_open_overall",
    "sampling_done",
    "agreement",
    "service_standard",
    "cases_received",
    "cases_closed",
    "learning_individual",
    "learning_organisational",
    "learning_good_practice",
    "actions_done",
)


def in_short(making: Making) -> Sequence[Section]:
    """The verdicts of the period's samples, and its other figures."""
    lines = [
        f"{MEASURES[measure.measure]} of closed cases, standard {whole_percent(measure.standard)}: "
        f"{VERDICTS[measure.judgement.verdict].lower()} ({result.name})"
        for result in samples_of(making, Route.CENTRAL)
        for measure in result.measures
    ]
    figures = period_figures(making.session, making.person, first=making.first, last=making.last)
    lines += [f"{FIGURES[name]}: {_in_words(figures[name])}" for name in _TOLD if name in figures]
    return [Section("In short", (Points(tuple(lines)),))]


def _in_words(figure: Figure) -> str:
    if figure.denominator is None:
        return f"{figure.numerator:,}"
    if not figure.denominator:
        return "none yet"
    share = percent(figure.numerator / figure.denominator)
    return f"{figure.numerator:,} of {figure.denominator:,}, {share}"
