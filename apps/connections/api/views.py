"""Endpoints of links (domain.md §2.3)."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.connections import selectors, services
from apps.connections.api import serializers as shapes
from apps.connections.choices import PermissionLevel
from apps.connections.plan import caregivers_max
from apps.connections.services.codes import code_find
from apps.connections.wire import (
    access_request_wire,
    code_wire,
    link_wire,
    links_wire,
    person_wire,
)
from dastern.core import ratelimit
from dastern.core.api.pagination import PAGES, page_of
from dastern.core.api.views import ApiView, IsPatient


class ConnectionsView(ApiView):
    """My links."""

    @extend_schema(parameters=[shapes.ListQuery, *PAGES], responses={200: shapes.ConnectionPage})
    def get(self, request: Request) -> Response:
        """My links with the other person, my side and the level."""
        query = self.parse_query(shapes.ListQuery)
        me = self.actor().user_id
        links = selectors.links_of(me).filter(**query)
        return self.answer(page_of(request, links, lambda rows: links_wire(rows, me)))

    @extend_schema(request=shapes.RequestInput, responses={201: shapes.ConnectionOutput})
    def post(self, request: Request) -> Response:
        """Ask somebody for a link."""
        body = self.parse(shapes.RequestInput)
        actor = self.actor()
        link = services.connection_request(
            actor=actor,
            target_id=body["target_user_id"],
            target_role=body.get("target_role"),
            message=body.get("message", ""),
            relationship=body.get("relationship", ""),
            level=_level(body),
            scope=body.get("scope"),
        )
        return self.answer(link_wire(link, actor.user_id), status=201)


def _level(body: dict[str, Any]) -> PermissionLevel | None:
    value = body.get("permission_level")
    return PermissionLevel(value) if value else None


class AcceptView(ApiView):
    """Accept."""

    @extend_schema(request=shapes.AcceptInput, responses={200: shapes.ConnectionOutput})
    def patch(self, request: Request, pk: UUID) -> Response:
        """Accept a request that was sent to me."""
        body = self.parse(shapes.AcceptInput)
        actor = self.actor()
        link = services.connection_accept(actor=actor, link_id=pk, level=_level(body), scope=body.get("scope"))
        return self.answer(link_wire(link, actor.user_id))


class RejectView(ApiView):
    """Decline."""

    @extend_schema(request=shapes.ReasonInput, responses={200: shapes.ConnectionOutput})
    def patch(self, request: Request, pk: UUID) -> Response:
        """Decline a request that was sent to me."""
        body = self.parse(shapes.ReasonInput)
        actor = self.actor()
        link = services.connection_reject(actor=actor, link_id=pk, reason=body.get("reason", ""))
        return self.answer(link_wire(link, actor.user_id))


class RevokeView(ApiView):
    """End."""

    @extend_schema(request=shapes.ReasonInput, responses={200: shapes.ConnectionOutput})
    def patch(self, request: Request, pk: UUID) -> Response:
        """End a link, or withdraw a request."""
        body = self.parse(shapes.ReasonInput)
        actor = self.actor()
        link = services.connection_revoke(actor=actor, link_id=pk, reason=body.get("reason", ""))
        return self.answer(link_wire(link, actor.user_id))


class PermissionView(ApiView):
    """The level."""

    @extend_schema(request=shapes.PermissionInput, responses={200: shapes.ConnectionOutput})
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change what the other side may see (the patient only)."""
        body = self.parse(shapes.PermissionInput)
        actor = self.actor()
        link = services.connection_permission_set(
            actor=actor,
            link_id=pk,
            level=PermissionLevel(body["permission_level"]),
            scope=body.get("scope"),
            valid_until=body.get("valid_until"),
        )
        return self.answer(link_wire(link, actor.user_id))


class AlertsView(ApiView):
    """Alerts."""

    @extend_schema(request=shapes.AlertsInput, responses={200: shapes.ConnectionOutput})
    def patch(self, request: Request, pk: UUID) -> Response:
        """Switch the alerts of a link."""
        body = self.parse(shapes.AlertsInput)
        actor = self.actor()
        link = services.connection_alerts_set(actor=actor, link_id=pk, enabled=body["enabled"])
        return self.answer(link_wire(link, actor.user_id))


class GenerateCodeView(ApiView):
    """New codes."""

    permission_classes = [IsPatient]

    @extend_schema(request=shapes.GenerateInput, responses={201: shapes.CodeOutput})
    def post(self, request: Request) -> Response:
        """Make a code for a helper: one day, one use."""
        body = self.parse(shapes.GenerateInput)
        actor = self.actor()
        ratelimit.check(request, "connection_code", str(actor.user_id))
        code = services.code_generate(
            actor=actor, level=PermissionLevel(body["permission_level"]), scope=body.get("scope")
        )
        return self.answer(code_wire(code), status=201)


class ActiveCodesView(ApiView):
    """Usable codes."""

    permission_classes = [IsPatient]

    @extend_schema(parameters=PAGES, responses={200: shapes.CodePage})
    def get(self, request: Request) -> Response:
        """My codes that can still be used."""
        rows = selectors.codes_active(self.actor().user_id)
        return self.answer(page_of(request, rows, lambda codes: [code_wire(code) for code in codes]))


class CodeView(ApiView):
    """One code."""

    permission_classes = [IsPatient]

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Withdraw an unused code."""
        services.code_withdraw(actor=self.actor(), code_id=pk)
        return self.answer(status=204)


class ValidateCodeView(ApiView):
    """Look at a code."""

    @extend_schema(request=shapes.LinkCodeInput, responses={200: shapes.CodeCheckOutput})
    def post(self, request: Request) -> Response:
        """Whose code it is, before using it."""
        code = code_find(self.parse(shapes.LinkCodeInput)["token"])
        return self.answer(
            {
                "valid": True,
                "patientName": code.patient.full_name,
                "permissionLevel": code.permission_level,
                "expiresAt": code.expires_at,
            }
        )


class ConsumeCodeView(ApiView):
    """Use a code."""

    @extend_schema(request=shapes.LinkCodeInput, responses={201: shapes.ConnectionOutput})
    def post(self, request: Request) -> Response:
        """Use a code: makes a request that the patient still has to accept."""
        actor = self.actor()
        link = services.code_consume(actor=actor, typed=self.parse(shapes.LinkCodeInput)["token"])
        return self.answer(link_wire(link, actor.user_id), status=201)


class DirectionalView(ApiView):
    """Lists by direction: caregivers, patients, doctors, family. ``name`` comes from the route."""

    name = "family"

    @extend_schema(parameters=PAGES, responses={200: shapes.ConnectionPage})
    def get(self, request: Request) -> Response:
        """Living links of one direction, 20 a page."""
        me = self.actor().user_id
        links = selectors.links_listed(me, self.name)
        return self.answer(page_of(request, links, lambda rows: links_wire(rows, me), default_limit=20))


class CaregiverLimitView(ApiView):
    """Places for caregivers."""

    permission_classes = [IsPatient]

    @extend_schema(responses={200: shapes.CaregiverLimitOutput})
    def get(self, request: Request) -> Response:
        """How many caregivers I have and may have."""
        me = self.actor().user_id
        return self.answer({"current": selectors.caregiver_count(me), "max": caregivers_max(me)})


class HistoryView(ApiView):
    """What happened."""

    @extend_schema(parameters=[shapes.HistoryQuery, *PAGES], responses={200: shapes.HistoryPage})
    def get(self, request: Request) -> Response:
        """Requests, accepts, ends and level changes on my links, newest first."""
        query = self.parse_query(shapes.HistoryQuery)
        me = self.actor().user_id
        rows = selectors.history_of(me, days=int(query["days"]), kind=query.get("filter"))
        return self.answer(page_of(request, rows, lambda found: _history(found, me), default_limit=20))


def _history(rows: Any, me: UUID) -> list[dict[str, Any]]:
    links = {str(link.id): link for link in selectors.links_of(me).filter(pk__in={row.resource_id for row in rows})}
    items = []
    for row in rows:
        link = links[row.resource_id]
        other = link.recipient if link.initiator_id == me else link.initiator
        items.append(
            {
                "id": row.id,
                "connectionId": str(link.id),
                "event": row.details.get("event") or row.action_type,
                "byMe": row.actor_id == me,
                "otherName": other.full_name,
                "at": row.created_at,
                "old": row.details.get("old"),
                "new": row.details.get("new") or row.details.get("level"),
                "reason": row.details.get("reason") or None,
            }
        )
    return items


class AccessRequestsView(ApiView):
    """Requests of a link."""

    @extend_schema(parameters=PAGES, responses={200: shapes.AccessRequestPage})
    def get(self, request: Request, pk: UUID) -> Response:
        """The requests of a link, for both sides."""
        rows = selectors.access_requests_of(self.actor().user_id, pk)
        return self.answer(page_of(request, rows, lambda found: [access_request_wire(row) for row in found]))

    @extend_schema(request=shapes.AccessRequestInput, responses={201: shapes.AccessRequestOutput})
    def post(self, request: Request, pk: UUID) -> Response:
        """Ask the patient to see something (level "on request")."""
        body = self.parse(shapes.AccessRequestInput)
        made = services.access_request_create(
            actor=self.actor(), link_id=pk, scope=body["scope"], reason=body["reason"]
        )
        return self.answer(access_request_wire(made), status=201)


class ApproveView(ApiView):
    """Approve."""

    @extend_schema(request=shapes.ApproveInput, responses={200: shapes.AccessRequestOutput})
    def patch(self, request: Request, pk: UUID, rid: UUID) -> Response:
        """Let the viewer see it for 24 hours (the patient only)."""
        body = self.parse(shapes.ApproveInput)
        made = services.access_request_decide(
            actor=self.actor(), link_id=pk, request_id=rid, approve=True, scope=body.get("scope")
        )
        return self.answer(access_request_wire(made))


class DenyView(ApiView):
    """Deny."""

    @extend_schema(request=None, responses={200: shapes.AccessRequestOutput})
    def patch(self, request: Request, pk: UUID, rid: UUID) -> Response:
        """Refuse the request (the patient only)."""
        made = services.access_request_decide(actor=self.actor(), link_id=pk, request_id=rid, approve=False)
        return self.answer(access_request_wire(made))


class DoctorSearchView(ApiView):
    """Doctors."""

    permission_classes = [IsPatient]

    @extend_schema(parameters=[shapes.SearchQuery, *PAGES], responses={200: shapes.DoctorPage})
    def get(self, request: Request) -> Response:
        """Verified doctors by name, clinic or specialty."""
        rows = selectors.doctors_found(self.parse_query(shapes.SearchQuery)["query"])
        return self.answer(
            page_of(request, rows, lambda found: [person_wire(user) for user in found], default_limit=20)
        )


class CardView(ApiView):
    """A person."""

    @extend_schema(responses={200: shapes.CardOutput})
    def get(self, request: Request, pk: UUID) -> Response:
        """The card of somebody I am connected with, or my own."""
        actor = self.actor()
        user, link = selectors.person_card(actor, pk)
        return self.answer(person_wire(user) | {"connection": link and link_wire(link, actor.user_id)})
