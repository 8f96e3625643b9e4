"""Runs each reading command on small files that ask for much time or memory, and prints what it took.

    python3 Tests/Hostile/hostile.py COMMAND [--before COMMAND] [--table FILE] [NAME ...]

The exit status is 1 if anything took more than is promised (docs/limits.md). With --before, an older command is run in turn
with the newer one, for at most a minute. --table writes the page docs/hostile.md: a line for each input.
"""  # fmt: skip
import argparse, os, resource, signal, subprocess, sys, tempfile, time
from dataclasses import dataclass
import inputs

#: What any file may take, in seconds of processor time and in MB: two and a half times as much as was seen, since machines
#: differ. Files of many MB may take more.
SECONDS, MEGABYTES = 20, 450
PER_BYTE = 12
#: Two tensors of 1 GiB are compared number by number, or one is rounded, compressed and proven.
SECONDS_FOR_TWO = 60
#: A BatchNorm of 67 million features is run twice, on eight samples; four times to prove a cast.
SECONDS_FOR_FEATURES = 240
#: What an older command is run for, and when it is killed.
COMPARED, SECONDS_BEFORE = ("info", "convert to h5", "diff of two", "run"), 60
#: When any command is killed.
MOST_MEGABYTES = 5_800

PAGE = """# What hostile files cost

Small files that ask for much time or memory, and what the command takes for them: `make hostile` makes the files, runs every reading command on each, and fails if one takes more than [is promised](limits.md#what-a-file-may-cost). {before}

For each file: the command that took most{when}, with its processor time and the peak of its memory, looked at every 5 ms (pages of mapped files, which the system takes back when it needs room, are not counted); then the most that any of the {runs} runs took. *Refused*: with a line that names the reason, and what to add if the file is trusted.

{head}
{lines}
"""
BEFORE = "*Before* is a build from before there were limits, run for `info`, `convert` to HDF5, `diff` and `run`, in turn with this one, and killed after a minute or {most} MB."


def commands(file, folder):
    yield "info", ["info", file]
    yield "info --json", ["info", file, "--json"]
    yield "check", ["check", file]
    yield "diff", ["diff", file, file]
    yield "verify", ["verify", file, file]
    for extension in ("h5", "safetensors", "pth"):
        yield f"convert to {extension}", ["convert", file, f"{folder}/out.{extension}", "--lossy"]
    if file.endswith(".pt2"):
        inputs.image(f"{folder}/x.safetensors")
        yield "run", ["run", file, "--input", f"{folder}/x.safetensors", "--output", f"{folder}/out.h5"]


def comparisons(file, other, folder):
    yield "diff of two", ["diff", file, other]
    yield "verify of two", ["verify", file, other]
    yield "verify within a tolerance", ["verify", file, other, "--atol", "2"]
    yield "convert and cast", ["convert", file, f"{folder}/out.h5", "--cast", "bfloat16", "--compress", "gzip:1", "--verify"]


def limit(name, title):
    """The processor's seconds that a command may take on an input."""
    if name == "batch-norm.pth" and ("verify" in title or "cast" in title): return SECONDS_FOR_FEATURES
    return SECONDS_FOR_TWO if "two" in title or "tolerance" in title or "cast" in title else SECONDS


@dataclass
class Run:
    """What a command took."""
    status: int
    #: Of the processor, and the peak in MB.
    seconds: float
    megabytes: int
    #: The first line of errors.
    words: str

    @property
    def outcome(self):
        if self.status >= 0: return "refused" if self.status == 2 else "done"
        if self.status in (-9, -24): return "too much memory" if self.megabytes > MOST_MEGABYTES else "killed"
        return f"killed by signal {-self.status}"

    @property
    def cells(self): return f"{self.seconds:.1f} s, {self.megabytes} MB, {self.outcome}"


def sizes(path):
    """The bytes of a file, or of the files in a folder; and those of them that are stored."""
    found = [os.stat(file) for file in ([each.path for each in os.scandir(path)] if os.path.isdir(path) else [path])]
    return sum(each.st_size for each in found), sum(min(each.st_size, 512 * each.st_blocks) for each in found)


def memory(process):
    """In MB, without pages of mapped files, also temporary ones."""
    try:
        with open(f"/proc/{process.pid}/status") as status:
            return sum(int(line.split()[1]) for line in status if line.startswith(("RssAnon", "RssShmem"))) >> 10
    except (OSError, ValueError):
        return 0


def run(command, arguments, folder, most):
    """Runs a command, for at most so many seconds of the processor."""
    errors = tempfile.TemporaryFile(dir=folder)
    process = subprocess.Popen([command, *arguments], stdout=subprocess.DEVNULL, stderr=errors,
                               preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (most, most)))  # fmt: skip
    peak, start, finished = 0, time.monotonic(), 0
    while not finished:
        time.sleep(0.005)
        peak = max(peak, memory(process))
        # Not Popen.kill, which would wait for a process that has just ended.
        if peak > MOST_MEGABYTES or time.monotonic() - start > 10 * most: os.kill(process.pid, signal.SIGKILL)
        finished, status, usage = os.wait4(process.pid, os.WNOHANG)
    process.returncode = 0
    errors.seek(0)
    lines = errors.read(4096).decode("utf8", "replace").splitlines()
    words = next((line for line in lines if "error:" in line), "").removeprefix("dbn-convert: error: ")
    for left in os.listdir(folder):
        if left.startswith("out."): os.unlink(f"{folder}/{left}")
    return Run(os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, peak, words.replace(folder + "/", ""))


class Measurement:
    """What commands took on an input: a Run for each title, and one of the older command or None."""

    def __init__(self, name, options):
        self.name, self.runs, self.failed = name, [], 0
        with tempfile.TemporaryDirectory() as folder:
            file, make = f"{folder}/{name}", inputs.ALL[name]
            make(file)
            self.bytes, self.stored = sizes(file)
            every = [*commands(file, folder)]
            if name in inputs.PAIRS:
                make(f"{folder}/other-{name}", last=1)
                every += comparisons(file, f"{folder}/other-{name}", folder)
            for title, arguments in every:
                before = None
                if options.before and title in COMPARED: before = run(options.before, arguments, folder, SECONDS_BEFORE)
                self.add(title, before, run(options.command, arguments, folder, 2 * SECONDS_FOR_FEATURES))

    def add(self, title, before, now):
        isKept = (now.status in (0, 1, 2) and now.seconds <= limit(self.name, title)
                  and now.megabytes <= MEGABYTES + (PER_BYTE * self.stored >> 20))  # fmt: skip
        self.failed += not isKept
        self.runs.append((title, before, now))
        cells = [self.name, f"{self.bytes:,}", title, before.cells if before else "", now.cells + ("" if isKept else " **too much**"),
                 now.words[:90].replace("|", "/")]  # fmt: skip
        print(f"| {' | '.join(cells)} |", flush=True)

    @property
    def line(self):
        """The line of the page."""
        title, before, now = max(self.runs, key=lambda each: (each[1] is not None, cost(each[1] or each[2])))
        most = f"{max(each.seconds for _, _, each in self.runs):.1f} s, {max(each.megabytes for _, _, each in self.runs)} MB"
        about = f"`{self.name}`: {inputs.ALL[self.name].__doc__}"
        return f"| {' | '.join([about, f'{self.bytes:,}', title, *([before.cells] if before else []), now.cells, most])} |"


def cost(run):
    """What ranks commands: a second counts as much as 50 MB, and what was killed as a minute."""
    return max(run.seconds, SECONDS_BEFORE if run.status < 0 else 0) + run.megabytes / 50


def page(measurements, older):
    titles = ["file", "bytes", "command", *(["before"] if older else []), "now", "the most of any command"]
    return PAGE.format(
        before=BEFORE.format(most=f"{MOST_MEGABYTES:,}") if older else "", when=" before" if older else "",
        runs=sum(len(each.runs) for each in measurements), head=f"| {' | '.join(titles)} |\n|{'---|' * len(titles)}",
        lines="\n".join(each.line for each in measurements))  # fmt: skip


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("command")
    parser.add_argument("--before", metavar="COMMAND")
    parser.add_argument("--table", metavar="FILE")
    parser.add_argument("names", nargs="*")
    options = parser.parse_intermixed_args()
    print("| input | bytes | command | before | now | error |\n|---|---|---|---|---|---|")
    measurements = [Measurement(name, options) for name in options.names or inputs.ALL]
    if options.table:
        with open(options.table, "w") as file: file.write(page(measurements, options.before))
    failed = sum(each.failed for each in measurements)
    print(f"\n{failed} of the runs took too much" if failed else "\nall within the limits")
    sys.exit(1 if failed else 0)


main()
