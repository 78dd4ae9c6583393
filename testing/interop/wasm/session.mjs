// Users that are logged in.

export const sessions = [];

// `data`: the client's own answer to a login.
export function begin(identifier, data) {
  const session = {
    identifier,
    userId: data.get_id(),
    deviceId: data.get_device_id(),
    jwt: data.get_jwt(),
    refreshToken: data.get_refresh_token(),
    device: {
      privateKey: data.get_device_private_key(),
      publicKey: data.get_device_public_key(),
      signKey: data.get_device_sign_key(),
    },
    // Newest first.
    keys: data.get_user_keys(),
    groups: new Map(),
  };
  sessions.push(session);
  return { session: sessions.length - 1, user_id: session.userId, device_id: session.deviceId };
}

export function fetched(session, group) {
  const found = session.groups.get(group);
  if (found === undefined) {
    throw new Error("the group was not fetched in this session");
  }
  return found;
}
