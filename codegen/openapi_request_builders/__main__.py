"""``python -m openapi_request_builders``: the same as the command ``openapi-request-builders``."""

import sys

from openapi_request_builders.command import main

sys.exit(main())
