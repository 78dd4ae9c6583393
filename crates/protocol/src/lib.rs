//! Wire types of Keyfold: requests, responses, envelope, error codes, app options.
