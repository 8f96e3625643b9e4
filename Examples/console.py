"""Runs the commands in the documentation and compares what they print: `make examples` calls it.

    python3 Examples/console.py COMMAND PAGE...
    ./demo.sh 2>&1 | python3 Examples/console.py --output PAGE

The commands of a page are the lines that begin with `$ ` in its blocks of ```console; what follows is what they
print, on both streams. They run one after the other in a folder of their own, with the files that the text takes for
granted. In the expected output a line of `...` is any lines; speeds and versions are not compared. Other blocks (```sh)
are not run. With `--output`, the standard input is compared with the page's block of ```text.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

TORCH = Path(__file__).resolve().parent.parent / "Fixtures" / "torch"
FILES = {
    "model.pth": TORCH / "digits-standard/checkpoint.pth",
    "trained.pth": TORCH / "digits-shards/checkpoint.pth",
    "model.pt2": TORCH / "digits-shards/model.pt2",
    "train.npz": TORCH / "digits-shards/train.npz",
    "test.npz": TORCH / "digits-shards/test.npz",
    "untrusted.pth": TORCH / "hostile/global-os.system.pth",
    "training.pth": TORCH / "opaque/training/checkpoint.pth",
}


def commands(page: Path) -> list[tuple[str, str]]:
    """Each command of a page with the output that the page shows."""
    found = []
    for block in re.findall(r"^```console\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            found.append((command, output))
    return found


def matches(expected: str, printed: str) -> bool:
    def steady(text: str) -> str:
        # The last column of a table of `eval`.
        text = re.sub(r"(?m)^(weights .*) +samples/s$", r"\1", text)
        text = re.sub(r"(?m)( %  +[\d.]+) +\d+$", r"\1", text)
        return re.sub(r"dbn-convert \d+\.\d+\.\d+", "dbn-convert", text).strip()

    parts = re.split(r"^\.\.\.$\n?", steady(expected) + "\n", flags=re.MULTILINE)
    return re.fullmatch(".*".join(map(re.escape, parts)), steady(printed) + "\n", re.DOTALL) is not None


def check(page: Path, command: Path) -> int:
    faults = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, source in FILES.items():
            shutil.copy(source, Path(folder, name))
        environment = os.environ | {"PATH": f"{command.parent}:{os.environ['PATH']}"}
        for line, expected in commands(page):
            done = subprocess.run(
                ["sh", "-c", line], cwd=folder, env=environment, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
            )  # fmt: skip
            if not matches(expected, done.stdout):
                faults += 1
                print(f"{page}: $ {line}\n--- the page\n{expected}--- the command\n{done.stdout}")
    return faults


def main(command: str, pages: list[str]) -> None:
    faults = count = 0
    for page in map(Path, pages):
        faults += check(page, Path(command).resolve())
        count += len(commands(page))
    if faults:
        sys.exit(f"{faults} of {count} commands print something else than the page that shows them")
    print(f"{count} commands of the documentation print what it shows")


def compare(page: Path, printed: str) -> None:
    block = re.search(r"^```text\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)
    if not block or not matches(block[1], printed):
        sys.exit(f"{page} shows something else than was printed:\n{printed}")
    print(f"{page} shows what was printed")


if sys.argv[1] == "--output":
    compare(Path(sys.argv[2]), sys.stdin.read())
else:
    main(sys.argv[1], sys.argv[2:])
