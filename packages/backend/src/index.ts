export {Backend, type BackendOptions} from "./backend.js";
export {BackendError, type ErrorCode, type ErrorFacts, type LocalCode, isServerError} from "./error.js";

export {ActingUser} from "./api/acting.js";
export {ActingGroup, type Manner} from "./api/acting_group.js";
export {Files, type PartPlace} from "./api/files.js";
export {type GroupCallOptions, Groups} from "./api/groups.js";
export {type FetchPage, Listing} from "./api/listing.js";
export type * from "./api/types.js";
export {Users} from "./api/users.js";

export {serverOutput} from "./http/envelope.js";
export type {FetchHandler} from "./http/handler.js";
export {type NodeHandler, type NodeRequest, type NodeResponse, toNodeHandler} from "./http/node.js";
export type {Call, CallOptions, Fetch, Method, SenderOptions} from "./http/sender.js";

export {type Jwk, type JwkSet, jwkOf} from "./jwt/key_set.js";
export type {KeyCacheOptions} from "./jwt/key_source.js";
export {
	type AccessToken,
	type FetchingVerifierOptions,
	type FixedVerifierOptions,
	JwtVerifier,
	type RequestHeaders,
	type VerifierRules,
	type VerifyOptions,
	bearerToken,
} from "./jwt/verifier.js";

export type {CookieOptions} from "./refresh/cookie.js";
export {type RefreshHandlerOptions, createRefreshHandler} from "./refresh/handler.js";

export {type FileStorageOptions, createFileStorageHandler} from "./storage/handler.js";
export type {PartStore} from "./storage/store.js";
