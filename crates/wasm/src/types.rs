//! TypeScript types that the generated declarations refer to.

use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const IMPORTS: &str = r#"import type {StorageInterface} from "../src/storage/interface.js";
import type {
    FileMetaFetched,
    GroupChildrenListItem,
    GroupInviteListItem,
    GroupInformation,
    GroupKey,
    GroupJoinReqListItem,
    GroupList,
    GroupPublicKeyData,
    GroupUserListItem,
    PartSource,
    StoredKeyListItem,
    UserDeviceKeyData,
    UserDeviceList,
    UserKeyData,
    UserPublicKeyData,
} from "../src/types.js";
"#;
