/// Tests that every [`Storage`](crate::Storage) must pass.
///
/// Expands to test functions. The first argument is the attribute of an asynchronous test, the second an expression
/// that makes a new, empty storage; it may use `.await`.
///
/// ```
/// # use keyfold::MemoryStorage;
/// mod memory {
///     keyfold::storage_test_suite!(tokio::test, keyfold::MemoryStorage::new());
/// }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! storage_test_suite {
    ($test:meta, $new:expr) => {
        #[$test]
        async fn a_key_that_was_never_set_has_no_value() {
            use $crate::Storage as _;
            let storage = $new;
            assert!(storage.get("missing").await.unwrap().is_none());
        }

        #[$test]
        async fn a_value_is_read_back_as_it_was_set() {
            use $crate::Storage as _;
            let storage = $new;
            for value in ["", "{\"a\":1}", "line\nbreak\0and \u{1f511} and \u{7f}"] {
                storage.set("key", value).await.unwrap();
                assert_eq!(storage.get("key").await.unwrap().unwrap().as_str(), value);
            }
        }

        #[$test]
        async fn a_value_of_a_megabyte_is_kept() {
            use $crate::Storage as _;
            let storage = $new;
            let value = "0123456789abcdef".repeat(65_536);
            storage.set("big", &value).await.unwrap();
            assert_eq!(storage.get("big").await.unwrap().unwrap().as_str(), value);
        }

        #[$test]
        async fn a_shorter_value_replaces_a_longer_one_whole() {
            use $crate::Storage as _;
            let storage = $new;
            storage.set("key", "a long first value").await.unwrap();
            storage.set("key", "short").await.unwrap();
            assert_eq!(storage.get("key").await.unwrap().unwrap().as_str(), "short");
        }

        #[$test]
        async fn a_deleted_value_is_gone_and_deleting_again_is_no_error() {
            use $crate::Storage as _;
            let storage = $new;
            storage.set("key", "value").await.unwrap();
            storage.set("other", "stays").await.unwrap();
            storage.delete("key").await.unwrap();
            storage.delete("key").await.unwrap();
            assert!(storage.get("key").await.unwrap().is_none());
            assert_eq!(storage.get("other").await.unwrap().unwrap().as_str(), "stays");
        }

        #[$test]
        async fn keys_are_told_apart_whatever_characters_they_have() {
            use $crate::Storage as _;
            let storage = $new;
            let long = "k".repeat(3000);
            let longer = "k".repeat(3001);
            let keys = [
                "user",
                "User",
                "user ",
                "user/",
                "user/name",
                "user\\name",
                "../user",
                "..",
                ".",
                "",
                "user\0",
                "CON",
                "e\u{301}",
                "\u{e9}",
                "%2e%2e",
                "a:b",
                long.as_str(),
                longer.as_str(),
            ];
            for key in keys {
                storage.set(key, &format!("value of {key}")).await.unwrap();
            }
            for key in keys {
                let value = storage.get(key).await.unwrap().unwrap();
                assert_eq!(value.as_str(), format!("value of {key}"), "{key:?}");
            }
        }

        #[$test]
        async fn clearing_removes_everything() {
            use $crate::Storage as _;
            let storage = $new;
            storage.set("a", "1").await.unwrap();
            storage.set("b", "2").await.unwrap();
            storage.clear().await.unwrap();
            assert!(storage.get("a").await.unwrap().is_none());
            assert!(storage.get("b").await.unwrap().is_none());
            storage.set("a", "3").await.unwrap();
            assert_eq!(storage.get("a").await.unwrap().unwrap().as_str(), "3");
        }

        #[$test]
        async fn concurrent_writes_leave_one_whole_value() {
            use $crate::Storage as _;
            let storage = $new;
            let first = "1".repeat(50_000);
            let second = "2".repeat(70_000);
            for _ in 0..10 {
                let (a, b, read) = $crate::storage::join3(
                    storage.set("key", &first),
                    storage.set("key", &second),
                    storage.get("key"),
                )
                .await;
                a.unwrap();
                b.unwrap();
                for value in [read.unwrap(), storage.get("key").await.unwrap()].into_iter().flatten() {
                    assert!(*value == first || *value == second, "a mixture of {} bytes", value.len());
                }
            }
        }
    };
}
