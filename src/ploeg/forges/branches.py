"""What forges do alike with branches; one is deleted only while it shows the commit that the caller saw."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from ploeg.domain.delivery import Trouble
from ploeg.forges.base import ForgeError, Repository
from ploeg.forges.line import Line


@dataclass(frozen=True, slots=True)
class Branch:
    tip: str
    protected: bool


class Branches(ABC):
    """The branches of one repository. Each forge says where they are, and what it calls a commit's hash."""

    hash_name: ClassVar[str] = "id"
    _line: Line

    @abstractmethod
    async def repository(self) -> Repository: ...

    @abstractmethod
    def _branch_at(self, branch: str) -> str:
        """Where a branch is read."""

    def _branch_deleted_at(self, branch: str) -> str:
        return self._branch_at(branch)

    async def branch_tip(self, branch: str) -> str | None:
        found = await self._branch(branch)
        return found.tip if found else None

    async def protected(self, branch: str) -> bool:
        if (await self.repository()).default_branch == branch:
            return True
        found = await self._branch(branch)
        return found is not None and found.protected

    async def delete_branch(self, branch: str, *, sha: str) -> bool:
        """What `Forge.delete_branch` promises."""
        found = await self._branch(branch)
        if found is None:
            return False
        if found.protected:
            raise ForgeError(Trouble.REFUSED, f"the branch {branch} is protected")
        if found.tip != sha:
            raise ForgeError(Trouble.CONFLICT, f"the tip of {branch} is {found.tip[:12]}, another commit")
        try:
            await self._line.ask("DELETE", self._branch_deleted_at(branch))
        except ForgeError as error:
            if error.trouble is Trouble.NOT_FOUND:
                return False
            raise
        return True

    async def _branch(self, branch: str) -> Branch | None:
        try:
            told = await self._line.ask("GET", self._branch_at(branch))
        except ForgeError as error:
            if error.trouble is Trouble.NOT_FOUND:
                return None
            raise
        return Branch(told["commit"][self.hash_name], bool(told.get("protected")))
