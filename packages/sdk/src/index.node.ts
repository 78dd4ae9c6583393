export * from "./index.js";
export {default} from "./index.js";
export {FolderStorage} from "./storage/folder.js";
