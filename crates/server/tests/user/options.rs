//! Every endpoint with the public token, the secret token, and blocked.

use hyper::Method;
use keyfold_protocol::app::{Access, AppOption, AppOptions};
use serde_json::Value;

use crate::support::{Engine, World};

on_both_engines!(
    each_endpoint_obeys_its_option_and_no_other,
    the_standard_preset_lets_only_the_backend_register_and_delete,
    the_closed_preset_blocks_every_option_for_both_tokens,
);

/// What governs an endpoint.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Governed {
    By(AppOption),
    /// Only ever the secret token.
    SecretOnly,
    /// Any token.
    Free,
}

use Governed::{By, Free, SecretOnly};

/// Every endpoint about users: method, path, whether it needs a user, what governs it.
const ENDPOINTS: &[(Method, &str, bool, Governed)] = &[
    (Method::POST, "exists", false, By(AppOption::UserExists)),
    (Method::POST, "register", false, By(AppOption::UserRegister)),
    (Method::POST, "register_light", false, By(AppOption::UserRegister)),
    (Method::POST, "prepare_login", false, By(AppOption::UserPrepareLogin)),
    (Method::POST, "done_login", false, By(AppOption::UserDoneLogin)),
    (Method::POST, "validate_mfa", false, By(AppOption::UserDoneLogin)),
    (Method::POST, "validate_recovery_otp", false, By(AppOption::UserDoneLogin)),
    (Method::POST, "verify_login", false, By(AppOption::UserDoneLogin)),
    (Method::POST, "verify_login_light", false, By(AppOption::UserDoneLogin)),
    (Method::PUT, "refresh", true, By(AppOption::UserJwtRefresh)),
    (Method::POST, "init", true, By(AppOption::UserJwtRefresh)),
    (Method::DELETE, "user/session", true, Free),
    (Method::GET, "user/jwt", true, SecretOnly),
    (Method::POST, "user/prepare_register_device", false, By(AppOption::UserDeviceRegister)),
    (Method::PUT, "user/done_register_device", true, By(AppOption::UserDeviceRegister)),
    (Method::PUT, "user/done_register_device_light", true, By(AppOption::UserDeviceRegister)),
    (Method::PUT, "user/user_keys/session/x", true, Free),
    (Method::GET, "user/device/0/none", true, By(AppOption::UserDeviceList)),
    (Method::DELETE, "user/device/x", true, By(AppOption::UserDeviceDelete)),
    (Method::PUT, "user", true, By(AppOption::UserUpdate)),
    (Method::PUT, "user/update_pw", true, By(AppOption::UserChangePassword)),
    (Method::PUT, "user/reset_pw", true, By(AppOption::UserResetPassword)),
    (Method::DELETE, "user", true, By(AppOption::UserDelete)),
    (Method::PATCH, "user/register_otp", true, By(AppOption::UserRegisterOtp)),
    (Method::PATCH, "user/reset_otp", true, By(AppOption::UserResetOtp)),
    (Method::PATCH, "user/disable_otp", true, By(AppOption::UserDisableOtp)),
    (Method::GET, "user/otp_recovery_keys", true, By(AppOption::UserGetOtpRecoveryKeys)),
    (Method::GET, "user/x/public_key", false, By(AppOption::UserPublicData)),
    (Method::GET, "user/x/public_key/y", false, By(AppOption::UserPublicData)),
    (Method::GET, "user/x/verify_key/y", false, By(AppOption::UserPublicData)),
    (Method::GET, "user/user_keys/keys/0/none", true, By(AppOption::UserDoneLogin)),
    (Method::GET, "user/user_keys/key/x", true, By(AppOption::UserDoneLogin)),
    (Method::POST, "user/user_keys/rotation", true, By(AppOption::UserKeyUpdate)),
    (Method::GET, "user/user_keys/rotation", true, By(AppOption::UserKeyUpdate)),
    (Method::PUT, "user/user_keys/rotation/x", true, By(AppOption::UserKeyUpdate)),
    (Method::PUT, "user/forced/delete", false, SecretOnly),
    (Method::DELETE, "user/forced/delete/x", false, SecretOnly),
    (Method::PUT, "user/forced/reset_user", false, SecretOnly),
    (Method::PUT, "user/forced/disable_otp", false, SecretOnly),
    (Method::DELETE, "user/forced/disable_otp", false, SecretOnly),
    (Method::DELETE, "user/forced/sessions", false, SecretOnly),
    (Method::POST, "user/forced/login", false, SecretOnly),
    (Method::POST, "user/forced/login_light", false, SecretOnly),
    (Method::PUT, "user/reset_pw_light", false, SecretOnly),
];

/// Whether a request with the token is let through to the endpoint.
async fn passes(
    world: &World,
    token: &str,
    (method, path, needs_user, _): &(Method, &str, bool, Governed),
) -> bool {
    let mut jwt = None;
    if *needs_user {
        let name = format!("{method} {path} {}", token.len());
        world.backend(Method::POST, "register", &crate::support::register_body(&name)).await.ok::<Value>();
        let body = serde_json::json!({"user_identifier": name});
        let forced: Value = world.backend(Method::POST, "user/forced/login", &body).await.ok();
        jwt = Some(forced["verify"]["jwt"].as_str().unwrap().to_owned());
    }
    // Without a body most are refused for that, which is later than what is asked here.
    let answer = world.call_with(token, method.clone(), path, jwt.as_deref(), &Value::Null).await;
    answer.refusal() != (400, 203)
}

async fn each_endpoint_obeys_its_option_and_no_other(engine: Engine) {
    let world = World::start_with(engine, |config| config.development = true).await;
    for endpoint in ENDPOINTS {
        let (method, path, _, governed) = endpoint;
        for access in [Access::Blocked, Access::Public, Access::Secret] {
            let mut options = AppOptions::lax();
            if let By(option) = governed {
                options.set(*option, access);
            }
            // With everything else open and this option as given; registration is done by the backend.
            let app = world.another_app(options).await;
            let (public, secret) = match governed {
                SecretOnly => (false, true),
                Free => (true, true),
                By(_) => (access == Access::Public, access != Access::Blocked),
            };
            assert_eq!(
                passes(&app, app.app.public_token.expose(), endpoint).await,
                public,
                "{method} {path} {access:?} public"
            );
            assert_eq!(
                passes(&app, app.app.secret_token.expose(), endpoint).await,
                secret,
                "{method} {path} {access:?} secret"
            );
            if !matches!(governed, By(_)) {
                break;
            }
        }
    }
}

async fn the_standard_preset_lets_only_the_backend_register_and_delete(engine: Engine) {
    let world = World::start_with(engine, |config| config.development = true).await;
    let app = world.another_app(AppOptions::standard()).await;
    for endpoint in ENDPOINTS {
        let (method, path, _, governed) = endpoint;
        let public = match governed {
            SecretOnly | By(AppOption::UserRegister | AppOption::UserDelete) => false,
            Free | By(_) => true,
        };
        assert_eq!(passes(&app, app.app.public_token.expose(), endpoint).await, public, "{method} {path}");
        assert!(passes(&app, app.app.secret_token.expose(), endpoint).await, "{method} {path}");
    }
}

async fn the_closed_preset_blocks_every_option_for_both_tokens(engine: Engine) {
    let world = World::start(engine).await;
    let app = world.another_app(AppOptions::closed()).await;
    for (method, path, needs_user, governed) in ENDPOINTS {
        if *needs_user || !matches!(governed, By(_)) {
            continue;
        }
        for token in [app.app.public_token.expose(), app.app.secret_token.expose()] {
            app.call_with(token, method.clone(), path, None, &Value::Null).await.refused(400, 203);
        }
    }
}

/// The table above says what the protocol says; the server's own list must name the same endpoints, governed by the same options.
#[test]
fn the_table_names_every_endpoint_about_users() {
    use keyfold_server::endpoint::Governed as Actual;
    let matches = |template: &str, path: &str| {
        let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
        template.len() == path.len()
            && template.iter().zip(&path).all(|(part, given)| part.starts_with('{') || part == given)
    };
    let operations = keyfold_server::openapi::operations();
    let about_users: Vec<_> = operations.iter().filter(|operation| operation.area == "Users").collect();
    for operation in &about_users {
        let path = operation.path.strip_prefix("/api/v1/").unwrap();
        let entry =
            ENDPOINTS.iter().find(|(method, given, ..)| *method == operation.method && matches(path, given));
        let (_, _, _, governed) = entry.unwrap_or_else(|| panic!("{} {path} is missing", operation.method));
        let actual = match operation.governed {
            Actual::Free => Free,
            Actual::SecretOnly => SecretOnly,
            Actual::By(option) => By(option),
        };
        assert_eq!(actual, *governed, "{} {path}", operation.method);
    }
    assert_eq!(about_users.len(), ENDPOINTS.len());
}
