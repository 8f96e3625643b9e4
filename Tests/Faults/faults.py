"""Has everything fail that can fail while the command writes: nothing may be lost, torn or left behind.

    python3 Tests/Faults/faults.py COMMAND [--rounds 500] [--seed N] [--only SECTION,...]

Needs a C compiler. As root more is tried: full disks, other users, missing folders of the system.
"""
import argparse, os, random, tempfile, time
import failures, interruptions, targets
from harness import Faults, cases, conversions

SECTIONS = {
    "kills": lambda faults, cases, names: interruptions.random_kills(faults, cases),
    "signals": lambda faults, cases, names: interruptions.requests_to_end(faults, cases),
    "names": lambda faults, cases, names: interruptions.kills_at_calls(faults, cases),
    "calls": lambda faults, cases, names: failures.failing_calls(faults, cases),
    "limits": lambda faults, cases, names: failures.limits(faults, cases),
    "disks": lambda faults, cases, names: failures.small_disks(faults, cases),
    "proc": lambda faults, cases, names: failures.without_proc(faults, cases),
    "output": lambda faults, cases, names: failures.full_output(faults, cases),
    "inputs": lambda faults, cases, names: targets.shortened_inputs(faults),
    "targets": lambda faults, cases, names: targets.odd_targets(faults),
    "folders": lambda faults, cases, names: targets.folders_that_go(faults, cases),
    "writers": lambda faults, cases, names: targets.two_writers(faults, names),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command")
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--only", default=",".join(SECTIONS))
    parser.add_argument("--work", default=os.path.join(tempfile.gettempdir(), f"dbn-convert-faults-{os.getpid()}"))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}, {arguments.rounds} rounds", flush=True)
    os.environ["SWIFT_BACKTRACE"] = "enable=no"
    start = time.time()
    faults = Faults(arguments.command, arguments.work, arguments.seed, arguments.rounds)
    # In few rounds, only the commands that write several files, and one that writes one.
    names = [*conversions(faults)] if faults.is_long else [*interruptions.SETS, "convert .h5"]
    tried = cases(faults, names)
    print("| fault | tried | outcome |\n|---|---|---|", flush=True)
    for section in arguments.only.split(","): SECTIONS[section](faults, tried, names)
    print(f"{faults.tried} tried in {time.time() - start:.0f} s, {faults.wrong} wrong")
    raise SystemExit(1 if faults.wrong else 0)


main()
