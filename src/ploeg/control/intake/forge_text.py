"""What agents and Ploeg say at a forge: words alone, that call nobody and order nothing there."""

from __future__ import annotations

import re

from ploeg.control.people.tokens import without_secrets

#: Characters; the forges' own limits lie a little higher.
TEXT_MAX = 50_000

#: A line that begins so is an order to GitLab, and to Ploeg itself.
_ORDER = re.compile(r"(?m)^([ \t>*+-]*)/(?=\w)")
_MENTION = re.compile(r"(?<![\w`/])@(?=\w)")
#: Closes an issue when the pull request is merged.
_CLOSING = re.compile(
    r"(?i)\b(clos(?:e|es|ed|ing)|fix(?:e[sd]|ing)?|resolv(?:e|es|ed|ing)|implement(?:s|ed|ing)?)(:?\s+)#(?=\d)"
)


def for_a_forge(text: str) -> str:
    """The text as a reader sees it, without tokens, mentions, orders, hidden parts or words that close issues."""
    clean = without_secrets(text).replace("<!--", "&lt;!--").replace("-->", "--&gt;")
    clean = _ORDER.sub(r"\1\\/", clean)
    clean = _MENTION.sub("@\N{ZERO WIDTH SPACE}", clean)
    clean = _CLOSING.sub("\\1\\2#\N{ZERO WIDTH SPACE}", clean)
    return clean if len(clean) <= TEXT_MAX else clean[: TEXT_MAX - 1] + "…"
