"""The driver that blocks, and what it shares with the one that awaits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from azure.core.pipeline.policies import HTTPPolicy, SansIOHTTPPolicy

from ._steps import SEND, Close, GetToken, Sleep, Step, send_once

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from azure.core.pipeline import PipelineRequest, PipelineResponse

    from ._steps import FlowFunction

__all__ = ["Driven", "FlowPolicy"]

SansIO = SansIOHTTPPolicy[Any, Any]


class Driven:
    """A flow, and the policies without I/O around it, which become one policy.

    azure-core would run each of those in a coroutine of its own, and ask after each of its methods whether
    that was one too. Without this, a send takes about 1.07 times as long in both clients
    (``nox -s bench -- --tricks``).

    :param flow: Start the flow of a request.
    :param once: Policies that see a request before the flow does.
    :param each: Policies that see each of the flow's attempts, and what comes of it.
    """

    def __init__(
        self, flow: FlowFunction = send_once, once: Sequence[SansIO] = (), each: Sequence[SansIO] = ()
    ) -> None:
        super().__init__()
        self.flow = flow
        self._once = _overridden("on_request", once)
        self._on_request = _overridden("on_request", each)
        self._on_response = _overridden("on_response", each[::-1])
        self._on_exception = _overridden("on_exception", each[::-1])


def _overridden(name: str, policies: Iterable[SansIO]) -> list[Any]:
    default = getattr(SansIOHTTPPolicy, name)
    return [getattr(policy, name) for policy in policies if getattr(type(policy), name) is not default]


class FlowPolicy(Driven, HTTPPolicy[Any, Any]):
    """Run a flow for each request, and block while it waits."""

    def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Do what the flow asks for, until it returns a response or raises."""
        for on_request in self._once:
            on_request(request)
        steps = self.flow(request)
        outcome: Any = None
        error: BaseException | None = None
        try:
            while True:
                try:
                    step = steps.send(outcome) if error is None else steps.throw(error)
                except StopIteration as finished:
                    response: PipelineResponse[Any, Any] = finished.value
                    return response
                outcome = error = None
                try:
                    outcome = self._attempt(request) if step is SEND else self._perform(step, request)
                except BaseException as raised:
                    error = raised
        finally:
            error = None  # whose traceback refers to this frame

    def _attempt(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        for on_request in self._on_request:
            on_request(request)
        try:
            response = self.next.send(request)
        except BaseException:
            for on_exception in self._on_exception:
                on_exception(request)
            raise
        for on_response in self._on_response:
            on_response(request, response)
        return response

    @staticmethod
    def _perform(step: Step, request: PipelineRequest[Any]) -> Any:
        if isinstance(step, Sleep):
            transport: Any = request.context.transport
            transport.sleep(step.seconds)
        elif isinstance(step, Close):
            step.response.close()
        elif isinstance(step, GetToken):
            return step.source.keep(step.source.request_token(step.claims))
        return None
