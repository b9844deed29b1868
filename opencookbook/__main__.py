"""`python -m opencookbook` is the command `opencookbook`."""
import sys


def main() -> None:
    "Run the command line; one that is interrupted while it is loaded has one line to say as well."
    try: from opencookbook.recipes.cli import main as run
    except KeyboardInterrupt: sys.exit(print('interrupted', file=sys.stderr) or 130)
    run()


if __name__ == '__main__': main()
