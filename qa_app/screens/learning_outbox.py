"""The outbox: which e-mails were written, and what became of them."""

import pandas as pd
import streamlit as st

from learning_register.mail import MailKind
from learning_register.mail_queries import MailRow, mail_to_read, outbox
from qa_app.mail_server import mail_server
from qa_app.runtime import as_typed, in_words, link, reading, signed_in, table
from qa_app.screens.learning_feedback import STATES
from qa_app.wording import moment_in_words

_DAYS = 31
_KINDS = {MailKind.FEEDBACK: "Feedback", MailKind.DIGEST: "Digest of the day"}


def show() -> None:
    """The e-mails of a month that a person may see, and one of them to read."""
    st.write(
        f"E-mails of the last {_DAYS} days, and those about learning that have not gone yet. You see those "
        "about learning that you may see, and your own digests; an administrator and the Head of Customer "
        "Care also see who got a digest, but not what it says."
    )
    if mail_server() is None:
        st.info(
            "No mail server is set, so e-mails are taken as files and no digest is sent. Whoever runs this "
            "app can set QA_SMTP_URL and QA_MAIL_FROM."
        )
    with reading() as session:
        mails = outbox(session, signed_in(), days=_DAYS)
    table(
        pd.DataFrame([_listed(mail) for mail in mails]),
        caption="E-mails",
        key="outbox",
        empty="There is none yet. Feedback is written on the page of a learning point, under “Feedback by "
        "e-mail”. The digest of a day is written by the command “qa digest”.",
        download="outbox.csv",
    )
    readable = {mail.mail_id: mail for mail in mails if mail.body}
    if not readable:
        return
    opened = st.selectbox(
        "Read an e-mail",
        list(readable),
        index=None,
        format_func=lambda mail_id: _named(readable[mail_id]),
        placeholder="Choose an e-mail",
        key="outbox-read",
    )
    if opened is None:
        return
    with reading() as session:
        mail = mail_to_read(session, opened, signed_in())
    if mail is not None:
        _read(mail)


def _listed(mail: MailRow) -> dict[str, object]:
    return {
        "What became of it": STATES[mail.state],
        "To": mail.to,
        "Subject": mail.subject,
        "Why it did not go": mail.failure,
        "Written": mail.written_at,
        "Sent or taken": mail.ended_at,
        "Written by": mail.written_by or "qa digest",
        "Kind": _KINDS[mail.kind],
        "Address": mail.to_address,
    }


def _named(mail: MailRow) -> str:
    about = f"learning point {mail.point_id}" if mail.point_id else ""
    day = in_words(mail.for_day) if mail.for_day else ""
    return f"{mail.mail_id}: {_KINDS[mail.kind]}, {about or day}, to {mail.to}"


def _read(mail: MailRow) -> None:
    st.markdown(
        f"**{as_typed(mail.subject)}**  \n{STATES[mail.state]}, to {as_typed(mail.to_address)}, "
        f"written {moment_in_words(mail.written_at)}"
    )
    st.text(mail.body)
    if mail.point_id is not None:
        link("learning", "Go to the learning point, to change, send or take it", point=mail.point_id)
