"""The severity table, read once from its data file. A missing or damaged file stops the start."""

import json
from functools import lru_cache
from pathlib import Path

from apps.health_monitoring.rules.severity import Table, table_of

_FILE = Path(__file__).parent / "data" / "severity.json"


@lru_cache(maxsize=1)
def severity_table() -> Table:
    """The table in force."""
    return table_of(json.loads(_FILE.read_text()))
