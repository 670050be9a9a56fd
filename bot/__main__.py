"""``quoth``, and ``python -m bot``: where the program begins."""

import sys

_INTERRUPTED = 130


def main() -> int:
    """Run the command line; gives its exit status, also where Ctrl-C comes before all of it is loaded."""
    try:
        from bot import cli

        return cli.main()
    except KeyboardInterrupt:
        return _INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
