"""The evidence pack: who may take it, that it is whole, checked by hand, and the same twice."""

import io
import shutil
import subprocess
import zipfile
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from kept import once
from scored_office import ScoredOffice
from sqlalchemy import Engine, select

from sampling.audited_samples import auditor_accounts, name_sample, samples_to_name, take_sample_back
from sampling.queries import drawn_cases, samples
from sampling.receipt import verify_receipt
from sampling.records.audit_trail import AuditEntry, check_trail, head
from sampling.records.auditor_accounts import open_auditor_account
from sampling.records.people import Role
from sampling.refused import Refused
from sampling.register_queries import what_happened, whole_register
from sampling.tables import AuditedSample, Draw, Route, SampledCase
from scorecards.actions import declare_involvement
from scorecards.adjudication import Reason, decide_pair, draw_adjudication, pair_of, start_pair
from scorecards.evidence import evidence_counts, open_sample, take_evidence
from scorecards.requirements import Kind, ResponseValue
from scorecards.submitting import correct_review
from scorecards.tables import Review, SecondScoring
from scorecards.tables_agreement import Adjudication

HEAD, ADA, MIRA = "Hedda Head", "Ada Min", "Mira Audit"
QUINN, ROBIN, NORA, SUE = "Quinn Qua", "Robin Qua", "Nora North", "Sue South"


@pytest.fixture
def audited(database: Engine) -> ScoredOffice:
    """North's and South's samples, all but one of North's reviewed, and a second scoring with one score in.

    The second score differs. One of North's reviews was corrected. Mira audits North's sample.
    """

    def make() -> None:
        once(database, "nothing", lambda: None)
        office = ScoredOffice(database)
        office.draw_closed([2])
        for team, manager in (("North", NORA), ("South", SUE)):
            office.draw_open(team, manager)
        for sampled_id in office.to_do(SUE, Route.OPEN):
            office.score(SUE, sampled_id)
        for number, sampled_id in enumerate(office.to_do(NORA, Route.OPEN)[:-1]):
            review_id = office.score(NORA, sampled_id)
            if number == 0:
                correct(office, review_id)
        office.draw_second()
        office.score(QUINN, of_second(office, "North")[0], not_met=Kind.OUTCOME)
        with office.writing() as session:
            ada = office.person(session, ADA)
            mira = open_auditor_account(
                session,
                MIRA,
                email="mira@audit.example",
                password="a long enough password",
                starts_on=date(2026, 7, 6),
                ends_on=date(2026, 7, 31),
                by=ada,
            )
            name_sample(session, session.get_one(Draw, draw_of(office, "North")), auditor=mira, by=ada)

    once(database, "an office that is audited", make)
    return ScoredOffice.found_in(database)


def correct(office: ScoredOffice, review_id: int) -> None:
    with office.writing() as session:
        key = office.requirement(session, Kind.OUTCOME)
        correct_review(
            session,
            session.get_one(Review, review_id),
            changes={key: {"response": ResponseValue.NOT_MET, "evidence": "=1+1 on page 3."}},
            reason="The page was missing.",
            by=office.person(session, NORA),
        )


def draw_of(office: ScoredOffice, name: str) -> int:
    found = {row.name: row.draw_id for row in office.ask(samples, HEAD)}
    (draw_id,) = (number for sample, number in found.items() if name in sample)
    assert draw_id is not None
    return draw_id


def of_second(office: ScoredOffice, team: str) -> list[int]:
    """The cases of the second scoring that are a team's and have no score, in the order of their numbers."""
    with office.reading() as session:
        return [
            row.sampled_case_id
            for row in session.scalars(select(SecondScoring).order_by(SecondScoring.sampled_case_id))
            if row.manager_review.sampled_case.draw.plan.frame.team.name == team
            and session.scalar(select(Review.id).where(Review.sampled_case_id == row.sampled_case_id)) is None
        ]


def take(office: ScoredOffice, name: str, draw_id: int) -> dict[str, bytes]:
    with office.writing() as session:
        pack = take_evidence(session, draw_id, by=office.person(session, name))
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        return {part: archive.read(part) for part in archive.namelist()}


def rows(files: dict[str, bytes], name: str) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(files[name]), dtype=str, keep_default_na=False)


def test_the_pack_of_a_sample_is_whole(audited: ScoredOffice) -> None:
    north = draw_of(audited, "North")
    files = take(audited, MIRA, north)
    facts = verify_receipt(files["receipt.zip"])
    assert facts["draw"] == north
    cases, reviews = rows(files, "cases.csv"), rows(files, "reviews.csv")
    assert sorted(cases["review"]) == ["", "submitted", "submitted", "submitted"]
    assert sorted(reviews["draw"] == str(north)) == [False, True, True, True]  # one was scored again
    (pair,) = rows(files, "pairs.csv").to_dict("records")
    assert {pair["manager_review"], pair["second_review"]} <= set(reviews["review"])
    assert pair["blind"] == "yes"
    revisions = rows(files, "revisions.csv")
    corrected = revisions[revisions["cause"] == "corrected"]
    assert list(corrected["reason"]) == ["The page was missing."]
    assert len(rows(files, "revision-answers.csv")) == 3 * len(revisions)
    assert "'=1+1 on page 3." in set(rows(files, "answers.csv")["evidence"])
    assert {"Nora North", "Quinn Qua", "Ada Min"} <= set(rows(files, "people.csv")["name"])
    assert not {"Sue South", "North 0"} & set(rows(files, "people.csv")["name"])
    assert set(rows(files, "involvements.csv")["case"]) <= set(cases["case"])
    assert b"short-card" in files["scorecards/short-card-1.toml"]
    told = files["README.txt"].decode()
    assert "without a submitted review: 1" in told
    assert "A second scoring is under way" in told


@pytest.mark.skipif(shutil.which("bash") is None, reason="the README speaks to a shell")
def test_the_pack_is_checked_by_hand_as_its_read_me_says(audited: ScoredOffice, tmp_path: Path) -> None:
    with audited.reading() as session:
        chain_head = head(session)
    files = take(audited, MIRA, draw_of(audited, "North"))
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    commands = [line.strip() for line in files["README.txt"].decode().splitlines() if line[:7].isspace()]
    by_hand = [line for line in commands if line.startswith(("sha256sum -c", "while", "done"))]
    script = "set -e\n" + "\n".join(by_hand)

    def check() -> int:
        return subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True).returncode

    assert len(by_hand) == 3
    assert check() == 0
    assert files["audit-head.txt"].decode().strip() == chain_head
    with audited.reading() as session:
        assert check_trail(session, against=chain_head)[1] is None
    told = (tmp_path / "audit-entries.jsonl").read_text("utf-8")
    assert '"action":"revise_review"' in told
    (tmp_path / "audit-entries.jsonl").write_text(told.replace("save_answer", "save_nothing", 1), "utf-8")
    assert check() != 0


def test_the_same_state_gives_the_same_bytes_and_each_taking_is_on_record(audited: ScoredOffice) -> None:
    north = draw_of(audited, "North")
    with audited.reading() as session:
        mira = audited.person(session, MIRA)
        pack = take_evidence(session, north, by=mira)
    audited.later(1)
    with audited.reading() as session:
        assert take_evidence(session, north, by=None) == pack
    with audited.writing() as session:
        open_sample(session, north, by=audited.person(session, MIRA))
    take(audited, MIRA, north)
    with audited.reading() as session:
        found = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(2)).all()
        assert [entry.action for entry in found] == ["take_evidence", "open_sample"]
        assert {(entry.by_id, entry.subject) for entry in found} == {(mira.id, f"draw {north}")}
        assert len(found[0].details["sha256"]) == 64


def test_an_auditor_sees_what_is_named_and_nothing_else(audited: ScoredOffice) -> None:
    north, south = draw_of(audited, "North"), draw_of(audited, "South")
    (shown,) = audited.ask(samples, MIRA)
    assert shown.draw_id == north
    assert len(audited.ask(lambda session, by: drawn_cases(session, north, by), MIRA)) == 4
    with audited.reading() as session:
        mira = audited.person(session, MIRA)
        assert what_happened(session, shown.plan_id or 0, mira)
        for refused in (
            lambda: take_evidence(session, south, by=mira),
            lambda: evidence_counts(session, south, mira),
            lambda: open_sample(session, south, by=mira),
            lambda: drawn_cases(session, south, mira),
            lambda: whole_register(session, mira),
        ):
            with pytest.raises(Refused):
                refused()
    with audited.writing() as session:
        row = session.scalars(select(AuditedSample)).one()
        take_sample_back(session, row, by=audited.person(session, HEAD))
    assert audited.ask(samples, MIRA) == []
    with pytest.raises(Refused, match="not for you to see"):
        take(audited, MIRA, north)
    with pytest.raises(Refused, match="taken back already"), audited.writing() as session:
        take_sample_back(
            session, session.scalars(select(AuditedSample)).one(), by=audited.person(session, ADA)
        )


def test_a_second_scoring_stays_sealed_until_its_last_score_and_then_holds_both_reviews(
    audited: ScoredOffice,
) -> None:
    with audited.writing() as session:
        second = max(samples_to_name(session, by=audited.person(session, HEAD)))
        mira = audited.person(session, MIRA)
        name_sample(session, session.get_one(Draw, second), auditor=mira, by=audited.person(session, HEAD))
    files = take(audited, MIRA, second)
    assert "receipt.zip" not in files
    assert "sealed until its last score is in" in files["README.txt"].decode()
    assert len(rows(files, "cases.csv")) == 1
    assert len(rows(files, "reviews.csv")) == 2
    for team in ("North", "South"):
        for sampled_id in of_second(audited, team):
            audited.score(QUINN, sampled_id)
    adjudicate(audited, second)
    files = take(audited, HEAD, second)
    decided = rows(files, "adjudications.csv")
    assert set(zip(decided["reason_code"], decided["note"], strict=True)) == {("evidence missed", "Page 3.")}
    assert len(rows(files, "adjudicated-answers.csv")) == 3 * len(decided)
    assert "receipt.zip" in files
    assert "Robin Qua" in set(rows(files, "people.csv")["name"])
    assert "Nothing: all that belongs" in files["README.txt"].decode()


def adjudicate(office: ScoredOffice, draw_id: int) -> None:
    """Robin, who scored neither, decides the pairs in which manager and QA differ."""
    with office.writing() as session:
        draw_adjudication(
            session, session.get_one(Draw, draw_id), both_met=0, by=office.person(session, HEAD)
        )
    with office.writing() as session:
        robin = office.person(session, ROBIN)
        for adjudication in session.scalars(select(Adjudication)):
            sampled = session.get_one(SampledCase, adjudication.sampled_case_id)
            declare_involvement(session, sampled.frame_case.case, is_involved=False, by=robin)
            start_pair(session, adjudication, by=robin)
            pair = pair_of(session, adjudication)
            assert pair.qa is not None
            said = pair.manager.responses.items() ^ pair.qa.responses.items()
            decide_pair(
                session,
                adjudication,
                verdicts=dict.fromkeys({key for key, _ in said}, ResponseValue.MET),
                reason=Reason.EVIDENCE_MISSED,
                note="Page 3.",
                by=robin,
            )


@pytest.mark.parametrize(
    ("who", "says"),
    [(QUINN, "is for the Head"), (NORA, "is for the Head"), (ADA, "is for the Head")],
)
def test_who_takes_no_pack(audited: ScoredOffice, who: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        take(audited, who, draw_of(audited, "North"))


@pytest.mark.parametrize("role", [Role.QA_REVIEWER, Role.LINE_MANAGER])
def test_a_head_from_whom_something_is_kept_takes_no_pack(audited: ScoredOffice, role: Role) -> None:
    audited.give_role(HEAD, role, "South" if role == Role.LINE_MANAGER else None)
    with pytest.raises(Refused, match="also reviews for QA or manages a team"):
        take(audited, HEAD, draw_of(audited, "North"))


def test_who_reviews_for_qa_names_no_sample(audited: ScoredOffice) -> None:
    audited.give_role(ADA, Role.QA_REVIEWER)
    with pytest.raises(Refused, match="also reviews for QA"), audited.writing() as session:
        samples_to_name(session, by=audited.person(session, ADA))


def test_the_accounts_and_what_they_read(audited: ScoredOffice) -> None:
    with audited.reading() as session:
        (account,) = auditor_accounts(session, by=audited.person(session, HEAD))
        with pytest.raises(Refused):
            auditor_accounts(session, by=audited.person(session, QUINN))
    assert (account.name, account.ends_on) == (MIRA, date(2026, 7, 31))
    assert [(named.name, named.named_by) for named in account.samples] == [
        ("North, open cases, July 2026", ADA)
    ]
