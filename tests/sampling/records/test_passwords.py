"""Which passwords are refused, and that long ones of several words never are."""

import pytest
from sqlalchemy import Engine

from sampling.records.database import reading, writing
from sampling.records.office import add_person, open_office
from sampling.records.passwords import check_password
from sampling.records.sign_in import sign_in
from sampling.refused import Refused


def check(password: str) -> None:
    check_password(password, email="margaret.o_hara@example.org", office="Northern Lights Ombudsman")


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", r"has 0 characters\. Use at least 10"),
        ("kfzpqwmxe", r"has 9 characters\. Use at least 10"),
        ("x" * 501, r"has 501 characters\. Use at most 500"),
        ("aaaaaaaaaaaa", "again and again"),
        ("abababababab", "again and again"),
        ("kfzpqkfzpq", "again and again"),
        ("27182818284590", "hardly more than digits"),
        ("ab1827364554", "hardly more than digits"),
        ("01/02/2026-03", "hardly more than digits"),
        ("qwertyuiop[]", "keys of a keyboard"),
        ("1qaz2wsx3edc", "keys of a keyboard"),
        ("asdfghjkl;'1", "keys of a keyboard"),
        ("abcdefghijkl", "keys of a keyboard"),
        ("zyxwvutsrqpo", "keys of a keyboard"),
        ("Password2026", "a common word"),
        ("P@ssw0rd!!!!", "a common word"),
        ("pass word 99", "a common word"),
        ("Liverp00l1892", "a common word"),
        ("!!Christmas25", "a common word"),
        ("1etmein12345", "a common word"),
        ("ｐａｓｓｗｏｒｄ１２", "a common word"),
        ("demonstration", "a common word"),
        ("Ombudsman2026", "a common word"),
        ("margaret rules ok", "your address"),
        ("M4rg4ret & sons", "your address"),
        ("the margaretohara way", "your address"),
        ("NorthernLightsOmbudsman go", "name of the office"),
    ],
)
def test_what_would_be_guessed_first_is_refused(password: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        check(password)


@pytest.mark.parametrize(
    "password",
    [
        "a long enough password",
        "correct horse battery",
        "chosen by Ada for Bea",
        "kettle tundra violin",
        "nothing but lower case",
        "tq8vz2mk4xw1",
        "Пароль из четырёх слов",
        "雨の日は図書館へ行きます",
        "hm " * 3 + "who knows",
    ],
)
def test_long_ones_of_any_letters_are_taken(password: str) -> None:
    check(password)


def test_the_demonstration_alone_may_have_its_password(engine: Engine) -> None:
    given = {"administrator": "Ada Min", "email": "ada@example.org"}
    with writing(engine) as session:
        with pytest.raises(Refused, match="easily guessed"), session.begin_nested():
            open_office(session, "Real", password="demonstration", **given)
        ada = open_office(session, "Play", password="demonstration", is_demonstration=True, **given)
        add_person(session, "Bea", email="bea@example.org", password="demonstration", by=ada)
    with reading(engine) as session:
        assert sign_in(session, "bea@example.org", "demonstration")
