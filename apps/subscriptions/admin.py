"""Subscriptions for staff: to look at; what changes a plan is a payment."""

from django.contrib import admin

from apps.subscriptions.models import FamilyMember, Subscription
from dastern.core.admin import ReadOnlyAdmin


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin):
    """Who is on which plan."""

    list_display = ("user", "tier", "status", "started_at", "expires_at")
    list_filter = ("tier", "status")
    search_fields = ("user__email", "user__full_name")
    list_select_related = ("user",)


@admin.register(FamilyMember)
class FamilyMemberAdmin(ReadOnlyAdmin):
    """Who sits in whose family plan."""

    list_display = ("subscription", "member", "status", "added_at")
    search_fields = ("member__email",)
    list_select_related = ("subscription", "member")
