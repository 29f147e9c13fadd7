"""A reviewer without a browser: speaks with the server as Streamlit's own page does, and measures."""

import asyncio
import random
import time
from dataclasses import dataclass, field
from typing import Final

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from qa_app.runtime import COOKIE

THINKS: Final = 5.0  # seconds between two interactions, on average


@dataclass
class Reviewer:
    """One session: what its last run showed, and how long each interaction took until it was shown."""

    connection: ClientConnection
    took: list[tuple[str, float]] = field(default_factory=list)
    page: str = ""
    query: str = ""
    buttons: dict[str, str] = field(default_factory=dict)  # label: identifier
    radios: dict[str, list[str]] = field(default_factory=dict)  # identifier: options
    drafts: set[str] = field(default_factory=set)  # the radios that showed an answer from the start
    shown: list[str] = field(default_factory=list)  # errors
    answers: dict[str, str] = field(default_factory=dict)

    async def open(self, screen: str, query: str = "") -> None:
        self.answers, self.query = {}, query
        await self._run(f"open {screen}", ClientState(page_name=screen, query_string=query))

    async def press(self, label: str) -> None:
        await self._change(label, WidgetState(id=self.buttons[label], trigger_value=True))

    async def answer(self, radio: str, option: str) -> None:
        self.answers[radio] = option
        await self._change("answer", None)

    async def _change(self, what: str, change: WidgetState | None) -> None:
        state = ClientState(page_script_hash=self.page, query_string=self.query)
        for radio, option in self.answers.items():
            state.widget_states.widgets.add(id=radio, string_value=option)
        if change is not None:
            state.widget_states.widgets.append(change)
        await self._run(what, state)

    async def _run(self, what: str, state: ClientState) -> None:
        began = time.monotonic()
        await self.connection.send(BackMsg(rerun_script=state).SerializeToString())
        while True:
            message = ForwardMsg()
            message.ParseFromString(bytes(await self.connection.recv()))  # type: ignore[arg-type]
            kind = message.WhichOneof("type")
            if kind == "navigation":
                self.page = message.navigation.page_script_hash
            elif kind == "new_session":
                self.buttons, self.radios, self.drafts, self.shown = {}, {}, set(), []
            elif kind == "page_info_changed":
                self.query = message.page_info_changed.query_string
            elif kind == "delta":
                self._see(message)
            elif kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                break
        self.took.append((what, time.monotonic() - began))
        assert not self.shown, self.shown

    def _see(self, message: ForwardMsg) -> None:
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        if kind == "button":
            self.buttons[element.button.label] = element.button.id
        elif kind == "radio":
            self.radios[element.radio.id] = list(element.radio.options)
            if element.radio.raw_value:
                self.drafts.add(element.radio.id)
        elif kind == "exception":
            self.shown.append(element.exception.message)
        elif kind == "alert" and "There is a problem" in element.alert.body:
            self.shown.append(element.alert.body)

    def questions(self) -> list[str]:
        return [name for name, options in self.radios.items() if "Met" in options]


def _connected(address: str, token: str) -> connect:
    return connect(
        f"{address.replace('http', 'ws', 1)}/_stcore/stream",
        additional_headers={"Cookie": f"{COOKIE}={token}"},
        subprotocols=["streamlit"],  # type: ignore[list-item]
        max_size=None,
        proxy=None,
    )


async def review(address: str, token: str, case_ids: list[int], seconds: float) -> list[tuple[str, float]]:
    """Review one case after the other, thinking between, until the time is over; what took how long."""
    chance = random.Random(token)
    until = time.monotonic() + seconds
    async with _connected(address, token) as connection:
        reviewer = Reviewer(connection)

        async def think() -> bool:
            await asyncio.sleep(chance.uniform(0, 2 * THINKS))
            return time.monotonic() < until

        for case_id in case_ids:
            if not await think():
                break
            await reviewer.open("reviews")
            if not await think():
                break
            await reviewer.open("review", f"sampled={case_id}")
            if not await think():
                break
            await reviewer.press("No, start the review")
            assert reviewer.radios, "The score sheet did not open."
            for radio in reviewer.questions():
                if not await think():
                    break
                await reviewer.answer(radio, "Met")
    return reviewer.took


async def goes_on(
    address: str, token: str, case_id: int, answers: int, ready: asyncio.Barrier, over: asyncio.Event
) -> int | None:
    """Answer so many questions. Cut off by what happens then, connect anew: the answers that are there still.

    None for whoever was not cut off.
    """
    async with _connected(address, token) as connection:
        reviewer = Reviewer(connection)
        await reviewer.open("review", f"sampled={case_id}")
        await reviewer.press("No, start the review")
        for radio in reviewer.questions()[:answers]:
            await reviewer.answer(radio, "Met")
        await ready.wait()
        await over.wait()
        try:
            await reviewer.open("reviews")
        except ConnectionClosed:
            pass
        else:
            return None
    async with _connected(address, token) as connection:
        reviewer = Reviewer(connection)
        await reviewer.open("review", f"sampled={case_id}")
        return len(reviewer.drafts & set(reviewer.questions()))
