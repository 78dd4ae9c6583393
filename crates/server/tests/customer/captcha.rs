//! What stands in the way of programs.

use base64ct::{Base64, Encoding as _};
use hyper::Method;
use keyfold_protocol::customer::CaptchaOutput;
use keyfold_server::Captcha;
use keyfold_server::retention::forget_expired;
use serde_json::{Value, json};

use crate::client::{call, on_both_databases, registration, solved_captcha, start_with};
use crate::support::{Answer, Engine, World};

async fn new_captcha(world: &World) -> CaptchaOutput {
    call(world, Method::GET, "customer/captcha", None, &Value::Null).await.ok()
}

async fn register_with(world: &World, email: &str, captcha: &Value) -> Answer {
    call(world, Method::POST, "customer/register", None, &registration(email, captcha)).await
}

on_both_databases! {
    async fn a_captcha_is_a_png_of_the_documented_size(world: World) {
        let captcha = new_captcha(&world).await;
        let png = Base64::decode_vec(&captcha.png).unwrap();
        assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
        let size = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
        assert_eq!((size(16), size(20)), (220, 120));
    }

    async fn a_solved_captcha_cannot_be_replayed(world: World) {
        let captcha = solved_captcha(&world).await;
        register_with(&world, "ada@example.com", &captcha).await.ok::<Value>();
        register_with(&world, "bob@example.com", &captcha).await.refused(400, 601);
    }

    async fn a_captcha_is_used_up_by_a_request_that_is_refused(world: World) {
        let captcha = solved_captcha(&world).await;
        register_with(&world, "no address", &captcha).await.refused(400, 64);
        register_with(&world, "ada@example.com", &captcha).await.refused(400, 601);
    }

    async fn a_wrong_solution_cannot_be_tried_again(world: World) {
        let captcha = solved_captcha(&world).await;
        let mut wrong = captcha.clone();
        wrong["captcha_solution"] = json!(captcha["captcha_solution"].as_str().unwrap().to_lowercase() + "x");
        register_with(&world, "ada@example.com", &wrong).await.refused(400, 603);
        register_with(&world, "ada@example.com", &captcha).await.refused(400, 601);
    }

    async fn a_captcha_expires_and_is_forgotten(world: World) {
        let captcha = solved_captcha(&world).await;
        let old = solved_captcha(&world).await;
        world.advance_seconds(20 * 60 + 1);
        forget_expired(world.server().state()).await.unwrap();
        register_with(&world, "ada@example.com", &captcha).await.refused(400, 602);
        register_with(&world, "ada@example.com", &captcha).await.refused(400, 601);
        world.advance_seconds(24 * 60 * 60);
        forget_expired(world.server().state()).await.unwrap();
        register_with(&world, "ada@example.com", &old).await.refused(400, 601);
        assert_eq!(world.count("SELECT COUNT(*) FROM captchas", &[]).await, 0);
    }

    async fn without_a_captcha_nobody_registers_and_no_mail_is_sent(world: World) {
        register_with(&world, "ada@example.com", &json!(null)).await.refused(422, 11);
        let unknown = json!({"captcha_id": "nothing", "captcha_solution": "nothing"});
        register_with(&world, "ada@example.com", &unknown).await.refused(400, 601);
        let reset = json!({"email": "ada@example.com"});
        call(&world, Method::PUT, "customer/password_reset", None, &reset).await.refused(422, 11);
        let reset = json!({"email": "ada@example.com", "captcha_input": unknown});
        call(&world, Method::PUT, "customer/password_reset", None, &reset).await.refused(400, 601);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proof_of_work_takes_the_place_of_an_image() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let world =
            start_with(engine, |config| config.customers.captcha = Captcha::ProofOfWork { zero_bits: 12 })
                .await;
        let captcha = new_captcha(&world).await;
        assert_eq!((captcha.png.as_str(), captcha.zero_bits), ("", Some(12)));
        let solved = solved_captcha(&world).await;
        let number = solved["captcha_solution"].as_str().unwrap();
        let text = format!("{}:{number}", solved["captcha_id"].as_str().unwrap());
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
        assert!(hash.as_ref()[0] == 0 && hash.as_ref()[1] < 16);
        register_with(&world, "ada@example.com", &solved).await.ok::<Value>();
        register_with(&world, "bob@example.com", &solved).await.refused(400, 601);
        let lazy = json!({"captcha_id": new_captcha(&world).await.captcha_id, "captcha_solution": "0"});
        register_with(&world, "bob@example.com", &lazy).await.refused(400, 603);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_installation_can_do_without_captchas() {
    let world = start_with(Engine::Sqlite, |config| config.customers.captcha = Captcha::Off).await;
    assert_eq!(new_captcha(&world).await.png, "");
    register_with(&world, "ada@example.com", &json!(null)).await.ok::<Value>();
    register_with(&world, "bob@example.com", &json!({"captcha_id": "", "captcha_solution": ""}))
        .await
        .ok::<Value>();
    assert_eq!(world.count("SELECT COUNT(*) FROM captchas", &[]).await, 0);
}
