// The client itself, and the plain requests beside it.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

// The client looks for the page it runs in. Node has the same `fetch`, only no page around it.
globalThis.window = globalThis;
globalThis.Window = class {
  static [Symbol.hasInstance](value) {
    return value === globalThis;
  }
};

const require = createRequire(import.meta.url);

export const client = require("sentc_wasm");
client.initSync(readFileSync(require.resolve("sentc_wasm/sentc_wasm_bg.wasm")));

export const [baseUrl, appToken] = process.argv.slice(2);

// The answer as it came. `via` is the member group through which the user has access.
export async function request(method, path, { jwt, body, via } = {}) {
  const headers = { "x-sentc-app-token": appToken };
  if (jwt !== undefined) {
    headers.Authorization = `Bearer ${jwt}`;
  }
  if (via !== undefined) {
    headers["x-sentc-group-access-id"] = via;
  }
  const response = await fetch(`${baseUrl}/api/v1${path}`, { method, headers, body });
  return response.text();
}

// What is in the envelope of an answer.
export function result(text) {
  const { status, err_code, err_msg, result } = JSON.parse(text);
  if (!status) {
    throw JSON.stringify({ status: `server_${err_code}`, error_message: err_msg });
  }
  return result;
}

export async function publicKey(userId) {
  return client.user_extract_public_key_data(await request("GET", `/user/${userId}/public_key`)).get_public_key();
}

export async function groupPublicKey(groupId) {
  return client.group_extract_public_key_data(await request("GET", `/group/${groupId}/public_key`)).get_public_key();
}

export async function verifyKey(userId, keyId) {
  return client.user_extract_verify_key_data(await request("GET", `/user/${userId}/verify_key/${keyId}`));
}
