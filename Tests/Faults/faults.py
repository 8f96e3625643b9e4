"""Has everything fail that can fail while the command writes: nothing may be lost, torn or left behind.

    python3 Tests/Faults/faults.py COMMAND [--rounds 500] [--seed N] [--only SECTION,...]

Needs a C compiler. As root more is tried: full disks, other users, missing folders of the system.
"""
import argparse, os, random, tempfile, time
import failures, interruptions, targets
from harness import Faults, cases, conversions

SECTIONS = {
    "kills": lambda faults, all, sets: interruptions.random_kills(faults, all),
    "signals": lambda faults, all, sets: interruptions.requests_to_end(faults, all),
    "names": lambda faults, all, sets: interruptions.kills_at_calls(faults, all if faults.rounds >= 100 else sets),
    "calls": lambda faults, all, sets: failures.failing_calls(faults, all if faults.rounds >= 100 else sets),
    "limits": lambda faults, all, sets: failures.limits(faults, all if faults.rounds >= 100 else sets),
    "disks": lambda faults, all, sets: failures.small_disks(faults, all),
    "proc": lambda faults, all, sets: failures.without_proc(faults, all),
    "output": lambda faults, all, sets: failures.full_output(faults, all),
    "inputs": lambda faults, all, sets: targets.shortened_inputs(faults),
    "targets": lambda faults, all, sets: targets.odd_targets(faults),
    "folders": lambda faults, all, sets: targets.folders_that_go(faults, all),
    "writers": lambda faults, all, sets: targets.two_writers(
        faults, [*conversions(faults)] if faults.rounds >= 100 else interruptions.SETS),
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
    all = cases(faults)
    sets = [case for case in all if case.name.removesuffix(" over old files") in interruptions.SETS]
    print("| fault | tried | outcome |\n|---|---|---|", flush=True)
    for section in arguments.only.split(","): SECTIONS[section](faults, all, sets)
    print(f"{faults.tried} tried in {time.time() - start:.0f} s, {faults.wrong} wrong")
    raise SystemExit(1 if faults.wrong else 0)


main()
