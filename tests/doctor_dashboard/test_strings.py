"""Everything that a doctor can read is there in Khmer."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_no_string_of_the_portal_lacks_khmer() -> None:
    done = subprocess.run(
        [sys.executable, "tools/portal_strings.py"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
