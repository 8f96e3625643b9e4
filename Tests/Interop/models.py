"""Exports a model of each family of timm and torchvision that has BatchNorms, with random weights, runs it with the
command on both engines, and compares with PyTorch in float64.

usage: models.py COMMAND [--forward FORWARD] [--results FILE] [--table FILE] [--seconds N] [NAME ...]

For each model: whether PyTorch exports it; the largest error of an output relative to the output's largest number, in
evaluation and with its BatchNorms in training; the same of the running statistics after that; and whether it is proven
bit-identical after it was mapped to two virtual devices. Exit status 1 if something that runs is wrong.

With --forward (`swift build -c release --package-path Benchmarks --product forward`) also how long a pass of the two
samples takes, against PyTorch; on a machine that does nothing else.

It takes hours. With --results each family adds a line to the file, and families that have a line there (of the same
versions) are left out: so a run that was cut short goes on where it was, and the table has all lines. To run a family
again, remove its line; what only its speed lacks is measured alone. NAMEs are libraries, modules, families or models.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import timm
import torch
import torchvision
from model_families import TOO_LARGE, WITHOUT_BATCH_NORM, Family, families
from model_speed import Speed
from model_survey import LIMITS, Survey, faults

PAGE = """# Models that were run

A model of each family of timm and torchvision, the smallest that has BatchNorms, with random weights and statistics near those \
of a batch, two samples of the smallest image that it takes: exported by `torch.export`, run on both engines, and compared with PyTorch in \
float64. `make models` writes this page; stopped and started again, it goes on.

{count} ({versions}).

Errors are the largest of an output, or of a running statistic after a batch in training, relative to the largest number \
of that tensor: of the reference, of the oneDNN engine, which computes in float32, and of PyTorch itself in float32. The \
reference is right up to 1e-6 (outputs are written in float32) or ten times what a change of the input in float64's last \
place makes of PyTorch's outputs, the oneDNN engine up to 1e-4 or ten times PyTorch's own \
error, since some models magnify roundings; where that is above 0.01, float32 shows nothing, and only the reference is \
judged. The outputs for the two samples differ by at least 0.001 of the largest number, so that they show something. The last column says whether the model was proven to compute the same bits after its BatchNorms were mapped to two \
virtual devices.{time}

{head}
{lines}

## Passed over

{passed}
"""

#: What the page says of times, if there are any.
TIME = """ The time is that of a pass in evaluation, in milliseconds, of the oneDNN engine and of PyTorch eager in float32 on two \
threads, medians of five in turn, and their ratio. Many of these images are very small, and such a pass takes more than its \
arithmetic: [the speed](speed.md) of the best known models is measured with their usual images. {summary}"""


def versions(command: str) -> str:
    own = subprocess.run([command, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    libraries = f"PyTorch {torch.__version__}, torchvision {torchvision.__version__}, timm {timm.__version__}"
    return f"dbn-convert {own}, {libraries}"


class Results:
    """A dictionary for each family, kept in a file with a line for each."""

    def __init__(self, path: Path | None, versions: str):
        self.path, self.versions, self.found = path, versions, {}
        lines = path.read_text().splitlines() if path and path.exists() else []
        for record in map(json.loads, lines):
            if record["versions"] == versions:
                self.found[record["family"]] = record

    def add(self, record: dict) -> None:
        self.found[record["family"]] = record
        if self.path:
            with self.path.open("a") as file:
                file.write(json.dumps(record | {"versions": self.versions}) + "\n")

    def models(self) -> list[dict]:
        """Those with a model, in the order of the families."""
        found = [self.found.get(family.key, {}) for family in families()]
        return [record for record in found if record.get("model")]


def look_at(family: Family, survey: Survey) -> dict:
    model, reasons = family.choose()
    record = {"family": family.key, "model": model, "passed": reasons}
    return record | {"row": survey.row(model, lambda: family.make(model))} if model else record


def lacks_speed(record: dict) -> bool:
    return "proven" in record.get("row", {}) and "milliseconds" not in record["row"]


def with_speed(record: dict, family: Family, survey: Survey, speed: Speed) -> dict:
    times = survey.speed(record["model"], lambda: family.make(record["model"]), speed)
    return record | {"row": record["row"] | {"milliseconds": times}}


def time_cell(row: dict) -> str:
    times = row.get("milliseconds")
    return f" {times['onednn']:.1f} / {times['pytorch']:.1f}: {times['onednn'] / times['pytorch']:.2f} |" if times else " |"


def line(record: dict, is_timed: bool) -> str:
    row, start = record["row"], f"| {record['model']} | {record['family'].split('/')[0]} |"
    if "failed" in row:
        return f"{start} not exported: {row['failed']} | | | |{' |' * is_timed}"
    if "stopped" in row:
        return f"{start} not run: {row['stopped']} | | | |{' |' * is_timed}"
    numbers = [" / ".join(f"{row[kind][index]:.0e}" for kind in (*LIMITS, "pytorch")) for index in range(3)]
    found = faults(row)
    return f"{start} {' | '.join(numbers)} |{time_cell(row) if is_timed else ''} {'WRONG: ' + ', '.join(found) if found else 'bit-identical'} |"


def count(results: Results) -> str:
    rows = [record["row"] for record in results.models()]
    exported = [row for row in rows if "failed" not in row]
    ran = [row for row in exported if "stopped" not in row]
    right = sum(not faults(row) for row in ran)
    seen = sum(family.key in results.found for family in families())
    return (f"{seen} of {len(families())} families were looked at, and {len(rows)} have a model with BatchNorms that can be "
            f"made: {len(exported)} exported, {len(ran)} run, {right} right and proven")  # fmt: skip


def passed(results: Results) -> str:
    """A list of the families and models that are not in the table, with the reasons."""
    plain, others, missing = [], [], []
    for family in families():
        record = results.found.get(family.key)
        if record is None:
            missing.append(family.key)
            continue
        reasons = record["passed"]
        if not record["model"] and set(reasons.values()) == {WITHOUT_BATCH_NORM}:
            plain.append(f"{family.key} ({len(reasons)})")
            continue
        others += [f"- {model} ({family.library}): {reason}" for model, reason in reasons.items()
                   if reason != WITHOUT_BATCH_NORM and not (record["model"] and reason.endswith(TOO_LARGE))]  # fmt: skip
    lists = [f"- Without a BatchNorm in any model (how many there are): {', '.join(plain)}"] if plain else []
    lists += [f"- Not looked at, since the run was cut short: {', '.join(missing)}"] if missing else []
    return "\n".join(lists + others)


def time_sentence(records: list[dict]) -> str:
    """How the engine's times compare with PyTorch's, over all models; empty if none was timed."""
    times = [record["row"]["milliseconds"] for record in records if "milliseconds" in record["row"]]
    if not times: return ""
    ratios = sorted(each["onednn"] / each["pytorch"] for each in times)
    return TIME.format(summary=f"The engine takes less time for {sum(ratio < 1 for ratio in ratios)} of {len(ratios)} models; the "
                       f"median of the ratios is {statistics.median(ratios):.2f}, the largest {ratios[-1]:.2f}.")  # fmt: skip


def write(results: Results, table: Path | None) -> None:
    if not table:
        return
    records = results.models()
    is_timed = any("milliseconds" in record["row"] for record in records)
    titles = ["model", "library", "evaluation", "training", "running statistics", *["time"] * is_timed, "after mapping"]
    head = f"| {' | '.join(titles)} |\n|{'---|' * len(titles)}"
    lines = "\n".join(line(record, is_timed) for record in records)
    table.write_text(
        PAGE.format(count=count(results), versions=results.versions, time=time_sentence(records), head=head,
                    lines=lines, passed=passed(results)))  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("command")
    parser.add_argument("--forward", type=Path, help="the program that is timed")
    parser.add_argument("--results", type=Path, metavar="FILE", help="the lines of earlier runs, and of this one")
    parser.add_argument("--table", type=Path, metavar="FILE", help="the page to write: docs/models.md")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="when to begin no other model")
    parser.add_argument("names", nargs="*")
    options = parser.parse_intermixed_args()
    unknown = [name for name in options.names if not any(family.is_named(name) for family in families())]
    if unknown:
        parser.error(f"no library, module, family or model has the name {', '.join(unknown)}")
    results, start = Results(options.results, versions(options.command)), time.monotonic()
    speed = Speed(options.forward.resolve()) if options.forward else None
    with tempfile.TemporaryDirectory() as folder:
        survey = Survey(options.command, Path(folder))
        for family in families():
            record = results.found.get(family.key)
            is_done = record and not (speed and lacks_speed(record))
            if options.names and not any(map(family.is_named, options.names)) or is_done:
                continue
            if time.monotonic() - start > options.seconds:
                break
            record = record or look_at(family, survey)
            if speed and lacks_speed(record):
                record = with_speed(record, family, survey, speed)
            results.add(record)
            print(line(record, speed is not None) if record["model"] else f"  {family.key}: none", flush=True)
            write(results, options.table)
    write(results, options.table)
    print(count(results))
    rows = [record["row"] for record in results.models()]
    return 1 if any("proven" in row and faults(row) for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
