//! Every golden vector file, through the public interface.
//!
//! [`vector_files!`] is the table: a file in the folder that it does not name fails
//! `every_file_of_the_folder_is_in_the_table`. `KEYFOLD_VECTORS=<folder>` runs the same tests on other files of the same
//! names. What only an injected generator can show (that encryption and signing reproduce the vectors byte for byte) is
//! tested beside the code, in `src/suite`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod accounts;
mod contents;
mod exports;
mod groups;
mod passwords;
mod primitives;
mod rotations;
mod search_and_sort;
mod support;

use keyfold_crypto::Suite;
use support::load;

macro_rules! vector_files {
    ($($file:ident => |$vectors:ident| $check:expr;)+) => {
        $(
            #[test]
            fn $file() {
                let $vectors = &load(stringify!($file));
                $check;
            }
        )+

        #[test]
        fn every_file_of_the_folder_is_in_the_table() {
            assert_eq!(support::files(), [$(stringify!($file)),+]);
        }
    };
}

vector_files! {
    errors => |file| exports::error_codes(file);
    rec_asymmetric => |file| primitives::rec_asymmetric(file);
    rec_content => |file| contents::content(file, &Suite::REC);
    rec_file => |file| contents::file(file);
    rec_fips_misc => |file| exports::rec_and_fips(file);
    rec_fips_password => |file| passwords::rec_and_fips(file);
    rec_group => |file| groups::groups(file, &Suite::REC);
    rec_key_rotation => |file| rotations::rotations(file, &Suite::REC);
    rec_register_login => |file| accounts::register_and_login(file, &Suite::REC);
    rec_sign => |file| primitives::rec_sign(file);
    rec_symmetric => |file| primitives::rec_symmetric(file);
    std015_password => |file| passwords::std(file);
    std015_register_login => |file| accounts::register_and_login(file, &Suite::STD);
    std_asymmetric => |file| primitives::std_asymmetric(file);
    std_content => |file| contents::content(file, &Suite::STD);
    std_envelope_negative => |file| contents::malformed_envelopes(file);
    std_file => |file| contents::file(file);
    std_generated_keys => |file| contents::generated_keys(file);
    std_group => |file| groups::groups(file, &Suite::STD);
    std_key_export => |file| exports::std_keys(file);
    std_key_rotation => |file| rotations::rotations(file, &Suite::STD);
    std_password => |file| passwords::std(file);
    std_password_change_reset => |file| accounts::change_and_reset(file);
    std_register_login => |file| accounts::register_and_login(file, &Suite::STD);
    std_safety_number => |file| search_and_sort::safety_numbers(file);
    std_searchable => |file| search_and_sort::searchable(file);
    std_sign => |file| primitives::std_sign(file);
    std_sortable => |file| search_and_sort::sortable(file);
    std_symmetric => |file| primitives::std_symmetric(file);
}
