"""Starting PostgreSQL as root although it refuses root: in a user namespace, or as an unprivileged uid."""

import ctypes
import os
from collections.abc import Callable
from pathlib import Path

NOBODY = 65534
_CLONE_NEWUSER = 0x10000000


def enter_user_namespace() -> None:
    """Move this process into a namespace where our uid looks like an ordinary one; files stay ours.

    Raises OSError where the kernel refuses.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "user namespaces are refused")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} 0 1")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} 0 1")


def step_down() -> None:
    """Become nobody for good."""
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def user_namespaces_work() -> bool:
    """Try it in a child process."""
    child = os.fork()
    if child == 0:
        try:
            enter_user_namespace()
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def preparation(mode: str) -> Callable[[], None] | None:
    """What the child does before it becomes the server."""
    return {"plain": None, "userns": enter_user_namespace, "setuid": step_down}[mode]
