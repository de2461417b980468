"""A chat with Django: tokens, events of clients, and one client for all.

Set WEBPUBSUB_CONNECTION_STRING, and WEBPUBSUB_ACCESS_KEY to its key. Serve
`django_app:application`, and enter `https://.../eventhandler` in the hub's
settings, with the system event `connect` and the user events `*`.
"""

import functools
import os
import secrets
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.events import (
    ConnectEvent,
    EventError,
    UserEvent,
    ValidationRequest,
    parse_event,
)
from azure.messaging.webpubsubservice.rest import build_send_to_group_request


@functools.cache
def service() -> WebPubSubServiceClient:
    """Return the client, which is open as long as the process."""
    return WebPubSubServiceClient.from_connection_string(
        os.environ["WEBPUBSUB_CONNECTION_STRING"]
    )


def negotiate(request: HttpRequest) -> HttpResponse:
    """Return the URL with which a user's browser opens its WebSocket."""
    user = str(request.GET["user"])
    token = service().get_client_access_token("chat", user_id=user)
    return JsonResponse({"url": token["url"]})


def eventhandler(request: HttpRequest) -> HttpResponse:
    """Answer one event of the service."""
    headers: Any = request.headers  # Django has no annotations
    try:
        event = parse_event(
            request.method or "",
            headers,
            request.body,
            access_keys=[os.environ["WEBPUBSUB_ACCESS_KEY"]],
        )
        match event:
            case ValidationRequest():
                answer = event.allow_any()
            case ConnectEvent():
                answer = event.accept(groups=["room"])
            case UserEvent(name="say"):
                message = {"from": event.user_id, "text": event.text()}
                service().send_request(
                    build_send_to_group_request("chat", "room", json=message)
                )
                answer = event.done()
            case _:
                answer = event.done()
    except EventError as error:
        answer = error.response
    return HttpResponse(
        answer.body, status=answer.status, headers=dict(answer.headers)
    )


urlpatterns = [
    path("negotiate", negotiate),
    path("eventhandler", csrf_exempt(eventhandler)),
]
settings.configure(
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["*"],  # in production, your own
    SECRET_KEY=secrets.token_hex(),
)
application = get_wsgi_application()
