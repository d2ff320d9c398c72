"""Which doses of a patient a viewer sees: a grant as a condition on doses ``d`` and medicines ``m``."""

from datetime import date
from typing import Any

from apps.connections.rules import Grant, Side

# An own record: no join, no condition; the hot path pays nothing for scopes.
_OWN = ("", ())
Condition = tuple[str, tuple[Any, ...]]


def doses_visible(grant: Grant) -> Condition:
    """SQL to append to a WHERE, and its parameters: prescriptions and days of the grant, private medicines left out.

    A private medicine is for the patient and the doctor who wrote it (domain.md §7.6).
    """
    if grant.side is Side.SELF:
        return _OWN
    sql = " AND (NOT m.private OR EXISTS (SELECT 1 FROM prescriptions_prescription p"
    sql += " WHERE p.id = d.prescription_id AND p.doctor_id = %s))"
    values: list[Any] = [grant.viewer_id]
    if grant.prescription_ids is not None:
        sql += " AND d.prescription_id = ANY(%s)"
        values.append(sorted(grant.prescription_ids))
    for bound, sign in ((grant.from_date, ">="), (grant.to_date, "<=")):
        if bound:
            sql += f" AND d.local_date {sign} %s"
            values.append(date.fromisoformat(bound))
    return sql, tuple(values)
