"""The table people work through: what it says when it is empty, its pages, its search, its words."""

from streamlit.testing.v1 import AppTest

_SCRIPT = """
import pandas as pd
from datetime import UTC, date, datetime
from qa_app.table import table

frame = pd.DataFrame({{
    "Case": [f"C-{{number:03}}" for number in range({rows})],
    "Closed": [date(2007, 3, 27)] * {rows},
    "Imported": [datetime(2007, 7, 1, 23, 30, tzinfo=UTC)] * {rows},
    "High risk": [number % 2 == 0 for number in range({rows})],
    "Days": [number if number % 7 else None for number in range({rows})],
}})
table(frame, caption="Closed cases", key="cases", empty="No case is closed yet.", download="cases.csv")
"""


def _shown(rows: int) -> AppTest:
    app = AppTest.from_string(_SCRIPT.format(rows=rows), default_timeout=60).run()
    assert not app.exception
    return app


def test_an_empty_table_says_so() -> None:
    app = _shown(0)
    assert [text.value for text in app.markdown] == ["**Closed cases**", "No case is closed yet."]
    assert not app.dataframe


def test_a_short_table_has_no_pages_and_no_search() -> None:
    app = _shown(25)
    assert len(app.dataframe[0].value) == 25
    assert not app.text_input
    assert not app.caption


def test_truth_values_are_words_and_moments_are_the_offices() -> None:
    frame = _shown(2).dataframe[0].value
    assert frame["High risk"].tolist() == ["Yes", "No"]
    # Half past eleven at night by UTC is half past midnight of the next day, in a British summer.
    assert str(frame["Imported"].iloc[0]) == "2007-07-02 00:30:00"


def test_pages_are_turned() -> None:
    app = _shown(60)
    assert app.caption[0].value == "Showing 1 to 25 of 60"
    assert app.button(key="cases-page-Previous").disabled
    app.button(key="cases-page-Next").click().run()
    app.button(key="cases-page-Next").click().run()
    assert app.caption[0].value == "Showing 51 to 60 of 60"
    assert app.dataframe[0].value["Case"].tolist()[0] == "C-050"
    assert app.button(key="cases-page-Next").disabled


def test_a_search_looks_into_every_column_as_it_is_written() -> None:
    app = _shown(60)
    app.button(key="cases-page-Next").click().run()
    app.text_input(key="cases-search").input("c-01").run()
    assert app.dataframe[0].value["Case"].tolist() == [f"C-{number:03}" for number in range(10, 20)]
    app.text_input(key="cases-search").input("27 march").run()
    assert app.caption[0].value == "Showing 26 to 50 of 60"  # the page one was on
    app.text_input(key="cases-search").input("nothing like it").run()
    assert "No row contains what you searched for." in [text.value for text in app.markdown]


def test_the_order_is_of_all_rows_and_not_of_the_page() -> None:
    app = _shown(60)
    app.selectbox(key="cases-order").select("Days").run()
    assert app.dataframe[0].value["Days"].tolist()[:3] == [1, 2, 3]
