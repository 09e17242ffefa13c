"""The trailers that the settings want under a job's commits."""

from __future__ import annotations

from collections.abc import Sequence

from ploeg.wire.assignment import Assignment


def trailers_of(templates: Sequence[str], assignment: Assignment) -> list[str]:
    """`{job}`, `{story}`, `{task}` and `{product}` are the codes; one that names what the job has not is left out."""
    codes = {
        "job": assignment.job_code,
        "story": assignment.story.code if assignment.story is not None else "",
        "task": assignment.task.code if assignment.task is not None else "",
        "product": assignment.product.code,
    }
    filled = []
    for template in templates:
        if all(code or f"{{{name}}}" not in template for name, code in codes.items()):
            for name, code in codes.items():
                template = template.replace(f"{{{name}}}", code)
            filled.append(template)
    return filled
