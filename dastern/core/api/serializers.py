"""Serializer bases: camelCase outside, snake_case inside, unknown fields refused."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from dastern.core.api.exceptions import camel


class StrictSerializer(serializers.Serializer[Any]):
    """Declares fields in snake_case; the wire is camelCase. A field that is not declared is an error (spec 6.4)."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Fields under their wire names; ``source`` keeps the Python name.

        DRF looks for ``validate_<wire name>``; methods are written ``validate_<python_name>``, so both are made one.
        """
        renamed: dict[str, serializers.Field[Any, Any, Any, Any]] = {}
        for name, field in super().get_fields().items():
            wire = camel(name)
            if wire != name and field.source is None:
                field.source = name
            if wire != name and (check := getattr(self, f"validate_{name}", None)):
                setattr(self, f"validate_{wire}", check)
            renamed[wire] = field
        return renamed

    def to_internal_value(self, data: Any) -> Any:
        """Validated data with snake_case keys. Unknown fields are named in the error."""
        if isinstance(data, Mapping):
            unknown = sorted(set(map(str, data)) - set(self.fields))
            if unknown:
                raise serializers.ValidationError({name: [_("Unknown field.")] for name in unknown})
        return super().to_internal_value(data)


class AsciiDigitsMixin:
    """Turns Khmer digits into ASCII ones before a number or code is read; a Khmer keyboard types them."""

    def to_internal_value(self, data: Any) -> Any:
        """``data`` with ០–៩ as 0–9."""
        if isinstance(data, str):
            data = data.translate(KHMER_TO_ASCII)
        return super().to_internal_value(data)  # type: ignore[misc]


KHMER_TO_ASCII = {0x17E0 + digit: str(digit) for digit in range(10)}


class CodeField(AsciiDigitsMixin, serializers.CharField):
    """Digits or a code that people type, maybe with Khmer digits."""


class NumberField(AsciiDigitsMixin, serializers.DecimalField):
    """A decimal that people type, maybe with Khmer digits; a string on the wire."""


class PageOutput(StrictSerializer):
    """The frame of every page (core/api/pagination); subclasses declare ``items``."""

    page = serializers.IntegerField()
    limit = serializers.IntegerField()
    total = serializers.IntegerField()
    total_pages = serializers.IntegerField()
