// The published WebAssembly client as a process: the requests to an application, answered like the program in ../partner
// answers them. `node partner.mjs BASE_URL APP_TOKEN`.
//
// This client leaves plain requests (groups, members, public keys) to its caller, so they are made here.

import { createInterface } from "node:readline";

import * as account from "./account.mjs";
import * as content from "./content.mjs";
import * as file from "./file.mjs";
import * as group from "./group.mjs";
import * as member from "./member.mjs";
import * as membership from "./membership.mjs";
import { sessions } from "./session.mjs";

const families = { account, group, member, membership, content, file };

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(line))}\n`);
}

async function answer(line) {
  try {
    const [[family, { op, session: number, ...rest }]] = Object.entries(JSON.parse(line));
    const operation = families[family]?.[op];
    if (operation === undefined) {
      throw new Error(`this client is not driven to ${family}/${op}`);
    }
    return { ok: (await operation({ session: sessions[number], ...rest })) ?? null };
  } catch (error) {
    return { error: refusal(error) };
  }
}

// The client throws JSON texts with a `status` such as `server_112` or `client_14`.
function refusal(error) {
  try {
    const { status, error_message } = JSON.parse(error);
    const server = /^server_(\d+)$/.exec(status);
    return server
      ? { server_code: Number(server[1]), text: error_message }
      : { server_code: null, text: `${status}: ${error_message}` };
  } catch {
    return { server_code: null, text: String(error) };
  }
}
