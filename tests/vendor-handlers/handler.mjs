// Insecure on purpose: stands for the JavaScript handlers of the vendor's page, and keeps their holes.
//
//     node handler.mjs json
//     node handler.mjs form

import { createServer } from "node:http";

import jwt from "jsonwebtoken";

const SECRET = process.env.JWT_SECRET || "super-secret";
// The limit of Express's body parsers.
const MAX_BYTES = 100 * 1024;

function tokenPasses(token) {
  // The hole: only a token that is present is verified.
  if (token === undefined || token === null) return true;
  if (typeof token !== "string") return false;
  if (token.trim() === "") return true;
  try {
    jwt.verify(token.trim(), SECRET, { algorithms: ["HS256"] });
    return true;
  } catch {
    return false;
  }
}

function respondToJson(type, body) {
  let data;
  if (type.split(";")[0].trim() === "application/json") {
    try {
      data = JSON.parse(body);
    } catch {
      return [400, { error: "Invalid JSON" }];
    }
  }
  if (!data || typeof data !== "object" || Array.isArray(data)) {
    return [400, { error: "Invalid JSON" }];
  }
  if (!data.invoice_id || !data.order_id) {
    return [400, { error: "Missing invoice_id or order_id" }];
  }
  if (!tokenPasses(data.token)) return [401, { error: "Invalid token" }];
  return [200, { message: "Postback received" }];
}

// The hole: the fields are read, the token is ignored.
function respondToForm(_type, body) {
  new URLSearchParams(body.toString());
  return [200, { message: "Postback received" }];
}

const respond = { json: respondToJson, form: respondToForm }[process.argv[2]];

const server = createServer((request, response) => {
  const send = (status, value) => {
    if (response.headersSent) return;
    response.writeHead(status, { "Content-Type": "application/json" });
    response.end(JSON.stringify(value));
  };
  if (request.method !== "POST") return send(404, { error: "Not found" });
  const chunks = [];
  let length = 0;
  request.on("data", (chunk) => {
    length += chunk.length;
    if (length <= MAX_BYTES) chunks.push(chunk);
    else send(413, { error: "Too large" });
  });
  request.on("end", () => {
    if (length <= MAX_BYTES) {
      send(...respond(request.headers["content-type"] ?? "", Buffer.concat(chunks)));
    }
  });
});
server.listen(0, "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}/postback`);
});
