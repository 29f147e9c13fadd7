"""Every table of the product in one place, for migrations and for tests."""

import importlib
import importlib.util

import sampling.records.audit_trail
import sampling.records.cases
import sampling.records.office
import sampling.records.people
import sampling.records.settings
import sampling.records.sign_in  # noqa: F401
from sampling.records.database import Base

for _name in ("sampling.tables", "scorecards.tables", "learning_register.tables"):
    if importlib.util.find_spec(_name) is not None:
        importlib.import_module(_name)

TABLES = Base.metadata
