"""Where the follow-up actions stand: how many in each state, how old, whose, and which need somebody."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd
from sqlalchemy.orm import Session

from learning_register.action_queries import ActionRow, Concern, follow_up_actions
from learning_register.follow_up import AGE_BANDS, OLDEST, ActionState, Result
from sampling.records.people import Person


@dataclass(frozen=True)
class ActionsOverview:
    """Counts of actions, and those that somebody has to look after.

    `by_state` has the columns `state` and `actions`, of all. The others count the unfinished ones, and
    those of them that are late: `by_age` by `age_band`, `by_unit` by `team_id` and `team` (the one it was
    learned in), `by_owner` by `owner_id` or `owner_team_id` and `owner`. `by_result` counts the `actions`
    of each `result`: what is not measurable or was not shown is apart from what was effective.
    """

    by_state: pd.DataFrame
    by_age: pd.DataFrame
    by_unit: pd.DataFrame
    by_owner: pd.DataFrame
    by_result: pd.DataFrame
    late: tuple[ActionRow, ...]
    unowned: tuple[ActionRow, ...]
    unauthorised: tuple[ActionRow, ...]
    unverified: tuple[ActionRow, ...]


def actions_overview(session: Session, person: Person) -> ActionsOverview:
    """How do the actions stand that a person may see?"""
    rows = follow_up_actions(session, person)
    states, results = Counter(row.state for row in rows), Counter(row.result for row in rows)
    by_age = _unfinished(rows, ["age_band"]).set_index("age_band")
    return ActionsOverview(
        by_state=pd.DataFrame({"state": list(ActionState), "actions": [states[one] for one in ActionState]}),
        by_age=by_age.reindex([*AGE_BANDS, OLDEST], fill_value=0).rename_axis("age_band").reset_index(),
        by_unit=_unfinished(rows, ["team_id", "team"]),
        by_owner=_unfinished(rows, ["owner_id", "owner_team_id", "owner"]),
        by_result=pd.DataFrame({"result": list(Result), "actions": [results[one] for one in Result]}),
        late=_with(rows, Concern.LATE),
        unowned=_with(rows, Concern.UNOWNED),
        unauthorised=_with(rows, Concern.UNAUTHORISED),
        unverified=_with(rows, Concern.UNVERIFIED),
    )


def _unfinished(rows: Iterable[ActionRow], by: list[str]) -> pd.DataFrame:
    """The unfinished actions and the late ones among them, by some columns, most late and most first."""
    counts: defaultdict[tuple[object, ...], list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        if not row.is_finished:
            count = counts[tuple(getattr(row, name) for name in by)]
            count[0] += 1
            count[1] += row.is_overdue
    ordered = sorted(counts.items(), key=lambda one: (-one[1][1], -one[1][0], str(one[0][-1])))
    columns = [[key[place] for key, _ in ordered] for place in range(len(by))]
    return pd.DataFrame(
        {
            **{name: pd.Series(values, dtype=object) for name, values in zip(by, columns, strict=True)},
            "actions": pd.Series([count[0] for _, count in ordered], dtype="int64"),
            "late": pd.Series([count[1] for _, count in ordered], dtype="int64"),
        }
    )


def _with(rows: Iterable[ActionRow], concern: Concern) -> tuple[ActionRow, ...]:
    return tuple(row for row in rows if concern in row.concerns)
