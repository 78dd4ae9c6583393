//! `keyfold app …`

use keyfold_protocol::app::{AppOptions, FileOptions, GroupOptions};
use keyfold_server::app::{self, NewApp};
use keyfold_server::clock::{Clock, SystemClock};
use serde_json::json;

use crate::arguments::{AppCreate, AppList};
use crate::configuration::Settings;
use crate::failure::Failure;
use crate::installation::Installation;

/// Creates an app. Its tokens are on standard output and nowhere else: the database keeps only their hashes.
pub(crate) async fn create(settings: &Settings, arguments: AppCreate) -> Result<(), Failure> {
    let installation = Installation::prepare(settings)?;
    let db = installation.open().await?;
    let options = if arguments.lax { AppOptions::lax() } else { AppOptions::standard() };
    let new = NewApp {
        name: arguments.name,
        options,
        file_options: FileOptions::server_storage(),
        group_options: GroupOptions::default(),
    };
    let created = app::create(&db, &installation.root_key, SystemClock.now(), new).await;
    db.close().await;
    let created = created.map_err(Failure::failed)?;
    if arguments.json {
        let text = json!({
            "app_id": created.id.as_str(),
            "public_token": created.public_token.expose(),
            "secret_token": created.secret_token.expose(),
            "jwt_key_id": created.jwt_key_id.as_str(),
            "jwt_alg": "ES384",
            "jwt_sign_key": created.jwt_sign_key.expose(),
            "jwt_verify_key": created.jwt_verify_key,
        });
        println!("{text:#}");
    } else {
        println!("App            {}", created.id.as_str());
        println!("Public token   {}", created.public_token.expose());
        println!("Secret token   {}", created.secret_token.expose());
        println!("JWT key id     {} (ES384)", created.jwt_key_id.as_str());
        println!("JWT sign key   {}", created.jwt_sign_key.expose());
        println!("JWT verify key {}", created.jwt_verify_key);
        println!();
        println!(
            "The public token goes into the app. The secret token and the sign key belong to its backend;"
        );
        println!("they cannot be shown again.");
    }
    Ok(())
}

/// Lists the apps, oldest first.
pub(crate) async fn list(settings: &Settings, arguments: AppList) -> Result<(), Failure> {
    let installation = Installation::prepare(settings)?;
    let db = installation.open().await?;
    let apps = app::list(&db).await;
    db.close().await;
    let apps = apps.map_err(Failure::failed)?;
    if arguments.json {
        let rows: Vec<_> = apps
            .iter()
            .map(|app| {
                json!({
                    "app_id": app.id.as_str(),
                    "name": app.name,
                    "created_at": app.created_at,
                    "disabled": app.disabled_at.is_some(),
                })
            })
            .collect();
        println!("{:#}", json!(rows));
    } else {
        for app in apps {
            let state = if app.disabled_at.is_some() { "disabled" } else { "enabled " };
            println!("{}  {state}  {}", app.id.as_str(), app.name);
        }
    }
    Ok(())
}
