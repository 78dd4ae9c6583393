// Compiled, not run: the types as a CommonJS module sees them.

import light = require("keyfold-light");

const {createClient, KeyfoldError} = light;

export const client: Promise<light.Client> = createClient({app_token: "AAAA"});
export const isOurs = (error: unknown): error is InstanceType<typeof KeyfoldError> => error instanceof KeyfoldError;
