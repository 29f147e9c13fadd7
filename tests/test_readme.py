"""The README's commands and examples are run, so that nobody is told what does not work."""

import doctest
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import select
from typer.core import TyperGroup as Group
from typer.main import get_command

from learning_register import follow_up
from qa_app.command_line import app
from qa_app.command_permissions import matrix_in_markdown
from sampling import register_chain
from sampling.records.appointments import give_role
from sampling.records.database import connect, writing
from sampling.records.people import Person, Role

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
DEPLOYMENT = (ROOT / "docs" / "deployment.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    """The code blocks of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_python_examples() -> None:
    for block in blocks("python"):
        examples = doctest.DocTestParser().get_doctest(block, {}, "README.md", "README.md", 0)
        assert examples.examples
        assert doctest.DocTestRunner(verbose=False).run(examples).failed == 0


def test_every_make_target_exists() -> None:
    targets = {word for block in blocks("sh") for word in re.findall(r"^make (\w+)", block, re.MULTILINE)}
    assert targets == {"run", "test", "check", "bench", "faults", "load"}
    for target in targets:
        subprocess.run(["make", "-n", target], cwd=ROOT, check=True, capture_output=True)


def test_windows_commands_are_those_of_the_makefile() -> None:
    (windows,) = blocks("powershell")
    makefile = (ROOT / "Makefile").read_text("utf-8")
    installs = re.search(r"install .*?(-c constraints\.txt -e \"\.\[dev\]\")", makefile)
    assert installs is not None
    assert installs[1] in windows
    assert "qa demo" in windows
    assert "$(BIN)/qa demo" in makefile


def test_the_commands_take_an_office_from_nothing_to_a_verified_draw(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "QA_DATABASE_URL": f"sqlite:///{tmp_path}/office.sqlite",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }

    def shell(script: str, typed: str = "") -> str:
        done = subprocess.run(
            ["bash", "-euc", script],
            cwd=tmp_path,
            env=environment,
            input=typed,
            text=True,
            capture_output=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    scripts = [block for block in blocks("sh") if not block.startswith("make")]
    (init,) = [block for block in scripts if "qa office init" in block]
    create = init.splitlines()[0]
    assert init.splitlines()[1:] == ["qa run"]
    assert "is set up" in shell(f"{create} --password-stdin", "a long enough password\n")
    engine = connect(environment["QA_DATABASE_URL"])
    with writing(engine) as session:
        ada = session.scalars(select(Person)).one()
        give_role(session, ada, role=Role.QA_REVIEWER, starts_on=date(2026, 1, 1), by=ada)
    engine.dispose()
    told = [shell(block) for block in scripts if block is not init]
    assert "4 new" in told[1]
    assert "3 of 3 cases, drawn as registered." in told[2]
    assert "The register holds: 3 lines" in told[2]
    assert "Drawn: 2 of the 4 cases of cases.csv, in 2 strata." in told[3]
    assert "24 more" in told[4]
    assert "NOT WELL" not in told[5]
    assert "The office Example Ombudsman is copied to office.backup.sqlite" in told[5]
    assert "The audit trail holds" in told[5]
    assert "so no digest is sent" in told[5]
    for shipped in re.findall(r"shipped as examples: `([\w-]+)` and `([\w-]+)`", README)[0]:
        assert (ROOT / "qa_app" / "shipped" / "mappings" / f"{shipped}.json").exists()


def test_every_command_and_option_exists() -> None:
    """Also those that no test can run as they stand, such as a unit of systemd or the restore of a drill."""
    told = re.findall(r"(?:^|`|/|=|')(qa [a-z][^`\n]*)", README + DEPLOYMENT, re.MULTILINE)
    found = {" ".join(chosen) for words in told for chosen in [command_of(words.split()[1:])]}
    assert {"run", "move", "restore", "admin create", "admin password", "admin disable"} <= found
    assert {"office grant", "digest", "backup", "verify", "doctor"} <= found


def command_of(words: list[str]) -> list[str]:
    """The command that words begin with, all of whose options must be among its own."""
    command, path = get_command(app), list[str]()
    while isinstance(command, Group) and words and words[0] in command.commands:
        path.append(words[0])
        command, words = command.commands[words[0]], words[1:]
    assert path, words
    options = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
    assert {word for word in words if word.startswith("--")} <= options, path
    return path


def test_links_lead_somewhere() -> None:
    for page, text in ((ROOT / "README.md", README), (ROOT / "docs" / "deployment.md", DEPLOYMENT)):
        for link in re.findall(r"\]\((?!https?:)([^)]+)\)", text):
            name, _, heading = link.partition("#")
            target = page.parent / name if name else page
            headings = re.findall(r"^#+ (.*)$", target.read_text("utf-8"), re.MULTILINE)
            anchors = {re.sub(r"[^\w -]", "", words).lower().replace(" ", "-") for words in headings}
            assert not heading or heading in anchors, link


def test_diagrams_are_those_of_the_code() -> None:
    of_draws, of_actions = ("\n".join(sorted(block.splitlines()[1:])) for block in blocks("mermaid"))
    assert of_draws == diagram({start or "[*]": ends for start, ends in register_chain.MOVES.items()})
    assert of_actions == diagram({"[*]": ["draft"], **follow_up.MOVES})


def test_the_permissions_are_those_of_the_code() -> None:
    (part,) = re.findall(r"<!-- permissions -->\n(.*?)<!-- /permissions -->", README, re.DOTALL)
    assert matrix_in_markdown() in part


def diagram(moves: Mapping[Any, Iterable[Any]]) -> str:
    return "\n".join(sorted(f"    {start} --> {end}" for start, ends in moves.items() for end in ends))
