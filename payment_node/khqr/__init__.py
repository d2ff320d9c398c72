"""KHQR, Cambodia's merchant-presented QR: build, verify and decode its text. Pure Python, no I/O, no clock.

``build(fields)`` writes exactly what the National Bank's own SDK (bakong-khqr 1.0.20) writes, ``decode(payload)`` gives
the same neutral field names back, ``verify(payload, now_ms)`` says whether a payment system may trust the text. They
refuse with :class:`KhqrError`, which carries the SDK's error number where the SDK has one.
"""

from payment_node.khqr.checksum import md5_of
from payment_node.khqr.errors import ErrorCode, KhqrError
from payment_node.khqr.reading import decode, verify
from payment_node.khqr.writing import build

__all__ = ["ErrorCode", "KhqrError", "build", "decode", "md5_of", "verify"]
