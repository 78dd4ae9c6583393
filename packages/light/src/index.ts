export {default} from "./sentc.js";
export {Client, type LoginUser, createClient} from "./client.js";
export {KeyfoldError, type SentcError} from "./error.js";
export {Group} from "./group.js";
export {IndexeddbStorage} from "../../sdk/src/storage/indexeddb.js";
export {MemoryStorage} from "../../sdk/src/storage/memory.js";
export type {InitReturn, ResCallBack, StorageInterface, StorageOptions} from "../../sdk/src/storage/interface.js";
export * from "./types.js";
export {User} from "./user.js";
