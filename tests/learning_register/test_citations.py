"""References, what a learning point must cite, and reading the documents that are cited."""

import random
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning_register.citations import (
    Force,
    LearningKind,
    Reference,
    check_citations,
    parse_reference,
)
from learning_register.policy_reading import read_commitments, read_policy_document
from learning_register.policy_writing import write_policy_document
from sampling.refused import Refused

numbers = st.integers(1, 9999)
headings = (
    st.text(st.characters(exclude_characters='“”"', exclude_categories=("C",)), max_size=60)
    .map(lambda words: " ".join(words.split()))
    .filter(lambda words: any(letter.isalpha() for letter in words))
)
references = st.one_of(
    headings.map(lambda words: Reference(words, "", 0, 0, 0)),
    st.sampled_from("ABCXYZ").map(lambda letter: Reference("", letter, 0, 0, 0)),
    st.builds(
        lambda section, pair: Reference("", "", section, min(pair), max(pair)),
        st.one_of(st.just(0), numbers),
        st.tuples(numbers, numbers),
    ),
)


@given(references)
def test_a_reference_reads_back_as_itself(reference: Reference) -> None:
    assert parse_reference(str(reference)) == reference
    assert reference.covers(str(reference))


@given(references, references)
def test_of_two_references_one_comes_first_unless_they_are_the_same(one: Reference, other: Reference) -> None:
    assert (one < other) + (other < one) + (str(one) == str(other)) == 1


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("14", "14"),
        ("2.140", "2.140"),
        ("2.14", "2.14"),
        ("3.40-41", "3.40-41"),
        ("3.40–41", "3.40-41"),
        ("26-27", "26-27"),
        ("Annex A", "Annex A"),
        ("annex  b", "Annex B"),
        (" 14 ", "14"),
        ('"Risk  assessment"', "“Risk assessment”"),
        ("“ Remedy 2 ”", "“Remedy 2”"),
    ],
)
def test_a_typed_reference_has_one_way_to_be_written(typed: str, written: str) -> None:
    assert str(parse_reference(typed)) == written


@pytest.mark.parametrize(
    "typed",
    ["", "para 14", "014", "0", "2.", ".5", "2.140.3", "14a", "3.40-3.41", "3.40 - 41", "-3", "Annex",
     "Annex 1", "Annex AB", "A", "14, 15", "١٤", "12345", "9" * 6000, "Remedy", "“14”", "“”", "“a“b”",
     f"“{'a' * 201}”", "“" * 6000],
)  # fmt: skip
def test_anything_else_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(
        Refused, match=r"is not a reference .* such as 14, 2\.140, 3\.40-41, Annex A or “Risk"
    ):
        parse_reference(typed)


@pytest.mark.parametrize("typed", ["3.41-40", "3.40-40", "10-9"])
def test_a_range_that_does_not_go_up_is_refused(typed: str) -> None:
    with pytest.raises(Refused, match="from the lower paragraph to the higher one"):
        parse_reference(typed)


def test_references_sort_by_number_then_annexes_then_headings() -> None:
    ordered = ["2", "14", "14-15", "78", "1.1", "2.9", "2.140", "10.1", "Annex A", "Annex B", "“Remedy”"]
    shuffled = random.Random(1).sample(ordered, k=len(ordered))
    assert [str(reference) for reference in sorted(map(parse_reference, shuffled))] == ordered


@pytest.mark.parametrize(
    ("reference", "number", "covered"),
    [
        ("14", "14", True),
        ("14", "15", False),
        ("3.40-42", "3.39", False),
        ("3.40-42", "3.40", True),
        ("3.40-42", "3.41", True),
        ("3.40-42", "3.42", True),
        ("3.40-42", "3.43", False),
        ("3.40-42", "41", False),
        ("3.40-42", "2.41", False),
        ("3.40-42", "3.40-41", True),
        ("3.40-42", "3.40-43", False),
        ("Annex A", "Annex A", True),
        ("Annex A", "Annex B", False),
        ("Annex A", "1", False),
    ],
)
def test_what_a_reference_covers(reference: str, number: str, covered: bool) -> None:
    assert parse_reference(reference).covers(number) is covered


# All there is: kind, cites a paragraph, cites a commitment, is a gap -> may stand.
@pytest.mark.parametrize("paragraph", [False, True])
@pytest.mark.parametrize("commitment", [False, True])
@pytest.mark.parametrize("gap", [False, True])
def test_what_each_kind_of_learning_point_must_cite(paragraph: bool, commitment: bool, gap: bool) -> None:
    may_stand = {
        LearningKind.INDIVIDUAL: paragraph and commitment,
        LearningKind.ORGANISATIONAL: paragraph or gap,
        LearningKind.GOOD_PRACTICE: True,
    }
    for kind in LearningKind:
        paragraphs = [parse_reference("2.140")] if paragraph else []
        commitments = [5] if commitment else []
        if may_stand[kind]:
            check_citations(kind, paragraphs=paragraphs, commitments=commitments, gap=gap)
        else:
            with pytest.raises(Refused, match=r"^A learning point for .* must .*\. (Add|Mark) .*\.$"):
                check_citations(kind, paragraphs=paragraphs, commitments=commitments, gap=gap)


DOCUMENT = """
key = "some-guidance"
title = "Some guidance"
short_name = "Guidance"
version = "3.1"
version_date = 2024-02-29

[[paragraph]]
number = "1"
section = "Start"
title = "First"
summary = "The first thing."
force = "guidance"

[[paragraph]]
number = "2"
section = "Start"
title = "Second"
summary = "The second thing."
force = ["policy requirement", "legal requirement"]

[[paragraph]]
number = "Annex A"
section = "End"
title = "Annex"
summary = "The annex."
force = ["policy requirement"]
"""


def test_a_policy_document_is_read_as_written() -> None:
    document = read_policy_document(DOCUMENT)
    assert (document.key, document.title, document.short_name) == (
        "some-guidance",
        "Some guidance",
        "Guidance",
    )
    assert (document.version, document.version_date) == ("3.1", date(2024, 2, 29))
    first, second, annex = document.paragraphs
    assert (first.number, first.section, first.title, first.summary) == (
        "1",
        "Start",
        "First",
        "The first thing.",
    )
    assert first.forces == (Force.GUIDANCE,)
    assert second.forces == (Force.POLICY, Force.LEGAL)
    assert annex.number == "Annex A"
    assert read_policy_document(write_policy_document(document)) == document
    undated = read_policy_document(DOCUMENT.replace("version_date = 2024-02-29", ""))
    assert undated.version_date is None
    assert read_policy_document(write_policy_document(undated)) == undated


@pytest.mark.parametrize(
    ("reference", "cited", "contained"),
    [
        ("1", ["1"], True),
        ("1-2", ["1", "2"], True),
        ("2-3", ["2"], False),
        ("3", [], False),
        ("2.140", [], False),
        ("Annex A", ["Annex A"], True),
        ("Annex B", [], False),
        ("“start”", ["1", "2"], True),
        ("“Middle”", [], False),
    ],
)
def test_what_a_document_holds_of_a_reference(reference: str, cited: list[str], contained: bool) -> None:
    wanted = parse_reference(reference)
    found = wanted.among(read_policy_document(DOCUMENT).paragraphs)
    assert [paragraph.number for paragraph in found] == cited
    assert wanted.is_whole(found) is contained


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('short_name = "Guidance"\n', "", "The policy document: short_name is missing"),
        ("version_date", "date", "“date” is not a field that is read here"),
        ('title = "First"', 'name = "First"', "Paragraph entry 1: “name” is not a field"),
        ('number = "2"', 'number = "“Two”"', "Paragraph entry 2: ““Two”” must be one paragraph or annex"),
        ("2024-02-29", '"29 February 2024"', "version_date must be a date without quotes"),
        ("2024-02-29", "2024-02-29T00:00:00", "version_date must be a date without quotes"),
        ('number = "2"', 'number = "1"', "The paragraph 1 is there twice"),
        ('number = "2"', 'number = "2-3"', "Paragraph entry 2: “2-3” must be one paragraph or annex"),
        ('number = "2"', 'number = "two"', "Paragraph entry 2: “two” is not a reference"),
        ('number = "2"', "number = 2", "Paragraph entry 2: number is missing or empty"),
        ('title = "Second"', 'title = ""', "Paragraph entry 2: title is missing or empty"),
        ('force = "guidance"', 'force = "advice"', "Paragraph entry 1: force must be one or more of"),
        ('force = "guidance"', "force = []", "Paragraph entry 1: force must be one or more of"),
        ('force = "guidance"', "force = [[]]", "Paragraph entry 1: force must be one or more of"),
        ('force = "guidance"\n', "", "Paragraph entry 1: force must be one or more of"),
        ('key = "some-guidance"', "key =", "it is not a TOML file"),
    ],
)
def test_a_faulty_document_is_refused_at_the_fault(old: str, new: str, says: str) -> None:
    assert old in DOCUMENT
    with pytest.raises(Refused, match=says):
        read_policy_document(DOCUMENT.replace(old, new, 1))


COMMITMENT = """
[[commitment]]
number = 15
section = "Service"
summary = "Keep it safe."
in_published_scores = false
number_inferred = true
"""


def test_faulty_commitments_are_refused_at_the_fault() -> None:
    assert read_commitments(COMMITMENT)[0].number_inferred is True
    with pytest.raises(Refused, match="The commitment 15 is there twice"):
        read_commitments(COMMITMENT * 2)
    with pytest.raises(Refused, match="Commitment entry 1: in_published_scores must be true or false"):
        read_commitments(COMMITMENT.replace("= false", "= 0"))
    with pytest.raises(Refused, match="Commitment entry 2: number must be a whole number"):
        read_commitments(COMMITMENT + COMMITMENT.replace("15", '"16"'))
    with pytest.raises(Refused, match="The charter: it has no commitments"):
        read_commitments("")
