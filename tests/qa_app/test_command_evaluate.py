"""`qa evaluate`: the numbers of the screens from the command line, and from plain counts."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from scored_office import ScoredOffice
from typer.testing import CliRunner, Result

from qa_app.command_line import app
from qa_app.migrating import migrate
from sampling.records.database import connect
from sampling.tables import Route
from scorecards.requirements import Kind
from scorecards.results import sample_result
from scorecards.team_results import team_results

QA, HEAD, NORTH = "Quinn Qua", "Hedda Head", "Nora North"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> ScoredOffice:
    """An office with a sample half reviewed and a theme; the tests only read it, or a copy."""
    engine = connect(f"sqlite:///{tmp_path_factory.mktemp('template') / 'office.sqlite'}")
    migrate(engine)
    made = ScoredOffice(engine, closed=40, with_sign_in=(QA, HEAD, NORTH))
    made.draw_closed([12, 12])
    made.draw_closed([5], route=Route.THEMATIC, name="Remedies")
    first, *others = made.to_do(QA, Route.CENTRAL)
    made.score(QA, first, not_met=Kind.OUTCOME)
    for sampled_id in others[:14]:
        made.score(QA, sampled_id)
    made.now = datetime.now(UTC)  # the command goes by the real clock
    engine.dispose()
    return made


@pytest.fixture
def database(template: ScoredOffice, tmp_path: Path) -> str:
    path = tmp_path / "office.sqlite"
    shutil.copy(str(template.engine.url.database), path)
    return str(path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["evaluate", *arguments])


def refused(*arguments: str) -> str:
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1
    return result.stderr.strip()


def as_json(*arguments: str) -> dict[str, object]:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.stderr
    found: dict[str, object] = json.loads(result.stdout)
    return found


def test_the_same_numbers_as_the_screen(template: ScoredOffice, database: str) -> None:
    found = as_json("--sample", "Quarter", "--by", "hedda@example.org", "--database", database)
    expected = template.ask(sample_result, HEAD, found["draw"])
    outcome, method = expected.measures
    assert (found["population"], found["drawn"], found["reviewed"]) == (40, 24, 15)
    assert (found["draw_number"], found["draws_for_period"], found["draws_voided"]) == (1, 1, 0)
    measures = found["measures"]
    assert isinstance(measures, list)
    for measure, result in zip(measures, (outcome, method), strict=True):
        judgement = result.judgement
        assert (measure["verdict"], measure["met"]) == (judgement.verdict, judgement.met)
        assert (measure["at_least"], measure["at_most"]) == (judgement.lower, judgement.upper)
        assert measure["still_needed"] == judgement.still_needed
        assert (measure["likely_low"], measure["likely_high"]) == (result.likely_low, result.likely_high)
        assert measure["while_it_runs"]["of"] == 24
    teams = template.ask(team_results, HEAD, found["draw"], measure="outcome")
    assert [row["met"] for row in measures[0]["teams"]] == teams["met"].tolist()
    assert as_json("--draw", str(found["draw"]), "--by", "quinn@example.org", "--database", database) == found


def test_in_words(database: str) -> None:
    result = run("--sample", "Quarter", "--by", "quinn@example.org", "--database", database)
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0] == "Quarter"
    assert lines[1].startswith("15 of 24 cases in the sample reviewed, of 40 in all. 9 to do by 3 August")
    assert "Draw 1 of 1 for this period." in lines
    assert "Outcome, standard 98%" in lines
    assert lines[lines.index("Outcome, standard 98%") + 1].startswith("Missed: 14 of 15 met, 93.3%")
    theme = run("--sample", "Remedies", "--by", "quinn@example.org", "--database", database).stdout
    assert "Closed cases\nOutcome: no case has a result yet." in theme


def test_what_is_refused_of_a_sample(database: str) -> None:
    sample = ("--sample", "Quarter", "--database", database)
    assert "Say who asks, with --by" in refused(*sample)
    assert "Nobody here signs in as x@example.org" in refused(*sample, "--by", "x@example.org")
    by = ("--by", "quinn@example.org")
    assert "either --sample or --draw" in refused(*sample, "--draw", "1", *by)
    assert "either a sample of the office or counts" in refused(*sample, *by, "--met", "3")
    unknown = refused("--sample", "Nothing", "--database", database, *by)
    assert unknown.startswith("No sample called “Nothing”")
    assert "“Quarter”" in unknown
    assert "There is no such sample" in refused("--draw", "99", "--database", database, *by)
    nora = ("--by", "nora@example.org", "--database", database)
    assert "There are: none." in refused("--sample", "Quarter", *nora)
    assert "Office-wide results are for" in refused("--draw", "1", *nora)
    assert "There is no office" in refused("--sample", "Quarter", *by, "--database", database + "x")


def test_plain_counts_need_no_database() -> None:
    result = run("--met", "238", "--reviewed", "240", "--population", "812", "--standard", "0.98")
    lines = result.stdout.splitlines()
    assert lines[0].startswith("Not shown yet: 238 of 240 met, 99.2% of the sample.")
    assert lines[0].endswith("24 more cases, all met, would show it.")
    assert lines[2] == "Likely range: 97.4% to 99.8% of all 812 cases, with 95% confidence."
    assert lines[3].endswith("about 18 hours of work at 45 minutes a review.")
    without_end = as_json("--met", "59", "--reviewed", "59", "--standard", "0.95")
    assert (without_end["verdict"], without_end["population"]) == ("met", None)
    stricter = as_json("--met", "59", "--reviewed", "59", "--standard", "0.95", "--assurance", "0.99")
    assert stricter["verdict"] == "not shown"


def test_plain_strata() -> None:
    found = as_json("--stratum", "400,40,40", "--stratum", "300,30,29", "--standard", "0.9")
    assert (found["met"], found["reviewed"], found["population"]) == (69, 70, 700)
    assert found["method"] == "Hoeffding-binomial limit"
    exact = as_json(
        "--stratum", "400,40,40", "--stratum", "300,30,29", "--standard", "0.9", "--method", "worst-case"
    )
    assert exact["method"] == "exact worst case"
    assert exact["at_least"] >= found["at_least"]  # type: ignore[operator]


def test_a_method_that_cannot_be_carried_out_leaves_counts_and_the_reason() -> None:
    strata = [word for _ in range(12) for word in ("--stratum", "5000,500,480")]
    result = run(*strata, "--standard", "0.98", "--method", "worst-case")
    assert "No limit can be given, so the counts stand alone: The exact worst case" in result.stdout
    assert "The limit is" not in result.stdout
    found = as_json(*strata, "--standard", "0.98", "--method", "worst-case")
    assert (found["verdict"], found["at_least"], found["still_needed"]) == ("not shown", None, None)
    assert "too large to work out" in str(found["reason"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Name a sample with --sample or --draw, or give counts"),
        (("--met", "3", "--reviewed", "4"), "Give a standard"),
        (("--met", "3", "--standard", "0.9"), "both --met and --reviewed"),
        (("--met", "5", "--reviewed", "4", "--standard", "0.9"), "cannot be 5"),
        (("--met", "3", "--reviewed", "4", "--standard", "high"), "'high' is no standard"),
        (("--met", "3", "--reviewed", "4", "--standard", "98"), "above 0 and up to 1"),
        (("--stratum", "4,3", "--standard", "0.9"), "'4,3' is no stratum"),
        (("--stratum", "4,3,3", "--met", "3", "--standard", "0.9"), "Give either --stratum"),
        (("--stratum", "9,3,3", "--standard", "0.9", "--method", "pooled"), "no method 'pooled'"),
    ],
)
def test_what_is_refused_of_counts(arguments: tuple[str, ...], words: str) -> None:
    assert words in refused(*arguments)


def test_a_voided_sample_is_called_voided(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'voided.sqlite'}")
    migrate(engine)
    office = ScoredOffice(engine, with_sign_in=(HEAD,))
    office.void(office.draw_closed([5]))
    with office.reading() as session:
        email = office.person(session, HEAD).email
    engine.dispose()
    assert email is not None
    words = refused("--sample", "Quarter", "--by", email, "--database", str(tmp_path / "voided.sqlite"))
    assert words.startswith("“Quarter” was voided: it has no results.")
