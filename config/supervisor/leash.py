"""Run a program that cannot outlive its parent: `python leash.py PARENT_PID [UID:GID] -- PROGRAM [ARGUMENT …]`.

Linux kills the program when the parent goes, however it goes. Started by its path and with nothing but the standard
library, so that it costs milliseconds. Other systems have no such promise; there the program just runs.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Ask the kernel for SIGKILL when the parent is gone; ends the process when it is gone already.

    The wish survives exec, not fork, and not a change of user. Linux means the parent's *thread* that started us.
    """
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:
        os._exit(1)


def leashed(program: "list[str]", *, user: "tuple[int, int] | None" = None) -> "list[str]":
    """The command line that runs `program` on a leash held by this process; `user` is (uid, gid) to become."""
    become = [f"{user[0]}:{user[1]}"] if user else []
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *become, "--", *program]


def main(arguments: "list[str]") -> None:
    split = arguments.index("--")
    parent, *user = arguments[:split]
    program = arguments[split + 1 :]
    if user:
        uid, gid = user[0].split(":")
        os.setgroups([])
        os.setgid(int(gid))
        os.setuid(int(uid))
    die_with_parent(int(parent))
    os.execvp(program[0], program)  # noqa: S606  no shell is the point


if __name__ == "__main__":
    main(sys.argv[1:])
