"""The dashboard's files over HTTP: what a browser gets, keeps and asks for again."""

import gzip
import re
from pathlib import Path
from typing import Final

from trio.testing import MockClock

from net.dashboard import files
from net.http.dashboard import CONTENT_SECURITY_POLICY, FOR_EVER
from tests.net.http.harness import Answer, Served, served

WEB: Final = Path(files.__file__).parent / "web"
LINK: Final = re.compile(r'(?:href|src)="([^"]+)"')
IMPORT: Final = re.compile(r'^import [^"]*"([^"]+)"|^} from "([^"]+)"', re.MULTILINE)
FIRST_PAINT_BYTES_MAX: Final = 500_000


async def addresses(edge: Served) -> list[str]:
    """Return the addresses that the page links to."""
    page = await edge.call("GET", "/")
    return sorted({link for link in LINK.findall(page.body.decode()) if link.startswith("/dashboard/")})


async def answer_of(edge: Served, address: str, **headers: str) -> Answer:
    """Ask for a file as a browser does."""
    return await edge.call("GET", address, headers={name.replace("_", "-"): value for name, value in headers.items()})


async def test_the_page_is_open_to_everybody_and_has_nothing_inline(mock_clock: MockClock) -> None:
    """It asks for a sign-in itself; its policy lets in files of this program alone."""
    async with served() as edge:
        page = await edge.call("GET", "/")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert page.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert re.findall(r"<style|style=|\son\w+=|<script>|https?://", page.body.decode()) == []


async def test_what_others_add_to_its_address_is_let_be(mock_clock: MockClock) -> None:
    """Mailers and chats mark the links that they show."""
    async with served() as edge:
        assert (await edge.call("GET", "/?utm_source=mail")).status == 200


async def test_every_file_that_the_page_names_is_there_and_kept_for_ever(mock_clock: MockClock) -> None:
    """Each of its type, below an address that changes with its content."""
    async with served() as edge:
        found = [await answer_of(edge, address) for address in await addresses(edge)]
    assert {answer.status for answer in found} == {200}
    assert {answer.headers["cache-control"] for answer in found} == {FOR_EVER}


async def test_the_page_names_every_file(mock_clock: MockClock) -> None:
    """Modules are fetched at once instead of one import after the other."""
    async with served() as edge:
        named = {address.split("/", 3)[3] for address in await addresses(edge)}
    there = {path.relative_to(WEB).as_posix() for path in WEB.rglob("*") if path.is_file()}
    assert named == there - {files.INDEX}


async def test_a_page_that_has_not_changed_is_not_sent_again(mock_clock: MockClock) -> None:
    """The browser asks each time, and keeps what it has."""
    async with served() as edge:
        first = await edge.call("GET", "/")
        second = await answer_of(edge, "/", If_None_Match=first.headers["etag"])
        other = await answer_of(edge, "/", If_None_Match='"another"')
    assert (first.headers["cache-control"], second.status, second.body, other.status) == ("no-cache", 304, b"", 200)


async def test_files_are_packed_once_for_those_who_take_it(mock_clock: MockClock) -> None:
    """The body is the same after unpacking."""
    async with served() as edge:
        (address,) = [address for address in await addresses(edge) if address.endswith("/app.js")]
        packed = await answer_of(edge, address, Accept_Encoding="gzip")
        refused = await answer_of(edge, address, Accept_Encoding="gzip;q=0")
        plain = await answer_of(edge, address)
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in refused.headers
    assert gzip.decompress(packed.body) == plain.body == (WEB / "app.js").read_bytes()


async def test_a_file_of_another_version_is_not_there(mock_clock: MockClock) -> None:
    """What an old page asks for must not be mixed with the new one."""
    async with served() as edge:
        answer = await edge.call("GET", "/dashboard/0123456789abcdef/app.js")
    assert answer.status == 404
    assert "load the page again" in answer.json["detail"]


async def test_the_script_of_charts_comes_out_of_its_package(mock_clock: MockClock) -> None:
    """It is no file of ours, so it has an address of its own."""
    async with served() as edge:
        answer = await edge.call("GET", "/dashboard/charts.js", headers={"Accept-Encoding": "gzip"})
    assert answer.status == 200
    assert b"plotly.js" in gzip.decompress(answer.body)[:200]


def test_the_page_is_small_before_charts_are_asked_for() -> None:
    """All of it, unpacked, is less than the half megabyte that it may be."""
    assert sum(path.stat().st_size for path in WEB.rglob("*") if path.is_file()) < FIRST_PAINT_BYTES_MAX


def test_modules_import_what_is_there() -> None:
    """By relative addresses, so that one version stays with itself."""
    for path in WEB.rglob("*.js"):
        for name in (first or second for first, second in IMPORT.findall(path.read_text())):
            assert name.startswith("."), path
            assert (path.parent / name).is_file(), (path, name)


def test_no_module_parses_text_as_html() -> None:
    """What agents and people write never becomes an element."""
    risky = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function")
    assert [path.name for path in WEB.rglob("*.js") if risky.search(path.read_text())] == []
