//! What a handler demands of a request, as the types of its arguments.
//!
//! They are checked from left to right, which is the documented order:
//!
//! ```ignore
//! async fn delete_device(
//!     app: AppToken,                      // 401/200, 401/201, 401/204
//!     jwt: Jwt,                           // 401/30, 401/31, 401/32, 200/35, 400/1, 400/100
//!     _: Allow<gate::UserDeviceDelete>,   // 400/203
//!     Path(device): Path<DeviceId>,
//!     Body(input): Body<Input>,           // 413/12, 422/11; always last
//! )
//! ```
//!
//! [`Jwt`] and [`Allow`] find the app by themselves; `AppToken` is only named where the handler needs it.

mod address;
mod app_token;
mod body;
mod headers;
mod jwt;
mod path;

pub use address::ClientAddress;
pub use app_token::{Allow, AppToken, Gate, gate};
pub use body::Body;
pub use headers::{AccessGroup, Headers};
pub use jwt::{ExpiredJwt, Jwt, OptionalJwt, UploadJwt};
pub use path::{FromSegment, Path};

pub(crate) use address::Peer;
pub(crate) use jwt::describe_access_token;
