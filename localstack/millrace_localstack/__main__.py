import sys

from millrace_localstack.launcher.cli import main

if __name__ == "__main__":
    sys.exit(main())
