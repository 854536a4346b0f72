"""What random requests leave out."""

import schemathesis


@schemathesis.hook
def map_query(context, query):
    # A cursor is what an earlier page gave; any other is refused, which the lists' own tests hold.
    return {name: value for name, value in (query or {}).items() if name not in ("cursor", "starting_after")}


@schemathesis.hook
def map_headers(context, headers):
    # A key that comes twice with different requests is refused (422), and so is a version that the record never had (412).
    return {name: value for name, value in (headers or {}).items() if name not in ("Idempotency-Key", "If-Match")}
