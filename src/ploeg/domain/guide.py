"""The agent guide: Ploeg's own words to every agent, and after them those of the product."""

from __future__ import annotations

from ploeg.domain.doc import Folder
from ploeg.domain.errors import Invalid

#: The doc that a product's own part of the guide is in, while it is active.
FOLDER = Folder.MANUAL
SLUG = "agent-guide"
#: Characters of the whole guide: every agent reads it with every job.
GUIDE_MAX = 16_000


def compose(built_in: str, own: str | None) -> str:
    """The whole guide; `Invalid` with `AGENT_GUIDE_TOO_LARGE` when the product's part is too long."""
    guide = f"{built_in.strip()}\n\n{own.strip()}\n" if own and own.strip() else f"{built_in.strip()}\n"
    if len(guide) > GUIDE_MAX:
        remedy = (
            f"AGENT_GUIDE_TOO_LARGE: the guide has {len(guide)} characters and may have {GUIDE_MAX}; "
            f"shorten {FOLDER}/{SLUG}"
        )
        raise Invalid("content_md", f"{len(own or '')} characters", remedy)
    return guide
