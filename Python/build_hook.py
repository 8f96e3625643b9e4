"""Puts the command `dbn-convert` into the wheel, and names the platforms that it runs on.

The environment variable DBN_CONVERT_BINARY has the path of the command.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VARIABLE = "DBN_CONVERT_BINARY"
#: Libraries that every manylinux system has (PEP 600, and the policies of auditwheel).
SYSTEM_LIBRARIES = {
    "libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libutil.so.1", "libgcc_s.so.1",
    "libstdc++.so.6", "libz.so.1", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1",
}  # fmt: skip


class CommandHook(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        binary = os.environ.get(VARIABLE, "")
        if not os.access(binary, os.X_OK):
            raise SystemExit(f"set {VARIABLE} to the path of the built command (make wheel does)")
        binary = str(Path(binary).resolve())
        build_data["shared_scripts"] = {binary: "dbn-convert"}
        build_data["tag"] = f"py3-none-{platform_tag(binary)}"
        build_data["pure_python"] = False


def platform_tag(binary: str) -> str:
    """`manylinux_2_XX_x86_64`, where 2.XX is the oldest glibc that has all the symbols that the command needs.

    A command that needs libraries which not every system has gets the tag `linux_x86_64`, for this machine's kind only.
    """
    done = subprocess.run(["objdump", "-p", binary], check=True, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
    others = sorted(set(re.findall(r"^\s*NEEDED\s+(\S+)$", done.stdout, re.MULTILINE)) - SYSTEM_LIBRARIES)
    if others:
        print(f"{binary} needs {', '.join(others)}: the wheel is for systems like this one only")
        return f"linux_{platform.machine()}"
    minors = [int(minor) for minor in re.findall(r"\bGLIBC_2\.(\d+)", done.stdout)]
    if not minors:
        raise SystemExit(f"{binary} does not say which glibc it needs")
    return f"manylinux_2_{max(minors)}_{platform.machine()}"
