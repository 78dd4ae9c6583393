// Compiled, not run: the types as a CommonJS module sees them.

import keyfold = require("keyfold-backend");

const {Backend, BackendError} = keyfold;

export const backend: keyfold.Backend = new Backend({base_url: "https://keyfold.example", secret_token: "AAAA"});
export const isOurs = (error: unknown): error is InstanceType<typeof BackendError> => error instanceof BackendError;
