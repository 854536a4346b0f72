"""Verifies webhooks of Savvy. Python 3.9 or later, nothing else."""

import base64
import binascii
import hashlib
import hmac
import time

TOLERANCE_SECONDS = 300


def key_of(secret):
    """The bytes behind the prefix; where what stands there is no base64, its characters."""
    text = secret.removeprefix("whsec_")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    return key or text.encode()


def verify(headers, body, secret, now=None):
    """Whether Savvy sent this. `headers` by lower-case name; `body` is the bytes that came."""
    message = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    try:
        age = (time.time() if now is None else now) - int(timestamp)
    except ValueError:
        return False
    key = key_of(secret)
    if not key or not message or abs(age) > TOLERANCE_SECONDS:
        return False
    signed = f"{message}.{timestamp}.".encode() + body
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    expected = b"v1," + base64.b64encode(digest)
    # More than one while the secret is being changed. The comparison takes as long whatever differs.
    signatures = headers.get("webhook-signature", "").split()
    return any(hmac.compare_digest(one.encode(), expected) for one in signatures)
