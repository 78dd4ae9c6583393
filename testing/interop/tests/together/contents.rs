//! Contents for users, and the hashes and numbers of groups.

use keyfold::crypto::sortable::NonAscii;
use keyfold::{DecryptOptions, EncryptOptions, GroupId};
use keyfold_interop::{Partner, TestServer, with_every_partner};

use crate::{TEXT, our_user, partner_user, their_id};

with_every_partner! {
    write_to_each_other_without_a_group,
    make_the_same_hashes_and_numbers,
}

async fn write_to_each_other_without_a_group(server: &TestServer, partner: &Partner) {
    let (ours, theirs) = (our_user(server, "ada").await, partner_user(partner, "bob"));
    let their_id = their_id(&theirs);
    for sign in [false, true] {
        let options = EncryptOptions::new();
        let options = if sign { options.signed() } else { options };
        let text = ours.encrypt_string_with(TEXT, &their_id, options).await.unwrap();
        let signer = sign.then(|| ours.id().as_str());
        assert_eq!(theirs.decrypt_for_me(&text, signer).as_deref(), Ok(TEXT));

        let text = theirs.encrypt_for_user(ours.id().as_str(), TEXT, sign).unwrap();
        let options = DecryptOptions::new();
        let options = if sign { options.signed_by(&their_id) } else { options };
        assert_eq!(ours.decrypt_string_with(&text, options).await.unwrap(), TEXT);
    }
}

async fn make_the_same_hashes_and_numbers(server: &TestServer, partner: &Partner) {
    let (ours, theirs) = (our_user(server, "ada").await, partner_user(partner, "bob"));
    let id = theirs.create_group(false).unwrap();
    theirs.fetch_group(&id).unwrap();
    theirs.invite_auto(&id, ours.id().as_str(), Some(2)).unwrap();
    let group = ours.group(&GroupId::new(&*id)).await.unwrap();
    // The keys stay the same through rotations.
    for _ in 0..2 {
        let search = group.search_key().await.unwrap();
        assert_eq!(theirs.search_hash(&id, TEXT).unwrap(), search.query(TEXT));
        assert_eq!(
            theirs.searchable_hashes(&id, TEXT, true, None).unwrap(),
            search.full(TEXT).unwrap().hashes
        );
        for limit in [None, Some(3), Some(100)] {
            assert_eq!(
                theirs.searchable_hashes(&id, TEXT, false, limit).unwrap(),
                search.prefixes(TEXT, limit).unwrap().hashes,
            );
        }
        let sort = group.sort_key().await.unwrap();
        for number in [0, 1, 2, 1_000, 65_532] {
            assert_eq!(
                theirs.sortable_number(&id, number).unwrap(),
                sort.encrypt_number(number).unwrap().number
            );
        }
        for text in ["a", "ab", "Zebra"] {
            let ours = sort.encrypt_text(text, None, NonAscii::Refuse).unwrap().number;
            assert_eq!(theirs.sortable_text(&id, text).unwrap(), ours);
        }
        let key = theirs.rotate_group_keys(&id, false).unwrap();
        crate::ours_finish(&group, &key).await;
    }
}
