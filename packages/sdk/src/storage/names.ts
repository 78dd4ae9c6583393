/** Name of the store of one app on one server: the next program of that app finds it, and no other app does. */
export function storeOfApp(app_token: string, base_url: string): string {
	return `keyfold_${app_token}_${base_url}`.replace(/[^\w.-]/g, "_");
}

/**
 * Names under which the key store holds its items. Each but `actualUser` is followed by an id, for example
 * `user_data_id_<device identifier>`.
 */
export const USER_KEY_STORAGE_NAMES = {
	userData: "user_data",
	actualUser: "actual_user",
	userPublicKey: "user_public_key",
	userVerifyKey: "user_verify_key",
	groupData: "group_data",
	groupPublicKey: "group_public_key",
	sym_key: "sym_key",
} as const;
