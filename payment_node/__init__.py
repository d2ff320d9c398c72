"""The payment node: a deployment of its own that makes KHQR codes and watches for their payment.

It shares no code with the main project and knows a payer only by an opaque id (domain.md §4).
"""
