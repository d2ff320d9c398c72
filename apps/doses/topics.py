"""What this app announces through the outbox. Payloads name a dose and its patient; handlers: services/announcing."""

MISSED = "doses.missed"  # to the patient, at once
MISSED_FAMILY = "doses.missed_family"  # to the family, held back
TAKEN_AFTER_ALL = "doses.taken_after_all"
POSSIBLE_DOUBLE = "doses.possible_double"
TAKEN_AFTER_STOP = "doses.taken_after_stop"
SIDE_EFFECTS = "doses.side_effects"
TWO_DOSES = "doses.two_doses"
