# SPDX-License-Identifier: Apache-2.0
"""What a provider says of a person, checked (OpenID Connect Core 1.0, 3.1.3.7).

Only the subject says who it is: names and mail addresses change hands, and a provider may not have verified them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from joserfc import jwk, jwt
from joserfc.errors import InvalidKeyIdError, JoseError

from seedbed.portal.web.failures import RefusedError

ALGORITHMS = ("RS256", "PS256", "ES256")
"""Signatures by a key that only the provider has: neither ``none``, nor HMAC with something that others may know."""
LEEWAY_S = 60
"""Two clocks."""
_MAX_KEYS = 50


class UnknownKeyError(Exception):
    """The token names a key that is not among those we have: the provider may have changed it."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Of a person at a provider."""

    issuer: str
    subject: str
    names: tuple[str, ...]
    """What it might be called, the best first."""
    email: str
    """Empty unless the provider has verified it."""


def read_keys(value: Any) -> jwk.KeySet:
    """The keys that sign, of a JWK set (RFC 7517); those of kinds that we do not use are passed over.

    Raises:
        ValueError: there are none.
    """
    given = value.get("keys") if isinstance(value, dict) else None
    usable = [one for one in given or () if isinstance(one, dict) and _signs(one)][:_MAX_KEYS]
    if not usable:
        raise ValueError("no key that signs")
    try:
        return jwk.KeySet.import_key_set({"keys": usable})
    except (JoseError, TypeError) as error:
        raise ValueError(str(error)) from error


def check(token: str, keys: jwk.KeySet, *, issuer: str, client: str, nonce: str, now_s: float) -> Identity:
    """Who it is, if the token is for us, from the provider, for this very log-in, and not too old.

    Raises:
        UnknownKeyError: signed by a key that is not there.
        RefusedError: anything else (403).
    """
    try:
        claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
        rules = jwt.JWTClaimsRegistry(
            now=int(now_s),
            leeway=LEEWAY_S,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": client},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        rules.validate(claims)
    except InvalidKeyIdError as error:
        raise UnknownKeyError from error
    except (JoseError, ValueError, TypeError) as error:
        raise _refused(str(error) or type(error).__name__) from None
    _check_party(claims, client)
    return _identity(claims)


def _check_party(claims: dict[str, Any], client: str) -> None:
    """A token for several is ours only if it was made for us (``azp``)."""
    party, audience = claims.get("azp"), claims["aud"]
    if party is not None and party != client:
        raise _refused("it was made for another client")
    if isinstance(audience, list) and len(audience) > 1 and party is None:
        raise _refused("it is for several, and does not say for whom it was made")


def _identity(claims: dict[str, Any]) -> Identity:
    subject = claims["sub"]
    if not isinstance(subject, str) or not 1 <= len(subject) <= 255:
        raise _refused("its subject is no text of 1 to 255 characters")
    texts = [claims.get(name) for name in ("preferred_username", "name", "nickname", "given_name")]
    email = claims.get("email") if claims.get("email_verified") is True else ""
    names = tuple(one for one in texts if isinstance(one, str))
    return Identity(claims["iss"], subject, names, email if isinstance(email, str) else "")


def _signs(key: dict[str, Any]) -> bool:
    return key.get("kty") in {"RSA", "EC"} and key.get("use", "sig") == "sig"


def _refused(why: str) -> RefusedError:
    hint = "Try once more. If it stays so, the admin of this site finds out with the provider."
    return RefusedError(f"the log-in provider's ID token cannot be used: {why}", hint=hint, status=403)
