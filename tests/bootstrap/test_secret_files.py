from pathlib import Path

import pytest

from ploeg.credentials import secret_text
from ploeg.domain.errors import Invalid


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620])
def test_a_secret_that_others_may_read_or_write_is_refused(tmp_path: Path, mode: int) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hush")
    secret.chmod(mode)
    with pytest.raises(Invalid, match="chmod 600"):
        secret_text("some_setting", secret)


def test_a_private_secret_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hush")
    secret.chmod(0o600)
    assert secret_text("some_setting", secret) == "hush"


def test_a_secret_that_is_not_there_or_is_no_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="some_setting"):
        secret_text("some_setting", tmp_path / "none")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(Invalid, match="not text"):
        secret_text("some_setting", tmp_path / "binary")
