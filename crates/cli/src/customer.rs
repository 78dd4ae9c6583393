//! `keyfold customer …`: what an operator does by hand for the people who own apps, above all where no mail server is set up.

use keyfold_protocol::customer::CustomerRegistration;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::UserId;
use keyfold_server::app::{self, ListedApp, Owner, Page};
use keyfold_server::clock::{Clock, SystemClock};
use keyfold_server::customer::{Administration, ListedCustomer};
use keyfold_server::db::Db;
use keyfold_server::error::ApiError;
use serde_json::{Value, json};

use crate::arguments::{
    Customer, CustomerChange, CustomerInvite, CustomerList, CustomerValidate, OneCustomer,
};
use crate::configuration::{MailKind, Settings};
use crate::failure::Failure;
use crate::installation::Installation;

/// Apps of a customer that are shown.
const SHOWN_APPS: u32 = 1_000;

/// Runs a command on customers. It may run while servers do.
pub(crate) async fn run(settings: &Settings, command: Customer) -> Result<(), Failure> {
    if let Customer::Invite(arguments) = &command {
        check_invitation(settings, arguments)?;
    }
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
    command: Customer,
) -> Result<(), Failure> {
    let customers = Administration::new(db, SystemClock.now());
    match command {
        Customer::List(arguments) => list(&customers, &arguments).await,
        Customer::Show(arguments) => {
            let apps = app::Administration::new(db, &installation.root_key, SystemClock.now());
            show(&customers, &apps, &arguments).await
        }
        Customer::Invite(arguments) => invite(&customers, installation, settings, &arguments).await,
        Customer::Validate(arguments) => validate(&customers, &arguments).await,
        Customer::ResetPassword(arguments) => reset_password(&customers, settings, &arguments).await,
        Customer::DisableMfa(arguments) => disable_second_factor(&customers, &arguments).await,
        Customer::Delete(arguments) => delete(&customers, &arguments).await,
    }
}

async fn list(customers: &Administration<'_>, arguments: &CustomerList) -> Result<(), Failure> {
    let after = arguments.after.as_deref().map(UserId::from);
    let page = customers.list(after.as_ref(), arguments.limit).await.map_err(|error| match error.code() {
        ErrorCode::CustomerNotFound => {
            Failure::Failed("--after: there is no customer with this id".to_owned())
        }
        _ => failure(error),
    })?;
    if arguments.json {
        print_json(&page.iter().map(customer_json).collect());
        return Ok(());
    }
    for customer in &page {
        println!("{}  {:<11}  {}", customer.id.as_str(), state(customer), customer.profile.email);
    }
    if let Some(last) = page.last().filter(|_| u32::try_from(page.len()) == Ok(arguments.limit)) {
        println!();
        println!("There may be more: --after {}", last.id.as_str());
    }
    Ok(())
}

async fn show(
    customers: &Administration<'_>,
    apps: &app::Administration<'_>,
    arguments: &OneCustomer,
) -> Result<(), Failure> {
    let customer = customers.show(&arguments.address).await.map_err(failure)?;
    let owner = Owner::Customer(customer.id.clone());
    let apps = apps.list_of_owner(owner, Page::first(SHOWN_APPS)).await.map_err(failure)?;
    if arguments.json {
        let mut value = customer_json(&customer);
        if let Some(object) = value.as_object_mut() {
            object.insert("apps".to_owned(), apps.iter().map(app_json).collect());
        }
        print_json(&value);
    } else {
        print_customer(&customer, &apps);
    }
    Ok(())
}

async fn invite(
    customers: &Administration<'_>,
    installation: &Installation,
    settings: &Settings,
    arguments: &CustomerInvite,
) -> Result<(), Failure> {
    if arguments.mail {
        customers.invite_by_mail(&arguments.address, &installation.root_key).await.map_err(failure)?;
        return report(
            arguments.json,
            "queued",
            "The invitation is queued: a running server mails it. An earlier one no longer works.",
        );
    }
    let token = customers.invite(&arguments.address).await.map_err(failure)?;
    let url = link(settings, "register/?invitation=", token.expose());
    if arguments.json {
        print_json(&json!({"invitation": token.expose(), "url": url}));
    } else {
        println!("Invitation {}", token.expose());
        println!("Link       {url}");
        println!();
        println!(
            "It works once, for a week, for this address alone. Whoever uses it needs no further proof of the address."
        );
    }
    Ok(())
}

/// An invitation that nobody needs, or that cannot be used, would be a promise that the server does not keep.
fn check_invitation(settings: &Settings, arguments: &CustomerInvite) -> Result<(), Failure> {
    let refuse = |text: &str| Err(Failure::Refused(text.to_owned()));
    match settings.customers.registration {
        CustomerRegistration::Open => refuse(
            "registration is open to everybody: an invitation would have no effect. Set customers.registration to invitation",
        ),
        CustomerRegistration::Closed => refuse(
            "registration is closed: an invitation could not be used. Set customers.registration to invitation",
        ),
        CustomerRegistration::Invitation if arguments.mail && settings.mail.transport == MailKind::None => {
            refuse(
                "no mail server is set up (mail.transport): leave out --mail and hand the invitation over yourself",
            )
        }
        CustomerRegistration::Invitation => Ok(()),
    }
}

async fn validate(customers: &Administration<'_>, arguments: &CustomerValidate) -> Result<(), Failure> {
    let address = arguments.new_address.as_ref().unwrap_or(&arguments.address);
    customers.validate(&arguments.address, address).await.map_err(failure)?;
    report(arguments.json, "validated", "The address is confirmed.")
}

async fn reset_password(
    customers: &Administration<'_>,
    settings: &Settings,
    arguments: &OneCustomer,
) -> Result<(), Failure> {
    let token = customers.password_reset_token(&arguments.address).await.map_err(failure)?;
    let url = link(settings, "validation/pw_reset/?token=", token.expose());
    if arguments.json {
        print_json(&json!({"token": token.expose(), "url": url}));
    } else {
        println!("Token {}", token.expose());
        println!("Link  {url}");
        println!();
        println!(
            "It works once, for an hour; an earlier one no longer does. Hand it over on a way that nobody else sees: whoever has"
        );
        println!("it sets the password. Sessions end then; the second factor stays.");
    }
    Ok(())
}

async fn disable_second_factor(
    customers: &Administration<'_>,
    arguments: &CustomerChange,
) -> Result<(), Failure> {
    let customer = customers.show(&arguments.address).await.map_err(failure)?;
    if !customer.second_factor {
        return Err(Failure::Failed("the customer has no second factor".to_owned()));
    }
    confirmed(arguments, "from then on the password alone is enough to log in")?;
    customers.disable_second_factor(&arguments.address).await.map_err(failure)?;
    report(arguments.json, "disabled", "The second factor is off.")
}

async fn delete(customers: &Administration<'_>, arguments: &CustomerChange) -> Result<(), Failure> {
    let customer = customers.show(&arguments.address).await.map_err(failure)?;
    confirmed(
        arguments,
        &format!(
            "this deletes {} {} with all apps of the account, their users and files, and cannot be undone",
            customer.profile.first_name, customer.profile.name
        ),
    )?;
    customers.delete(&arguments.address).await.map_err(failure)?;
    report(
        arguments.json,
        "deleted",
        "The customer is deleted. A running server removes what was in the apps; it is out of reach already.",
    )
}

/// What cannot be undone needs a second word.
fn confirmed(arguments: &CustomerChange, consequence: &str) -> Result<(), Failure> {
    if arguments.yes { Ok(()) } else { Err(Failure::CommandLine(format!("{consequence}: add --yes"))) }
}

fn link(settings: &Settings, path: &str, token: &str) -> String {
    format!("{}/dashboard/customer/{path}{token}", settings.server.public_url.trim_end_matches('/'))
}

fn state(customer: &ListedCustomer) -> &'static str {
    if customer.profile.validate_email { "confirmed" } else { "unconfirmed" }
}

fn print_customer(customer: &ListedCustomer, apps: &[ListedApp]) {
    let profile = &customer.profile;
    println!("Customer       {}", customer.id.as_str());
    println!("Name           {} {}", profile.first_name, profile.name);
    if let Some(company) = &profile.company {
        println!("Company        {company}");
    }
    println!("Address        {} ({})", profile.email, state(customer));
    if let Some(pending) = &customer.pending_email {
        println!("New address    {pending} (unconfirmed)");
    }
    println!("Last mail      {}", mail_text(customer));
    println!("Second factor  {}", if customer.second_factor { "on" } else { "off" });
    println!("Apps           {}", apps.len());
    for app in apps {
        println!("  {}  {}", app.id.as_str(), app.name);
    }
}

fn mail_text(customer: &ListedCustomer) -> String {
    match (customer.profile.email_status, &customer.email_error) {
        (0, _) => "none was sent".to_owned(),
        (1, _) => "was sent".to_owned(),
        (_, Some(error)) => format!("could not be sent: {error}"),
        (_, None) => "could not be sent".to_owned(),
    }
}

fn customer_json(customer: &ListedCustomer) -> Value {
    let profile = &customer.profile;
    json!({
        "customer_id": customer.id.as_str(),
        "email": profile.email,
        "validated": profile.validate_email,
        "pending_email": customer.pending_email,
        "name": profile.name,
        "first_name": profile.first_name,
        "company": profile.company,
        "created_at": customer.created_at,
        "second_factor": customer.second_factor,
        "mail": {"sent_at": profile.email_send, "status": profile.email_status, "error": customer.email_error},
    })
}

fn app_json(app: &ListedApp) -> Value {
    json!({"app_id": app.id.as_str(), "name": app.name, "disabled": app.disabled_at.is_some()})
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
    match error.code() {
        ErrorCode::CustomerNotFound => Failure::Failed(
            "there is no customer with this address: `keyfold customer list` shows those there are"
                .to_owned(),
        ),
        ErrorCode::EmailSyntax => Failure::CommandLine("that is no e-mail address".to_owned()),
        ErrorCode::EmailToken => {
            Failure::Failed("the account has another address and has not asked for this one".to_owned())
        }
        ErrorCode::IdentifierTaken => Failure::Failed("the address has an account already".to_owned()),
        _ => Failure::failed(error),
    }
}
