"""`qa draw --frame`: a sample of the cases in a file, however many, on the office's register."""

import io
import json
import shutil
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import pandas as pd
import typer
from sqlalchemy import Engine

from qa_app.command_parts import (
    Database,
    Json,
    address_of,
    check_has_office,
    opened,
    person_who_signs_in,
    refusals,
    say,
    tell,
)
from qa_app.migrating import migrate
from sampling.big_frames import BigFrame, BigSize, Drawn, Progress, draw_from, open_frame, plan_of
from sampling.drawing import seed_plan
from sampling.file_plans import record_file_draw, register_file_plan
from sampling.hypergeometric import check_level
from sampling.receipt import FRAME, HOW_TO, HOW_TO_CHECK, PLAN, RECEIPT
from sampling.receipt_queries import facts_of
from sampling.records.database import reading, today, writing
from sampling.records.downloads import as_csv
from sampling.records.people import Person
from sampling.records.settings import setting
from sampling.refused import Refused
from sampling.samples import EVERY_CASE, ToShow
from sampling.tables import Cause, Draw, Plan

SAMPLE: Final = "sample.csv"
ZIP: Final = "receipt.zip"


def draw_from_file(
    context: typer.Context,
    frame: Annotated[
        Path | None, typer.Option(help="Draw from all the cases in this CSV or Parquet file.")
    ] = None,
    reference: Annotated[
        str | None, typer.Option(help="The column of --frame with the case references.")
    ] = None,
    strata: Annotated[
        str | None, typer.Option(help="The column of --frame by which the sample is shared out.")
    ] = None,
    standard: Annotated[
        str | None, typer.Option(help="Of --frame, draw enough to show this standard, such as 0.98.")
    ] = None,
    allowed_failures: Annotated[
        int, typer.Option(help="How many may fail and the standard still be shown.")
    ] = 0,
    cases: Annotated[int | None, typer.Option(help="Of --frame, draw this many cases.")] = None,
    every_case: Annotated[bool, typer.Option("--every-case", help="Of --frame, draw every case.")] = False,
    assurance: Annotated[
        str | None, typer.Option(help="How sure the result is to be, such as 0.95; else the setting.")
    ] = None,
    by: Annotated[str | None, typer.Option(help="The e-mail address of whoever draws.")] = None,
    name: Annotated[
        str | None, typer.Option(help="What the sample is called in the register; else the file's name.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="The folder for the sample and the receipt.")] = None,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Freeze the cases, register the plan and draw a sample: of the office's cases, or of a file."""
    if context.invoked_subcommand is not None and frame is None:
        return
    with refusals(), _writing_to(output):
        if context.invoked_subcommand is not None:
            raise Refused(f"Give either --frame or “{context.invoked_subcommand}”, not both.")
        needed = {"--frame": frame, "--reference": reference, "--by": by, "--output": output}
        missing = [option for option, value in needed.items() if value is None]
        if frame is None or reference is None or by is None or output is None:
            raise Refused(f"A draw from a file also needs {' and '.join(missing)}. See “qa draw --help”.")
        with opened(address_of(database)) as engine:
            check_has_office(engine)
            migrate(engine)
            with reading(engine) as session:
                by_id = person_who_signs_in(session, by).id
                assurance = assurance or setting(session, "assurance", today(session))
            size = _size(standard, allowed_failures, cases, every_case, assurance)
            _make_folder(output)
            progress = _silence if as_json else _told_with_seconds()
            with open_frame(
                frame, reference=reference, stratum=strata, working=output, progress=progress
            ) as found:
                contents = plan_of(found, size, assurance=assurance)
                draw_id, seed = _register(engine, name or frame.name, found, contents, by_id=by_id)
                sizes = contents["sizes"]
                progress(0.8, f"Drawing {sum(sizes.values()):,} of {found.population:,} cases")
                drawn = draw_from(found, sizes, seed=seed)
                progress(0.9, f"Writing the sample and the receipt of {found.population:,} cases")
                # On record before anybody can look at it.
                facts, plan = _record(engine, draw_id, _sample(drawn), by_id=by_id)
                _replace(output / SAMPLE, lambda file: file.write_bytes(_as_csv(found, drawn)))
                _replace(output / ZIP, lambda file: _write_receipt(file, found, plan, facts))
                progress(1.0, f"Drew {sum(sizes.values()):,} of {found.population:,} cases")
    words = (
        f"Drawn: {len(facts['sample']):,} of the {found.population:,} cases of {frame.name}"
        f"{f', in {len(found.strata)} strata' if strata else ''}.\n"
        f"The sample is in {output / SAMPLE}, the receipt in {output / ZIP}. "
        f"Check it with “qa verify {output / ZIP}”."
    )
    result: dict[str, object] = {
        "population": found.population,
        "drawn": len(facts["sample"]),
        "strata": {
            stratum.label: {
                "code": stratum.code,
                "population": stratum.population,
                "drawn": len(drawn[stratum.code]),
            }
            for stratum in found.strata
        },
        "sample": str(output / SAMPLE),
        "receipt": str(output / ZIP),
        "draw_number": facts["series"]["number"],
        "draws_for_period": facts["series"]["made"],
        **{field: facts[field] for field in ("draw", "frame_sha256", "plan_sha256", "seed")},
    }
    say(words, result, as_json=as_json)


def _register(
    engine: Engine, name: str, frame: BigFrame, contents: Mapping[str, Any], *, by_id: int
) -> tuple[int, str]:
    """Register the plan and give it its seed; the draw and the seed.

    The plan is committed before the seed exists, and the seed before a ticket is worked out. Repeating the
    command goes on with what is on record: the same plan, seed and sample, whatever broke it off.
    """
    with writing(engine, source="command line") as session:
        by = session.get_one(Person, by_id)
        plan_id = register_file_plan(session, name, frame.strata, contents, by=by).id
    with writing(engine, source="command line") as session:
        draw = seed_plan(session, session.get_one(Plan, plan_id), by=session.get_one(Person, by_id))
        return draw.id, draw.seed


def _record(
    engine: Engine, draw_id: int, sample: list[dict[str, Any]], *, by_id: int
) -> tuple[dict[str, Any], bytes]:
    """Note the draw in the register; the facts of its receipt, and the plan as it was hashed."""
    with writing(engine, source="command line") as session:
        draw = session.get_one(Draw, draw_id)
        record_file_draw(session, draw, sample, by=session.get_one(Person, by_id))
        return {**facts_of(session, draw), "sample": sample}, draw.plan.plan_text.encode()


def _sample(drawn: Mapping[str, list[Drawn]]) -> list[dict[str, Any]]:
    """The drawn cases as they stand in a receipt."""
    return [
        {
            "stratum": code,
            "position": position,
            "reference": case.reference,
            "ticket": case.ticket,
            "cause": str(Cause.DRAWN),
        }
        for code, cases in drawn.items()
        for position, case in enumerate(cases, start=1)
    ]


def _size(
    standard: str | None, allowed_failures: int, cases: int | None, every_case: bool, assurance: str
) -> BigSize:
    try:
        level = float(assurance)
    except ValueError:
        raise Refused(f"The assurance is a share such as 0.95; {assurance!r} is none.") from None
    check_level("assurance", level)
    if [standard is not None, cases is not None, every_case].count(True) != 1:
        raise Refused("Say how large the sample is by one of --standard, --cases and --every-case.")
    if standard is not None:
        return ToShow(standard, assurance, allowed_failures)
    return EVERY_CASE if cases is None else cases


@contextmanager
def _writing_to(folder: Path | None) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Refused(
            f"{error.filename or folder} cannot be written: {error.strerror}. Put that right and repeat the "
            "command: a draw that was begun goes on."
        ) from error


def _make_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / ZIP).exists():
        raise Refused(f"{folder} has a draw with its receipt already. Choose another folder.")


def _told_with_seconds() -> Progress:
    start = time.perf_counter()
    return lambda share, sentence: tell(share, f"{sentence} ({time.perf_counter() - start:.1f} s)")


def _silence(share: float, sentence: str) -> None:
    """Scripts that read JSON get nothing else."""


def _replace(file: Path, write: Callable[[Path], object]) -> None:
    """Write a file so that it is there as a whole or not at all."""
    draft = file.with_name(f"{file.name}-unfinished")
    write(draft)
    draft.replace(file)


def _as_csv(frame: BigFrame, drawn: Mapping[str, list[Drawn]]) -> bytes:
    rows = [
        (stratum.code, stratum.label, position, case.reference, case.ticket)
        for stratum in frame.strata
        for position, case in enumerate(drawn[stratum.code], start=1)
    ]
    return as_csv(pd.DataFrame(rows, columns=["stratum", "label", "position", "reference", "ticket"]))


def _write_receipt(file: Path, frame: BigFrame, plan: bytes, facts: Mapping[str, Any]) -> None:
    """The receipt as `sampling.receipt.write_receipt` makes it, but with the frame copied in pieces."""
    contents = {**facts, "plan": json.loads(plan)}
    with zipfile.ZipFile(file, "w") as archive, frame.content.open("rb") as content:
        for name, part in (
            (FRAME, content),
            (PLAN, io.BytesIO(plan)),
            (RECEIPT, io.BytesIO(json.dumps(contents, indent=1, sort_keys=True).encode())),
            (HOW_TO, io.BytesIO(HOW_TO_CHECK.encode())),
        ):
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(info, "w", force_zip64=True) as entry:
                shutil.copyfileobj(part, entry, 1 << 20)
