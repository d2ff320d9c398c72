"""Paths of the node: the API for the main server, health, and the pages of staff."""

from django.contrib import admin
from django.urls import path

from payment_node.core import health
from payment_node.payments import api as payments
from payment_node.subscriptions import api as subscriptions

urlpatterns = [
    path("api/payments/create", payments.create),
    path("api/payments/status/<str:md5>", payments.status),
    path("api/payments/bulk-check", payments.bulk_check),
    path("api/payments/history", payments.history),
    path("api/payments/callback", payments.callback),
    path("api/payments/<str:md5>/check", payments.check),
    path("api/payments/<str:md5>/cancel", payments.cancel),
    path("api/payments/<str:md5>/image", payments.image),
    path("api/subscriptions/<str:user_id>", subscriptions.subscription),
    path("api/subscriptions/<str:user_id>/cancel", subscriptions.cancel),
    path("api/health", health.health),
    path("api/ready", health.ready),
    path("api/live", health.live),
    path("staff/", admin.site.urls),
]
