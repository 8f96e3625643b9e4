"""Files written by PyTorch 1.13 (Debian 12's python3-torch), zip and legacy; today's PyTorch says what is in them.

PYTORCH_1_13 names the Python that has it; without one, the files stay as they are.
"""

import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import write_expectation

python = os.environ.get("PYTORCH_1_13")
if python:
    subprocess.run([python, FOLDER / "write.py"], check=True)
for path in sorted(FOLDER.glob("*/checkpoint.pth")):
    name, _, kind = path.parent.name.rpartition("-")
    write_expectation(path.parent, f"torch-{kind}", "state_dict" if name == "training" else "")
