export {default} from "./sentc.js";
export {Client, type LoginUser, createClient} from "./client.js";
export {KeyfoldError, type SentcError} from "./error.js";
export {Downloader} from "./file/downloader.js";
export {FileHelper} from "./file/helper.js";
export {Uploader} from "./file/uploader.js";
export type {StoredFile} from "./file/download.js";
export type {
	DownloadOptions,
	ProgressCallback,
	TransferOptions,
	TransferProgress,
	UploadOptions,
} from "./file/options.js";
export type {FileHandleLike, FileInput, WritableFileHandle} from "./file/source.js";
export type {Upload} from "./file/upload.js";
export {Group} from "./group.js";
export {
	HttpMethod,
	type ServerOutput,
	create_error,
	handle_general_server_response,
	handle_server_response,
	make_req,
} from "./http.js";
export type {Bytes, SortableNumber} from "./platform_types.js";
export {SymKey} from "./sym_key.js";
export {StorageFactory, getStorage} from "./storage/factory.js";
export {IndexeddbStorage} from "./storage/indexeddb.js";
export {MemoryStorage} from "./storage/memory.js";
export {USER_KEY_STORAGE_NAMES} from "./storage/names.js";
export type {InitReturn, ResCallBack, StorageInterface, StorageOptions} from "./storage/interface.js";
export * from "./types.js";
export {type PreparedDevice, User} from "./user.js";
