import assert from "node:assert/strict";
import {mkdir, mkdtemp, open, readFile, readdir, rm, stat, writeFile} from "node:fs/promises";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {after, before, describe, test} from "node:test";

import * as keyfold from "keyfold";

import {newUser} from "../api/people.js";
import {APP_TOKEN, startServer} from "../harness/server.js";

describe("files of the machine, in Node", () => {
	/** @type {Awaited<ReturnType<typeof startServer>>} */
	let server;
	/** @type {string} */
	let folder;
	/** @type {import("keyfold").User} */
	let user;

	before(async () => {
		server = await startServer();
		folder = await mkdtemp(join(tmpdir(), "keyfold-files-"));
		user = await newUserHere();
	});
	after(async () => {
		await rm(folder, {recursive: true, force: true});
		await server?.stop();
	});

	/** What runs in pages, too, has the types of browsers. */
	async function newUserHere() {
		const package_of_browsers = /** @type {import("../api/people.js").Keyfold} */ (/** @type {unknown} */ (keyfold));
		const {user} = await newUser(package_of_browsers, {base_url: server.base_url, app_token: APP_TOKEN});
		return /** @type {import("keyfold").User} */ (/** @type {unknown} */ (user));
	}

	test("D-20 a path is uploaded under its name, and saved into a folder beside what is there", async () => {
		const group = await user.getGroup(await user.createGroup());
		const content = Buffer.alloc(5 * 1024 * 1024, "content");
		const path = join(folder, "report.tar.gz");
		await writeFile(path, content);
		for (const owner of [user, group]) {
			const {file_id} = await owner.createFileWithPath(path);
			const target = join(folder, `into-${owner === user ? "user" : "group"}`);
			await mkdir(target);
			/** @type {(number | undefined)[]} */
			const progress = [];
			const [meta] = await owner.downloadFile(target, file_id, null, (done) => progress.push(done));
			assert.equal(meta.file_name, "report.tar.gz");
			assert.deepEqual(progress, [0.5, 1]);
			await owner.downloadFile(target, file_id, "");
			assert.deepEqual((await readdir(target)).sort(), ["report.tar(1).gz", "report.tar.gz"]);
			assert.ok(content.equals(await readFile(join(target, "report.tar.gz"))));
		}
	});

	test("D-20 an open file is uploaded under a name, a short one without an end of zeros", async () => {
		const path = join(folder, "short");
		await writeFile(path, "short");
		const handle = await open(path);
		try {
			const {file_id} = await user.createFile(handle, "short.txt", true);
			const file = await user.getFile(file_id);
			assert.equal(Buffer.from(await file.bytes()).toString(), "short");
			assert.equal(file.name, "short.txt");
			const {server_input, key} = await user.prepareRegisterFile({name: "prepared"});
			const answer = await keyfold.make_req(
				"POST",
				`${server.base_url}/api/v1/file`,
				APP_TOKEN,
				server_input,
				await user.getJwt(),
			);
			const [prepared, session] = user.doneFileRegister(answer);
			await user.uploadFile(handle, 5, key, session);
			assert.equal(Buffer.from(await (await user.getFile(prepared)).bytes()).toString(), "short");
		} finally {
			await handle.close();
		}
	});

	test("a name cannot lead out of the folder", async () => {
		const target = join(folder, "safe");
		await mkdir(target);
		for (const name of ["../../evil", "..\\evil.txt", "/etc/evil", "..", "", "a\0b\n"]) {
			const {file_id} = await user.createFile(Buffer.from("x"), {name});
			const path = await (await user.getFile(file_id)).save(target);
			assert.equal(join(path, ".."), target, JSON.stringify(name));
		}
		assert.deepEqual((await readdir(target)).sort(), ["ab", "evil", "evil(1)", "evil.txt", "file", "file(1)"]);
	});

	test("of a name that is taken, 20 similar ones are tried", async () => {
		const target = join(folder, "crowded");
		await mkdir(target);
		const taken = ["name.txt", ...Array.from({length: 19}, (_, place) => `name(${place + 1}).txt`)];
		await Promise.all(taken.map((name) => writeFile(join(target, name), "")));
		const {file_id} = await user.createFile(Buffer.from("x"), {name: "name.txt"});
		const file = await user.getFile(file_id);
		assert.equal(await file.save(target), join(target, "name(20).txt"));
		await assert.rejects(file.save(target), {code: "client_434"});
		assert.equal((await readdir(target)).length, 21);
	});

	test("of a download that failed nothing is left, and missing files are said to be missing", async () => {
		const target = join(folder, "empty");
		await mkdir(target);
		const {file_id} = await user.createFile(Buffer.alloc(5 * 1024 * 1024), {name: "name", sign: true});
		const file = await user.getFile(file_id);
		const nobody = "00000000-0000-4000-8000-000000000000";
		await assert.rejects(file.save(target, {signed_by: nobody}));
		assert.deepEqual(await readdir(target), []);
		await assert.rejects(user.createFileWithPath(join(folder, "nowhere")), {code: "client_434"});
		await assert.rejects(file.save(join(folder, "nowhere")), {code: "client_434"});
	});

	test("a file whose description is known is written into an open file, behind what is there", async () => {
		const group = await user.getGroup(await user.createGroup());
		const content = Buffer.alloc(5 * 1024 * 1024, "content");
		const path = join(folder, "open");
		for (const owner of [user, group]) {
			const {file_id} = await owner.createFile(content, {name: "name", sign: true});
			const [meta, key] = await owner.downloadFileMetaInfo(file_id);
			/** @type {(number | undefined)[]} */
			const progress = [];
			const handle = await open(path, "w");
			try {
				await handle.write("front ");
				const verify_key = user.getNewestKey().exported_verify_key;
				const nothing = await owner.downloadFileWithMetaInfo(handle, key, meta, verify_key, (done) => progress.push(done));
				assert.equal(nothing, undefined);
			} finally {
				await handle.close();
			}
			assert.ok(Buffer.concat([Buffer.from("front "), content]).equals(await readFile(path)));
			assert.deepEqual(progress, [0.5, 1]);

			const reader = await open(path, "r");
			await assert.rejects(owner.downloadFileWithMetaInfo(reader, key, meta), {code: "client_434"});
			await reader.close();
			const stopped = await open(path, "w");
			await owner.downloadFileWithMetaInfo(stopped, key, meta, "", () => (keyfold.Downloader.cancel_download = true));
			await stopped.close();
			assert.equal((await stat(path)).size, 4 * 1024 * 1024, "what was written until the flag was set stays");
		}
	});

	test("`Buffer`s go in and come out, of users, groups, keys and files", async () => {
		const {user_id} = user.data;
		const group = await user.getGroup(await user.createGroup());
		const [key] = await group.generateNonRegisteredKey();
		const {public_key} = await user.getPublicKey(user_id);
		for (const data of [Buffer.from("buffer"), Buffer.alloc(100_000, "large")]) {
			const of_user = await user.encryptRaw(data, user_id);
			const of_user_sync = user.encryptRawSync(data, public_key);
			const of_group = await group.encryptRaw(data);
			const of_group_sync = group.encryptRawSync(data);
			const of_key = key.encryptRaw(data);
			const {file_id} = await user.createFile(data);
			const file = await user.getFile(file_id);
			const parts = [];
			for await (const part of file.parts()) {
				parts.push(part);
			}
			const sealed = [
				await user.encrypt(data, user_id),
				user.encryptSync(data, public_key),
				await group.encrypt(data),
				group.encryptSync(data),
				key.encrypt(data),
				...[of_user, of_user_sync, of_group, of_group_sync, of_key].map(({data}) => data),
			];
			for (const bytes of sealed) {
				assert.ok(Buffer.isBuffer(bytes), "ciphertext");
			}
			const opened = [
				await user.decrypt(await user.encrypt(data, user_id)),
				user.decryptSync(user.encryptSync(data, public_key)),
				await user.decryptRaw(of_user.head, of_user.data),
				user.decryptRawSync(of_user_sync.head, of_user_sync.data),
				await group.decrypt(await group.encrypt(data)),
				group.decryptSync(group.encryptSync(data)),
				await group.decryptRaw(of_group.head, of_group.data),
				group.decryptRawSync(of_group_sync.head, of_group_sync.data),
				key.decrypt(key.encrypt(data)),
				key.decryptRaw(of_key.head, of_key.data),
				await file.bytes(),
				...parts,
			];
			for (const [place, bytes] of opened.entries()) {
				assert.ok(Buffer.isBuffer(bytes), `plaintext ${place}`);
				assert.equal(bytes.toString(), data.toString(), `plaintext ${place}`);
			}
		}
	});

	test("D-20 identifiers that look like paths keep their sessions inside the folder for keys", async () => {
		const store = new keyfold.FolderStorage(join(folder, "keys"));
		await store.init();
		const client = await keyfold.createClient({
			base_url: server.base_url,
			app_token: APP_TOKEN,
			storage: {getStorage: async () => store},
		});
		const name = "../../../tmp/evil";
		await client.register(name, "password");
		await client.login(name, "password");
		assert.equal((await client.user(name))?.identifier, name);
		assert.ok((await readdir(join(folder, "keys"))).every((file) => /^[0-9a-f]{64}\.json$/.test(file)));
	});
});
