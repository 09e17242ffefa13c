"""Two small pages without a script: what runs here, and the API's operations."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from html import escape
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from ploeg import __version__
from ploeg.api.description import describe
from ploeg.api.doors import ROOT

_STYLE = """
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
code, pre { font-family: ui-monospace, monospace; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #8884; }
a { color: light-dark(#0550ae, #79b8ff); }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


async def front(_request: Request) -> Response:
    """Says that Ploeg runs here, and where to go on."""
    return _page(
        "Ploeg",
        f"<p>Ploeg {escape(__version__)} runs here: a self-hosted crew of headless coding agents.</p>"
        f'<ul><li><a href="{ROOT}/docs">The API’s operations</a></li>'
        f'<li><a href="{ROOT}/openapi.json">The API as an OpenAPI document</a></li>'
        '<li><a href="/health">Whether it is well</a></li></ul>'
        "<p>Work with it by its command: <code>ploeg --help</code>.</p>",
    )


async def openapi(request: Request) -> Response:
    return JSONResponse(describe(request.app))


async def operations(request: Request) -> Response:
    """The operations of the OpenAPI document, for people."""
    document = describe(request.app)
    rows = "".join(
        _row(method, path, operation)
        for path, by_method in sorted(document["paths"].items())
        for method, operation in by_method.items()
    )
    return _page(
        "Ploeg’s API",
        f"<p>{escape(document['info']['description'])}</p>"
        f'<p>All fields stand in the <a href="{ROOT}/openapi.json">OpenAPI document</a>.</p>'
        f"<table><thead><tr><th>Method<th>Path<th>What it does</thead><tbody>{rows}</tbody></table>",
    )


def _row(method: str, path: str, operation: Mapping[str, Any]) -> str:
    words = operation.get("description") or operation.get("summary", "")
    return f"<tr><td>{escape(method.upper())}<td><code>{escape(path)}</code><td>{escape(words)}"


def _page(title: str, body: str) -> Response:
    html = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>{body}</body></html>"
    )
    return HTMLResponse(html, headers={"Content-Security-Policy": _POLICY})
