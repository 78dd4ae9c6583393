//! Lists of apps.

use keyfold_protocol::id::{GroupId, UserId};
use keyfold_server::app::{Owner, Page};

use crate::support::{World, on_both_databases};
use crate::{Operator, new_app};

on_both_databases! {
    async fn an_owner_sees_its_own_apps_page_by_page(world: World) {
        let operator = Operator::beside(&world).await;
        let apps = operator.apps();
        let mine = Owner::Customer(UserId::from("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"));
        // A group whose id is the same text is somebody else.
        let theirs = Owner::Group(GroupId::from("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"));
        let mut created = Vec::new();
        for number in 0..5 {
            created.push(apps.create(new_app(&format!("app {number}")), mine.clone()).await.unwrap().id);
            apps.create(new_app("theirs"), theirs.clone()).await.unwrap();
        }
        created.sort();
        let mut page = Page::first(2);
        let mut seen = Vec::new();
        loop {
            let items = apps.list_of_owner(mine.clone(), page.clone()).await.unwrap();
            assert!(items.iter().all(|app| app.owner == mine));
            seen.extend(items.iter().map(|app| app.id.clone()));
            match items.last() {
                Some(last) if items.len() == 2 => page = page.after(last),
                _ => break,
            }
        }
        assert_eq!(seen, created);
        assert_eq!(apps.list().await.unwrap().len(), 11);
    }
}
