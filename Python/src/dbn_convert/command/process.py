"""Finding and running the command."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import CommandError, CommandNotFoundError

_NAME = "dbn-convert"
#: Names another command than the one that was installed with this package.
VARIABLE = "DBN_CONVERT"


def find() -> str:
    """The path of the command.

    It is the one that the environment variable `DBN_CONVERT` names; or the one that was installed with this package;
    or the one on the `PATH`.

    Raises:
        CommandNotFoundError: there is none.
    """
    if named := os.environ.get(VARIABLE):
        return named
    scripts = sysconfig.get_path("scripts"), sysconfig.get_path("scripts", f"{os.name}_user")
    for folder in (*scripts, os.path.dirname(sys.executable)):
        if os.access(path := Path(folder, _NAME), os.X_OK):
            return str(path)
    if on_path := shutil.which(_NAME):
        return on_path
    raise CommandNotFoundError(
        f"the command {_NAME} was not found; install it with `pip install {_NAME}`, "
        f"or name it in the environment variable {VARIABLE}"
    )


def run(arguments: Sequence[str | os.PathLike[str]], statuses: Sequence[int] = (0,)) -> dict[str, Any]:
    """Runs the command with `--json` and returns its document.

    Raises:
        CommandError: the command ended with another exit status than those.
    """
    command = [find(), *(os.fspath(argument) for argument in arguments), "--json"]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except OSError as error:
        raise CommandNotFoundError(f"the command {command[0]} cannot be run: {error.strerror}") from error
    if done.returncode not in statuses:
        message = done.stderr.decode(errors="replace").strip()
        message = message.removeprefix(f"{_NAME}: error: ").removeprefix("Error: ")
        raise CommandError(message or f"{_NAME} ended with exit status {done.returncode}", done.returncode)
    document: dict[str, Any] = json.loads(done.stdout)
    return document
