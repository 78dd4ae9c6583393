//! From a request to its handler: methods, preflight, the fallback, and what is around all of it.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, Response, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::IntoResponse;
use axum::routing::{MethodFilter, on};
use axum::{Router, middleware};
use keyfold_protocol::error::ErrorCode;

use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::state::AppState;
use crate::{app, customer, file, group, mail, openapi, playground, sym_key, telemetry, user};

/// The endpoints of all domains: what the router, the document of the API and the tests are made from.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    let areas = [
        ("Apps", app::routes::endpoints()),
        ("Customers", customer::endpoints()),
        ("Apps of customers", app::routes::owner_endpoints()),
        ("Users", user::endpoints()),
        ("Groups", group::endpoints()),
        ("Files", file::endpoints()),
        ("Stored keys", sym_key::endpoints()),
        ("This document", openapi::endpoints()),
    ];
    areas
        .into_iter()
        .flat_map(|(area, endpoints)| {
            endpoints.into_iter().map(move |mut endpoint| {
                endpoint.operation.area = area;
                endpoint
            })
        })
        .collect()
}

/// Everything that the server answers.
pub(crate) fn router(state: AppState) -> Router {
    let pages = Router::new()
        .route("/", on(MethodFilter::GET, dashboard))
        .route("/health", on(MethodFilter::GET, telemetry::health))
        .route("/metrics", on(MethodFilter::GET, telemetry::metrics));
    let development = if state.development { mail::endpoints() } else { Vec::new() };
    let pages = playground::add(pages, state.playground.as_ref());
    endpoints()
        .into_iter()
        .chain(development)
        .fold(pages, |router, endpoint| router.route(&endpoint.operation.path.clone(), endpoint.into_route()))
        .fallback(not_found)
        // A known path with another method is as unknown as any other: there is no 405.
        .method_not_allowed_fallback(not_found)
        .layer(from_fn_with_state(state.clone(), limit_time))
        .layer(middleware::from_fn(cross_origin))
        .layer(from_fn_with_state(state.clone(), telemetry::observe))
        .with_state(state)
}

async fn not_found() -> ApiError {
    ErrorCode::NotFound.into()
}

async fn dashboard() -> impl IntoResponse {
    (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, HeaderValue::from_static("/dashboard"))])
}

/// Lets pages of any origin call the API. Credentials in the sense of the browser (cookies) are not used, hence not allowed.
async fn cross_origin(request: Request, next: Next) -> Response<Body> {
    const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, DELETE, OPTIONS, PATCH");
    const HEADERS: HeaderValue = HeaderValue::from_static(
        "x-sentc-app-token, x-sentc-group-access-id, Content-Type, Accept, Origin, Authorization, x-socket-id",
    );
    let mut response = match *request.method() {
        Method::OPTIONS => {
            let mut preflight = Response::new(Body::empty());
            let headers = preflight.headers_mut();
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
            preflight
        }
        // The router would answer HEAD like GET.
        Method::HEAD => ApiError::from(ErrorCode::NotFound).into_response(),
        _ => next.run(request).await,
    };
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

async fn limit_time(State(state): State<AppState>, request: Request, next: Next) -> Response<Body> {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let limit: Duration = if route == Some(file::UPLOAD_ROUTE) {
        state.storage_limits.upload_timeout
    } else {
        state.limits.request_timeout
    };
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::caused_by(ErrorCode::Internal, "the request took too long").into_response(),
    }
}
