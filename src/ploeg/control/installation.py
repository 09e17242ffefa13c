"""What the installation's settings mean to the verbs."""

from __future__ import annotations

from dataclasses import dataclass, field

from ploeg.domain.config import ConfigLayer
from ploeg.domain.lease import LeaseTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    #: The layer of the config between the product's and the kind's own.
    config: ConfigLayer = field(default_factory=ConfigLayer)
    lease: LeaseTerms = field(default_factory=LeaseTerms)
    branch_prefix: str = "ploeg/"
    max_transcript_bytes: int = 64 * 1024 * 1024
