"""Who knocks, and may they come in: address, token, language, limit, revocation. One for the web and the stream."""

import redis as redis_py
from django.conf import settings

from dastern.core import redis, revocation
from dastern.core.ratelimit import parse_rate
from dastern.core.tokens import Claims, TokenError, read_access

# One round trip: count the caller, look for revocations, and say whether Redis still remembers revocations at all.
_COUNT_AND_ASK = redis.Script("""
local n = redis.call('INCR', KEYS[1])
if n == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
local wait = 0
if n > tonumber(ARGV[2]) then wait = math.max(redis.call('TTL', KEYS[1]), 1) end
local revoked = 0
if #KEYS > 2 then revoked = redis.call('EXISTS', KEYS[3], KEYS[4]) end
return {wait, revoked, redis.call('EXISTS', KEYS[2])}
""")


def caller_address(remote: str, forwarded_for: str) -> str:
    """The caller's address: the last hop that is not one of our own proxies."""
    if remote and remote not in settings.TRUSTED_PROXIES:
        return remote
    hops = [hop.strip() for hop in forwarded_for.split(",") if hop.strip()]
    for hop in reversed(hops):
        if hop not in settings.TRUSTED_PROXIES:
            return hop[:45]
    return remote or "127.0.0.1"


def bearer_claims(authorization: str) -> tuple[Claims | None, str]:
    """The claims of a bearer token, and the code of what is wrong with it; neither when there is none."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        return None, ""
    try:
        return read_access(token.strip()), ""
    except TokenError as error:
        return None, error.code


def caller_language(accept_language: str, claims: Claims | None) -> str:
    """km or en: as asked for, else the account's, else Khmer."""
    for part in accept_language.split(","):
        code = part.split(";")[0].strip().lower()[:2]
        if code in {"km", "en"}:
            return code
    return claims.language if claims else "km"


class Gate:
    """Counts callers and knows what was revoked; with Redis down limits are open and the database answers."""

    def __init__(self) -> None:
        self.limit, self.window = parse_rate(settings.RATE_LIMITS["global"])

    def check(self, address: str, claims: Claims | None) -> tuple[int, bool]:
        """Count one request. Returns how many seconds to wait (0: none), and whether the token was revoked."""
        wait, revoked, ready = 0, False, False
        if redis.is_up():
            keys = [redis.key(f"rate:global:{address}"), redis.key(revocation.READY)]
            if claims:
                keys += [revocation.user_key(claims.user_id), revocation.session_key(claims.session_id)]
            try:
                wait, found, known = _COUNT_AND_ASK(keys, [self.window, self.limit])
                revoked, ready = bool(found), bool(known) and not redis.has_missed_writes()
            except redis_py.RedisError as error:
                redis.failed(error)
            else:
                if not ready:
                    revocation.refill()
        if claims and not revoked and not ready:
            revoked = revocation.is_revoked_in_database(claims.user_id, claims.session_id)
        return int(wait), revoked
