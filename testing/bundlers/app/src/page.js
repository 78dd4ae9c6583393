// An app of one page: for bundlers that leave workers to others.
import {session} from "./session.js";

Object.assign(globalThis, {session});
