"""Has everything fail that can fail while the command writes: nothing may be lost, torn or left behind.

    python3 Tests/Faults/faults.py COMMAND [--rounds 500] [--seed N] [--only SECTION,...] [--table FILE]

Needs a C compiler. As root more is tried: full disks, other users, missing folders of the system. --table writes the page
docs/faults.md.
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

HEAD = "| fault | tried | outcome |\n|---|---|---|"
PAGE = """# What a fault leaves

Everything that can fail while the command writes is made to fail, for each command that writes, into an empty folder and over old files: `make faults`. Afterwards the folder is looked at, hidden files too. Nothing may be lost, torn or left behind. This run had {rounds} rounds, took {seconds:.0f} seconds and tried {tried:,} times: **{wrong} wrong**.

- *as before*: the old files with their contents, and nothing else; *new*: what the command was to write, and nothing else.
- *some new*: an early end between two of several files. No reader of the set takes old and new files for one: the index still names the old, or what reads them refuses.
- *the next command restores* or *completes all*: what a killed process could not clean up is undone or completed by the next command that writes into the folder.
- *no tmpfile*, *no exchange*, *no link*: as on a file system that has no files without a name (`O_TMPFILE`), does not exchange two names in one step, or has no hard links.

{table}
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command")
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--only", default=",".join(SECTIONS))
    parser.add_argument("--table", metavar="FILE")
    parser.add_argument("--work", default=os.path.join(tempfile.gettempdir(), f"dbn-convert-faults-{os.getpid()}"))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}, {arguments.rounds} rounds", flush=True)
    os.environ["SWIFT_BACKTRACE"] = "enable=no"
    start = time.time()
    faults = Faults(arguments.command, arguments.work, arguments.seed, arguments.rounds)
    # In few rounds, only the commands that write several files, and one that writes one.
    names = [*conversions(faults)] if faults.is_long else [*interruptions.SETS, "convert .h5"]
    tried = cases(faults, names)
    print(HEAD, flush=True)
    for section in arguments.only.split(","): SECTIONS[section](faults, tried, names)
    seconds = time.time() - start
    print(f"{faults.tried} tried in {seconds:.0f} s, {faults.wrong} wrong")
    if arguments.table:
        with open(arguments.table, "w") as page:
            page.write(PAGE.format(rounds=arguments.rounds, seconds=seconds, tried=faults.tried, wrong=faults.wrong,
                                   table="\n".join([HEAD, *faults.rows])))  # fmt: skip
    raise SystemExit(1 if faults.wrong else 0)


main()
