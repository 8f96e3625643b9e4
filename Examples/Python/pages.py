"""Runs the Python code of the documentation's pages: the blocks of a page are one program.

    python Examples/Python/pages.py PAGE...

Needs the package dbn_convert, torch and torchvision. A block that is only to be read has another mark than `python`.
"""

import os
import re
import sys
import tempfile
from pathlib import Path

import torch
from torchvision.models import resnet50


def run(page: Path) -> None:
    code = "\n".join(re.findall(r"^```python\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL))
    print(f"## {page}")
    with tempfile.TemporaryDirectory() as folder:
        home = Path.cwd()
        os.chdir(folder)
        try:
            torch.save(resnet50().state_dict(), "resnet50.pth")
            exec(compile(code, str(page), "exec"), {})
        finally:
            os.chdir(home)


for name in sys.argv[1:]:
    run(Path(name))
print(f"the Python code of {len(sys.argv) - 1} pages runs")
