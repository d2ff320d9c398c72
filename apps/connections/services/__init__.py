"""Writes of links, codes, requests and nudges."""

from apps.connections.services.codes import code_consume, code_generate, code_withdraw
from apps.connections.services.links import (
    connection_accept,
    connection_alerts_set,
    connection_permission_set,
    connection_reject,
    connection_request,
    connection_revoke,
)
from apps.connections.services.nudges import nudge_answer, nudge_create, nudges_remaining
from apps.connections.services.requests import access_request_create, access_request_decide

__all__ = [
    "access_request_create",
    "access_request_decide",
    "code_consume",
    "code_generate",
    "code_withdraw",
    "connection_accept",
    "connection_alerts_set",
    "connection_permission_set",
    "connection_reject",
    "connection_request",
    "connection_revoke",
    "nudge_answer",
    "nudge_create",
    "nudges_remaining",
]
