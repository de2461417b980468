"""The command ``webpubsub``, as ``python -m azure.messaging.webpubsubservice``."""

import sys

from ._command import main

if __name__ == "__main__":
    sys.exit(main())
