"""Speed, measured beside the floor: the same work without Ploeg, in the same run."""
