"""The quarterly learning and quality report: for senior management and the board."""

from collections.abc import Sequence

from learning_register.report_contents import Section
from qa_app.reports.casework import numbers, service
from qa_app.reports.in_short import in_short
from qa_app.reports.lessons import actions, learning
from qa_app.reports.making import Making
from qa_app.reports.method import method, restated
from qa_app.reports.sampling_done import register_of_draws, sampling_done
from qa_app.reports.standards import agreement, closed_cases, open_cases, over_time, requirements


def compose(making: Making) -> Sequence[Section]:
    """Numbers, standards with their verdicts, agreement, learning and what was done about it."""
    return [
        *in_short(making),
        *closed_cases(making),
        *open_cases(making),
        *sampling_done(making),
        *agreement(making),
        *over_time(making),
        *requirements(making),
        *learning(making),
        *actions(making),
        *numbers(making),
        *service(making),
        *restated(making),
        *method(making),
        *register_of_draws(making),
    ]
