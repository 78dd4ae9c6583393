export * from "./index.js";
export {FolderStorage} from "./storage/folder.js";
