//! `keyfold app …`

use keyfold_protocol::app::{Access, AppOption, AppOptions, FileOptions, GroupOptions};
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::{AppId, JwtKeyId};
use keyfold_server::app::{Administration, AppDetails, ListedApp, ListedJwtKey, NewApp, Owner, PrivateKeys};
use keyfold_server::clock::{Clock, SystemClock};
use keyfold_server::db::Db;
use keyfold_server::error::ApiError;
use serde_json::{Value, json};

use crate::arguments::{
    App, AppCreate, AppDelete, AppJwt, AppJwtDelete, AppList, AppOptions as OptionsArguments, AppToken,
    OneApp, Preset,
};
use crate::configuration::Settings;
use crate::failure::Failure;
use crate::installation::Installation;

/// Runs a command on apps. It may run while servers do: what it changes is in force when it ends.
pub(crate) async fn run(settings: &Settings, command: App) -> Result<(), Failure> {
    let installation = Installation::prepare(settings)?;
    let db = installation.open().await?;
    let outcome = run_on(&db, &installation, settings, command).await;
    db.close().await;
    outcome
}

async fn run_on(
    db: &Db,
    installation: &Installation,
    settings: &Settings,
    command: App,
) -> Result<(), Failure> {
    let apps = Administration::new(db, &installation.root_key, SystemClock.now());
    match command {
        App::Create(arguments) => create(&apps, settings, arguments).await,
        App::List(arguments) => list(&apps, &arguments).await,
        App::Show(arguments) => show(&apps, &arguments).await,
        App::Options(arguments) => options(&apps, &arguments).await,
        App::Token(AppToken::Renew(arguments)) => renew_tokens(&apps, &arguments).await,
        App::Jwt(AppJwt::List(arguments)) => {
            list_jwt_keys(&apps, &arguments.app, arguments.private_keys).await
        }
        App::Jwt(AppJwt::Add(arguments)) => add_jwt_key(&apps, &arguments).await,
        App::Jwt(AppJwt::Delete(arguments)) => delete_jwt_key(&apps, &arguments).await,
        App::Disable(arguments) => set_disabled(&apps, &arguments, true).await,
        App::Enable(arguments) => set_disabled(&apps, &arguments, false).await,
        App::Reset(arguments) => reset(&apps, &arguments).await,
        App::Delete(arguments) => delete(&apps, &arguments).await,
    }
}

/// Creates an app. Its tokens are on standard output and nowhere else: the database keeps only their hashes.
async fn create(apps: &Administration<'_>, settings: &Settings, arguments: AppCreate) -> Result<(), Failure> {
    let preset = if arguments.lax { Preset::Lax } else { arguments.preset };
    let new = NewApp {
        name: arguments.name,
        options: preset.options(),
        file_options: file_options(settings),
        group_options: GroupOptions::default(),
    };
    let created = apps.create(new, Owner::Operator).await.map_err(failure)?;
    if arguments.json {
        print_json(&json!({
            "app_id": created.id.as_str(),
            "public_token": created.public_token.expose(),
            "secret_token": created.secret_token.expose(),
            "jwt_key_id": created.jwt_key_id.as_str(),
            "jwt_alg": "ES384",
            "jwt_sign_key": created.jwt_sign_key.expose(),
            "jwt_verify_key": created.jwt_verify_key,
        }));
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
        println!("the tokens cannot be shown again.");
    }
    Ok(())
}

/// An app must not count on a storage that the server does not have.
fn file_options(settings: &Settings) -> FileOptions {
    if settings.storage().is_enabled() { FileOptions::server_storage() } else { FileOptions::none() }
}

/// Lists the apps, oldest first.
async fn list(apps: &Administration<'_>, arguments: &AppList) -> Result<(), Failure> {
    let apps = apps.list().await.map_err(failure)?;
    if arguments.json {
        print_json(&apps.iter().map(listed_json).collect());
    } else {
        for app in apps {
            let state = if app.disabled_at.is_some() { "disabled" } else { "enabled " };
            println!("{}  {state}  {}", app.id.as_str(), app.name);
        }
    }
    Ok(())
}

async fn show(apps: &Administration<'_>, arguments: &OneApp) -> Result<(), Failure> {
    let details = apps.show(&AppId::from(arguments.app.as_str())).await.map_err(failure)?;
    if arguments.json {
        print_json(&details_json(&details)?);
    } else {
        print_details(&details);
    }
    Ok(())
}

/// Changes what is named, leaves the rest, and shows the result.
async fn options(apps: &Administration<'_>, arguments: &OptionsArguments) -> Result<(), Failure> {
    let app = AppId::from(arguments.app.as_str());
    let before = apps.show(&app).await.map_err(failure)?;
    let mut options = match arguments.preset {
        Some(preset) => preset.options(),
        None => before.options.clone(),
    };
    for change in &arguments.set {
        let (option, access) = parse_change(change)?;
        options.set(option, access);
    }
    let groups = GroupOptions {
        max_key_rotation_month: arguments
            .max_key_rotation_month
            .unwrap_or(before.group_options.max_key_rotation_month),
        min_rank_key_rotation: arguments
            .min_rank_key_rotation
            .unwrap_or(before.group_options.min_rank_key_rotation),
    };
    if options != before.options {
        apps.set_options(&app, options).await.map_err(failure)?;
    }
    if groups != before.group_options {
        apps.set_group_options(&app, groups).await.map_err(failure)?;
    }
    if let Some(name) = &arguments.name {
        apps.rename(&app, name).await.map_err(failure)?;
    }
    show(apps, &OneApp { app: arguments.app.clone(), json: arguments.json }).await
}

async fn renew_tokens(apps: &Administration<'_>, arguments: &OneApp) -> Result<(), Failure> {
    let tokens = apps.renew_tokens(&AppId::from(arguments.app.as_str())).await.map_err(failure)?;
    if arguments.json {
        print_json(&json!({
            "public_token": tokens.public.expose(),
            "secret_token": tokens.secret.expose(),
        }));
    } else {
        println!("Public token   {}", tokens.public.expose());
        println!("Secret token   {}", tokens.secret.expose());
        println!();
        println!("The old tokens are refused from now on. These cannot be shown again.");
    }
    Ok(())
}

async fn list_jwt_keys(
    apps: &Administration<'_>,
    arguments: &OneApp,
    private_keys: bool,
) -> Result<(), Failure> {
    let shown = if private_keys { PrivateKeys::Shown } else { PrivateKeys::Hidden };
    let keys = apps.jwt_keys(&AppId::from(arguments.app.as_str()), shown).await.map_err(failure)?;
    if arguments.json {
        print_json(&keys.iter().map(key_json).collect());
    } else {
        for (position, key) in keys.iter().enumerate() {
            let role = if position == 0 { "signs and verifies" } else { "verifies" };
            println!("{}  ES384, {role}", key.id.as_str());
            println!("  verify key {}", key.verify_key);
            if let Some(sign_key) = &key.sign_key {
                println!("  sign key   {}", sign_key.expose());
            }
        }
    }
    Ok(())
}

async fn add_jwt_key(apps: &Administration<'_>, arguments: &OneApp) -> Result<(), Failure> {
    let key = apps.add_jwt_key(&AppId::from(arguments.app.as_str())).await.map_err(failure)?;
    if arguments.json {
        print_json(&json!({
            "jwt_key_id": key.id.as_str(),
            "jwt_alg": "ES384",
            "jwt_sign_key": key.sign_key.expose(),
            "jwt_verify_key": key.verify_key,
        }));
    } else {
        println!("JWT key id     {} (ES384)", key.id.as_str());
        println!("JWT sign key   {}", key.sign_key.expose());
        println!("JWT verify key {}", key.verify_key);
        println!();
        println!(
            "It signs from now on. Older keys verify until they are deleted: wait until the tokens they have signed"
        );
        println!("have expired (five minutes for those of this server).");
    }
    Ok(())
}

async fn delete_jwt_key(apps: &Administration<'_>, arguments: &AppJwtDelete) -> Result<(), Failure> {
    let (app, key) = (AppId::from(arguments.app.as_str()), JwtKeyId::from(arguments.key.as_str()));
    let keys = apps.jwt_keys(&app, PrivateKeys::Hidden).await.map_err(failure)?;
    if !keys.iter().any(|listed| listed.id == key) {
        return Err(Failure::Failed(format!("the app has no key {}", arguments.key)));
    }
    apps.delete_jwt_key(&app, &key).await.map_err(failure)?;
    report(arguments.json, "deleted", "The key is deleted: what it has signed is refused from now on.")
}

async fn set_disabled(apps: &Administration<'_>, arguments: &OneApp, disabled: bool) -> Result<(), Failure> {
    apps.set_disabled(&AppId::from(arguments.app.as_str()), disabled).await.map_err(failure)?;
    if disabled {
        report(arguments.json, "disabled", "All requests of the app are refused from now on.")
    } else {
        report(arguments.json, "enabled", "Requests of the app are answered again.")
    }
}

async fn reset(apps: &Administration<'_>, arguments: &AppDelete) -> Result<(), Failure> {
    confirmed(apps, arguments).await?;
    apps.reset(&AppId::from(arguments.app.as_str())).await.map_err(failure)?;
    report(arguments.json, "reset", "The app is empty. Its tokens, keys and options are as they were.")
}

async fn delete(apps: &Administration<'_>, arguments: &AppDelete) -> Result<(), Failure> {
    confirmed(apps, arguments).await?;
    apps.delete(&AppId::from(arguments.app.as_str())).await.map_err(failure)?;
    report(arguments.json, "deleted", "The app is deleted, with all that was in it.")
}

/// What cannot be undone needs a second word: a slip of the hand must not cost a company its users.
async fn confirmed(apps: &Administration<'_>, arguments: &AppDelete) -> Result<(), Failure> {
    let details = apps.show(&AppId::from(arguments.app.as_str())).await.map_err(failure)?;
    if arguments.yes {
        return Ok(());
    }
    Err(Failure::CommandLine(format!(
        "this deletes all users, groups and files of the app \"{}\" and cannot be undone: add --yes",
        details.app.name
    )))
}

impl Preset {
    fn options(self) -> AppOptions {
        match self {
            Self::Standard => AppOptions::standard(),
            Self::Lax => AppOptions::lax(),
            Self::Closed => AppOptions::closed(),
        }
    }
}

/// `user_register=secret`
fn parse_change(change: &str) -> Result<(AppOption, Access), Failure> {
    let wrong = |text: String| Failure::CommandLine(format!("--set {change}: {text}"));
    let (name, word) = change
        .split_once('=')
        .ok_or_else(|| wrong("expected OPTION=ACCESS, such as user_register=secret".to_owned()))?;
    let option = AppOption::ALL.iter().find(|option| option.name() == name).ok_or_else(|| {
        let nearest =
            AppOption::ALL.iter().min_by_key(|option| strsim::damerau_levenshtein(name, option.name()));
        let nearest = nearest.map_or("", |option| option.name());
        wrong(format!("there is no option {name}. The nearest one is {nearest}"))
    })?;
    let access = match word {
        "blocked" | "0" => Access::Blocked,
        "public" | "1" => Access::Public,
        "secret" | "2" => Access::Secret,
        _ => return Err(wrong("expected blocked, public or secret".to_owned())),
    };
    Ok((*option, access))
}

fn print_details(details: &AppDetails) {
    let app = &details.app;
    println!("App       {}", app.id.as_str());
    println!("Name      {}", app.name);
    println!("Owner     {}", owner_text(&app.owner));
    println!("State     {}", if app.disabled_at.is_some() { "disabled" } else { "enabled" });
    let storage = match details.file_options.file_storage {
        0 => "on this server",
        1 => "the app's own storage",
        _ => "none",
    };
    println!("Files     {storage}");
    println!(
        "Groups    at most {} key rotations a month, by members of rank {} and better",
        details.group_options.max_key_rotation_month, details.group_options.min_rank_key_rotation
    );
    println!("Options");
    for option in AppOption::ALL {
        let access = match details.options.access(*option) {
            Access::Blocked => "blocked",
            Access::Public => "public",
            Access::Secret => "secret",
        };
        println!("  {access:<8} {}", option.name());
    }
}

fn owner_text(owner: &Owner) -> String {
    match owner {
        Owner::Operator => "operator".to_owned(),
        Owner::Customer(id) => format!("customer {}", id.as_str()),
        Owner::Group(id) => format!("group of customers {}", id.as_str()),
    }
}

fn listed_json(app: &ListedApp) -> Value {
    let (owner_kind, owner_id) = match &app.owner {
        Owner::Operator => ("operator", None),
        Owner::Customer(id) => ("customer", Some(id.as_str())),
        Owner::Group(id) => ("group", Some(id.as_str())),
    };
    json!({
        "app_id": app.id.as_str(),
        "name": app.name,
        "owner": {"kind": owner_kind, "id": owner_id},
        "created_at": app.created_at,
        "disabled": app.disabled_at.is_some(),
        "disabled_at": app.disabled_at,
    })
}

fn details_json(details: &AppDetails) -> Result<Value, Failure> {
    let mut value = listed_json(&details.app);
    // The callback token is the app's secret: who administers the server has no use for it on a terminal.
    let mut files = details.file_options.clone();
    files.auth_token = None;
    for (name, part) in [
        ("options", serde_json::to_value(&details.options)),
        ("file_options", serde_json::to_value(&files)),
        ("group_options", serde_json::to_value(&details.group_options)),
    ] {
        if let Some(object) = value.as_object_mut() {
            object.insert(name.to_owned(), part.map_err(Failure::failed)?);
        }
    }
    Ok(value)
}

fn key_json(key: &ListedJwtKey) -> Value {
    json!({
        "jwt_key_id": key.id.as_str(),
        "jwt_alg": "ES384",
        "created_at": key.created_at,
        "jwt_sign_key": key.sign_key.as_ref().map(|key| key.expose().to_owned()),
        "jwt_verify_key": key.verify_key,
    })
}

fn report(json: bool, outcome: &str, text: &str) -> Result<(), Failure> {
    if json {
        print_json(&json!({ "outcome": outcome }));
    } else {
        println!("{text}");
    }
    Ok(())
}

fn print_json(value: &Value) {
    println!("{value:#}");
}

fn failure(error: ApiError) -> Failure {
    if error.code() == ErrorCode::AppNotFound {
        return Failure::Failed("there is no such app: `keyfold app list` shows those there are".to_owned());
    }
    Failure::failed(error)
}
