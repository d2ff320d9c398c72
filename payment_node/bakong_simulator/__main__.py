"""``python -m payment_node.bakong_simulator``: runs it until it is told to stop."""

import argparse
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from payment_node.bakong_simulator.bank import Bank
from payment_node.bakong_simulator.server import Simulator


def main() -> int:
    """Serve on 127.0.0.1. The signing key comes from SIMULATOR_KEY, so that tokens survive a restart."""
    parser = argparse.ArgumentParser(prog="python -m payment_node.bakong_simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=8200)
    parser.add_argument("--daily-limit", type=int, default=100, help="calls a token and day; 0 for no limit")
    parser.add_argument("--state", type=Path, default=None, help="keep transactions in this file")
    parser.add_argument("--print-token", action="store_true", help="print a token of this key and end")
    options = parser.parse_args()
    key = os.environ.get("SIMULATOR_KEY", "")
    if not key:
        sys.stderr.write("SIMULATOR_KEY is not set\n")
        return 1
    bank = Bank(key=key, daily_limit=options.daily_limit, state_file=options.state)
    if options.print_token:
        sys.stdout.write(bank.token() + "\n")
        return 0
    bank.token()  # the integrator's mail is registered
    server = Simulator(bank, options.port)

    def stop(number: int, frame: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        server.serve_forever()
    finally:
        server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
