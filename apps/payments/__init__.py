"""Payments, the main server's side: asks the payment node, hears from it, and counts what was paid."""
