// Test an application in JavaScript against the emulator: ask for a fault, send,
// look at what arrived, move the clock. Run it with Node.js 20 or newer:
//
//   python -m azure.messaging.webpubsubservice.emulator --port 8080
//   node samples/control.mjs http://127.0.0.1:8080 <access-key>
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";

const [endpoint, key] = process.argv.slice(2);

async function control(method, path, body) {
  const response = await fetch(`${endpoint}/_emulator${path}`, {
    method,
    headers: { "Content-Type": "application/json" },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${text}`);
  return text && JSON.parse(text);
}

// The application under test: it sends to everybody, and tries once more if the
// service is busy. A real one would use the SDK, @azure/web-pubsub.
async function send(text) {
  const url = `${endpoint}/api/hubs/chat/:send?api-version=2024-12-01`;
  const base64 = (value) => Buffer.from(value).toString("base64url");
  const claims = { aud: url, exp: Math.floor(Date.now() / 1000) + 60 };
  const head = base64('{"alg":"HS256","typ":"JWT"}');
  const signed = `${head}.${base64(JSON.stringify(claims))}`;
  const signature = createHmac("sha256", key).update(signed);
  const token = `${signed}.${signature.digest("base64url")}`;
  const headers = { Authorization: `Bearer ${token}` };
  const message = { method: "POST", headers, body: text };
  const response = await fetch(url, message);
  return response.status === 429 ? fetch(url, message) : response;
}

await control("POST", "/:reset");
await control("POST", "/faults", { status: 429, retryAfter: 0, times: 1 });
assert.equal((await send("hello")).status, 202);
const where = { operation: "WebPubSub_SendToAll" };
const { value } = await control("POST", "/requests/:wait", { count: 2, where });
console.log(value.map((request) => request.status), value[1].text);

const before = await control("GET", "/clock");
const after = await control("POST", "/clock/:advance", { seconds: 3600 });
assert.ok(after.now - before.now >= 3600);
console.log("an hour later, a new token still works:");
console.log((await send("later")).status);
