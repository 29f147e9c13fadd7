"""The office these tests share stands beside this folder."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))
