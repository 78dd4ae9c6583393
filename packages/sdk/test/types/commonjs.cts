// Compiled, not run: the types as a CommonJS module sees them.

import keyfold = require("keyfold");

const {default: Sentc, KeyfoldError, FolderStorage} = keyfold;

export const available: Promise<boolean> = Sentc.checkUserIdentifierAvailable("name");
export const store: keyfold.StorageInterface = new FolderStorage("keys");
export const isOurs = (error: unknown): error is InstanceType<typeof KeyfoldError> => error instanceof KeyfoldError;
