"""Many rows as one parameter: ``FROM json_to_recordset(%s::json) AS r (id uuid, …)``.

One prepared statement for any number of rows, no limit of parameters, and one value for the driver to adapt where
columns as arrays would be one each.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import orjson


def _plain(value: Any) -> str:
    return f"{value.total_seconds()} s" if isinstance(value, timedelta) else str(value)


def rows_json(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """``rows`` as the JSON text of a list of objects; ``orjson.Fragment`` and dicts become json columns."""
    return orjson.dumps([dict(zip(names, row, strict=True)) for row in rows], default=_plain).decode()
