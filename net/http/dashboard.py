"""The dashboard over HTTP: its page at `/`, its files, and the script that draws charts.

These addresses are for browsers and no operations of the API, so the OpenAPI document does not list them.
"""

from functools import cache
from typing import Final

import trio
from werkzeug.exceptions import NotFound

from net.dashboard.files import File, read_charts, read_release
from net.http.call import Call
from net.http.files import sent
from net.http.routing import Reply, Routes

FOR_EVER: Final = "public, max-age=31536000, immutable"
ASK_AGAIN: Final = "no-cache"

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'self';base-uri 'none';connect-src 'self';font-src 'self';form-action 'self';frame-ancestors 'none';"
    "img-src 'self' data: blob:;object-src 'none';script-src 'self';script-src-attr 'none';style-src 'self';"
    "style-src-attr 'none'"
)
"""Stricter than what all other answers carry: the page has neither scripts nor styles inside."""

routes = Routes("Dashboard")
_release = cache(read_release)
_charts = cache(read_charts)


@routes.add("GET", "/", role=None, any_query=True)
async def get_page(call: Call) -> Reply:
    """Show the dashboard."""
    return _sent(call, _release().index, ASK_AGAIN)


@routes.add("GET", "/dashboard/charts.js", role=None)
async def get_charts(call: Call) -> Reply:
    """Return the script that draws charts; browsers ask whether it changed."""
    return _sent(call, await trio.to_thread.run_sync(_charts), ASK_AGAIN)


@routes.add("GET", "/dashboard/<path:address>", role=None)
async def get_file(call: Call, address: str) -> Reply:
    """Return a file of this release. Raises NotFound for one of another: the page has to be loaded again."""
    file = _release().by_address.get(address)
    if file is None:
        raise NotFound("the dashboard has no such file; a newer version may be running, so load the page again")
    return _sent(call, file, FOR_EVER)


def _sent(call: Call, file: File, caching: str) -> Reply:
    return sent(call, file, {"Cache-Control": caching, "Content-Security-Policy": CONTENT_SECURITY_POLICY})
