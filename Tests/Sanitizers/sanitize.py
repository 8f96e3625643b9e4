"""Runs a part of the tests with a sanitizer.

    python3 Tests/Sanitizers/sanitize.py address|thread [NUMBER | all]

`address` finds what reads or writes outside of its memory, and, at the end, memory that nothing leads to any more
(LeakSanitizer); `thread` finds data races. NUMBER counts the parts from 0, and goes on from the first after the last; by
default it is the number of commits, or the day, so that all have their turn. Nothing is timed: with a sanitizer, everything takes
several times as long.
"""
import os, re, subprocess, sys, time
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: What takes about as long as the other parts: names of test modules, or of modules and the letters with which suites
#: begin. Modules that are not named are in the last part.
PARTS = [
    ["DBNHDF5Tests", "DBNZipTests", "DBNNumPyTests"],
    ["DBNTorchTests", "DBNSafetensorsTests", "DBNJSONTests"],
    ["DBNBytesTests", "DBNTensorsTests", "DBNCheckpointsTests", "DBNConversionsTests"],
    ["DBNExecutionTests", "DBNModelsTests"],
    ["DBNVerificationTests", "DBNBatchNormTests", "DBNComparisonTests"],
    ["CommandTests.[A-J]"],
    ["CommandTests.[K-O]"],
    ["CommandTests.[P-Z]"],
    [],
]


def names(number):
    """What a part has."""
    named = {name.split(".")[0] for part in PARTS for name in part}
    others = [path.name for path in sorted((ROOT / "Tests").glob("*Tests")) if path.name not in named]
    return PARTS[number] + (others if number == len(PARTS) - 1 else [])


def run(sanitizer, number):
    """Whether all tests pass, and the sanitizer finds nothing."""
    part, start = names(number), time.time()
    scratch = ["--sanitize", sanitizer, "--scratch-path", f".build-{sanitizer}"]
    print(f"{sanitizer} sanitizer, part {number + 1} of {len(PARTS)}: {', '.join(part)}", flush=True)
    build = subprocess.run(["swift", "build", "--build-tests", *scratch], cwd=ROOT, capture_output=True, text=True)
    if build.returncode != 0: sys.exit(build.stdout + build.stderr)
    built, pattern = time.time(), f"^({'|'.join(name if '.' in name else name + '[.]' for name in part)})"
    suppressions = ROOT / "Tests" / "Sanitizers" / "leaks.txt"
    environment = {
        **os.environ,
        "ASAN_OPTIONS": "detect_leaks=1",
        "LSAN_OPTIONS": f"suppressions={suppressions}:print_suppressions=0",
        "TSAN_OPTIONS": "halt_on_error=0",
        "DBN_RANDOM_CHECKPOINTS": "5",
    }
    result = subprocess.run(
        ["swift", "test", "--skip-build", "--disable-xctest", *scratch, "--filter", pattern],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    found = re.findall(r"(?:ERROR|WARNING|SUMMARY): \w+Sanitizer.*", result.stdout)
    tests = re.findall(r"Test run with (\d+) tests?", result.stdout)
    good = result.returncode == 0 and not found and tests and int(tests[-1]) > 0
    if not good: print(result.stdout[-20_000:])
    print(f"{tests[-1] if tests else 0} tests, {len(found)} findings, {built - start:.0f} s to build, "
          f"{time.time() - built:.0f} s to run: {'ok' if good else 'FAILED'}", flush=True)  # fmt: skip
    return bool(good)


def main():
    sanitizer, argument = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
    if argument == "all": return all([run(sanitizer, number) for number in range(len(PARTS))])
    if not argument:
        count = subprocess.run(["git", "rev-list", "--count", "HEAD"], cwd=ROOT, capture_output=True, text=True)
        argument = count.stdout if count.returncode == 0 else time.strftime("%j")
    return run(sanitizer, int(argument) % len(PARTS))


sys.exit(0 if main() else 1)
