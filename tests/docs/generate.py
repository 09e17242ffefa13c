"""`make docs`: writes the generated pages of `docs/` anew."""

from __future__ import annotations

from tests.docs.pages import generated

for page, text in generated().items():
    page.write_text(text, "utf-8")
