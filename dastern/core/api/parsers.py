"""Request bodies: JSON objects only, bounded, with clear refusals."""

from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework.parsers import BaseParser

from dastern.core.errors import Invalid, TooLarge


class StrictJSONParser(BaseParser):
    """Parses a JSON object of at most DATA_UPLOAD_MAX_MEMORY_SIZE bytes."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """The object. Raises TooLarge (413) or Invalid (400, MALFORMED_JSON)."""
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise TooLarge(extra={"limit": limit})
        if not body:
            return {}
        try:
            value = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise Invalid(_("The request body is not valid JSON."), code="MALFORMED_JSON") from error
        if not isinstance(value, dict):
            raise Invalid(_("The request body must be a JSON object."), code="MALFORMED_JSON")
        return value
