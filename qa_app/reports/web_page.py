"""A report as a web page: one file, with nothing in it that comes from elsewhere."""

from base64 import b64encode
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from learning_register.report_contents import Chart, ReportContents, day_in_words, words_of
from qa_app.reports.pictures import as_svg
from qa_app.wording import moment_in_words


def as_web_page(contents: ReportContents) -> bytes:
    """The page as HTML. Whatever people typed stands in it as they typed it, and is never taken for HTML."""
    return _template().render(report=contents).encode()


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("qa_app.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "words": words_of,
        "day": day_in_words,
        "moment": moment_in_words,
        "picture": _picture,
        "block": lambda block: type(block).__name__,
    }
    return environment.get_template("report.html")


def _picture(chart: Chart) -> str:
    """The drawing as an address: an image by itself, whose parts nothing else on the page can meet."""
    return f"data:image/svg+xml;base64,{b64encode(as_svg(chart.spec).encode()).decode()}"
