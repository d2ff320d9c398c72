"""A stand-in for the National Bank's Bakong service, for tests and for showing the platform without a bank.

It behaves as the real service is reported to behave, faults included, on 127.0.0.1 only. Nothing here is Django, and
the node's production settings refuse to talk to it.
"""
