//! One test per kind of partner and kind of database.

/// Makes tests out of functions `async fn(&TestServer, &Partner)`.
///
/// What differs between the databases does not depend on the partner: one of them is enough for the second database.
#[macro_export]
macro_rules! with_every_partner {
    ($($test:ident),* $(,)?) => {
        $crate::with_the_native_partner!($($test),*);
        $crate::with_a_partner!(web_assembly_on_sqlite, WebAssembly, Sqlite, $($test),*);
    };
}

/// The same for what only the native partner does by itself.
#[macro_export]
macro_rules! with_the_native_partner {
    ($($test:ident),* $(,)?) => {
        $crate::with_a_partner!(native_on_sqlite, Native, Sqlite, $($test),*);
        $crate::with_a_partner!(native_on_postgres, Native, Postgres, $($test),*);
    };
}

/// A module of tests with one partner on one database.
#[doc(hidden)]
#[macro_export]
macro_rules! with_a_partner {
    ($module:ident, $flavour:ident, $engine:ident, $($test:ident),*) => {
        mod $module {
            use $crate::{Engine, Flavour, Partner, TestServer};
            $(
                #[test]
                fn $test() {
                    let server = TestServer::start(Engine::$engine);
                    let partner = Partner::start(Flavour::$flavour, &server.url(), server.public_token());
                    $crate::block_on(super::$test(&server, &partner));
                }
            )*
        }
    };
}
