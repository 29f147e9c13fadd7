"""Outside auditors: their accounts, from when until when, and the samples that each may read."""

from datetime import date

import pandas as pd
import streamlit as st

from qa_app import runtime
from qa_app.sign_in_settings import sign_in_settings
from sampling.audited_samples import (
    AuditorAccount,
    auditor_accounts,
    name_sample,
    samples_to_name,
    take_sample_back,
)
from sampling.records.auditor_accounts import move_last_day, open_auditor_account
from sampling.records.passwords import SHORTEST_PASSWORD
from sampling.records.people import Person
from sampling.refused import Refused
from sampling.tables import AuditedSample, Draw


def show() -> None:
    """The accounts there are, and the forms to open one, name samples, and end both."""
    by = runtime.signed_in()
    st.write(
        "An auditor from outside gets an account of their own, for a time. It reads the samples named for "
        "it, takes their evidence packs, and changes nothing."
    )
    with runtime.reading() as session:
        accounts = auditor_accounts(session, by=by)
    runtime.table(
        _rows(accounts),
        caption="Accounts of outside auditors",
        key="auditors",
        empty="No account has been opened for an auditor yet.",
        download="auditors.csv",
    )
    try:
        with runtime.reading() as session:
            samples = samples_to_name(session, by=by)
    except Refused as refused:
        st.info(runtime.as_typed(str(refused)))
        samples = {}
    with st.expander("Open an account"):
        _open(samples)
    if accounts:
        with st.expander("Name a sample, take one back, move the last day"):
            _change(accounts, samples)


def _rows(accounts: list[AuditorAccount]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            (
                account.name,
                account.email,
                account.starts_on,
                account.ends_on,
                "Disabled" if account.is_disabled else "",
                ", ".join(sample.name for sample in account.samples) or "None",
            )
            for account in accounts
        ],
        columns=["Name", "E-mail address", "First day", "Last day", "State", "Samples"],
    )


def _open(samples: dict[int, str]) -> None:
    with st.form(runtime.fresh("open-auditor"), border=False):
        name = st.text_input("Name")
        email = st.text_input("E-mail address", type="email", autocomplete="off")
        password = st.text_input(
            f"First password, at least {SHORTEST_PASSWORD} characters",
            type="password",
            autocomplete="new-password",
            help="Leave it empty for somebody who signs in with the organisation’s account."
            if sign_in_settings().provider
            else None,
        )
        starts_on = runtime.date_input("First day", runtime.fresh("auditor-from"))
        ends_on = runtime.date_input("Last day", runtime.fresh("auditor-until"))
        named = st.multiselect("Samples to read", list(samples), format_func=samples.__getitem__)
        if st.form_submit_button("Open the account"):
            runtime.carry_out(
                lambda session, by: [
                    auditor := open_auditor_account(
                        session,
                        name,
                        email=email or "",
                        password=password or (None if sign_in_settings().provider else ""),
                        starts_on=runtime.given(starts_on, "the first day"),
                        ends_on=runtime.given(ends_on, "the last day"),
                        by=by,
                    ),
                    *(
                        name_sample(session, session.get_one(Draw, draw_id), auditor=auditor, by=by)
                        for draw_id in named
                    ),
                ],
                done="The account is open. Tell the auditor the password in private.",
            )


def _change(accounts: list[AuditorAccount], samples: dict[int, str]) -> None:
    by_id = {account.person_id: account for account in accounts}
    chosen: int = st.selectbox("Auditor", list(by_id), format_func=lambda one: by_id[one].name)
    account = by_id[chosen]
    _name(account, {number: words for number, words in samples.items() if number not in _read_by(account)})
    _take_back(account)
    _move(account)


def _read_by(account: AuditorAccount) -> set[int]:
    return {sample.draw_id for sample in account.samples}


def _name(account: AuditorAccount, samples: dict[int, str]) -> None:
    if not samples:
        st.write("There is no further sample that you could name.")
        return
    with st.form(runtime.fresh(f"name-sample-{account.person_id}"), border=False):
        draw_id = st.selectbox("A further sample to read", list(samples), format_func=samples.__getitem__)
        if st.form_submit_button("Name the sample"):
            runtime.carry_out(
                lambda session, by: name_sample(
                    session,
                    session.get_one(Draw, draw_id),
                    auditor=session.get_one(Person, account.person_id),
                    by=by,
                ),
                done=f"{account.name} reads the sample from now on.",
            )


def _take_back(account: AuditorAccount) -> None:
    if not account.samples:
        st.write("No sample is named for this auditor, so there is nothing to take back.")
        return
    named = {sample.row_id: sample for sample in account.samples}
    with st.form(runtime.fresh(f"take-back-{account.person_id}"), border=False):
        row_id = st.selectbox(
            "A sample to take back",
            list(named),
            format_func=lambda one: (
                f"{named[one].name}, by {named[one].named_by} on {runtime.in_words(named[one].named_on)}"
            ),
        )
        if st.form_submit_button("Take the sample back"):
            runtime.carry_out(
                lambda session, by: take_sample_back(session, session.get_one(AuditedSample, row_id), by=by),
                done=f"{account.name} reads the sample no more. What was taken before is on record.",
            )


def _move(account: AuditorAccount) -> None:
    with st.form(runtime.fresh(f"last-day-{account.person_id}"), border=False):
        key = runtime.fresh(f"auditor-last-{account.person_id}")
        ends_on: date | None = runtime.date_input("Last day of the account", key, value=account.ends_on)
        if st.form_submit_button("Move the last day"):
            runtime.carry_out(
                lambda session, by: move_last_day(
                    session,
                    session.get_one(Person, account.person_id),
                    ends_on=runtime.given(ends_on, "the last day"),
                    by=by,
                ),
                done="The last day is moved.",
            )
