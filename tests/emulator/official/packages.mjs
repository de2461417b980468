// The service's own packages for JavaScript against the emulator: node packages.mjs CONNECTION_STRING [ENTRA_TOKEN]
// With a token of Microsoft Entra, the client has a credential that returns it, and default options.
// Asks for a fault by a line on standard output, and goes on when a line comes back.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(pathToFileURL(process.cwd() + "/"));
const { WebPubSubServiceClient } = require("@azure/web-pubsub");
const { WebPubSubClient, WebPubSubJsonProtocol, WebPubSubJsonReliableProtocol } = require("@azure/web-pubsub-client");

const [, , connectionString, entraToken] = process.argv;
const credential = { getToken: async () => ({ token: entraToken, expiresOnTimestamp: Date.now() + 3600_000 }) };
const service = entraToken
  ? new WebPubSubServiceClient(/Endpoint=([^;]+)/.exec(connectionString)[1], credential, "chat")
  : new WebPubSubServiceClient(connectionString, "chat", { allowInsecureConnection: true });
const lines = createInterface({ input: process.stdin });
const roles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];

async function ask(what) {
  const answer = once(lines, "line");
  console.log(what);
  await answer;
}

// What a client reports, in order, with a way to wait for the next of a kind.
class Reports {
  constructor(client) {
    this.seen = { connected: [], disconnected: [], "server-message": [], "group-message": [] };
    this.wake = {};
    for (const kind of Object.keys(this.seen)) {
      client.on(kind, (report) => {
        this.seen[kind].push(report);
        this.wake[kind]?.();
      });
    }
  }
  async next(kind) {
    while (this.seen[kind].length === 0) {
      await new Promise((resolve) => (this.wake[kind] = resolve));
    }
    return this.seen[kind].shift();
  }
}

async function connect(protocol) {
  const client = new WebPubSubClient(
    { getClientAccessUrl: async () => (await service.getClientAccessToken({ userId: "u", roles })).url },
    { protocol },
  );
  const reports = new Reports(client);
  await client.start();
  const { connectionId, userId } = await reports.next("connected");
  assert.equal(userId, "u");
  return { client, reports, connectionId };
}

async function operations(connectionId, reports) {
  const group = service.group("g/1 +%é");
  await group.addConnection(connectionId);
  await service.sendToAll({ to: "all" }, { filter: "userId eq 'u'", messageTtlSeconds: 10, excludedConnections: ["x"] });
  assert.deepEqual((await reports.next("server-message")).message.data, { to: "all" });
  await service.sendToUser("u", "text", { contentType: "text/plain" });
  assert.equal((await reports.next("server-message")).message.data, "text");
  await service.sendToConnection(connectionId, new Uint8Array([0, 255]).buffer);
  assert.deepEqual(new Uint8Array((await reports.next("server-message")).message.data), new Uint8Array([0, 255]));
  await group.sendToAll([1, 2.5]);
  assert.deepEqual((await reports.next("group-message")).message.data, [1, 2.5]);

  assert.equal(await service.connectionExists(connectionId), true);
  assert.equal(await service.connectionExists("nobody"), false);
  assert.equal(await service.userExists("u"), true);
  assert.equal(await service.groupExists("g/1 +%é"), true);
  const members = [];
  for await (const member of await group.listConnections({ maxPageSize: 1 })) members.push(member.connectionId);
  assert.deepEqual(members, [connectionId]);
  await group.removeConnection(connectionId);
  assert.equal(await service.groupExists("g/1 +%é"), false);

  const other = service.group("h");
  await other.addUser("u");
  await other.removeUser("u");
  await other.addUser("u");
  await service.removeUserFromAllGroups("u");
  await service.addConnectionsToGroups(["h", "i"], "userId eq 'u'");
  assert.equal(await service.groupExists("i"), true);
  await service.removeConnectionsFromGroups(["h"], "userId eq 'u'");
  assert.equal(await service.groupExists("h"), false);
  await service.removeConnectionFromAllGroups(connectionId);
  assert.equal(await service.groupExists("i"), false);

  assert.equal(await service.hasPermission(connectionId, "sendToGroup", { targetName: "p" }), true);
  await service.revokePermission(connectionId, "sendToGroup", { targetName: "p" });
  assert.equal(await service.hasPermission(connectionId, "sendToGroup", { targetName: "p" }), false);
  await service.grantPermission(connectionId, "sendToGroup", { targetName: "p" });
  assert.equal(await service.hasPermission(connectionId, "sendToGroup", { targetName: "p" }), true);

  await assert.rejects(service.sendToAll("x", { contentType: "text/plain", filter: "userId lt 1" }), {
    statusCode: 400, // of the type application/problem+json, whose code the package does not read
  });
  await assert.rejects(other.addConnection("nobody"), { statusCode: 404, code: "Error.Connection.NotExisted" });
  await service.closeUserConnections("nobody");
  await other.closeAllConnections({ reason: "r" });
}

async function messages(client, reports) {
  await client.joinGroup("g");
  await client.sendToGroup("g", { a: 1.5 }, "json");
  const { message } = await reports.next("group-message");
  assert.deepEqual([message.group, message.fromUserId, message.data], ["g", "u", { a: 1.5 }]);
  await client.sendToGroup("g", "é", "text", { noEcho: true });
  await client.sendToGroup("g", new Uint8Array([0, 255]).buffer, "binary");
  const binary = (await reports.next("group-message")).message.data;
  assert.deepEqual(new Uint8Array(binary), new Uint8Array([0, 255]));
  assert.equal((await client.sendToGroup("g", "again", "text", { ackId: 1000, noEcho: true })).isDuplicated, false);
  assert.equal((await client.sendToGroup("g", "again", "text", { ackId: 1000, noEcho: true })).isDuplicated, true);
  await client.sendEvent("echo", "back", "text");
  assert.equal((await reports.next("server-message")).message.data, "back");
  await client.sendEvent("echo", "fire and forget", "text", { fireAndForget: true });
  assert.equal((await reports.next("server-message")).message.data, "fire and forget");
  const named = (error) => error.errorDetail.name === "InternalServerError";
  await assert.rejects(client.sendEvent("failing", "x", "text"), named);
  assert.deepEqual((await client.invokeEvent("echo", { b: 2 }, "json")).data, { b: 2 });
  await client.leaveGroup("g");
  assert.equal(await service.groupExists("g"), false);
}

// Streams a hundred numbers to a group of its own, and reads them back; the socket is dropped on the way.
async function streams(client, { dropping }) {
  const group = `streams ${dropping}`;
  await client.joinGroup(group);
  const read = new Promise((resolve, reject) => {
    const options = { groupNames: [group], handleFromStart: true };
    client.onGroupStream(async (stream) => {
      const numbers = [];
      try {
        for await (const { data } of stream) numbers.push(data);
      } catch (error) {
        reject({ error, numbers });
      }
      resolve(numbers);
    }, options);
  });
  const stream = await client.openGroupStream(group, { idleTimeoutInMs: 60_000 });
  stream.onError((error) => assert.fail(error.message));
  for (let number = 0; number < 100; number++) {
    if (dropping && number % 30 === 15) await ask("drop");
    await stream.write(number, "json");
  }
  if (dropping) await ask("drop");
  await stream.end();
  assert.deepEqual(await read, [...Array(100).keys()]);
  await client.leaveGroup(group);
}

async function brokenStreams(client) {
  await client.joinGroup("broken");
  const read = new Promise((resolve) => {
    const subscription = client.onGroupStream(async (stream) => {
      const received = [];
      try {
        for await (const { data } of stream) received.push(data);
      } catch (error) {
        resolve({ received, error });
      } finally {
        await subscription.close();
      }
    }, { groupNames: ["broken"] });
  });
  const stream = await client.openGroupStream("broken", { streamId: "mine" });
  await assert.rejects(client.openGroupStream("broken", { streamId: "mine" }), /already exists/);
  await stream.write("half of it", "text");
  await stream.abort({ message: "gave up", userErrorCode: "E1" });
  const { received, error } = await read;
  assert.deepEqual(received, ["half of it"]);
  assert.deepEqual(error, { name: "UserError", message: "gave up", userErrorCode: "E1" });
  await client.leaveGroup("broken");
}

async function reliable() {
  const { client, reports, connectionId } = await connect(WebPubSubJsonReliableProtocol());
  await messages(client, reports);
  await streams(client, { dropping: false });
  await streams(client, { dropping: true });
  await brokenStreams(client);
  reports.seen["group-message"].length = 0;
  await operations(connectionId, reports);
  for (let number = 0; number < 30; number++) {
    if (number % 10 === 5) await ask("drop");
    await service.sendToUser("u", number);
  }
  const received = [];
  for (let number = 0; number < 30; number++) received.push((await reports.next("server-message")).message.data);
  assert.deepEqual(received, [...Array(30).keys()]);
  assert.equal(reports.seen.disconnected.length, 0);
  await client.joinGroup("again");
  await service.closeConnection(connectionId, { reason: "enough" });
  const { message } = await reports.next("disconnected");
  assert.equal(message.message, "Application server closed the connection. Reason: enough");
  await reports.next("connected");
  while (!(await service.groupExists("again"))) await ask("wait");
  client.stop();
}

async function unreliable() {
  const { client, reports, connectionId } = await connect(WebPubSubJsonProtocol());
  await messages(client, reports);
  await streams(client, { dropping: false });
  await brokenStreams(client);
  await ask("drop");
  assert.equal((await reports.next("disconnected")).connectionId, connectionId);
  assert.notEqual((await reports.next("connected")).connectionId, connectionId);
  client.stop();
}

await reliable();
await unreliable();
await service.closeAllConnections();
console.log("passed");
process.exit(0);
