"""The same call in Python, with curl and in JavaScript, for users of the playground to copy.

None of them contains a key or a token: each takes the connection string from the environment. Values are
quoted for their language, so that even hostile text stays a literal. A test runs each of them.
"""

import base64
import json
import shlex
from collections.abc import Mapping

from azure.messaging.webpubsubservice.emulator._protocol.messages import PayloadType

from .python import python
from .requests import Call

#: The most characters of a program that is still readable.
_LONGEST = 32 * 1024

_CURL = """\
# bash, with openssl: a token for this URL, valid for a minute
part() {{ printf %s "$WEBPUBSUB_CONNECTION_STRING" | tr ';' '\\n' | sed -n "s/^$1=//p"; }}
encode() {{ openssl base64 -A | tr '+/' '-_' | tr -d '='; }}
url=$(part Endpoint | sed 's,/$,,'){path}
claims=$(printf '{{"aud":"%s","exp":%d}}' "$url" $(($(date +%s) + 60)) | encode)
token=$(printf '{{"alg":"HS256","typ":"JWT"}}' | encode).$claims
token=$token.$(printf %s "$token" | openssl dgst -sha256 -hmac "$(part AccessKey)" -binary | encode)

{send}
"""

_JAVASCRIPT = """\
// Node.js 18 or later, as a module
import {{ createHmac }} from "node:crypto";

const {{ Endpoint, AccessKey }} = Object.fromEntries(
  process.env.WEBPUBSUB_CONNECTION_STRING.split(";").map((part) => part.split(/=(.*)/s)),
);
const url = Endpoint.replace(/\\/$/, "") + {path};
const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const exp = Math.floor(Date.now() / 1000) + 60;
const claims = `${{encode({{ alg: "HS256", typ: "JWT" }})}}.${{encode({{ aud: url, exp }})}}`;
const signature = createHmac("sha256", AccessKey).update(claims).digest("base64url");

const response = await fetch(url + {query}, {{
  method: {method},
  headers: {{ {headers} }},{body}
}});
console.log(response.status, await response.text());
"""


def programs(call: Call) -> Mapping[str, str | None]:
    """Return the programs by language; ``None`` for one that would be too long to read."""
    others = {"curl": curl(call), "javascript": javascript(call)}
    return {
        "python": python(call),
        **{name: text if len(text) <= _LONGEST else None for name, text in others.items()},
    }


def curl(call: Call) -> str:
    """Return a program for bash."""
    arguments = ["curl", "--include"]
    arguments += ["--head"] if call.route.method == "HEAD" else ["--request", call.route.method]
    arguments += ["--header", '"Authorization: Bearer $token"']
    before = ""
    if call.message is None and call.route.method in {"POST", "PUT"}:
        arguments += ["--data-raw", "''"]
    elif call.message is not None:
        data_type, data = call.message
        arguments += ["--header", shlex.quote(f"Content-Type: {call.content_type}")]
        if data_type is PayloadType.BINARY or b"\0" in data:  # arguments of a program cannot contain it
            before = f"printf %s {base64.b64encode(data).decode()} | base64 -d | "
            arguments += ["--data-binary", "@-"]
        else:
            arguments += ["--data-raw", shlex.quote(data.decode())]
    query = call.url.removeprefix(call.raw_path)
    arguments.append(f'"$url"{shlex.quote(query) if query else ""}')
    return _CURL.format(path=shlex.quote(call.raw_path), send=before + " ".join(arguments))


def javascript(call: Call) -> str:
    """Return a program for Node.js."""
    headers = "Authorization: `Bearer ${claims}.${signature}`"
    body = ""
    if call.message is not None:
        data_type, data = call.message
        headers += f', "Content-Type": {json.dumps(call.content_type)}'
        if data_type is PayloadType.BINARY:
            value = f'Buffer.from("{base64.b64encode(data).decode()}", "base64")'
        else:
            value = json.dumps(data.decode())
        body = f"\n  body: {value},"
    return _JAVASCRIPT.format(
        path=json.dumps(call.raw_path),
        query=json.dumps(call.url.removeprefix(call.raw_path)),
        method=json.dumps(call.route.method),
        headers=headers,
        body=body,
    )
