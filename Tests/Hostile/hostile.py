"""Runs each reading command on small files that ask for much time or memory, under limits, and prints
what it took: `hostile.py COMMAND [NAME ...]`. The exit status is 1 if anything took more than is
promised (docs/limits.md)."""

import os
import resource
import subprocess
import sys
import tempfile
import time

import inputs

# What any file may take, in seconds of processor time and in MB: two and a half times as much as was
# seen, since machines differ. Files of many MB may take more.
SECONDS, MEGABYTES = 20, 450
PER_BYTE = 12
# Two tensors of 1 GiB are compared number by number, or one is rounded, compressed and proven.
SECONDS_FOR_TWO = 60
# A BatchNorm of 67 million features is run twice, on eight samples; four times to prove a cast.
SECONDS_FOR_FEATURES = 240


def commands(file, folder):
    yield "info", ["info", file]
    yield "info --json", ["info", file, "--json"]
    yield "check", ["check", file]
    yield "diff", ["diff", file, file]
    yield "verify", ["verify", file, file]
    for extension in ("h5", "safetensors", "pth"):
        yield f"convert to {extension}", ["convert", file, f"{folder}/out.{extension}", "--lossy"]


def comparisons(file, other, folder):
    yield "diff of two", ["diff", file, other]
    yield "verify of two", ["verify", file, other]
    yield "verify within a tolerance", ["verify", file, other, "--atol", "2"]
    yield "convert and cast", ["convert", file, f"{folder}/out.h5", "--cast", "bfloat16",
                               "--compress", "gzip:1", "--verify"]


def limit(name, title):
    """The processor's seconds that a command may take on an input."""
    proves = "verify" in title or "cast" in title
    return SECONDS_FOR_FEATURES if name == "batch-norm.pth" and proves else SECONDS


def run(command, arguments, folder):
    """The exit status, the processor's seconds, the peak in MB, and the first line of errors."""
    most = 2 * SECONDS_FOR_FEATURES

    def set_limits():
        resource.setrlimit(resource.RLIMIT_CPU, (most, most))

    errors = tempfile.TemporaryFile(dir=folder)
    process = subprocess.Popen([command, *arguments], stdout=subprocess.DEVNULL, stderr=errors,
                               preexec_fn=set_limits)
    peak, start = 0, time.monotonic()
    while True:
        # Without pages of mapped files, also temporary ones, which the system takes back when it needs
        # room.
        try:
            with open(f"/proc/{process.pid}/status") as status:
                peak = max(peak, sum(int(line.split()[1]) for line in status
                                     if line.startswith(("RssAnon", "RssShmem"))) >> 10)
        except (OSError, ValueError):
            pass
        if peak > 4 * MEGABYTES + 4000 or time.monotonic() - start > 10 * most:
            process.kill()
        finished, status, usage = os.wait4(process.pid, os.WNOHANG)
        if finished:
            break
        time.sleep(0.005)
    process.returncode = 0
    errors.seek(0)
    lines = errors.read(4096).decode("utf8", "replace").splitlines()
    words = next((line for line in lines if "error:" in line), "")
    return (os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime,
            peak, words.removeprefix("dbn-convert: error: "))


def main():
    command, chosen = sys.argv[1], sys.argv[2:] or list(inputs.ALL)
    failed = 0
    print("| input | bytes | command | seconds | MB | outcome |\n|---|---|---|---|---|---|")
    for name in chosen:
        with tempfile.TemporaryDirectory() as folder:
            file = f"{folder}/{name}"
            inputs.ALL[name](file)
            runs = [(*each, limit(name, each[0])) for each in commands(file, folder)]
            if name in inputs.PAIRS:
                other = f"{folder}/other-{name}"
                inputs.ALL[name](other, last=1)
                runs += [(*each, max(limit(name, each[0]), SECONDS_FOR_TWO))
                         for each in comparisons(file, other, folder)]
            size = os.path.getsize(file)
            stored = min(size, 512 * os.stat(file).st_blocks)
            for title, arguments, most in runs:
                status, seconds, peak, words = run(command, arguments, folder)
                words = words.replace(folder + "/", "")
                isKept = (status in (0, 1, 2) and seconds <= most
                          and peak <= MEGABYTES + (PER_BYTE * stored >> 20))
                failed += not isKept
                outcome = f"exit {status}" if status >= 0 else f"killed by signal {-status}"
                mark = "" if isKept else " **too much**"
                print(f"| {name} | {size} | {title} | {seconds:.1f} | {peak} | {outcome}{mark} "
                      f"{words[:90].replace('|', '/')} |", flush=True)
                for left in os.listdir(folder):
                    if left.startswith("out."):
                        os.unlink(f"{folder}/{left}")
    print(f"\n{failed} of the runs took too much" if failed else "\nall within the limits")
    sys.exit(1 if failed else 0)


main()
