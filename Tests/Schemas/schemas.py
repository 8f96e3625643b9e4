"""Validates what the command prints with `--json` against the schemas in docs/json: `make schemas` calls it.

    python3 Tests/Schemas/schemas.py COMMAND

The schemas are made stricter than they are for users: a member that none describes is an error. So is a schema that no
document has, a member or a value of one that never occurred, and a member or a code that the pages in docs lack.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import inputs
from contract import Contract

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "Fixtures"
CHECKPOINTS = (
    ".pth .pt .pt2 .bin .pkl .tar .gz .zip .nemo .h5 .keras .safetensors .npz .npy .index.json .weights.json .metadata"
)


def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(found := dict(pairs)) < len(pairs):
        raise ValueError(f"a name occurs twice: {[name for name, _ in pairs]}")
    return found


def no_number(text: str) -> None:
    raise ValueError(f"{text} is no number of JSON")


class Run(NamedTuple):
    #: The schema of each document; "-" if nothing is printed.
    schema: str
    status: int | None
    arguments: list[str]


def listed() -> Iterator[Run]:
    for line in (Path(__file__).parent / "runs.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            schema, status, *arguments = shlex.split(line.replace("$F", str(FIXTURES)))
            yield Run(schema, int(status), arguments)


def sweep() -> Iterator[Run]:
    """Every file and folder among the fixtures that may be a checkpoint, whatever it is."""
    for path in sorted(FIXTURES.rglob("*")):
        if path.name.endswith(tuple(CHECKPOINTS.split())):
            place = str(path.parent if path.name == ".metadata" else path)
            yield Run("info", None, ["info", place, "--stats"])
            yield Run("check", None, ["check", place])


class Test:
    def __init__(self, command: str, folder: Path) -> None:
        self.command = str(Path(command).resolve())
        self.folder = folder
        self.contract = Contract(ROOT / "docs" / "json")
        self.codes = set(re.findall(r"^\| `([a-z0-9-]+)` \|", (ROOT / "docs/errors.md").read_text(), re.MULTILINE))
        self.faults: list[str] = []
        self.documents = 0

    def run(self, run: Run) -> subprocess.CompletedProcess[str]:
        words = run.arguments if "--quiet" in run.arguments else [*run.arguments, "--json"]
        return subprocess.run(
            [self.command, *words], cwd=self.folder, capture_output=True, encoding="utf-8", check=False
        )

    def check(self, run: Run, done: subprocess.CompletedProcess[str]) -> None:
        name = shlex.join(run.arguments).replace(f"{FIXTURES}/", "")
        if run.status is not None and done.returncode != run.status:
            self.faults.append(f"{name}: exit status {done.returncode}: {done.stderr.strip()}")
            return
        schema = "error" if run.status is None and done.returncode == 2 else run.schema
        texts = done.stdout.splitlines() if schema == "results-line" else [done.stdout]
        if schema != "-":
            for text in texts:
                self.validate(name, text, schema)

    def validate(self, name: str, text: str, schema: str) -> None:
        self.documents += 1
        try:
            document = json.loads(text, object_pairs_hook=members, parse_constant=no_number)
        except ValueError as error:
            self.faults.append(f"{name}: {error}: {text[:300]}")
            return
        self.faults += [f"{name}: {schema}.json: {fault}" for fault in self.contract.faults(document, f"{schema}.json")]
        if schema in ("error", "results-line") and "error" in document:
            self.check_code(name, document["error"])
        if schema not in ("certificate", "manifest-line") and next(iter(document), None) != "version":
            self.faults.append(f"{name}: the version is not the first member")

    def check_code(self, name: str, error: dict[str, Any]) -> None:
        if error.get("code") not in self.codes:
            self.faults.append(f"{name}: docs/errors.md does not have {error.get('code')}")

    def check_files(self, pattern: str, schema: str) -> None:
        for path in sorted(self.folder.glob(pattern)):
            text = path.read_text()
            for line in text.splitlines() if path.suffix == ".jsonl" else [text]:
                if line != "no job":
                    self.validate(path.name, line, schema)

    def check_pages(self) -> None:
        pages = "".join((ROOT / f"docs/{name}.md").read_text() for name in ("json", "errors", "jobs", "certificates"))
        words = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]*)`", pages))))
        self.faults += [f"docs/json.md does not have {name}" for name in self.contract.members() - words]

    def all(self) -> None:
        inputs.make(self.folder, FIXTURES)
        for run in listed():
            self.check(run, self.run(run))
        self.check_pages()
        self.check_files("proof-*.json", "certificate")
        self.check_files("results-*.jsonl", "results-line")
        self.check_files("jobs-*.jsonl", "manifest-line")
        with ThreadPoolExecutor(2) as threads:
            runs = list(sweep())
            for run, done in zip(runs, threads.map(self.run, runs), strict=True):
                self.check(run, done)


def main(command: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        test = Test(command, Path(folder))
        test.all()
    faults = test.faults + test.contract.gaps()
    if faults:
        sys.exit("\n".join([*faults, f"{len(faults)} faults"]))
    print(f"{test.documents} documents are as the schemas say, and everything that these describe occurred")


main(sys.argv[1])
