"""What a runtime's agent may know of its model's account: the one credential that is meant for it."""

from __future__ import annotations

from pathlib import Path

from ploeg.domain.errors import Invalid
from ploeg.settings import Settings

API_KEY_PREFIX = "sk-ant-api"


def for_runtime(settings: Settings, runtime: str) -> dict[str, str]:
    """Environment variables for that runtime, read anew each time, so that a new sign-in counts at once."""
    if runtime != "claude":
        return {}
    given = {}
    if settings.claude_base_url:
        given["ANTHROPIC_BASE_URL"] = settings.claude_base_url
    if settings.claude_token_file:
        token = _secret("claude_token_file", Path(settings.claude_token_file))
        given["ANTHROPIC_API_KEY" if token.startswith(API_KEY_PREFIX) else "CLAUDE_CODE_OAUTH_TOKEN"] = token
    return given


def secrets(credentials: dict[str, str]) -> list[str]:
    """Those of the values that must never be shown."""
    return [value for name, value in credentials.items() if not name.endswith("_URL")]


def _secret(setting: str, path: Path) -> str:
    try:
        token = path.expanduser().read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(setting, str(path), f"it cannot be read: {error}") from None
    if not token or "\n" in token:
        raise Invalid(setting, str(path), "it must hold one token and nothing else")
    return token
