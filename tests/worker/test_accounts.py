"""A worker's accounts: where their tokens are, what pays for them, how one signs in, and what the server hears."""

from __future__ import annotations

import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ploeg.domain.account import Account, Purse, Seat
from ploeg.domain.attempt import Outcome
from ploeg.domain.errors import Invalid
from ploeg.domain.event import RateLimited
from ploeg.settings import Settings
from ploeg.worker import model_credentials
from ploeg.worker.availability import Availability
from ploeg.worker.end import End
from ploeg.worker.progress import Progress
from tests.worker.rig import Rig

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
RESET = datetime(2030, 1, 1, 12, tzinfo=UTC)
MAIN, KEY = Seat("claude", "main"), Seat("claude", "key")


@pytest.fixture
def two(tmp_path: Path) -> Settings:
    """Settings with a subscription and an API key."""
    (tmp_path / "main").write_text("sk-ant-oat01-main\n")
    (tmp_path / "key").write_text("sk-ant-api03-key\n")
    accounts = [f"main={tmp_path / 'main'}", f"key={tmp_path / 'key'}"]
    return Settings(home=str(tmp_path), worker_name="nas", claude_accounts=accounts)


def test_each_account_has_its_token_and_its_purse(two: Settings) -> None:
    assert model_credentials.accounts(two, ["patch", "claude"]) == (
        Account(runtime="claude", name="main", purse=Purse.SUBSCRIPTION),
        Account(runtime="claude", name="key", purse=Purse.API_KEY),
    )
    assert model_credentials.for_seat(two, MAIN) == {"CLAUDE_CODE_OAUTH_TOKEN": "sk-ant-oat01-main"}
    assert model_credentials.for_seat(two, KEY) == {"ANTHROPIC_API_KEY": "sk-ant-api03-key"}
    assert model_credentials.accounts(two, ["patch"]) == ()


def test_one_account_without_a_name_needs_no_more_than_its_file(tmp_path: Path) -> None:
    settings = Settings(home=str(tmp_path), claude_token_file=str(tmp_path / "token"))
    assert model_credentials.accounts(settings, ["claude"]) == (Account(runtime="claude"),)
    with pytest.raises(Invalid, match="cannot be read"):
        model_credentials.for_seat(settings, Seat("claude"))
    assert (
        model_credentials.purse(model_credentials.for_seat(Settings(claude_base_url="http://gw"), Seat("claude")))
        is None
    )


@pytest.mark.parametrize(
    "settings",
    [
        {"claude_accounts": ["main"]},
        {"claude_accounts": ["=/run/token"]},
        {"claude_accounts": ["a/b=/run/token"]},
        {"claude_accounts": ["a=/run/one", "a=/run/two"]},
        {"claude_accounts": ["a=/run/one"], "claude_token_file": "/run/two"},
    ],
)
def test_accounts_that_cannot_be_read_stop_the_start(settings: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="claude_"):
        model_credentials.accounts(Settings(**settings), ["claude"])


def test_the_commands_that_mend_a_sign_in_are_named(two: Settings, tmp_path: Path) -> None:
    told = model_credentials.how_to_sign_in
    assert told(two, MAIN) == (
        "run `claude setup-token`, then `ploeg worker sign-in main` on nas with the token it prints"
    )
    assert told(two, KEY) == "run `ploeg worker sign-in key` on nas with a new API key"
    assert "claude_token_file" in str(told(Settings(home=str(tmp_path)), Seat("claude")))
    assert told(two, Seat("codex")) is None


def test_a_token_that_is_kept_is_its_owner_s_alone(two: Settings, tmp_path: Path) -> None:
    path = model_credentials.token_file(two, "main")
    model_credentials.keep(path, "  sk-ant-oat01-new \n")
    assert model_credentials.for_seat(two, MAIN) == {"CLAUDE_CODE_OAUTH_TOKEN": "sk-ant-oat01-new"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(found.name for found in tmp_path.iterdir()) == ["key", "main"]
    for token in ("", "two tokens", "a\nb"):
        with pytest.raises(Invalid):
            model_credentials.keep(path, token)
    with pytest.raises(Invalid, match="main, key"):
        model_credentials.token_file(two, "other")


def test_an_account_goes_on_by_itself_when_its_token_was_replaced(two: Settings) -> None:
    available = Availability([MAIN, KEY], lambda seat: model_credentials.for_seat(two, seat))
    available.note(MAIN, End(outcome=Outcome.AUTH_EXPIRED, reason="401"), NOON)
    assert (available.open, available.sign_in_needed) == (["claude"], None)
    available.note(KEY, End(outcome=Outcome.AUTH_EXPIRED, reason="403"), NOON)
    assert available.sign_in_needed == "claude/main: 401; claude/key: 403"
    assert available.lift(NOON) == []
    model_credentials.keep(model_credentials.token_file(two, "key"), "sk-ant-api03-new")
    assert available.lift(NOON) == [KEY]
    assert (available.open, available.sign_in_needed) == (["claude"], None)
    model_credentials.token_file(two, "main").unlink()
    assert available.lift(NOON) == [MAIN], "a file that is gone is not what was refused"


def test_the_server_hears_of_windows_that_changed_and_of_a_new_status_at_once() -> None:
    progress = Progress()
    progress.limited("claude", [RateLimited(window="five_hour", status="allowed", utilization=0.5, resets_at=RESET)])
    assert progress.news.is_set()
    beat = progress.heartbeat()
    assert [(window.window, window.risen) for window in beat.quota] == [("five_hour", 0.0)]
    progress.acknowledged(beat)
    progress.news.clear()
    assert progress.heartbeat().quota == []
    progress.limited("claude", [RateLimited(window="five_hour", status="allowed", utilization=0.6, resets_at=RESET)])
    assert not progress.news.is_set()
    (window,) = progress.heartbeat().quota
    assert (window.utilization, window.risen) == (0.6, pytest.approx(0.1))
    warned = RateLimited(window="five_hour", status="allowed_warning", utilization=0.7, resets_at=RESET, overage=True)
    progress.limited("claude", [warned])
    assert progress.news.is_set()
    assert progress.purse is Purse.CREDIT


@pytest.mark.anyio
async def test_what_an_agent_s_account_told_is_known_before_the_agent_ends(new_rig: Callable[..., Rig]) -> None:
    rig = new_rig()
    rig.runtime.rate_limits = (RateLimited(window="five_hour", status="allowed", utilization=0.8, resets_at=RESET),)
    report = await rig.run("start(); commit(); report(); finish()", rig.job(account="spare"))
    told = [beat.quota for _, beat in rig.far_end.heartbeats if beat.quota]
    assert [window.utilization for window in told[0]] == [0.8]
    assert len(told) == 1, "what the server has is not told again"
    assert [window.window for window in report.quota] == ["five_hour"]


def test_a_worker_with_one_account_before_a_wall_goes_on_with_the_other() -> None:
    available = Availability([MAIN, KEY], lambda _: None)
    available.note(MAIN, End(outcome=Outcome.QUOTA_EXHAUSTED, reset_at=NOON + timedelta(hours=1)), NOON)
    assert (available.open, available.stand_by) == (["claude"], None)
