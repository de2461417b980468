"""Find out why requests do not reach the service: endpoint, clock, credential, proxies, hub.

>>> from azure.messaging.webpubsubservice.diagnostics import diagnose
>>> diagnosis = diagnose(client, "chat", group="lobby")
>>> print(diagnosis)
ok       endpoint    https://<name>.webpubsub.azure.com answers, and knows api-version 2024-12-01.
...
>>> diagnosis.ok
True

This sends three small requests once each. They change nothing. The checks themselves do no I/O, so that both
clients can use them.
"""

from ._diagnose import diagnose, diagnose_async
from ._findings import Diagnosis, Finding

__all__ = ["Diagnosis", "Finding", "diagnose", "diagnose_async"]
