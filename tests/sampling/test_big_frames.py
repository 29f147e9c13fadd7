"""Frames from files: what DuckDB draws is what the recipe in Python draws, and bad files are refused."""

import csv
import re
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampling.big_frames import MOST_DRAWN, BigFrame, BigStratum, draw_from, open_frame, plan_of
from sampling.draw import REFERENCE, draw, frame_file, sha256_hex, ticket
from sampling.refused import Refused
from sampling.samples import EVERY_CASE, ToShow
from sampling.sizes import size_to_show_stratified

SEED = "00112233445566778899aabbccddeeff"
# Numbers that are text, capitals before small letters, and marks that sort around digits and letters.
TRAPS = [
    "007",
    "7",
    "0007",
    "1e3",
    "A",
    "a-",
    "a.",
    "a/",
    "a_",
    "aB",
    "ab0",
    "Z",
    "b-1",
    "B/1",
    "NULL",
    "true",
]


def csv_file(folder: Path, rows: Iterable[Sequence[str]], **dialect: Any) -> Path:
    path = folder / "cases.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, **dialect).writerows([("case", "team"), *rows])
    return path


def parquet_file(folder: Path, select: str) -> Path:
    path = folder / "cases.parquet"
    with duckdb.connect() as connection:
        connection.sql(select).write_parquet(str(path))
    return path


def values(rows: Iterable[tuple[str, str]]) -> str:
    """SQL that gives these rows."""
    texts = ", ".join("('{}', '{}')".format(*(cell.replace("'", "''") for cell in row)) for row in rows)
    return f'SELECT * FROM (VALUES {texts}) AS t("case", team)'


def check_same_as_in_python(
    path: Path, rows: Sequence[tuple[str, str]], seed: str, steps: Sequence[int] = (1, 2, 5)
) -> None:
    """The same frame file, and the same sample for different sizes."""
    with open_frame(path, reference="case", stratum="team") as frame:
        codes = {stratum.label: stratum.code for stratum in frame.strata}
        assert sorted(codes) == list(codes) == sorted({team for _, team in rows})
        members: dict[str, list[str]] = {code: [] for code in codes.values()}
        for reference, team in rows:
            members[codes[team]].append(reference)
        assert frame.populations == {code: len(cases) for code, cases in members.items()}
        content = frame_file((reference, codes[team]) for reference, team in rows)
        assert frame.content.read_bytes() == content
        assert frame.frame_sha256 == sha256_hex(content)
        for step in steps:  # of each stratum another size, 0 and all of it among them
            sizes = {
                code: (number * step) % (len(cases) + 1)
                for number, (code, cases) in enumerate(members.items(), start=1)
            }
            drawn = draw_from(frame, sizes, seed=seed)
            assert {code: [case.reference for case in cases] for code, cases in drawn.items()} == draw(
                members, sizes, seed=seed
            )
            for cases in drawn.values():
                assert all(case.ticket == ticket(seed, case.reference) for case in cases)


@settings(max_examples=10, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.one_of(st.sampled_from(TRAPS), st.from_regex(REFERENCE, fullmatch=True)),
            st.sampled_from(["North", "north", 'The "Ön\ntop', "O'Hara, S", "1", " "]),
        ),
        unique_by=lambda row: row[0].upper(),
        min_size=1,
        max_size=60,
    ),
    seed=st.from_regex(r"[0-9a-f]{32}", fullmatch=True),
    as_parquet=st.booleans(),
)
def test_the_same_as_in_python(rows: list[tuple[str, str]], seed: str, as_parquet: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = parquet_file(Path(folder), values(rows)) if as_parquet else csv_file(Path(folder), rows)
        check_same_as_in_python(path, rows, seed)


def test_the_same_as_in_python_by_several_threads(tmp_path: Path) -> None:
    # Threads share the work out by groups of 122,880 rows.
    select = "SELECT 'c' || (i * 7919) % 250007 AS \"case\", 'T' || i % 7 AS team FROM range(250000) t(i)"
    path = parquet_file(tmp_path, select)
    rows = [(f"c{number * 7919 % 250_007}", f"T{number % 7}") for number in range(250_000)]
    check_same_as_in_python(path, rows, SEED, steps=[100])


def test_all_cases_are_one_stratum(tmp_path: Path) -> None:
    path = csv_file(tmp_path, [(reference, "") for reference in TRAPS])
    with open_frame(path, reference="case") as frame:
        assert frame.strata == (BigStratum("S01", "All cases", len(TRAPS)),)
        drawn = draw_from(frame, {"S01": 5}, seed=SEED)
    assert [case.reference for case in drawn["S01"]] == draw({"S01": TRAPS}, {"S01": 5}, seed=SEED)["S01"]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_dialects(tmp_path: Path, separator: str, line_end: str) -> None:
    path = csv_file(
        tmp_path, [("001", "A,b"), ("002", "c;d\te")], delimiter=separator, lineterminator=line_end
    )
    path = path.rename(tmp_path / "cases [1] *.csv")  # no pattern for several files
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    (tmp_path / "cases 1 .csv").write_text("case,team\n003,A\n")
    with open_frame(path, reference="case", stratum="team") as frame:
        assert frame.content.read_text() == "001\tS01\n002\tS02\n"
        assert [stratum.label for stratum in frame.strata] == ["A,b", "c;d\te"]


def refusal(path: Path, reference: str = "case", stratum: str | None = "team") -> str:
    with ExitStack() as stack, pytest.raises(Refused) as refused:
        stack.enter_context(open_frame(path, reference=reference, stratum=stratum, working=path.parent))
    assert not list(path.parent.glob("working-*"))
    return str(refused.value)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([("A1", "N"), ("", "N"), ("B1", "N"), ("", "S")], r"^Row 3, row 5: the column “case” is empty"),
        ([("A1", "N"), ("A 1", "N")], r"^Row 3 \('A 1'\): not a case reference"),
        ([("A1\n", "N")], r"^Row 2 \('A1\\n'\): not a case reference"),
        ([("Ä1", "N"), ("A" * 65, "N"), ("A１", "N")], r"^Row 2 \('Ä1'\), row 3 \('A{65}'\), row 4 \('A１"),
        ([(f"-{n}", "N") for n in range(12)], r"row 6 \('-4'\) and 7 more: not a case reference"),
        ([("A1", ""), ("B1", "S")], r"^Row 2 \('A1'\): the column “team” is empty"),
        ([("Case-1", "N"), ("B", "N"), ("CASE-1", "S")], r"^Row 2 \('Case-1'\), row 4 \('CASE-1'\): the"),
        ([("A1", "N")] * 9, r"row 6 \('A1'\) and 4 more: the same case reference more than once"),
        ([(f"A{n}", f"Team {n}") for n in range(201)], "201 strata"),
        ([], "cases.csv has no cases"),
        ([("A1", "N"), ("B1", "N", "S")], "Row 3 of cases.csv cannot be read: .*another number of cells"),
        ([("A1", "N"), ("B1",)], "Row 3 of cases.csv cannot be read"),
    ],
)  # fmt: skip
def test_bad_rows_are_refused_by_their_place(tmp_path: Path, rows: list[Sequence[str]], says: str) -> None:
    said = refusal(csv_file(tmp_path, rows))
    assert re.search(says, said), said
    assert said.endswith((".", "none"))


def test_a_bad_row_far_down_is_named_by_its_place(tmp_path: Path) -> None:
    references = "CASE i WHEN 240000 THEN 'a17' ELSE 'A' || i END"
    path = parquet_file(tmp_path, f"SELECT {references} AS \"case\", 'N' AS team FROM range(250000) t(i)")
    assert refusal(path).startswith("Row 18 ('A17'), row 240,001 ('a17'): the same case reference")


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    path = parquet_file(tmp_path, "SELECT 7 AS \"case\", 'N' AS team")
    assert "“case” of cases.parquet holds INTEGER, not text. A reference is text" in refusal(path)
    path = parquet_file(tmp_path, "SELECT 'A1'::BLOB AS \"case\", 'N' AS team")
    assert "holds BLOB, not text" in refusal(path)
    # In Parquet, which has no row of names, the first case is row 1. A stratum may be a number.
    path = parquet_file(tmp_path, "SELECT unnest(['A1', NULL, 'a1']) AS \"case\", 3 AS team")
    assert refusal(path).startswith("Row 2: the column “case” is empty")
    path = parquet_file(tmp_path, "SELECT 'A1'::ENUM ('A1') AS \"case\", 3 AS team")
    with open_frame(path, reference="case", stratum="team") as frame:
        assert [stratum.label for stratum in frame.strata] == ["3"]


def test_files_that_cannot_be_drawn_from(tmp_path: Path) -> None:
    path = csv_file(tmp_path, [("A1", "N")])
    assert refusal(path, "Case") == "cases.csv has no column called “Case”. Its columns are: case, team."
    assert "no column called “Team”" in refusal(path, stratum="Team")
    path.write_text("case,team,case\nA1,N,A1\n")
    assert "has 2 columns called “case”" in refusal(path)
    path.write_text("")
    assert "has no column called “case”. Its columns are: none." in refusal(path)
    path.write_text('case,team\nA1,"N\nB1,N\n')
    assert "quotation mark without its partner" in refusal(path)
    path.write_text("case,team\nA1,Zürich\n", encoding="cp1252")
    assert "is not text in UTF-8" in refusal(path)
    path.write_bytes(b"case,team\n" + b"A1,N\n" * 40_000 + b"B1,\xff\n")
    assert "is not in UTF-8" in refusal(path)
    path = parquet_file(tmp_path, "SELECT 'A1' AS \"case\"")
    assert refusal(path) == "cases.parquet has no column called “team”. Its columns are: case."
    path.write_bytes(path.read_bytes()[:40])
    assert "cases.parquet cannot be drawn from: " in refusal(path)
    assert "There is no file" in refusal(tmp_path / "no.csv")
    assert "There is no file" in refusal(tmp_path)
    assert "of a kind that cannot be drawn from" in refusal(path.rename(tmp_path / "cases.xlsx"))


def frame_of(**populations: int) -> BigFrame:
    """A frame of which only the counts matter."""
    strata = tuple(BigStratum(code, code, population) for code, population in populations.items())
    return BigFrame({}, strata, sum(populations.values()), "0" * 64, Path(), duckdb.connect())


def test_the_plan() -> None:
    frame = frame_of(S01=4_000, S02=3_000, S03=3)
    shown = plan_of(frame, ToShow("0.98", "0.95", 1), assurance="0.9")
    expected = size_to_show_stratified("0.98", frame.populations, allowed_failures=1)
    assert (shown["purpose"], shown["sizes"]) == ("show", expected.sizes)
    assert shown["rule"] == {"standard": "0.98", "assurance": "0.95", "allowed_failures": 1}
    assert shown["method"] == "Hoeffding-binomial limit"
    assert plan_of(frame_of(S01=400), 70, assurance="0.9")["method"] == "exact hypergeometric limit"
    some = plan_of(frame, 70, assurance="0.9")
    assert (some["purpose"], some["sizes"]) == ("quota", {"S01": 40, "S02": 30, "S03": 0})
    assert some["rule"] == {"assurance": "0.9"}
    for every in (EVERY_CASE, 7_003):
        assert plan_of(frame, every, assurance="0.9")["purpose"] == "census"
    with pytest.raises(Refused, match="no case at all"):
        plan_of(frame, 0, assurance="0.9")
    with pytest.raises(Refused, match="A sample of 7004 cannot be drawn"):
        plan_of(frame, 7_004, assurance="0.9")
    with pytest.raises(Refused, match="A sample of 1,000,000 cases is too large"):
        plan_of(frame_of(S01=MOST_DRAWN + 1), EVERY_CASE, assurance="0.9")


def test_what_cannot_be_drawn(tmp_path: Path) -> None:
    with open_frame(
        csv_file(tmp_path, [("A1", "N"), ("B1", "S")]), reference="case", stratum="team"
    ) as frame:
        for sizes in ({"S01": 1}, {"S01": 1, "S02": 1, "S03": 0}):
            with pytest.raises(Refused, match=r"The strata are S01, S02\."):
                draw_from(frame, sizes, seed=SEED)
        for size in (-1, 2):
            with pytest.raises(Refused, match=f"{size} cases cannot be drawn from stratum S02 of 1"):
                draw_from(frame, {"S01": 1, "S02": size}, seed=SEED)
        with pytest.raises(Refused, match="is not a seed"):
            draw_from(frame, {"S01": 1, "S02": 1}, seed=SEED.upper())
        assert draw_from(frame, {"S01": 0, "S02": 0}, seed=SEED) == {"S01": [], "S02": []}


def test_a_change_of_the_file_changes_nothing_any_more(tmp_path: Path) -> None:
    path = csv_file(tmp_path, [("A1", "N"), ("B1", "S")])
    with open_frame(path, reference="case", stratum="team", working=tmp_path) as frame:
        path.write_text("case,team\nC1,N\n")
        drawn = draw_from(frame, {"S01": 1, "S02": 1}, seed=SEED)
    assert [case.reference for cases in drawn.values() for case in cases] == ["A1", "B1"]
    assert list(tmp_path.iterdir()) == [path]
