"""总分馆台账: settings, the command line, the web server's start; nothing else."""

import sys

from commands.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
