"""The history of a payment is only added to; it goes with its payment when an account is erased."""

from django.db import migrations

_UP = """
CREATE OR REPLACE FUNCTION payments_history_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the history of payments is only added to' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER payments_history_stands BEFORE UPDATE ON payments_paymentchange
FOR EACH STATEMENT EXECUTE FUNCTION payments_history_stands();
"""
_DOWN = """
DROP TRIGGER IF EXISTS payments_history_stands ON payments_paymentchange;
DROP FUNCTION IF EXISTS payments_history_stands();
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial")]
    operations = [migrations.RunSQL(_UP, _DOWN)]
