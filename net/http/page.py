"""The reference page: the OpenAPI document as one HTML file without scripts."""

import json
from collections.abc import Mapping
from html import escape
from typing import Any, Final

from net.http.problems import CAUSES, INTERNAL

_STYLE: Final = """
:root{color-scheme:light dark;--line:#8884;--soft:#8882}
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
details{border:1px solid var(--line);border-radius:6px;margin:.4rem 0;padding:.3rem .7rem}
summary{cursor:pointer}code,pre{font:13px/1.45 ui-monospace,monospace}code{overflow-wrap:anywhere}
pre{background:var(--soft);padding:.6rem;overflow:auto;border-radius:4px}
table{border-collapse:collapse;width:100%}
td,th{border-bottom:1px solid var(--line);padding:.25rem .5rem;text-align:left}
.method{display:inline-block;min-width:4.2rem;font-weight:700}
"""


_PREFACE: Final = (
    '<p>The same as <a href="/openapi.json">OpenAPI 3.1</a>; the WebSocket <code>/ws</code> as '
    '<a href="/asyncapi.json">AsyncAPI 3.0</a>. Send the token of a sign-in, or the key of an agent, as '
    "<code>Authorization: Bearer &lt;token&gt;</code>.</p>"
)


def page(document: Mapping[str, Any]) -> str:
    """Return the page for an OpenAPI document."""
    info = document["info"]
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>{escape(info['title'])} API {escape(info['version'])}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(info['title'])} API {escape(info['version'])}</h1><p>{escape(info['description'])}</p>",
        _PREFACE,
    ]
    for tag in document["tags"]:
        parts.append(f"<h2>{escape(tag['name'])}</h2>")
        for path, methods in document["paths"].items():
            parts += [
                _operation(method, path, operation)
                for method, operation in methods.items()
                if tag["name"] in operation["tags"]
            ]
    parts.append("<h2>Shapes</h2>")
    parts += [_schema(name, schema) for name, schema in document["components"]["schemas"].items()]
    parts.append(_problems())
    parts.append("</body></html>")
    return "".join(parts)


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> str:
    parts = [
        f'<details id="{escape(operation["operationId"])}"><summary><span class="method">{method.upper()}</span>',
        f"<code>{escape(path)}</code> {escape(operation['summary'])}</summary>",
    ]
    if "description" in operation:
        parts.append(f"<p>{escape(operation['description'])}</p>")
    if operation["parameters"]:
        parts.append("<table><tr><th>Parameter</th><th>In</th><th>Meaning</th></tr>")
        parts += [
            f"<tr><td><code>{escape(parameter['name'])}</code></td><td>{parameter['in']}</td>"
            f"<td>{escape(parameter.get('description', ''))} <code>{_json(parameter['schema'])}</code></td></tr>"
            for parameter in operation["parameters"]
        ]
        parts.append("</table>")
    if "requestBody" in operation:
        (content,) = operation["requestBody"]["content"].values()
        parts.append(f"<p>Body: {_link(content['schema'])}</p><pre>{_json(content['example'], indent=2)}</pre>")
    for status, answer in operation["responses"].items():
        content = answer.get("content", {}).get("application/json")
        parts.append(f"<p><b>{status}</b> {escape(answer['description'])}</p>")
        if content is not None:
            parts.append(f"<pre>{_json(content['example'], indent=2)}</pre>")
    parts.append("</details>")
    return "".join(parts)


def _schema(name: str, schema: Mapping[str, Any]) -> str:
    return (
        f'<details id="shape-{escape(name)}"><summary><code>{escape(name)}</code> '
        f"{escape(schema.get('description', ''))}</summary><pre>{_json(schema, indent=2)}</pre></details>"
    )


def _problems() -> str:
    causes = {cause.slug: cause for cause in (*CAUSES.values(), INTERNAL)}
    rows = "".join(
        f'<tr id="problem-{cause.slug}"><td>{cause.status}</td><td><code>{cause.slug}</code></td>'
        f"<td>{escape(cause.title)}</td></tr>"
        for cause in sorted(causes.values(), key=lambda cause: (cause.status, cause.slug))
    )
    return f"<h2>Problems</h2><table><tr><th>Status</th><th>Type</th><th>Title</th></tr>{rows}</table>"


def _link(schema: Mapping[str, Any]) -> str:
    name = schema["$ref"].rsplit("/", 1)[1]
    return f'<a href="#shape-{escape(name)}"><code>{escape(name)}</code></a>'


def _json(value: Any, indent: int | None = None) -> str:
    return escape(json.dumps(value, indent=indent, ensure_ascii=False))
