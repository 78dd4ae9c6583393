import {equal, ok, rejected} from "../harness/assert.js";
import {newUser} from "./people.js";

const MEBIBYTE = 1024 * 1024;

/**
 * Files of users and groups. All run in Node and in a page.
 *
 * @type {Record<string, (keyfold: import("./people.js").Keyfold, server: import("./people.js").Server) => Promise<void>>}
 */
export const scenarios = {
	async "a file of a group is read by its members, with its name and its progress"(keyfold, server) {
		const [alice, bob] = await Promise.all([newUser(keyfold, server), newUser(keyfold, server)]);
		const group = await alice.user.getGroup(await alice.user.createGroup());
		await group.inviteAuto(bob.user.data.user_id);
		const of_bob = await bob.user.getGroup(group.data.group_id);
		const content = bytes(9 * MEBIBYTE + 5);
		/** @type {(number | undefined)[]} */
		const up = [];
		const file = new File([content], "report.pdf", {type: "application/pdf"});
		const {file_id, master_key_id} = await group.createFile(file, true, (progress) => up.push(progress));
		equal(up, [1 / 3, 2 / 3, 1], "progress of the upload");
		equal(master_key_id, group.data.newest_key_id, "the key that it is under");

		/** @type {(number | undefined)[]} */
		const down = [];
		const [url, meta, key] = await of_bob.downloadFile(file_id, undefined, (progress) => down.push(progress));
		equal(await loaded(url), content, "the content");
		equal(down, [1 / 3, 2 / 3, 1], "progress of the download");
		equal([meta.file_name, meta.file_id, meta.part_list.length], ["report.pdf", file_id, 3], "the description");
		equal(meta.key_id, meta.master_key_id, "both names of the key's id");
		equal(key.master_key_id, master_key_id, "the content key");

		const verify_key = alice.user.getNewestKey().exported_verify_key;
		const [again, meta_again] = await of_bob.downloadFile(file_id, verify_key, () => {});
		equal(await loaded(again), content, "with its signature");
		equal(meta_again.file_name, "report.pdf", "the name");
		const foreign = bob.user.getNewestKey().exported_verify_key;
		ok(await rejected(of_bob.downloadFile(file_id, foreign)), "not with the signature of somebody else");
		const empty_key = await of_bob.downloadFile(file_id, "");
		equal(await loaded(empty_key[0]), content, "an empty verify key is none");

		const [info, content_key] = await of_bob.downloadFileMetaInfo(file_id);
		equal(await loaded(await of_bob.downloadFileWithMetaInfo(content_key, info)), content, "in two steps");
		equal((await bob.user.fileParts(file_id)).map(({sequence}) => sequence), [1, 2, 3], "all parts");
		equal((await bob.user.fileParts(file_id, 1)).map(({sequence}) => sequence), [2, 3], "parts behind the first");

		await group.updateFileName(file_id, key, "renamed.pdf");
		equal((await of_bob.getFile(file_id)).name, "renamed.pdf", "the new name");
		const refused = /** @type {{code: string}} */ (await rejected(of_bob.deleteFile(file_id)));
		equal(refused.code, "server_521", "code for someone who may not");
		await group.deleteFile(file_id);
		const gone = /** @type {{code: string}} */ (await rejected(group.deleteFile(file_id)));
		equal(gone.code, "server_512", "code of a file that is gone");
	},

	async "a file for a user is read by that user, from and to whatever form is at hand"(keyfold, server) {
		const [alice, bob] = await Promise.all([newUser(keyfold, server), newUser(keyfold, server)]);
		const bob_id = bob.user.data.user_id;
		const content = bytes(5 * MEBIBYTE);
		const stream = () => new Blob([content]).stream();
		async function* pieces() {
			for (let start = 0; start < content.length; start += 700_000) {
				yield content.slice(start, start + 700_000);
			}
		}
		for (const [what, input] of /** @type {[string, () => import("../../dist/esm/index.js").FileInput][]} */ ([
			["bytes", () => content],
			["a buffer", () => content.slice().buffer],
			["a blob", () => new Blob([content])],
			["a stream", stream],
			["pieces", pieces],
		])) {
			const {file_id} = await alice.user.createFile(input(), {name: what, reply_id: bob_id});
			const file = await bob.user.getFile(file_id);
			equal(file.name, what, `name of ${what}`);
			equal(await file.bytes(), content, `content of ${what}`);
		}
		const {file_id} = await alice.user.createFile(content, "named.bin", true, bob_id);
		const file = await bob.user.getFile(file_id);
		equal(new Uint8Array(await new Response(file.stream()).arrayBuffer()), content, "as a stream");
		equal((await file.blob()).size, content.length, "as a blob");
		equal(await loaded(await file.url()), content, "at an address");
		equal(await file.bytes({signed_by: alice.user.data.user_id}), content, "signed by its author");
		ok(await rejected(file.bytes({signed_by: bob_id})), "not by somebody else");
		ok(await rejected(alice.user.getFile(file_id)), "the author has not the key");
		const own = await alice.user.createFile(new File([content], "own"), false);
		equal(await (await alice.user.getFile(own.file_id)).bytes(), content, "a file for oneself");
	},

	async "what brings no name along is uploaded without one"(keyfold, server) {
		const {user} = await newUser(keyfold, server);
		const group = await user.getGroup(await user.createGroup());
		const content = bytes(5 * MEBIBYTE);
		async function* pieces() {
			yield content;
		}
		for (const [what, input] of /** @type {[string, () => import("../../dist/esm/index.js").FileInput][]} */ ([
			["bytes", () => content],
			["a blob", () => new Blob([content])],
			["a stream", () => new Blob([content]).stream()],
			["pieces", pieces],
		])) {
			for (const {file_id} of [await user.createFile(input()), await user.createFile(input(), true)]) {
				const file = await user.getFile(file_id);
				equal(file.name, undefined, `name of ${what}`);
				equal(await file.bytes(), content, `content of ${what}`);
			}
			const {file_id} = await group.createFile(input(), true);
			const file = await group.getFile(file_id);
			equal(await file.bytes({signed_by: user.data.user_id}), content, `content of ${what}, in a group`);
		}
	},

	async "the progress of a file with more parts than are listed at once counts all of them"(keyfold, server) {
		const {user} = await newUser(keyfold, server);
		const group = await user.getGroup(await user.createGroup());
		for (const [owner, path] of /** @type {const} */ ([[user, "file"], [group, `group/${group.data.group_id}/file`]])) {
			const {file_id} = await owner.createFile(bytes(5 * MEBIBYTE), {name: "long"});
			for (const [listed, ...pages] of [[500, 0], [500, 100], [500, 500, 3], [500]]) {
				// As many parts are not sent in a test: behind the two of the file, the server gets others to list that are not there.
				let known = 2;
				/** @param {number} length */
				const invented = (length) =>
					Array.from({length}, () => ({part_id: crypto.randomUUID(), sequence: (known += 1), extern_storage: false}));
				const left = [...pages];
				const restore = answering(async (url, answer) => {
					if (url.endsWith(`/${path}/${file_id}`)) {
						answer.result.part_list.push(...invented(/** @type {number} */ (listed) - 2));
						return answer;
					}
					if (url.endsWith(`/file/${file_id}/part_fetch/${known}`)) {
						const length = left.shift();
						return length === undefined
							? {status: false, err_code: 512, err_msg: "not found"}
							: {status: true, result: invented(length)};
					}
					return answer;
				});
				/** @type {(number | undefined)[]} */
				const progress = [];
				try {
					ok(await rejected(owner.downloadFile(file_id, null, (done) => progress.push(done))), "parts are missing");
				} finally {
					restore();
				}
				equal(progress, [1 / known, 2 / known], `progress with ${known} parts`);
			}
		}
	},

	async "an upload lets go of its input, however it ends"(keyfold, server) {
		const {user} = await newUser(keyfold, server);
		const piece = bytes(MEBIBYTE);
		/** Gives so many pieces, and then nothing more. @param {number} pieces @param {boolean} [ends] */
		const input = (pieces, ends = true) => {
			const seen = {cancelled: 0, returned: 0};
			/** @type {() => void} */
			let go = () => {};
			const gone = new Promise((resolve) => (go = () => resolve(undefined)));
			const forever = new Promise(() => {});
			let given = 0;
			const stream = new ReadableStream({
				async pull(controller) {
					given += 1;
					if (given <= pieces) {
						controller.enqueue(piece);
					} else if (ends) {
						controller.close();
					} else {
						await forever;
					}
				},
				cancel() {
					seen.cancelled += 1;
				},
			});
			async function* generated() {
				let ended = false;
				try {
					for (let number = 0; number < pieces; number += 1) {
						yield piece;
					}
					await (ends ? undefined : gone);
					yield piece;
					ended = true;
				} finally {
					seen.returned += ended ? 0 : 1;
				}
			}
			return {seen, stream, generated: generated(), go};
		};
		/** @param {import("../../dist/esm/index.js").FileInput} content */
		const stopped = async (content) => {
			const controller = new AbortController();
			const upload = user.createFile(content, {signal: controller.signal, onProgress: () => controller.abort()});
			equal(/** @type {{code: string}} */ (await rejected(upload)).code, "client_433", "code");
		};

		const long = input(100);
		await stopped(long.stream);
		await stopped(long.generated);
		equal([long.seen, long.stream.locked], [{cancelled: 1, returned: 1}, false], "when it is stopped");

		const stalled = input(9, false);
		await stopped(stalled.stream);
		await stopped(stalled.generated);
		equal([stalled.seen, stalled.stream.locked], [{cancelled: 1, returned: 0}, false], "when it is stopped and has nothing to give");
		stalled.go();
		await stalled.generated.next();
		equal(stalled.seen.returned, 1, "once it has something to give again");

		const nobody = "00000000-0000-4000-8000-000000000000";
		const refused = input(1);
		await rejected(user.createFile(refused.stream, {reply_id: nobody}));
		await rejected(user.createFile(refused.generated, {reply_id: nobody}));
		equal([refused.seen.cancelled, refused.stream.locked], [1, false], "when the file cannot be registered");
		equal((await refused.generated.next()).done, true, "the generator then");

		const late = input(1);
		const upload = await user.beginUpload();
		await rejected(upload.send(late.stream, {signal: AbortSignal.abort()}));
		equal([late.seen.cancelled, late.stream.locked], [1, false], "when it was stopped before it began");

		const whole = input(2);
		await user.createFile(whole.stream);
		await user.createFile(whole.generated);
		equal([whole.seen, whole.stream.locked], [{cancelled: 0, returned: 0}, false], "when all is through");

		const broken = new Error("broken");
		const failing = new ReadableStream({pull: (controller) => controller.error(broken)});
		ok(String(await rejected(user.createFile(failing))).includes("broken"), "its own failure is told");
		equal(failing.locked, false, "a stream that failed is locked");
	},

	async "the content key of a file signs, and the sign key is exported for that alone"(keyfold, server) {
		const {user} = await newUser(keyfold, server);
		const {sign_key, exported_verify_key} = user.getNewestKey();
		let exports = 0;
		user.getNewestSignKey = () => {
			exports += 1;
			return sign_key;
		};
		const {file_id} = await user.createFile(bytes(1000), {name: "name"});
		const [{key}, prepared] = [await user.getFile(file_id), await user.prepareRegisterFile({name: "name"})];
		equal(key.decrypt(key.encrypt(bytes(10))), bytes(10), "a content without signature");
		equal(exports, 0, "exports of the sign key until then");
		for (const signing of [key, prepared.key]) {
			equal(signing.decrypt(signing.encrypt(bytes(10), true), exported_verify_key), bytes(10), "a signed content");
		}
		equal(exports, 2, "exports of the sign key");
	},

	async "a file is renamed by its owner, and can lose its name"(keyfold, server) {
		const [alice, bob] = await Promise.all([newUser(keyfold, server), newUser(keyfold, server)]);
		const group = await alice.user.getGroup(await alice.user.createGroup());
		await group.inviteAuto(bob.user.data.user_id);
		const of_bob = await bob.user.getGroup(group.data.group_id);
		const {file_id} = await group.createFile(bytes(10), {name: "draft.txt"});
		const file = await group.getFile(file_id);
		await file.rename("report.txt");
		equal([file.name, (await of_bob.getFile(file_id)).name], ["report.txt", "report.txt"], "the new name");
		const theirs = await of_bob.getFile(file_id);
		const refused = /** @type {{code: string}} */ (await rejected(theirs.rename("of somebody else")));
		equal([refused.code, theirs.name], ["server_521", "report.txt"], "code for someone who may not, and the name then");
		await file.rename();
		equal([file.name, (await of_bob.getFile(file_id)).name], [undefined, undefined], "no name");
		equal(await (await of_bob.getFile(file_id)).bytes(), bytes(10), "the content");
	},

	async "`Downloader.reset` waits for a download, and takes nothing from it"(keyfold, server) {
		const {Downloader} = keyfold;
		const {user} = await newUser(keyfold, server);
		const content = bytes(5 * MEBIBYTE);
		const {file_id} = await user.createFile(content, {name: "name"});
		await Downloader.init();
		/** @type {Promise<void>[]} */
		const resets = [];
		const [url] = await user.downloadFile(file_id, null, () => resets.push(Downloader.reset()));
		await Promise.all(resets);
		equal(resets.length, 2, "resets");
		equal(await loaded(url), content, "the content");
		const store = await Downloader.getStorage();
		await store.storePart(new ArrayBuffer(10));
		await Downloader.reset();
		equal((await loaded(await store.getDownloadUrl())).length, 0, "bytes that are left");
	},

	async "D-13 an empty file is a file"(keyfold, server) {
		const {user} = await newUser(keyfold, server);
		/** @type {(number | undefined)[]} */
		const progress = [];
		const {file_id} = await user.createFile(new File([], "empty"), false, "", (done) => progress.push(done));
		equal(progress, [1], "progress");
		const [url, meta] = await user.downloadFile(file_id);
		equal(await loaded(url), new Uint8Array(), "the content");
		equal(meta.file_name, "empty", "the name");
	},

	async "an app's own backend can register a file"(keyfold, server) {
		const {user} = await newUser(keyfold, server);
		const group = await user.getGroup(await user.createGroup());
		const content = new File([bytes(1000)], "from the backend");
		for (const [owner, path] of /** @type {const} */ ([[user, "file"], [group, `group/${group.data.group_id}/file`]])) {
			const {server_input, key, encrypted_file_name} = await owner.prepareRegisterFile(content);
			equal(key.decryptString(encrypted_file_name), "from the backend", "the encrypted name");
			const headers = {"x-sentc-app-token": server.app_token, authorization: `Bearer ${await user.getJwt()}`};
			const answer = await fetch(`${server.base_url}/api/v1/${path}`, {method: "POST", headers, body: server_input});
			const [file_id, session_id] = owner.doneFileRegister(await answer.text());
			await owner.uploadFile(content, key, session_id);
			equal(await (await owner.getFile(file_id)).bytes(), bytes(1000), "the content");
		}
		const refused = JSON.stringify({status: false, err_msg: "a \"reason\"", err_code: 520});
		const error = /** @type {{code: string}} */ (await rejected((async () => user.doneFileRegister(refused))()));
		equal(error.code, "server_520", "code in a refusing answer");
	},

	async "uploads that a backend has registered go on after lost answers, whoever sends them"(keyfold, server) {
		const {client, user, name, password} = await newUser(keyfold, server);
		const group = await user.getGroup(await user.createGroup());
		const content = new File([bytes(5 * MEBIBYTE)], "registered");
		const {group_id} = group.data;
		const register = async (/** @type {string} */ path, /** @type {string} */ body) => {
			const headers = {"x-sentc-app-token": server.app_token, authorization: `Bearer ${await user.getJwt()}`};
			return (await fetch(`${server.base_url}/api/v1/${path}`, {method: "POST", headers, body})).text();
		};
		const {base_url, app_token} = server;
		for (const [owner, path, of_group] of /** @type {const} */ ([
			[user, "file", undefined],
			[group, `group/${group_id}/file`, group_id],
		])) {
			const {server_input, key} = await owner.prepareRegisterFile(content);
			const [file_id, session_id] = owner.doneFileRegister(await register(path, server_input));
			const losses = losing((url) => url.includes(`/file/part/${session_id}/`));
			try {
				await new keyfold.Uploader(base_url, app_token, user, of_group).uploadFile(content, key, session_id);
			} finally {
				losses.restore();
			}
			equal(losses.lost, 2, "answers that were lost");
			const file = await owner.getFile(file_id);
			equal(file.meta.part_list.length, 2, "parts, none of them twice");
			equal(await file.bytes(), bytes(5 * MEBIBYTE), "the content");
		}

		const {server_input, key} = await user.prepareRegisterFile(content);
		const [, session_id] = user.doneFileRegister(await register("file", server_input));
		const another = await keyfold.createClient({...server, storage: {getStorage: async () => client.storage}});
		const login = await another.login(name, password);
		ok(login.kind === "user", "no second factor");
		const losses = losing((url) => url.includes(`/file/part/${session_id}/`));
		try {
			const error = /** @type {{code: string}} */ (await rejected(login.u.uploadFile(content, key, session_id)));
			equal(error.code, "client_1000", "code of what happened to a client that only knows the session");
		} finally {
			losses.restore();
		}
	},

	async "transfers stop when they are told to, by a signal or by a flag"(keyfold, server) {
		const {Downloader, Uploader} = keyfold;
		const {user} = await newUser(keyfold, server);
		const content = bytes(9 * MEBIBYTE);
		const controller = new AbortController();
		const aborted = /** @type {{code: string}} */ (
			await rejected(user.createFile(content, {signal: controller.signal, onProgress: () => controller.abort()}))
		);
		equal(aborted.code, "client_433", "code of an upload that was aborted");
		const late = /** @type {{code: string}} */ (await rejected(user.createFile(content, {signal: controller.signal})));
		equal(late.code, "client_433", "code with a signal that was aborted before");

		let parts = 0;
		const {file_id: stopped} = await user.createFile(new File([content], "stopped"), false, "", () => {
			parts += 1;
			Uploader.cancel_upload = true;
		});
		equal([parts, Uploader.cancel_upload], [1, false], "parts, and the flag afterwards");
		const incomplete = /** @type {{code: string}} */ (await rejected(user.getFile(stopped)));
		equal(incomplete.code, "server_512", "code of a file that is not complete");

		const {file_id} = await user.createFile(content);
		const [url] = await user.downloadFile(file_id, null, () => {
			Downloader.cancel_download = true;
		});
		equal([url, Downloader.cancel_download], ["", false], "the address, and the flag afterwards");
		const file = await user.getFile(file_id);
		const other = new AbortController();
		const halted = /** @type {{code: string}} */ (
			await rejected(file.bytes({signal: other.signal, onProgress: () => other.abort()}))
		);
		equal(halted.code, "client_433", "code of a download that was aborted");
		equal((await file.bytes()).length, content.length, "afterwards all is as before");
	},

	async "an upload goes on where it stopped, in another program if need be"(keyfold, server) {
		const {user} = await newUser(keyfold, server);
		const group = await user.getGroup(await user.createGroup());
		const content = bytes(9 * MEBIBYTE);
		const upload = await group.beginUpload({name: "long.bin", sign: true});
		const stop = new AbortController();
		await rejected(upload.send(content, {signal: stop.signal, onProgress: () => stop.abort()}));
		equal(upload.done, false, "done");
		const kept = upload.export();
		const resumed = group.resumeUpload(kept);
		let parts = 0;
		await resumed.send(content, {onProgress: () => (parts += 1)});
		equal([resumed.done, parts, resumed.file_id], [true, 2, upload.file_id], "the rest");
		const file = await group.getFile(upload.file_id);
		equal(await file.bytes({signed_by: user.data.user_id}), content, "the content");

		const given_up = await group.beginUpload();
		await given_up.abort();
		ok(await rejected(group.getFile(given_up.file_id)), "nothing is left of what was given up");
	},

	async "D-11 an upload outlives its access token"(keyfold, server) {
		const {user} = await newUser(keyfold, server);
		const content = bytes(9 * MEBIBYTE);
		const now = Date.now;
		let shift = 0;
		Date.now = () => now() + shift;
		try {
			const before = await user.getJwt();
			const {file_id} = await user.createFile(content, {onProgress: () => (shift += 5 * 60_000)});
			ok((await user.getJwt()) !== before, "another token");
			equal((await (await user.getFile(file_id)).bytes()).length, content.length, "all of the content");
		} finally {
			Date.now = now;
		}
	},

	async "the classes of old do the same step by step"(keyfold, server) {
		const {Downloader, FileHelper, Uploader} = keyfold;
		const {user} = await newUser(keyfold, server);
		const group = await user.getGroup(await user.createGroup());
		const content = new File([bytes(1000)], "name");
		const upload = await group.beginUpload({name: "name"});
		const {session_id, key} = JSON.parse(upload.export());
		const {SymKey} = keyfold;
		const symmetric = new SymKey("", "", key, "", group.data.newest_key_id);
		/** @type {(number | undefined)[]} */
		const progress = [];
		const uploader = new Uploader("", "", user, group.data.group_id, undefined, (done) => progress.push(done));
		await uploader.uploadFile(content, symmetric, session_id);
		equal(progress, [1], "progress");
		const downloader = new Downloader("", "", user, group.data.group_id);
		const [meta, content_key] = await downloader.downloadFileMetaInformation(upload.file_id);
		equal((await downloader.downloadFilePartList(upload.file_id, null)).length, 1, "parts from the first one on");
		equal(await downloader.downloadFilePartList(upload.file_id, meta.part_list.at(-1)), [], "parts behind the last one");
		const url = await downloader.downloadFileParts(meta, content_key);
		equal(await loaded(url), bytes(1000), "the content");
		equal(new Uint8Array(await FileHelper.fileParse(content)), bytes(1000), "a file as bytes");
		const address = await FileHelper.fileParse(content, true);
		equal(new Uint8Array(await (await fetch(address)).arrayBuffer()), bytes(1000), "a file as an address");
	},
};

/** What tests tell apart: no part is like another. @param {number} length */
function bytes(length) {
	const words = new Uint32Array(Math.ceil(length / 4));
	for (let place = 0; place < words.length; place += 1) {
		words[place] = Math.imul(place, 2_654_435_761);
	}
	return new Uint8Array(words.buffer, 0, length).slice();
}

/** @param {string} url */
async function loaded(url) {
	const content = new Uint8Array(await (await fetch(url)).arrayBuffer());
	URL.revokeObjectURL(url);
	return content;
}

/**
 * From now on the first answer from each of these addresses is lost on its way back.
 *
 * @param {(url: string) => boolean} chosen
 */
function losing(chosen) {
	const {fetch} = globalThis;
	const seen = new Set();
	const losses = {
		lost: 0,
		restore: () => {
			globalThis.fetch = fetch;
		},
	};
	globalThis.fetch = async (...parameters) => {
		const answer = await fetch(...parameters);
		const [request] = parameters;
		const url = request instanceof Request ? request.url : String(request);
		if (chosen(url) && !seen.has(url)) {
			seen.add(url);
			losses.lost += 1;
			throw new TypeError("the connection was lost");
		}
		return answer;
	};
	return losses;
}

/**
 * From now on, answers in JSON are changed before the client reads them.
 *
 * @param {(url: string, answer: any) => Promise<unknown>} change
 * @returns {() => void} puts an end to it
 */
function answering(change) {
	const {fetch} = globalThis;
	globalThis.fetch = async (...parameters) => {
		const [request] = parameters;
		const url = request instanceof Request ? request.url : String(request);
		const answer = await fetch(...parameters);
		if (!(answer.headers.get("content-type") ?? "").includes("json")) {
			return answer;
		}
		const {status, headers} = answer;
		return new Response(JSON.stringify(await change(url, await answer.json())), {status, headers: {"content-type": headers.get("content-type") ?? ""}});
	};
	return () => {
		globalThis.fetch = fetch;
	};
}
