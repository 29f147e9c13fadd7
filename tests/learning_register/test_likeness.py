"""Which learning points say the same: tried on pairs that do, and on pairs that only sound like it."""

import pytest

from learning_register.likeness import Compared, likeness, may_be_like, stems, telling_words

SAME = [
    (
        "The reasons given did not answer the complaint.",
        "The complaint was not answered by the reasons that were given.",
    ),
    (
        "A promised update needs a date in the diary.",
        "Put a date in the diary for every update that is promised.",
    ),
    (
        "Calls that were not returned are a concern of their own and need an answer.",
        "Unreturned calls need an answer of their own, as a concern.",
    ),
    (
        "The cost of a delay to the person was not weighed when the remedy was chosen.",
        "When choosing the remedy nobody weighed the cost of the delay to the person.",
    ),
    (
        "Nothing says who checks adjustments when a letter leaves by the post room.",
        "It is not said who checks adjustments for letters leaving the post room.",
    ),
    (
        "The deadline for further grounds was agreed by telephone and not noted.",
        "A deadline agreed by telephone was not noted on the file.",
    ),
    (
        "The final letter did not say what happens next.",
        "Final letters should tell the person what happens next.",
    ),
]
OTHER = [
    ("The reasons given did not answer the complaint.", "The reasons for the delay were not given."),
    ("A promised update needs a date in the diary.", "The update was sent to the wrong address."),
    ("The final letter did not say what happens next.", "The letter was sent to the wrong address."),
    ("New complaints wait when their owner is on leave.", "The analysis stopped at the first ground."),
    ("The remedy was not in line with the guidance.", "The evidence was not in line with the finding."),
    ("The person was not told what happens next.", "The person was not told who decides."),
    (
        "The acknowledgement was sent after six working days.",
        "The acknowledgement named the wrong complaint.",
    ),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_in_other_words_is_likely_a_duplicate(one: str, other: str) -> None:
    assert likeness(Compared(one), Compared(other)).is_likely_duplicate
    assert likeness(Compared(other), Compared(one)) == likeness(Compared(one), Compared(other))
    assert may_be_like(one, other)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_another_lesson_in_some_of_the_same_words_is_not(one: str, other: str) -> None:
    assert not likeness(Compared(one), Compared(other)).is_likely_duplicate


def test_the_same_place_and_team_make_it_likelier() -> None:
    one = "A handover between colleagues left nobody to write to the person."
    other = "After a handover nobody wrote to the person."
    alone, place = likeness(Compared(one), Compared(other)), frozenset({"guidance 38"})
    assert (round(alone.words, 2), alone.is_likely_duplicate) == (0.55, False)
    cited = likeness(Compared(one, place, 1), Compared(other, place | {"commitment 5"}, 2))
    assert (cited.same_place, cited.same_team, cited.is_likely_duplicate) == (True, False, True)
    # Some words in common are enough only where paragraph and team are the same too.
    told = ("The person was told late of the delay.", "The person heard nothing for weeks of the delay.")
    assert not likeness(*(Compared(text, place, team) for team, text in enumerate(told))).is_likely_duplicate
    assert likeness(*(Compared(text, place, 1) for text in told)).is_likely_duplicate


def test_little_words_and_nothing_at_all() -> None:
    assert stems("It was not what they did") == frozenset()
    assert likeness(Compared("It was not"), Compared("It was not")).words == 0
    assert telling_words("A letter, two letters and a complaint", most=2) == ("complaint", "letter")
