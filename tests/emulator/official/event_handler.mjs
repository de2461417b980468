// The service's own middleware for event handlers in JavaScript. Prints its port, then every event it is told of.

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(pathToFileURL(process.cwd() + "/"));
const express = require("express");
const { WebPubSubEventHandler } = require("@azure/web-pubsub-express");

const tell = (value) => console.log(JSON.stringify(value));

const handler = new WebPubSubEventHandler("chat", {
  path: "/eventhandler",
  handleConnect(request, response) {
    tell({ event: "connect", ...request });
    if (request.queries.deny) {
      response.fail(401, "Not you.");
      return;
    }
    response.setState("count", 1);
    response.success({
      userId: "bob",
      groups: ["room"],
      roles: ["webpubsub.sendToGroup.room"],
      subprotocol: request.subprotocols[0],
    });
  },
  handleUserEvent(request, response) {
    const { states, eventName } = request.context;
    tell({ event: eventName, ...request });
    if (eventName === "failing") {
      response.fail(400, "As asked.");
      return;
    }
    response.setState("count", states.count + 1);
    const answer = request.dataType === "json" ? JSON.stringify({ ...request.data, count: states.count }) : request.data;
    response.success(answer, request.dataType);
  },
  onConnected: (request) => tell({ event: "connected", ...request }),
  onGroupJoined: (request) => tell({ event: "joined", ...request }),
  onGroupLeft: (request) => tell({ event: "left", ...request }),
  onDisconnected: (request) => tell({ event: "disconnected", ...request }),
});

const server = express()
  .use(handler.getMiddleware())
  .listen(0, "127.0.0.1", () => tell({ port: server.address().port }));
