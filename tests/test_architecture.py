"""The shape of the product, read from its imports: who may know whom, and what a rule may know."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[1]

# One way only: each package knows those before it.
_CHAIN = ("sampling", "scorecards", "learning_register", "qa_app")

# Rules: what is decided from what is given, so that anyone can check it by hand. No database, no screen,
# no clock, and no randomness but a seed that is passed in.
_RULES = {
    "sampling.refused",
    "sampling.records.audit_chain",
    "sampling.records.passwords",
    "sampling.sizes",
    "sampling.strata",
    "sampling.stratified",
    "sampling.worst_case",
    "sampling.fisher",
    "sampling.randomness",
    "sampling.plan_effects",
    "sampling.register_chain",
    "sampling.receipt_checks",
    "sampling.hypergeometric",
    "sampling.draw",
    "sampling.intervals",
    "sampling.margins",
    "sampling.monitoring",
    "sampling.shortest",
    "sampling.records.working_days",
    "sampling.records.case_mapping",
    "sampling.records.service_settings",
    "sampling.records.retention",
    "scorecards.requirements",
    "scorecards.card_reading",
    "scorecards.case_facts",
    "scorecards.approval_rows",
    "scorecards.card_changes",
    "scorecards.card_editing",
    "scorecards.scoring",
    "scorecards.verdicts",
    "scorecards.stages",
    "scorecards.in_scope",
    "scorecards.agreement",
    "scorecards.agreement_by_stratum",
    "scorecards.second_scoring_design",
    "scorecards.allocation",
    "scorecards.weighted_agreement",
    "scorecards.reliability",
    "scorecards.item_agreement",
    "scorecards.control_limits",
    "scorecards.periods",
    "scorecards.result_cells",
    "scorecards.standing_out",
    "scorecards.independence",
    "scorecards.dispute_decisions",
    "scorecards.going_out",
    "scorecards.clocks",
    "scorecards.risk",
    "learning_register.citations",
    "learning_register.effectiveness",
    "learning_register.follow_up",
    "learning_register.likeness",
    "learning_register.naming",
    "learning_register.report_contents",
    "learning_register.suppression",
    "learning_register.guidance_rows",
    "learning_register.guidance_text",
    "learning_register.paragraph_moves",
    "learning_register.policy_reading",
    "learning_register.mail_message",
    "learning_register.reminders",
}
_A_RULE_MAY_USE = {"numpy", "scipy", "pandas"}
_NOT_EVEN_FROM_THE_STANDARD_LIBRARY = {"random", "secrets", "sqlite3", "time", "uuid"}
_CLOCKS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("os", "urandom"),
}

_LONGEST_FILE = 350
_DRAWERS = {"utils", "util", "helpers", "helper", "common", "base", "shared", "misc", "manager"}


def _modules() -> dict[str, Path]:
    found = {}
    for package in _CHAIN:
        for path in sorted((_ROOT / package).rglob("*.py")):
            parts = list(path.relative_to(_ROOT).with_suffix("").parts)
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


_MODULES = _modules()


def _imports(path: Path) -> Iterator[str]:
    """The modules a file imports, wherever in it; a name taken from a package may be a module too."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: name the module in full"
            assert node.module is not None
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in _MODULES else node.module


@pytest.mark.parametrize("module", _MODULES)
def test_a_package_knows_only_those_before_it(module: str) -> None:
    package = module.split(".")[0]
    later = set(_CHAIN[_CHAIN.index(package) + 1 :])
    assert {name for name in _imports(_MODULES[module]) if name.split(".")[0] in later} == set()


@pytest.mark.parametrize("module", [name for name in _MODULES if name.startswith("sampling.records")])
def test_the_records_know_nothing_else_of_sampling(module: str) -> None:
    known = {name for name in _imports(_MODULES[module]) if name.split(".")[0] == "sampling"}
    outside = {name for name in known if not f"{name}.".startswith("sampling.records.")}
    assert outside <= {"sampling.refused"}


@pytest.mark.parametrize("module", sorted(_RULES))
def test_a_rule_knows_no_database_no_screen_no_clock_and_no_chance(module: str) -> None:
    path = _MODULES[module]
    for name in _imports(path):
        first = name.split(".")[0]
        allowed = name in _RULES or first in _A_RULE_MAY_USE or first in sys.stdlib_module_names
        assert allowed, f"{module} imports {name}"
        assert first not in _NOT_EVEN_FROM_THE_STANDARD_LIBRARY, f"{module} imports {name}"
        assert not name.startswith("numpy.random"), f"{module} imports {name}"
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Attribute):
            owner = ast.unparse(node.value)
            assert (owner.split(".")[-1], node.attr) not in _CLOCKS, f"{module}: {ast.unparse(node)}"
            assert node.attr != "rvs", f"{module}: {ast.unparse(node)}"
            assert node.attr != "random" or owner == "np", f"{module}: {ast.unparse(node)}"
            assert owner != "np.random" or node.attr == "default_rng", f"{module}: {ast.unparse(node)}"
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "np.random.default_rng":
            # A seed that was passed in, and no other: a rule gives the same answer again.
            assert [ast.unparse(seed) for seed in node.args] == ["seed"], f"{module}: {ast.unparse(node)}"


@pytest.mark.parametrize("module", [name for name in _MODULES if name.split(".")[0] != "qa_app"])
def test_only_the_app_knows_streamlit(module: str) -> None:
    assert "streamlit" not in {name.split(".")[0] for name in _imports(_MODULES[module])}


@pytest.mark.parametrize("module", [name for name in _MODULES if name.startswith("qa_app.screens.")])
def test_a_screen_holds_no_sql(module: str) -> None:
    taken = {name for name in _imports(_MODULES[module]) if name.split(".")[0] == "sqlalchemy"}
    assert taken <= {"sqlalchemy.orm"}  # for the type Session


def test_no_file_is_too_long() -> None:
    written_by_a_program = "qa_app.migrations.versions."
    long = {
        name: lines
        for name, path in _MODULES.items()
        if (lines := len(path.read_text("utf-8").splitlines())) > _LONGEST_FILE
        and not name.startswith(written_by_a_program)
    }
    assert long == {}


def test_no_file_is_a_drawer_for_anything() -> None:
    assert {name for name in _MODULES if set(name.split(".")) & _DRAWERS} == set()
