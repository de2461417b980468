"""What other releases had is nothing that type checkers know. Only type-checked, never run.

A line with an `ignore` is one that has to be refused: without an error the ignore itself is one.
"""

from azure.messaging import webpubsubservice
from azure.messaging.webpubsubservice import aio

_ = webpubsubservice.GroupMember  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
_ = webpubsubservice.build_authentication_token  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
_ = webpubsubservice.build_send_to_all_request  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
_ = aio.odata_filter  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
