"""Runs a part of the tests with a sanitizer.

    python3 Tests/Sanitizers/sanitize.py address|thread|turn [NUMBER | PATTERN | all]

`address` finds what reads or writes outside of its memory, and, at the end, memory that nothing leads to any more
(LeakSanitizer); `thread` finds data races; `turn` is one of the two. NUMBER counts the parts from 0; which one is run by
default, and which of the sanitizers, follows from the commit, or from the day, so that all have their turn. PATTERN chooses
tests by their names. Nothing is timed: with a sanitizer, everything takes several times as long.
"""  # fmt: skip
import os, re, subprocess, sys, time
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
#: Each has every 17th test, of all kinds, so that they take about as long. Odd, so that each part has its turn with both
#: sanitizers.
PARTS = 17

#: What measures memory, or limits the address space or the size of files: a sanitizer needs several times as much for itself.
#: And what runs all whole architectures: the other tests have their operations, on smaller arrays.
LEFT_OUT = (r"CommandTests\.(MemoryTests/|ProcessFaultTests/aSmallAddressSpace|BadInputTests/aFullDisk)"
            r"|DBNExecutionTests\.(ReferenceExecutorTests|OneDNNArchitectureTests)/")  # fmt: skip


def turn():
    """Another number with each commit, also where only the newest is there; or, without commits, on another day."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    return int(commit.stdout[:8], 16) if commit.returncode == 0 else int(time.strftime("%j"))


def swift(arguments, sanitizer, **options):
    build = ["--sanitize", sanitizer, "--scratch-path", f".build-{sanitizer}"]
    # In a debug build, what compresses or convolves takes minutes with it.
    if sanitizer == "thread": build += ["-Xswiftc", "-O"]
    return subprocess.run(["swift", *arguments, *build], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", **options)  # fmt: skip


def patterns(sanitizer, argument):
    """What the chosen parts are called, and the patterns of their tests."""
    if argument and argument != "all" and not argument.isdigit(): return {argument: argument}
    listed = swift(["test", "list", "--skip-build", "--disable-xctest"], sanitizer)
    tests = sorted({line for line in listed.stdout.splitlines() if re.fullmatch(r"\w+\.[\w.]+/.+\(.*\)", line)})
    if not tests: sys.exit(f"no tests are listed: {listed.stdout}")
    numbers = range(PARTS) if argument == "all" else [int(argument or turn()) % PARTS]
    names = [[re.escape(test.rpartition("(")[0]) for test in tests[number::PARTS]] for number in numbers]
    return {f"part {number} of 0 to {PARTS - 1}": f"^({'|'.join(part)})\\(" for number, part in zip(numbers, names)}


def environment(sanitizer):
    """The variables for the tests and the commands that they start."""
    more = {"DBN_RANDOM_CHECKPOINTS": "5"}
    if sanitizer == "address":
        return more | {"LSAN_OPTIONS": f"suppressions={HERE / 'leaks.txt'}:print_suppressions=0"}
    locks = ROOT / ".build-thread" / "locks.so"
    subprocess.run(["clang", "-shared", "-fPIC", "-O1", "-o", locks, HERE / "locks.c", "-ldl"], check=True)
    return more | {"LD_PRELOAD": str(locks), "TSAN_OPTIONS": f"suppressions={HERE / 'races.txt'}:print_suppressions=0"}


def run(sanitizer, part, pattern):
    """Whether all tests pass, and the sanitizer finds nothing."""
    start = time.time()
    print(f"{sanitizer} sanitizer, {part}: ", end="", flush=True)
    result = swift(["test", "--skip-build", "--disable-xctest", "--filter", pattern, "--skip", LEFT_OUT], sanitizer,
                   env={**os.environ, **environment(sanitizer)})  # fmt: skip
    found = re.findall(r"(?:ERROR|WARNING|SUMMARY): \w+Sanitizer.*", result.stdout)
    failed = re.findall(r".*recorded an issue.*", result.stdout)
    tests = int([0, *re.findall(r"Test run with (\d+) tests?", result.stdout)][-1])
    good = result.returncode == 0 and not found and tests > 0
    print(f"{tests} tests, {len(found)} findings, {time.time() - start:.0f} s: {'ok' if good else 'FAILED'}", flush=True)
    if not good:
        output = ROOT / f".build-{sanitizer}" / "output.txt"
        output.write_text(result.stdout)
        print("\n".join([*dict.fromkeys(found + failed), result.stdout[-10_000:], f"All of it is in {output}"]), flush=True)
    return good


def main():
    sanitizer, argument = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
    if sanitizer == "turn": sanitizer = ["address", "thread"][turn() % 2]
    start, build = time.time(), swift(["build", "--build-tests"], sanitizer)
    if build.returncode != 0: sys.exit(build.stdout)
    print(f"built in {time.time() - start:.0f} s")
    return all([run(sanitizer, *each) for each in patterns(sanitizer, argument).items()])


sys.exit(0 if main() else 1)
