"""What this app announces through the outbox; apps that know what hangs on a plan register the handlers."""

# Somebody's plan becomes smaller: {"userId", "tier", "at", "now"}; ``now`` is false for the notice before.
LOWERED = "subscriptions.lowered"
