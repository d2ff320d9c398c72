"""What this app announces through the outbox. Handlers: services/announcing."""

ALERT = "health.alert"  # a new or graver alert
UNSEEN = "health.unseen"  # half an hour later, when nobody has seen it
WITHDRAWN = "health.withdrawn"  # the reading was a mistake
SOS = "health.sos"
SAFE = "health.safe"
PROPOSED = "health.proposed"
DECIDED = "health.decided"
