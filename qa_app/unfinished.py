"""Forms whose texts are kept while they are typed: after a reload, or days later, they are there again.

A form is not an `st.form`, which sends nothing before its button is pressed.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import wraps
from typing import Any, Final, TypeVar

import streamlit as st
from sqlalchemy.orm import Session

from qa_app.changed_meanwhile import Shown, Watched, changed_meanwhile, check_unchanged, shown_now
from qa_app.runtime import as_typed, carry_out, do, reading, signed_in, write
from qa_app.wording import moment_in_words
from sampling.records.people import Person
from sampling.records.unfinished import begun, forget_typed, keep_typed

T = TypeVar("T")

_NOTHING: Final = Shown({}, 0)


@dataclass
class _State:
    """What a window knows of a form: how often it has saved it, what was typed, what it showed."""

    round: int = 0
    is_known: bool = False
    texts: dict[str, str] = field(default_factory=dict)  # as they are kept, or as they were shown
    merged: dict[str, str] = field(default_factory=dict)  # with what another window typed; to be shown next
    is_begun: bool = False
    shown: Shown = _NOTHING
    left_at: datetime | None = None

    def keep(self, name: str, typed: str, kept: str) -> None:
        """A text was kept, as it was typed or together with that of another window."""
        self.texts[name], self.is_begun = typed, True
        if kept != typed:
            self.merged[name] = kept

    def finish(self) -> None:
        """Begin again, with empty fields."""
        self.round += 1
        self.is_known = self.is_begun = False
        self.texts, self.merged, self.left_at = {}, {}, None


class Form:
    """One form on a screen: `Form(f"correct-{point_id}")`. Its name says what it is for, for good.

    The keys of its widgets begin with `key`, which is new once it has been saved, and only then. With
    `watching`, what others have changed meanwhile is told before it is replaced.
    """

    def __init__(self, name: str, *, watching: Watched | None = None) -> None:
        self.name, self._watching = name, watching
        states: dict[str, _State] = st.session_state.setdefault("forms", {})
        self._state = states.setdefault(name, _State())
        if not self._state.is_known:
            self._look_up()
        self.key = f"{name}-{self._state.round}"
        self._agreed = self._state.shown

    @property
    def shown(self) -> Mapping[str, str]:
        """What is watched, in words, as the form shows it: as it was when it was begun."""
        return self._state.shown.words

    def _look_up(self) -> None:
        with reading() as session:
            left = begun(session, self.name, signed_in())
            if left is not None:
                self._state.texts, self._state.left_at = dict(left.texts), left.kept_at
                self._state.shown, self._state.is_begun = Shown(left.shown, left.since), True
            elif self._watching is not None:
                self._state.shown = shown_now(session, self._watching)
        self._state.is_known = True

    @contextmanager
    def expander(self, label: str, *, expanded: bool = False) -> Iterator[None]:
        """The form below a heading to open; open already where something was left unfinished."""
        with st.expander(label, expanded=expanded or self._state.is_begun):
            self.notes()
            yield

    @contextmanager
    def box(self) -> Iterator[None]:
        """The form within a border."""
        with st.container(border=True):
            self.notes()
            yield

    def notes(self) -> None:
        """Say what was left here before, and what somebody has changed meanwhile. Comes before the fields."""
        state = self._state
        if state.left_at is not None:
            st.info(
                f"What you typed here on {moment_in_words(state.left_at)}, and did not save, is here again."
            )
        is_changed = self._watching is not None and self._tell(self._watching)
        if is_changed or state.left_at is not None:
            st.button(
                "Leave mine, and begin with what is stored now" if is_changed else "Empty this form",
                key=f"{self.key}-empty",
                on_click=self._empty,
            )

    def _tell(self, watching: Watched) -> bool:
        """Say what somebody has changed, if anything, and ask whether the form is to replace it."""
        state = self._state
        with reading() as session:
            sentence = changed_meanwhile(session, watching, state.shown, signed_in())
            if sentence is None:
                return False
            now = shown_now(session, watching)
        st.warning(as_typed(sentence))
        # New for another change: who has agreed to replace one has not agreed to replace the next.
        which = hashlib.sha256(json.dumps(sorted(now.words.items())).encode()).hexdigest()[:8]
        if st.checkbox("What I typed is to replace that", key=f"{self.key}-replace-{which}"):
            self._agreed = replace(now, since=state.shown.since)
        return True

    def _empty(self) -> None:
        write(
            lambda session, by: forget_typed(session, self.name, by=by),
            then=lambda _: self._state.finish(),
        )

    def text_area(self, label: str, name: str, value: str = "", **look: Any) -> str:
        """A long text, kept whenever its field is left."""
        return self._kept(name, value, lambda **field: st.text_area(label, **field, **look))

    def text_input(self, label: str, name: str, value: str = "", **look: Any) -> str:
        """A line of text, kept whenever its field is left."""
        return self._kept(name, value, lambda **field: st.text_input(label, **field, **look))

    def _kept(self, name: str, value: str, ask: Callable[..., str | None]) -> str:
        """Ask for a text, and keep it if it is another one than was kept last.

        Looked at in every run rather than when the field is left: a second click may cut a callback short,
        and after the server was restarted the browser sends what it has without calling any.
        """
        state, key = self._state, f"{self.key}-{name}"
        before = state.texts.setdefault(
            name, value
        )  # a text that somebody else changes stays as it was shown
        merged = state.merged.pop(name, None)
        if merged is not None:
            st.session_state[key] = state.texts[name] = before = merged
        typed = ask(value=before, key=key) or ""
        if typed != before:
            write(
                lambda session, by: keep_typed(
                    session,
                    self.name,
                    name,
                    typed,
                    instead_of=before,
                    shown=state.shown.words,
                    since=state.shown.since,
                    by=by,
                ),
                then=lambda kept: state.keep(name, typed, kept),
            )
        return typed

    def carry_out(self, action: Callable[[Session, Person], T], *, done: str | Callable[[T], str]) -> None:
        """Carry out what the form is for, as `runtime.carry_out` does; its texts are kept no longer then."""
        carry_out(self._saving(action), done=done, then=self._state.finish)

    def do(
        self, action: Callable[[Session, Person], T], *, done: str | Callable[[T], str] | None = None
    ) -> T | None:
        """The same as `runtime.do` does it: for a form after which its screen is left."""
        return do(self._saving(action), done=done, then=self._state.finish)

    def _saving(self, action: Callable[[Session, Person], T]) -> Callable[[Session, Person], T]:
        """What the form is for, if nobody changed it meanwhile; then its texts are kept no longer."""

        @wraps(action)
        def save(session: Session, by: Person) -> T:
            if self._watching is not None:
                check_unchanged(session, self._watching, self._agreed, by)
            result = action(session, by)
            forget_typed(session, self.name, known=self._state.texts, by=by)
            return result

        return save
