// Users, their devices, their second factor, their keys.

import { appToken, baseUrl, client, request, result } from "./client.mjs";
import { begin } from "./session.mjs";

const waiting = [];

export async function identifier_is_free({ identifier }) {
  const body = client.prepare_check_user_identifier_available(identifier);
  return client.done_check_user_identifier_available(await request("POST", "/exists", { body }));
}

export async function register({ identifier, password }) {
  return client.register(baseUrl, appToken, identifier, password);
}

export async function login({ identifier, password }) {
  const data = await client.login(baseUrl, appToken, identifier, password);
  if (data.get_jwt() !== undefined) {
    return begin(identifier, data);
  }
  waiting.push({ identifier, masterKey: data.get_mfa_master_key(), authKey: data.get_mfa_auth_key() });
  return { waiting: waiting.length - 1 };
}

export async function finish_login({ waiting: number, factor }) {
  const { identifier, masterKey, authKey } = waiting[number];
  const data = await client.mfa_login(baseUrl, appToken, masterKey, authKey, identifier, ...split(factor));
  return begin(identifier, data);
}

export async function refresh_jwt({ session }) {
  session.jwt = await client.refresh_jwt(baseUrl, appToken, session.jwt, session.refreshToken);
  return session.jwt;
}

export async function change_password({ session, old, new: password, factor }) {
  await client.change_password(baseUrl, appToken, session.identifier, old, password, ...split(factor));
}

export async function reset_password({ session, new: password }) {
  const { privateKey, signKey } = session.device;
  await client.reset_password(baseUrl, appToken, session.jwt, password, privateKey, signKey);
}

export async function update_identifier({ session, identifier }) {
  const body = client.user_prepare_user_identifier_update(identifier);
  result(await request("PUT", "/user", { ...session, body }));
  session.identifier = identifier;
}

export async function delete_user({ session, password, factor }) {
  await client.delete_user(baseUrl, appToken, await freshJwt(session, password, factor));
}

export async function start_device({ identifier, password }) {
  return client.register_device_start(baseUrl, appToken, identifier, password);
}

export async function confirm_device({ session, answer }) {
  const keys = groupKeys(session);
  await client.register_device(baseUrl, appToken, session.jwt, answer, session.keys.length, keys);
}

export async function devices({ session }) {
  return result(await request("GET", "/user/device/0/none", session)).map(({ device_id }) => device_id);
}

export async function delete_device({ session, device_id, password, factor }) {
  await client.delete_device(baseUrl, appToken, await freshJwt(session, password, factor), device_id);
}

export async function register_otp({ session, password, factor }) {
  return otp("/user/register_otp", session, password, factor);
}

export async function reset_otp({ session, password, factor }) {
  return otp("/user/reset_otp", session, password, factor);
}

export async function recovery_keys({ session, password, factor }) {
  const jwt = await freshJwt(session, password, factor);
  return result(await request("GET", "/user/otp_recovery_keys", { jwt })).keys;
}

export async function disable_otp({ session, password, factor }) {
  const jwt = await freshJwt(session, password, factor);
  result(await request("PATCH", "/user/disable_otp", { jwt }));
}

export async function rotate_user_keys({ session }) {
  const { publicKey } = session.device;
  const [{ group_key }] = session.keys;
  const id = await client.user_key_rotation(baseUrl, appToken, session.jwt, publicKey, group_key);
  await takeOver(session, id);
  return session.keys[0].group_key_id;
}

export async function finish_user_key_rotation({ session }) {
  const { publicKey, privateKey } = session.device;
  for (const pending of await client.user_pre_done_key_rotation(baseUrl, appToken, session.jwt)) {
    const previous = session.keys.find(({ group_key_id }) => group_key_id === pending.pre_group_key_id);
    if (previous === undefined) {
      throw new Error(`keys are missing: ${pending.pre_group_key_id}`);
    }
    await client.user_finish_key_rotation(
      baseUrl,
      appToken,
      session.jwt,
      pending.server_output,
      previous.group_key,
      publicKey,
      privateKey,
    );
    await takeOver(session, pending.new_group_key_id);
  }
  return session.keys[0].group_key_id;
}

export async function newest_user_key({ session }) {
  return session.keys[0].group_key_id;
}

async function otp(path, session, password, factor) {
  const jwt = await freshJwt(session, password, factor);
  const { secret, recover } = result(await request("PATCH", path, { jwt }));
  return { secret, recovery_keys: recover };
}

async function freshJwt({ identifier }, password, factor) {
  return client.get_fresh_jwt(baseUrl, appToken, identifier, password, ...split(factor));
}

async function takeOver(session, id) {
  const answer = await request("GET", `/user/user_keys/key/${id}`, session);
  const key = client.done_fetch_user_key(session.device.privateKey, answer);
  session.keys.unshift({
    private_key: key.get_private_key(),
    public_key: key.get_public_key(),
    group_key: key.get_group_key(),
    group_key_id: key.get_group_key_id(),
    sign_key: key.get_sign_key(),
    verify_key: key.get_verify_key(),
  });
}

// The keys are JSON texts already.
function groupKeys(session) {
  return `[${session.keys.map(({ group_key }) => group_key).join()}]`;
}

// The two arguments that the client's calls take for a second factor.
function split(factor) {
  if (factor === null || factor === undefined) {
    return [undefined, undefined];
  }
  return factor.totp === undefined ? [factor.recovery_key, true] : [factor.totp, false];
}
