"""Answers that are the same for everybody, packed once instead of for each request."""

from collections.abc import Mapping

from net.dashboard.files import File
from net.http.call import Call
from net.http.headers import takes_gzip
from net.http.routing import Reply


def sent(call: Call, file: File, headers: Mapping[str, str]) -> Reply:
    """Return a file with these headers as the client takes it; nothing where it has it already."""
    headers = {"Content-Type": file.media_type, "ETag": file.etag, **headers}
    if file.etag in (call.exchange.header(b"if-none-match") or ""):
        return Reply(status=304, headers=headers)
    if takes_gzip(call.exchange.headers.get(b"accept-encoding", b"")):
        return Reply(raw=file.packed, headers={**headers, "Content-Encoding": "gzip"})
    return Reply(raw=file.body, headers=headers)
