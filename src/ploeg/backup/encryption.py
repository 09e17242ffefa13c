"""Backups that only the holder of a key can read: age (https://age-encryption.org), with the server knowing no secret.

Whoever makes a backup needs the public key alone; the secret key belongs on another machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from ploeg.domain.errors import Invalid, Unavailable

SUFFIX = ".age"


def new_key() -> tuple[str, str]:
    """A secret key and the public key that goes with it."""
    identity = _pyrage().x25519.Identity.generate()
    return str(identity), str(identity.to_public())


def encrypt(source: Path, target: Path, recipients: Sequence[str]) -> None:
    """Raises `Invalid` for what is no public key, `Unavailable` where it cannot be written."""
    pyrage = _pyrage()
    keys = [_recipient(pyrage, text) for text in recipients]
    try:
        pyrage.encrypt_file(str(source), str(target), keys)
    except pyrage.EncryptError as error:  # that is what it makes of a full disk
        raise Unavailable(f"{target} could not be written: {error}") from None


def decrypt(source: Path, target: Path, key_file: Path | None) -> None:
    """Opens it with one of the secret keys in a file of lines. Raises `Invalid`."""
    if key_file is None:
        raise Invalid("--key", "", f"{source} is encrypted; name the file that holds its secret key")
    pyrage = _pyrage()
    keys = [_identity(pyrage, key_file, line) for line in _lines(key_file)]
    try:
        pyrage.decrypt_file(str(source), str(target), keys)
    except (pyrage.DecryptError, OSError):
        raise Invalid("--key", str(key_file), f"it does not open {source}") from None


def check_recipients(recipients: Sequence[str]) -> None:
    """Raises `Invalid` for the first that is no public key of age."""
    if recipients:
        pyrage = _pyrage()
        for text in recipients:
            _recipient(pyrage, text)


def _recipient(pyrage: Any, text: str) -> Any:
    try:
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        raise Invalid(
            "backup_recipients", text, "give public keys of age, age1…; `ploeg backup key` makes a pair"
        ) from None


def _identity(pyrage: Any, key_file: Path, line: str) -> Any:
    try:
        return pyrage.x25519.Identity.from_str(line)
    except pyrage.IdentityError:
        raise Invalid("--key", str(key_file), "it holds something else than secret keys of age") from None


def _lines(key_file: Path) -> list[str]:
    try:
        lines = key_file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise Invalid("--key", str(key_file), "it cannot be read") from None
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def _pyrage() -> Any:
    try:
        return import_module("pyrage")
    except ImportError:
        raise Unavailable("encrypted backups need the extra `age`: `pipx inject ploeg pyrage`") from None
