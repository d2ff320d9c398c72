"""OpenAPI: the envelope around every JSON answer, closed objects, and the failure envelope beside every success."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

FAILURE = {
    "type": "object",
    "properties": {
        "success": {"type": "boolean", "enum": [False]},
        "statusCode": {"type": "integer"},
        "code": {"type": "string"},
        "message": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "string"}},
        "requestId": {"type": "string"},
    },
    "required": ["success", "statusCode", "code", "message", "errors", "requestId"],
    "additionalProperties": True,
}

IMAGE_UPLOAD = {
    "type": "object",
    "properties": {"image": {"type": "string", "format": "binary"}},
    "required": ["image"],
}


class BearerScheme(OpenApiAuthenticationExtension):
    """Access tokens in the Authorization header."""

    target_class = "dastern.core.api.authentication.StatelessAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """How the documents describe it."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class EnvelopeAutoSchema(AutoSchema):
    """Describes views the way the envelope renderer and the exception handler answer.

    A view with ``answers_file = True`` streams files, which have no envelope; ``answers_beside`` names by status what
    stands beside ``data``.
    """

    def get_operation_id(self) -> str:
        """Named by method and path, so that a new endpoint never renames an old one."""
        parts = self.path.removeprefix("/api/v1/").replace("{", "").replace("}", "").replace("-", "_").split("/")
        return "_".join([self.method.lower(), *filter(None, parts)])

    def _get_response_for_code(
        self, serializer: Any, status_code: str, media_types: Any = None, direction: str = "response"
    ) -> Any:
        response = super()._get_response_for_code(serializer, status_code, media_types, direction)
        if getattr(self.view, "answers_file", False):
            return response
        content = response.get("content", {})
        if status_code.startswith("2") and "application/json" in content:
            inner = content["application/json"].get("schema", {})
            content["application/json"]["schema"] = {
                "type": "object",
                "properties": {
                    "success": {"type": "boolean", "enum": [True]},
                    "data": inner or {"nullable": True},
                    "message": {"type": "string"},
                    "timestamp": {"type": "string", "format": "date-time"},
                },
                "required": ["success", "data", "message", "timestamp"],
            }
            beside = getattr(self.view, "answers_beside", {}).get(status_code, {})
            content["application/json"]["schema"]["properties"] |= beside
            content["application/json"]["schema"]["required"] += list(beside)
        return response


def close_objects(result: dict[str, Any], generator: Any, request: Any, public: Any) -> dict[str, Any]:
    """Adds additionalProperties: false to every declared object and the failure envelope to every operation."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    _close({k: v for k, v in result.items() if k != "components"})
    _close(schemas)
    schemas["Failure"] = FAILURE
    failure = {
        "description": "failure",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Failure"}}},
    }
    for path in result.get("paths", {}).values():
        for operation in path.values():
            if isinstance(operation, dict) and "responses" in operation:
                operation["responses"]["default"] = failure
    return result


def _close(node: Any) -> None:
    if isinstance(node, dict):
        if node.get("type") == "object" and "properties" in node and "additionalProperties" not in node:
            node["additionalProperties"] = False
        for value in node.values():
            _close(value)
    elif isinstance(node, list):
        for value in node:
            _close(value)
