// Our npm package beside the published WebAssembly client: what one makes the other reads. `node --test` with a built package
// (packages/sdk/dist) and KEYFOLD_PROGRAM, the server's program.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { MemoryStorage, createClient } from "../../../packages/sdk/dist/esm/node.js";
import { APP_TOKEN, startServer } from "../../../packages/sdk/test/harness/server.js";
import { client as published } from "./client.mjs";

describe("the npm package and the published WebAssembly client", () => {
  let server, client, user, group, keys, own;

  before(async () => {
    server = await startServer();
    const store = new MemoryStorage();
    client = await createClient({
      base_url: server.base_url,
      app_token: APP_TOKEN,
      storage: { getStorage: async () => store },
    });
    // Their accounts open in ours; ours do not in theirs, whose password derivation costs less.
    await published.register(server.base_url, APP_TOKEN, "theirs", "a password");
    user = (await client.login("theirs", "a password")).u;
    group = await user.getGroup(await user.createGroup(true));
    keys = group.data.keys[0];
    own = user.data.user_keys[0];
  });
  after(() => server?.stop());

  const bytes = (length) => new Uint8Array(length).map((_, place) => place * 7);

  test("contents of a group, as bytes, texts and with the head apart, signed and not", async () => {
    // Large ones are made by another cipher than small ones.
    for (const length of [0, 1, 1000, 100_000]) {
      const data = bytes(length);
      assert.deepEqual(published.decrypt_symmetric(keys.group_key, await group.encrypt(data)), data);
      assert.deepEqual(new Uint8Array(await group.decrypt(published.encrypt_symmetric(keys.group_key, data))), data);
      const signed = await group.encrypt(data, true);
      assert.deepEqual(published.decrypt_symmetric(keys.group_key, signed, own.exported_verify_key), data);
      const theirs = published.encrypt_symmetric(keys.group_key, data, own.sign_key);
      assert.deepEqual(new Uint8Array(await group.decrypt(theirs, true, user.data.user_id)), data);
    }
    const text = "a text: äöü 😀";
    assert.equal(published.decrypt_string_symmetric(keys.group_key, await group.encryptString(text)), text);
    assert.equal(await group.decryptString(published.encrypt_string_symmetric(keys.group_key, text)), text);
    const { head, data } = await group.encryptRaw(bytes(10));
    assert.deepEqual(published.decrypt_raw_symmetric(keys.group_key, data, head), bytes(10));
    const raw = published.encrypt_raw_symmetric(keys.group_key, bytes(10));
    assert.deepEqual(new Uint8Array(await group.decryptRaw(raw.get_head(), raw.get_data())), bytes(10));
  });

  test("contents for a user, signed and not", async () => {
    const { user_id } = user.data;
    const ours = await user.encrypt(bytes(1000), user_id, true);
    assert.deepEqual(published.decrypt_asymmetric(own.private_key, ours, own.exported_verify_key), bytes(1000));
    const theirs = published.encrypt_asymmetric(own.exported_public_key, bytes(1000), own.sign_key);
    assert.deepEqual(new Uint8Array(await user.decrypt(theirs, true, user_id)), bytes(1000));
    assert.equal(user.decryptStringSync(published.encrypt_string_asymmetric(own.exported_public_key, "text")), "text");
    const text = user.encryptStringSync("text", own.exported_public_key);
    assert.equal(published.decrypt_string_asymmetric(own.private_key, text), "text");
  });

  test("keys of an app's own", async () => {
    const [key, sealed] = await group.generateNonRegisteredKey();
    const opened = published.decrypt_sym_key(keys.group_key, sealed);
    assert.equal(published.decrypt_string_symmetric(opened, key.encryptString("ours")), "ours");
    const made = published.generate_non_register_sym_key(keys.group_key);
    const read = await group.getNonRegisteredKey(keys.group_key_id, made.get_encrypted_key());
    assert.equal(read.decryptString(published.encrypt_string_symmetric(made.get_key(), "theirs")), "theirs");
    const [, for_user] = await user.generateNonRegisteredKey(user.data.user_id);
    assert.ok(published.decrypt_sym_key_by_private_key(own.private_key, for_user));
  });

  test("search and order", () => {
    const text = "123 😥 hello world";
    const search_key = group.getNewestHmacKey();
    assert.equal(group.search(text), published.search(search_key, text));
    assert.deepEqual(group.createSearchRaw(text), published.create_searchable_raw(search_key, text, false));
    assert.deepEqual(group.createSearchRaw(text, true), published.create_searchable_raw(search_key, text, true));
    const sort_key = group.getNewestSortableKey();
    for (const number of [0, 1, 262, 65_532]) {
      const theirs = published.sortable_encrypt_raw_number(sort_key, BigInt(number));
      assert.equal(BigInt(group.encryptSortableRawNumber(number)), theirs);
    }
    for (const word of ["a", "abcd", "hello", "~~~~"]) {
      assert.equal(BigInt(group.encryptSortableRawString(word)), published.sortable_encrypt_raw_string(sort_key, word));
    }
  });

  test("group keys, before and after a rotation, and safety numbers", async () => {
    const headers = { "x-sentc-app-token": APP_TOKEN, authorization: `Bearer ${await user.getJwt()}` };
    const fetched = async () => {
      const answer = await fetch(`${server.base_url}/api/v1/group/${group.data.group_id}`, { headers });
      const out = published.group_extract_group_data(await answer.text());
      return out.get_keys().map(({ key_data }) => published.group_decrypt_key(own.private_key, key_data).get_group_key());
    };
    assert.deepEqual(await fetched(), group.data.keys.map(({ group_key }) => group_key));
    await group.keyRotation(true);
    assert.deepEqual(await fetched(), group.data.keys.map(({ group_key }) => group_key));
    const number = published.user_create_safety_number(own.exported_verify_key, user.data.user_id);
    assert.equal(await user.createSafetyNumber(), number);
    assert.equal(published.user_verify_user_public_key(own.exported_verify_key, own.exported_public_key), true);
  });

  test("files, part by part", async () => {
    const jwt = await user.getJwt();
    const { base_url } = server;
    // Theirs, read by ours.
    const { server_input, key } = await group.prepareRegisterFile({ name: "theirs.bin" });
    const headers = { "x-sentc-app-token": APP_TOKEN, authorization: `Bearer ${jwt}` };
    const url = `${base_url}/api/v1/group/${group.data.group_id}/file`;
    const answer = await fetch(url, { method: "POST", headers, body: server_input });
    const [file_id, session] = group.doneFileRegister(await answer.text());
    const parts = [bytes(4 * 1024 * 1024), bytes(1000)];
    const next = await published.file_upload_part_start(base_url, undefined, APP_TOKEN, jwt, session, false, 1, key.key, own.sign_key, parts[0]);
    await published.file_upload_part(base_url, undefined, APP_TOKEN, jwt, session, true, 2, next, own.sign_key, parts[1]);
    const file = await group.getFile(file_id);
    assert.equal(file.name, "theirs.bin");
    const content = await file.bytes({ signed_by: user.data.user_id });
    assert.ok(Buffer.from(content).equals(Buffer.concat(parts)));

    // Ours, read by theirs.
    const ours = await group.createFile(Buffer.concat(parts), { name: "ours.bin", sign: true });
    const [meta, content_key] = await group.downloadFileMetaInfo(ours.file_id);
    let part_key = content_key.key;
    const read = [];
    for (const [place, { part_id }] of meta.part_list.entries()) {
      const download = place === 0 ? published.file_download_and_decrypt_file_part_start : published.file_download_and_decrypt_file_part;
      const part = await download(base_url, undefined, APP_TOKEN, part_id, part_key, own.exported_verify_key);
      read.push(part.get_file());
      part_key = part.get_next_file_key();
    }
    assert.ok(Buffer.concat(read).equals(Buffer.concat(parts)));
  });
});
