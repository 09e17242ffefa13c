"""Settings of what Ploeg may keep on a disk, and for how long."""

from __future__ import annotations

from typing import Annotated

from ploeg.settings.logs import LogSettings
from ploeg.settings.text import doc

GB = 1_000_000_000


class DiskSettings(LogSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Run logs, transcripts, and the worker's disk."""

    log_compress_hours: Annotated[
        float, doc("Hours after its last line when a run log on the worker is compressed; 0: never.", ge=0)
    ] = 24.0
    log_keep_days: Annotated[
        float, doc("Days after its last line when a run log on the worker is deleted; 0: never.", ge=0)
    ] = 30.0
    max_logs_bytes: Annotated[
        int, doc("Most that all run logs of a worker may take; the oldest go first. 0: no limit.", ge=0)
    ] = 5 * GB
    transcript_compress_hours: Annotated[
        float, doc("Hours after its last line when a transcript on the server is compressed; 0: never.", ge=0)
    ] = 24.0
    transcript_keep_days: Annotated[
        float, doc("Days after its last line when a transcript on the server is deleted; 0: never.", ge=0)
    ] = 365.0
    max_transcripts_bytes: Annotated[
        int, doc("Most that all transcripts on the server may take; the oldest go first. 0: no limit.", ge=0)
    ] = 20 * GB
    keep_work_days: Annotated[
        float,
        doc(
            "Days that a mirror keeps an attempt's work apart once a branch of the remote has it as well; what is "
            "nowhere else stays. 0: always.",
            ge=0,
        ),
    ] = 90.0
    disk_budget_bytes: Annotated[
        int, doc("Most that a worker's part of its home may take; 0: as much as the disk has.", ge=0)
    ] = 0
    disk_check_minutes: Annotated[float, doc("Between two looks of a worker at its disk.", gt=0)] = 15.0
    share_caches: Annotated[
        bool,
        doc(
            "Let the jobs of one product on this worker share a folder for downloaded packages. What one job puts "
            "there, the next one uses."
        ),
    ] = False
    disk_keep_free_bytes: Annotated[
        int, doc("Free space below which a worker takes no jobs, and a server tells that its disk is low.", ge=0)
    ] = 1 * GB
