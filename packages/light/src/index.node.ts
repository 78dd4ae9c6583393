export * from "./index.js";
export {default} from "./index.js";
export {FolderStorage} from "../../sdk/src/storage/folder.js";
