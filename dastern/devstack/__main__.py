"""``python -m dastern.devstack up|down|status|env``: the embedded services without Django."""

import argparse
import shlex
import sys
from pathlib import Path

from dastern.devstack.places import urls
from dastern.devstack.services import DevstackError, describe, ensure_down, ensure_up, status


def main(arguments: list[str] | None = None) -> int:
    """Run one action; the exit code is 1 when it failed or, for ``status``, when something is down."""
    parser = argparse.ArgumentParser(prog="python -m dastern.devstack", description=__doc__)
    parser.add_argument("action", choices=["up", "down", "status", "env"])
    parser.add_argument("--state-dir", type=Path, default=None, help="default: DASTERN_STATE_DIR or var/devstack")
    parser.add_argument("--profile", choices=["dev", "test"], default="dev")
    options = parser.parse_args(arguments)
    try:
        if options.action == "up":
            ensure_up(options.state_dir, profile=options.profile)
        elif options.action == "down":
            ensure_down(options.state_dir)
    except DevstackError as error:
        print(error, file=sys.stderr)
        return 1
    if options.action == "env":
        for name, value in urls(options.state_dir).environment().items():
            print(f"export {name}={shlex.quote(value)}")
        return 0
    print(describe(options.state_dir))
    return 1 if options.action == "status" and not status(options.state_dir).is_up else 0


if __name__ == "__main__":
    sys.exit(main())
