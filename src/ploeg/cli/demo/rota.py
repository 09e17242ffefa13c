"""The demo's repository, a small library that counts the hours of shifts, and the plans of the two tasks."""

from __future__ import annotations

FILES = {
    "README.md": """\
# rota

Counts the hours of a crew's shifts. `python3 -m unittest` runs the tests.
""",
    ".gitignore": """\
__pycache__/
""",
    "rota/__init__.py": """\
\"\"\"The hours of a crew's shifts.\"\"\"
""",
    "rota/shifts.py": """\
from datetime import time


def minutes(start: time, end: time) -> int:
    \"\"\"Minutes from the start of a shift to its end.\"\"\"
    return (end.hour * 60 + end.minute) - (start.hour * 60 + start.minute)


def hours(start: time, end: time) -> float:
    \"\"\"Hours from the start of a shift to its end.\"\"\"
    return minutes(start, end) / 60
""",
    "rota/sheet.py": """\
from datetime import time

from rota.shifts import hours


def sheet(shifts: dict[str, list[tuple[time, time]]]) -> str:
    \"\"\"One line for each person: the name and the hours worked.\"\"\"
    return "\\n".join(f"{name}: {sum(hours(*shift) for shift in worked):g}" for name, worked in shifts.items())
""",
    "tests/__init__.py": "",
    "tests/test_shifts.py": """\
import unittest
from datetime import time

from rota.shifts import hours


class Shifts(unittest.TestCase):
    def test_a_day_shift(self) -> None:
        self.assertEqual(hours(time(9), time(17)), 8)

    def test_half_hours_count(self) -> None:
        self.assertEqual(hours(time(9), time(12, 30)), 3.5)
""",
    "tests/test_sheet.py": """\
import unittest
from datetime import time

from rota.sheet import sheet


class Sheet(unittest.TestCase):
    def test_a_line_for_each_person(self) -> None:
        shifts = {"Ada": [(time(9), time(17))], "Bram": [(time(9), time(12)), (time(13), time(17))]}
        self.assertEqual(sheet(shifts), "Ada: 8\\nBram: 7")
""",
}

VERIFY_COMMANDS = ("python3 -m compileall -q rota", "python3 -m unittest -q")

STORY = "Hours that payroll can use"

NIGHT_SHIFTS = (
    "Count night shifts",
    """\
A shift from 22:00 to 06:00 counts as minus 16 hours. An end before the start is on the next day.

## Count a shift that ends on the next day

```diff
--- a/rota/shifts.py
+++ b/rota/shifts.py
@@ -2,8 +2,8 @@


 def minutes(start: time, end: time) -> int:
-    \"\"\"Minutes from the start of a shift to its end.\"\"\"
-    return (end.hour * 60 + end.minute) - (start.hour * 60 + start.minute)
+    \"\"\"Minutes from the start of a shift to its end, which may be on the next day.\"\"\"
+    return ((end.hour * 60 + end.minute) - (start.hour * 60 + start.minute)) % (24 * 60)


 def hours(start: time, end: time) -> float:
```

## Test the night shift

```python file=tests/test_night.py
import unittest
from datetime import time

from rota.shifts import hours


class Night(unittest.TestCase):
    def test_a_shift_that_passes_midnight(self) -> None:
        self.assertEqual(hours(time(22), time(6)), 8)
```

```sh test
python3 -m unittest -q tests.test_night
```
""",
)

#: Its change breaks `test_half_hours_count`, so the gate refuses it.
WHOLE_HOURS = (
    "Pay by the whole hour",
    """\
Payroll wants whole hours.

## Round down to whole hours

```diff
--- a/rota/shifts.py
+++ b/rota/shifts.py
@@ -8,4 +8,4 @@

 def hours(start: time, end: time) -> float:
     \"\"\"Hours from the start of a shift to its end.\"\"\"
-    return minutes(start, end) / 60
+    return minutes(start, end) // 60
```
""",
)
