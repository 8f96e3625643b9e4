"""Puts the command `dbn-convert` into the wheel, and names the platforms that it runs on.

The environment variable DBN_CONVERT_BINARY has the path of the command; DBN_CONVERT_LICENCES, if it is set, that of a
folder with the licences of what is in it.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BINARY = "DBN_CONVERT_BINARY"
LICENCES = "DBN_CONVERT_LICENCES"
#: Libraries that every manylinux system has (PEP 600, and the policies of auditwheel).
SYSTEM_LIBRARIES = {
    "libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libutil.so.1", "libgcc_s.so.1",
    "libstdc++.so.6", "libz.so.1", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1",
}  # fmt: skip


class CommandHook(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        binary = os.environ.get(BINARY, "")
        if not Path(binary).is_file() or not os.access(binary, os.X_OK):
            raise SystemExit(f"{BINARY}={binary} is no command; build it first (make build)")
        binary = str(Path(binary).resolve())
        build_data["shared_scripts"] = {binary: "dbn-convert"}
        if licences := os.environ.get(LICENCES):
            build_data["extra_metadata"] = {licences: "licences"}
        build_data["tag"] = f"py3-none-{platform_tag(binary)}"
        build_data["pure_python"] = False


def platform_tag(binary: str) -> str:
    """`manylinux_2_XX_x86_64`, where 2.XX is the oldest glibc that has all the symbols that the command needs.

    A command that needs libraries which not every system has gets the tag `linux_x86_64`, for this machine's kind only.
    """
    environment = {**os.environ, "LC_ALL": "C"}
    headers = subprocess.run(
        ["objdump", "-p", binary], check=True, capture_output=True, text=True, env=environment
    ).stdout
    others = sorted(set(re.findall(r"^\s*NEEDED\s+(\S+)$", headers, re.MULTILINE)) - SYSTEM_LIBRARIES)
    if others:
        print(f"{binary} needs {', '.join(others)}: the wheel is for systems like this one only")
        return f"linux_{platform.machine()}"
    minors = [int(minor) for minor in re.findall(r"\bGLIBC_2\.(\d+)", headers)]
    if not minors:
        raise SystemExit(f"{binary} does not say which glibc it needs")
    return f"manylinux_2_{max(minors)}_{platform.machine()}"
