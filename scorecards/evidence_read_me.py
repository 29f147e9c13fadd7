"""The README of an evidence pack: what each file is, how to check it by hand, and what is still under way."""

from typing import Final

from sampling.tables import Draw, Route

_ROUTES: Final = {
    Route.OPEN: "open cases of a team, reviewed by its line manager",
    Route.CENTRAL: "closed cases, reviewed by central QA",
    Route.THEMATIC: "cases of a theme",
    Route.SECOND: "managers' reviews, scored again by QA without sight of the first score",
    Route.FILE: "cases of a file, which stay there",
}

_FILES: Final = """
What each file is
-----------------
receipt.zip              The receipt of the draw: the frozen list of cases, the plan, the seed, the
                         tickets and the lines of the register. HOW-TO-CHECK.txt in it says how to
                         work the draw out again by hand; "qa verify receipt.zip" does it at once.
cases.csv                The cases drawn, by stratum and ticket; why a case was replaced, who was to
                         review it, and whether the review is "submitted", a "draft" or not begun.
reviews.csv              Each submitted review and its results as they are now. A case that was scored
                         again has two: the manager's and QA's, with their draws. Both are here.
answers.csv              What each review answers to each requirement now, with its evidence.
facts.csv                The facts of its case that a review records, where its scorecard asks for any.
scorecards/              The scorecards the reviews were made on: the words behind each requirement.
revisions.csv            Every state that a review had, from its first submission on: why it was
                         changed and by whom. revision-answers.csv has the answers of each state.
pairs.csv                The manager's review and QA's of the same case, and whether QA's was blind.
adjudications.csv        What a third person decided on a pair, and the reason; the answers the case
                         should have been given are in adjudicated-answers.csv.
disputes.csv             Reviews that were disputed, on what grounds, and what was decided.
involvements.csv         What people declared, before they read a case, of any other part in it.
people.csv               The names of those who planned, drew, reviewed or decided. All other files
                         have people as numbers; caseworkers who did none of this stay numbers.
audit-entries.jsonl      The entries of the audit trail about this sample, its cases and its reviews,
                         one text to a line, and who has read or taken this evidence before.
audit-hashes.txt         The hash of each of these texts, line by line.
audit-head.txt           The hash of the newest entry of the whole trail as this pack was made. It
                         stands for everything before it.
SHA256SUMS               The hash of every file of this pack.

Tables are CSV in UTF-8; times are UTC. A text that a spreadsheet would run as a formula has a ' in front.
"""

_HOW_TO: Final = """
How to check it by hand
-----------------------
You need a shell with sha256sum; nothing of ours.

1. No file was changed since the pack was made:
       sha256sum -c SHA256SUMS
2. No audit entry was changed since it was written. This prints nothing when all is well:
       while IFS= read -r line; do printf '%s' "$line" | sha256sum | cut -c1-64
       done < audit-entries.jsonl | diff - audit-hashes.txt
3. The entries hang together. Each has a "number" in the trail of the whole office, and under
   "previous" the hash of the entry with the number before. Where two entries here follow each other
   in number, the second must quote the hash of the first. "changes" is the hash of the rows that
   were written with an entry; the rows themselves stay in the office.
4. The entries between are of other work and not for you. That none was changed or left out, the
   office shows with the head of this pack, while you watch:
       qa verify --audit --head HASH-IN-audit-head.txt
5. This is the pack that was handed out: the office's audit trail has an entry "take_evidence" with
   the hash of the whole ZIP file.
"""


def read_me(draw: Draw, *, no_receipt: str | None, under_way: tuple[str, ...]) -> str:
    """The text for one pack. `no_receipt` says why there is no receipt in it; None: there is one."""
    plan, frame = draw.plan, draw.plan.frame
    assert draw.drawn_at is not None
    title = f"Evidence of the sample “{frame.name}”"
    lines = [
        title,
        "=" * len(title),
        "",
        f"Draw {draw.id}: {_ROUTES[Route(frame.route)]}.",
        f"Cases in the frozen list: {frame.population:,}",
        f"Drawn: {draw.drawn_at.isoformat(timespec='seconds')}",
        f"SHA-256 of the frozen list: {frame.frame_sha256}",
        f"SHA-256 of the registered plan: {plan.plan_sha256}",
    ]
    if plan.voided_at is not None:
        lines.append(f"This sample was voided on {plan.voided_at.isoformat(timespec='seconds')}.")
    if no_receipt is not None:
        lines += ["", f"There is no receipt.zip in this pack. {no_receipt}"]
    lines += ["", "What is still under way", "-----------------------"]
    lines += under_way or ["Nothing: all that belongs to this sample is in and decided."]
    return "\n".join(lines) + "\n" + _FILES + _HOW_TO
