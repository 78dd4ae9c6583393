export {KeyfoldError, type SentcError} from "./error.js";
export {StorageFactory} from "./storage/factory.js";
export {IndexeddbStorage} from "./storage/indexeddb.js";
export {MemoryStorage} from "./storage/memory.js";
export {USER_KEY_STORAGE_NAMES} from "./storage/names.js";
export type {InitReturn, ResCallBack, StorageInterface, StorageOptions} from "./storage/interface.js";
export * from "./types.js";
