"""A page that shows charts and tables without the internet: everything is inside of it, plotly once."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

import plotly.graph_objects as go
from attrs import define, field
from plotly.offline import get_plotlyjs


@define
class Page:
    """Grows from top to bottom. Texts are plain; the page escapes them."""

    title: str
    summary: str
    _body: list[str] = field(factory=list)
    _figures: dict[str, go.Figure] = field(factory=dict)

    def cards(self, figures: Iterable[tuple[str, str, str]]) -> None:
        """Add figures that matter most: each a name, a value and a remark."""
        rows = (
            f"<div><dt>{escape(name)}</dt><dd>{escape(value)}<small>{escape(remark)}</small></dd></div>"
            for name, value, remark in figures
        )
        self._body.append(f'<dl class="cards">{"".join(rows)}</dl>')

    def heading(self, text: str, level: int = 2) -> None:
        """Add a heading."""
        self._body.append(f"<h{level}>{escape(text)}</h{level}>")

    def text(self, *paragraphs: str) -> None:
        """Add paragraphs."""
        self._body.extend(f'<p class="soft">{escape(paragraph)}</p>' for paragraph in paragraphs)

    def chart(self, figure: go.Figure, label: str) -> None:
        """Add a chart; the label is what a person who cannot see it is told."""
        name = f"chart-{len(self._figures)}"
        self._figures[name] = figure
        self._body.append(f'<div class="chart" role="img" aria-label="{escape(label)}"><div id="{name}"></div></div>')

    def side_by_side(self, *charts: tuple[str, go.Figure]) -> None:
        """Add charts beside each other where there is room, each under a heading."""
        self._body.append('<div class="pair">')
        for heading, figure in charts:
            self._body.append("<section>")
            self.heading(heading, 3)
            self.chart(figure, heading)
            self._body.append("</section>")
        self._body.append("</div>")

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Add a table, whose first column names the rows."""
        head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in headings)
        body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        self._body.append(f'<div class="scroll">{table}</div>')

    def details(self, facts: Mapping[str, str]) -> None:
        """Add small print, as a table of names and values."""
        rows = "".join(
            f"<tr><td>{escape(name)}</td><td><code>{escape(fact)}</code></td></tr>" for name, fact in facts.items()
        )
        self._body.append(f'<div class="scroll small"><table><tbody>{rows}</tbody></table></div>')

    def render(self) -> str:
        """Return the page as HTML."""
        folder = files("simulations.reports")
        parts: dict[str, Any] = {
            "title": escape(self.title),
            "summary": escape(self.summary),
            "css": (folder / "page.css").read_text("utf-8"),
            "body": "\n".join(self._body),
            "figures": _json(self._figures),
            "plotly": get_plotlyjs(),
            "script": (folder / "page.js").read_text("utf-8"),
        }
        return Template((folder / "page.html").read_text("utf-8")).substitute(parts)


def _json(figures: Mapping[str, go.Figure]) -> str:
    """Return figures as JSON that may stand inside of HTML."""
    documents = ", ".join(
        f'"{name}": {figure.update_layout(template="none").to_json()}' for name, figure in figures.items()
    )
    return f"{{{documents}}}".replace("</", "<\\/")
