"""Settings with a start date: the past keeps the rules of its day."""

from datetime import date
from fractions import Fraction

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from sampling.records.appointments import give_role
from sampling.records.audit_trail import AuditEntry, close_entries
from sampling.records.calendars import month_end, working_days_on
from sampling.records.office import add_person
from sampling.records.people import Person, Role
from sampling.records.service_settings import CLOCK_UNITS, Counted, counted, names_in, service_value_in_words
from sampling.records.settings import (
    SETTINGS,
    Setting,
    address_of_case,
    check_setting,
    set_setting,
    setting,
    setting_over_time,
)
from sampling.refused import Refused

APRIL, JULY = date(2026, 4, 1), date(2026, 7, 1)


def test_what_nobody_has_set_has_the_shipped_value(session: Session) -> None:
    shipped = {name: setting(session, name, APRIL) for name in SETTINGS}
    assert shipped == {
        "outcome_standard": "0.98",
        "method_standard": "0.80",
        "overall_standard": "0.80",
        "agreement_standard": "0.90",
        "assurance": "0.95",
        "monthly_quota": "2",
        "calendar": "ENG",
        "dispute_window": "10",
        "case_link": "",
        "service_share": "0.75",
        "service_days": "20",
        "service_clock": "allocation",
        "long_case_weeks": "8",
        "long_case_clock": "receipt",
        "caseload": "20",
        "queue_size": "",
        **dict.fromkeys(CLOCK_UNITS, "off"),
        "investigation_types": "",
        "complaint_types": "",
        "passed_on_column": "",
        "acknowledged_column": "",
        "updated_column": "",
        "incident_column": "",
        # One document names ten years for records of complaints, the others none.
        "retention_cases": "10",
        "retention_reviews": "",
        "retention_learning": "",
        "retention_mail": "",
        "retention_calibration": "",
    }
    for name, value in shipped.items():
        check_setting(name, value)


def test_a_new_value_leaves_the_days_before_as_they_were(session: Session, ada: Person) -> None:
    set_setting(session, "outcome_standard", "0.97", starts_on=APRIL, by=ada)
    set_setting(session, "outcome_standard", "0.99", starts_on=JULY, by=ada)
    days = (date(2026, 3, 31), APRIL, date(2026, 6, 30), JULY, date(2031, 1, 1))
    assert [setting(session, "outcome_standard", day) for day in days] == [
        "0.98",
        "0.97",
        "0.97",
        "0.99",
        "0.99",
    ]
    assert setting(session, "method_standard", JULY) == "0.80"


def test_every_value_a_setting_has_had_with_its_days(session: Session, ada: Person) -> None:
    set_setting(session, "service_days", "15", starts_on=JULY, by=ada)
    set_setting(session, "service_days", "25", starts_on=APRIL, by=ada)
    assert setting_over_time(session, "service_days") == [(date.min, "20"), (APRIL, "25"), (JULY, "15")]


@pytest.mark.parametrize(
    ("name", "good", "bad", "reason"),
    [
        (
            "service_days",
            ("1", "20", "365"),
            ("", "0", "366", "2.5", "two", "²"),
            "working days from 1 to 365",
        ),
        ("long_case_weeks", ("8",), ("", "0", "8 weeks", "261"), "weeks from 1 to 260"),
        ("caseload", ("20",), ("", "-1", "501"), "cases from 1 to 500"),
        ("queue_size", ("", "10"), ("0", "x"), "leave it empty where no number is set"),
        ("service_clock", ("allocation", "receipt"), ("", "Receipt"), "Type one of allocation, receipt"),
        (
            "receipt_clock",
            ("off", "20", "20 at 0.95", "20 at .9"),
            ("", "on", "0", "20 at 1", "20 at 0.95%", "20, 0.95", "1000"),
            "Type off, or a whole number of working days such as 20",
        ),
        ("retention_reviews", ("", "1", "99"), ("0", "100", "2.5", "ten", "-1"), "1 to 99 whole years"),
        ("investigation_types", ("", "Investigation; Detailed"), ("a\nb", "x" * 501), "in one line"),
    ],
)
def test_what_a_setting_of_the_service_can_take(
    name: str, good: tuple[str, ...], bad: tuple[str, ...], reason: str
) -> None:
    for value in good:
        check_setting(name, value)
        assert service_value_in_words(name, value)
    for value in bad:
        with pytest.raises(Refused, match=reason):
            check_setting(name, value)


def test_what_the_setting_of_a_clock_says() -> None:
    assert counted("off") is None
    assert counted("13") == Counted(13, None)
    assert counted("13 at 0.955") == Counted(13, Fraction(955, 1000))
    assert service_value_in_words("investigation_clock", "13 at 0.955") == "13 weeks, in 95.5% of cases"
    assert service_value_in_words("at_once_clock", "1") == "1 working day"
    assert names_in(" Investigation ;; Detailed review ") == ("Investigation", "Detailed review")


def test_a_share_stays_exactly_what_was_typed(session: Session, ada: Person) -> None:
    set_setting(session, "method_standard", " 0.805 ", starts_on=APRIL, by=ada)
    value = setting(session, "method_standard", APRIL)
    assert value == "0.805"
    assert Fraction(value) == Fraction(161, 200)
    set_setting(session, "method_standard", "0.80", starts_on=JULY, by=ada)
    assert setting(session, "method_standard", JULY) == "0.80"


def test_a_value_of_the_same_day_is_corrected_and_the_trail_keeps_both(session: Session, ada: Person) -> None:
    for value in ("3", "4"):
        set_setting(session, "monthly_quota", value, starts_on=JULY, by=ada)
    assert session.scalars(select(Setting.value)).all() == ["4"]
    close_entries(session)
    entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "set_setting")).all()
    assert [(entry.details["before"], entry.details["after"], entry.by_id) for entry in entries] == [
        ("2", "3", ada.id),
        ("3", "4", ada.id),
    ]


def test_settings_are_for_the_administrator_and_the_head(session: Session, ada: Person) -> None:
    head = add_person(session, "Hedda Head", email=None, password=None, by=ada)
    with pytest.raises(Refused, match="an administrator or the Head"):
        set_setting(session, "assurance", "0.9", starts_on=JULY, by=head)
    give_role(session, head, role=Role.HEAD, starts_on=APRIL, by=ada)
    set_setting(session, "assurance", "0.9", starts_on=JULY, by=head)
    with pytest.raises(Refused):
        set_setting(session, "assurance", "1.9", starts_on=JULY, by=head)
    assert setting(session, "assurance", JULY) == "0.9"


@pytest.mark.parametrize("value", ["0.98", ".98", "0.000000001", "0.999999999", "0.5"])
def test_a_share_lies_between_none_and_all(value: str) -> None:
    check_setting("outcome_standard", value)


@pytest.mark.parametrize(
    "value",
    ["", "0", "1", "1.0", "0.0", "-0.5", "98", "98%", "0,98", "4/5", "most", "NaN", "sNaN", "Infinity"],
)
@pytest.mark.parametrize(
    "name", [name for name in SETTINGS if name.endswith("_standard") or name == "assurance"]
)
def test_what_is_no_share_is_refused_in_words(name: str, value: str) -> None:
    with pytest.raises(Refused, match=r"type a share between .* and 1, such as 0\.95\.$"):
        check_setting(name, value)


@pytest.mark.parametrize("value", ["1e-1", "0_9.5", "0.9_5", "٠.٩", "0.9999999999999999", "0.98\n0.97"])
def test_what_only_some_readers_take_for_a_number_is_refused(value: str) -> None:
    with pytest.raises(Refused, match="type a share"):
        check_setting("outcome_standard", value)


def test_an_assurance_is_more_than_a_coin() -> None:
    check_setting("assurance", "0.501")
    for value in ("0.5", "0.05"):
        with pytest.raises(Refused, match=r"between 0\.5 and 1"):
            check_setting("assurance", value)


def test_a_quota_is_a_whole_number_of_cases() -> None:
    for value in ("1", "9", "10", "99", "100"):
        check_setting("monthly_quota", value)
    for value in ("0", "00", "01", "101", "-1", "2.5", "two", "", "²", "٣", "1" * 5000):
        with pytest.raises(Refused, match="whole number from 1 to 100"):
            check_setting("monthly_quota", value)


@pytest.mark.parametrize(
    ("template", "address"),
    [
        ("https://cases.example.org/main.aspx?id={id}&r={reference}", "main.aspx?id=5F%2F1&r=C%2F1%26x%3Dy"),
        ("http://cases.example.org/{reference}", "C%2F1%26x%3Dy"),
        ("https://cases.example.org:8080/#{id}", "#5F%2F1"),
    ],
)
def test_the_address_of_a_case_is_filled_in_and_escaped(template: str, address: str) -> None:
    check_setting("case_link", template)
    filled = address_of_case(template, reference="C/1&x=y", system_id="{5F/1}")
    assert filled is not None
    assert filled.endswith(f"/{address}")


def test_without_an_address_or_the_identifier_it_needs_there_is_no_link() -> None:
    check_setting("case_link", "")
    assert address_of_case("", reference="C-1", system_id="5F1F") is None
    for missing in (None, ""):
        assert address_of_case("https://x.example/{id}", reference="C-1", system_id=missing) is None


@pytest.mark.parametrize(
    "value",
    [
        "javascript:alert({id})",
        "cases.example.org/{id}",
        "//cases.example.org/{id}",
        "https:///{id}",
        "https://{id}/case",
        "https://example.org@{id}.example/",
        "https://user@example.org/{id}",
        "https://[example/{id}",
        "https://example.org/case",
        "https://example.org/{case}?{id}",
        'https://example.org/{id}" onclick=',
        "https://example.org/ {id}",
        "https://exämple.org/{id}",
    ],
)
def test_what_is_no_address_of_cases_is_refused(value: str) -> None:
    with pytest.raises(Refused, match="is not an address of cases"):
        check_setting("case_link", value)


def test_what_is_not_known_is_refused_with_what_is() -> None:
    with pytest.raises(Refused, match="ENG, WLS, SCT, NIR"):
        check_setting("calendar", "UK")
    with pytest.raises(Refused, match="There is no setting called standard"):
        check_setting("standard", "0.98")


def test_the_calendar_follows_its_setting(session: Session, ada: Person) -> None:
    # 30 November 2026 is a Monday: St Andrew's Day, a bank holiday in Scotland alone.
    november = date(2026, 11, 10)
    assert month_end(session, november) == date(2026, 11, 30)
    set_setting(session, "calendar", "SCT", starts_on=date(2026, 11, 1), by=ada)
    assert month_end(session, november) == date(2026, 11, 27)
    assert month_end(session, date(2026, 10, 10)) == date(2026, 10, 30)
    # From 23 December 2026: 24, 29, 30, 31 December, and in Scotland 5 January (4 January is a holiday).
    assert working_days_on(session, date(2026, 12, 23), 5) == date(2027, 1, 5)
    set_setting(session, "calendar", "ENG", starts_on=date(2026, 12, 1), by=ada)
    assert working_days_on(session, date(2026, 12, 23), 5) == date(2027, 1, 4)
