//! What monitoring sees.

use hyper::Method;

use crate::support::{World, on_both_databases};

async fn metrics(world: &World) -> String {
    let answer = world.raw(Method::GET, "/metrics", &[], Vec::new()).await;
    assert_eq!(answer.status, 200);
    String::from_utf8(answer.bytes.to_vec()).unwrap()
}

on_both_databases! {
    async fn requests_jobs_and_the_database_are_measured(world: World) {
        world.new_user("alice").await;
        let seen = metrics(&world).await;
        for line in [
            "keyfold_http_requests_total{method=\"POST\",route=\"/api/v1/register\",status=\"200\",code=\"0\"} 1",
            "keyfold_http_request_duration_seconds_bucket{le=\"",
            "keyfold_http_connections ",
            "keyfold_jobs_done_total ",
            "keyfold_jobs_failed_total ",
            "keyfold_database_up 1",
            "keyfold_database_connections ",
            "keyfold_database_waiting 0",
        ] {
            assert!(seen.contains(line), "{line} is not in:\n{seen}");
        }
        assert!(!seen.contains("alice") && !seen.contains(world.app.id.as_str()));
    }

    async fn a_job_that_fails_again_and_again_is_seen_as_stuck(world: World) {
        world
            .execute(
                "INSERT INTO jobs (id, kind, subject, payload, created_at, run_at, attempts, lease_until)
                 VALUES ('1', 'rotation', 'x', '{}', 0, 1000, 12, 9000000000000000)",
            )
            .await;
        let seen = metrics(&world).await;
        for line in [
            "keyfold_jobs_waiting{kind=\"rotation\"} 1",
            "keyfold_jobs_stuck{kind=\"rotation\"} 1",
            "keyfold_jobs_oldest_due_seconds{kind=\"rotation\"} ",
        ] {
            assert!(seen.contains(line), "{line} is not in:\n{seen}");
        }
    }
}
