"""The checksum that closes a KHQR, and the handle under which Bakong knows its payment."""

import binascii
import hashlib


def crc_of(text: str) -> str:
    """CRC-16/CCITT-FALSE over the UTF-8 bytes of ``text`` (everything up to and with ``6304``), four capitals.

    ``crc_hqx`` of the standard library is this polynomial; with the start value FFFF it is this checksum.
    """
    return f"{binascii.crc_hqx(text.encode(), 0xFFFF):04X}"


def md5_of(payload: str) -> str:
    """Lower-case MD5 of the whole payload, checksum included: Bakong's look-up key, not a protection."""
    return hashlib.md5(payload.encode(), usedforsecurity=False).hexdigest()
