"""The feedback e-mail of one learning point: proposed, changed, sent, or taken as a file."""

from typing import Final

import streamlit as st
from sqlalchemy.orm import Session

from learning_register.feedback_mail import Wording, proposed_feedback, write_feedback
from learning_register.mail import TO_SEND, MailState, mail_to_take, settle_mail, take_mail
from learning_register.mail_message import LONGEST_SUBJECT, as_message
from learning_register.mail_queries import MailRow, mails_of_point, manager_to_tell, people_with_address
from learning_register.point_queries import LearningRow
from learning_register.tables import LearningPoint
from learning_register.tables_mail import Mail
from qa_app.changed_meanwhile import Watched
from qa_app.mail_server import MailServer, Outcome, mail_server, send_mail
from qa_app.runtime import as_typed, carry_out, do, engine, flash, problem, reading, signed_in
from qa_app.settings import settings
from qa_app.unfinished import Form
from qa_app.wording import moment_in_words
from sampling.records.people import Person
from sampling.refused import Refused

STATES: Final = {
    MailState.WAITING: "Written, not sent",
    MailState.SENDING: "Being sent",
    MailState.NOT_KNOWN: "Not known whether it went",
    MailState.FAILED: "Not sent",
    MailState.SENT: "Sent",
    MailState.TAKEN: "Taken as a file",
}


def show(point: LearningRow) -> None:
    """The e-mail about a learning point, from its first wording to the day it went."""
    person = signed_in()
    with reading() as session:
        written = mails_of_point(session, point.point_id, person)
    newest = written[0] if written else None
    is_open = newest is not None and newest.state not in (MailState.SENT, MailState.TAKEN)

    def words(session: Session) -> dict[str, str]:
        stored = mails_of_point(session, point.point_id, person)
        return {"the e-mail": f"{stored[0].subject}: {stored[0].body}" if stored else ""}

    form = Form(
        f"mail-{point.point_id}",
        watching=Watched(
            (LearningPoint, point.point_id),
            f"mail {newest.mail_id if newest else 0}",
            ["write_feedback"],
            words,
        ),
    )
    with form.expander("Feedback by e-mail", expanded=is_open):
        for mail in written:
            _said(mail)
        if newest is not None and newest.state is MailState.SENDING:
            return
        if newest is not None and newest.state is MailState.NOT_KNOWN:
            _settle(newest)
            return
        _write(form, point.point_id, newest, person, mail_server(), settings().address)
        if newest is not None and newest.state in TO_SEND | {MailState.TAKEN}:
            _take(newest, person)


def _said(mail: MailRow) -> None:
    words = f"**{STATES[mail.state]}**: to {as_typed(mail.to)}, {as_typed(mail.to_address)}, "
    if mail.ended_at is not None:
        words += f"{moment_in_words(mail.ended_at)}."
    else:
        words += f"written {moment_in_words(mail.written_at)}."
    st.markdown(words)
    if mail.failure:
        st.warning(f"It did not go as it should: {as_typed(mail.failure)}")


def _settle(mail: MailRow) -> None:
    st.write(
        f"The server broke off, or this app did, while the e-mail was being sent. Ask {as_typed(mail.to)} "
        "whether it arrived, so that nobody gets it twice."
    )
    with st.container(horizontal=True):
        arrived = st.button("It arrived", key=f"mail-arrived-{mail.mail_id}")
        lost = st.button("It did not arrive", key=f"mail-lost-{mail.mail_id}")
    if arrived or lost:
        carry_out(
            lambda session, by: settle_mail(
                session, session.get_one(Mail, mail.mail_id), arrived=arrived, by=by
            ),
            done="The e-mail is on record as sent." if arrived else "The e-mail can be sent again.",
        )


def _write(
    form: Form,
    point_id: int,
    newest: MailRow | None,
    person: Person,
    server: MailServer | None,
    address: str | None,
) -> None:
    """The form. It is another one once something was written: a second click finds no button to press."""
    kept = newest if newest is not None and newest.state in TO_SEND else None
    key = form.key
    with reading() as session:
        people = people_with_address(session)
        told = kept.to_id if kept else manager_to_tell(session, point_id, person)
    if kept is None:
        st.write(
            "This is written to the line manager of whoever it is about, unless you choose somebody else. "
            "It must not name the complainant or anybody else from the case."
        )
    places = list(people)
    to_id = st.selectbox(
        "To",
        places,
        index=places.index(told) if told in people else None,
        format_func=people.__getitem__,
        placeholder="Choose who is told",
        key=f"{key}-to",
        on_change=_greet,
        args=(key, people),
    )
    if to_id is None:
        if told is None:
            st.caption("No line manager is on record for the caseworker, or it is not about one.")
        return
    wording = _wording(point_id, kept, to_id, person, address)
    subject = form.text_input("Subject", "subject", wording.subject, max_chars=LONGEST_SUBJECT)
    body = form.text_area("Text", "body", wording.body, height=420)
    if server is None:
        st.caption(
            "No mail server is set here. Keep the e-mail, then take it as a file and send it with your own "
            "program."
        )
    with st.container(horizontal=True):
        sends = server is not None and st.button("Send the e-mail", type="primary", key=f"{key}-send")
        keeps = st.button("Keep the e-mail", key=f"{key}-keep")
    if not sends and not keeps:
        return
    mail_id = form.do(
        lambda session, by: (
            write_feedback(
                session,
                session.get_one(LearningPoint, point_id),
                to=session.get_one(Person, to_id),
                subject=subject,
                body=body,
                after=newest.mail_id if newest else None,
                by=by,
            ).id
        ),
        done="The e-mail is kept." if keeps else None,
    )
    if mail_id is None:
        return
    if sends and server is not None:
        _send(mail_id, server, person)
    st.rerun()


def _wording(point_id: int, kept: MailRow | None, to_id: int, person: Person, address: str | None) -> Wording:
    if kept is not None:
        return Wording(subject=kept.subject, body=kept.body)
    with reading() as session:
        point, to = session.get_one(LearningPoint, point_id), session.get_one(Person, to_id)
        return proposed_feedback(session, point, to, by=person, address=address)


def _greet(key: str, people: dict[int, str]) -> None:
    """Somebody else is chosen: what was typed stays, and greets them."""
    to_id, text = st.session_state.get(f"{key}-to"), st.session_state.get(f"{key}-body")
    if to_id is not None and text and text.startswith("Dear "):
        _, _, rest = text.partition("\n")
        st.session_state[f"{key}-body"] = f"Dear {people[to_id]},\n{rest}"


def _send(mail_id: int, server: MailServer, person: Person) -> None:
    """Send it; what went wrong stays with the e-mail, and is shown there."""
    with st.spinner("Sending"):
        try:
            attempt = send_mail(engine(), mail_id, server, by_id=person.id)
        except Refused as refused:
            problem(str(refused))
            st.stop()
    if attempt.outcome is Outcome.SENT:
        flash("The e-mail is sent, and the feedback is recorded.")


def _take(mail: MailRow, person: Person) -> None:
    if person.email is None:
        return
    try:
        with reading() as session:
            outgoing = mail_to_take(session, session.get_one(Mail, mail.mail_id), by=person)
        message = as_message(outgoing, sender=person.email, is_draft=True)
    except Refused as refused:
        problem(str(refused))
        return
    st.download_button(
        "Take it as a file (.eml)",
        data=message.as_bytes(),
        file_name=f"learning-point-{mail.point_id}.eml",
        mime="message/rfc822",
        key=f"mail-take-{mail.mail_id}",
        on_click=_taken,
        args=(mail.mail_id,),
    )
    st.caption("The file holds the e-mail as it was last kept. Taking it records the feedback as of today.")


def _taken(mail_id: int) -> None:
    do(
        lambda session, by: take_mail(session, session.get_one(Mail, mail_id), by=by),
        done="The e-mail is taken as a file, and the feedback is recorded. Send it with your own program.",
    )
