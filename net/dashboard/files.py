"""The files of the dashboard, read once from the package, with what a browser needs to keep them.

All files but the page itself live below an address that has the digest of all of them in it: modules import each other
by relative addresses, so one release never mixes with another, and each file may be kept for ever.
"""

import gzip
import hashlib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from attrs import frozen

INDEX: Final = "index.html"
BEFORE_PAINT: Final = "theme.js"
"""The one script that is no module: it runs before the first paint."""

_ROOT_MARK: Final = b"{{root}}"
_PRELOADS_MARK: Final = b"{{preloads}}"
_GZIP_LEVEL: Final = 9
_MEDIA_TYPES: Final[Mapping[str, str]] = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


@frozen
class File:
    """A file as it is sent; `packed` is its body after gzip."""

    body: bytes
    packed: bytes
    media_type: str
    etag: str


@frozen
class Release:
    """The files of one version of the dashboard. `by_address` has them by their places below `/dashboard/`."""

    index: File
    by_address: Mapping[str, File]


def file_of(name: str, body: bytes) -> File:
    """Return a file of this name, packed."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    media_type = _MEDIA_TYPES[name.rsplit(".", 1)[-1]]
    return File(body, gzip.compress(body, _GZIP_LEVEL, mtime=0), media_type, etag)


def read_release() -> Release:
    """Read the dashboard out of the installed package."""
    bodies = dict(sorted(_walk(files("net.dashboard") / "web", "")))
    digest = hashlib.sha256(b"".join(name.encode() + b"\0" + body for name, body in bodies.items())).hexdigest()[:16]
    root = f"/dashboard/{digest}"
    modules = [name for name in bodies if name.endswith(".js") and name != BEFORE_PAINT]
    preloads = "".join(f'<link rel="modulepreload" href="{root}/{name}">' for name in modules)
    index = bodies.pop(INDEX).replace(_ROOT_MARK, root.encode()).replace(_PRELOADS_MARK, preloads.encode())
    by_address = {f"{digest}/{name}": file_of(name, body) for name, body in bodies.items()}
    return Release(file_of(INDEX, index), by_address)


def read_charts() -> File:
    """Read the script that draws charts, out of the package that brings it. It has megabytes: call this in a thread."""
    return file_of("plotly.min.js", (files("plotly") / "package_data" / "plotly.min.js").read_bytes())


def _walk(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _walk(entry, f"{prefix}{entry.name}/")
        elif not entry.name.startswith("."):
            yield prefix + entry.name, entry.read_bytes()
