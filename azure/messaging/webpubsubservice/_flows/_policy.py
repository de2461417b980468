"""The driver that blocks, and the runner of policies without I/O beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from azure.core.pipeline.policies import HTTPPolicy, SansIOHTTPPolicy

from ._steps import SEND, Close, GetToken, Sleep, Step

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azure.core.pipeline import PipelineRequest, PipelineResponse

    from ._steps import FlowFunction

__all__ = ["FlowPolicy", "PolicyMethods", "PolicyRunner"]


class FlowPolicy(HTTPPolicy[Any, Any]):
    """Run a flow for each request, and block while it waits.

    :param flow: Start the flow of a request.
    """

    is_asynchronous = False

    def __init__(self, flow: FlowFunction) -> None:
        super().__init__()
        self.flow = flow

    def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Do what the flow asks for, until it returns a response or raises."""
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
                    outcome = self.next.send(request) if step is SEND else self._perform(step, request)
                except BaseException as raised:
                    error = raised
        finally:
            error = None  # whose traceback refers to this frame

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


class PolicyMethods:
    """The methods of policies that are plain functions, and that do something.

    azure-core's own runner takes one policy, and asks after each method whether it was a coroutine. Without
    this, a send takes 1.06 times as long, and an asynchronous one 1.08 times (``nox -s bench -- --tricks``).

    :param policies: Policies of this package, in their order.
    """

    def __init__(self, *policies: SansIOHTTPPolicy[Any, Any]) -> None:
        super().__init__()
        self._on_request = _overridden("on_request", policies)
        self._on_response = _overridden("on_response", policies[::-1])
        self._on_exception = _overridden("on_exception", policies[::-1])


def _overridden(name: str, policies: Iterable[SansIOHTTPPolicy[Any, Any]]) -> list[Any]:
    default = getattr(SansIOHTTPPolicy, name)
    return [getattr(policy, name) for policy in policies if getattr(type(policy), name) is not default]


class PolicyRunner(PolicyMethods, HTTPPolicy[Any, Any]):
    """Run policies one after the other."""

    def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Call the policies with the request, and in reverse order with its response or its error."""
        for on_request in self._on_request:
            on_request(request)
        try:
            response = self.next.send(request)
        except Exception:
            for on_exception in self._on_exception:
                on_exception(request)
            raise
        for on_response in self._on_response:
            on_response(request, response)
        return response
