"""The other end of a stream: drops repeats, notices holes. It is what the documentation shows."""

import json
from typing import Any


class Receiver:
    """Puts the messages of one stream together."""

    def __init__(self) -> None:
        self.text = ""
        self.last = 0
        self.repeats = 0
        self.end: str | None = None

    def take(self, text: str, number: int, end: str | None) -> None:
        if number <= self.last:
            self.repeats += 1
            return
        assert number == self.last + 1, f"message {self.last + 1} is missing"
        self.last = number
        self.text += text
        self.end = end

    def take_headers(self, body: bytes, headers: Any) -> None:
        """Take a request as it came to the service."""
        if headers("Content-Type") == "application/json":
            self.take_envelope(json.loads(body))
        else:
            number = int(headers("X-WebPubSub-Metadata-Stream-Sequence-Id"))
            self.take(body.decode(), number, headers("X-WebPubSub-Metadata-End-Of-Stream"))

    def take_envelope(self, message: dict[str, Any]) -> None:
        self.take(message["text"], message["streamSequenceId"], message.get("endOfStream"))

    def take_frame(self, frame: dict[str, Any]) -> None:
        """Take a frame of the JSON subprotocol."""
        if frame["dataType"] == "json":
            self.take_envelope(frame["data"])
        else:
            metadata = frame["metadata"]
            self.take(frame["data"], int(metadata["stream-sequence-id"]), metadata.get("end-of-stream"))
