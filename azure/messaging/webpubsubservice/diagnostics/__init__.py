"""Find out what is wrong with the way to the service: endpoint, clock, credential, proxies, hub.

>>> from azure.messaging.webpubsubservice.diagnostics import diagnose
>>> diagnosis = diagnose(client, "chat", group="lobby")
>>> print(diagnosis)
ok       endpoint    https://<name>.webpubsub.azure.com answers, and knows api-version 2024-12-01.
...
>>> diagnosis.ok
True

Three small requests that change nothing are sent, each once. The checks themselves do no I/O, so that both
clients run the same ones.
"""

from ._diagnose import diagnose, diagnose_async
from ._findings import Diagnosis, Finding

__all__ = ["Diagnosis", "Finding", "diagnose", "diagnose_async"]
