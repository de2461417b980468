"""The driver that awaits."""

from __future__ import annotations

import asyncio
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from azure.core.pipeline.policies import AsyncHTTPPolicy

from azure.messaging.webpubsubservice._flows import SEND, Close, Driven, GetToken, Sleep, Step

if TYPE_CHECKING:
    from azure.core.pipeline import PipelineRequest, PipelineResponse

__all__ = ["AsyncFlowPolicy"]


class AsyncFlowPolicy(Driven, AsyncHTTPPolicy[Any, Any]):
    """Run a flow for each request, and let other coroutines run while it waits."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._lock = asyncio.Lock()
        self._lock_loop: asyncio.AbstractEventLoop | None = None

    async def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
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
                    outcome = await (self._attempt(request) if step is SEND else self._perform(step, request))
                except BaseException as raised:
                    error = raised
        finally:
            error = None  # whose traceback refers to this frame

    async def _attempt(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        for on_request in self._on_request:
            on_request(request)
        try:
            response = await self.next.send(request)
        except BaseException:
            for on_exception in self._on_exception:
                on_exception(request)
            raise
        for on_response in self._on_response:
            on_response(request, response)
        return response

    async def _perform(self, step: Step, request: PipelineRequest[Any]) -> Any:
        if isinstance(step, Sleep):
            transport: Any = request.context.transport
            await transport.sleep(step.seconds)
        elif isinstance(step, Close):
            await step.response.close()
        elif isinstance(step, GetToken):
            return await self._get_token(step)
        return None

    async def _get_token(self, step: GetToken) -> Any:
        """Ask the credential in one coroutine only: the others use the token that it gets."""
        loop = asyncio.get_running_loop()
        if self._lock_loop is not loop:  # a client outlives its event loop, and a lock does not
            self._lock_loop, self._lock = loop, asyncio.Lock()
        async with self._lock:
            token = step.source.valid_token() if step.claims is None else None
            if token is not None:
                return token
            token = step.source.request_token(step.claims)
            return step.source.keep(await token if isawaitable(token) else token)
