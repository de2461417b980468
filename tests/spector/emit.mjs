// Emits the OpenAPI 3 documents of Spector's specifications, and lists the requests that its scenarios expect.
//
// Usage: node emit.mjs FOLDER OUTPUT
//
// FOLDER is where npm put the packages. OUTPUT gets a folder of documents for each specification, and
// scenarios.json: by specification and scenario, the requests that the mock server waits for.
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [folder, output] = process.argv.slice(2).map((each) => path.resolve(each));
const modules = path.join(folder, "node_modules");
const load = (...parts) => import(pathToFileURL(path.join(modules, ...parts)).href);
const { compile, NodeHost } = await load("@typespec/compiler/dist/src/index.js");
const { getOpenAPI3 } = await load("@typespec/openapi3/dist/src/index.js");
// The emitter looks up a parameter called "constructor" in a plain object, and takes what it finds, the function
// Object, for a list of examples. One without items does no harm.
Object.defineProperty(Object, "length", { value: 0 });

const scenarios = {};
for (const name of ["@typespec/http-specs", "@azure-tools/azure-http-specs"]) {
  const specs = path.join(modules, name, "specs");
  const found = await readdir(specs, { recursive: true });
  for (const main of found.filter((each) => path.basename(each) === "main.tsp").sort()) {
    const spec = path.dirname(main);
    const mock = path.join(modules, name, "dist", "specs", spec, "mockapi.js");
    if (!existsSync(mock)) continue;
    const id = `${name.split("/")[1]}/${spec.replaceAll(path.sep, "/")}`;
    const target = path.join(output, id);
    let problem = "";
    problem = await emit(path.join(specs, main), target).catch((error) => `the emitter fails: ${reason(error)}`);
    const { Scenarios } = await import(pathToFileURL(mock).href);
    scenarios[id] = { problem, scenarios: await described(Scenarios) };
  }
}
await writeFile(path.join(output, "scenarios.json"), JSON.stringify(scenarios, null, 1));

async function emit(main, target) {
  const program = await compile(NodeHost, main, { noEmit: true });
  const errors = program.diagnostics.filter((each) => each.severity === "error");
  if (errors.length) return errors.map((each) => `${each.code}: ${each.message}`).join("; ");
  // Asked for the documents, rather than run, the emitter returns them also where a part of a specification has
  // no equal in OpenAPI, such as a query in a path.
  const services = await getOpenAPI3(program);
  const documents = services.flatMap((each) => (each.versioned ? each.versions : [{ ...each, version: "0" }]));
  await mkdir(target, { recursive: true });
  for (const [number, { document, version }] of documents.entries())
    await writeFile(path.join(target, `${number}-${version}.json`), JSON.stringify(document, null, 1));
  return "";
}

function reason(error) {
  const cause = error.metadata ? `${error.error ?? error.info?.error ?? error.message}` : `${error.message}`;
  return cause.split("\n").find((line) => line.includes("Error:")) ?? cause.split("\n")[0];
}

async function described(all) {
  const entries = Object.entries(all).map(([name, { passCondition, apis }]) => [
    name,
    { passCondition, requests: apis.map(request) },
  ]);
  return Object.fromEntries(entries);
}

function request({ uri, method, kind, request: expected = {}, response = {} }) {
  const { query, params, headers, pathParams, body } = expected;
  return {
    kind,
    uri,
    method,
    query: query ?? params ?? {},
    headers: headers ?? {},
    path: pathParams ?? {},
    body: described_body(body),
    status: response.status ?? expected.status ?? 200,
  };
}

function described_body(body) {
  if (body === undefined) return null;
  const { contentType, rawContent } = body;
  if (body.kind || rawContent === undefined || rawContent === null) return JSON.parse(JSON.stringify(body));
  const isBinary = rawContent instanceof Uint8Array;
  const content = isBinary
    ? Buffer.from(rawContent).toString("base64")
    : typeof rawContent === "string"
      ? rawContent
      : serialized(rawContent);
  return { contentType, content, isBinary };
}

function serialized(raw) {
  return typeof raw.serialize === "function" ? raw.serialize({ baseUrl: "{baseUrl}" }) : JSON.stringify(raw);
}
